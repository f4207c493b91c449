"""
GET /session/check, which reverse proxies ask about requests of their own: who is signed in, whether the rule is met,
where to sign in. V-66, V-69, TEN-01, TEN-03, TEN-04, TEN-06, contract 9.4, 12.4.
"""
# SPDX-License-Identifier: Apache-2.0
import http.client
import json
import os
import secrets
import signal
import urllib.parse

import pytest

import totp
from client import UNSET, Response, exchange
from members import join
from test_factors import ON
from test_factors_stored import rewrite
from test_jwt import parts
from test_tenancy import organization, workspace

SAID = ("X-User-Id", "X-Organization-Id", "X-Organization-Roles", "X-Organization-Permissions", "X-Workspace-Id", "X-Workspace-Roles",
        "X-Workspace-Permissions", "X-Impersonated-By")


def ask(browser, rule="", method="GET", headers=(), path="/session/check", token=UNSET, ip=None, body=None):
    """What a proxy on the listed address sends: the browser's fields, and its own rule as it stands in its configuration."""
    d = browser.deployment
    token = browser.token if token is UNSET else token
    lines = [("Host", d.host), ("X-Forwarded-For", ip or browser.ip), ("X-Forwarded-Proto", "https")]
    if token:
        lines.append(("X-Development-Session", token) if d.mode == "staging" else ("Cookie", f"__Host-session={token}"))
    target = path + ("?" + rule if rule else "")
    return Response(*exchange(("127.0.0.1", d.server.port), method, target, [*lines, *headers], body), f"{method} {target}")


def said(got):
    """The answer's own fields by name, of a 200 that has nothing else to say."""
    assert (got.status, got.body) == (200, b""), got
    assert got.header("Cache-Control") == "no-store" and not got.all("Set-Cookie") and not got.all("Access-Control-Allow-Origin")
    return {name: got.header(name) for name in SAID if got.header(name) is not None}


def twice(browser, *args, **kw):
    """From the store, and from memory: the same."""
    first, second = ask(browser, *args, **kw), ask(browser, *args, **kw)
    assert (first.status, first.body) == (second.status, second.body), (first, second)
    assert [h for h in first.headers if h[0] not in ("Date", "X-Request-Id")] == [h for h in second.headers if h[0] not in ("Date", "X-Request-Id")]
    return second


def refused(got, status, code):
    assert (got.status, got.code) == (status, code), got
    assert not [h for h in got.headers if h[0] in SAID] and not got.all("Set-Cookie"), got.headers
    return True


def forbidden(got):
    return refused(got, 403, "FORBIDDEN")


def signed_out(got):
    return refused(got, 401, "UNAUTHORIZED") and got.header("Location") is None


# ---- who is signed in ----

def test_who_it_is(deployment):
    browser, who = deployment.signed_in()
    assert said(twice(browser)) == {"X-User-Id": who.id}
    org = organization(browser)
    own = {"X-User-Id": who.id, "X-Organization-Id": org["id"], "X-Organization-Roles": "Admin", "X-Organization-Permissions": "organization:admin"}
    got = said(twice(browser))
    assert {k: got[k] for k in own if k != "X-Organization-Permissions"} == {k: own[k] for k in own if k != "X-Organization-Permissions"}
    assert "organization:admin" in got["X-Organization-Permissions"].split(",")
    room = workspace(browser, org)
    assert "X-Workspace-Id" not in said(twice(browser)), "no switch picks a workspace by itself"
    browser.post("/session/switch-workspace", None, {"workspace_id": room["id"]})
    got = said(twice(browser))
    assert (got["X-Workspace-Id"], got["X-Workspace-Roles"]) == (room["id"], "Admin") and "workspace:admin" in got["X-Workspace-Permissions"].split(",")
    browser.post("/session/switch-organization")
    assert said(ask(browser)) == {"X-User-Id": who.id}, "at the very next request"


def test_it_is_answered_from_memory_and_beside_the_session(production):
    browser, who = production.signed_in()
    server = production.server
    ask(browser)
    hits, misses = server.metric("sessiond_cache_hits_total"), server.metric("sessiond_cache_misses_total")
    for _ in range(5):
        assert said(ask(browser, "sign_in=redirect&set_cookie=1")) == {"X-User-Id": who.id} and browser.is_signed_in
    assert server.metric("sessiond_cache_hits_total") - hits == 10 and server.metric("sessiond_cache_misses_total") == misses


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
def test_every_method_is_the_same_question(production, method):
    """Some proxies keep the browser's. A preflight's 204 would let everybody in."""
    browser, who = production.signed_in()
    for _ in range(2):
        got = ask(browser, method=method, headers=[("Origin", "https://elsewhere.example.org")], body=None if method in ("GET", "HEAD") else b"")
        assert said(got) == {"X-User-Id": who.id}
    got = ask(browser, method=method, token=None)
    assert got.status == 401 and not got.all("Set-Cookie")


