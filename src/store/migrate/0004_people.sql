-- 0004_people.sql: who may come in: invitations, the waitlist, tickets; where somebody came from before; their pictures.

-- An operator's invitation to sign up. The token itself is only in the mail.
CREATE TABLE invitation (
	deployment_id  ID    NOT NULL,
	id             ID    NOT NULL,
	token_hash     BYTES NOT NULL,
	email          TEXT  NOT NULL,
	email_key      TEXT  NOT NULL,
	first_name     TEXT  NOT NULL,
	last_name      TEXT  NOT NULL,
	created_at     TIME  NOT NULL,
	expires_at     TIME  NOT NULL,
	used_at        TIME,                           -- set once, by the sign-up that it allowed
	PRIMARY KEY (deployment_id, id)
);
CREATE UNIQUE INDEX invitation_token ON invitation (deployment_id, token_hash);
CREATE INDEX invitation_email ON invitation (deployment_id, email_key);
CREATE INDEX invitation_expiry ON invitation (expires_at);

CREATE TABLE waitlist_entry (
	deployment_id  ID    NOT NULL,
	id             ID    NOT NULL,
	email          TEXT  NOT NULL,
	email_key      TEXT  NOT NULL,
	first_name     TEXT  NOT NULL,
	last_name      TEXT  NOT NULL,
	invited_at     TIME,
	created_at     TIME  NOT NULL,
	updated_at     TIME  NOT NULL,
	PRIMARY KEY (deployment_id, id)
);
CREATE UNIQUE INDEX waitlist_entry_email ON waitlist_entry (deployment_id, email_key);

-- A link that signs one user in, once: handed out by an operator.
CREATE TABLE ticket (
	deployment_id  ID    NOT NULL,
	token_hash     BYTES NOT NULL,
	kind           INT   NOT NULL,                 -- enum ticket_kind
	user_id        ID    NOT NULL,
	actor          TEXT  NOT NULL,                 -- who impersonates; '' for a plain hand-off
	created_at     TIME  NOT NULL,
	expires_at     TIME  NOT NULL,
	used_at        TIME,                           -- set once; the row count is the verdict
	used_by        ID,                             -- the session that used it
	PRIMARY KEY (deployment_id, token_hash),
	FOREIGN KEY (deployment_id, user_id) REFERENCES account (deployment_id, id) ON DELETE CASCADE
);
CREATE INDEX ticket_expiry ON ticket (expires_at);

-- On whose behalf an impersonated sign-in acts.
ALTER TABLE signin ADD COLUMN actor TEXT NOT NULL DEFAULT '';

-- Browsers in which somebody has signed in before. Its owner is not locked out by what strangers
-- try elsewhere, and a sign-in from anywhere else is worth a mail.
CREATE TABLE known_device (
	deployment_id  ID    NOT NULL,
	user_id        ID    NOT NULL,
	session_id     ID    NOT NULL,
	first_at       TIME  NOT NULL,
	last_at        TIME  NOT NULL,
	PRIMARY KEY (deployment_id, user_id, session_id),
	FOREIGN KEY (deployment_id, user_id) REFERENCES account (deployment_id, id) ON DELETE CASCADE
);
CREATE INDEX known_device_age ON known_device (last_at);

-- A picture that somebody uploaded, in the form in which it is served. The number is new with every
-- one, so its address may be cached for good.
CREATE TABLE picture (
	deployment_id  ID    NOT NULL,
	id             ID    NOT NULL,
	user_id        ID    NOT NULL,
	content_type   TEXT  NOT NULL,
	bytes          BYTES NOT NULL,
	created_at     TIME  NOT NULL,
	PRIMARY KEY (deployment_id, id),
	FOREIGN KEY (deployment_id, user_id) REFERENCES account (deployment_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX picture_user ON picture (deployment_id, user_id);
