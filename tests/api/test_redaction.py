"""F-38, OPS-01: no secret in any log, on stderr, in metrics, or in a plain column."""
# SPDX-License-Identifier: Apache-2.0
import base64
import json
import secrets
import urllib.parse

import pytest

import contacts
import pictures
from client import Raw


def forms(secret):
    """A secret as it may hide: raw, hex, base64, base64url, URL- and JSON-escaped."""
    raw = secret.encode()
    found = {raw, raw.hex().encode(), raw.hex().upper().encode(), urllib.parse.quote(secret).encode(), json.dumps(secret)[1:-1].encode()}
    for shift in range(3):
        # Inside a longer encoded text: the middle that does not depend on what stands around.
        encoded = base64.b64encode(b"x" * shift + raw)[4 if shift else 0:][:-4]
        found |= {encoded, encoded.replace(b"+", b"-").replace(b"/", b"_")}
    return {f for f in found if len(f) >= 12}


@pytest.fixture(scope="module")
def told(new_server):
    """(server, canaries): a server at its most talkative, after each canary went in where it belongs and where it does not."""
    with new_server(env={"SESSIOND_LOG_LEVEL": "debug"}) as server:
        yield server, tell_everything(server)


def tell_everything(server):
    canary = {}

    def secret(name):
        canary[name] = f"canary-{secrets.token_hex(12)}-Ü{name[:3]}"
        return canary[name]

    d, s = server.deployment(), server.deployment("staging")
    canary["secret key"] = d.secret_key
    who = d.person(password=secret("operator's password"))
    browser, _ = d.signed_in(who)
    canary["session token"] = browser.token
    canary["jwt"] = browser.get("/session/token").data["token"]
    browser.post("/auth/signin", {"email": who.email, "password": secret("wrong password")})
    browser.post("/auth/signin", {"email": secret("password as email"), "password": secret("its password")})
    browser.post("/auth/signin", {"username": secret("password as username"), "password": secret("2 password")})
    canary["password as username, and like one"] = f"canary.{secrets.token_hex(12)}"
    browser.post("/auth/signin", {"username": canary["password as username, and like one"], "password": "x-x-x-x-x"})
    browser.post("/auth/signup", {"first_name": "A", "last_name": "B", "email": "a@example.org", "username": "abc", "password": secret("sign-up password")})
    browser.post("/auth/signup", {"email": "a@example.org", "password": secret("password of a refused sign-up")})
    browser.post("/auth/signup", {"invite_token": secret("invite"), "email": "b@example.org", "password": "short"})
    browser.post("/auth/attempt-verification", {"verification_code": secret("code")}, {"attempt_identifier": "x", "identifier_type": "signin"})
    browser.post("/auth/identify", {"identifier": "a@example.org", "challenge_token": secret("challenge")})
    browser.post("/auth/oauth2/init", {}, {"provider": "google_oauth", "redirect_uri": secret("redirect")})
    mine, owner = d.signed_in()
    mine.post("/me/update-password", {"current_password": secret("wrong current password"), "new_password": secret("new password of a refused change")})
    mine.post("/me/update-password", {"current_password": owner.password, "new_password": secret("new password")})
    mine.post("/me/remove-password", {"current_password": secret("password to remove")})
    mine.post("/me/account/delete", {"password": secret("password to delete with")})
    address = contacts.EMAIL.add(mine).data["id"]
    contacts.EMAIL.prepare(mine, address)
    mine.post(f"/me/email-addresses/{address}/attempt-verification", None, {"code": secret("code in a query")[:16]})
    contacts.EMAIL.attempt(mine, address, secret("a code"))
    mine.post("/me/sso-connection-callback", None, {"code": secret("provider's code"), "state": secret("state")})
    mine.get("/auth/oauth2/callback", {"code": secret("provider's code at sign-in"), "state": secret("state at sign-in")})
    pictures.upload(mine, pictures.png(more=pictures.chunk(b"tEXt", b"Comment\0" + secret("metadata of a picture").encode())))
    pictures.upload(mine, secret("no picture").encode())
    browser.get("/session", {"ticket": secret("query"), "__dev_session__": secret("query token")})
    browser.get("/session/token", {"template": secret("template")})
    browser.send("GET", "/session", cookie="__Host-session=" + secret("bad cookie").replace("Ü", "U"))
    browser.send("GET", "/session", headers=[("Authorization", "Bearer " + secret("bearer").replace("Ü", "U"))], token=None, keep=False)
    browser.send("POST", "/auth/signin", body=f'{{"password": "{secret("broken json")}"'.encode(), content_type="application/json")
    browser.send("POST", "/auth/signin", body=secret("text body").encode(), content_type="text/plain")
    browser.send("PUT", "/auth/signin", fields={"password": secret("wrong method")})
    browser.post("/nothing/" + secret("path").replace("Ü", "U"), {"password": secret("wrong path")}, {"code": secret("path query")})
    staging = s.signed_in()[0]
    canary["staging token"] = staging.token
    staging.get("/nothing")
    for name, message in (("framing", "POST /auth/signin HTTP/1.1\r\nHost: {h}\r\nContent-Length: x\r\nCookie: {c}\r\n\r\n"),
                          ("huge", "POST /auth/signin HTTP/1.1\r\nHost: {h}\r\nContent-Length: 999999\r\nCookie: {c}\r\n\r\n"),
                          ("cut", "POST /auth/signin HTTP/1.1\r\nHost: {h}\r\nContent-Length: 999\r\n\r\npassword={c}")):
        with Raw(server) as raw:
            raw.send(message.format(h=d.host, c=secret(name).replace("Ü", "U")).encode())
            raw.sock.shutdown(1)
            raw.read_all()
    server.cli("user", "create", "--deployment", d.host, "--email", "d@example.org", "--username", "dddd", stdin=secret("cli password") + "\n")
    return canary


