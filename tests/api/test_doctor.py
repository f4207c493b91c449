"""
Why is this browser signed out? Misconfigurations are built, a browser's request is really sent, and what was captured of
it is given to the doctor, which must name the cause under its code. F-43, V-69.
"""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import datetime
import email.utils
import json
import re
import secrets
import shutil
import subprocess

import pytest

import pgserver
from client import Response, exchange, multipart
from conftest import new_database
from harness import PASSWORD, Server, binary, run

LISTED, UNLISTED = "127.0.0.1", "127.0.0.2"


class Capture:
    """One exchange, as it really went over the socket, and how browsers' tools write it down."""

    def __init__(self, method, target, headers, answer):
        self.method, self.target, self.headers, self.answer = method, target, list(headers), answer

    @property
    def host(self):
        return dict(self.headers)["Host"]

    def behind_proxy(self):
        """As the server sees it: every field that arrived."""
        return self.headers

    def at_browser(self):
        return [(k, v) for k, v in self.headers if not re.match("x-forwarded|forwarded", k, re.I)]

    def raw(self, headers=None):
        lines = [f"{self.method} {self.target} HTTP/1.1", *(f"{k}: {v}" for k, v in headers or self.behind_proxy())]
        return "\r\n".join(lines) + "\r\n"

    def raw_answer(self):
        lines = [f"HTTP/1.1 {self.answer.status} X", *(f"{k}: {v}" for k, v in self.answer.headers)]
        return "\r\n".join(lines) + "\r\n\r\n" + self.answer.text

    def curl(self, scheme="https"):
        fields = " \\\n  ".join(f"-H '{k}: {v}'" for k, v in self.at_browser() if k != "Host")
        return f"curl '{scheme}://{self.host}{self.target}' \\\n  -X '{self.method}' \\\n  {fields} \\\n  --compressed"

    def curl_v(self):
        sent = "\n".join("> " + line for line in self.raw().split("\r\n"))
        came = "\n".join("< " + line for line in self.raw_answer().split("\r\n\r\n")[0].split("\r\n"))
        return f"* Connected to proxy (192.0.2.9) port 443\n{sent}\n< \n{came}\n< \n{self.answer.text}\n* Connection #0 left intact"

    def http2(self):
        pseudo = [(":authority", self.host), (":method", self.method), (":path", self.target), (":scheme", "https")]
        return "\n".join(f"{k}: {v}" for k, v in [*pseudo, *self.at_browser()] if k != "Host")

    def har(self, clock=None):
        entry = {"request": {"method": self.method, "url": f"https://{self.host}{self.target}",
                             "headers": [{"name": k.lower(), "value": v} for k, v in self.at_browser()]},
                 "response": {"status": self.answer.status, "headers": [{"name": k, "value": v} for k, v in self.answer.headers],
                              "content": {"text": self.answer.text}}}
        if clock:
            entry["startedDateTime"] = clock
        return json.dumps({"log": {"version": "1.2", "entries": [entry]}})


def send(server, host, method="GET", target="/session", *headers, source=LISTED, https=True, body=None):
    """A browser's request, by way of a proxy that does as it should, unless told otherwise."""
    fields = [("Host", host), *([("X-Forwarded-For", "198.51.100.7"), ("X-Forwarded-Proto", "https")] if https else []),
              ("Accept", "*/*"), *headers]
    import http.client
    conn = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60, source_address=(source, 0))
    try:
        return Capture(method, target, fields, Response(*exchange(None, method, target, fields, body, conn)))
    finally:
        conn.close()


def ask(server, request, response="", peer="", headers=(), path="/doctor/request", accept="application/json"):
    body, kind = multipart([("request", request), ("response", response), ("peer", peer)])
    return Response(*exchange(("127.0.0.1", server.admin_port), "POST", path,
                              [("Host", f"127.0.0.1:{server.admin_port}"), ("Accept", accept), ("Content-Type", kind), *headers], body))


def examine(server, request, response="", peer=LISTED):
    got = ask(server, request, response, peer)
    assert got.status == 200, got
    return got.json


def codes(diagnosis):
    return [f["code"] for f in diagnosis["findings"]]


