-- session.sql: sessions, their tokens, and the sign-ins in them.

-- :name session_token_find :one
-- :in deployment_id deployment, bytes token_hash
-- :out session_id session, int state, bytes nonce, bytes successor_hash, time created_at, time first_used_at, time replaced_at, time successor_used_at, signin_id active_signin, time session_created_at, time session_updated_at, time session_last_active_at, time session_expires_at
-- A token, its session, and when its successor by age was first used.
SELECT t.session_id, t.state, t.nonce, t.successor_hash, t.created_at, t.first_used_at, t.replaced_at, n.first_used_at,
       s.active_signin_id, s.created_at, s.updated_at, s.last_active_at, s.expires_at
  FROM session_token t
  JOIN session s ON s.deployment_id = t.deployment_id AND s.id = t.session_id
  LEFT JOIN session_token n ON n.deployment_id = t.deployment_id AND n.token_hash = t.successor_hash
 WHERE t.deployment_id = :deployment AND t.token_hash = :token_hash;

-- :name session_insert :rows
-- :in deployment_id deployment, session_id id, time now, time expires_at
-- The row of a session that was anonymous; 0 rows when a parallel request was first.
INSERT INTO session (deployment_id, id, created_at, updated_at, last_active_at, expires_at)
VALUES (:deployment, :id, :now, :now, :now, :expires_at)
ON CONFLICT DO NOTHING;

-- :name session_find :one
-- :in deployment_id deployment, session_id id
-- :out signin_id active_signin, time created_at, time updated_at, time last_active_at, time expires_at
SELECT active_signin_id, created_at, updated_at, last_active_at, expires_at
  FROM session WHERE deployment_id = :deployment AND id = :id;

-- :name session_token_insert :rows
-- :in deployment_id deployment, bytes token_hash, session_id session, int state, bytes nonce, time now, time first_used_at, time expires_at
-- 0 rows when it is there already: parallel requests compute the same successor.
INSERT INTO session_token (deployment_id, token_hash, session_id, state, nonce, created_at, first_used_at, expires_at)
VALUES (:deployment, :token_hash, :session, :state, :nonce, :now, :first_used_at, :expires_at)
ON CONFLICT DO NOTHING;

-- :name session_token_age :rows
-- :in deployment_id deployment, bytes token_hash, bytes successor_hash, int current, int aged, time now, time expires_at
-- Replace a current token by its successor.
UPDATE session_token SET state = :aged, successor_hash = :successor_hash, replaced_at = :now, expires_at = :expires_at
 WHERE deployment_id = :deployment AND token_hash = :token_hash AND state = :current;

-- :name session_token_mark_used :rows
-- :in deployment_id deployment, bytes token_hash, time now
-- The first use of a successor starts its predecessor's last 60 seconds.
UPDATE session_token SET first_used_at = :now
 WHERE deployment_id = :deployment AND token_hash = :token_hash AND first_used_at IS NULL;

-- :name session_token_supersede :rows
-- :in deployment_id deployment, session_id session, int superseded, time now, time expires_at
-- A security event: no token of this session is good any more.
UPDATE session_token SET state = :superseded, replaced_at = :now, expires_at = :expires_at
 WHERE deployment_id = :deployment AND session_id = :session AND state <> :superseded;

-- :name session_token_delete_all :rows
-- :in deployment_id deployment, session_id session
DELETE FROM session_token WHERE deployment_id = :deployment AND session_id = :session;

-- :name session_set_active :rows
-- :in deployment_id deployment, session_id id, signin_id signin, time now
UPDATE session SET active_signin_id = :signin, updated_at = :now
 WHERE deployment_id = :deployment AND id = :id;

-- :name session_clear_active :rows
-- :in deployment_id deployment, session_id id, signin_id signin, time now
-- No sign-in is active when the one that was has gone.
UPDATE session SET active_signin_id = NULL, updated_at = :now
 WHERE deployment_id = :deployment AND id = :id AND active_signin_id = :signin;

