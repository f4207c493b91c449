-- 0017_roles_by_user.sql: somebody's roles in ten thousand workspaces are read one after the other, in order of membership.

ALTER TABLE wsmem_role ADD COLUMN user_id ID NOT NULL DEFAULT 0;   -- the membership's
UPDATE wsmem_role SET user_id = (SELECT m.user_id FROM wsmem m
 WHERE m.deployment_id = wsmem_role.deployment_id AND m.id = wsmem_role.wsmem_id);
CREATE UNIQUE INDEX wsmem_role_user ON wsmem_role (deployment_id, user_id, wsmem_id, role_id);
