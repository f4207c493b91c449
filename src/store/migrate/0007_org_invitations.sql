-- 0007_org_invitations.sql: invitations to organizations and their workspaces.

-- One row is one invitation that can still be accepted, or could until it expired. Accepting deletes it, and so does
-- taking it back; the end of the organization, of the workspace or of the inviter's membership takes it along.
CREATE TABLE org_invitation (
	deployment_id  ID    NOT NULL,
	id             ID    NOT NULL,
	org_id         ID    NOT NULL,
	workspace_id   ID,                             -- NULL: to the organization alone
	role_id        ID,                             -- what they become; without it, or once it is gone, the default
	workspace_role_id ID,
	inviter_id     ID,                             -- the membership that answers for it; NULL: an operator's
	email          TEXT  NOT NULL,
	email_key      TEXT  NOT NULL,
	token_hash     BYTES NOT NULL,
	created_at     TIME  NOT NULL,
	updated_at     TIME  NOT NULL,
	expires_at     TIME  NOT NULL,
	PRIMARY KEY (deployment_id, id),
	FOREIGN KEY (deployment_id, org_id) REFERENCES organization (deployment_id, id) ON DELETE CASCADE,
	FOREIGN KEY (deployment_id, workspace_id) REFERENCES workspace (deployment_id, id) ON DELETE CASCADE,
	FOREIGN KEY (deployment_id, inviter_id) REFERENCES orgmem (deployment_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX org_invitation_token ON org_invitation (deployment_id, token_hash);
CREATE INDEX org_invitation_email ON org_invitation (deployment_id, org_id, email_key);
CREATE INDEX org_invitation_workspace ON org_invitation (deployment_id, workspace_id);
CREATE INDEX org_invitation_inviter ON org_invitation (deployment_id, inviter_id);
CREATE INDEX org_invitation_expiry ON org_invitation (expires_at);
