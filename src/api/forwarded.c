/* forwarded.c - who is really asking, when a listed proxy stands in between. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/forwarded.h"

#include "base/str.h"

/* The right-most element of a comma list; *list keeps what is left of it. */
static struct str
last_element(struct str *list)
{
	size_t at = list->n;
	struct str last;

	while (at > 0 && list->p[at - 1] != ',')
		at--;
	last = str_trim(str_from(*list, at));
	list->n = at > 0 ? at - 1 : 0;
	return last;
}

static struct str
unquote(struct str s)
{
	if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"')
		return (struct str){ s.p + 1, s.n - 2 };
	return s;
}

/* "192.0.2.1", "192.0.2.1:4711", "[2001:db8::1]:4711", "2001:db8::1". */
static bool
parse_node(struct str node, struct net_addr *ret_addr)
{
	struct str host, port;

	node = unquote(node);
	if (node.n > 0 && node.p[0] == '[') {
		if (!str_cut(str_from(node, 1), ']', &host, &port))
			return false;
		return net_addr_parse(host, ret_addr);
	}
	if (net_addr_parse(node, ret_addr))
		return true;
	return str_cut(node, ':', &host, &port) && net_addr_parse(host, ret_addr);
}

/* One element of Forwarded: for=…;proto=… in any order. */
static bool
parse_forwarded_element(struct str element, struct net_addr *ret_addr, bool *ret_https)
{
	bool found = false;
	struct str pair, name, value;

	*ret_https = false;
	while (element.n > 0) {
		(void)str_cut(element, ';', &pair, &element);
		if (!str_cut(str_trim(pair), '=', &name, &value))
			continue;
		if (str_eq_nocase(name, S("for")))
			found = parse_node(value, ret_addr);
		else if (str_eq_nocase(name, S("proto")))
			*ret_https = str_eq_nocase(unquote(value), S("https"));
	}
	return found;
}

static struct forwarded
read_forwarded(struct str list, struct forwarded f, const struct forwarded_rules *rules)
{
	struct net_addr a;
	bool https;

	while (list.n > 0) {
		if (!parse_forwarded_element(last_element(&list), &a, &https))
			return f;
		f = (struct forwarded){ a, https };
		if (!rules->is_proxy(rules->app, &a))
			return f;
	}
	return f;
}

static struct net_addr
read_x_forwarded_for(struct str list, struct net_addr client, const struct forwarded_rules *rules)
{
	struct net_addr a;

	while (list.n > 0) {
		if (!parse_node(last_element(&list), &a))
			return client;
		client = a;
		if (!rules->is_proxy(rules->app, &a))
			return client;
	}
	return client;
}

/* A proxy appends: of several fields of a name the last line is the nearest hop's. */
static struct str
last_field(const struct http_head *head, struct str name)
{
	for (size_t i = head->n_fields; i > 0; i--)
		if (str_eq_nocase(head->fields[i - 1].name, name))
			return head->fields[i - 1].value;
	return STR_NONE;
}

struct forwarded
forwarded_read(const struct http_head *head, const struct net_addr *peer, const struct forwarded_rules *rules)
{
	struct forwarded f = { *peer, false };
	struct str list, proto;

	if (!rules->is_proxy(rules->app, peer))
		return f;
	if (rules->rfc7239)
		return read_forwarded(last_field(head, S("Forwarded")), f, rules);
	list = last_field(head, S("X-Forwarded-For"));
	if (list.p)
		f.client = read_x_forwarded_for(list, f.client, rules);
	proto = last_field(head, S("X-Forwarded-Proto"));
	f.https = proto.p && str_eq_nocase(last_element(&proto), S("https"));
	return f;
}
