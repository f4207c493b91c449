"""The session cookie: CKI-01 … CKI-13. claims.py holds every Set-Cookie of the whole run to CKI-01 … CKI-05."""
# SPDX-License-Identifier: Apache-2.0
import pytest

NAME = "__Host-session"


def user_of(browser, cookie, **kw):
    """Whom does this Cookie field sign in? None: nobody."""
    got = browser.get("/session", cookie=cookie, keep=False, **kw)
    assert got.status == 200, got
    return got.data["user"] and got.data["user"]["id"]


def test_CKI01_03_attributes(production):
    name, _, attributes = production.browser().get("/session").cookie
    assert name == NAME and "domain" not in attributes
    assert attributes["samesite"] == "Lax" and attributes["path"] == "/" and "secure" in attributes and "httponly" in attributes
    assert int(attributes["max-age"]) == 30 * 86400


def test_CKI03_same_site_none_is_an_explicit_setting(server):
    d = server.deployment(cookie_same_site="none")
    assert d.browser().get("/session").cookie[2]["samesite"] == "None"


def test_CKI06_a_lifetime_beyond_400_days_is_refused_or_cut(server, production):
    done = server.try_cli("deployment", "set", production.host, f"auth_settings.session_validity_period={500 * 86400}")
    max_age = int(production.browser().get("/session").cookie[2]["max-age"])
    assert max_age <= 34560000
    assert done.returncode == 0 or "session_validity_period" in done.stderr


def test_CKI07_several_cookie_fields(production):
    browser, who = production.signed_in()
    assert user_of(browser, "theme=dark", headers=[("Cookie", f"lang=en; {NAME}={browser.token}")]) == who.id


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["victim first", "attacker first"])
@pytest.mark.parametrize("fields", ["one field", "two fields"])
def test_CKI08_V26_twins_are_nobody(production, order, fields):
    """Which of two same-named cookies comes first means nothing, so neither counts."""
    tokens = [production.signed_in()[0].token for _ in range(2)]
    a, b = (f"{NAME}={tokens[i]}" for i in order)
    browser = production.browser()
    if fields == "one field":
        assert user_of(browser, f"{a}; {b}") is None
    else:
        assert user_of(browser, a, headers=[("Cookie", b)]) is None


@pytest.mark.parametrize("name", ["__HOST-session", "__host-session", "__Host-Session", "__session", "session", " __Host-session2"])
def test_CKI09_only_the_one_name_in_its_one_case(production, name):
    browser, _ = production.signed_in()
    assert user_of(browser, f"{name}={browser.token}") is None


def test_CKI10_sign_out_keeps_the_container_and_its_cookie(production):
    browser, _ = production.signed_in()
    out = browser.post("/session/sign-out")
    assert out.status == 200 and out.data["signins"] == []
    assert browser.get("/session").token is None


def test_CKI11_no_cookie_over_clear_transport(server):
    d = server.public_deployment()
    for headers in ([], [("X-Forwarded-Proto", "https")], [("Forwarded", "proto=https")]):
        got = d.browser(source="127.0.0.2").get("/session", headers=headers)
        assert (got.status, got.code, got.token) == (403, "TLS_REQUIRED", None), headers
    listed = d.browser().get("/session", headers=[])
    assert listed.status == 200 and listed.token
    for word in ("http", "ftp", "", "https, http"):
        got = d.browser(source="127.0.0.1").get("/session", headers=[("X-Forwarded-Proto", word)])
        assert got.status == 403 and got.token is None, word


@pytest.mark.parametrize("cookie", [
    "", ";", ";;;", "=", "=x", "x", "x; y; z", f"{NAME}", f"{NAME}=", f'{NAME}="quoted"', f"{NAME}=a=b", f"{NAME}=a,b",
    f"{NAME}=%00", f"{NAME}=\t", f"{NAME} = x", "a=1;" * 1000, f"{NAME}=" + "A" * 4096, "\x7f=\x7f", "é=ü"])
def test_CKI12_malformed_cookies_are_ignored_or_refused(production, cookie):
    got = production.browser().get("/session", cookie=cookie.encode().decode("latin-1"))
    assert got.status in (200, 400, 431)
    assert got.status != 200 or got.data["active_signin"] is None


def test_CKI12_a_good_cookie_among_odd_ones_still_counts(production):
    browser, who = production.signed_in()
    for odd in ("x", "=", "a=b=c", 'q="1; 2"'):
        assert user_of(browser, f"{odd}; {NAME}={browser.token}") == who.id


def test_CKI12_header_floods_are_431(production):
    for cookie in ("a=1; " * 5000, f"{NAME}=" + "A" * 65536):
        assert production.browser().get("/session", cookie=cookie).status == 431


def test_CKI13_a_shared_domain_uses_the_other_name_and_only_that(server):
    d = server.public_deployment(frontend_host="example.net", cookie_domain="example.net")
    who = d.person()
    browser = d.browser()
    name, token, attributes = browser.sign_in(who).cookie
    assert name == "__session" and attributes["domain"].lstrip(".") == "example.net"
    assert user_of(browser, f"__session={token}") == who.id
    assert user_of(browser, f"{NAME}={token}") is None


def test_cookie_domain_must_cover_the_backend_host(server):
    d = server.public_deployment()
    assert server.try_cli("deployment", "set", d.host, "cookie_domain=example.com").returncode != 0


def test_the_token_never_travels_elsewhere(production):
    """CKI-02 is checked on each answer by claims.py; here: not in any body that tells of the session either."""
    browser, _ = production.signed_in()
    for path in ("/session", "/me", "/me/signins", "/deployment", "/session/token"):
        assert browser.token not in browser.get(path).text
