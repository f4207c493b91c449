/* user_agent.c - a person's words for a User-Agent. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/user_agent.h"

#include <string.h>

struct pattern {
	struct str needle;
	struct str word;
};

/* First hit wins: browsers name those they imitate, so the imitators come first. */
static const struct pattern browsers[] = {
	{ S_INIT("Edg/"), S_INIT("Edge") },
	{ S_INIT("OPR/"), S_INIT("Opera") },
	{ S_INIT("SamsungBrowser/"), S_INIT("Samsung Internet") },
	{ S_INIT("Firefox/"), S_INIT("Firefox") },
	{ S_INIT("FxiOS/"), S_INIT("Firefox") },
	{ S_INIT("CriOS/"), S_INIT("Chrome") },
	{ S_INIT("Chrome/"), S_INIT("Chrome") },
	{ S_INIT("Safari/"), S_INIT("Safari") },
	{ S_INIT("curl/"), S_INIT("curl") },
};

static const struct pattern devices[] = {
	{ S_INIT("iPad"), S_INIT("Tablet") },
	{ S_INIT("Tablet"), S_INIT("Tablet") },
	{ S_INIT("Mobile"), S_INIT("Mobile") },
	{ S_INIT("iPhone"), S_INIT("Mobile") },
	{ S_INIT("Android"), S_INIT("Tablet") },
	{ S_INIT("Windows"), S_INIT("Desktop") },
	{ S_INIT("Macintosh"), S_INIT("Desktop") },
	{ S_INIT("Linux"), S_INIT("Desktop") },
	{ S_INIT("CrOS"), S_INIT("Desktop") },
};

static struct str
first_match(struct str agent, const struct pattern *patterns, size_t n)
{
	for (size_t i = 0; i < n && agent.n > 0; i++)
		if (memmem(agent.p, agent.n, patterns[i].needle.p, patterns[i].needle.n))
			return patterns[i].word;
	return S("");
}

struct str
user_agent_browser(struct str agent)
{
	return first_match(agent, browsers, ARRAY_LEN(browsers));
}

struct str
user_agent_device(struct str agent)
{
	return first_match(agent, devices, ARRAY_LEN(devices));
}