def named(server, capture, peer=LISTED, answer=True):
    """What the doctor names first, from what arrived behind the proxy and what the server answered."""
    found = examine(server, capture.raw(), capture.raw_answer() if answer else "", peer)
    assert found["verdict"] != "signed_in" or found["findings"], found
    return codes(found)[0] if found["findings"] else None


@pytest.fixture
def site(server):
    """Production on a public host, behind a proxy, with its frontend on the same site."""
    tag = secrets.token_hex(4)
    return server.deployment(host=f"api.{tag}.example.net", frontend_host=f"app.{tag}.example.net")


@pytest.fixture
def staging(server):
    return server.public_deployment("staging")


def cookie(token, name="__Host-session"):
    return ("Cookie", f"{name}={token}")


def page(d, site="same-site"):
    return [("Origin", d.origin), ("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", "cors")]


# ---- the seeded misconfigurations: each builds one, sends, and says what must be named ----

def host_rewritten(server, d):
    return send(server, "backend.internal:8080", "GET", "/session", ("X-Forwarded-Host", d.host), *page(d)), "host_rewritten"


def host_unknown(server, d):
    return send(server, "api.example.invalid", "GET", "/session"), "host_unknown"


def host_other_port(server, d):
    return send(server, d.host + ":8443"), "host_other_port"


def proto_missing(server, d):
    return send(server, d.host, "GET", "/session", ("X-Forwarded-For", "198.51.100.7"), https=False), "forwarded_proto_missing"


def proto_http(server, d):
    return send(server, d.host, "GET", "/session", ("X-Forwarded-Proto", "http"), https=False), "forwarded_proto_http"


def proto_last_hop_says_http(server, d):
    return send(server, d.host, "GET", "/session", ("X-Forwarded-Proto", "https, http"), https=False), "forwarded_proto_http"


def forwarded_mismatch(server, d):
    return send(server, d.host, "GET", "/session", ("Forwarded", "for=198.51.100.7;proto=https"), https=False), "forwarded_header_mismatch"


def origin_not_allowed(server, d):
    browser, _ = d.signed_in()
    return send(server, d.host, "POST", "/session/sign-out", cookie(browser.token), ("Origin", "https://shop.example.com")), "origin_not_allowed"


def origin_not_allowed_to_read(server, d):
    browser, _ = d.signed_in()
    return send(server, d.host, "GET", "/session", cookie(browser.token), ("Origin", "https://shop.example.com")), "origin_not_allowed"


def origin_null(server, d):
    browser, _ = d.signed_in()
    return send(server, d.host, "POST", "/session/sign-out", cookie(browser.token), ("Origin", "null")), "origin_null"


def credentials_omitted(server, d):
    got = send(server, d.host, "GET", "/session", *page(d))
    assert got.answer.header("Set-Cookie")
    return got, "credentials_omitted"


def same_site_lax(server, d):
    return send(server, d.host, "GET", "/session", *page(d, "cross-site")), "cookie_same_site_lax"


def third_party_blocked(server, d):
    d.set(cookie_same_site="none")
    return send(server, d.host, "GET", "/session", *page(d, "cross-site")), "third_party_cookie_blocked"


def cookie_never_kept(server, d):
    return send(server, d.host, "GET", "/session", ("Cookie", "theme=dark; lang=en"), *page(d)), "cookie_absent"


def cookie_renamed(server, d):
    browser, _ = d.signed_in()
    d.set(cookie_domain=d.host.partition(".")[2])
    return send(server, d.host, "GET", "/session", cookie(browser.token), *page(d)), "cookie_wrong_name"


def cookie_twice(server, d):
    browser, _ = d.signed_in()
    both = f"__Host-session={browser.token}; __Host-session={'A' * 43}"
    return send(server, d.host, "GET", "/session", ("Cookie", both), *page(d)), "cookie_twice"


def cookie_quoted(server, d):
    browser, _ = d.signed_in()
    return send(server, d.host, "GET", "/session", ("Cookie", f'__Host-session="{browser.token}"'), *page(d)), "cookie_malformed"


def cookie_cut(server, d):
    browser, _ = d.signed_in()
    return send(server, d.host, "GET", "/session", cookie(browser.token[:30]), *page(d)), "token_malformed"


def token_of_elsewhere(server, d):
    browser, _ = server.public_deployment().signed_in()
    return send(server, d.host, "GET", "/session", cookie(browser.token), *page(d)), "token_of_other_deployment"


