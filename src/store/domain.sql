-- domain.sql: domains of organizations: who claims a name, and who has proved it. docs/decisions/domains.md.

-- :name org_domain_list :many org_domain_row
-- :in deployment_id deployment, org_id org
-- :out domain_id id, org_id org, text fqdn, text token, int attempts, time verified_at, time created_at, time updated_at
SELECT c.id, c.org_id, c.fqdn, c.token, c.attempts, p.proved_at, c.created_at, c.updated_at
  FROM org_domain c
  LEFT JOIN domain_proof p ON p.deployment_id = c.deployment_id AND p.fqdn = c.fqdn AND p.domain_id = c.id
 WHERE c.deployment_id = :deployment AND c.org_id = :org ORDER BY c.id;

-- :name org_domain_find :one org_domain_row
-- :in deployment_id deployment, org_id org, domain_id id
-- :out domain_id id, org_id org, text fqdn, text token, int attempts, time verified_at, time created_at, time updated_at
SELECT c.id, c.org_id, c.fqdn, c.token, c.attempts, p.proved_at, c.created_at, c.updated_at
  FROM org_domain c
  LEFT JOIN domain_proof p ON p.deployment_id = c.deployment_id AND p.fqdn = c.fqdn AND p.domain_id = c.id
 WHERE c.deployment_id = :deployment AND c.id = :id AND c.org_id = :org;

-- :name org_domain_count :one
-- :in deployment_id deployment, org_id org
-- :out int n
SELECT COUNT(*) FROM org_domain WHERE deployment_id = :deployment AND org_id = :org;

-- :name org_domain_insert :rows
-- :in deployment_id deployment, domain_id id, org_id org, text fqdn, text token, time now
-- 0 rows when this organization claims the name already, or some organization has proved it.
INSERT INTO org_domain (deployment_id, id, org_id, fqdn, token, attempts, created_at, updated_at)
SELECT :deployment, :id, :org, :fqdn, :token, 0, :now, :now
 WHERE NOT EXISTS (SELECT 1 FROM domain_proof p WHERE p.deployment_id = :deployment AND p.fqdn = :fqdn)
ON CONFLICT DO NOTHING;

-- :name org_domain_take_attempt :rows
-- :in deployment_id deployment, org_id org, domain_id id, int attempts_max, time now
-- One of its looks, before looking: 0 rows when they are used up.
UPDATE org_domain SET attempts = attempts + 1, updated_at = :now
 WHERE deployment_id = :deployment AND id = :id AND org_id = :org AND attempts < :attempts_max;

-- :name org_domain_give_back :rows
-- :in deployment_id deployment, domain_id id
-- Nobody answered: that was no look.
UPDATE org_domain SET attempts = attempts - 1 WHERE deployment_id = :deployment AND id = :id AND attempts > 0;

-- :name org_domain_prove :rows
-- :in deployment_id deployment, org_id org, domain_id id, text fqdn, text token, time now
-- For the very claim that was looked for. 0 rows: it is not there any more, or somebody has proved the name before.
INSERT INTO domain_proof (deployment_id, fqdn, domain_id, proved_at)
SELECT c.deployment_id, c.fqdn, c.id, :now
  FROM org_domain c
 WHERE c.deployment_id = :deployment AND c.id = :id AND c.org_id = :org AND c.fqdn = :fqdn AND c.token = :token
ON CONFLICT DO NOTHING;

-- :name org_domain_rivals :many
-- :in deployment_id deployment, text fqdn, domain_id proved, int most
-- :out domain_id id, org_id org
-- Other claims of a name that has been proved.
SELECT id, org_id FROM org_domain
 WHERE deployment_id = :deployment AND fqdn = :fqdn AND id <> :proved ORDER BY id LIMIT :most;

-- :name org_domain_delete :rows
-- :in deployment_id deployment, org_id org, domain_id id
-- With its proof, if it was proved.
DELETE FROM org_domain WHERE deployment_id = :deployment AND id = :id AND org_id = :org;

-- :name org_domain_owner :one
-- :in deployment_id deployment, text fqdn
-- :out org_id org
-- Whose a name is proved to be.
SELECT c.org_id
  FROM domain_proof p
  JOIN org_domain c ON c.deployment_id = p.deployment_id AND c.id = p.domain_id
 WHERE p.deployment_id = :deployment AND p.fqdn = :fqdn;
