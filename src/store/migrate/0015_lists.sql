-- 0015_lists.sql: somebody's workspaces are read in order of membership.

-- By the id too, so that ten thousand need no sorting; unique, as the id is, so that SQLite's planner knows it.
DROP INDEX wsmem_user;
CREATE UNIQUE INDEX wsmem_user ON wsmem (deployment_id, user_id, id);
