-- 0005_background.sql: what background work goes by: the chain of audit events, and idle sessions.

-- Audit events form a chain, so that none can be changed or taken out unnoticed. A row joins it soon
-- after its commit: seq counts up within a deployment, and chain_mac is a MAC
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

-- The sweep asks deployment by deployment. By time alone it walked past the idle sessions of all
-- deployments that let sessions idle for longer.
DROP INDEX session_idle;
CREATE INDEX session_idle ON session (deployment_id, last_active_at);
