-- message.sql: the outbox.

-- :name message_insert :exec
-- :in deployment_id deployment, message_id id, int channel, text kind, text recipient, user_id user, bytes sealed_content, time now, time expires_at
INSERT INTO message (deployment_id, id, channel, kind, recipient, user_id, sealed_content, state, tries, next_at, last_error,
       created_at, expires_at)
VALUES (:deployment, :id, :channel, :kind, :recipient, :user, :sealed_content, 0, 0, :now, '', :now, :expires_at);

-- :name message_list :many message_row
-- :in deployment_id deployment, int before, int most
-- :out message_id id, int channel, text kind, text recipient, user_id user, int state, int tries, time next_at, text last_error, time created_at, time expires_at, time sent_at
-- The newest first, older than the one given.
SELECT id, channel, kind, recipient, user_id, state, tries, next_at, last_error, created_at, expires_at, sent_at
  FROM message WHERE deployment_id = :deployment AND id < :before ORDER BY id DESC LIMIT :most;

-- :name message_find :one
-- :in deployment_id deployment, message_id id
-- :out message_id id, int channel, text kind, text recipient, user_id user, bytes sealed_content, int state, int tries, time next_at, text last_error, time created_at, time expires_at, time sent_at
SELECT id, channel, kind, recipient, user_id, sealed_content, state, tries, next_at, last_error, created_at, expires_at, sent_at
  FROM message WHERE deployment_id = :deployment AND id = :id;
