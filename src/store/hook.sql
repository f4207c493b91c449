-- hook.sql: endpoints outside, and what is on its way to them.

-- ---- endpoints ----

-- :name hook_insert :exec
-- :in deployment_id deployment, hook_id id, text url, text types, bytes sealed_secret, time now
INSERT INTO hook (deployment_id, id, url, types, sealed_secret, state, why, created_at, updated_at)
VALUES (:deployment, :id, :url, :types, :sealed_secret, 0, '', :now, :now);

-- :name hooks :many hook_row
-- :in deployment_id deployment
-- :out hook_id id, text url, text types, int state, text why, time failing_since, time before_until, time created_at, time updated_at
-- A deployment has a handful.
SELECT id, url, types, state, why, failing_since, before_until, created_at, updated_at
  FROM hook WHERE deployment_id = :deployment AND id > 0 ORDER BY id;

-- :name hook_find :one hook_row
-- :in deployment_id deployment, hook_id id
-- :out hook_id id, text url, text types, int state, text why, time failing_since, time before_until, time created_at, time updated_at
SELECT id, url, types, state, why, failing_since, before_until, created_at, updated_at
  FROM hook WHERE deployment_id = :deployment AND id = :id;

-- :name hook_secrets :one
-- :in deployment_id deployment, hook_id id
-- :out bytes sealed_secret, bytes sealed_secret_before, time before_until
SELECT sealed_secret, sealed_secret_before, before_until FROM hook WHERE deployment_id = :deployment AND id = :id;

-- :name hook_update :rows
-- :in deployment_id deployment, hook_id id, text url, text types, int state, text why, time now
-- Where it was failing is forgotten with it: a new address, or enabled again, begins anew.
UPDATE hook SET url = :url, types = :types, state = :state, why = :why, failing_since = NULL, updated_at = :now
 WHERE deployment_id = :deployment AND id = :id;

-- :name hook_set_secrets :rows
-- :in deployment_id deployment, hook_id id, bytes sealed_secret, bytes sealed_secret_before, time before_until, time now
UPDATE hook SET sealed_secret = :sealed_secret, sealed_secret_before = :sealed_secret_before, before_until = :before_until,
       updated_at = :now
 WHERE deployment_id = :deployment AND id = :id;

-- :name hook_set_failing :rows
-- :in deployment_id deployment, hook_id id, time now
UPDATE hook SET failing_since = :now
 WHERE deployment_id = :deployment AND id = :id AND state = 0 AND failing_since IS NULL;

-- :name hook_set_well :rows
-- :in deployment_id deployment, hook_id id
UPDATE hook SET failing_since = NULL WHERE deployment_id = :deployment AND id = :id AND failing_since IS NOT NULL;

-- :name hook_give_out :rows
-- :in deployment_id deployment, hook_id id, int state, text why, time failing_before, time now
-- Disabled, once, by what it answered; 0 rows when it is already, or has taken something meanwhile.
UPDATE hook SET state = :state, why = :why, updated_at = :now
 WHERE deployment_id = :deployment AND id = :id AND state = 0 AND failing_since <= :failing_before;

-- :name hook_delete :rows
-- :in deployment_id deployment, hook_id id
DELETE FROM hook WHERE deployment_id = :deployment AND id = :id;

-- :name hook_deliveries_delete :rows
-- :in deployment_id deployment, hook_id id, int most
DELETE FROM hook_delivery WHERE deployment_id = :deployment AND hook_id = :id AND event_id IN
 (SELECT d.event_id FROM hook_delivery d WHERE d.deployment_id = :deployment AND d.hook_id = :id LIMIT :most);

-- ---- events ----

-- :name hook_event_insert :exec
-- :in deployment_id deployment, hook_event_id id, text type, json body, time now
INSERT INTO hook_event (deployment_id, id, type, body, created_at) VALUES (:deployment, :id, :type, :body, :now);

-- :name hook_event_body :one
-- :in deployment_id deployment, hook_event_id id
-- :out json body
SELECT body FROM hook_event WHERE deployment_id = :deployment AND id = :id;

-- :name hook_event_old_delete :rows
-- :any-deployment the sweep serves every deployment in small steps
-- :in time before, int most
-- Its deliveries go with it.
DELETE FROM hook_event WHERE (deployment_id, id) IN
 (SELECT e.deployment_id, e.id FROM hook_event e WHERE e.created_at <= :before LIMIT :most);

-- ---- deliveries ----

-- :name hook_delivery_insert :exec
-- :in deployment_id deployment, hook_id hook, hook_event_id event, int subject, int state, text last_error, time now
INSERT INTO hook_delivery (deployment_id, hook_id, event_id, subject, state, tries, next_at, last_error, created_at)
VALUES (:deployment, :hook, :event, :subject, :state, 0, :now, :last_error, :now);

-- :name hook_deliveries :many hook_delivery_row
-- :in deployment_id deployment, hook_id hook, int state, int before, int most
-- :out hook_event_id event, text type, int subject, int state, int tries, time next_at, text last_error, time created_at, time done_at
-- The newest first, older than the one given; state < 0: in any.
SELECT d.event_id, e.type, d.subject, d.state, d.tries, d.next_at, d.last_error, d.created_at, d.done_at
  FROM hook_delivery d
  JOIN hook_event e ON e.deployment_id = d.deployment_id AND e.id = d.event_id
 WHERE d.deployment_id = :deployment AND d.hook_id = :hook AND d.event_id < :before AND (:state < 0 OR d.state = :state)
 ORDER BY d.event_id DESC LIMIT :most;

