-- 0006_organizations.sql: finding people among the members of an organization, and pictures of organizations.

-- First and last name as they are searched. NULL where nobody has made it yet: the background does.
ALTER TABLE account ADD COLUMN name_key TEXT;
CREATE INDEX account_unkeyed ON account (deployment_id, id) WHERE name_key IS NULL;

-- Pages of members go by id.
CREATE INDEX orgmem_org ON orgmem (deployment_id, org_id, id);
CREATE INDEX wsmem_workspace ON wsmem (deployment_id, workspace_id, id);

-- The picture of an organization or of a workspace: one of the two is set. As in picture, the number is new with every one.
CREATE TABLE org_picture (
	deployment_id  ID    NOT NULL,
	id             ID    NOT NULL,
	org_id         ID,
	workspace_id   ID,
	content_type   TEXT  NOT NULL,
	bytes          BYTES NOT NULL,
	created_at     TIME  NOT NULL,
	PRIMARY KEY (deployment_id, id),
	FOREIGN KEY (deployment_id, org_id) REFERENCES organization (deployment_id, id) ON DELETE CASCADE,
	FOREIGN KEY (deployment_id, workspace_id) REFERENCES workspace (deployment_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX org_picture_org ON org_picture (deployment_id, org_id);
CREATE UNIQUE INDEX org_picture_workspace ON org_picture (deployment_id, workspace_id);
