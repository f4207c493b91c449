-- audit.sql: the audit events' chain. The event itself is inserted by audit_insert in account.sql.

-- :name audit_unchained_deployments :many
-- :any-deployment the background chains the events of every deployment
-- :in int most
-- :out deployment_id deployment
-- The index holds only what has no place yet; SQLite would rather step through all that has one.
SELECT DISTINCT deployment_id FROM audit INDEXED BY audit_unchained WHERE seq IS NULL LIMIT :most;
-- :pg
SELECT DISTINCT deployment_id FROM audit WHERE seq IS NULL LIMIT :most;

-- :name audit_unchained :many audit_row
-- :in deployment_id deployment, int most
-- :out audit_id id, time at, text event, text actor, user_id user, session_id session, text ip_address, json detail, int seq, bytes chain_mac
-- In order of id: the order in which they are chained.
SELECT id, at, event, actor, user_id, session_id, ip_address, detail, seq, chain_mac
  FROM audit WHERE deployment_id = :deployment AND seq IS NULL ORDER BY id LIMIT :most;

-- :name audit_chained :many audit_row
-- :in deployment_id deployment, int after, int most
-- :out audit_id id, time at, text event, text actor, user_id user, session_id session, text ip_address, json detail, int seq, bytes chain_mac
SELECT id, at, event, actor, user_id, session_id, ip_address, detail, seq, chain_mac
  FROM audit WHERE deployment_id = :deployment AND seq > :after ORDER BY seq LIMIT :most;

-- :name audit_chain :rows
-- :in deployment_id deployment, audit_id id, int seq, bytes chain_mac
UPDATE audit SET seq = :seq, chain_mac = :chain_mac WHERE deployment_id = :deployment AND id = :id AND seq IS NULL;

-- :name audit_head_insert :rows
-- :in deployment_id deployment, bytes chain_mac
INSERT INTO audit_head (deployment_id, seq, chain_mac) VALUES (:deployment, 0, :chain_mac) ON CONFLICT DO NOTHING;

-- :name audit_head_find :one
-- :in deployment_id deployment
-- :out int seq, bytes chain_mac
SELECT seq, chain_mac FROM audit_head WHERE deployment_id = :deployment;

-- :name audit_head_move :rows
-- :in deployment_id deployment, int from_seq, int seq, bytes chain_mac
-- 0 rows: another node was faster.
UPDATE audit_head SET seq = :seq, chain_mac = :chain_mac WHERE deployment_id = :deployment AND seq = :from_seq;

-- :name audit_of_session_lately :many
-- :in deployment_id deployment, audit_id before, int most, session_id session
-- :out text event, user_id user, time at
-- What happened to a session among the deployment's last events, the newest first: there is no index by session.
WITH cut_page AS (SELECT id, event, user_id, session_id, at FROM audit
                   WHERE deployment_id = :deployment AND id < :before ORDER BY id DESC LIMIT :most)
SELECT event, user_id, at FROM cut_page WHERE session_id = :session ORDER BY id DESC;

-- :name audit_of_user_lately :many
-- :in deployment_id deployment, user_id user, audit_id before, int most
-- :out text event, session_id session, time at
SELECT event, session_id, at FROM audit
 WHERE deployment_id = :deployment AND user_id = :user AND id < :before ORDER BY id DESC LIMIT :most;
