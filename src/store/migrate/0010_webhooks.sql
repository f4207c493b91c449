-- 0010_webhooks.sql: what is told to endpoints outside, written in the transaction of what it tells of.

-- Whom a deployment tells.
CREATE TABLE hook (
	deployment_id    ID    NOT NULL,
	id               ID    NOT NULL,
	url              TEXT  NOT NULL,
	types            TEXT  NOT NULL,               -- names and "group.*" separated by spaces; '' for all
	sealed_secret    BYTES NOT NULL,
	sealed_secret_before BYTES,                    -- of a rotation: signs as well, until then
	before_until     TIME,
	state            INT   NOT NULL,               -- enum hook_state
	why              TEXT  NOT NULL,               -- why it was disabled; '' while it is not
	failing_since    TIME,                         -- nothing has been taken since
	created_at       TIME  NOT NULL,
	updated_at       TIME  NOT NULL,
	PRIMARY KEY (deployment_id, id)
);

-- What happened. The body is the text that is signed and sent, the same at every try and to everybody.
CREATE TABLE hook_event (
	deployment_id    ID    NOT NULL,
	id               ID    NOT NULL,
	type             TEXT  NOT NULL,
	body             JSON  NOT NULL,
	created_at       TIME  NOT NULL,
	PRIMARY KEY (deployment_id, id)
);
CREATE INDEX hook_event_age ON hook_event (created_at);

-- One event on its way to one endpoint. Of those with one subject only the oldest that is due is sent.
CREATE TABLE hook_delivery (
	deployment_id    ID    NOT NULL,
	hook_id          ID    NOT NULL,
	event_id         ID    NOT NULL,
	subject          INT   NOT NULL,               -- whom or what the event is about: the number of its id
	state            INT   NOT NULL,               -- enum message_state
	tries            INT   NOT NULL,
	next_at          TIME  NOT NULL,               -- due, or until when its sender has it
	last_error       TEXT  NOT NULL,               -- about the last try; '' when it worked
	created_at       TIME  NOT NULL,
	done_at          TIME,
	PRIMARY KEY (deployment_id, hook_id, event_id),
	FOREIGN KEY (deployment_id, hook_id) REFERENCES hook (deployment_id, id) ON DELETE CASCADE,
	FOREIGN KEY (deployment_id, event_id) REFERENCES hook_event (deployment_id, id) ON DELETE CASCADE
);
CREATE INDEX hook_delivery_event ON hook_delivery (deployment_id, event_id);
-- 0 is MESSAGE_DUE: what is done costs the search for what is not nothing.
CREATE INDEX hook_delivery_due ON hook_delivery (next_at) WHERE state = 0;
CREATE INDEX hook_delivery_lane ON hook_delivery (deployment_id, hook_id, next_at) WHERE state = 0;
CREATE INDEX hook_delivery_subject ON hook_delivery (deployment_id, hook_id, subject, event_id) WHERE state = 0;
