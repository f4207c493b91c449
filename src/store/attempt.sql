-- attempt.sql: sign-in and sign-up attempts.

-- :name signin_attempt_insert :exec
-- :in deployment_id deployment, signin_attempt_id id, session_id session, user_id user, text email, text method, text steps, bool first_done, bool completed, time now, time expires_at
INSERT INTO signin_attempt (deployment_id, id, session_id, user_id, email, method, steps, first_done, second_required,
       second_done, completed, missing_fields, failures, created_at, updated_at, expires_at)
VALUES (:deployment, :id, :session, :user, :email, :method, :steps, :first_done, 0, 0, :completed, '', 0, :now, :now, :expires_at);

-- :name signin_attempts_live :many signin_attempt_row
-- :in deployment_id deployment, session_id session, time now, signin_attempt_id told
-- :out signin_attempt_id id, user_id user, text email, text method, text steps, bool first_done, bool second_required, bool second_done, bool completed, text missing_fields, time created_at, time updated_at, time expires_at
-- Incomplete and unexpired, oldest first, and the one that this answer is about.
SELECT id, user_id, email, method, steps, first_done, second_required, second_done, completed, missing_fields,
       created_at, updated_at, expires_at
  FROM signin_attempt
 WHERE deployment_id = :deployment AND session_id = :session
   AND ((completed = 0 AND expires_at > :now) OR id = :told)
 ORDER BY id;

-- :name signup_attempt_insert :exec
-- :in deployment_id deployment, signup_attempt_id id, session_id session, user_id user, text first_name, text last_name, text email, text username, text phone_number, text dial_code, text password_record, text required_fields, text steps, bool completed, time now, time expires_at
INSERT INTO signup_attempt (deployment_id, id, session_id, user_id, first_name, last_name, email, username, phone_number,
       dial_code, password_record, required_fields, steps, completed, created_at, updated_at, expires_at)
VALUES (:deployment, :id, :session, :user, :first_name, :last_name, :email, :username, :phone_number,
       :dial_code, :password_record, :required_fields, :steps, :completed, :now, :now, :expires_at);

-- :name signup_attempts_live :many signup_attempt_row
-- :in deployment_id deployment, session_id session, time now, signup_attempt_id told
-- :out signup_attempt_id id, text first_name, text last_name, text email, text username, text phone_number, text dial_code, text required_fields, text steps, bool completed, time created_at, time updated_at, time expires_at
-- Incomplete and unexpired, oldest first, and the one that this answer is about.
SELECT id, first_name, last_name, email, username, phone_number, dial_code, required_fields, steps, completed,
       created_at, updated_at, expires_at
  FROM signup_attempt
 WHERE deployment_id = :deployment AND session_id = :session
   AND ((completed = 0 AND expires_at > :now) OR id = :told)
 ORDER BY id;

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
