-- disavowal.sql: "this was not me".

-- :name disavowal_insert :exec
-- :in deployment_id deployment, bytes token_hash, user_id user, time now, time expires_at
INSERT INTO disavowal (deployment_id, token_hash, user_id, created_at, expires_at)
VALUES (:deployment, :token_hash, :user, :now, :expires_at);

-- :name disavowal_take :one
-- :in deployment_id deployment, bytes token_hash, time now
-- :out user_id user, time created_at
-- One link, one use: nothing for an unknown, expired or used one.
DELETE FROM disavowal WHERE deployment_id = :deployment AND token_hash = :token_hash AND expires_at > :now
RETURNING user_id, created_at;

-- :name disavowals_since_delete :rows
-- :in deployment_id deployment, user_id user, time since
DELETE FROM disavowal WHERE deployment_id = :deployment AND user_id = :user AND created_at >= :since;

-- :name disavowal_expired_delete :rows
-- :any-deployment the sweep serves every deployment in small steps
-- :in time now, int most
-- By rowid in SQLite, which finds no index for a pair that holds bytes.
DELETE FROM disavowal WHERE rowid IN (SELECT w.rowid FROM disavowal w WHERE w.expires_at <= :now LIMIT :most);
-- :pg
DELETE FROM disavowal WHERE (deployment_id, token_hash) IN
 (SELECT w.deployment_id, w.token_hash FROM disavowal w WHERE w.expires_at <= :now LIMIT :most);

-- :name disavowed_passkeys_delete :rows
-- :in deployment_id deployment, user_id user, time since
DELETE FROM passkey WHERE deployment_id = :deployment AND user_id = :user AND created_at >= :since;

-- :name disavowed_authenticators_delete :rows
-- :in deployment_id deployment, user_id user, time since
DELETE FROM authenticator WHERE deployment_id = :deployment AND user_id = :user AND (created_at >= :since OR verified_at >= :since);

-- :name disavowed_backup_codes_delete :rows
-- :in deployment_id deployment, user_id user, time since
DELETE FROM backup_code WHERE deployment_id = :deployment AND user_id = :user AND created_at >= :since;

-- :name disavowed_emails_delete :rows
-- :in deployment_id deployment, user_id user, time since
-- One that was added before, but proved since, is the one that the mail tells of.
DELETE FROM email_address WHERE deployment_id = :deployment AND user_id = :user AND (created_at >= :since OR verified_at >= :since);

-- :name disavowed_phones_delete :rows
-- :in deployment_id deployment, user_id user, time since
DELETE FROM phone_number WHERE deployment_id = :deployment AND user_id = :user AND (created_at >= :since OR verified_at >= :since);

-- :name account_disavow :rows
-- :in deployment_id deployment, user_id id, time now
-- The password is one that others know; attempts and codes under way are void; what has gone is not pointed to.
UPDATE account SET
       password_standing = CASE WHEN password_record <> '' AND password_standing = 0 THEN 3 ELSE password_standing END,
       password_changed_at = :now, updated_at = :now,
       n_passkeys = (SELECT count(*) FROM passkey p WHERE p.deployment_id = :deployment AND p.user_id = account.id),
       authenticator_id = (SELECT f.id FROM authenticator f WHERE f.deployment_id = :deployment AND f.id = account.authenticator_id),
       authenticator_at = (SELECT f.verified_at FROM authenticator f WHERE f.deployment_id = :deployment AND f.id = account.authenticator_id),
       backup_codes_at = CASE WHEN EXISTS (SELECT 1 FROM backup_code b WHERE b.deployment_id = :deployment AND b.user_id = account.id)
                         THEN backup_codes_at END,
       primary_email_id = COALESCE(
         (SELECT e.id FROM email_address e WHERE e.deployment_id = :deployment AND e.id = account.primary_email_id),
         (SELECT min(e.id) FROM email_address e WHERE e.deployment_id = :deployment AND e.user_id = account.id AND e.verified_at IS NOT NULL)),
       primary_phone_id = COALESCE(
         (SELECT n.id FROM phone_number n WHERE n.deployment_id = :deployment AND n.id = account.primary_phone_id),
         (SELECT min(n.id) FROM phone_number n WHERE n.deployment_id = :deployment AND n.user_id = account.id AND n.verified_at IS NOT NULL))
 WHERE deployment_id = :deployment AND id = :id;
