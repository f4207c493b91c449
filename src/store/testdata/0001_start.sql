-- 0001_start.sql: one column of every type.
CREATE TABLE thing (
	deployment_id ID    NOT NULL,
	id            ID    NOT NULL,
	owner_id      ID,
	name          TEXT  NOT NULL,                  -- a comment; with "quotes", ( and '
	name_key      TEXT,
	n             INT   NOT NULL DEFAULT 0,
	is_done       BOOL  NOT NULL,
	seen_at       TIME,
	settings      JSON  NOT NULL DEFAULT '{"a, b": ";"}',
	token_hash    BYTES,
	blob          BYTES,
	PRIMARY KEY (deployment_id, id),
	CONSTRAINT thing_n CHECK (n >= 0)
);
CREATE UNIQUE INDEX thing_name ON thing (deployment_id, name_key);

CREATE TABLE part (
	deployment_id ID NOT NULL,
	id            ID NOT NULL,
	thing_id      ID NOT NULL,
	PRIMARY KEY (deployment_id, id),
	FOREIGN KEY (deployment_id, thing_id) REFERENCES thing (deployment_id, id) ON DELETE CASCADE
);
