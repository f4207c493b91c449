-- jwt.sql: what signs tokens, and what they say.

-- :name signing_keys :many signing_key_row
-- :in deployment_id deployment
-- :out text kid, bytes sealed_scalar, bool is_current, int longest_s, time created_at, time current_at, time followed_at, time replaced_at
-- Those that are published: the current one first, then the newest.
SELECT kid, sealed_scalar, is_current, longest_s, created_at, current_at, followed_at, replaced_at FROM signing_key
 WHERE deployment_id = :deployment AND retired_at IS NULL ORDER BY is_current DESC, created_at DESC, kid;

-- :name signing_key_insert :exec
-- :in deployment_id deployment, text kid, bytes sealed_scalar, bool is_current, time current_at, int longest_s, time now
INSERT INTO signing_key (deployment_id, kid, sealed_scalar, is_current, current_at, longest_s, created_at)
VALUES (:deployment, :kid, :sealed_scalar, :is_current, :current_at, :longest_s, :now);

-- :name signing_key_follow :rows
-- :in deployment_id deployment, text kid, time now
-- Before a next key is made because it is time: 0 rows when somebody has made it.
UPDATE signing_key SET followed_at = :now
 WHERE deployment_id = :deployment AND kid = :kid AND is_current = 1 AND followed_at IS NULL;

-- :name signing_key_follow_again :rows
-- :in deployment_id deployment, text kid, time now
-- The same because somebody asks for it, one after the other.
UPDATE signing_key SET followed_at = :now WHERE deployment_id = :deployment AND kid = :kid AND is_current = 1;

-- :name signing_key_replace :rows
-- :in deployment_id deployment, text kid, time now
-- It signs no more. 0 rows when it does not sign.
UPDATE signing_key SET is_current = 0, replaced_at = :now
 WHERE deployment_id = :deployment AND kid = :kid AND is_current = 1;

-- :name signing_key_begin :rows
-- :in deployment_id deployment, text kid, time now
-- It signs from now on. 0 rows when it has already.
UPDATE signing_key SET is_current = 1, current_at = :now
 WHERE deployment_id = :deployment AND kid = :kid AND is_current = 0 AND replaced_at IS NULL;

-- :name signing_key_delete :rows
-- :in deployment_id deployment, text kid
DELETE FROM signing_key WHERE deployment_id = :deployment AND kid = :kid AND is_current = 0;

-- :name signing_key_delete_all :rows
-- :in deployment_id deployment
DELETE FROM signing_key WHERE deployment_id = :deployment;

-- :name signing_key_outlast :rows
-- :in deployment_id deployment, int longest_s
-- Tokens live longer from now on: keys stay published as long.
UPDATE signing_key SET longest_s = :longest_s WHERE deployment_id = :deployment AND longest_s < :longest_s;

-- :name jwt_templates :many jwt_template_row
-- :in deployment_id deployment
-- :out text name, int lifetime_s, int clock_skew_s, json claims, text algorithm, bytes sealed_key, bool key_enabled, time created_at, time updated_at
SELECT name, lifetime_s, clock_skew_s, claims, algorithm, sealed_key, key_enabled, created_at, updated_at
  FROM jwt_template WHERE deployment_id = :deployment ORDER BY name;

-- :name jwt_template_find :one jwt_template_row
-- :in deployment_id deployment, text name
-- :out text name, int lifetime_s, int clock_skew_s, json claims, text algorithm, bytes sealed_key, bool key_enabled, time created_at, time updated_at
SELECT name, lifetime_s, clock_skew_s, claims, algorithm, sealed_key, key_enabled, created_at, updated_at
  FROM jwt_template WHERE deployment_id = :deployment AND name = :name;

-- :name jwt_template_put :exec
-- :in deployment_id deployment, text name, int lifetime_s, int clock_skew_s, json claims, text algorithm, bytes sealed_key, bool key_enabled, time now
INSERT INTO jwt_template (deployment_id, name, lifetime_s, clock_skew_s, claims, algorithm, sealed_key, key_enabled,
       created_at, updated_at)
VALUES (:deployment, :name, :lifetime_s, :clock_skew_s, :claims, :algorithm, :sealed_key, :key_enabled, :now, :now)
ON CONFLICT (deployment_id, name) DO UPDATE SET lifetime_s = :lifetime_s, clock_skew_s = :clock_skew_s,
       claims = :claims, algorithm = :algorithm, sealed_key = :sealed_key, key_enabled = :key_enabled, updated_at = :now;

-- :name jwt_template_delete :rows
-- :in deployment_id deployment, text name
DELETE FROM jwt_template WHERE deployment_id = :deployment AND name = :name;
