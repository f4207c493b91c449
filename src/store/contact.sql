-- contact.sql: the addresses and numbers that people add to their accounts. docs/decisions/contacts.md.
--
-- What is added has its own wire id for a key until it is verified: that is no address and no number,
-- so it stands in nobody's way, and nobody signs in with it.

-- :name email_holder :one contact_holder
-- :in deployment_id deployment, key email_key
-- :out user_id user, int id, time verified_at
SELECT e.user_id, e.id, e.verified_at
  FROM email_address e WHERE e.deployment_id = :deployment AND e.email_key = :email_key;

-- :name phone_holder :one contact_holder
-- :in deployment_id deployment, key phone_key
-- :out user_id user, int id, time verified_at
SELECT p.user_id, p.id, p.verified_at
  FROM phone_number p WHERE p.deployment_id = :deployment AND p.phone_key = :phone_key;

-- :name email_release :rows
-- :in deployment_id deployment, int id
-- 0 rows when its holder has verified it meanwhile.
DELETE FROM email_address WHERE deployment_id = :deployment AND id = :id AND verified_at IS NULL;

-- :name phone_release :rows
-- :in deployment_id deployment, int id
DELETE FROM phone_number WHERE deployment_id = :deployment AND id = :id AND verified_at IS NULL;

-- :name email_verify :rows
-- :in deployment_id deployment, user_id user, int id, key email_key, time now
-- 0 rows when it was verified already.
UPDATE email_address SET email_key = :email_key, verified_at = :now, updated_at = :now
 WHERE deployment_id = :deployment AND id = :id AND user_id = :user AND verified_at IS NULL;

-- :name phone_verify :rows
-- :in deployment_id deployment, user_id user, int id, key phone_key, time now
UPDATE phone_number SET phone_key = :phone_key, verified_at = :now, updated_at = :now
 WHERE deployment_id = :deployment AND id = :id AND user_id = :user AND verified_at IS NULL;

-- :name email_delete :rows
-- :in deployment_id deployment, user_id user, int id
DELETE FROM email_address WHERE deployment_id = :deployment AND id = :id AND user_id = :user;

-- :name phone_delete :rows
-- :in deployment_id deployment, user_id user, int id
DELETE FROM phone_number WHERE deployment_id = :deployment AND id = :id AND user_id = :user;

-- :name account_clear_primary_email :rows
-- :in deployment_id deployment, user_id user, int email, time now
UPDATE account SET primary_email_id = NULL, updated_at = :now
 WHERE deployment_id = :deployment AND id = :user AND primary_email_id = :email;

-- :name account_clear_primary_phone :rows
-- :in deployment_id deployment, user_id user, int phone, time now
UPDATE account SET primary_phone_id = NULL, updated_at = :now
 WHERE deployment_id = :deployment AND id = :user AND primary_phone_id = :phone;

-- :name account_set_password :rows
-- :in deployment_id deployment, user_id id, text old_record, text new_record, time now
-- Another password, the first one, or none any more (''); 0 rows when somebody else was faster.
UPDATE account SET password_record = :new_record, password_changed_at = :now, password_standing = 0, password_until = NULL,
       updated_at = :now
 WHERE deployment_id = :deployment AND id = :id AND password_record = :old_record;

-- :name user_orgs :many
-- :in deployment_id deployment, user_id user
-- :out org_id id
-- The organizations that a user is in, in an order that is everybody's: they are locked in it.
SELECT m.org_id FROM orgmem m WHERE m.deployment_id = :deployment AND m.user_id = :user ORDER BY m.org_id;

-- :name user_admin_orgs :many
-- :in deployment_id deployment, user_id user
-- :out org_id id, text name
-- Those that the user administers.
SELECT o.id, o.name
  FROM orgmem m
  JOIN organization o ON o.deployment_id = m.deployment_id AND o.id = m.org_id
 WHERE m.deployment_id = :deployment AND m.user_id = :user
   AND EXISTS (SELECT 1 FROM orgmem_role x
                 JOIN orgrole r ON r.deployment_id = x.deployment_id AND r.id = x.role_id
                WHERE x.deployment_id = :deployment AND x.orgmem_id = m.id
                  AND ' ' || r.permissions || ' ' LIKE '% organization:admin %')
 ORDER BY o.id;
