-- factor.sql: authenticators and backup codes.

-- :name second_factors_find :one
-- :in deployment_id deployment, user_id user
-- :out bool authenticator, bool phone, bool backup_code
-- What the user has enrolled; whether the deployment has it enabled is not asked here.
SELECT CASE WHEN a.authenticator_id IS NULL THEN 0 ELSE 1 END,
       CASE WHEN EXISTS (SELECT 1 FROM phone_number p
                          WHERE p.deployment_id = a.deployment_id AND p.user_id = a.id AND p.verified_at IS NOT NULL)
            THEN 1 ELSE 0 END,
       CASE WHEN EXISTS (SELECT 1 FROM backup_code b WHERE b.deployment_id = a.deployment_id AND b.user_id = a.id)
            THEN 1 ELSE 0 END
  FROM account a WHERE a.deployment_id = :deployment AND a.id = :user;

-- :name authenticator_of_user :one
-- :in deployment_id deployment, user_id user
-- :out authenticator_id id, bytes sealed_secret, int last_step
-- The verified one.
SELECT t.id, t.sealed_secret, t.last_step
  FROM account a
  JOIN authenticator t ON t.deployment_id = a.deployment_id AND t.id = a.authenticator_id
 WHERE a.deployment_id = :deployment AND a.id = :user AND t.user_id = a.id AND t.verified_at IS NOT NULL;

-- :name authenticator_use_step :rows
-- :in deployment_id deployment, authenticator_id id, int step
-- Burn a code and all before it: 0 rows when this or a later one has been used.
UPDATE authenticator SET last_step = :step
 WHERE deployment_id = :deployment AND id = :id AND verified_at IS NOT NULL AND last_step < :step;

-- :name backup_code_use :rows
-- :in deployment_id deployment, user_id user, bytes code_hash
-- One code, one use.
DELETE FROM backup_code WHERE deployment_id = :deployment AND user_id = :user AND code_hash = :code_hash;

-- :name account_backup_codes_spent :rows
-- :in deployment_id deployment, user_id user, time now
-- None is in force any more when the last one has been used.
UPDATE account SET backup_codes_at = NULL, updated_at = :now
 WHERE deployment_id = :deployment AND id = :user AND backup_codes_at IS NOT NULL
   AND NOT EXISTS (SELECT 1 FROM backup_code b WHERE b.deployment_id = :deployment AND b.user_id = :user);
