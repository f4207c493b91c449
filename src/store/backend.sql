-- backend.sql: what only the Backend API asks for.

-- :name idempotency_begin :rows
-- :in deployment_id deployment, hash key_hash, bytes request_mac, time expires_at
-- One call, one row: 0 rows for its twin, which waits here until the first is done.
INSERT INTO idempotency (deployment_id, key_hash, request_mac, expires_at)
VALUES (:deployment, :key_hash, :request_mac, :expires_at)
ON CONFLICT DO NOTHING;

-- :name idempotency_find :one
-- :in deployment_id deployment, hash key_hash
-- :out bytes request_mac, bytes sealed_answer
SELECT request_mac, sealed_answer FROM idempotency WHERE deployment_id = :deployment AND key_hash = :key_hash;

-- :name idempotency_keep :rows
-- :in deployment_id deployment, hash key_hash, bytes sealed_answer
UPDATE idempotency SET sealed_answer = :sealed_answer WHERE deployment_id = :deployment AND key_hash = :key_hash;

-- :name idempotency_forget :rows
-- :in deployment_id deployment, hash key_hash, time now
-- One that is past its time is as good as none.
DELETE FROM idempotency WHERE deployment_id = :deployment AND key_hash = :key_hash AND expires_at <= :now;

-- :name idempotency_expired_delete :rows
-- :any-deployment the sweep serves every deployment in small steps
-- :in time now, int most
-- By rowid in SQLite, which finds no index for a pair that holds bytes.
DELETE FROM idempotency WHERE rowid IN (SELECT k.rowid FROM idempotency k WHERE k.expires_at <= :now LIMIT :most);
-- :pg
DELETE FROM idempotency WHERE (deployment_id, key_hash) IN
 (SELECT k.deployment_id, k.key_hash FROM idempotency k WHERE k.expires_at <= :now LIMIT :most);

-- :name account_lock_any :rows
-- :in deployment_id deployment, user_id id
-- As account_lock, of disabled accounts too: operators change those.
UPDATE account SET updated_at = updated_at WHERE deployment_id = :deployment AND id = :id;

-- :name account_list_disabled :many account_list_row
-- :in deployment_id deployment, int after, int most
-- :out user_id id, text first_name, text last_name, text username, text email, time disabled_at, time created_at
SELECT a.id, a.first_name, a.last_name, a.username, e.email, a.disabled_at, a.created_at
  FROM account a
  LEFT JOIN email_address e ON e.deployment_id = a.deployment_id AND e.id = a.primary_email_id
 WHERE a.deployment_id = :deployment AND a.id > :after AND a.disabled_at IS NOT NULL
 ORDER BY a.id LIMIT :most;

-- :name account_list_one :many account_list_row
-- :in deployment_id deployment, user_id user, int after
-- :out user_id id, text first_name, text last_name, text username, text email, time disabled_at, time created_at
-- As a list, for those that look for somebody by what is only theirs.
SELECT a.id, a.first_name, a.last_name, a.username, e.email, a.disabled_at, a.created_at
  FROM account a
  LEFT JOIN email_address e ON e.deployment_id = a.deployment_id AND e.id = a.primary_email_id
 WHERE a.deployment_id = :deployment AND a.id = :user AND a.id > :after;

-- :name account_set_metadata :rows
-- :in deployment_id deployment, user_id id, json public_metadata, time now
UPDATE account SET public_metadata = :public_metadata, updated_at = :now
 WHERE deployment_id = :deployment AND id = :id;

-- :name waitlist_find_id :one
-- :in deployment_id deployment, waitlist_id id
-- :out text email, key email_key, text first_name, text last_name
SELECT email, email_key, first_name, last_name FROM waitlist_entry WHERE deployment_id = :deployment AND id = :id;

-- :name message_templates_own :many
-- :in deployment_id deployment
-- :out text kind, text part
SELECT kind, part FROM message_template WHERE deployment_id = :deployment ORDER BY kind, part;