def token_unknown(server, d):
    return send(server, d.host, "GET", "/session", cookie(secrets.token_urlsafe(32)), *page(d)), "token_unknown"


def token_superseded(server, d):
    browser, who = d.signed_in()
    old = browser.token
    assert browser.sign_in(d.person()).status == 200 and browser.token != old
    return send(server, d.host, "GET", "/session", cookie(old), *page(d)), "token_superseded"


def development_token_in_production(server, d):
    return send(server, d.host, "GET", f"/session?__dev_session__={secrets.token_urlsafe(32)}", *page(d)), "dev_token_in_production"


def user_disabled(server, d):
    browser, who = d.signed_in()
    server.cli("user", "disable", who.id, "--deployment", d.host)
    return send(server, d.host, "GET", "/session", cookie(browser.token), *page(d)), "user_disabled"


def session_revoked(server, d):
    browser, _ = d.signed_in()
    server.cli("session", "revoke", browser.session()["id"], "--deployment", d.host)
    # The session and its tokens are gone: nothing tells any more whose it was.
    return send(server, d.host, "GET", "/session", cookie(browser.token), *page(d)), "token_unknown"


def all_of_a_user_revoked(server, d):
    browser, who = d.signed_in()
    server.cli("session", "revoke", "--user", who.id, "--deployment", d.host)
    return send(server, d.host, "GET", "/session", cookie(browser.token), *page(d)), "session_revoked"


def password_changed_elsewhere(server, d):
    browser, who = d.signed_in()
    other, _ = d.signed_in(who)
    assert other.post("/me/update-password", {"current_password": PASSWORD, "new_password": PASSWORD + "-two"}).status == 200
    return send(server, d.host, "GET", "/session", cookie(browser.token), *page(d)), "sign_in_ended"


def sign_in_revoked(server, d):
    browser, _ = d.signed_in()
    server.cli("session", "revoke", browser.session()["active_signin"]["id"], "--deployment", d.host)
    return send(server, d.host, "GET", "/session", cookie(browser.token), *page(d)), "session_revoked"


def signed_out(server, d):
    browser, _ = d.signed_in()
    assert browser.post("/session/sign-out").status == 200
    return send(server, d.host, "GET", "/session", cookie(browser.token), *page(d)), "signed_out"


def no_active_sign_in(server, d):
    browser, _ = d.signed_in()
    second = d.person()
    assert browser.sign_in(second).status == 200
    active = browser.session()["active_signin"]["id"]
    assert browser.post("/session/sign-out", None, {"sign_in_id": active}).status == 200
    return send(server, d.host, "GET", "/session", cookie(browser.token), *page(d)), "no_active_sign_in"


def visitor(server, d):
    token = send(server, d.host).answer.token
    return send(server, d.host, "GET", "/session", cookie(token), *page(d)), "never_signed_in"


def maintenance(server, d):
    browser, _ = d.signed_in()
    d.set(maintenance_mode="true")
    return send(server, d.host, "GET", "/session", cookie(browser.token), *page(d)), "maintenance"


def path_twin(server, d):
    browser, _ = d.signed_in()
    return send(server, d.host, "GET", "/api//session/", cookie(browser.token), *page(d)), "path_twin"


def prefetched(server, d):
    return send(server, d.host, "GET", "/session/ticket/exchange?ticket=x", ("Sec-Purpose", "prefetch"), ("Sec-Fetch-Mode", "cors")), "navigation_refused"


def head_of_a_link(server, d):
    return send(server, d.host, "HEAD", "/session/ticket/exchange?ticket=x"), "navigation_refused"


def preflight_of_a_header(server, d):
    return send(server, d.host, "OPTIONS", "/session", *page(d), ("Access-Control-Request-Method", "GET"),
                ("Access-Control-Request-Headers", "content-type,x-trace-id")), "preflight_header"


SEEDED = [host_rewritten, host_unknown, host_other_port, proto_missing, proto_http, proto_last_hop_says_http, forwarded_mismatch,
          origin_not_allowed, origin_not_allowed_to_read, origin_null, credentials_omitted, same_site_lax, third_party_blocked,
          cookie_never_kept, cookie_renamed, cookie_twice, cookie_quoted, cookie_cut, token_of_elsewhere, token_unknown,
          token_superseded, development_token_in_production, user_disabled, session_revoked, sign_in_revoked,
          all_of_a_user_revoked, password_changed_elsewhere, signed_out,
          no_active_sign_in, visitor, maintenance, path_twin, prefetched, head_of_a_link, preflight_of_a_header]


