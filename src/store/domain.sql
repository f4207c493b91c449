-- domain.sql: domains of organizations.

-- :name org_domain_list :many org_domain_row
-- :in deployment_id deployment, org_id org
-- :out domain_id id, org_id org, text fqdn, text token, int attempts, time verified_at, time created_at, time updated_at
SELECT id, org_id, fqdn, token, attempts, verified_at, created_at, updated_at
  FROM org_domain WHERE deployment_id = :deployment AND org_id = :org ORDER BY id;

-- :name org_domain_find :one org_domain_row
-- :in deployment_id deployment, org_id org, domain_id id
-- :out domain_id id, org_id org, text fqdn, text token, int attempts, time verified_at, time created_at, time updated_at
SELECT id, org_id, fqdn, token, attempts, verified_at, created_at, updated_at
  FROM org_domain WHERE deployment_id = :deployment AND id = :id AND org_id = :org;

-- :name org_domain_count :one
-- :in deployment_id deployment, org_id org
-- :out int n
SELECT COUNT(*) FROM org_domain WHERE deployment_id = :deployment AND org_id = :org;

-- :name org_domain_insert :rows
-- :in deployment_id deployment, domain_id id, org_id org, text fqdn, text token, time now
-- 0 rows when somebody has the name.
INSERT INTO org_domain (deployment_id, id, org_id, fqdn, token, attempts, created_at, updated_at)
VALUES (:deployment, :id, :org, :fqdn, :token, 0, :now, :now)
ON CONFLICT DO NOTHING;

-- :name org_domain_release :rows
-- :in deployment_id deployment, org_id org, text fqdn, time stale, int attempts_max
-- Another organization's claim that came to nothing gives way.
DELETE FROM org_domain
 WHERE deployment_id = :deployment AND fqdn = :fqdn AND org_id <> :org AND verified_at IS NULL
   AND (created_at <= :stale OR attempts >= :attempts_max);

-- :name org_domain_take_attempt :rows
-- :in deployment_id deployment, org_id org, domain_id id, int attempts_max, time now
-- One of its looks, before looking: 0 rows when they are used up.
UPDATE org_domain SET attempts = attempts + 1, updated_at = :now
 WHERE deployment_id = :deployment AND id = :id AND org_id = :org AND verified_at IS NULL AND attempts < :attempts_max;

-- :name org_domain_give_back :rows
-- :in deployment_id deployment, domain_id id
-- Nobody answered: that was no look.
UPDATE org_domain SET attempts = attempts - 1 WHERE deployment_id = :deployment AND id = :id AND attempts > 0;

-- :name org_domain_verify :rows
-- :in deployment_id deployment, org_id org, domain_id id, text fqdn, text token, time now
-- The very claim that was looked for, or 0 rows.
UPDATE org_domain SET verified_at = :now, updated_at = :now
 WHERE deployment_id = :deployment AND id = :id AND org_id = :org AND fqdn = :fqdn AND token = :token AND verified_at IS NULL;

-- :name org_domain_delete :rows
-- :in deployment_id deployment, org_id org, domain_id id
DELETE FROM org_domain WHERE deployment_id = :deployment AND id = :id AND org_id = :org;

-- :name org_domain_owner :one
-- :in deployment_id deployment, text fqdn
-- :out org_id org
-- Whose a name is proved to be.
SELECT org_id FROM org_domain WHERE deployment_id = :deployment AND fqdn = :fqdn AND verified_at IS NOT NULL;
