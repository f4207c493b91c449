-- passkey.sql: passkeys, and the challenges they answer.

-- :name passkey_challenge_put :exec
-- :in deployment_id deployment, bytes challenge_hash, int purpose, session_id session, user_id user, time expires_at
INSERT INTO passkey_challenge (deployment_id, challenge_hash, purpose, session_id, user_id, expires_at)
VALUES (:deployment, :challenge_hash, :purpose, :session, :user, :expires_at);

-- :name passkey_challenge_use :rows
-- :in deployment_id deployment, bytes challenge_hash, int purpose, session_id session, int user, time now
-- One challenge, one use: 0 rows for an unknown, used or expired one, and for another deed's, session's or user's.
DELETE FROM passkey_challenge
 WHERE deployment_id = :deployment AND challenge_hash = :challenge_hash AND purpose = :purpose
   AND session_id = :session AND COALESCE(user_id, 0) = :user AND expires_at > :now;

-- :name passkey_challenge_expired_delete :rows
-- :any-deployment the sweep serves every deployment in small steps
-- :in time now, int most
-- By rowid in SQLite, which finds no index for a pair that holds bytes.
DELETE FROM passkey_challenge WHERE rowid IN
 (SELECT c.rowid FROM passkey_challenge c WHERE c.expires_at <= :now LIMIT :most);
-- :pg
DELETE FROM passkey_challenge WHERE (deployment_id, challenge_hash) IN
 (SELECT c.deployment_id, c.challenge_hash FROM passkey_challenge c WHERE c.expires_at <= :now LIMIT :most);

-- :name passkey_find_credential :one passkey_secret
-- :in deployment_id deployment, bytes credential_id
-- :out passkey_id id, user_id user, bytes public_key, int sign_count, bool backup_eligible
-- What a signature is compared with.
SELECT id, user_id, public_key, sign_count, backup_eligible
  FROM passkey WHERE deployment_id = :deployment AND credential_id = :credential_id;

-- :name passkey_of_user_find :one passkey_row
-- :in deployment_id deployment, user_id user, passkey_id id
-- :out passkey_id id, bytes credential_id, text name, text transports, text device_type, bool backed_up, time created_at, time last_used_at
SELECT id, credential_id, name, transports, device_type, backed_up, created_at, last_used_at
  FROM passkey WHERE deployment_id = :deployment AND user_id = :user AND id = :id;

-- :name passkeys_of_user :many passkey_row
-- :in deployment_id deployment, user_id user
-- :out passkey_id id, bytes credential_id, text name, text transports, text device_type, bool backed_up, time created_at, time last_used_at
-- Oldest first.
SELECT id, credential_id, name, transports, device_type, backed_up, created_at, last_used_at
  FROM passkey WHERE deployment_id = :deployment AND user_id = :user ORDER BY id;

-- :name passkey_insert :rows
-- :in deployment_id deployment, passkey_id id, user_id user, bytes credential_id, bytes public_key, int algorithm, int sign_count, text name, bytes aaguid, text transports, text device_type, bool backup_eligible, bool backed_up, time now
-- 0 rows when somebody has this credential already.
INSERT INTO passkey (deployment_id, id, user_id, credential_id, public_key, algorithm, sign_count, name, aaguid, transports,
       device_type, backup_eligible, backed_up, created_at)
VALUES (:deployment, :id, :user, :credential_id, :public_key, :algorithm, :sign_count, :name, :aaguid, :transports,
       :device_type, :backup_eligible, :backed_up, :now)
ON CONFLICT DO NOTHING;

-- :name passkey_use :rows
-- :in deployment_id deployment, passkey_id id, int sign_count, bool backed_up, time now
-- 0 rows when it is gone, or its counter has not moved on: of two that bring one count, the second is a copy.
UPDATE passkey SET sign_count = :sign_count, backed_up = :backed_up, last_used_at = :now
 WHERE deployment_id = :deployment AND id = :id AND (sign_count < :sign_count OR (sign_count = 0 AND :sign_count = 0));

-- :name passkey_set_name :rows
-- :in deployment_id deployment, user_id user, passkey_id id, text name
UPDATE passkey SET name = :name WHERE deployment_id = :deployment AND user_id = :user AND id = :id;

-- :name passkey_delete :rows
-- :in deployment_id deployment, user_id user, passkey_id id
DELETE FROM passkey WHERE deployment_id = :deployment AND user_id = :user AND id = :id;

-- :name account_count_passkeys :rows
-- :in deployment_id deployment, user_id id
-- What GET /session tells of them, in the transaction that adds or removes one.
UPDATE account SET n_passkeys = (SELECT count(*) FROM passkey p WHERE p.deployment_id = :deployment AND p.user_id = :id)
 WHERE deployment_id = :deployment AND id = :id;
