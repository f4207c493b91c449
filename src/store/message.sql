-- message.sql: the outbox.

-- :name message_insert :exec
-- :in deployment_id deployment, message_id id, int channel, text kind, text recipient, user_id user, bytes sealed_content, time now, time expires_at
INSERT INTO message (deployment_id, id, channel, kind, recipient, user_id, sealed_content, state, tries, next_at, last_error,
       created_at, expires_at)
VALUES (:deployment, :id, :channel, :kind, :recipient, :user, :sealed_content, 0, 0, :now, '', :now, :expires_at);

-- :name message_list :many message_row
-- :in deployment_id deployment, int before, int most
-- :out message_id id, int channel, text kind, text recipient, user_id user, int state, int tries, time next_at, text last_error, time created_at, time expires_at, time sent_at
-- The newest first, older than the one given; not what is for nobody.
SELECT id, channel, kind, recipient, user_id, state, tries, next_at, last_error, created_at, expires_at, sent_at
  FROM message WHERE deployment_id = :deployment AND id < :before AND kind <> '' ORDER BY id DESC LIMIT :most;

-- :name message_find :one
-- :in deployment_id deployment, message_id id
-- :out message_id id, int channel, text kind, text recipient, user_id user, bytes sealed_content, int state, int tries, time next_at, text last_error, time created_at, time expires_at, time sent_at
SELECT id, channel, kind, recipient, user_id, sealed_content, state, tries, next_at, last_error, created_at, expires_at, sent_at
  FROM message WHERE deployment_id = :deployment AND id = :id;

-- :name message_due_lanes :many
-- :any-deployment the sender serves every deployment
-- :in time now
-- :out deployment_id deployment, int channel
-- Who has something to send. As sums, or SQLite would walk all that waits in the order of the result.
SELECT DISTINCT deployment_id + 0, channel + 0 FROM message WHERE state = 0 AND next_at <= :now;

-- :name message_due :many
-- :in deployment_id deployment, int channel, time now, int most
-- :out message_id id, text kind, text recipient, bytes sealed_content, int tries, time next_at, time created_at, time expires_at
SELECT id, kind, recipient, sealed_content, tries, next_at, created_at, expires_at FROM message
 WHERE deployment_id = :deployment AND channel = :channel AND state = 0 AND next_at <= :now
 ORDER BY next_at LIMIT :most;

-- :name message_claim :rows
-- :in deployment_id deployment, message_id id, time seen, time until
-- Whoever moves the time on has it until then; 0 rows: somebody else does.
UPDATE message SET next_at = :until, tries = tries + 1
 WHERE deployment_id = :deployment AND id = :id AND state = 0 AND next_at = :seen;

-- :name message_sent :rows
-- :in deployment_id deployment, message_id id, time claim, time now
-- Delivered: what it said is of use to thieves only.
UPDATE message SET state = 1, sealed_content = NULL, last_error = '', next_at = :now, sent_at = :now
 WHERE deployment_id = :deployment AND id = :id AND state = 0 AND next_at = :claim;

-- :name message_shown_here :rows
-- :in deployment_id deployment, message_id id, time claim, time now
-- There is no other delivery than the operator's looking at it.
UPDATE message SET state = 1, last_error = '', next_at = :now, sent_at = :now
 WHERE deployment_id = :deployment AND id = :id AND state = 0 AND next_at = :claim;

-- :name message_drop :rows
-- :in deployment_id deployment, message_id id
-- It was for nobody; see notify/outbox.h.
DELETE FROM message WHERE deployment_id = :deployment AND id = :id AND kind = '';

-- :name message_retry :rows
-- :in deployment_id deployment, message_id id, time claim, time next_at, text last_error
UPDATE message SET next_at = :next_at, last_error = :last_error
 WHERE deployment_id = :deployment AND id = :id AND state = 0 AND next_at = :claim;

-- :name message_give_up :rows
-- :in deployment_id deployment, message_id id, time claim, time now, text last_error
UPDATE message SET state = 2, sealed_content = NULL, next_at = :now, last_error = :last_error
 WHERE deployment_id = :deployment AND id = :id AND state = 0 AND next_at = :claim;

-- :name message_backlog :one
-- :any-deployment a gauge of the whole server
-- :out int n, time oldest
SELECT count(*), coalesce(min(created_at), 0) FROM message WHERE state = 0 AND next_at > 0;

-- :name message_content_expired_forget :rows
-- :any-deployment the sweep serves every deployment in small steps
-- :in time now, int most
-- What was kept to be shown; what is still due is the sender's to give up.
UPDATE message SET sealed_content = NULL WHERE (deployment_id, id) IN
 (SELECT m.deployment_id, m.id FROM message m
   WHERE m.expires_at <= :now AND m.sealed_content IS NOT NULL AND m.state <> 0 LIMIT :most);

-- :name message_old_delete :rows
-- :any-deployment the sweep serves every deployment in small steps
-- :in time before, int most
DELETE FROM message WHERE (deployment_id, id) IN
 (SELECT m.deployment_id, m.id FROM message m WHERE m.created_at <= :before LIMIT :most);

-- :name deployment_secret_put :exec
-- :in deployment_id deployment, text name, bytes sealed_value, time now
INSERT INTO deployment_secret (deployment_id, name, sealed_value, updated_at)
VALUES (:deployment, :name, :sealed_value, :now)
ON CONFLICT (deployment_id, name) DO UPDATE SET sealed_value = :sealed_value, updated_at = :now;

-- :name deployment_secret_find :one
-- :in deployment_id deployment, text name
-- :out bytes sealed_value
SELECT sealed_value FROM deployment_secret WHERE deployment_id = :deployment AND name = :name;

-- :name deployment_secret_delete :rows
-- :in deployment_id deployment, text name
DELETE FROM deployment_secret WHERE deployment_id = :deployment AND name = :name;

-- :name deployment_secrets :many
-- :in deployment_id deployment
-- :out text name, time updated_at
SELECT name, updated_at FROM deployment_secret WHERE deployment_id = :deployment ORDER BY name;

-- :name message_template_put :exec
-- :in deployment_id deployment, text kind, text part, text body, time now
INSERT INTO message_template (deployment_id, kind, part, body, updated_at)
VALUES (:deployment, :kind, :part, :body, :now)
ON CONFLICT (deployment_id, kind, part) DO UPDATE SET body = :body, updated_at = :now;

-- :name message_template_delete :rows
-- :in deployment_id deployment, text kind, text part
DELETE FROM message_template WHERE deployment_id = :deployment AND kind = :kind AND part = :part;

-- :name message_templates :many
-- :in deployment_id deployment, text kind
-- :out text part, text body
SELECT part, body FROM message_template WHERE deployment_id = :deployment AND kind = :kind;
