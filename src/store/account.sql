-- account.sql: people, their addresses and numbers, and how often they may try.

-- :name account_find :one account_row
-- :in deployment_id deployment, user_id id
-- :out user_id id, text first_name, text last_name, text username, text image_url, text availability, bool has_password, text second_factor_policy, email_id primary_email, phone_id primary_phone, json public_metadata, time disabled_at, time created_at, time updated_at, authenticator_id authenticator, time authenticator_at, time backup_codes_at, int n_passkeys, int password_standing
SELECT id, first_name, last_name, username, image_url, availability,
       CASE WHEN password_record = '' OR password_standing IN (1, 2) THEN 0 ELSE 1 END, second_factor_policy,
       primary_email_id, primary_phone_id, public_metadata, disabled_at, created_at, updated_at, authenticator_id,
       authenticator_at, backup_codes_at, n_passkeys, password_standing
  FROM account WHERE deployment_id = :deployment AND id = :id;

-- :name account_contacts :many contact_row
-- :in deployment_id deployment, user_id id
-- :out user_id user, bool is_phone, int id, text value, text dial_code, time verified_at, text strategy
SELECT e.user_id, 0, e.id, e.email, '', e.verified_at, e.verification_strategy
  FROM email_address e WHERE e.deployment_id = :deployment AND e.user_id = :id
 UNION ALL
SELECT p.user_id, 1, p.id, p.phone_number, p.dial_code, p.verified_at, ''
  FROM phone_number p WHERE p.deployment_id = :deployment AND p.user_id = :id
 ORDER BY 1, 2, 3;

-- :name account_secret_by_email :one account_secret
-- :in deployment_id deployment, key email_key
-- :out user_id id, text password_record, time disabled_at, email_id email, time verified_at, int standing, time until
-- What a password sign-in compares with.
SELECT a.id, a.password_record, a.disabled_at, e.id, e.verified_at, a.password_standing, a.password_until
  FROM email_address e
  JOIN account a ON a.deployment_id = e.deployment_id AND a.id = e.user_id
 WHERE e.deployment_id = :deployment AND e.email_key = :email_key;

-- :name account_secret_by_username :one account_secret
-- :in deployment_id deployment, key username_key
-- :out user_id id, text password_record, time disabled_at, email_id email, time verified_at, int standing, time until
SELECT a.id, a.password_record, a.disabled_at, a.primary_email_id, e.verified_at, a.password_standing, a.password_until
  FROM account a
  LEFT JOIN email_address e ON e.deployment_id = a.deployment_id AND e.id = a.primary_email_id
 WHERE a.deployment_id = :deployment AND a.username_key = :username_key;

-- :name account_secret_find :one account_secret
-- :in deployment_id deployment, user_id id
-- :out user_id id, text password_record, time disabled_at, email_id email, time verified_at, int standing, time until
SELECT a.id, a.password_record, a.disabled_at, a.primary_email_id, e.verified_at, a.password_standing, a.password_until
  FROM account a
  LEFT JOIN email_address e ON e.deployment_id = a.deployment_id AND e.id = a.primary_email_id
 WHERE a.deployment_id = :deployment AND a.id = :id;

-- :name account_password_changed :one
-- :in deployment_id deployment, user_id id
-- :out time at
SELECT password_changed_at FROM account WHERE deployment_id = :deployment AND id = :id;

-- :name account_last_scope :one
-- :in deployment_id deployment, user_id id
-- :out orgmem_id orgmem, wsmem_id wsmem, org_id org, org_id workspace_org
-- Where the user was last, as far as those memberships still exist.
SELECT m.id, n.id, m.org_id, n.org_id
  FROM account a
  LEFT JOIN orgmem m ON m.deployment_id = a.deployment_id AND m.id = a.last_orgmem_id AND m.user_id = a.id
  LEFT JOIN wsmem n ON n.deployment_id = a.deployment_id AND n.id = a.last_wsmem_id AND n.user_id = a.id
 WHERE a.deployment_id = :deployment AND a.id = :id;

-- :name account_set_last_scope :rows
-- :in deployment_id deployment, user_id id, orgmem_id orgmem, wsmem_id wsmem
UPDATE account SET last_orgmem_id = :orgmem, last_wsmem_id = :wsmem
 WHERE deployment_id = :deployment AND id = :id;

-- :name account_insert :rows
-- :in deployment_id deployment, user_id id, text first_name, text last_name, text name_key, text username, key username_key, text password_record, time password_changed_at, text second_factor_policy, time now
-- 0 rows when the username is taken.
INSERT INTO account (deployment_id, id, first_name, last_name, name_key, username, username_key, image_url, availability,
       password_record, password_changed_at, second_factor_policy, public_metadata, created_at, updated_at)
