-- 0001_first.sql: deployments, people, sessions, organizations.
--
-- Column types are the small vocabulary of docs/decisions/types-and-statements.md:
-- ID INT TIME BOOL TEXT JSON BYTES SEQ. Every table begins with deployment_id, and
-- every key does: a row of another deployment is the same as no row. Times are
-- microseconds UTC. A `…_key` column is the canonical form of the name beside it.

CREATE TABLE deployment (
	deployment_id      ID   NOT NULL,
	project_id         ID   NOT NULL,
	name               TEXT NOT NULL,
	mode               TEXT NOT NULL,              -- production | staging
	backend_host       TEXT NOT NULL,              -- lower case, port included when not the scheme's own
	frontend_host      TEXT NOT NULL,
	base_url           TEXT NOT NULL,              -- origin in the publishable key and the JWT's iss
	settings           JSON NOT NULL,              -- what differs from the defaults: {"key": value}
	is_demo            BOOL NOT NULL,              -- served only by a process started with --demo
	default_orgrole_creator_id ID NOT NULL,
	default_orgrole_member_id  ID NOT NULL,
	default_wsrole_creator_id  ID NOT NULL,
	default_wsrole_member_id   ID NOT NULL,
	created_at         TIME NOT NULL,
	updated_at         TIME NOT NULL,
	deleted_at         TIME,
	PRIMARY KEY (deployment_id)
);
CREATE UNIQUE INDEX deployment_host ON deployment (backend_host);

-- Signing keys of session JWTs; the private scalar is sealed.
CREATE TABLE signing_key (
	deployment_id  ID    NOT NULL,
	kid            TEXT  NOT NULL,
	sealed_scalar  BYTES NOT NULL,
	is_current     BOOL  NOT NULL,
	created_at     TIME  NOT NULL,
	retired_at     TIME,
	PRIMARY KEY (deployment_id, kid)
);

-- Backend API keys: sk_live_…, sk_test_…; only their hash is here.
CREATE TABLE secret_key (
	deployment_id  ID    NOT NULL,
	key_hash       BYTES NOT NULL,
	prefix         TEXT  NOT NULL,                 -- the first characters, to tell keys apart
	created_at     TIME  NOT NULL,
	last_used_at   TIME,
	revoked_at     TIME,
	PRIMARY KEY (deployment_id, key_hash)
);

CREATE TABLE account (
	deployment_id        ID    NOT NULL,
	id                   ID    NOT NULL,
	first_name           TEXT  NOT NULL,
	last_name            TEXT  NOT NULL,
	username             TEXT  NOT NULL,
	username_key         TEXT,
	image_url            TEXT  NOT NULL,
	availability         TEXT  NOT NULL,           -- available | busy | away
	password_record      TEXT  NOT NULL,           -- '' when there is no password
	password_changed_at  TIME,
	second_factor_policy TEXT  NOT NULL,           -- none | optional | enforced
	primary_email_id     ID,
	primary_phone_id     ID,
	last_orgmem_id       ID,                       -- where the next sign-in starts
	last_wsmem_id        ID,
	public_metadata      JSON  NOT NULL,
	disabled_at          TIME,
	created_at           TIME  NOT NULL,
	updated_at           TIME  NOT NULL,
	PRIMARY KEY (deployment_id, id)
);
CREATE UNIQUE INDEX account_username ON account (deployment_id, username_key);

