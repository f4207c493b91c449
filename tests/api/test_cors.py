"""Who may read answers from a browser, and who may post: contract 2.5; WEB-04, WEB-05, WEB-07."""
# SPDX-License-Identifier: Apache-2.0
import pytest

POSTS = ["/session/switch-sign-in", "/session/sign-out", "/session/switch-organization", "/session/switch-workspace",
         "/auth/identify", "/auth/signin", "/auth/signup", "/auth/oauth2/init", "/organizations", "/workspaces", "/me", "/me/signins/signin_1/signout"]

ALLOWED = ["https://{f}", "https://www.{f}", "https://a.b.{f}", "https://extra.example.org", "http://localhost:3000",
           "http://localhost", "http://127.0.0.1:8080", "http://[::1]:5173"]
REFUSED = ["null", "http://{f}", "https://{f}.evil.example", "https://evil{f}", "https://evil-{f}", "https://{f}:8443",
           "https://user@{f}", "https://{f}/", "https://{f}.", "https://{f}@evil.example", "https://evil.example/{f}",
           "https://evil.example#{f}", "https://evil.example?{f}", "ftp://{f}", "{f}", "https://", "https://.{f}", "*",
           "https://localhost.evil.example", "http://localhost:x", "http://localhost@evil.example", "https://extra.example.org.evil"]


@pytest.fixture(scope="module")
def strict(server):
    """A deployment on a loopback host with one more allowed origin."""
    return server.deployment(allowed_origins="https://extra.example.org")


def test_allowed_origins_are_echoed_with_credentials(strict):
    for pattern in ALLOWED:
        origin = pattern.format(f=strict.frontend_host)
        got = strict.browser(origin=origin).get("/session")
        assert got.header("Access-Control-Allow-Origin") == origin, origin
        assert got.header("Access-Control-Allow-Credentials") == "true"
        exposed = got.header("Access-Control-Expose-Headers").lower()
        assert "x-development-session" in exposed and "retry-after" in exposed
        assert "origin" in got.header("Vary").lower()


def test_WEB04_other_origins_get_no_permission_to_read(strict):
    for pattern in REFUSED:
        origin = pattern.format(f=strict.frontend_host)
        got = strict.browser(origin=origin).get("/session")
        assert got.header("Access-Control-Allow-Origin") is None, origin
        assert got.header("Access-Control-Allow-Credentials") is None, origin


def test_WEB04_loopback_origins_only_for_loopback_deployments(server):
    d = server.public_deployment()
    assert d.browser(origin="http://localhost:3000").get("/session").header("Access-Control-Allow-Origin") is None


def test_the_answer_varies_by_origin_even_without_one(strict):
    assert "origin" in (strict.browser(origin=None).get("/session").header("Vary") or "").lower()


@pytest.mark.parametrize("origin", ["https://anywhere.example", "http://localhost:3000"])
def test_staging_answers_any_origin_and_exposes_the_token(staging, origin):
    got = staging.browser(origin=origin).get("/session")
    assert got.header("Access-Control-Allow-Origin") in ("*", origin)
    assert got.header("Access-Control-Allow-Credentials") is None
    assert "x-development-session" in got.header("Access-Control-Expose-Headers").lower()


@pytest.mark.parametrize("path", ["/session", "/me", "/captcha/redeem", "/auth/signin"])
def test_preflight(deployment, path):
    before = deployment.rows()
    got = deployment.browser().send("OPTIONS", path, headers=[
        ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "content-type")])
    assert got.status in (200, 204) and got.token is None
    methods = [m.strip() for m in got.header("Access-Control-Allow-Methods").split(",")]
    assert methods == ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    headers = {h.strip().lower() for h in got.header("Access-Control-Allow-Headers").split(",")}
    assert headers >= {"content-type", "accept", "authorization", "x-development-session"}
    assert got.header("Access-Control-Max-Age") == "600"
    assert deployment.rows() == before


def test_preflight_of_a_stranger_permits_nothing(production):
    got = production.browser(origin="https://evil.example").send("OPTIONS", "/me", headers=[
        ("Access-Control-Request-Method", "POST")])
    assert got.header("Access-Control-Allow-Origin") is None


@pytest.mark.parametrize("path", ["/.well-known/jwks.json", "/.well-known/jwk"])
def test_key_documents_are_for_everybody(deployment, path):
    got = deployment.browser(origin="https://anywhere.example").get(path)
    assert got.header("Access-Control-Allow-Origin") == "*" and got.token is None
    assert got.header("Cache-Control") == "public, max-age=300"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://{f}", "https://{f}.evil.example"])
def test_WEB05_a_post_from_another_origin_is_refused_on_every_route(production, origin):
    browser, _ = production.signed_in()
    evil = production.browser(token=browser.token, origin=origin.format(f=production.frontend_host))
    before = production.rows()
    for path in POSTS:
        got = evil.post(path, {"first_name": "Pwned", "name": "Pwned"}, keep=False)
        assert (got.status, got.code) == (403, "FORBIDDEN"), path
        assert got.header("Access-Control-Allow-Origin") is None
    assert production.rows() == before and browser.session()["user"]["first_name"] == "Mira"


def test_WEB05_the_check_holds_with_same_site_none_too(server):
    d = server.deployment(cookie_same_site="none")
    browser, _ = d.signed_in()
    assert d.browser(token=browser.token, origin="https://evil.example").post("/session/sign-out", keep=False).status == 403
    assert browser.is_signed_in


def test_WEB05_no_origin_is_a_program_and_accepted(production):
    browser, _ = production.signed_in(origin=None)
    assert browser.post("/me", {"first_name": "Curl"}).status == 200


def test_WEB05_no_get_changes_state(production):
    browser, _ = production.signed_in()
    for path in POSTS:
        if path != "/me":
            assert browser.get(path).status == 405, path
    assert browser.is_signed_in


def test_WEB05_no_method_override(production):
    browser, _ = production.signed_in()
    got = browser.get("/session/sign-out", {"_method": "POST"}, headers=[("X-HTTP-Method-Override", "POST")])
    assert got.status == 405 and browser.is_signed_in


def test_WEB07_answers_are_never_stored(deployment):
    browser, _ = deployment.signed_in()
    for path in ("/session", "/me", "/session/token", "/deployment", "/me/signins", "/nothing"):
        assert "no-store" in browser.get(path).header("Cache-Control"), path