def test_a_body_is_not_looked_at(production):
    browser, who = production.signed_in()
    for token in (browser.token, None):
        got = ask(browser, method="POST", headers=[("Content-Type", "application/x-made-up")], body=b"{{{", token=token)
        assert got.status == (200 if token else 401)


def test_nobody_signed_in(deployment):
    browser = deployment.browser()
    anonymous = browser.get("/session").token
    stored = deployment.browser()
    stored.post("/auth/signin", {"strategy": "email_otp", "email": "nobody@example.org"})
    for token in (None, anonymous, stored.token, "x", "A" * 43, "a." + "A" * 60):
        for _ in range(2):
            assert signed_out(ask(browser, token=token))
        assert signed_out(ask(browser, "organization=org_1&permission=x", token=token)), "whatever the rule"


def test_two_cookies_of_the_name_are_none(production):
    browser, _ = production.signed_in()
    assert signed_out(ask(browser, headers=[("Cookie", f"__Host-session={browser.token}")]))


def test_revoked_at_the_next_request(production):
    browser, who = production.signed_in()
    other = production.signed_in(who)[0]
    assert said(twice(browser)) and said(twice(other))
    signin = browser.session()["active_signin"]["id"]
    other.post(f"/me/signins/{signin}/signout")
    assert signed_out(ask(browser)) and signed_out(ask(browser)) and said(ask(other))
    other.post("/session/sign-out")
    assert signed_out(ask(other)) and signed_out(ask(other))


def test_disabled_at_the_next_request(production):
    browser, who = production.signed_in()
    said(twice(browser))
    production.server.cli("user", "disable", who.id, "--deployment", production.host)
    assert signed_out(ask(browser)) and signed_out(ask(browser))


def test_maintenance_lets_nobody_in(server):
    d = server.deployment()
    browser, _ = d.signed_in()
    said(twice(browser))
    d.set(maintenance_mode="true")
    for token in (browser.token, None):
        assert refused(ask(browser, token=token), 503, "MAINTENANCE")


def test_expired(clock_server):
    d = clock_server.deployment(auth_settings__session_inactive_timeout="3600")
    browser, _ = d.signed_in()
    said(twice(browser))
    clock_server.advance(3000)
    said(ask(browser))
    clock_server.advance(3000)
    assert said(ask(browser)), "it was used meanwhile, from memory"
    clock_server.advance(3601)
    assert signed_out(ask(browser)) and signed_out(ask(browser))


def test_CKI11_without_a_listed_proxys_word_no_answer(server):
    d = server.public_deployment()
    browser, _ = d.signed_in()
    said(twice(browser))
    lines = [("Host", d.host), ("Cookie", f"__Host-session={browser.token}")]
    got = Response(*exchange(("127.0.0.1", server.port), "GET", "/session/check", lines, None))
    assert (got.status, got.code) == (403, "TLS_REQUIRED")


def test_TEN03_a_session_of_another_deployment_is_none(server):
    one, two = server.deployment(), server.deployment()
    browser, _ = one.signed_in()
    said(twice(browser))
    stranger = two.browser(token=browser.token)
    assert signed_out(ask(stranger)) and signed_out(ask(stranger))


def test_the_token_itself_goes_nowhere(production):
    browser, _ = production.signed_in()
    for _ in range(2):
        got = ask(browser)
        assert browser.token not in str(got.headers)


# ---- rules ----

@pytest.fixture
def inside(deployment):
    """(browser, organization, its workspace), both active, of somebody who has another organization besides."""
    browser, _ = deployment.signed_in()
    other = organization(browser, "Other")
    org = organization(browser)
    room = workspace(browser, org)
    browser.post("/session/switch-workspace", None, {"workspace_id": room["id"]})
    return browser, org["id"], room["id"], other["id"]


