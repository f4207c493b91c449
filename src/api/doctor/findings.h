/* findings.h - what keeps a browser signed out: one row a cause, under a code that is never renamed. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/base.h"

/*
 * What it means, and which setting or command mends it. {{host}} is the Host field, {{deployment}} the deployment's own
 * host, {{cookie}} the name of its cookie, {{peer}} who connected, {{value}} what this finding found; never a token.
 */
#define FINDINGS(X) \
	X(REQUEST_UNREADABLE, "request_unreadable", "The edge refuses this request head before anything looks at it: {{value}}.", \
	    "Send one Host field, no folded lines, no spaces in names; limits: request-line and request-head in docs/CONFIG.md.") \
	X(NOT_OUR_ANSWER, "not_our_answer", "The answer (status {{value}}) has no X-Request-Id, so it did not come from this server: something in front of it answered.", \
	    "Look into the proxy's or CDN's own log: a cached answer, a login wall, a missing route. Let it pass everything for {{deployment}} through, uncached.") \
	X(HOST_UNKNOWN, "host_unknown", "No deployment answers at the host {{host}}.", \
	    "`sessiond deployment list` shows the hosts there are. Correct the app's base URL, or make one: sessiond deployment create --host {{host}} ...") \
	X(HOST_REWRITTEN, "host_rewritten", "The browser asked {{value}}, but another Host ({{host}}) arrives: the proxy rewrites it.", \
	    "Have the proxy keep the Host field: nginx `proxy_set_header Host $host;`, Apache `ProxyPreserveHost On`; Caddy and Envoy keep it unless told otherwise.") \
	X(HOST_OTHER_PORT, "host_other_port", "{{host}} has another port than the deployment {{value}}: that is another host, and another origin.", \
	    "Use {{value}} in the app, and have the proxy send just that as Host (nginx: `$http_host` has the port that the browser wrote, `$host` has none).") \
	X(PROXY_NOT_LISTED, "proxy_not_listed", "{{peer}} speaks for somebody else (it sends {{value}}), but it is not a listed proxy, so neither scheme nor address are believed.", \
	    "Add `trusted-proxy = ` with the proxy's address to the configuration and reload (systemctl reload sessiond).") \
	X(PROTO_MISSING, "forwarded_proto_missing", "The proxy {{peer}} does not say that the browser spoke https: there is no {{value}}.", \
	    "nginx: `proxy_set_header X-Forwarded-Proto $scheme;`; with trusted-proxy-header = forwarded: `Forwarded: for=...;proto=https`.") \
	X(PROTO_HTTP, "forwarded_proto_http", "The proxy {{peer}} says that the browser spoke {{value}}, not https.", \
	    "Have the outermost proxy set X-Forwarded-Proto by its own listener and the inner ones leave it; redirect http to https.") \
	X(FORWARDED_MISMATCH, "forwarded_header_mismatch", "The proxy writes {{value}}, but the configuration reads the other kind of header (trusted-proxy-header).", \
	    "Set `trusted-proxy-header` to what the proxy writes: x-forwarded or forwarded; reload.") \
	X(HTTP_NOT_LOOPBACK, "cookie_secure_over_http", "The browser speaks plain http to a host that is not loopback: the session cookie is Secure, so it is neither kept nor sent, and production answers over https only.", \
	    "Put TLS in front and use https:// in the app. For development use a loopback host, or a staging deployment.") \
	X(PATH_TWIN, "path_twin", "{{value}} is another spelling of a path that there is, and another spelling is another path.", \
	    "Call the path exactly as docs/API.md has it; have the proxy neither add nor strip a prefix or slash (nginx: no path in proxy_pass).") \
	X(PATH_UNKNOWN, "path_unknown", "There is no path {{value}} here.", \
	    "Look it up in docs/API.md; an app's own routes must not be sent here.") \
	X(METHOD_WRONG, "method_wrong", "This path does not take {{value}}.", "docs/API.md has the method.") \
	X(QUERY_UNREADABLE, "refused", "The request is refused before its session is looked at: {{value}}", "Correct what the sentence names.") \
	X(DEV_TOKEN_IN_PRODUCTION, "dev_token_in_production", "The app carries a development token, but {{deployment}} is a production deployment, which reads its cookie {{cookie}} only.", \
	    "Give the app the publishable key of a staging deployment (pk_test_...), or send cookies here: credentials: \"include\".") \
	X(COOKIE_AT_STAGING, "cookie_at_staging", "The browser carries a session cookie, but {{deployment}} is a staging deployment, which reads a development token only.", \
	    "Give the app the publishable key of the production deployment (pk_live_...); in staging keep X-Development-Session and send it as __dev_session__.") \
	X(DEV_TOKEN_MISSING, "dev_token_missing", "A staging deployment reads the token from __dev_session__ or X-Development-Session, and neither is there.", \
	    "Keep the X-Development-Session of each answer (it must be readable: same origin or CORS) and send it with the next request.") \
	X(COOKIE_WRONG_NAME, "cookie_wrong_name", "The browser sends {{value}}, but the session is read from {{cookie}}: the name changed when cookie_domain did.", \
	    "People sign in once more. To have the old name again: sessiond deployment set {{deployment}} cookie_domain=default (or the former domain).") \
	X(COOKIE_TWICE, "cookie_twice", "The browser sends {{cookie}} more than once; the order of twins means nothing, so neither is believed.", \
	    "Find who else sets it (another path or domain, a proxy that copies Cookie) and delete it there; sign out and clear the site's cookies once.") \
	X(COOKIE_MALFORMED, "cookie_malformed", "The value of {{cookie}} has characters that no cookie of ours has (quotes, spaces, commas).", \
	    "Something between rewrites cookies: a proxy's cookie encryption or escaping, or the app's own code. Leave the value as it is.") \
	X(CREDENTIALS_OMITTED, "credentials_omitted", "No cookie came along with a script's request from {{value}}{{#again}}, and the server gave out a new one{{/again}}: the app calls without credentials, or has never had a cookie.", \
	    "fetch(..., { credentials: \"include\" }) in the app (axios: withCredentials). A HAR exported without sensitive data leaves cookies out: then look at the browser's own list.") \
	X(SAME_SITE_LAX, "cookie_same_site_lax", "The page {{value}} is on another site than {{deployment}}, and browsers keep a SameSite=Lax cookie out of such requests.", \
	    "Serve both below one registrable domain (best), or: sessiond deployment set {{deployment}} cookie_same_site=none") \
	X(THIRD_PARTY_COOKIE, "third_party_cookie_blocked", "The page {{value}} is on another site than {{deployment}}, no cookie came, and the cookie is SameSite=None: the browser blocks third-party cookies, or credentials are omitted.", \
	    "Serve the app and {{deployment}} below one registrable domain; no setting of the server brings third-party cookies back.") \
	X(COOKIE_ABSENT, "cookie_absent", "The browser sends no cookie {{cookie}}{{#value}} (it sends {{value}}){{/value}}: it never kept one, it has expired there, or it was cleared.", \
	    "Look at Set-Cookie of the sign-in's answer with this tool, and at the browser's list of cookies of {{deployment}}.") \
	X(ORIGIN_NULL, "origin_null", "The page's Origin is null: a sandboxed frame, a file, a data: URL, or a redirect across origins. It is never allowed.", \
	    "Serve the page over https from the frontend host, and give a sandboxed iframe allow-same-origin.") \
	X(ORIGIN_NOT_ALLOWED, "origin_not_allowed", "The origin {{value}} may not read answers of {{deployment}} with credentials.", \
	    "sessiond deployment set {{deployment}} allowed_origins={{value}} (with those already there, comma between)") \
	X(PREFLIGHT_HEADER, "preflight_header", "The app sends the header {{value}}, which the preflight's answer does not allow, so the browser sends nothing.", \
	    "Leave that header out of calls to {{deployment}}: an interceptor or tracing library adds it.") \
	X(PREFLIGHT_METHOD, "preflight_method", "The app asks with the method {{value}}, which the preflight's answer does not allow.", "docs/API.md has the method.") \
	X(NAVIGATION, "navigation_refused", "This is no script's own call ({{value}}), and what this address does is done for scripts of allowed pages alone.", \
	    "Call it with fetch() from the app; keep link prefetching, HEAD checks and mail scanners away from it.") \
	X(MAINTENANCE, "maintenance", "{{deployment}} is in maintenance: nobody's session is looked at.", \
	    "sessiond deployment set {{deployment}} maintenance_mode=false") \
	X(TOKEN_MALFORMED, "token_malformed", "What the browser presents ({{value}}) is no session token at all.", \
	    "Something rewrites or cuts it: another program's cookie of this name, a proxy. Clear the site's cookies.") \
	X(TOKEN_UNKNOWN, "token_unknown", "This database knows no such token ({{value}}): an operator revoked the whole session, it was ended and swept, a replay ended it, or it is from before a restore or of another database.", \
	    "Sign in again. If it happens to many: is this the database and --data that the server had before? `sessiond audit export` shows session.revoked and session.token_replayed.") \
	X(TOKEN_OTHER_DEPLOYMENT, "token_of_other_deployment", "The token is a good one of another deployment, {{value}}; here it means nothing.", \
	    "Let each app use one base URL; with cookie_domain, keep deployments out of each other's domain.") \
	X(TOKEN_REPLACED, "token_replaced", "The token was replaced long ago and comes again: as a stolen one it ends the session.", \
	    "Whoever sends it keeps an old token: an app's own copy, a restored browser profile, a second cookie jar. Take the token of each answer (Set-Cookie) and send that.") \
	X(TOKEN_SUPERSEDED, "token_superseded", "A sign-in or a change of credentials gave this session a new token, and this one is void.", \
	    "Take the Set-Cookie of that answer: it was lost (credentials omitted on the sign-in itself, an aborted page, another tab's stale copy).") \
	X(SESSION_EXPIRED, "session_expired", "The session has reached its absolute limit.", \
	    "Sign in again. The limit: sessiond deployment set {{deployment}} auth_settings.session_validity_period=SECONDS") \
	X(SESSION_IDLE, "session_idle", "The session was not used for longer than it may be.", \
	    "Sign in again. The limit: sessiond deployment set {{deployment}} auth_settings.session_inactive_timeout=SECONDS") \
	X(NEVER_SIGNED_IN, "never_signed_in", "The token is that of a visitor: nobody has signed in with it yet{{#value}}, or the sign-in's own cookie was not kept{{/value}}.", \
	    "If somebody did sign in: capture that very request with its answer, and look whether its Set-Cookie was kept.") \
	X(ANONYMOUS_BAD, "visitor_token_bad", "The token is a visitor's, but not one of this deployment and master key, or older than 30 days.", \
	    "Nothing to mend for one browser: it gets a new one. For many: is the master key the right one?") \
	X(SESSION_REVOKED, "session_revoked", "An operator ended this sign-in at {{value}}.", "Sign in again; `sessiond audit export` tells more.") \
	X(USER_DISABLED, "user_disabled", "The account that was signed in here ({{value}}) is disabled.", \
	    "sessiond user enable USER --deployment {{deployment}}") \
	X(USER_GONE, "user_deleted", "The account that was signed in here ({{value}}) has been deleted.", "Nothing brings it back but a backup.") \
	X(SIGNED_OUT, "signed_out", "The session is there, and its people signed out of it ({{value}}).", "Sign in again.") \
	X(SIGN_IN_ENDED, "sign_in_ended", "The session is there, but nobody is signed in in it any more{{#value}}: {{value}}{{/value}}.", \
	    "Sign in again; `sessiond audit export --deployment {{deployment}}` tells of password changes and resets, which end other sign-ins.") \
	X(NO_ACTIVE, "no_active_sign_in", "{{value}} signed in, but none of the sign-ins is the active one: the active account signed out, and nobody chose another.", \
	    "The app lets the person choose: POST /session/switch-sign-in?sign_in_id=... with one of `signins`.") \
	X(SET_COOKIE_INSECURE, "set_cookie_without_secure", "The answer's Set-Cookie says SameSite=None without Secure: browsers drop it.", \
	    "The server always says Secure: a proxy strips it (nginx proxy_cookie_flags, an app's cookie rewriting). Leave Set-Cookie alone.") \
	X(SET_COOKIE_PREFIX, "set_cookie_prefix", "The answer's Set-Cookie is a __Host- cookie with {{value}}: browsers drop it.", \
	    "A proxy rewrites it (proxy_cookie_domain, proxy_cookie_path, proxy_cookie_flags). Leave Set-Cookie alone; to share the cookie below a domain set cookie_domain.") \
	X(SET_COOKIE_DOMAIN, "cookie_domain_mismatch", "The answer's Set-Cookie has Domain={{value}}, which {{host}} is not in: browsers drop it.", \
	    "Take proxy_cookie_domain and the like out of the proxy; cookie_domain must be a parent domain of the host the browser uses.") \
	X(SET_COOKIE_EXPIRED, "set_cookie_expired", "The answer's Set-Cookie has already expired by the browser's clock ({{value}}).", \
	    "Set the browser's clock, or take the proxy's own Expires out of Set-Cookie.") \
	X(SET_COOKIE_STRIPPED, "set_cookie_stripped", "The request brought no token, so the server gave one out, but the answer that was captured has no {{value}}.", \
	    "A proxy or CDN strips it (nginx proxy_hide_header, a cache that ignores Set-Cookie), or the capture leaves it out.") \
	X(CORS_STRIPPED, "cors_stripped", "The origin is allowed, but the answer that arrived lacks or changes {{value}}: scripts may not read it.", \
	    "Have the proxy add, hide and change no Access-Control- header; the server has its own.") \
	X(CORS_TWICE, "cors_twice", "The answer has {{value}} twice: browsers refuse it.", \
	    "The proxy adds its own (add_header Access-Control-...): take it out, the server has its own.") \
	X(CLOCK_SKEW, "clock_skew", "The browser's clock and the server's differ by {{value}}: tokens look expired, or not yet valid, to the app.", \
	    "Set the clock that is wrong (chronyc tracking); small differences: sessiond deployment set {{deployment}} jwt_clock_skew=SECONDS") \
	X(RATE_LIMITED, "rate_limited", "The answer was 429: this source or session asked too often.", \
	    "An app in a loop, or an office behind an unlisted proxy: list it with trusted-proxy, so that its clients count for themselves.") \
	X(SERVER_FAILED, "server_failed", "The answer was {{value}}: the server or what is before it could not answer, which signs nobody out.", \
	    "sessiond doctor, /readyz and the log of that moment (the answer's X-Request-Id is on its line).")

#define FINDING_ENUM(id, code, means, mend) FINDING_##id,
enum finding_code { FINDINGS(FINDING_ENUM) FINDING__COUNT };
#undef FINDING_ENUM

struct finding_info {
	const char *code, *means, *mend;
};
extern const struct finding_info finding_info[FINDING__COUNT];
