-- access.sql: who may come in: invitations, the waitlist; and the browsers somebody has signed in with.

-- :name invitation_insert :rows
-- :in deployment_id deployment, invitation_id id, bytes token_hash, text email, key email_key, text first_name, text last_name, time now, time expires_at
INSERT INTO invitation (deployment_id, id, token_hash, email, email_key, first_name, last_name, created_at, expires_at)
VALUES (:deployment, :id, :token_hash, :email, :email_key, :first_name, :last_name, :now, :expires_at)
ON CONFLICT DO NOTHING;

-- :name invitation_by_token :one
-- :in deployment_id deployment, bytes token_hash, time now
-- :out invitation_id id, text email, key email_key, text first_name, text last_name
-- The one that can still be used.
SELECT id, email, email_key, first_name, last_name
  FROM invitation
 WHERE deployment_id = :deployment AND token_hash = :token_hash AND used_at IS NULL AND expires_at > :now;

-- :name invitation_use :rows
-- :in deployment_id deployment, invitation_id id, time now
-- One invitation, one account: 0 rows for every one after the first.
UPDATE invitation SET used_at = :now
 WHERE deployment_id = :deployment AND id = :id AND used_at IS NULL AND expires_at > :now;

-- :name invitation_revoke :rows
-- :in deployment_id deployment, invitation_id id
-- A used one stays, as a record of who was invited.
DELETE FROM invitation WHERE deployment_id = :deployment AND id = :id AND used_at IS NULL;

-- :name invitation_revoke_of_email :rows
-- :in deployment_id deployment, key email_key
-- A new invitation takes the place of those that went to the same address before.
DELETE FROM invitation WHERE deployment_id = :deployment AND email_key = :email_key AND used_at IS NULL;

-- :name invitation_list :many
-- :in deployment_id deployment, int after, int most
-- :out invitation_id id, text email, text first_name, text last_name, time created_at, time expires_at, time used_at
SELECT id, email, first_name, last_name, created_at, expires_at, used_at
  FROM invitation WHERE deployment_id = :deployment AND id > :after ORDER BY id LIMIT :most;

-- :name invitation_expired_delete :rows
-- :any-deployment the sweep serves every deployment in small steps
-- :in time now, int most
-- Thirty days later: until then an operator can see what became of them.
DELETE FROM invitation WHERE (deployment_id, id) IN
 (SELECT i.deployment_id, i.id FROM invitation i WHERE i.expires_at <= :now - 2592000000000 LIMIT :most);

-- :name waitlist_insert :rows
-- :in deployment_id deployment, waitlist_id id, text email, key email_key, text first_name, text last_name, time now
-- 0 rows when the address is on the list.
INSERT INTO waitlist_entry (deployment_id, id, email, email_key, first_name, last_name, created_at, updated_at)
VALUES (:deployment, :id, :email, :email_key, :first_name, :last_name, :now, :now)
ON CONFLICT DO NOTHING;

-- :name waitlist_find :one
-- :in deployment_id deployment, key email_key
-- :out waitlist_id id, text email, text first_name, text last_name
SELECT id, email, first_name, last_name FROM waitlist_entry WHERE deployment_id = :deployment AND email_key = :email_key;

-- :name waitlist_list :many
-- :in deployment_id deployment, int after, int most
-- :out waitlist_id id, text email, text first_name, text last_name, time invited_at, time created_at
SELECT id, email, first_name, last_name, invited_at, created_at
  FROM waitlist_entry WHERE deployment_id = :deployment AND id > :after ORDER BY id LIMIT :most;

-- :name waitlist_set_invited :rows
-- :in deployment_id deployment, key email_key, time now
UPDATE waitlist_entry SET invited_at = :now, updated_at = :now
 WHERE deployment_id = :deployment AND email_key = :email_key;

-- :name waitlist_delete :rows
-- :in deployment_id deployment, key email_key
DELETE FROM waitlist_entry WHERE deployment_id = :deployment AND email_key = :email_key;

-- :name known_device_find :one
-- :in deployment_id deployment, user_id user, session_id session
-- :out time last_at
SELECT last_at FROM known_device WHERE deployment_id = :deployment AND user_id = :user AND session_id = :session;

-- :name known_device_count :one
-- :in deployment_id deployment, user_id user
-- :out int n
SELECT count(*) FROM known_device WHERE deployment_id = :deployment AND user_id = :user;

-- :name known_device_put :rows
-- :in deployment_id deployment, user_id user, session_id session, time now
INSERT INTO known_device (deployment_id, user_id, session_id, first_at, last_at)
VALUES (:deployment, :user, :session, :now, :now)
ON CONFLICT (deployment_id, user_id, session_id) DO UPDATE SET last_at = :now;

-- :name known_device_forget :rows
-- :in deployment_id deployment, user_id user
DELETE FROM known_device WHERE deployment_id = :deployment AND user_id = :user;

-- :name known_device_expired_delete :rows
-- :any-deployment the sweep serves every deployment in small steps
-- :in time now, int most
-- A browser that was not used to sign in for 400 days is a stranger again.
DELETE FROM known_device WHERE (deployment_id, user_id, session_id) IN
 (SELECT k.deployment_id, k.user_id, k.session_id FROM known_device k WHERE k.last_at <= :now - 34560000000000 LIMIT :most);
