-- 0011_more.sql: passwords that are not their owner's: lent by an operator, or known to others; and "this was not me".

ALTER TABLE account ADD COLUMN password_standing INT NOT NULL DEFAULT 0;  -- enum password_standing
ALTER TABLE account ADD COLUMN password_until TIME;                       -- a lent one is good until then

-- A link in a mail about an account's security. Pressing its button takes back what happened since; using it deletes the row.
CREATE TABLE disavowal (
	deployment_id  ID    NOT NULL,
	token_hash     BYTES NOT NULL,
	user_id        ID    NOT NULL,
	created_at     TIME  NOT NULL,                 -- when it happened
	expires_at     TIME  NOT NULL,
	PRIMARY KEY (deployment_id, token_hash),
	FOREIGN KEY (deployment_id, user_id) REFERENCES account (deployment_id, id) ON DELETE CASCADE
);
CREATE INDEX disavowal_user ON disavowal (deployment_id, user_id);
CREATE INDEX disavowal_expiry ON disavowal (expires_at);
