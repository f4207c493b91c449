-- 0008_picture.sql: pictures that people uploaded, in the form in which they are served.

-- One for each user. The number is new with every picture, so its address may be cached for good.
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