VALUES (:deployment, :id, :first_name, :last_name, :name_key, :username, :username_key, '', 'away',
       :password_record, :password_changed_at, :second_factor_policy, '{}', :now, :now)
ON CONFLICT DO NOTHING;

-- :name email_insert :rows
-- :in deployment_id deployment, email_id id, user_id user, text email, key email_key, time verified_at, time now
-- 0 rows when the address is taken.
INSERT INTO email_address (deployment_id, id, user_id, email, email_key, verified_at, verification_strategy, created_at, updated_at)
VALUES (:deployment, :id, :user, :email, :email_key, :verified_at, 'otp', :now, :now)
ON CONFLICT DO NOTHING;

-- :name phone_insert :rows
-- :in deployment_id deployment, phone_id id, user_id user, text phone_number, text dial_code, key phone_key, time verified_at, time now
-- 0 rows when the number is taken.
INSERT INTO phone_number (deployment_id, id, user_id, phone_number, dial_code, phone_key, verified_at, created_at, updated_at)
VALUES (:deployment, :id, :user, :phone_number, :dial_code, :phone_key, :verified_at, :now, :now)
ON CONFLICT DO NOTHING;

-- :name account_set_primary :rows
-- :in deployment_id deployment, user_id id, email_id email, phone_id phone, time now
UPDATE account SET primary_email_id = :email, primary_phone_id = :phone, updated_at = :now
 WHERE deployment_id = :deployment AND id = :id;

-- :name email_taken :one
-- :in deployment_id deployment, key email_key
-- :out user_id user
SELECT user_id FROM email_address WHERE deployment_id = :deployment AND email_key = :email_key;

-- :name username_taken :one
-- :in deployment_id deployment, key username_key
-- :out user_id user
SELECT id FROM account WHERE deployment_id = :deployment AND username_key = :username_key;

-- :name account_set_names :rows
-- :in deployment_id deployment, user_id id, text first_name, text last_name, text name_key, time now
UPDATE account SET first_name = :first_name, last_name = :last_name, name_key = :name_key, updated_at = :now
 WHERE deployment_id = :deployment AND id = :id;

-- :name account_unkeyed :many
-- :any-deployment an upgrade makes the keys of every deployment's accounts
-- :in int most
-- :out deployment_id deployment, user_id id, text first_name, text last_name
-- Made before names were searched. The index holds only those.
SELECT deployment_id, id, first_name, last_name FROM account INDEXED BY account_unkeyed WHERE name_key IS NULL LIMIT :most;
-- :pg
SELECT deployment_id, id, first_name, last_name FROM account WHERE name_key IS NULL LIMIT :most;

-- :name account_set_name_key :rows
-- :in deployment_id deployment, user_id id, text name_key
-- 0 rows when somebody gave them another name meanwhile, and with it a key.
UPDATE account SET name_key = :name_key WHERE deployment_id = :deployment AND id = :id AND name_key IS NULL;

-- :name account_set_username :rows
-- :in deployment_id deployment, user_id id, text username, key username_key, time now
-- 0 rows when somebody else has it.
UPDATE account SET username = :username, username_key = :username_key, updated_at = :now
 WHERE deployment_id = :deployment AND id = :id
   AND NOT EXISTS (SELECT 1 FROM account o WHERE o.deployment_id = :deployment AND o.username_key = :username_key AND o.id <> :id);

-- :name account_set_second_factor_policy :rows
-- :in deployment_id deployment, user_id id, text policy, time now
UPDATE account SET second_factor_policy = :policy, updated_at = :now
 WHERE deployment_id = :deployment AND id = :id;

-- :name account_set_image :rows
-- :in deployment_id deployment, user_id id, text image_url, time now
UPDATE account SET image_url = :image_url, updated_at = :now
 WHERE deployment_id = :deployment AND id = :id;

-- :name account_set_password_record :rows
-- :in deployment_id deployment, user_id id, text old_record, text new_record
-- The same password, hashed again with today's parameters; only if it was not changed meanwhile.
UPDATE account SET password_record = :new_record
 WHERE deployment_id = :deployment AND id = :id AND password_record = :old_record;

-- :name account_disable :rows
-- :in deployment_id deployment, user_id id, time now
UPDATE account SET disabled_at = :now, updated_at = :now
 WHERE deployment_id = :deployment AND id = :id AND disabled_at IS NULL;