def test_TEN04_the_matrix_of_rules(inside):
    """Each rule alone, and each with each: all must be met."""
    browser, org, room, other = inside
    met = {"organization": [org], "workspace": [room], "organization_role": ["Admin", "%41dmin"], "workspace_role": ["Admin"],
           "organization_permission": ["organization:admin", "organization%3Aadmin"], "workspace_permission": ["workspace:admin"],
           "permission": ["organization:admin", "workspace:admin"]}
    unmet = {"organization": [other, "org_1", "Lumen+Labs", "lumen-labs", org + "0", org[:-1], org.upper(), org + "%00", "%20" + org, "*", org + "," + org],
             "workspace": [org, "workspace_1", room + "0"], "organization_role": ["Member", "admin", "Adm", "Admin%2C", "Admin,Member", "Admin+"],
             "workspace_role": ["Member", "ADMIN"], "organization_permission": ["workspace:admin", "organization", "organization:*"],
             "workspace_permission": ["organization:admin"], "permission": ["nothing:admin", "organization:admin+workspace:admin"]}
    for name, values in met.items():
        for value in values:
            assert said(ask(browser, f"{name}={value}")), (name, value)
    for name, values in unmet.items():
        for value in values:
            assert forbidden(ask(browser, f"{name}={value}")), (name, value)
    for one in met:
        for two in met:
            if one == two:
                continue
            assert said(ask(browser, f"{one}={met[one][0]}&{two}={met[two][0]}"))
            assert forbidden(ask(browser, f"{one}={met[one][0]}&{two}={unmet[two][0]}"))
            assert forbidden(ask(browser, f"{one}={unmet[one][0]}&{two}={met[two][0]}"))


def test_V69_the_same_from_the_store(server):
    """The first question of a session, that is answered on a worker, and all later ones agree on each rule."""
    d = server.deployment()
    for rule, fine in [("organization_role=Admin", True), ("organization_role=Member", False), ("permission=organization:admin", True), ("organization=org_1", False)]:
        browser, _ = d.signed_in()
        organization(browser)
        assert twice(browser, rule).status == (200 if fine else 403)


UNREADABLE = ["x", "x=1", "organization", "organization=", "organizations=org_1", "Organization=org_1", "organization%5Fid=org_1", "%6Frganization=org_1",
              "organization=%4", "organization=%zz", "organization=%", "organization=org_1&organization=org_1", "organization=org_1&&permission=x",
              "&organization=org_1", "organization=org_1&", "sign_in=", "sign_in=no", "sign_in=refuse&sign_in=refuse", "sign_in=refuse&sign_in=redirect",
              "token=0", "token=true", "token=1&token=1", "set_cookie=0", "set_cookie=1&set_cookie=1", "template=default", "token=1&template=", "=",
              "=x", "&", "role=Admin", "organization[]=org_1", " organization=org_1".replace(" ", "+"), "organization=org_1;permission=x&x",
              "__dev_session__=x"]


@pytest.mark.parametrize("rule", UNREADABLE)
def test_V66_V69_what_cannot_be_read_admits_nobody(production, rule):
    """Unknown, empty, given twice, cut short: the configuration is wrong, and that is not the way in. Signed in or not."""
    browser, _ = production.signed_in()
    organization(browser)
    said(ask(browser))
    assert forbidden(ask(browser, rule))
    assert forbidden(ask(browser, rule, token=None))
    assert forbidden(ask(browser, rule, method="OPTIONS"))


def test_V66_the_operator_is_told_what_is_wrong(production):
    got = ask(production.browser(), "organisation=org_1")
    assert forbidden(got) and "log" in got.message and "organisation" not in got.text
    assert production.server.log_contains("check.unreadable")


def test_V66_rules_without_the_thing_they_are_about(production):
    """In no organization, and in no workspace: nothing is met, least of all an absent value by an absent one."""
    browser, _ = production.signed_in()
    for rule in ("organization=org_0", "organization=0", "organization=null", "organization=-", "workspace=workspace_0", "organization_role=Admin",
                 "workspace_role=Admin", "permission=organization:admin", "organization_permission=organization:member", "workspace_permission=x"):
        assert forbidden(ask(browser, rule)), rule
    organization(browser)
    assert forbidden(ask(browser, "workspace_role=Admin")) and said(ask(browser, "organization_role=Admin"))


