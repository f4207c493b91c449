"""nginx, Caddy and HAProxy in front of an application, with the configurations of packaging/: who gets in, and as whom."""
# SPDX-License-Identifier: Apache-2.0
import http.client
import json
import posixpath
import re
import secrets
import urllib.parse

import pytest

from client import Response
from harness import Server
from proxies import HOST, Application, CaddyInFront, HaproxyInFront, NginxInFront

APP = "app.example.com"
CLIENT = "127.0.0.9"
SAID = ("X-User-Id", "X-Impersonated-By", "X-Organization-Id", "X-Organization-Roles", "X-Organization-Permissions", "X-Workspace-Id", "X-Workspace-Roles",
        "X-Workspace-Permissions", "X-Session-Token")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("server"), ["--trusted-proxy", "127.0.0.1/32"]) as s:
        yield s


@pytest.fixture(scope="module")
def deployment(server):
    """The application is another host than the sign-in server: they share the cookie of the domain above."""
    return server.deployment("production", host=HOST, frontend_host="example.com", cookie_domain="example.com")


@pytest.fixture(scope="module")
def application():
    with Application() as a:
        yield a


@pytest.fixture(scope="module", params=[NginxInFront, CaddyInFront, HaproxyInFront], ids=["nginx", "caddy", "haproxy"])
def proxy(request, server, deployment, application, tmp_path_factory):
    with request.param(tmp_path_factory.mktemp("proxy") / "run", server.port, application.port) as p:
        yield p


class Visitor:
    """A browser's session, used at the application through a proxy and at the sign-in server beside it."""

    def __init__(self, deployment, proxy):
        self.deployment, self.proxy = deployment, proxy
        self.browser, self.who = deployment.signed_in(origin="https://app.example.com", ip=CLIENT)

    def call(self, method, path, fields=None, query=None):
        """At the sign-in server; the cookie is the domain's."""
        return self.browser.send(method, path, query, fields, cookie=f"__session={self.browser.token}")

    def get(self, path="/", **kw):
        return send(self.proxy, path, cookie=f"__session={self.browser.token}", **kw)


def send(proxy, path="/", method="GET", headers=(), cookie=None, body=b"", host=APP):
    sock = proxy.connect(CLIENT)
    lines = [("Host", host), *headers]
    lines += [("Cookie", cookie)] if cookie else []
    lines += [("Content-Length", str(len(body)))] if body or method == "POST" else []
    sock.sendall(f"{method} {path} HTTP/1.1\r\n".encode() + b"".join(f"{n}: {v}\r\n".encode() for n, v in lines) + b"\r\n" + body)
    got = http.client.HTTPResponse(sock, method=method)
    got.begin()
    return Response(got.status, got.getheaders(), got.read(), f"{method} {path}")


def reached(got):
    """What the application was sent; its headers by name, as many frameworks see them."""
    assert got.status == 200, got
    seen = json.loads(got.body)
    by_name = {}
    for name, value in seen["headers"]:
        by_name.setdefault(name.lower().replace("_", "-"), []).append(value)
    return seen, by_name


def said(got):
    _, by_name = reached(got)
    assert all(len(by_name.get(n.lower(), [])) <= 1 for n in SAID), by_name
    return {n: by_name[n.lower()][0] for n in SAID if by_name.get(n.lower(), [""])[0]}


@pytest.fixture
def visitor(deployment, proxy):
    return Visitor(deployment, proxy)


def test_who_it_is(visitor):
    assert said(visitor.get()) == {"X-User-Id": visitor.who.id}
    org = visitor.call("POST", "/organizations", {"name": "Lumen"}).data["organization"]["id"]
    got = said(visitor.get("/a/b?c=d&e"))
    assert (got["X-User-Id"], got["X-Organization-Id"], got["X-Organization-Roles"]) == (visitor.who.id, org, "Admin")
    assert "organization:admin" in got["X-Organization-Permissions"].split(",")


def test_the_request_itself_comes_through(visitor):
    seen, by_name = reached(visitor.get("/a/b?c=d&e", method="POST", body=b"the body", headers=[("Content-Type", "text/plain"), ("X-Own", "1")]))
    assert (seen["method"], seen["target"], seen["body"]) == ("POST", "/a/b?c=d&e", "the body")
    assert by_name["x-own"] == ["1"] and by_name["content-type"] == ["text/plain"] and by_name["host"] == [APP]