@pytest.mark.parametrize("seed", SEEDED, ids=lambda s: s.__name__)
def test_V69_a_seeded_misconfiguration_is_named(server, site, seed):
    capture, code = seed(server, site)
    assert named(server, capture) == code


def test_V69_a_peer_that_is_not_listed_is_named(server, site):
    got = send(server, site.host, source=UNLISTED)
    assert got.answer.code == "TLS_REQUIRED"
    assert named(server, got, peer=UNLISTED) == "proxy_not_listed"


def test_V69_the_other_header_is_named_where_proxies_write_forwarded(new_server):
    with new_server(["--trusted-proxy-header", "forwarded"]) as s:
        d = s.public_deployment()
        got = send(s, d.host)
        assert got.answer.code == "TLS_REQUIRED" and named(s, got) == "forwarded_header_mismatch"


def test_V69_a_production_cookie_at_a_staging_host_is_named(server, staging):
    got = send(server, staging.host, "GET", "/session", cookie(secrets.token_urlsafe(32)), *page(staging))
    assert named(server, got) == "cookie_at_staging"


def test_V69_staging_without_a_token_is_named(server, staging):
    assert named(server, send(server, staging.host, "GET", "/session", *page(staging))) == "dev_token_missing"


def test_V69_a_token_replaced_long_ago_is_named_before_it_ends_the_session(clock_server):
    d = clock_server.public_deployment()
    browser, _ = d.signed_in()
    old = browser.token
    got = send(clock_server, d.host, "GET", "/session", cookie(old))
    clock_server.advance(1801)
    browser.session()
    assert browser.token != old
    browser.session()
    clock_server.advance(61)
    assert named(clock_server, got, answer=False) == "token_replaced"
    # Looking has changed nothing: the session lives until the old token is really used.
    assert browser.is_signed_in
    after = send(clock_server, d.host, "GET", "/session", cookie(old))
    assert named(clock_server, after) in ("token_unknown", "token_replaced")


@pytest.mark.parametrize("setting,seconds,code", [
    ("session_validity_period", 7200, "session_expired"), ("session_inactive_timeout", 3600, "session_idle")])
def test_V69_a_session_past_its_limit_is_named(clock_server, setting, seconds, code):
    d = clock_server.public_deployment().set(**{f"auth_settings__{setting}": seconds})
    browser, _ = d.signed_in()
    clock_server.advance(seconds + 1)
    assert named(clock_server, send(clock_server, d.host, "GET", "/session", cookie(browser.token))) == code


def test_V69_plain_http_to_a_public_host_is_named(server, site):
    got = send(server, site.host, source=UNLISTED, https=False)
    assert got.answer.code == "TLS_REQUIRED"
    assert codes(examine(server, got.curl("http"), peer="")) == ["cookie_secure_over_http"]


# ---- what a proxy does to the answer ----

def rewritten(capture, change):
    """The answer as it leaves a proxy that rewrites."""
    headers = [change(k, v) for k, v in capture.answer.headers]
    capture.answer.headers = [h for h in headers if h]
    return capture


def flags(old, new):
    return lambda k, v: (k, v.replace(old, new) if k == "Set-Cookie" else v)


@pytest.mark.parametrize("change,code", [
    (flags("; Secure", ""), "set_cookie_prefix"),
    (flags("Path=/;", "Path=/auth;"), "set_cookie_prefix"),
    (flags("; HttpOnly", "; Domain=other.example; HttpOnly"), "cookie_domain_mismatch"),
    (flags("Max-Age=2592000", "Expires=Thu, 01 Jan 2015 00:00:00 GMT"), "set_cookie_expired"),
    (lambda k, v: None if k == "Set-Cookie" else (k, v), "set_cookie_stripped"),
    (lambda k, v: None if k == "X-Request-Id" else (k, v), "not_our_answer"),
    (lambda k, v: None if k == "Access-Control-Allow-Credentials" else (k, v), "cors_stripped"),
    (lambda k, v: (k, "*") if k == "Access-Control-Allow-Origin" else (k, v), "cors_stripped"),
], ids=["flags", "path", "domain", "expires", "no-cookie", "foreign", "no-credentials", "star"])
def test_a_proxy_that_rewrites_the_answer_is_named(server, site, change, code):
    got = rewritten(send(server, site.host, "GET", "/session", *page(site)), change)
    assert code in codes(examine(server, got.raw(), got.raw_answer()))


