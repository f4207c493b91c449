-- 0013_domain_proofs.sql: any organization may claim a name in the DNS; one has proved it.

-- Whose a name is: its key says that it is one organization's in a deployment. It goes with the claim.
CREATE TABLE domain_proof (
	deployment_id  ID   NOT NULL,
	fqdn           TEXT NOT NULL,
	domain_id      ID   NOT NULL,                  -- the claim that was proved
	proved_at      TIME NOT NULL,
	PRIMARY KEY (deployment_id, fqdn),
	FOREIGN KEY (deployment_id, domain_id) REFERENCES org_domain (deployment_id, id) ON DELETE CASCADE
);
CREATE INDEX domain_proof_domain ON domain_proof (deployment_id, domain_id);

INSERT INTO domain_proof (deployment_id, fqdn, domain_id, proved_at)
SELECT deployment_id, fqdn, id, verified_at FROM org_domain WHERE verified_at IS NOT NULL;
ALTER TABLE org_domain DROP COLUMN verified_at;

-- A name is claimed once by an organization, and by as many as like to.
DROP INDEX org_domain_fqdn;
DROP INDEX org_domain_org;
CREATE UNIQUE INDEX org_domain_org ON org_domain (deployment_id, org_id, fqdn);
CREATE INDEX org_domain_fqdn ON org_domain (deployment_id, fqdn, id);