def test_TEN06_a_rule_follows_the_scope_at_once(inside):
    browser, org, room, other = inside
    rule = f"organization={org}&workspace_role=Admin"
    said(twice(browser, rule))
    browser.post("/session/switch-organization", None, {"organization_id": other})
    assert forbidden(ask(browser, rule))
    browser.post("/session/switch-workspace", None, {"workspace_id": room})
    said(ask(browser, rule))


def test_TEN06_what_changes_who_may_is_seen_at_the_next_question(inside):
    """Roles given, changed, taken and deleted, gates closed, scopes deleted: each time an answer is in memory that says otherwise."""
    browser, org, room, _ = inside

    def done(path, fields=None):
        said(twice(browser))
        return browser.post(path, fields).data

    member = browser.get(f"/organizations/{org}/members").data["data"][0]["id"]
    role = done(f"/organizations/{org}/roles", {"name": "Billing", "permissions[]": "organization:manage"})["id"]
    assert forbidden(ask(browser, "organization_role=Billing"))
    done(f"/organizations/{org}/members/{member}/roles/{role}/add")
    assert said(ask(browser, "organization_role=Billing&permission=organization:manage"))
    done(f"/organizations/{org}/members/{member}/roles/{role}/remove")
    assert forbidden(ask(browser, "organization_role=Billing"))
    done(f"/organizations/{org}/members/{member}/roles/{role}/add")
    done(f"/organizations/{org}/roles/{role}/remove")
    assert forbidden(ask(browser, "organization_role=Billing")) and said(ask(browser, "organization_role=Admin"))
    inmate = browser.get(f"/workspaces/{room}/members").data["data"][0]["id"]
    role = done(f"/workspaces/{room}/roles", {"name": "Lab", "permissions[]": "workspace:member"})["id"]
    done(f"/workspaces/{room}/members/{inmate}/roles/{role}/add")
    assert said(ask(browser, "workspace_role=Lab")) and forbidden(ask(browser, "workspace_permission=workspace:manage"))
    done(f"/workspaces/{room}/roles", {"name": "Lab", "permissions[]": "workspace:manage"})
    assert said(ask(browser, "workspace_role=Lab&workspace_permission=workspace:manage"))
    browser.deployment.set(b2b_settings__enforce_mfa_per_workspace_enabled="true", b2b_settings__enforce_mfa_per_org_enabled="true")
    done(f"/workspaces/{room}/update", {"enforce_2fa": "true"})
    got = said(ask(browser))
    assert got["X-Organization-Id"] == org and "X-Workspace-Id" not in got
    done(f"/workspaces/{room}/update", {"enforce_2fa": "false"})
    assert said(ask(browser, f"workspace={room}"))
    done(f"/workspaces/{room}/delete")
    assert forbidden(ask(browser, f"workspace={room}")) and said(ask(browser, f"organization={org}"))
    done(f"/organizations/{org}/delete")
    assert list(said(ask(browser))) == ["X-User-Id"]


# ---- a proxy that appends the browser's own path and query ----

def at_once(browser, lines, rules):
    """Each rule on a connection of its own, all of them there before the server's one loop looks at the first: the statuses."""
    d = browser.deployment
    fields = [("Host", d.host), ("X-Forwarded-For", browser.ip), ("X-Forwarded-Proto", "https"), ("Cookie", f"__Host-session={browser.token}")]
    d.server.process.send_signal(signal.SIGSTOP)
    try:
        os.waitpid(d.server.process.pid, os.WUNTRACED)
        for line, rule in zip(lines, rules):
            line.putrequest("GET", "/session/check?" + rule, skip_host=True, skip_accept_encoding=True)
            for name, value in fields:
                line.putheader(name, value)
            line.endheaders()
    finally:
        d.server.process.send_signal(signal.SIGCONT)
    answers = [line.getresponse() for line, _ in zip(lines, rules)]
    return [(got.status, got.read())[0] for got in answers]


def test_TEN04_V69_questions_of_one_turn_are_not_mixed_up(new_server):
    """
    Checks that are ready together are all read before the first of them is judged. The rules pointed into the text of
    the question that was read last: who might not enter one organization came in by asking about another at the same time.
    """
    with new_server(["--threads", "1"]) as server:
        browser, _ = server.deployment("production").signed_in()
        other, org = organization(browser, "Other")["id"], organization(browser)["id"]
        assert len(other) == len(org)
        lines = [http.client.HTTPConnection("127.0.0.1", server.port, timeout=60) for _ in range(7)]
        said(twice(browser))
        for rules in [(other, org), (org, other), (other, other, org), (org, org, other), (other, org) * 3 + (other,)]:
            for _ in range(3):
                want = [200 if rule == org else 403 for rule in rules]
                assert at_once(browser, lines, [f"organization={rule}" for rule in rules]) == want
        for line in lines:
            line.close()