def test_same_site_none_without_secure_is_named(server, site):
    site.set(cookie_same_site="none")
    got = rewritten(send(server, site.host, "GET", "/session", *page(site)), flags("; Secure", ""))
    assert "set_cookie_without_secure" in codes(examine(server, got.raw(), got.raw_answer()))


def test_cors_said_twice_is_named(server, site):
    got = send(server, site.host, "GET", "/session", *page(site))
    got.answer.headers.append(("Access-Control-Allow-Origin", site.origin))
    assert "cors_twice" in codes(examine(server, got.raw(), got.raw_answer()))


def test_a_host_rewritten_on_the_way_is_named_from_the_browsers_side(server, site):
    """The browser asked the right host; the answer says that another arrived."""
    asked = send(server, site.host, "GET", "/session", *page(site))
    asked.answer = send(server, "backend.internal").answer
    assert codes(examine(server, asked.har(), peer=""))[0] == "host_rewritten"


def test_a_proxy_that_does_not_say_https_is_named_from_the_browsers_side(server, site):
    browser, _ = site.signed_in()
    asked = send(server, site.host, "GET", "/session", cookie(browser.token), *page(site))
    asked.answer = send(server, site.host, https=False).answer
    assert codes(examine(server, asked.har(), peer="")) == ["forwarded_proto_missing"]


@pytest.mark.parametrize("off", [-3600, 900])
def test_a_wrong_clock_of_the_browser_is_named(server, site, off):
    browser, _ = site.signed_in()
    got = send(server, site.host, "GET", "/session", cookie(browser.token), *page(site))
    at = email.utils.parsedate_to_datetime(got.answer.header("Date")) + datetime.timedelta(seconds=off)
    assert codes(examine(server, got.har(at.strftime("%Y-%m-%dT%H:%M:%S.123Z")), peer="")) == ["clock_skew"]


# ---- what is well, the forms, and what is never shown ----

@pytest.mark.parametrize("form", ["raw", "curl", "curl_v", "http2", "har"])
def test_every_form_of_capture_is_read_and_a_browser_that_is_well_is_told_so(server, site, form):
    browser, who = site.signed_in()
    got = send(server, site.host, "GET", "/session", cookie(browser.token), *page(site))
    assert got.answer.data["active_signin"]
    found = examine(server, getattr(got, form)(), peer="")
    assert found["verdict"] == "signed_in" and found["findings"] == [], found
    assert any(who.id in s["saw"] for s in found["steps"])


def test_a_url_with_a_development_token_is_enough(server, staging):
    browser, _ = staging.signed_in()
    found = examine(server, f"https://{staging.host}/session?__dev_session__={browser.token}", peer="")
    assert found["verdict"] == "signed_in" and found["findings"] == []


@pytest.mark.parametrize("text", [
    "", "hello", "GET", "GET /session HTTP/1.1", "{}", "[1]", "{" * 3000, '{"log":{"entries":[]}}', "curl", "curl -H", "curl 'ftp://x/'",
    "GET /session HTTP/1.1\nHost: x\nno colon", "> GET", ":authority", "\n\n\nHTTP/1.1 200 OK", "GET /session HTTP/1.1\n" + "A: b\n" * 80,
    "https://", "{\"request\":{\"url\":5}}", "\x00"])
def test_nonsense_is_refused_with_a_sentence_that_does_not_quote_it(server, text):
    got = ask(server, text)
    assert got.status == 400 and got.json["error"]
    assert server.admin("GET", "/healthz").status == 200


@pytest.mark.parametrize("text,code", [
    ("GET /session HTTP/1.1\nHost: a.example\nHost: b.example\n", "request_unreadable"),
    ("GET /session HTTP/1.1\nHost: a example\n", "request_unreadable"),
    ("GET /session HTTP/1.1\nHost: a.example\nX-Bad Name: 1\n", "request_unreadable")])