-- :name hook_delivery_page :many hook_delivery_row
-- :in deployment_id deployment, hook_id hook, int state, int after, int most
-- :out hook_event_id event, text type, int subject, int state, int tries, time next_at, text last_error, time created_at, time done_at
-- The oldest first, newer than the one given; state < 0: in any.
SELECT d.event_id, e.type, d.subject, d.state, d.tries, d.next_at, d.last_error, d.created_at, d.done_at
  FROM hook_delivery d
  JOIN hook_event e ON e.deployment_id = d.deployment_id AND e.id = d.event_id
 WHERE d.deployment_id = :deployment AND d.hook_id = :hook AND d.event_id > :after AND (:state < 0 OR d.state = :state)
 ORDER BY d.event_id LIMIT :most;

-- :name hook_any_due :one
-- :any-deployment the sender serves every deployment
-- :in time now
-- :out hook_event_id event
SELECT event_id FROM hook_delivery WHERE state = 0 AND next_at <= :now LIMIT 1;

-- :name hook_lanes :many
-- :any-deployment the sender serves every deployment
-- :in time now
-- :out deployment_id deployment, hook_id hook
-- Who has something to be sent. By endpoint: there are fewer of them than there may be waiting for one.
SELECT h.deployment_id, h.id FROM hook h
 WHERE EXISTS (SELECT 1 FROM hook_delivery d
                WHERE d.deployment_id = h.deployment_id AND d.hook_id = h.id AND d.state = 0 AND d.next_at <= :now);

-- :name hook_due :many
-- :in deployment_id deployment, hook_id hook, time now, int most
-- :out hook_event_id event, int subject, int tries, time next_at, time created_at, time ahead_at
-- ahead_at: when the oldest one of the same subject comes, which goes first; 0: it is this one.
SELECT d.event_id, d.subject, d.tries, d.next_at, d.created_at,
       (SELECT a.next_at FROM hook_delivery a
         WHERE a.deployment_id = d.deployment_id AND a.hook_id = d.hook_id AND a.subject = d.subject AND a.state = 0
           AND a.event_id < d.event_id ORDER BY a.event_id LIMIT 1)
  FROM hook_delivery d
 WHERE d.deployment_id = :deployment AND d.hook_id = :hook AND d.state = 0 AND d.next_at <= :now
 ORDER BY d.next_at LIMIT :most;

-- :name hook_delivery_claim :rows
-- :in deployment_id deployment, hook_id hook, hook_event_id event, time seen, time until
-- Whoever moves the time on has it until then; 0 rows: somebody else does. Under way it has not failed.
UPDATE hook_delivery SET next_at = :until, tries = tries + 1, last_error = ''
 WHERE deployment_id = :deployment AND hook_id = :hook AND event_id = :event AND state = 0 AND next_at = :seen;

-- :name hook_delivery_wait :rows
-- :in deployment_id deployment, hook_id hook, hook_event_id event, time seen, time until
-- Not before the one ahead of it, whose end calls it up sooner.
UPDATE hook_delivery SET next_at = :until
 WHERE deployment_id = :deployment AND hook_id = :hook AND event_id = :event AND state = 0 AND next_at = :seen;

-- :name hook_delivery_done :rows
-- :in deployment_id deployment, hook_id hook, hook_event_id event, int state, time claim, time now, text last_error
UPDATE hook_delivery SET state = :state, next_at = :now, done_at = :now, last_error = :last_error
 WHERE deployment_id = :deployment AND hook_id = :hook AND event_id = :event AND state = 0 AND next_at = :claim;

-- :name hook_delivery_retry :rows
-- :in deployment_id deployment, hook_id hook, hook_event_id event, time claim, time next_at, text last_error
UPDATE hook_delivery SET next_at = :next_at, last_error = :last_error
 WHERE deployment_id = :deployment AND hook_id = :hook AND event_id = :event AND state = 0 AND next_at = :claim;

-- :name hook_delivery_call_next :rows
-- :in deployment_id deployment, hook_id hook, int subject, time now
-- The next one of a subject, now that the one ahead of it is done.
UPDATE hook_delivery SET next_at = :now
 WHERE deployment_id = :deployment AND hook_id = :hook AND event_id =
       (SELECT n.event_id FROM hook_delivery n
         WHERE n.deployment_id = :deployment AND n.hook_id = :hook AND n.subject = :subject AND n.state = 0
         ORDER BY n.event_id LIMIT 1)
   AND state = 0 AND next_at > :now;

-- :name hook_backlog :one
-- :any-deployment a gauge of the whole server
-- :out int n, time oldest
SELECT count(*), coalesce(min(created_at), 0) FROM hook_delivery WHERE state = 0 AND next_at > 0;

-- :name hook_replay :rows
-- :in deployment_id deployment, hook_id hook, hook_event_id event, time now
-- Due again, as if for the first time; also what is due, but waits.
UPDATE hook_delivery SET state = 0, tries = 0, next_at = :now, done_at = NULL, last_error = ''
 WHERE deployment_id = :deployment AND hook_id = :hook AND event_id = :event;

-- :name hook_replayable :many
-- :in deployment_id deployment, hook_id hook, int after, time since, bool delivered_too, int most
-- :out hook_event_id event
-- What is done: given up, or all.
SELECT event_id FROM hook_delivery
 WHERE deployment_id = :deployment AND hook_id = :hook AND event_id > :after AND created_at >= :since
   AND (state = 2 OR (state = 1 AND :delivered_too = 1))
 ORDER BY event_id LIMIT :most;