-- :name session_clear_active_of_user :rows
-- :in deployment_id deployment, user_id user, time now
-- Wherever the user's sign-in was the active one, none is.
UPDATE session SET active_signin_id = NULL, updated_at = :now
 WHERE deployment_id = :deployment
   AND id IN (SELECT g.session_id FROM signin g WHERE g.deployment_id = :deployment AND g.user_id = :user)
   AND active_signin_id IN (SELECT g.id FROM signin g WHERE g.deployment_id = :deployment AND g.user_id = :user);

-- :name session_restart_clock :rows
-- :in deployment_id deployment, session_id id, signin_id signin, time now, time expires_at
-- A completed sign-in: it is the active one, and the absolute limit starts again.
UPDATE session SET active_signin_id = :signin, updated_at = :now, last_active_at = :now, expires_at = :expires_at
 WHERE deployment_id = :deployment AND id = :id;

-- :name session_touch_active :rows
-- :in deployment_id deployment, session_id id, time at
-- Batched last-active times; never backwards.
UPDATE session SET last_active_at = :at
 WHERE deployment_id = :deployment AND id = :id AND last_active_at < :at;

-- :name signin_touch_active :rows
-- :in deployment_id deployment, signin_id id, time at
UPDATE signin SET last_active_at = :at
 WHERE deployment_id = :deployment AND id = :id AND last_active_at < :at;

-- :name session_signins :many signin_row
-- :in deployment_id deployment, session_id session, time now
-- :out signin_id id, session_id session, user_id user, text method, orgmem_id orgmem, wsmem_id wsmem, text ip_address, text browser, text device, text city, text region, text region_code, text country, text country_code, time created_at, time updated_at, time last_active_at, time expires_at, time proved_at, text actor, org_id org, text org_name, text org_slug, text org_image_url, workspace_id workspace, text workspace_name, text workspace_slug
-- The live sign-ins of a session, oldest first, with the scope each is in.
SELECT g.id, g.session_id, g.user_id, g.method, g.orgmem_id, g.wsmem_id, g.ip_address, g.browser, g.device, g.city,
       g.region, g.region_code, g.country, g.country_code, g.created_at, g.updated_at, g.last_active_at, g.expires_at,
       g.proved_at, g.actor, o.id, o.name, o.slug, o.image_url, w.id, w.name, w.slug
  FROM signin g
  LEFT JOIN orgmem m ON m.deployment_id = g.deployment_id AND m.id = g.orgmem_id
  LEFT JOIN organization o ON o.deployment_id = m.deployment_id AND o.id = m.org_id
  LEFT JOIN wsmem n ON n.deployment_id = g.deployment_id AND n.id = g.wsmem_id
  LEFT JOIN workspace w ON w.deployment_id = n.deployment_id AND w.id = n.workspace_id
 WHERE g.deployment_id = :deployment AND g.session_id = :session AND g.expires_at > :now
 ORDER BY g.id;

-- :name user_signins :many signin_row
-- :in deployment_id deployment, user_id user, time now
-- :out signin_id id, session_id session, user_id user, text method, orgmem_id orgmem, wsmem_id wsmem, text ip_address, text browser, text device, text city, text region, text region_code, text country, text country_code, time created_at, time updated_at, time last_active_at, time expires_at, time proved_at, text actor, org_id org, text org_name, text org_slug, text org_image_url, workspace_id workspace, text workspace_name, text workspace_slug
-- A user's live sign-ins across all sessions, newest first.
SELECT g.id, g.session_id, g.user_id, g.method, g.orgmem_id, g.wsmem_id, g.ip_address, g.browser, g.device, g.city,
       g.region, g.region_code, g.country, g.country_code, g.created_at, g.updated_at, g.last_active_at, g.expires_at,
       g.proved_at, g.actor, o.id, o.name, o.slug, o.image_url, w.id, w.name, w.slug
  FROM signin g
  LEFT JOIN orgmem m ON m.deployment_id = g.deployment_id AND m.id = g.orgmem_id
  LEFT JOIN organization o ON o.deployment_id = m.deployment_id AND o.id = m.org_id
  LEFT JOIN wsmem n ON n.deployment_id = g.deployment_id AND n.id = g.wsmem_id
  LEFT JOIN workspace w ON w.deployment_id = n.deployment_id AND w.id = n.workspace_id
 WHERE g.deployment_id = :deployment AND g.user_id = :user AND g.expires_at > :now
 ORDER BY g.id DESC;