def test_what_the_edge_refuses_is_told_so(server, text, code):
    assert codes(examine(server, text)) == [code]


def test_a_token_that_is_pasted_appears_nowhere(server, site):
    browser, _ = site.signed_in()
    token = browser.token
    got = send(server, site.host, "GET", f"/session?__dev_session__={token}", cookie(token), *page(site))
    for text in (got.raw(), got.curl(), got.har(), got.curl_v(), got.raw().replace("__Host-session", "__session")):
        for accept in ("application/json", "text/plain"):
            said = ask(server, text, got.raw_answer(), LISTED, accept=accept)
            assert said.status == 200 and token not in said.text and token[:8] not in said.text
    assert token not in server.log() and token[:8] not in server.log()


MISPLACED = {
    "a cookie without a name": "GET /session HTTP/1.1\nHost: HOST\nX-Forwarded-Proto: https\nCookie: TOKEN; a=b\n",
    "a quoted cookie with a semicolon": "GET /session HTTP/1.1\nHost: HOST\nX-Forwarded-Proto: https\nCookie: foo=\"a;TOKEN\"\n",
    "no request line": "__Host-session=TOKEN; theme=dark\nHost: HOST\n",
    "an escaped question mark": "GET /session%3F__dev_session__=TOKEN HTTP/1.1\nHost: HOST\nX-Forwarded-Proto: https\n",
    "a path": "GET /magic/TOKEN HTTP/1.1\nHost: HOST\nX-Forwarded-Proto: https\n",
    "a path behind a long one": f"GET /{'a/' * 240}TOKEN HTTP/1.1\nHost: HOST\nX-Forwarded-Proto: https\n",
    "a host": "GET /session HTTP/1.1\nHost: TOKEN.example\n",
    "an origin": "GET /session HTTP/1.1\nHost: HOST\nX-Forwarded-Proto: https\nOrigin: https://TOKEN\n",
    "a preflight": "OPTIONS /session HTTP/1.1\nHost: HOST\nX-Forwarded-Proto: https\nOrigin: https://x.example\n"
                   "Access-Control-Request-Method: TOKEN\nAccess-Control-Request-Headers: TOKEN\n",
    "the scheme": "GET /session HTTP/1.1\nHost: HOST\nX-Forwarded-Proto: TOKEN\n",
    "an answer": "GET /session HTTP/1.1\nHost: HOST\nX-Forwarded-Proto: https\n\nHTTP/1.1 200 OK\nX-Request-Id: a\n"
                 "Set-Cookie: __session=TOKEN; Domain=TOKEN; Expires=TOKEN; SameSite=TOKEN\n",
    "a user of a URL": "https://TOKEN:opensesame@HOST/session\n",
    "a user of a command": "curl 'https://alice:opensesame@HOST/session'",
}


@pytest.mark.parametrize("text", MISPLACED.values(), ids=MISPLACED.keys())
def test_a_secret_that_stands_where_none_belongs_is_not_repeated(server, site, text):
    """All of these were repeated whole: in steps, in findings, in commands to be pasted."""
    token = site.signed_in()[0].token
    for accept in ("application/json", "text/plain"):
        said = ask(server, text.replace("HOST", site.host).replace("TOKEN", token), "", LISTED, accept=accept)
        assert said.status == 200 and token[:8] not in said.text and "opensesame" not in said.text


def test_what_a_terminal_obeys_is_spelled_out(server):
    """A C1 control is one character, which a terminal takes for ESC [. Captures come from strangers."""
    url = "https://a\u009b31m\u001b[31m\u202egnp/x"
    for accept in ("application/json", "text/plain"):
        said = ask(server, json.dumps({"request": {"url": url, "method": "G\u009b2JET", "headers": []}}), "", LISTED, accept=accept)
        assert said.status == 200 and not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", said.text.replace("\\n", "")), said.text


def test_a_finding_about_something_long_is_still_told(server, site):
    """It was empty: a long path did not fit into its sentence."""
    found = examine(server, f"GET /{'a/' * 3000} HTTP/1.1\nHost: {site.host}\nX-Forwarded-Proto: https\n")["findings"][0]
    assert found["code"] == "path_unknown" and found["means"].startswith("There is no path /a/a/") and len(found["means"]) < 600


