-- code.sql: one-time codes and links.

-- :name code_put :exec
-- :in deployment_id deployment, int purpose, int subject, code_id id, bytes code_hash, text recipient, session_id session, time now, time expires_at
-- A new code takes the place of the old one.
INSERT INTO code (deployment_id, purpose, subject, id, code_hash, recipient, session_id, created_at, expires_at)
VALUES (:deployment, :purpose, :subject, :id, :code_hash, :recipient, :session, :now, :expires_at)
ON CONFLICT (deployment_id, purpose, subject) DO UPDATE SET
       id = :id, code_hash = :code_hash, recipient = :recipient, session_id = :session,
       created_at = :now, expires_at = :expires_at;

-- :name code_find :one
-- :in deployment_id deployment, int purpose, int subject, time now
-- :out code_id id, text recipient, session_id session, time created_at, time expires_at
-- The live one, if there is one.
SELECT id, recipient, session_id, created_at, expires_at
  FROM code WHERE deployment_id = :deployment AND purpose = :purpose AND subject = :subject AND expires_at > :now;

-- :name code_use :rows
-- :in deployment_id deployment, int purpose, int subject, bytes code_hash, time now
-- One code, one use: 0 rows for a wrong, expired, replaced or used one.
DELETE FROM code
 WHERE deployment_id = :deployment AND purpose = :purpose AND subject = :subject
   AND code_hash = :code_hash AND expires_at > :now;

-- :name code_drop :rows
-- :in deployment_id deployment, int purpose, int subject
DELETE FROM code WHERE deployment_id = :deployment AND purpose = :purpose AND subject = :subject;

-- :name code_expired_delete :rows
-- :any-deployment the sweep serves every deployment in small steps
-- :in time now, int most
DELETE FROM code WHERE (deployment_id, purpose, subject) IN
 (SELECT c.deployment_id, c.purpose, c.subject FROM code c WHERE c.expires_at <= :now LIMIT :most);
