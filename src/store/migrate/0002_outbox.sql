-- 0002_outbox.sql: what is to be sent, written in the transaction that causes it.

-- A message is its kind and what goes into its template. That may be a code or a link: it is
-- sealed, and forgotten once it has been delivered. id is the idempotence key of its delivery.
CREATE TABLE message (
	deployment_id  ID    NOT NULL,
	id             ID    NOT NULL,
	channel        INT   NOT NULL,                 -- enum message_channel
	kind           TEXT  NOT NULL,                 -- the template's name
	recipient      TEXT  NOT NULL,                 -- an e-mail address; a number as +15551234567
	user_id        ID,
	sealed_content BYTES,                          -- JSON, sealed; NULL once it is of no more use
	state          INT   NOT NULL,                 -- enum message_state
	tries          INT   NOT NULL,
	next_at        TIME  NOT NULL,                 -- due, or until when its sender has it
	last_error     TEXT  NOT NULL,                 -- the transport's words about the last try; '' when it worked
	created_at     TIME  NOT NULL,
	expires_at     TIME  NOT NULL,                 -- worth nothing after that: it is given up
	sent_at        TIME,
	PRIMARY KEY (deployment_id, id)
);
-- 0 is MESSAGE_DUE: what is sent costs the search for what is not nothing.
CREATE INDEX message_due ON message (next_at) WHERE state = 0;
CREATE INDEX message_lane ON message (deployment_id, channel, next_at) WHERE state = 0;
CREATE INDEX message_kept ON message (expires_at) WHERE sealed_content IS NOT NULL;
CREATE INDEX message_age ON message (created_at);

-- What a deployment proves itself with elsewhere: the password of its mail server and the like.
CREATE TABLE deployment_secret (
	deployment_id  ID    NOT NULL,
	name           TEXT  NOT NULL,                 -- enum deployment_secret's word
	sealed_value   BYTES NOT NULL,
	updated_at     TIME  NOT NULL,
	PRIMARY KEY (deployment_id, name)
);

-- What a deployment writes instead of the built-in words.
CREATE TABLE message_template (
	deployment_id  ID    NOT NULL,
	kind           TEXT  NOT NULL,
	part           TEXT  NOT NULL,                 -- subject | text | html
	body           TEXT  NOT NULL,
	updated_at     TIME  NOT NULL,
	PRIMARY KEY (deployment_id, kind, part)
);
