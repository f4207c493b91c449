-- 0009_jwt_templates.sql: tokens in an operator's own words, and signing keys that follow one another.

CREATE TABLE jwt_template (
	deployment_id  ID    NOT NULL,
	name           TEXT  NOT NULL,
	lifetime_s     INT   NOT NULL,
	clock_skew_s   INT   NOT NULL,
	claims         JSON  NOT NULL,                 -- with {{placeholders}}
	algorithm      TEXT  NOT NULL,                 -- of the template's own key: HS256 and the like; '' without one
	sealed_key     BYTES,
	key_enabled    BOOL  NOT NULL,                 -- off: the deployment's key signs
	created_at     TIME  NOT NULL,
	updated_at     TIME  NOT NULL,
	PRIMARY KEY (deployment_id, name)
);

-- A signing key is published before it signs (next), signs (current), stays published (retired), and is deleted.
ALTER TABLE signing_key ADD COLUMN current_at TIME;            -- when it began to sign
ALTER TABLE signing_key ADD COLUMN followed_at TIME;           -- of the current one: when the next one was made
ALTER TABLE signing_key ADD COLUMN replaced_at TIME;           -- when it last signed
-- No token that it signed is good for longer, whatever the settings say by then. Keys that are here already may
-- have signed some at the longest there can be.
ALTER TABLE signing_key ADD COLUMN longest_s INT NOT NULL DEFAULT 86460;