def test_below_the_path_the_rule_comes_from_a_field(production):
    """Envoy puts a prefix before the browser's path: what stands behind it is the browser's, and no rule."""
    browser, who = production.signed_in()
    org = organization(browser)["id"]
    rule = [("X-Session-Check", f"organization={org}")]
    for path in ("/session/check/", "/session/check/app/page?organization=org_1&x", "/session/check//..%2f?sign_in=redirect", "/session/check/?token=1"):
        for _ in range(2):
            assert said(ask(browser, path=path, headers=rule))["X-User-Id"] == who.id
        assert forbidden(ask(browser, path=path, headers=[("X-Session-Check", "organization=org_1")]))
        assert signed_out(ask(browser, path=path, headers=rule, token=None))
        assert forbidden(ask(browser, path=path)), "without a rule there is none to meet, and so nobody does"
        assert forbidden(ask(browser, path=path, headers=[*rule, *rule]))
        assert forbidden(ask(browser, path=path, headers=[("X-Session-Check", "x=1")]))
    assert said(ask(browser, path="/session/check/x", headers=[("X-Session-Check", "")]))
    assert said(ask(browser, headers=[("X-Session-Check", "organization=org_1")])), "the query says it where there is one"


def test_V69_a_path_is_the_check_or_it_is_not(production):
    browser, _ = production.signed_in()
    for path in ("/session/checks", "/session/check%2f", "/session//check", "/Session/check", "/session/check;x", "/session/./check", "/session/chec"):
        got = ask(browser, path=path)
        assert got.status == 404, got


# ---- where to sign in ----

def original(host, uri="/a?b=1&c=%20", proto="https"):
    return [("X-Forwarded-Host", host), ("X-Forwarded-Uri", uri)]


def redirect_uri(got):
    query = urllib.parse.urlsplit(got.header("Location")).query
    return urllib.parse.parse_qs(query).get("redirect_uri", [None])[0]


@pytest.mark.parametrize("rule,status", [("sign_in=redirect", 303), ("sign_in=location", 401), ("sign_in=redirect&organization_role=Admin", 303)])
def test_signed_out_people_are_sent_to_the_sign_in_page(production, rule, status):
    back = original(production.frontend_host)
    stored = production.browser()
    stored.post("/auth/signin", {"strategy": "email_otp", "email": "nobody@example.org"})
    for token in (None, stored.token, "A" * 43):
        got = ask(production.browser(), rule, headers=back, token=token)
        assert got.status == status and not got.all("Set-Cookie")
        assert got.header("Location").startswith(f"https://{production.frontend_host}/sign-in?redirect_uri=https%3A%2F%2F")
        assert redirect_uri(got) == f"https://{production.frontend_host}/a?b=1&c=%20" and got.header("Cache-Control") == "no-store"


def test_a_scripts_call_is_not_sent_anywhere(production):
    for mode, status in (("navigate", 303), ("cors", 401), ("no-cors", 401), ("same-origin", 401), ("websocket", 401)):
        for rule in ("sign_in=redirect", "sign_in=location"):
            got = ask(production.browser(), rule, headers=[("Sec-Fetch-Mode", mode)])
            assert got.status == (status if rule == "sign_in=redirect" else 401) and (got.header("Location") is None) == (status == 401)


def test_12_4_never_an_open_redirect(server):
    d = server.deployment()
    ours = d.frontend_host
    for host, uri in [("evil.example.org", "/"), (f"{ours}.evil.org", "/"), (f"evil.org/{ours}", "/"), (f"{ours}@evil.org", "/"), (f"evil.org#.{ours}", "/"),
                      (f"evil{ours}", "/"), (ours, "@evil.org/"), (ours, ".evil.org/"), (ours, ":80@evil.org/"), (ours, "/\\evil.org"),
                      (f"evil.org\\.{ours}", "/"), (ours, "a"), ("", "/"), (ours, ""), (ours, "/" + "x" * 2100), (ours, "/\u00e9"), (ours.upper(), "/")]:
        got = ask(d.browser(), "sign_in=redirect", headers=[(n, v.encode()) for n, v in original(host, uri)])
        assert got.status == 303 and got.header("Location") == f"https://{ours}/sign-in", (host, uri, got.headers)
    twice_said = original(ours) + original("evil.example.org")
    assert redirect_uri(ask(d.browser(), "sign_in=redirect", headers=twice_said)) is None
    assert redirect_uri(ask(d.browser(), "sign_in=redirect", headers=original(f"sub.{ours}", "/"))) == f"https://sub.{ours}/"


