-- attempt.sql: sign-in and sign-up attempts.

-- :name signin_attempt_insert :exec
-- :in deployment_id deployment, signin_attempt_id id, session_id session, user_id user, int contact, text email, text method, text steps, bool first_done, bool second_required, bool completed, text missing_fields, text second_methods, json profile, time proved_at, time now, time expires_at
INSERT INTO signin_attempt (deployment_id, id, session_id, user_id, contact_id, email, method, steps, first_done, second_required,
       second_done, completed, missing_fields, second_methods, profile, failures, proved_at, created_at, updated_at, expires_at)
VALUES (:deployment, :id, :session, :user, NULLIF(:contact, 0), :email, :method, :steps, :first_done, :second_required,
       0, :completed, :missing_fields, :second_methods, :profile, 0, :proved_at, :now, :now, :expires_at);

-- :name signin_attempts_crowd_delete :rows
-- :in deployment_id deployment, session_id session, int keep
-- All but the newest so many of a session.
DELETE FROM signin_attempt
 WHERE deployment_id = :deployment AND session_id = :session
   AND id < (SELECT a.id FROM signin_attempt a WHERE a.deployment_id = :deployment AND a.session_id = :session
              ORDER BY a.id DESC LIMIT 1 OFFSET :keep - 1);

-- :name signup_attempts_crowd_delete :rows
-- :in deployment_id deployment, session_id session, int keep
DELETE FROM signup_attempt
 WHERE deployment_id = :deployment AND session_id = :session
   AND id < (SELECT a.id FROM signup_attempt a WHERE a.deployment_id = :deployment AND a.session_id = :session
              ORDER BY a.id DESC LIMIT 1 OFFSET :keep - 1);

-- :name signin_attempt_find :one signin_attempt_full
-- :in deployment_id deployment, signin_attempt_id id, time now, int most
-- :out signin_attempt_id id, session_id session, user_id user, int contact, text email, text method, text steps, bool first_done, bool second_required, bool second_done, int failures, time proved_at, time created_at
-- Only one that can still go on.
SELECT id, session_id, user_id, contact_id, email, method, steps, first_done, second_required, second_done, failures, proved_at, created_at
  FROM signin_attempt
 WHERE deployment_id = :deployment AND id = :id AND completed = 0 AND expires_at > :now AND failures <= :most;

-- :name signin_attempt_advance :rows
-- :in deployment_id deployment, signin_attempt_id id, text was, session_id session, text steps, bool second_required, bool second_done, bool completed, text missing_fields, text second_methods, json profile, time now
-- One step, passed once: 0 rows when the attempt has gone on, or expired.
UPDATE signin_attempt SET session_id = :session, steps = :steps, first_done = 1, second_required = :second_required,
       second_done = :second_done, completed = :completed, missing_fields = :missing_fields, second_methods = :second_methods,
       profile = :profile, failures = 0, proved_at = :now, updated_at = :now
 WHERE deployment_id = :deployment AND id = :id AND steps = :was AND completed = 0 AND expires_at > :now;

-- :name signin_attempt_guess :rows
-- :in deployment_id deployment, signin_attempt_id id, session_id session, time now, int most
-- Reserve one guess: 0 rows when there are none left, or nothing is to be guessed.
UPDATE signin_attempt SET failures = failures + 1, updated_at = :now
 WHERE deployment_id = :deployment AND id = :id AND session_id = :session AND completed = 0 AND expires_at > :now
   AND failures < :most;

-- :name signin_attempt_guess_back :rows
-- :in deployment_id deployment, signin_attempt_id id
UPDATE signin_attempt SET failures = failures - 1
 WHERE deployment_id = :deployment AND id = :id AND failures > 0;

-- :name signin_attempts_live :many signin_attempt_row
-- :in deployment_id deployment, session_id session, time now, signin_attempt_id told, int most
-- :out signin_attempt_id id, user_id user, text email, text method, text steps, bool first_done, bool second_required, bool second_done, bool completed, text missing_fields, text second_methods, json profile, time created_at, time updated_at, time expires_at
-- Incomplete, unexpired and with guesses left, oldest first, and the one that this answer is about.
SELECT id, user_id, email, method, steps, first_done, second_required, second_done, completed, missing_fields,
       second_methods, profile, created_at, updated_at, expires_at
  FROM signin_attempt
 WHERE deployment_id = :deployment AND session_id = :session
   AND ((completed = 0 AND expires_at > :now AND failures < :most) OR id = :told)
 ORDER BY CASE WHEN id = :told THEN 1 ELSE 0 END, id;

