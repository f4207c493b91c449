-- 0004_factors.sql: second factors and passkeys. What GET /session tells of them stands on the account.

ALTER TABLE account ADD COLUMN authenticator_id ID;            -- the verified one
ALTER TABLE account ADD COLUMN authenticator_at TIME;
ALTER TABLE account ADD COLUMN backup_codes_at TIME;           -- when the codes in force were made
ALTER TABLE account ADD COLUMN n_passkeys INT NOT NULL DEFAULT 0;

CREATE TABLE authenticator (
	deployment_id  ID    NOT NULL,
	id             ID    NOT NULL,
	user_id        ID    NOT NULL,
	sealed_secret  BYTES NOT NULL,                 -- 20 bytes
	last_step      INT   NOT NULL,                 -- of the last code accepted: none at or before it ever works again
	verified_at    TIME,                           -- NULL until two consecutive codes have shown that it works
	created_at     TIME  NOT NULL,
	PRIMARY KEY (deployment_id, id),
	FOREIGN KEY (deployment_id, user_id) REFERENCES account (deployment_id, id) ON DELETE CASCADE
);
CREATE INDEX authenticator_user ON authenticator (deployment_id, user_id);

-- Using one deletes its row.
CREATE TABLE backup_code (
	deployment_id  ID    NOT NULL,
	user_id        ID    NOT NULL,
	code_hash      BYTES NOT NULL,                 -- MAC of user and text
	created_at     TIME  NOT NULL,
	PRIMARY KEY (deployment_id, user_id, code_hash),
	FOREIGN KEY (deployment_id, user_id) REFERENCES account (deployment_id, id) ON DELETE CASCADE
);

CREATE TABLE passkey (
	deployment_id   ID    NOT NULL,
	id              ID    NOT NULL,
	user_id         ID    NOT NULL,
	credential_id   BYTES NOT NULL,
	public_key      BYTES NOT NULL,                -- COSE_Key
	algorithm       INT   NOT NULL,                -- COSE algorithm: -7, -257, -8
	sign_count      INT   NOT NULL,
	name            TEXT  NOT NULL,
	aaguid          BYTES NOT NULL,
	transports      TEXT  NOT NULL,                -- words
	device_type     TEXT  NOT NULL,                -- platform | cross-platform
	backup_eligible BOOL  NOT NULL,
	backed_up       BOOL  NOT NULL,
	created_at      TIME  NOT NULL,
	last_used_at    TIME,
	PRIMARY KEY (deployment_id, id),
	FOREIGN KEY (deployment_id, user_id) REFERENCES account (deployment_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX passkey_credential ON passkey (deployment_id, credential_id);
CREATE INDEX passkey_user ON passkey (deployment_id, user_id);

-- Using one deletes its row.
CREATE TABLE passkey_challenge (
	deployment_id  ID    NOT NULL,
	challenge_hash BYTES NOT NULL,
	purpose        INT   NOT NULL,                 -- enum passkey_purpose
	session_id     ID    NOT NULL,
	user_id        ID,                             -- who registers; NULL at sign-in
	expires_at     TIME  NOT NULL,
	PRIMARY KEY (deployment_id, challenge_hash)
);
CREATE INDEX passkey_challenge_expiry ON passkey_challenge (expires_at);