-- :name account_enable :rows
-- :in deployment_id deployment, user_id id, time now
UPDATE account SET disabled_at = NULL, updated_at = :now
 WHERE deployment_id = :deployment AND id = :id AND disabled_at IS NOT NULL;

-- :name account_uncount_orgs :rows
-- :in deployment_id deployment, user_id id
UPDATE organization SET member_count = member_count - 1
 WHERE deployment_id = :deployment
   AND id IN (SELECT m.org_id FROM orgmem m WHERE m.deployment_id = :deployment AND m.user_id = :id);

-- :name account_uncount_workspaces :rows
-- :in deployment_id deployment, user_id id
UPDATE workspace SET member_count = member_count - 1
 WHERE deployment_id = :deployment
   AND id IN (SELECT m.workspace_id FROM wsmem m WHERE m.deployment_id = :deployment AND m.user_id = :id);

-- :name account_delete :rows
-- :in deployment_id deployment, user_id id
-- Takes all that is theirs along, memberships too: org/member_count.h is told before.
DELETE FROM account WHERE deployment_id = :deployment AND id = :id;

-- :name account_list :many
-- :in deployment_id deployment, int after, int most
-- :out user_id id, text first_name, text last_name, text username, text email, time disabled_at, time created_at
-- In order of id, after the one given: the cursor of the command line and the Backend API.
SELECT a.id, a.first_name, a.last_name, a.username, e.email, a.disabled_at, a.created_at
  FROM account a
  LEFT JOIN email_address e ON e.deployment_id = a.deployment_id AND e.id = a.primary_email_id
 WHERE a.deployment_id = :deployment AND a.id > :after
 ORDER BY a.id LIMIT :most;

-- :name contact_by_email :one contact_owner
-- :in deployment_id deployment, key email_key
-- :out user_id user, int contact, text value, text dial_code, time verified_at, bool claimed, bool has_password, time password_changed_at
-- Whose address it is. `claimed`: something of this account has been verified.
SELECT c.user_id, c.id, c.email, '', c.verified_at,
       CASE WHEN EXISTS (SELECT 1 FROM email_address v WHERE v.deployment_id = c.deployment_id AND v.user_id = c.user_id AND v.verified_at IS NOT NULL)
              OR EXISTS (SELECT 1 FROM phone_number w WHERE w.deployment_id = c.deployment_id AND w.user_id = c.user_id AND w.verified_at IS NOT NULL)
            THEN 1 ELSE 0 END,
       CASE WHEN a.password_record = '' THEN 0 ELSE 1 END, a.password_changed_at
  FROM email_address c
  JOIN account a ON a.deployment_id = c.deployment_id AND a.id = c.user_id
 WHERE c.deployment_id = :deployment AND c.email_key = :email_key;

-- :name contact_by_email_id :one contact_owner
-- :in deployment_id deployment, int id
-- :out user_id user, int contact, text value, text dial_code, time verified_at, bool claimed, bool has_password, time password_changed_at
SELECT c.user_id, c.id, c.email, '', c.verified_at,
       CASE WHEN EXISTS (SELECT 1 FROM email_address v WHERE v.deployment_id = c.deployment_id AND v.user_id = c.user_id AND v.verified_at IS NOT NULL)
              OR EXISTS (SELECT 1 FROM phone_number w WHERE w.deployment_id = c.deployment_id AND w.user_id = c.user_id AND w.verified_at IS NOT NULL)
            THEN 1 ELSE 0 END,
       CASE WHEN a.password_record = '' THEN 0 ELSE 1 END, a.password_changed_at
  FROM email_address c
  JOIN account a ON a.deployment_id = c.deployment_id AND a.id = c.user_id
 WHERE c.deployment_id = :deployment AND c.id = :id;

-- :name contact_by_phone_id :one contact_owner
-- :in deployment_id deployment, int id
-- :out user_id user, int contact, text value, text dial_code, time verified_at, bool claimed, bool has_password, time password_changed_at
SELECT c.user_id, c.id, c.phone_number, c.dial_code, c.verified_at,
       CASE WHEN EXISTS (SELECT 1 FROM email_address v WHERE v.deployment_id = c.deployment_id AND v.user_id = c.user_id AND v.verified_at IS NOT NULL)
              OR EXISTS (SELECT 1 FROM phone_number w WHERE w.deployment_id = c.deployment_id AND w.user_id = c.user_id AND w.verified_at IS NOT NULL)
            THEN 1 ELSE 0 END,
       CASE WHEN a.password_record = '' THEN 0 ELSE 1 END, a.password_changed_at
  FROM phone_number c
  JOIN account a ON a.deployment_id = c.deployment_id AND a.id = c.user_id
 WHERE c.deployment_id = :deployment AND c.id = :id;

