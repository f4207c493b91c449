-- 0006_audit.sql: audit events in a chain, so that none can be changed or taken out unnoticed.

-- A row is chained soon after its commit: seq counts up within a deployment, and chain_mac is a MAC
-- over the row and the one before it, with a key that is not in the database.
ALTER TABLE audit ADD COLUMN seq INT;
ALTER TABLE audit ADD COLUMN chain_mac BYTES;
CREATE UNIQUE INDEX audit_seq ON audit (deployment_id, seq);
CREATE INDEX audit_unchained ON audit (deployment_id, id) WHERE seq IS NULL;

-- The chain's end. Whoever moves it on does so from the seq that was read: the row count is the verdict.
CREATE TABLE audit_head (
	deployment_id  ID    NOT NULL,
	seq            INT   NOT NULL,
	chain_mac      BYTES NOT NULL,
	PRIMARY KEY (deployment_id)
);