-- :name user_sessions :many
-- :in deployment_id deployment, user_id user
-- :out session_id id, time last_active_at, time expires_at
-- The sessions that a user's sign-ins are in, for telling which of them are over.
SELECT s.id, s.last_active_at, s.expires_at
  FROM signin g
  JOIN session s ON s.deployment_id = g.deployment_id AND s.id = g.session_id
 WHERE g.deployment_id = :deployment AND g.user_id = :user
 ORDER BY s.id;

-- :name session_accounts :many account_row
-- :in deployment_id deployment, session_id session
-- :out user_id id, text first_name, text last_name, text username, text image_url, text availability, bool has_password, text second_factor_policy, email_id primary_email, phone_id primary_phone, json public_metadata, time disabled_at, time created_at, time updated_at, authenticator_id authenticator, time authenticator_at, time backup_codes_at, int n_passkeys, int password_standing
-- The people signed in to a session.
SELECT a.id, a.first_name, a.last_name, a.username, a.image_url, a.availability,
       CASE WHEN a.password_record = '' OR a.password_standing IN (1, 2) THEN 0 ELSE 1 END, a.second_factor_policy, a.primary_email_id, a.primary_phone_id,
       a.public_metadata, a.disabled_at, a.created_at, a.updated_at, a.authenticator_id, a.authenticator_at,
       a.backup_codes_at, a.n_passkeys, a.password_standing
  FROM signin g
  JOIN account a ON a.deployment_id = g.deployment_id AND a.id = g.user_id
 WHERE g.deployment_id = :deployment AND g.session_id = :session
 ORDER BY a.id;

-- :name session_contacts :many contact_row
-- :in deployment_id deployment, session_id session
-- :out user_id user, bool is_phone, int id, text value, text dial_code, time verified_at, text strategy
-- The e-mail addresses and numbers of the people signed in to a session.
SELECT e.user_id, 0, e.id, e.email, '', e.verified_at, e.verification_strategy
  FROM signin g
  JOIN email_address e ON e.deployment_id = g.deployment_id AND e.user_id = g.user_id
 WHERE g.deployment_id = :deployment AND g.session_id = :session
 UNION ALL
SELECT p.user_id, 1, p.id, p.phone_number, p.dial_code, p.verified_at, ''
  FROM signin g
  JOIN phone_number p ON p.deployment_id = g.deployment_id AND p.user_id = g.user_id
 WHERE g.deployment_id = :deployment AND g.session_id = :session
 ORDER BY 1, 2, 3;

-- :name signin_insert :rows
-- :in deployment_id deployment, signin_id id, session_id session, user_id user, text method, orgmem_id orgmem, wsmem_id wsmem, text ip_address, text user_agent, text browser, text device, text actor, time now, time expires_at
-- 0 rows when this user is signed in to this session already.
INSERT INTO signin (deployment_id, id, session_id, user_id, method, orgmem_id, wsmem_id, ip_address, user_agent,
       browser, device, city, region, region_code, country, country_code, created_at, updated_at, last_active_at, expires_at, proved_at,
       actor)
VALUES (:deployment, :id, :session, :user, :method, :orgmem, :wsmem, :ip_address, :user_agent,
       :browser, :device, '', '', '', '', '', :now, :now, :now, :expires_at, :now, :actor)