-- :name contacts_by_phone :many contact_owner
-- :in deployment_id deployment, text digits, text phone_key
-- :out user_id user, int contact, text value, text dial_code, time verified_at, bool claimed, bool has_password, time password_changed_at
-- Clients send national digits, or the dial code and them, or both apart.
SELECT c.user_id, c.id, c.phone_number, c.dial_code, c.verified_at,
       CASE WHEN EXISTS (SELECT 1 FROM email_address v WHERE v.deployment_id = c.deployment_id AND v.user_id = c.user_id AND v.verified_at IS NOT NULL)
              OR EXISTS (SELECT 1 FROM phone_number w WHERE w.deployment_id = c.deployment_id AND w.user_id = c.user_id AND w.verified_at IS NOT NULL)
            THEN 1 ELSE 0 END,
       CASE WHEN a.password_record = '' THEN 0 ELSE 1 END, a.password_changed_at
  FROM phone_number c
  JOIN account a ON a.deployment_id = c.deployment_id AND a.id = c.user_id
 WHERE c.deployment_id = :deployment AND (c.phone_number = :digits OR c.phone_key = :phone_key)
 ORDER BY c.id;

-- :name email_mark_proved :rows
-- :in deployment_id deployment, int id, user_id user, time now
UPDATE email_address SET verified_at = :now, verification_strategy = 'otp', updated_at = :now
 WHERE deployment_id = :deployment AND id = :id AND user_id = :user AND verified_at IS NULL;

-- :name phone_mark_proved :rows
-- :in deployment_id deployment, int id, user_id user, time now
UPDATE phone_number SET verified_at = :now, updated_at = :now
 WHERE deployment_id = :deployment AND id = :id AND user_id = :user AND verified_at IS NULL;

-- :name account_reset_password :rows
-- :in deployment_id deployment, user_id id, text record, time now
UPDATE account SET password_record = :record, password_changed_at = :now, password_standing = 0, password_until = NULL,
       updated_at = :now
 WHERE deployment_id = :deployment AND id = :id;

-- :name account_lend_password :rows
-- :in deployment_id deployment, user_id id, text record, time until, time now
-- By an operator: for one sign-in until then, in which another has to be chosen.
UPDATE account SET password_record = :record, password_changed_at = :now, password_standing = 1, password_until = :until,
       updated_at = :now
 WHERE deployment_id = :deployment AND id = :id;

-- :name account_spend_password :rows
-- :in deployment_id deployment, user_id id, text record, time now
-- The one use of a lent one: 0 rows when it has had it, is past its time, or is another by now.
UPDATE account SET password_standing = 2
 WHERE deployment_id = :deployment AND id = :id AND password_record = :record AND password_standing = 1 AND password_until > :now;

-- :name account_expose_password :rows
-- :in deployment_id deployment, user_id id, time now
-- Others may know it: 0 rows when there is none of its owner's.
UPDATE account SET password_standing = 3, password_changed_at = :now, updated_at = :now
 WHERE deployment_id = :deployment AND id = :id AND password_record <> '' AND password_standing IN (0, 3);

-- :name account_disown :rows
-- :in deployment_id deployment, user_id id, time now
-- Everything that somebody could get in with who never proved an address.
UPDATE account SET password_record = '', password_changed_at = :now, password_standing = 0, password_until = NULL, authenticator_id = NULL, authenticator_at = NULL,
       backup_codes_at = NULL, n_passkeys = 0, updated_at = :now
 WHERE deployment_id = :deployment AND id = :id;

-- :name passkey_disown :rows
-- :in deployment_id deployment, user_id user
DELETE FROM passkey WHERE deployment_id = :deployment AND user_id = :user;

-- :name account_set_primary_phone :rows
-- :in deployment_id deployment, user_id id, phone_id phone, time now
UPDATE account SET primary_phone_id = :phone, updated_at = :now
 WHERE deployment_id = :deployment AND id = :id AND primary_phone_id IS NULL;

-- :name throttle_take :rows
-- :in deployment_id deployment, bytes bucket, time now, time window_before, int most, time expires_at
-- Reserve one try: 0 rows when the window's tries are used up.
INSERT INTO throttle (deployment_id, bucket, window_at, used, expires_at)
VALUES (:deployment, :bucket, :now, 1, :expires_at)
ON CONFLICT (deployment_id, bucket) DO UPDATE SET
       window_at = CASE WHEN throttle.window_at <= :window_before THEN :now ELSE throttle.window_at END,
       expires_at = CASE WHEN throttle.window_at <= :window_before THEN :expires_at ELSE throttle.expires_at END,
       used = CASE WHEN throttle.window_at <= :window_before THEN 1 ELSE throttle.used + 1 END
 WHERE throttle.window_at <= :window_before OR throttle.used < :most;

