/* change_read.c - what an update of an organization or a workspace sends. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/org/change_read.h"

#include "api/org/org_deed.h"
#include "base/str.h"

static const bool *
read_bool(struct request *rq, const char *name, bool *value)
{
	if (!name || body_text(rq, name).n == 0)
		return NULL;
	*value = body_bool(rq, name, false);
	return value;
}

static enum status
read_networks(struct request *rq, struct change_form *form)
{
	const struct str *items;
	size_t n = body_list(rq, "whitelisted_ips", &items);

	if (n == 0)
		return OK;
	form->change.ip_allowlist = &form->ip_allowlist;
	return org_outcome(rq, ip_list_read(&rq->task, items, n, &form->ip_allowlist));
}

static enum status
read_auto_workspace(struct request *rq, struct change_form *form)
{
	struct str text = body_text(rq, "auto_assigned_workspace_id");

	if (text.n == 0)
		return OK;
	form->change.auto_workspace = &form->auto_workspace;
	if (str_eq(text, S("0")) || workspace_id_parse(text, &form->auto_workspace))
		return OK;
	return refuse(rq, E_BAD_REQUEST_BODY, "Choose one of the organization's workspaces.");
}

enum status
change_read(struct request *rq, const char *mfa, const char *mfa_alias, struct change_form *form)
{
	*form = (struct change_form){ .name = body_text(rq, "name"), .description = body_text(rq, "description") };
	if (form->name.n > 0)
		form->change.name = &form->name;
	if (body_has(rq, "description"))
		form->change.description = &form->description;
	form->change.enforce_mfa = read_bool(rq, mfa, &form->enforce_mfa);
	if (!form->change.enforce_mfa)
		form->change.enforce_mfa = read_bool(rq, mfa_alias, &form->enforce_mfa);
	form->change.ip_restriction = read_bool(rq, "enable_ip_restriction", &form->ip_restriction);
	TRY(read_networks(rq, form));
	return read_auto_workspace(rq, form);
}

enum status
change_check_networks(struct request *rq, bool counts, const struct gate *was, const struct gate *now)
{
	if (was->ip == now->ip && str_eq(was->ip_allowlist, now->ip_allowlist))
		return OK;
	if (counts && was->ip && !ip_is_listed(was->ip_allowlist, &rq->client))
		return refuse(rq, E_IP_NOT_ALLOWED, "Approved networks can only be changed from one of them.");
	if (now->ip && !ip_is_listed(now->ip_allowlist, &rq->client))
		return refuse(rq, E_BAD_REQUEST_BODY, "This would lock you out: your address %s is not on the list.", rq->client_text);
	return OK;
}