@pytest.mark.parametrize("path", ["/", "/page?a=b&c=%2F", "/admin/"])
def test_signed_out_to_the_sign_in_page_and_back(proxy, path):
    for cookie in (None, "__session=" + "A" * 43, "other=1"):
        got = send(proxy, path, cookie=cookie, headers=[("Sec-Fetch-Mode", "navigate")])
        assert got.status == 303, got
        page, _, query = got.header("Location").partition("?")
        assert page == "https://example.com/sign-in" and urllib.parse.parse_qs(query) == {"redirect_uri": [f"https://{APP}{path}"]}
        assert not any("__session" in c for c in got.all("Set-Cookie"))


def test_a_script_gets_its_401(proxy):
    for mode in ("cors", "same-origin"):
        assert send(proxy, "/data.json", headers=[("Sec-Fetch-Mode", mode)]).status == 401


def test_12_4_a_browser_does_not_choose_where_it_is_sent(proxy):
    """The proxy's own words count, whatever the browser claims to have come by."""
    claims = [("X-Forwarded-Host", "evil.example.com"), ("X-Forwarded-Uri", "/evil"), ("X-Original-URL", "https://evil.example.com/"), ("X-Forwarded-Proto", "http"),
              ("Forwarded", "host=evil.example.com")]
    for one in [[c] for c in claims] + [claims]:
        got = send(proxy, "/page", headers=one)
        assert got.status == 303 and "evil" not in got.header("Location"), (one, got.headers)


def test_revoked_is_denied_at_the_next_request(visitor):
    assert visitor.get().status == 200
    visitor.call("POST", "/session/sign-out")
    assert visitor.get().status == 303


def test_disabled_is_denied_at_the_next_request(visitor):
    assert visitor.get().status == 200
    visitor.deployment.server.cli("user", "disable", visitor.who.id, "--deployment", HOST)
    assert visitor.get().status == 303


SPOOFS = [[(n, "user_1")] for n in SAID] + [
    [(n.lower(), "user_1") for n in SAID], [(n.replace("-", "_"), "user_1") for n in SAID], [(n.replace("-", "_", 1), "user_1") for n in SAID],
    [("X-" + n[2:].replace("-", "_"), "user_1") for n in SAID], [(n, "user_1") for n in SAID] + [("Connection", ", ".join(SAID))],
    [("X-User-Id", "user_1"), ("X-User-Id", "user_2")]]


@pytest.mark.parametrize("headers", SPOOFS, ids=[" ".join(n for n, _ in h)[:40] for h in SPOOFS])
def test_a_browser_cannot_say_who_it_is(visitor, headers):
    """Not by the name itself, nor by its twin with an underscore."""
    assert said(visitor.get(headers=headers)) == {"X-User-Id": visitor.who.id}
    assert send(visitor.proxy, headers=headers).status == 303


def test_TEN04_the_rule_of_a_path(visitor):
    assert visitor.get("/admin/").status == 403 and visitor.get("/admin/x?organization_role=Admin").status == 403
    visitor.call("POST", "/organizations", {"name": "Lumen"})
    assert said(visitor.get("/admin/x"))["X-Organization-Roles"] == "Admin"
    visitor.call("POST", "/session/switch-organization")
    assert visitor.get("/admin/").status == 403 and visitor.get("/").status == 200


def readings(target):
    """A path as applications read it: decoded, in any case, either slash, cut at a semicolon, resolved or as it stands."""
    path = re.sub(r"/+", "/", re.sub(r";[^/]*", "", urllib.parse.unquote(target).lower()).replace("\\", "/"))
    return {path, posixpath.normpath(path)}


@pytest.mark.parametrize("path", [
    "/%61dmin/", "//admin/", "/x/../admin/", "/./admin/", "/admin", "/x/%2e%2e/admin/", "/admin/%2e%2e/admin/", "/%2fadmin/", "/ADMIN/x", "/Admin",
    "/%41dmin/x", "/admin/../page", "/admin/x/../../page", "/admin/%2e%2e/page", "/admin/..%2fpage", "/admin/x%2F..%2F..%2Fpage", "/admin/..",
    "/admin;a=b/x", "/;a/admin/x", "/page/..;/admin/x", "/admin\\x", "/admin%5cx", "/admin/..\\page"])