-- :name throttle_give_back :rows
-- :in deployment_id deployment, bytes bucket
-- A try that succeeded does not count.
UPDATE throttle SET used = used - 1 WHERE deployment_id = :deployment AND bucket = :bucket AND used > 0;

-- :name throttle_clear :rows
-- :in deployment_id deployment, bytes bucket
DELETE FROM throttle WHERE deployment_id = :deployment AND bucket = :bucket;

-- :name throttle_find :one
-- :in deployment_id deployment, bytes bucket
-- :out time window_at, int used
SELECT window_at, used FROM throttle WHERE deployment_id = :deployment AND bucket = :bucket;

-- :name throttle_expired_delete :rows
-- :any-deployment the sweep serves every deployment in small steps
-- :in time now, int most
-- By rowid in SQLite, which finds no index for a pair that holds bytes.
DELETE FROM throttle WHERE rowid IN (SELECT x.rowid FROM throttle x WHERE x.expires_at <= :now LIMIT :most);
-- :pg
DELETE FROM throttle WHERE (deployment_id, bucket) IN
 (SELECT x.deployment_id, x.bucket FROM throttle x WHERE x.expires_at <= :now LIMIT :most);

-- :name challenge_redeem :rows
-- :in deployment_id deployment, bytes challenge_hash, bytes proof_hash, time expires_at
-- One challenge, one redemption: 0 rows for every one after the first.
INSERT INTO challenge (deployment_id, challenge_hash, proof_hash, uses, expires_at)
VALUES (:deployment, :challenge_hash, :proof_hash, 0, :expires_at)
ON CONFLICT DO NOTHING;

-- :name challenge_use :rows
-- :in deployment_id deployment, bytes proof_hash, time now, int most
-- 0 rows when the proof is unknown, expired or used up.
UPDATE challenge SET uses = uses + 1
 WHERE deployment_id = :deployment AND proof_hash = :proof_hash AND expires_at > :now AND uses < :most;

-- :name challenge_expired_delete :rows
-- :any-deployment the sweep serves every deployment in small steps
-- :in time now, int most
-- By rowid in SQLite, which finds no index for a pair that holds bytes.
DELETE FROM challenge WHERE rowid IN (SELECT c.rowid FROM challenge c WHERE c.expires_at <= :now LIMIT :most);
-- :pg
DELETE FROM challenge WHERE (deployment_id, challenge_hash) IN
 (SELECT c.deployment_id, c.challenge_hash FROM challenge c WHERE c.expires_at <= :now LIMIT :most);

-- :name audit_insert :exec
-- :in deployment_id deployment, audit_id id, time now, text event, text actor, user_id user, session_id session, text ip_address, json detail
INSERT INTO audit (deployment_id, id, at, event, actor, user_id, session_id, ip_address, detail)
VALUES (:deployment, :id, :now, :event, :actor, :user, :session, :ip_address, :detail);

-- :name fact_find :one
-- :any-deployment a fact is about the whole database
-- :in text name
-- :out bytes value
SELECT value FROM fact WHERE name = :name;

-- :name fact_insert :rows
-- :any-deployment a fact is about the whole database
-- :in text name, bytes value
INSERT INTO fact (name, value) VALUES (:name, :value) ON CONFLICT DO NOTHING;

-- :name fact_replace :rows
-- :any-deployment a fact is about the whole database
-- :in text name, bytes value, bytes before
-- 0 rows when it is another one by now.
UPDATE fact SET value = :value WHERE name = :name AND value = :before;

-- :name fact_put :exec
-- :any-deployment a fact is about the whole database
-- :in text name, bytes value
INSERT INTO fact (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = :value;

-- :name fact_delete :rows
-- :any-deployment a fact is about the whole database
-- :in text name
DELETE FROM fact WHERE name = :name;

-- :name facts_between :many
-- :any-deployment a fact is about the whole database
-- :in text from, text until
-- :out text name, bytes value
-- Those whose names begin alike: from "x:" until "x;".
SELECT name, value FROM fact WHERE name >= :from AND name < :until ORDER BY name LIMIT 1000;

-- :name account_lock :rows
-- :in deployment_id deployment, user_id id
-- Whatever counts what belongs to an account takes this lock first, so that parallel counts do not both find room.
UPDATE account SET updated_at = updated_at WHERE deployment_id = :deployment AND id = :id AND disabled_at IS NULL;
