-- demo.sql: the people of `serve --demo`. Every insert may find its row there already.

-- :name demo_account_insert :rows
-- :in deployment_id deployment, user_id id, text first_name, text last_name, text name_key, text username, key username_key, text image_url, text password_record, email_id email, time created_at, time updated_at
INSERT INTO account (deployment_id, id, first_name, last_name, name_key, username, username_key, image_url, availability,
       password_record, password_changed_at, second_factor_policy, primary_email_id, public_metadata, created_at, updated_at)
VALUES (:deployment, :id, :first_name, :last_name, :name_key, :username, :username_key, :image_url, 'away',
       :password_record, :created_at, 'none', :email, '{}', :created_at, :updated_at)
ON CONFLICT DO NOTHING;

-- :name demo_org_insert :rows
-- :in deployment_id deployment, org_id id, text name, text slug, text image_url, user_id created_by, time created_at
INSERT INTO organization (deployment_id, id, name, slug, image_url, description, public_metadata, enforce_mfa,
       ip_restriction, ip_allowlist, created_by, created_at, updated_at)
VALUES (:deployment, :id, :name, :slug, :image_url, '', '{}', 0, 0, '', :created_by, :created_at, :created_at)
ON CONFLICT DO NOTHING;

-- :name demo_workspace_insert :rows
-- :in deployment_id deployment, workspace_id id, org_id org, text name, text slug, time created_at
INSERT INTO workspace (deployment_id, id, org_id, name, slug, image_url, description, public_metadata, enforce_2fa,
       ip_restriction, ip_allowlist, created_at, updated_at)
VALUES (:deployment, :id, :org, :name, :slug, '', '', '{}', 0, 0, '', :created_at, :created_at)
ON CONFLICT DO NOTHING;
