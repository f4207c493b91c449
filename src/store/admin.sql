-- admin.sql: what the operator's commands ask for.

-- :name admin_signins :many
-- :in deployment_id deployment, int after, time now, int most
-- :out signin_id id, session_id session, user_id user, text method, text ip_address, text browser, text device, time created_at, time last_active_at, time expires_at
-- Live sign-ins in order of id, after the one given.
SELECT id, session_id, user_id, method, ip_address, browser, device, created_at, last_active_at, expires_at
  FROM signin
 WHERE deployment_id = :deployment AND id > :after AND expires_at > :now
 ORDER BY id LIMIT :most;

-- :name admin_user_signins :many admin_signins_row
-- :in deployment_id deployment, user_id user, int after, time now, int most
-- :out signin_id id, session_id session, user_id user, text method, text ip_address, text browser, text device, time created_at, time last_active_at, time expires_at
-- The same, of one user.
SELECT id, session_id, user_id, method, ip_address, browser, device, created_at, last_active_at, expires_at
  FROM signin
 WHERE deployment_id = :deployment AND user_id = :user AND id > :after AND expires_at > :now
 ORDER BY id LIMIT :most;

-- :name admin_signin_session :one
-- :in deployment_id deployment, signin_id id
-- :out session_id session, user_id user
SELECT session_id, user_id FROM signin WHERE deployment_id = :deployment AND id = :id;