def test_examining_writes_nothing(server, site):
    browser, _ = site.signed_in()
    got = send(server, site.host, "GET", "/session", cookie(browser.token), *page(site))
    before = site.rows(), site.audit()
    for text in (got.raw(), got.raw().replace(browser.token, secrets.token_urlsafe(32))):
        examine(server, text)
    assert (site.rows(), site.audit()) == before


def test_a_checks_rule_is_named_and_no_alarm_is_raised(server, site):
    """Examining one wrote check.unreadable into the log, as if a proxy had asked."""
    before = server.log().count("check.unreadable")
    found = examine(server, f"GET /session/check?bogus=1 HTTP/1.1\nHost: {site.host}\nX-Forwarded-Proto: https\n")
    assert codes(found) == ["refused"] and found["findings"][0]["means"].endswith("the rule of this check: a parameter is unknown.")
    assert server.log().count("check.unreadable") == before


# ---- who may ask ----

def test_the_page_is_a_form_without_script(server):
    got = server.admin("GET", "/doctor")
    assert got.status == 200 and "<form method=\"post\" action=\"/doctor/request\"" in got.text and "<script" not in got.text
    policy = got.header("Content-Security-Policy")
    assert "default-src 'none'" in policy and "form-action 'self'" in policy and "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("method,path", [("GET", "/doctor"), ("POST", "/doctor/request")])
@pytest.mark.parametrize("host", ["rebound.example", "127.0.0.1.rebound.example", ""])
def test_a_name_led_here_by_dns_gets_nothing(server, method, path, host):
    got = Response(*exchange(("127.0.0.1", server.admin_port), method, path, [("Host", host)] if host else [("Host", "x")], b""))
    assert got.status == 403


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:1", "http://127.0.0.1"])
def test_another_page_may_not_ask(server, site, origin):
    got = ask(server, f"https://{site.host}/session", headers=[("Origin", origin)])
    assert got.status == 403 and not got.all("Access-Control-Allow-Origin")


def test_its_own_page_may_ask(server, site):
    assert ask(server, f"https://{site.host}/session", headers=[("Origin", f"http://127.0.0.1:{server.admin_port}")]).status == 200


def test_the_public_listener_has_none_of_it(server, site):
    assert send(server, site.host, "GET", "/doctor").answer.status == 404
    assert send(server, site.host, "POST", "/doctor/request", body=b"").answer.status == 404


# ---- the command ----

def doctor(server, *args, stdin=""):
    where = ["--database", server.database] if server.database else []
    return run("doctor", "--data", server.data, *where, *args, stdin=stdin)


def lines(done):
    return [json.loads(x) for x in done.stdout.splitlines()]


def test_the_command_says_the_same_with_and_without_a_server(new_server, tmp_path):
    s = new_server()
    with s:
        d = s.public_deployment()
        browser, _ = d.signed_in()
        got = send(s, d.host, "GET", "/session", cookie(browser.token[:20]), *page(d))
        (tmp_path / "request").write_text(got.raw())
        (tmp_path / "answer").write_text(got.raw_answer())
        with_server = doctor(s, "--json", "--request", tmp_path / "request", "--response", tmp_path / "answer", "--peer", LISTED)
        assert with_server.returncode == 1, with_server.stderr
        assert codes(json.loads(with_server.stdout))[0] == "token_malformed"
    without = doctor(s, "--json", "--request", "-", "--peer", LISTED, "--trusted-proxy", LISTED, stdin=got.raw())
    assert without.returncode == 1, without.stderr
    assert codes(json.loads(without.stdout))[0] == "token_malformed"
    well = got.raw().replace(browser.token[:20], browser.token)
    without = doctor(s, "--request", "-", "--peer", LISTED, "--trusted-proxy", LISTED, stdin=well)
    assert without.returncode == 0 and "signed in" in without.stdout and browser.token not in without.stdout


