"""claims.py - what every answer must meet, checked on each one that any test receives."""
# SPDX-License-Identifier: Apache-2.0
import json
import re

TOKEN = re.compile(r"[A-Za-z0-9._-]{40,2048}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
ENVELOPE = ["status", "message", "data", "session", "errors"]
SLIM = ["signin_attempts", "signins", "signup_attempts", "active_signin"]
SLIM_SIGNIN = ["id", "user_id", "created_at"]


def unique_keys(pairs):
    keys = [k for k, _ in pairs]
    assert len(keys) == len(set(keys)), f"a key twice: {keys}"
    return dict(pairs)


def parse_set_cookie(field):
    """(name, value, attributes) as RFC 6265 4.1.1 lets a server write them; no repeated attribute (CKI-04)."""
    pair, *rest = field.split("; ")
    name, _, value = pair.partition("=")
    attributes = [a.partition("=")[::2] for a in rest]
    names = [a.lower() for a, _ in attributes]
    assert len(names) == len(set(names)), field
    return name, value, {a.lower(): v for a, v in attributes}


def is_bare(path):
    return path.startswith(("/.well-known/", "/captcha/")) or is_page(path)


def is_page(path):
    """HTML for a person, outside the envelope; no script of any origin reads it."""
    return path == "/auth/not-me"


def check(got, method, path, browser):
    check_transport(got, method, path, browser)
    if method in ("HEAD", "OPTIONS"):
        return
    assert got.body, f"an empty body: {got}"
    if not is_bare(path):
        check_envelope(got)


def check_transport(got, method, path, browser):
    assert got.status != 204 or method == "OPTIONS", got
    assert re.fullmatch(r"[0-9a-f]{16}", got.header("X-Request-Id") or ""), got.headers
    assert len(got.all("Set-Cookie")) <= 1, got.headers
    if browser.staging:
        assert not got.all("Set-Cookie"), got.headers
    elif got.cookie:
        check_cookie(got)
    if not browser.staging:
        assert got.header("X-Development-Session") is None, got.headers
    if got.token:
        # CKI-02: the value travels in one place only.
        assert TOKEN.fullmatch(got.token), got.token
        assert got.token.encode() not in got.body
        assert sum(got.token in v for _, v in got.headers) == 1
        assert not is_bare(path) and method != "OPTIONS", f"a token where none belongs: {got}"
    # Documents for everybody; and a request line that is too long hides what stands below it.
    if browser.origin and not path.startswith("/.well-known/") and path != "/captcha/widget.js" and not is_page(path) and got.status != 414:
        check_cors(got, browser)


def check_cookie(got):
    name, value, attributes = got.cookie
    assert name in ("__Host-session", "__session"), got.headers
    assert len(name) + len(value) <= 4096
    assert {"path", "httponly", "secure", "samesite"} <= attributes.keys(), attributes
    assert attributes["path"] == "/" and attributes["samesite"] in ("Lax", "None")
    assert 0 <= int(attributes.get("max-age", 0)) <= 34560000, attributes
    assert ("domain" in attributes) == (name == "__session"), attributes
    assert attributes.keys() <= {"path", "httponly", "secure", "samesite", "max-age", "expires", "domain"}


def check_cors(got, browser):
    """Errors too, or the browser reports only a network failure."""
    allowed = got.header("Access-Control-Allow-Origin")
    if browser.staging:
        assert allowed in ("*", browser.origin), got.headers
    elif browser.origin == browser.deployment.origin and got.status not in (403,):
        assert allowed == browser.origin, got
        assert got.header("Access-Control-Allow-Credentials") == "true", got.headers
        assert "origin" in (got.header("Vary") or "").lower(), got.headers


def check_envelope(got):
    body = json.loads(got.body, object_pairs_hook=unique_keys)
    assert list(body)[:5] == ENVELOPE and len(body) == 5, list(body)
    assert body["status"] == got.status
    assert got.header("Content-Type") == "application/json; charset=utf-8"
    assert "no-store" in (got.header("Cache-Control") or ""), got.headers
    if got.status >= 400:
        check_error(got, body)
    else:
        assert got.status == 200 and body["message"] == "" and body["errors"] == [], got
        if body["session"] is not None:
            check_slim(body["session"])


def check_error(got, body):
    assert body["data"] is None and body["session"] is None and body["errors"], got
    assert body["message"] == body["errors"][0]["message"], got
    for error in body["errors"]:
        assert isinstance(error["code"], str) and error["code"], got
        # OPS-03: one plain sentence, nothing of the inside.
        assert error["message"] and not re.search(r"SQL|sqlite|postgres|0x[0-9a-f]{6}|\.c:\d|/tmp/|NULL", error["message"]), got
    if got.status == 429 or "OVERLOADED" in got.codes:
        assert int(got.header("Retry-After")) >= 1, got.headers
    if got.status == 405:
        assert got.header("Allow"), got.headers


def check_slim(session):
    assert list(session)[:4] == SLIM, list(session)
    for signin in session["signins"] + [session["active_signin"]] * bool(session["active_signin"]):
        assert list(signin) == SLIM_SIGNIN, signin
