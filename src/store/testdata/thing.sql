-- thing.sql: statements of every kind and type, for the store's own tests.

-- :name thing_insert :exec
-- :in deployment_id deployment, user_id id, org_id owner, text name, key name_key, int n
-- :in bool is_done, time seen_at, json settings, hash token_hash, bytes blob
-- Add one; E_CONFLICT when the id or the key is taken.
INSERT INTO thing (deployment_id, id, owner_id, name, name_key, n, is_done, seen_at, settings, token_hash, blob)
VALUES (:deployment, :id, :owner, :name, :name_key, :n, :is_done, :seen_at, :settings, :token_hash, :blob);

-- :name thing_insert_or_not :rows
-- :in deployment_id deployment, user_id id, key name_key
-- Add one; 0 rows when the id or the key is taken.
INSERT INTO thing (deployment_id, id, name, name_key, is_done)
VALUES (:deployment, :id, '', :name_key, 0)
ON CONFLICT DO NOTHING;

-- :name thing_by_id :one thing_row
-- :in deployment_id deployment, user_id id
-- :out user_id id, org_id owner, text name, key name_key, int n, bool is_done, time seen_at
-- :out json settings, hash token_hash, bytes blob
SELECT id, owner_id, name, name_key, n, is_done, seen_at, settings, token_hash, blob
  FROM thing WHERE deployment_id = :deployment AND id = :id;

-- :name thing_all :many thing_row
-- :in deployment_id deployment
-- :out user_id id, org_id owner, text name, key name_key, int n, bool is_done, time seen_at
-- :out json settings, hash token_hash, bytes blob
-- All of them, oldest first; the literal holds what looks like a parameter.
SELECT id, owner_id, name, name_key, n, is_done, seen_at, settings, token_hash, blob
  FROM thing WHERE deployment_id = :deployment AND name <> ':nobody' ORDER BY id;
-- :pg
SELECT id, owner_id, name, name_key, n, is_done, seen_at, settings, token_hash, blob
  FROM thing WHERE deployment_id = :deployment::bigint AND name <> ':nobody'::text ORDER BY id;

-- :name thing_named :one
-- :in deployment_id deployment, text name
-- :out user_id id
-- For the test of two rows where one is expected.
SELECT id FROM thing WHERE deployment_id = :deployment AND name = :name;

-- :name thing_count :one
-- :in deployment_id deployment
-- :out int n, bool any
SELECT count(*), CAST(CASE WHEN count(*) > 0 THEN 1 ELSE 0 END AS BIGINT)
  FROM thing WHERE deployment_id = :deployment;

-- :name thing_add :one
-- :in deployment_id deployment, user_id id, int more
-- :out int n
-- Count one up and tell the new number.
UPDATE thing SET n = n + :more WHERE deployment_id = :deployment AND id = :id RETURNING n;

-- :name thing_delete_all :rows
-- :in deployment_id deployment
DELETE FROM thing WHERE deployment_id = :deployment;

-- :name part_insert :exec
-- :in deployment_id deployment, user_id id, user_id thing
INSERT INTO part (deployment_id, id, thing_id) VALUES (:deployment, :id, :thing);

-- :name part_of_thing :many
-- :in deployment_id deployment, text name
-- :out user_id id
-- A join that stays inside the deployment.
SELECT p.id FROM part p JOIN thing t ON t.deployment_id = p.deployment_id AND t.id = p.thing_id
 WHERE p.deployment_id = :deployment AND t.name = :name ORDER BY p.id;

-- :name event_insert :one
-- :in deployment_id deployment, text what
-- :out int seq
INSERT INTO event (deployment_id, what) VALUES (:deployment, :what) RETURNING seq;

-- :name event_all :many
-- :any-deployment the reader of a log is nobody's
-- :out int seq, text what
SELECT seq, what FROM event ORDER BY seq;