CREATE TABLE email_address (
	deployment_id  ID    NOT NULL,
	id             ID    NOT NULL,
	user_id        ID    NOT NULL,
	email          TEXT  NOT NULL,
	email_key      TEXT  NOT NULL,
	verified_at    TIME,
	verification_strategy TEXT NOT NULL,
	created_at     TIME  NOT NULL,
	updated_at     TIME  NOT NULL,
	PRIMARY KEY (deployment_id, id),
	FOREIGN KEY (deployment_id, user_id) REFERENCES account (deployment_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX email_address_key ON email_address (deployment_id, email_key);
CREATE INDEX email_address_user ON email_address (deployment_id, user_id);

CREATE TABLE phone_number (
	deployment_id  ID    NOT NULL,
	id             ID    NOT NULL,
	user_id        ID    NOT NULL,
	phone_number   TEXT  NOT NULL,                 -- digits
	dial_code      TEXT  NOT NULL,                 -- +1
	phone_key      TEXT  NOT NULL,                 -- +1 and the digits
	verified_at    TIME,
	created_at     TIME  NOT NULL,
	updated_at     TIME  NOT NULL,
	PRIMARY KEY (deployment_id, id),
	FOREIGN KEY (deployment_id, user_id) REFERENCES account (deployment_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX phone_number_key ON phone_number (deployment_id, phone_key);
CREATE INDEX phone_number_user ON phone_number (deployment_id, user_id);
CREATE INDEX phone_number_digits ON phone_number (deployment_id, phone_number);

-- A browser's container of sign-ins and attempts. No row before the first state change.
CREATE TABLE session (
	deployment_id    ID   NOT NULL,
	id               ID   NOT NULL,
	active_signin_id ID,
	created_at       TIME NOT NULL,
	updated_at       TIME NOT NULL,
	last_active_at   TIME NOT NULL,
	expires_at       TIME NOT NULL,                -- absolute; a completed sign-in restarts it
	PRIMARY KEY (deployment_id, id)
);
CREATE INDEX session_expiry ON session (expires_at);
CREATE INDEX session_idle ON session (last_active_at);

CREATE TABLE session_token (
	deployment_id   ID    NOT NULL,
	token_hash      BYTES NOT NULL,                -- SHA-256 of the token's text
	session_id      ID    NOT NULL,
	state           INT   NOT NULL,                -- enum token_state
	nonce           BYTES NOT NULL,                -- its successor is an HMAC over this
	successor_hash  BYTES,                         -- replaced by age: by whom
	created_at      TIME  NOT NULL,
	first_used_at   TIME,                          -- of a successor: ends its predecessor's grace
	replaced_at     TIME,
	expires_at      TIME  NOT NULL,
	PRIMARY KEY (deployment_id, token_hash),
	FOREIGN KEY (deployment_id, session_id) REFERENCES session (deployment_id, id) ON DELETE CASCADE
);
CREATE INDEX session_token_session ON session_token (deployment_id, session_id);
CREATE INDEX session_token_expiry ON session_token (expires_at);

CREATE TABLE signin (
	deployment_id    ID   NOT NULL,
	id               ID   NOT NULL,
	session_id       ID   NOT NULL,
	user_id          ID   NOT NULL,
	method           TEXT NOT NULL,
	orgmem_id        ID,                           -- the active organization membership
	wsmem_id         ID,                           -- the active workspace membership, in that organization
	ip_address       TEXT NOT NULL,
	user_agent       TEXT NOT NULL,
	browser          TEXT NOT NULL,
	device           TEXT NOT NULL,
	city             TEXT NOT NULL,
	region           TEXT NOT NULL,
	region_code      TEXT NOT NULL,
	country          TEXT NOT NULL,
	country_code     TEXT NOT NULL,
	created_at       TIME NOT NULL,
	updated_at       TIME NOT NULL,
	last_active_at   TIME NOT NULL,
	expires_at       TIME NOT NULL,
	PRIMARY KEY (deployment_id, id),
	FOREIGN KEY (deployment_id, session_id) REFERENCES session (deployment_id, id) ON DELETE CASCADE,
	FOREIGN KEY (deployment_id, user_id) REFERENCES account (deployment_id, id) ON DELETE CASCADE
);
-- One sign-in of a user in one session, whatever races: the row count is the verdict.
CREATE UNIQUE INDEX signin_session_user ON signin (deployment_id, session_id, user_id);
CREATE INDEX signin_user ON signin (deployment_id, user_id);
CREATE INDEX signin_orgmem ON signin (deployment_id, orgmem_id);
CREATE INDEX signin_wsmem ON signin (deployment_id, wsmem_id);
CREATE INDEX signin_expiry ON signin (expires_at);

CREATE TABLE signin_attempt (
	deployment_id    ID   NOT NULL,
	id               ID   NOT NULL,
	session_id       ID   NOT NULL,
	user_id          ID,
	email            TEXT NOT NULL,
	method           TEXT NOT NULL,
	steps            TEXT NOT NULL,                -- remaining, in order, separated by spaces; '' when completed
	first_done       BOOL NOT NULL,
	second_required  BOOL NOT NULL,
	second_done      BOOL NOT NULL,
	completed        BOOL NOT NULL,
	missing_fields   TEXT NOT NULL,                -- separated by spaces
	failures         INT  NOT NULL,
	created_at       TIME NOT NULL,
	updated_at       TIME NOT NULL,
	expires_at       TIME NOT NULL,
	PRIMARY KEY (deployment_id, id),
	FOREIGN KEY (deployment_id, session_id) REFERENCES session (deployment_id, id) ON DELETE CASCADE
);
CREATE INDEX signin_attempt_session ON signin_attempt (deployment_id, session_id);
CREATE INDEX signin_attempt_expiry ON signin_attempt (expires_at);

CREATE TABLE signup_attempt (
	deployment_id    ID   NOT NULL,
	id               ID   NOT NULL,
	session_id       ID   NOT NULL,
	user_id          ID,                           -- set when completed
	first_name       TEXT NOT NULL,
	last_name        TEXT NOT NULL,
	email            TEXT NOT NULL,
	username         TEXT NOT NULL,
	phone_number     TEXT NOT NULL,
	dial_code        TEXT NOT NULL,
	password_record  TEXT NOT NULL,                -- hashed, until completion
	required_fields  TEXT NOT NULL,                -- separated by spaces
	steps            TEXT NOT NULL,
	completed        BOOL NOT NULL,
	created_at       TIME NOT NULL,
	updated_at       TIME NOT NULL,
	expires_at       TIME NOT NULL,
	PRIMARY KEY (deployment_id, id),
	FOREIGN KEY (deployment_id, session_id) REFERENCES session (deployment_id, id) ON DELETE CASCADE
);
CREATE INDEX signup_attempt_session ON signup_attempt (deployment_id, session_id);
CREATE INDEX signup_attempt_expiry ON signup_attempt (expires_at);

CREATE TABLE organization (
	deployment_id    ID   NOT NULL,
	id               ID   NOT NULL,
	name             TEXT NOT NULL,
	slug             TEXT NOT NULL,
	image_url        TEXT NOT NULL,
	description      TEXT NOT NULL,
	public_metadata  JSON NOT NULL,
	enforce_mfa      BOOL NOT NULL,
	ip_restriction   BOOL NOT NULL,
	ip_allowlist     TEXT NOT NULL,                -- addresses and CIDRs, separated by spaces
	auto_workspace_id ID,
	created_by       ID,
	created_at       TIME NOT NULL,
	updated_at       TIME NOT NULL,
	PRIMARY KEY (deployment_id, id)
);
CREATE UNIQUE INDEX organization_slug ON organization (deployment_id, slug);
CREATE INDEX organization_creator ON organization (deployment_id, created_by);

CREATE TABLE workspace (
	deployment_id    ID   NOT NULL,
	id               ID   NOT NULL,
	org_id           ID   NOT NULL,
	name             TEXT NOT NULL,
	slug             TEXT NOT NULL,
	image_url        TEXT NOT NULL,
	description      TEXT NOT NULL,
	public_metadata  JSON NOT NULL,
	enforce_2fa      BOOL NOT NULL,
	ip_restriction   BOOL NOT NULL,
	ip_allowlist     TEXT NOT NULL,
	created_at       TIME NOT NULL,
	updated_at       TIME NOT NULL,
	PRIMARY KEY (deployment_id, id),
	FOREIGN KEY (deployment_id, org_id) REFERENCES organization (deployment_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX workspace_slug ON workspace (deployment_id, org_id, slug);

-- org_id is NULL for the deployment's own roles; permissions are separated by spaces.
CREATE TABLE orgrole (
	deployment_id  ID   NOT NULL,
	id             ID   NOT NULL,
	org_id         ID,
	name           TEXT NOT NULL,
	name_key       TEXT NOT NULL,
	permissions    TEXT NOT NULL,
	created_at     TIME NOT NULL,
	updated_at     TIME NOT NULL,
	PRIMARY KEY (deployment_id, id),
	FOREIGN KEY (deployment_id, org_id) REFERENCES organization (deployment_id, id) ON DELETE CASCADE
);
CREATE INDEX orgrole_org ON orgrole (deployment_id, org_id);

CREATE TABLE wsrole (
	deployment_id  ID   NOT NULL,
	id             ID   NOT NULL,
	workspace_id   ID,
	org_id         ID,
	name           TEXT NOT NULL,
	name_key       TEXT NOT NULL,
	permissions    TEXT NOT NULL,
	created_at     TIME NOT NULL,
	updated_at     TIME NOT NULL,
	PRIMARY KEY (deployment_id, id),
	FOREIGN KEY (deployment_id, workspace_id) REFERENCES workspace (deployment_id, id) ON DELETE CASCADE
);
CREATE INDEX wsrole_workspace ON wsrole (deployment_id, workspace_id);

CREATE TABLE orgmem (
	deployment_id  ID   NOT NULL,
	id             ID   NOT NULL,
	org_id         ID   NOT NULL,
	user_id        ID   NOT NULL,
	public_metadata JSON NOT NULL,
	created_at     TIME NOT NULL,
	updated_at     TIME NOT NULL,
	PRIMARY KEY (deployment_id, id),
	FOREIGN KEY (deployment_id, org_id) REFERENCES organization (deployment_id, id) ON DELETE CASCADE,
	FOREIGN KEY (deployment_id, user_id) REFERENCES account (deployment_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX orgmem_org_user ON orgmem (deployment_id, org_id, user_id);
CREATE INDEX orgmem_user ON orgmem (deployment_id, user_id);

CREATE TABLE wsmem (
	deployment_id  ID   NOT NULL,
	id             ID   NOT NULL,
	workspace_id   ID   NOT NULL,
	org_id         ID   NOT NULL,
	orgmem_id      ID   NOT NULL,
	user_id        ID   NOT NULL,
	public_metadata JSON NOT NULL,
	created_at     TIME NOT NULL,
	updated_at     TIME NOT NULL,
	PRIMARY KEY (deployment_id, id),
	FOREIGN KEY (deployment_id, workspace_id) REFERENCES workspace (deployment_id, id) ON DELETE CASCADE,
	FOREIGN KEY (deployment_id, orgmem_id) REFERENCES orgmem (deployment_id, id) ON DELETE CASCADE,
	FOREIGN KEY (deployment_id, user_id) REFERENCES account (deployment_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX wsmem_workspace_user ON wsmem (deployment_id, workspace_id, user_id);
CREATE INDEX wsmem_user ON wsmem (deployment_id, user_id);
CREATE INDEX wsmem_orgmem ON wsmem (deployment_id, orgmem_id);

CREATE TABLE orgmem_role (
	deployment_id  ID NOT NULL,
	orgmem_id      ID NOT NULL,
	role_id        ID NOT NULL,
	PRIMARY KEY (deployment_id, orgmem_id, role_id),
	FOREIGN KEY (deployment_id, orgmem_id) REFERENCES orgmem (deployment_id, id) ON DELETE CASCADE,
	FOREIGN KEY (deployment_id, role_id) REFERENCES orgrole (deployment_id, id) ON DELETE CASCADE
);
CREATE INDEX orgmem_role_role ON orgmem_role (deployment_id, role_id);

CREATE TABLE wsmem_role (
	deployment_id  ID NOT NULL,
	wsmem_id       ID NOT NULL,
	role_id        ID NOT NULL,
	PRIMARY KEY (deployment_id, wsmem_id, role_id),
	FOREIGN KEY (deployment_id, wsmem_id) REFERENCES wsmem (deployment_id, id) ON DELETE CASCADE,
	FOREIGN KEY (deployment_id, role_id) REFERENCES wsrole (deployment_id, id) ON DELETE CASCADE
);
CREATE INDEX wsmem_role_role ON wsmem_role (deployment_id, role_id);

-- Tries: reserved by one conditional write before anything costly happens.
CREATE TABLE throttle (
	deployment_id  ID    NOT NULL,
	bucket         BYTES NOT NULL,                 -- MAC of (rule, subject): no names in here
	window_at      TIME  NOT NULL,
	used           INT   NOT NULL,
	expires_at     TIME  NOT NULL,
	PRIMARY KEY (deployment_id, bucket)
);
CREATE INDEX throttle_expiry ON throttle (expires_at);

-- Redeemed proof-of-work challenges: one row is one redemption, and the proof it gave.
CREATE TABLE challenge (
	deployment_id  ID    NOT NULL,
	challenge_hash BYTES NOT NULL,
	proof_hash     BYTES NOT NULL,
	uses           INT   NOT NULL,
	expires_at     TIME  NOT NULL,
	PRIMARY KEY (deployment_id, challenge_hash)
);
CREATE UNIQUE INDEX challenge_proof ON challenge (deployment_id, proof_hash);
CREATE INDEX challenge_expiry ON challenge (expires_at);

CREATE TABLE audit (
	deployment_id  ID   NOT NULL,
	id             ID   NOT NULL,
	at             TIME NOT NULL,
	event          TEXT NOT NULL,
	actor          TEXT NOT NULL,                  -- user_…, operator, system
	user_id        ID,
	session_id     ID,
	ip_address     TEXT NOT NULL,
	detail         JSON NOT NULL,
	PRIMARY KEY (deployment_id, id)
);
CREATE INDEX audit_user ON audit (deployment_id, user_id, id);

-- What caches must forget, in the transaction of the change. Other nodes read what is not
-- theirs; xid is PostgreSQL's number of the transaction, 0 on SQLite, which has one node.
CREATE TABLE revocation_log (
	seq            SEQ,
	deployment_id  ID   NOT NULL,
	kind           INT  NOT NULL,                  -- enum subject_kind
	subject        ID   NOT NULL,
	node           INT  NOT NULL,                  -- drawn by each process at its start
	xid            INT  NOT NULL,
	at             TIME NOT NULL
);
CREATE INDEX revocation_log_at ON revocation_log (at);
CREATE INDEX revocation_log_xid ON revocation_log (xid);

-- One row a fact about the whole database, such as the master key's check value.
CREATE TABLE fact (
	name   TEXT  NOT NULL,
	value  BYTES NOT NULL,
	PRIMARY KEY (name)
);
