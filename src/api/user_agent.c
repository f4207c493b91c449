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
	{ S_INIT("EdgA/"), S_INIT("Edge") },
	{ S_INIT("EdgiOS/"), S_INIT("Edge") },
	{ S_INIT("Edge/"), S_INIT("Edge") },
	{ S_INIT("OPR/"), S_INIT("Opera") },
	{ S_INIT("OPX/"), S_INIT("Opera") },
	{ S_INIT("OPT/"), S_INIT("Opera") },
	{ S_INIT("Opera"), S_INIT("Opera") },
	{ S_INIT("SamsungBrowser/"), S_INIT("Samsung Internet") },
	{ S_INIT("Vivaldi/"), S_INIT("Vivaldi") },
	{ S_INIT("YaBrowser/"), S_INIT("Yandex Browser") },
	{ S_INIT("UCBrowser/"), S_INIT("UC Browser") },
	{ S_INIT("MiuiBrowser/"), S_INIT("Mi Browser") },
	{ S_INIT("HuaweiBrowser/"), S_INIT("Huawei Browser") },
	{ S_INIT("DuckDuckGo/"), S_INIT("DuckDuckGo") },
	{ S_INIT("Ddg/"), S_INIT("DuckDuckGo") },
	{ S_INIT("Brave/"), S_INIT("Brave") },
	{ S_INIT("GSA/"), S_INIT("Google app") },
	{ S_INIT("FBAV/"), S_INIT("Facebook app") },
	{ S_INIT("Instagram"), S_INIT("Instagram app") },
	{ S_INIT("LinkedInApp"), S_INIT("LinkedIn app") },
	{ S_INIT("Electron/"), S_INIT("Desktop app") },
	{ S_INIT("Focus/"), S_INIT("Firefox Focus") },
	{ S_INIT("Seamonkey/"), S_INIT("SeaMonkey") },
	{ S_INIT("SeaMonkey/"), S_INIT("SeaMonkey") },
	{ S_INIT("Firefox/"), S_INIT("Firefox") },
	{ S_INIT("FxiOS/"), S_INIT("Firefox") },
	{ S_INIT("CriOS/"), S_INIT("Chrome") },
	{ S_INIT("HeadlessChrome/"), S_INIT("Chrome") },
	{ S_INIT("Chromium/"), S_INIT("Chromium") },
	{ S_INIT("; wv)"), S_INIT("Android app") },
	{ S_INIT("Chrome/"), S_INIT("Chrome") },
	{ S_INIT("Epiphany/"), S_INIT("Epiphany") },
	{ S_INIT("Safari/"), S_INIT("Safari") },
	{ S_INIT("Trident/"), S_INIT("Internet Explorer") },
	{ S_INIT("MSIE "), S_INIT("Internet Explorer") },
	{ S_INIT("okhttp/"), S_INIT("Android app") },
	{ S_INIT("Dalvik/"), S_INIT("Android app") },
	{ S_INIT("CFNetwork/"), S_INIT("Apple app") },
	{ S_INIT("curl/"), S_INIT("curl") },
	{ S_INIT("Wget/"), S_INIT("Wget") },
	{ S_INIT("python-requests/"), S_INIT("Python") },
	{ S_INIT("python-httpx/"), S_INIT("Python") },
	{ S_INIT("Go-http-client/"), S_INIT("Go") },
	{ S_INIT("node"), S_INIT("Node.js") },
};

static const struct pattern devices[] = {
	{ S_INIT("iPad"), S_INIT("Tablet") },
	{ S_INIT("Kindle"), S_INIT("Tablet") },
	{ S_INIT("Silk/"), S_INIT("Tablet") },
	{ S_INIT("SMART-TV"), S_INIT("TV") },
	{ S_INIT("SmartTV"), S_INIT("TV") },
	{ S_INIT("AppleTV"), S_INIT("TV") },
	{ S_INIT("GoogleTV"), S_INIT("TV") },
	{ S_INIT("BRAVIA"), S_INIT("TV") },
	{ S_INIT("PlayStation"), S_INIT("Console") },
	{ S_INIT("Nintendo"), S_INIT("Console") },
	{ S_INIT("Xbox"), S_INIT("Console") },
	{ S_INIT("Tablet"), S_INIT("Tablet") },
	{ S_INIT("Mobile"), S_INIT("Mobile") },
	{ S_INIT("iPhone"), S_INIT("Mobile") },
	{ S_INIT("iPod"), S_INIT("Mobile") },
	{ S_INIT("Android"), S_INIT("Tablet") },
	{ S_INIT("Windows"), S_INIT("Desktop") },
	{ S_INIT("Macintosh"), S_INIT("Desktop") },
	{ S_INIT("Linux"), S_INIT("Desktop") },
	{ S_INIT("CrOS"), S_INIT("Desktop") },
	{ S_INIT("BSD"), S_INIT("Desktop") },
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
