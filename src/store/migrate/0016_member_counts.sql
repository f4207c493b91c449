-- 0016_member_counts.sql: how many members there are is a column: lists say it of each place they show, and counting
-- ten thousand rows to say it of one took longer than all the rest.

ALTER TABLE organization ADD COLUMN member_count INT NOT NULL DEFAULT 0;   -- rows of orgmem
ALTER TABLE workspace ADD COLUMN member_count INT NOT NULL DEFAULT 0;      -- rows of wsmem
UPDATE organization SET member_count = (SELECT COUNT(*) FROM orgmem m
 WHERE m.deployment_id = organization.deployment_id AND m.org_id = organization.id);
UPDATE workspace SET member_count = (SELECT COUNT(*) FROM wsmem m
 WHERE m.deployment_id = workspace.deployment_id AND m.workspace_id = workspace.id);
