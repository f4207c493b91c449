-- 0014_slugs.sql: a slug is given once. Whoever had it may be gone: links, and what others keep, still say it.

CREATE TABLE slug (
	deployment_id  ID   NOT NULL,
	place          ID   NOT NULL,                  -- 0: the deployment's organizations; else the organization whose workspaces
	slug           TEXT NOT NULL,
	PRIMARY KEY (deployment_id, place, slug)
);
INSERT INTO slug (deployment_id, place, slug) SELECT deployment_id, 0, slug FROM organization;
INSERT INTO slug (deployment_id, place, slug) SELECT deployment_id, org_id, slug FROM workspace;