def test_12_4_an_original_url_in_one_field(production):
    url = f"https://{production.frontend_host}/x?y=z"
    assert redirect_uri(ask(production.browser(), "sign_in=redirect", headers=[("X-Original-URL", url)])) == url
    for wrong in ("https://evil.example.org/", "javascript:alert(1)", "//evil.example.org", "/x", url.replace("https", "http")):
        assert redirect_uri(ask(production.browser(), "sign_in=redirect", headers=[("X-Original-URL", wrong)])) is None


def test_12_4_only_a_listed_proxy_says_where_from(server):
    d = server.deployment()
    lines = [("Host", d.host), *original(d.frontend_host), ("X-Original-URL", f"https://{d.frontend_host}/")]
    got = d.browser(source="127.0.0.9").send("GET", "/session/check", {"sign_in": "redirect"}, headers=lines[1:], check=False)
    assert got.status == 303 and redirect_uri(got) is None


def test_12_4_below_the_path_it_is_the_path(production):
    got = ask(production.browser(), path="/session/check/a/b?c=d", headers=[("X-Session-Check", "sign_in=redirect"), ("X-Forwarded-Host", production.frontend_host),
                                                                            ("X-Forwarded-Uri", "/elsewhere")])
    assert redirect_uri(got) == f"https://{production.frontend_host}/a/b?c=d"


# ---- the token's life ----

def test_a_token_that_is_due_is_replaced_only_where_the_proxy_hands_it_on(clock_server):
    d = clock_server.deployment()
    browser, who = d.signed_in()
    old = browser.token
    clock_server.advance(1801)
    hits = clock_server.metric("sessiond_cache_hits_total")
    for _ in range(3):
        assert said(ask(browser)) == {"X-User-Id": who.id}
    assert clock_server.metric("sessiond_cache_hits_total") - hits == 2, "from memory, due or not"
    got = ask(browser, "set_cookie=1")
    new = got.cookie[1]
    assert got.status == 200 and new != old and got.header("X-User-Id") == who.id
    assert ask(browser, "set_cookie=1").cookie[1] == new, "everybody gets the same successor"
    assert said(ask(browser)) == {"X-User-Id": who.id}, "that answer was lost: the old one is good"
    assert said(ask(browser, token=new)) and browser.session()["active_signin"]["user"]["id"] == who.id
    # Handed on at last: a minute later the old one is nobody's, and whoever shows it ends the session.
    clock_server.advance(61)
    assert signed_out(ask(browser, token=old)) and signed_out(ask(browser, token=new))
    assert "session.token_replayed" in d.audit()


def test_the_session_itself_replaces_what_a_check_kept(clock_server):
    """A due token in memory, kept there by a check, does not keep GET /session from replacing it."""
    d = clock_server.deployment()
    browser, _ = d.signed_in()
    clock_server.advance(1801)
    said(twice(browser))
    old = browser.token
    assert browser.get("/session").token not in (None, old)
    assert said(twice(browser)) and signed_out(ask(browser, token="A" * 43))


def test_a_proxy_that_keeps_set_cookie_gets_no_first_token(deployment):
    """A late one would overwrite what the page has just been given."""
    for _ in range(2):
        assert signed_out(ask(deployment.browser(), "set_cookie=1"))


def test_a_fresh_jwt(deployment):
    browser, who = deployment.signed_in()
    org = organization(browser)["id"]
    for rule in ("token=1", "token=1&template=default", f"token=1&organization={org}"):
        got = ask(browser, rule)
        claims = json.loads(parts(got.header("X-Session-Token"))[1])
        assert got.status == 200 and (claims["sub"], claims["organization"]) == (who.id, org) and got.header("X-User-Id") == who.id
    assert ask(browser, "token=1").header("X-Session-Token") != got.header("X-Session-Token")
    assert forbidden(ask(browser, "token=1&template=made-up")) and forbidden(ask(browser, "token=1&organization=org_1"))
    assert signed_out(ask(browser, "token=1", token=None)) and ask(browser).header("X-Session-Token") is None