ON CONFLICT (deployment_id, session_id, user_id) DO NOTHING;

-- :name signin_prove :rows
-- :in deployment_id deployment, signin_id id, time now
-- Its user has proved once more who they are.
UPDATE signin SET proved_at = :now, updated_at = :now WHERE deployment_id = :deployment AND id = :id;

-- :name signin_set_place :rows
-- :in deployment_id deployment, signin_id id, text city, text region, text region_code, text country, text country_code
UPDATE signin SET city = :city, region = :region, region_code = :region_code, country = :country, country_code = :country_code
 WHERE deployment_id = :deployment AND id = :id;

-- :name signin_of_session_find :one
-- :in deployment_id deployment, session_id session, user_id user, time now
-- :out signin_id id, text actor
SELECT id, actor FROM signin
 WHERE deployment_id = :deployment AND session_id = :session AND user_id = :user AND expires_at > :now;

-- :name signin_reactivate :rows
-- :in deployment_id deployment, signin_id id, text method, time now, time expires_at
-- Its user signs in where they are signed in already: it begins anew, and is nobody else's.
UPDATE signin SET method = :method, actor = '', proved_at = :now, updated_at = :now, last_active_at = :now,
       expires_at = :expires_at
 WHERE deployment_id = :deployment AND id = :id;

-- :name signin_delete :rows
-- :in deployment_id deployment, session_id session, signin_id id
DELETE FROM signin WHERE deployment_id = :deployment AND session_id = :session AND id = :id;

-- :name signin_delete_expired_of_user :rows
-- :in deployment_id deployment, session_id session, user_id user, time now
-- An expired sign-in that the sweep has not reached must not stand in the way of a new one.
DELETE FROM signin
 WHERE deployment_id = :deployment AND session_id = :session AND user_id = :user AND expires_at <= :now;

-- :name signin_delete_all_of_session :rows
-- :in deployment_id deployment, session_id session
DELETE FROM signin WHERE deployment_id = :deployment AND session_id = :session;

-- :name signin_delete_all_of_user :rows
-- :in deployment_id deployment, user_id user
DELETE FROM signin WHERE deployment_id = :deployment AND user_id = :user;

-- :name signin_sessions_of_user :many
-- :in deployment_id deployment, user_id user
-- :out session_id session, signin_id signin
SELECT session_id, id FROM signin WHERE deployment_id = :deployment AND user_id = :user ORDER BY id;

-- :name signin_of_user_find :one
-- :in deployment_id deployment, user_id user, signin_id id
-- :out session_id session
SELECT session_id FROM signin WHERE deployment_id = :deployment AND user_id = :user AND id = :id;

-- :name signin_set_scope :rows
-- :in deployment_id deployment, signin_id id, orgmem_id orgmem, wsmem_id wsmem, time now
-- Both pointers at once: a workspace is only ever active together with its organization.
UPDATE signin SET orgmem_id = :orgmem, wsmem_id = :wsmem, updated_at = :now
 WHERE deployment_id = :deployment AND id = :id;

-- :name session_expired :many
-- :any-deployment the sweep serves every deployment in small steps
-- :in time now, int most
-- :out deployment_id deployment, session_id session
SELECT deployment_id, id FROM session WHERE expires_at <= :now ORDER BY expires_at LIMIT :most;

-- :name session_idle :many
-- :in deployment_id deployment, time before, int most
-- :out session_id session
SELECT id FROM session WHERE deployment_id = :deployment AND last_active_at <= :before ORDER BY last_active_at LIMIT :most;

-- :name session_delete :rows
-- :in deployment_id deployment, session_id id
-- Takes its tokens, sign-ins and attempts with it.
DELETE FROM session WHERE deployment_id = :deployment AND id = :id;

