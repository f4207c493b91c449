-- 0003_codes.sql: one-time codes and links, and what attempts remember between their steps.

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
