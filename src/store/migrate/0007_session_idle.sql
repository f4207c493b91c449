-- 0007_session_idle.sql: idle sessions are found within their deployment.
--
-- The sweep asks deployment by deployment. By time alone it walked past the idle sessions of
-- all deployments that let sessions idle for longer.
DROP INDEX session_idle;
CREATE INDEX session_idle ON session (deployment_id, last_active_at);
