-- 0002_events.sql: a second step, and a table that counts up.
CREATE TABLE event (
	seq           SEQ,
	deployment_id ID   NOT NULL,
	what          TEXT NOT NULL
);
ALTER TABLE thing ADD COLUMN is_late BOOL NOT NULL DEFAULT 0;