-- :name session_token_expired_delete :rows
-- :any-deployment the sweep serves every deployment in small steps
-- :in time now, int most
-- By rowid in SQLite, which finds no index for a pair that holds bytes.
DELETE FROM session_token WHERE rowid IN (SELECT t.rowid FROM session_token t WHERE t.expires_at <= :now LIMIT :most);
-- :pg
DELETE FROM session_token WHERE (deployment_id, token_hash) IN
 (SELECT t.deployment_id, t.token_hash FROM session_token t WHERE t.expires_at <= :now LIMIT :most);

-- :name signin_expired :many
-- :any-deployment the sweep serves every deployment in small steps
-- :in time now, int most
-- :out deployment_id deployment, session_id session, signin_id signin
SELECT deployment_id, session_id, id FROM signin WHERE expires_at <= :now ORDER BY expires_at LIMIT :most;

-- :name revocation_insert :exec
-- :in deployment_id deployment, int kind, int subject, int node, time now
INSERT INTO revocation_log (deployment_id, kind, subject, node, xid, at)
VALUES (:deployment, :kind, :subject, :node, 0, :now);
-- :pg
INSERT INTO revocation_log (deployment_id, kind, subject, node, xid, at)
VALUES (:deployment, :kind, :subject, :node, pg_current_xact_id()::text::bigint, :now);

-- :name revocation_floor :one
-- :any-deployment it is about the whole database
-- :out int xid
-- Every transaction below this one has ended, in the view that asks. One node needs no floor.
SELECT 0;
-- :pg
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint;

-- :name revocations_since :many
-- :any-deployment a node caches answers of every deployment
-- :in int xid, int node, int most
-- :out deployment_id deployment, int kind, int subject, int seq
-- What other nodes have changed in transactions that had not all ended at the last reading.
SELECT deployment_id, kind, subject, seq FROM revocation_log
 WHERE xid >= :xid AND node <> :node ORDER BY xid LIMIT :most;

-- :name revocation_old_delete :rows
-- :any-deployment the log is one sequence for all deployments
-- :in time before
DELETE FROM revocation_log WHERE at <= :before;

-- :name session_lock :rows
-- :in deployment_id deployment, session_id id
-- Whatever counts or replaces a session's sign-ins takes this lock first.
UPDATE session SET updated_at = updated_at WHERE deployment_id = :deployment AND id = :id;

-- :name signin_count_of_session :one
-- :in deployment_id deployment, session_id session, time now
-- :out int n
SELECT COUNT(*) FROM signin WHERE deployment_id = :deployment AND session_id = :session AND expires_at > :now;

-- :name signins_least_recent_of_user :many
-- :in deployment_id deployment, user_id user, signin_id keep, int beyond
-- :out session_id session, signin_id id
-- What a user has beyond the one to keep and so many others, the least recently active last to be kept. Whoever acts for
-- them takes no place of theirs.
SELECT session_id, id FROM signin
 WHERE deployment_id = :deployment AND user_id = :user AND id <> :keep AND actor = ''
 ORDER BY last_active_at DESC, id DESC LIMIT 100 OFFSET :beyond;

-- :name orgmem_permissions :many permission_row
-- :in deployment_id deployment, orgmem_id orgmem
-- :out text permissions
-- What the roles of an organization membership allow.
SELECT r.permissions FROM orgmem_role x
  JOIN orgrole r ON r.deployment_id = x.deployment_id AND r.id = x.role_id
 WHERE x.deployment_id = :deployment AND x.orgmem_id = :orgmem ORDER BY r.id;

-- :name wsmem_permissions :many permission_row
-- :in deployment_id deployment, wsmem_id wsmem
-- :out text permissions
-- What the roles of a workspace membership allow.
SELECT r.permissions FROM wsmem_role x
  JOIN wsrole r ON r.deployment_id = x.deployment_id AND r.id = x.role_id
 WHERE x.deployment_id = :deployment AND x.wsmem_id = :wsmem ORDER BY r.id;