# ---- what no route brings about by itself: written into the database of a stopped server ----

@pytest.fixture
def d(new_server):
    with new_server() as server:
        yield server.deployment(host="api.example.net", **ON)


@pytest.fixture
def settled(d):
    """(deployment, browser after a rewrite, organization, workspace)"""
    browser, _ = d.signed_in()
    org = organization(browser)
    room = workspace(browser, org)
    browser.post("/session/switch-workspace", None, {"workspace_id": room["id"]})
    return d, browser.twin(), org["id"], room["id"]


NASTY = ["Billing Manager", "a,b", "x\r\nX-User-Id: user_1", "a%2Cb", "Größe 漢字", "\x7f\x1b", '"quoted"', "Admin ", "", "-", "'; DROP"]


def test_role_names_stay_in_their_line(settled):
    """Header injection: a name is somebody's text. And each is found by a rule that spells it out."""
    d, browser, org, _ = settled
    literal = [n.replace("'", "''") for n in NASTY]
    statements = []
    for i, name in enumerate(literal):
        statements += [f"INSERT INTO orgrole (deployment_id, id, name, name_key, permissions, created_at, updated_at) VALUES ({d.number}, {i + 1}, '{name}', 'k{i}', 'a{i}:read odd,one', 1, 1)",
                       f"INSERT INTO orgmem_role (deployment_id, orgmem_id, role_id) SELECT {d.number}, id, {i + 1} FROM orgmem"]
    rewrite(d.server, *statements)
    got = twice(browser)
    line = got.header("X-Organization-Roles")
    assert set(line) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:,%"), line
    assert sorted(map(urllib.parse.unquote, line.split(","))) == sorted([*NASTY, "Admin"])
    assert got.header("X-User-Id") == browser.session()["user"]["id"]
    for name in filter(None, NASTY):
        assert said(ask(browser, "organization_role=" + urllib.parse.quote(name, safe=""))), name
        assert said(ask(browser, "organization_role=" + urllib.parse.quote_plus(name))), name
    assert forbidden(ask(browser, "organization_role=a")) and forbidden(ask(browser, "organization_role=Admin,-"))
    assert said(ask(browser, "permission=odd%2Cone")) and forbidden(ask(browser, "permission=one"))


def test_TEN06_a_role_taken_away_is_gone(settled):
    d, browser, _, _ = settled
    said(twice(browser, "organization_role=Admin"))
    rewrite(d.server, "DELETE FROM orgmem_role")
    got = said(twice(browser))
    assert "X-Organization-Id" in got and "X-Organization-Roles" not in got and "X-Organization-Permissions" not in got
    assert forbidden(ask(browser, "organization_role=Admin")) and said(ask(browser, "workspace_role=Admin"))


@pytest.mark.parametrize("off,left", [("workspaces_enabled", {"X-User-Id", "X-Organization-Id", "X-Organization-Roles", "X-Organization-Permissions"}),
                                      ("organizations_enabled", {"X-User-Id"})])
def test_TEN12_V40_what_is_switched_off_is_vouched_for_no_more(inside, off, left):
    """Roles went on to open doors after the operator had switched organizations, or workspaces, off."""
    browser = inside[0]
    assert said(twice(browser, "organization_role=Admin&workspace_role=Admin"))
    browser.deployment.set(**{f"b2b_settings__{off}": "false"})
    assert said(twice(browser)).keys() == left and forbidden(twice(browser, "workspace_role=Admin"))
    assert (twice(browser, "organization_role=Admin").status == 200) == ("X-Organization-Id" in left)


def test_9_4_a_scope_that_wants_a_second_factor_is_not_vouched_for(settled):
    d, browser, org, room = settled
    d.set(b2b_settings__enforce_mfa_per_org_enabled="true", b2b_settings__enforce_mfa_per_workspace_enabled="true")
    rewrite(d.server, "UPDATE workspace SET enforce_2fa = 1")
    got = said(twice(browser))
    assert got["X-Organization-Id"] == org and "X-Workspace-Id" not in got
    assert forbidden(ask(browser, f"workspace={room}")) and forbidden(ask(browser, "permission=workspace:admin"))
    rewrite(d.server, "UPDATE organization SET enforce_mfa = 1")
    browser = browser.twin()
    assert list(said(twice(browser))) == ["X-User-Id"] and forbidden(ask(browser, f"organization={org}"))
    totp.enrol(browser)
    assert said(ask(browser, f"organization={org}&workspace={room}"))


