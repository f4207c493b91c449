-- 0008_domains.sql: domains of organizations, proved by a TXT record.

-- One claim of a name in a deployment. Whoever owns the name can put the token into the DNS; a new claim has a new one.
CREATE TABLE org_domain (
	deployment_id  ID   NOT NULL,
	id             ID   NOT NULL,
	org_id         ID   NOT NULL,
	fqdn           TEXT NOT NULL,                  -- lower case, no trailing dot
	token          TEXT NOT NULL,                  -- what the record says; no secret
	attempts       INT  NOT NULL,                  -- looks that found no such record
	verified_at    TIME,
	created_at     TIME NOT NULL,
	updated_at     TIME NOT NULL,
	PRIMARY KEY (deployment_id, id),
	FOREIGN KEY (deployment_id, org_id) REFERENCES organization (deployment_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX org_domain_fqdn ON org_domain (deployment_id, fqdn);
CREATE INDEX org_domain_org ON org_domain (deployment_id, org_id);