-- :name signup_attempt_insert :exec
-- :in deployment_id deployment, signup_attempt_id id, session_id session, user_id user, text first_name, text last_name, text email, text username, text phone_number, text dial_code, text password_record, text required_fields, text steps, bool completed, time email_verified_at, invitation_id invitation, time now, time expires_at
INSERT INTO signup_attempt (deployment_id, id, session_id, user_id, first_name, last_name, email, username, phone_number,
       dial_code, password_record, required_fields, steps, completed, email_verified_at, invitation_id, created_at, updated_at,
       expires_at)
VALUES (:deployment, :id, :session, :user, :first_name, :last_name, :email, :username, :phone_number,
       :dial_code, :password_record, :required_fields, :steps, :completed, :email_verified_at, :invitation, :now, :now,
       :expires_at);

-- :name signup_attempt_find :one signup_attempt_full
-- :in deployment_id deployment, signup_attempt_id id, session_id session, time now, int most
-- :out signup_attempt_id id, text first_name, text last_name, text email, text username, text phone_number, text dial_code, text password_record, text steps, time email_verified_at, time phone_verified_at, invitation_id invitation, int failures
-- Only one that can still go on.
SELECT id, first_name, last_name, email, username, phone_number, dial_code, password_record, steps, email_verified_at,
       phone_verified_at, invitation_id, failures
  FROM signup_attempt
 WHERE deployment_id = :deployment AND id = :id AND session_id = :session AND completed = 0 AND expires_at > :now
   AND failures <= :most;

-- :name signup_attempt_advance :rows
-- :in deployment_id deployment, signup_attempt_id id, text was, text steps, time email_verified_at, time phone_verified_at, time now
UPDATE signup_attempt SET steps = :steps, email_verified_at = :email_verified_at, phone_verified_at = :phone_verified_at,
       failures = 0, updated_at = :now
 WHERE deployment_id = :deployment AND id = :id AND steps = :was AND completed = 0 AND expires_at > :now;

-- :name signup_attempt_complete :rows
-- :in deployment_id deployment, signup_attempt_id id, text was, user_id user, time now
-- The password's record is the account's from here on, and nobody else's.
UPDATE signup_attempt SET steps = '', completed = 1, user_id = :user, password_record = '', updated_at = :now
 WHERE deployment_id = :deployment AND id = :id AND steps = :was AND completed = 0 AND expires_at > :now;

-- :name signup_attempt_guess :rows
-- :in deployment_id deployment, signup_attempt_id id, session_id session, time now, int most
UPDATE signup_attempt SET failures = failures + 1, updated_at = :now
 WHERE deployment_id = :deployment AND id = :id AND session_id = :session AND completed = 0 AND expires_at > :now
   AND failures < :most;

-- :name signup_attempts_live :many signup_attempt_row
-- :in deployment_id deployment, session_id session, time now, signup_attempt_id told, int most
-- :out signup_attempt_id id, text first_name, text last_name, text email, text username, text phone_number, text dial_code, text required_fields, text steps, bool completed, time created_at, time updated_at, time expires_at
-- Incomplete, unexpired and with guesses left, oldest first, and the one that this answer is about.
SELECT id, first_name, last_name, email, username, phone_number, dial_code, required_fields, steps, completed,
       created_at, updated_at, expires_at
  FROM signup_attempt
 WHERE deployment_id = :deployment AND session_id = :session
   AND ((completed = 0 AND expires_at > :now AND failures < :most) OR id = :told)
 ORDER BY CASE WHEN id = :told THEN 1 ELSE 0 END, id;

-- :name signin_attempt_expired_delete :rows
-- :any-deployment the sweep serves every deployment in small steps
-- :in time now, int most
DELETE FROM signin_attempt WHERE (deployment_id, id) IN
 (SELECT a.deployment_id, a.id FROM signin_attempt a WHERE a.expires_at <= :now LIMIT :most);

-- :name signup_attempt_expired_delete :rows
-- :any-deployment the sweep serves every deployment in small steps
-- :in time now, int most
DELETE FROM signup_attempt WHERE (deployment_id, id) IN
 (SELECT a.deployment_id, a.id FROM signup_attempt a WHERE a.expires_at <= :now LIMIT :most);
