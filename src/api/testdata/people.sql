-- people.sql: John (1) and Mira (2) in deployment 1, Ada (3) in deployment 2, each signed in; for SQLite only.

WITH p (d, u, name) AS (VALUES (1, 1, 'john'), (1, 2, 'mira'), (2, 3, 'ada'))
INSERT INTO account (deployment_id, id, first_name, last_name, username, username_key, image_url, availability,
       password_record, password_changed_at, second_factor_policy, primary_email_id, primary_phone_id, last_orgmem_id,
       last_wsmem_id, public_metadata, disabled_at, created_at, updated_at)
SELECT d, u, name, 'Doe', name, name, '', 'away', '', NULL, 'none', 10 + u, NULL, NULL, NULL, '{}', NULL, 1, 1 FROM p;

-- John has two more addresses; the last is not verified.
WITH p (d, u) AS (VALUES (1, 1), (1, 2), (2, 3))
INSERT INTO email_address SELECT d, 10 + u, u, u || '@x.example', u || '@x.example', 1, 'otp', 1, 1 FROM p;
INSERT INTO email_address VALUES (1, 21, 1, 'john@y.example', 'john@y.example', 1, 'otp', 1, 1),
       (1, 31, 1, 'john@z.example', 'john@z.example', NULL, 'otp', 1, 1);

-- The session of user n is 100 + n, the sign-in in it 1000 + n. They end in 2096.
WITH p (d, u) AS (VALUES (1, 1), (1, 2), (2, 3))
INSERT INTO session SELECT d, 100 + u, 1000 + u, 1, 1, 4000000000000000, 4000000000000000 FROM p;
WITH p (d, u) AS (VALUES (1, 1), (1, 2), (2, 3))
INSERT INTO signin (deployment_id, id, session_id, user_id, method, orgmem_id, wsmem_id, ip_address, user_agent,
       browser, device, city, region, region_code, country, country_code, created_at, updated_at, last_active_at, expires_at)
SELECT d, 1000 + u, 100 + u, u, 'plain_email', NULL, NULL, '', '', '', '', '', '', '', '', '', 1, 1, 1, 4000000000000000
  FROM p;

-- What creators become.
INSERT INTO orgrole VALUES (1, 51, NULL, 'Admin', 'admin', 'organization:admin', 1, 1),
       (2, 51, NULL, 'Admin', 'admin', 'organization:admin', 1, 1);
INSERT INTO wsrole VALUES (1, 61, NULL, NULL, 'Admin', 'admin', 'workspace:admin workspace:member', 1, 1),
       (2, 61, NULL, NULL, 'Admin', 'admin', 'workspace:admin', 1, 1);
