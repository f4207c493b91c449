-- sealed.sql: every sealed value there is, for a master key that follows another. Each column that holds one has its
-- two statements here: what comes next after a row, and the same secret sealed anew, if nobody has changed it meanwhile.
-- Rows with nothing in it are read too: to skip them here could take one statement over millions.

-- :name sealed_signing_key_after :many
-- :in deployment_id deployment, text after, int most
-- :out text key, bytes sealed
SELECT kid, sealed_scalar FROM signing_key
 WHERE deployment_id = :deployment AND kid > :after ORDER BY kid LIMIT :most;

-- :name sealed_signing_key_again :rows
-- :in deployment_id deployment, text key, bytes before, bytes sealed
UPDATE signing_key SET sealed_scalar = :sealed WHERE deployment_id = :deployment AND kid = :key AND sealed_scalar = :before;

-- :name sealed_message_after :many
-- :in deployment_id deployment, int after, int most
-- :out message_id key, bytes sealed
SELECT id, sealed_content FROM message
 WHERE deployment_id = :deployment AND id > :after ORDER BY id LIMIT :most;

-- :name sealed_message_again :rows
-- :in deployment_id deployment, message_id key, bytes before, bytes sealed
UPDATE message SET sealed_content = :sealed WHERE deployment_id = :deployment AND id = :key AND sealed_content = :before;

-- :name sealed_deployment_secret_after :many
-- :in deployment_id deployment, text after, int most
-- :out text key, bytes sealed
SELECT name, sealed_value FROM deployment_secret
 WHERE deployment_id = :deployment AND name > :after ORDER BY name LIMIT :most;

-- :name sealed_deployment_secret_again :rows
-- :in deployment_id deployment, text key, bytes before, bytes sealed
UPDATE deployment_secret SET sealed_value = :sealed WHERE deployment_id = :deployment AND name = :key AND sealed_value = :before;

-- :name sealed_authenticator_after :many
-- :in deployment_id deployment, int after, int most
-- :out authenticator_id key, bytes sealed
SELECT id, sealed_secret FROM authenticator
 WHERE deployment_id = :deployment AND id > :after ORDER BY id LIMIT :most;

-- :name sealed_authenticator_again :rows
-- :in deployment_id deployment, authenticator_id key, bytes before, bytes sealed
UPDATE authenticator SET sealed_secret = :sealed WHERE deployment_id = :deployment AND id = :key AND sealed_secret = :before;

-- :name sealed_jwt_template_after :many
-- :in deployment_id deployment, text after, int most
-- :out text key, bytes sealed
SELECT name, sealed_key FROM jwt_template
 WHERE deployment_id = :deployment AND name > :after ORDER BY name LIMIT :most;

-- :name sealed_jwt_template_again :rows
-- :in deployment_id deployment, text key, bytes before, bytes sealed
UPDATE jwt_template SET sealed_key = :sealed WHERE deployment_id = :deployment AND name = :key AND sealed_key = :before;

-- :name sealed_hook_after :many
-- :in deployment_id deployment, int after, int most
-- :out hook_id key, bytes sealed
SELECT id, sealed_secret FROM hook
 WHERE deployment_id = :deployment AND id > :after ORDER BY id LIMIT :most;

-- :name sealed_hook_again :rows
-- :in deployment_id deployment, hook_id key, bytes before, bytes sealed
UPDATE hook SET sealed_secret = :sealed WHERE deployment_id = :deployment AND id = :key AND sealed_secret = :before;

-- :name sealed_hook_before_after :many
-- :in deployment_id deployment, int after, int most
-- :out hook_id key, bytes sealed
SELECT id, sealed_secret_before FROM hook
 WHERE deployment_id = :deployment AND id > :after ORDER BY id LIMIT :most;

-- :name sealed_hook_before_again :rows
-- :in deployment_id deployment, hook_id key, bytes before, bytes sealed
UPDATE hook SET sealed_secret_before = :sealed WHERE deployment_id = :deployment AND id = :key AND sealed_secret_before = :before;

-- :name sealed_idempotency_after :many
-- :in deployment_id deployment, bytes after, int most
-- :out bytes key, bytes sealed
SELECT key_hash, sealed_answer FROM idempotency
 WHERE deployment_id = :deployment AND key_hash > :after ORDER BY key_hash LIMIT :most;

-- :name sealed_idempotency_again :rows
-- :in deployment_id deployment, bytes key, bytes before, bytes sealed
UPDATE idempotency SET sealed_answer = :sealed WHERE deployment_id = :deployment AND key_hash = :key AND sealed_answer = :before;

-- :name spent_nonces_after :many
-- :in deployment_id deployment, bytes after, int aged, int current, time used_before, int most
-- :out bytes key, bytes nonce
-- Not sealed, but as good as a token with the master key that was: what the token that a session has now was made of,
-- once nobody is to be given that token again. No nonce: it is needed yet, or leads nowhere.
SELECT t.token_hash, CASE WHEN t.state = :aged AND n.state = :current AND n.first_used_at <= :used_before THEN t.nonce END
  FROM session_token t
  LEFT JOIN session_token n ON n.deployment_id = t.deployment_id AND n.token_hash = t.successor_hash
 WHERE t.deployment_id = :deployment AND t.token_hash > :after ORDER BY t.token_hash LIMIT :most;

-- :name spent_nonce_forget :rows
-- :in deployment_id deployment, bytes key, bytes before, bytes nonce
UPDATE session_token SET nonce = :nonce WHERE deployment_id = :deployment AND token_hash = :key AND nonce = :before;
