-- 0003_proofs.sql: what people prove themselves with: codes and links, second factors, passkeys; and what attempts
-- remember between their steps.

-- One live code for a purpose and a subject: a new one takes the place of the old. Using it
-- deletes the row, and the row count is the verdict.
CREATE TABLE code (
	deployment_id  ID    NOT NULL,
	purpose        INT   NOT NULL,                 -- enum code_purpose
	subject        ID    NOT NULL,                 -- the attempt, address, number or user it belongs to
	id             ID    NOT NULL,                 -- of this very code: tries are counted by it
	code_hash      BYTES NOT NULL,                 -- MAC of purpose, subject and text: six digits need a key
	recipient      TEXT  NOT NULL,                 -- where it went, as masked for its user
	session_id     ID    NOT NULL,                 -- who asked for it
	created_at     TIME  NOT NULL,
	expires_at     TIME  NOT NULL,
	PRIMARY KEY (deployment_id, purpose, subject)
);
CREATE INDEX code_expiry ON code (expires_at);

-- When this account's sign-in was last proved: the sign-in itself, or a step-up.
ALTER TABLE signin ADD COLUMN proved_at TIME;

ALTER TABLE signin_attempt ADD COLUMN contact_id ID;            -- the address or number it is about; of the account, when there is one
ALTER TABLE signin_attempt ADD COLUMN proved_at TIME;           -- when its last step was passed: a later change of the password ends it
ALTER TABLE signin_attempt ADD COLUMN second_methods TEXT NOT NULL DEFAULT '';  -- words: what may prove the second factor
ALTER TABLE signin_attempt ADD COLUMN profile JSON NOT NULL DEFAULT '{}';       -- what is known of a profile to be completed

ALTER TABLE signup_attempt ADD COLUMN email_verified_at TIME;
ALTER TABLE signup_attempt ADD COLUMN phone_verified_at TIME;
ALTER TABLE signup_attempt ADD COLUMN invitation_id ID;        -- consumed when it completes
ALTER TABLE signup_attempt ADD COLUMN failures INT NOT NULL DEFAULT 0;

-- What GET /session tells of second factors and passkeys stands on the account.
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