def test_9_4_a_scope_that_wants_another_address_is_not_vouched_for(settled):
    """The same session from two addresses, both from memory. The address is the one that the proxy names, its last."""
    d, browser, org, room = settled
    d.set(b2b_settings__ip_allowlist_per_org_enabled="true", b2b_settings__ip_allowlist_per_workspace_enabled="true")
    rewrite(d.server, "UPDATE organization SET ip_restriction = 1, ip_allowlist = '203.0.113.0/24 2001:db8::/32'",
            "UPDATE workspace SET ip_restriction = 1, ip_allowlist = '203.0.113.7'")
    both, neither = ("203.0.113.7",), ("198.51.100.7", "203.0.114.7", "203.0.113.7, 198.51.100.7", "2001:db9::1")
    only_org = ("203.0.113.8", "2001:db8::5", "198.51.100.7, 203.0.113.8")
    for _ in range(2):
        for ip in both:
            assert said(ask(browser, f"organization={org}&workspace={room}", ip=ip))
        for ip in only_org:
            got = said(ask(browser, ip=ip))
            assert got["X-Organization-Id"] == org and not [k for k in got if k.startswith("X-Workspace")]
            assert forbidden(ask(browser, "workspace_role=Admin", ip=ip)) and said(ask(browser, "organization_role=Admin", ip=ip))
        for ip in neither:
            assert list(said(ask(browser, ip=ip))) == ["X-User-Id"] and forbidden(ask(browser, "permission=workspace:admin", ip=ip))
    rewrite(d.server, "UPDATE organization SET ip_allowlist = ''")
    assert list(said(ask(browser.twin(), ip="203.0.113.7"))) == ["X-User-Id"], "an empty list admits nobody"


def test_SES15_whoever_acts_for_somebody_is_told(settled):
    d, browser, _, _ = settled
    rewrite(d.server, "UPDATE signin SET actor = 'ops team\r\nX-User-Id: user_1'")
    assert said(twice(browser))["X-Impersonated-By"] == "ops%20team%0D%0AX-User-Id%3A%20user_1".replace("%3A", ":")


def test_more_roles_than_headers_hold_is_no_half_answer(settled):
    """The scope is left out whole, as one that does not admit somebody: no rule about it is met."""
    d, browser, org, room = settled
    rewrite(d.server, f"UPDATE wsrole SET permissions = '{' '.join(secrets.token_hex(8) for _ in range(600))}'")
    got = said(twice(browser))
    assert got["X-Organization-Id"] == org and not [k for k in got if k.startswith("X-Workspace")]
    assert forbidden(ask(browser, f"workspace={room}")) and said(ask(browser, "organization_role=Admin"))
    assert d.server.log_contains(f"warn check.cut deployment={d.number} user={browser.session()['user']['id'][5:]} scope=workspace")
    rewrite(d.server, f"UPDATE orgrole SET permissions = '{' '.join(secrets.token_hex(8) for _ in range(600))}'", "UPDATE wsrole SET permissions = ''")
    browser = browser.twin()
    assert list(said(twice(browser))) == ["X-User-Id"], "and a workspace only goes with its organization"
    for rule in (f"organization={org}", "organization_role=Admin", f"workspace={room}", "workspace_role=Admin"):
        assert forbidden(twice(browser, rule))


def test_whoever_gives_roles_can_lock_nobody_out_of_what_is_not_theirs(production):
    """Fourteen roles with long names made every check of a member's 503, also in front of what has nothing to do with the organization."""
    boss, _ = production.signed_in()
    org = organization(boss)["id"]
    browser, who = production.signed_in()
    member = join(production, org, who.id)
    assert browser.post("/session/switch-organization", None, {"organization_id": org}).status == 200
    for i in range(14):
        role = boss.post(f"/organizations/{org}/roles", {"name": chr(0x1F600 + i) * 50}).data["id"]
        assert boss.post(f"/organizations/{org}/members/{member}/roles/{role}/add").status == 200
        got = said(twice(browser))
        assert got["X-User-Id"] == who.id and ("X-Organization-Id" in got) == ("X-Organization-Roles" in got) == (i < 13), i
    assert boss.post(f"/organizations/{org}/members/{member}/roles/{role}/remove").status == 200
    assert said(twice(browser, f"organization={org}"))["X-Organization-Id"] == org