@pytest.mark.parametrize("running", [True, False])
def test_F43_the_installation_is_looked_over(new_server, running):
    s = new_server()
    with s:
        d = s.deployment()
        d.set(maintenance_mode="true")
        if running:
            done = doctor(s, "--json")
    if not running:
        done = doctor(s, "--json")
    said = {x["check"]: x for x in reversed(lines(done))}
    # The tests' own PostgreSQL runs without fsync, and is told so.
    assert {x["check"] for x in lines(done) if x["level"] == "problem"} == ({"database"} if s.database else set())
    assert done.returncode == (1 if s.database else 0) and ("fsync is off" in done.stdout) == bool(s.database)
    assert {"configuration", "data directory", "disk", "master key", "clock", "database", "outbox", "sweep", "deployments"} <= said.keys()
    assert ("a server runs on it" in said["database"]["means"]) == running
    assert any(x["level"] == "warning" and "maintenance_mode=false" in (x["mend"] or "") for x in lines(done))


def test_F43_modes_of_files_are_problems(new_server):
    s = new_server()
    with s:
        s.deployment()
    s.data.chmod(0o755)
    (s.data / "master.key").chmod(0o644)
    done = doctor(s, "--json")
    assert done.returncode == 1
    assert {x["check"] for x in lines(done) if x["level"] == "problem"} >= {"data directory", "master key"}


def test_F43_no_database_and_no_key_are_problems_and_none_is_made(tmp_path):
    (tmp_path / "data").mkdir(mode=0o700)
    done = run("doctor", "--data", tmp_path / "data", "--json")
    assert done.returncode == 1 and {"database", "master key"} <= {x["check"] for x in lines(done) if x["level"] == "problem"}
    assert list((tmp_path / "data").iterdir()) == []


def test_F43_a_master_key_of_another_database_is_a_problem(new_server):
    s = new_server()
    with s:
        s.deployment()
    (s.data / "master.key").write_bytes(bytes(32))
    done = doctor(s, "--json")
    assert done.returncode == 1 and done.stderr == ""
    assert [x["level"] for x in lines(done) if x["check"] == "master key"] == ["ok", "problem"], done.stdout


def test_F43_a_database_that_went_away_is_a_problem(tmp_path):
    """The server runs, and what asks it is told what it cannot do."""
    with contextlib.ExitStack() as postgresql:
        s = Server(tmp_path, database=new_database(postgresql.enter_context(pgserver.server()))).start()
    done = doctor(s, "--json")
    s.kill()
    assert done.returncode == 1 and done.stderr == ""
    assert "database" in {x["check"] for x in lines(done) if x["level"] == "problem"}, done.stdout


def test_F43_a_picture_program_that_is_not_there_is_a_problem(server, tmp_path):
    alone = shutil.copy(binary(), tmp_path / "sessiond")
    done = subprocess.run([alone, "doctor", "--data", tmp_path, "--json"], text=True, capture_output=True, timeout=60)
    assert "pictures" in {x["check"] for x in lines(done) if x["level"] == "problem"}
    assert "pictures" not in {x["check"] for x in lines(doctor(server, "--json")) if x["level"] == "problem"}


@pytest.mark.parametrize("args,check", [
    (["--trusted-proxy", "0.0.0.0/0"], "trusted proxies"), (["--admin-listen", "0.0.0.0:9090"], "listeners"),
    (["--listen", "0.0.0.0:8080"], "listeners")])
def test_F43_listeners_and_proxies_that_do_not_go_together(new_server, args, check):
    s = new_server()
    with s:
        s.deployment()
        done = doctor(s, "--json", *args)
    assert any(x["check"] == check and x["level"] != "ok" for x in lines(done)), done.stdout


def test_F43_servers_that_do_not_answer_are_named_within_seconds(new_server):
    with new_server() as s:
        d = s.deployment()
        d.set(smtp_host="127.0.0.1", smtp_port=9, smtp_security="starttls")
        d.set(sms_webhook_url="http://127.0.0.1:9/secret-path")
        done = doctor(s, "--json", "--deployment", d.host)
    problems = {x["check"]: x["means"] for x in lines(done) if x["level"] == "problem"}
    assert done.returncode == 1 and {"mail", "text messages"} <= problems.keys()
    assert "secret-path" not in done.stdout


def test_F43_a_deployment_that_is_not_there(server):
    done = doctor(server, "--json", "--deployment", "nobody.example")
    assert done.returncode == 1 and any("nobody.example" in x["means"] for x in lines(done))


def test_F43_no_secret_is_in_a_report(server):
    done = doctor(server)
    assert (server.data / "master.key").read_bytes().hex() not in done.stdout
    if server.database:
        assert "password" not in done.stdout
    assert PASSWORD not in done.stdout
