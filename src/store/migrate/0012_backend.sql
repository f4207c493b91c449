-- 0012_backend.sql: the Backend API: whose key it is, and answers that are given again.

-- The key says which deployment a call is about.
CREATE UNIQUE INDEX secret_key_hash ON secret_key (key_hash);

-- One row a POST with an Idempotency-Key that was done, written in its transaction: its twin finds the answer.
CREATE TABLE idempotency (
	deployment_id  ID    NOT NULL,
	key_hash       BYTES NOT NULL,                 -- SHA-256 of the Idempotency-Key
	request_mac    BYTES NOT NULL,                 -- of method, path and body: a password may be in it
	sealed_answer  BYTES,                          -- the status and the body: a ticket may be in it
	expires_at     TIME  NOT NULL,
	PRIMARY KEY (deployment_id, key_hash)
);
CREATE INDEX idempotency_expiry ON idempotency (expires_at);

-- Who is disabled are few.
CREATE INDEX account_disabled ON account (deployment_id, id) WHERE disabled_at IS NOT NULL;

-- Lists in order of id.
CREATE INDEX workspace_org ON workspace (deployment_id, org_id, id);