def hits(canaries, haystack):
    return sorted({k for k, v in canaries.items() for spelling in (v, v.replace("Ü", "U")) for f in forms(spelling) if f in haystack})


def test_F38_nothing_in_the_log(told):
    server, canaries = told
    assert len(canaries) >= 25
    log = server.log_path.read_bytes()
    assert log.count(b"\n") > 20, "it did talk"
    assert hits(canaries, log) == []


def test_F38_nothing_in_metrics(told):
    server, canaries = told
    assert hits(canaries, server.admin("GET", "/metrics").body) == []


def test_F38_nothing_at_rest(told):
    server, canaries = told
    assert hits(canaries, server.stored_bytes()) == []


def test_F38_nothing_on_standard_output(told):
    server, canaries = told
    assert hits(canaries, "\n".join(server.stdout).encode()) == []


def test_API07_a_line_in_the_log_is_one_line(server, production):
    """User text with line ends cannot write a line of its own."""
    mark = secrets.token_hex(8)
    browser = production.browser()
    browser.post("/auth/signin", {"email": f"a@example.org\r\nlevel=error event={mark}", "password": "x-x-x-x-x"})
    browser.post("/auth/signup", {"first_name": f"a\nevent={mark}", "email": "a@example.org", "password": "x-x-x-x-x"})
    browser.send("GET", "/session", headers=[("User-Agent", f"x\tevent={mark}")])
    browser.get(f"/nothing%0a{mark}")
    assert not [line for line in server.log().splitlines() if line.startswith((f"level=error event={mark}", f"event={mark}"))]


def test_OPS02_sign_ins_and_refusals_are_audited_and_logged(server, production):
    browser, who = production.signed_in()
    before = production.audit()
    production.browser().sign_in(who, "not-the-password")
    browser.post("/session/sign-out")
    assert len(production.audit()) >= len(before) + 1 and before
    assert len(server.log()) > 0


def test_OPS01_query_strings_are_not_logged(server, staging):
    mark = secrets.token_hex(8)
    staging.browser().get("/session", {"anything": mark})
    assert mark not in server.log()
