-- ticket.sql: links that sign one user in, once.

-- :name ticket_insert :exec
-- :in deployment_id deployment, bytes token_hash, int kind, user_id user, text actor, time now, time expires_at
INSERT INTO ticket (deployment_id, token_hash, kind, user_id, actor, created_at, expires_at)
VALUES (:deployment, :token_hash, :kind, :user, :actor, :now, :expires_at);

-- :name ticket_use :rows
-- :in deployment_id deployment, bytes token_hash, session_id session, time now
-- One ticket, one use: 0 rows for an unknown, expired or used one.
UPDATE ticket SET used_at = :now, used_by = :session
 WHERE deployment_id = :deployment AND token_hash = :token_hash AND used_at IS NULL AND expires_at > :now;

-- :name ticket_find :one
-- :in deployment_id deployment, bytes token_hash
-- :out int kind, user_id user, text actor, time used_at, session_id used_by
SELECT kind, user_id, actor, used_at, used_by FROM ticket WHERE deployment_id = :deployment AND token_hash = :token_hash;

-- :name ticket_expired_delete :rows
-- :any-deployment the sweep serves every deployment in small steps
-- :in time now, int most
-- By rowid in SQLite, which finds no index for a pair that holds bytes.
DELETE FROM ticket WHERE rowid IN (SELECT k.rowid FROM ticket k WHERE k.expires_at <= :now LIMIT :most);
-- :pg
DELETE FROM ticket WHERE (deployment_id, token_hash) IN
 (SELECT k.deployment_id, k.token_hash FROM ticket k WHERE k.expires_at <= :now LIMIT :most);