def test_V69_another_spelling_of_the_path_is_no_way_around_the_rule(visitor, path):
    """
    Whatever the proxy makes of it: what the application is sent reads as /admin/ to nobody. nginx and Caddy compared the
    path resolved and in one case and sent it on as it was: /admin/../page, /ADMIN/ and /admin;a/ were anybody's.
    """
    got = visitor.get(path)
    if got.status == 200:
        target = reached(got)[0]["target"]
        assert not any(r.startswith("/admin") for r in readings(target)), target
    else:
        assert got.status in (301, 308, 400, 403, 404), got


@pytest.mark.parametrize("path", ["/page?next=/admin/../x;y//z", "/a.b/..c/d..", "/administration", "/x/admin"])
def test_what_only_looks_like_it_goes_through(visitor, path):
    assert reached(visitor.get(path))[0]["target"] == path


def test_V75_API03_nor_does_a_browser_say_by_which_way_it_came(visitor):
    """HAProxy and Caddy handed on the twins with underscores, nginx X-Forwarded-Host: addresses and paths that frameworks believe."""
    lies = {"X-Forwarded-For": "203.0.113.99", "X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example.com", "X-Original-URL": "/admin/",
            "X-Rewrite-URL": "/admin/", "Forwarded": "for=203.0.113.99"}
    twins = {n.replace("-", "_"): v for n, v in lies.items()} | {n.replace("-", "_", 1): v for n, v in lies.items()} | {"X-Forwarded_For": "203.0.113.99"}
    for headers in (lies, twins):
        _, by_name = reached(visitor.get(headers=list(headers.items())))
        told = {n.lower(): by_name[n.lower()] for n in lies if n.lower() in by_name}
        assert {"x-forwarded-for": [CLIENT], "x-forwarded-proto": ["https"]}.items() <= told.items()
        assert told.get("x-forwarded-host", [APP]) == [APP] and len(told) <= 3, told


def test_the_sign_in_server_is_reached_beside_the_application(visitor):
    """HAProxy answered 404 for it: what denies other hosts is looked at before the backend that was chosen above it."""
    got = send(visitor.proxy, "/session", host=HOST, cookie=f"__session={visitor.browser.token}")
    assert got.status == 200 and got.data["active_signin"]["user_id"] == visitor.who.id, got
    assert send(visitor.proxy, host="other.example.com", cookie=f"__session={visitor.browser.token}").body.find(b"target") < 0


def test_API03_the_address_is_the_browsers(server, visitor):
    """What was used last, and from where, as the server has it: not the proxy, and not what the browser claims."""
    visitor.get(headers=[("X-Forwarded-For", "203.0.113.99")])
    d = visitor.deployment
    d.set(b2b_settings__ip_allowlist_per_org_enabled="false")
    assert visitor.call("GET", "/session").data["active_signin"]["ip_address"] == CLIENT


def test_a_replaced_token_reaches_the_browser(server, visitor):
    """And beside it the application's own cookie."""
    old = visitor.browser.token
    server.advance(1801)
    got = visitor.get()
    cookies = [c for c in got.all("Set-Cookie") if c.startswith("__session=")]
    assert got.status == 200 and len(cookies) == 1 and "own=1" in got.all("Set-Cookie"), got.headers
    new = cookies[0].split(";")[0].split("=")[1]
    assert new != old and "Domain=example.com" in cookies[0] and "HttpOnly" in cookies[0]
    visitor.browser.token = new
    after = visitor.get()
    assert after.status == 200 and after.all("Set-Cookie") == ["own=1"], "and once only"


def test_a_server_that_does_not_answer_lets_nobody_in(deployment, application, tmp_path, request, proxy):
    with type(proxy)(tmp_path / "run", free := 1, application.port) as down:
        got = send(down, cookie="__session=" + secrets.token_urlsafe(32))
        assert got.status >= 400 and b"target" not in got.body, free
