"""F-38, OPS-01: no secret in any log, on stderr, in metrics, or in a plain column."""
# SPDX-License-Identifier: Apache-2.0
import base64
import json
import re
import secrets
import urllib.parse

import pytest

import contacts
import mailbox
import pictures
import totp
from authenticator import register
from client import Browser, Raw
from flows import OTP, code_to, link_to, open_link, prepare, reset_token, start, verify
from test_factors import ON
from test_invitations import form as invited_form, invite
from test_second_step import Owner


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


# ---- what the server itself makes and tells to one person: codes, links, tokens, seeds ----

class Listening(Browser):
    """Keeps every answer, header fields and all."""
    heard = []

    def send(self, method, path, *args, **kw):
        got = super().send(method, path, *args, **kw)
        self.heard.append((path, str(got.headers).encode() + got.body))
        return got


# Told in the answer of one route, to whoever asked for it.
TOLD_BY = {"seed": "/me/authenticator", "backup code": "/me/backup-codes", "reset token": "/auth/forgot-password"}


@pytest.fixture(scope="module")
def made(new_server):
    """(server, {kind: [secret, secret]}, answers): each kind of secret made twice, used wrongly, then used."""
    with new_server(env={"SESSIOND_LOG_LEVEL": "debug"}) as server:
        secrets_made, heard = {}, []
        for _ in range(2):
            for kind, secret in make_everything(server, heard):
                secrets_made.setdefault(kind, []).append(secret)
        yield server, secrets_made, heard


def make_everything(server, heard):
    d = server.deployment("production", **OTP, **ON, auth_settings__second_factor_policy="optional")
    d.browser = lambda **kw: Listening(d, **kw)
    Listening.heard = heard
    owner = Owner(d)
    seed, backup = owner.app.secret, owner.codes[0]
    yield "seed", seed
    yield "backup code", backup
    yield "code for a number", mailbox.latest(d, "+1" + owner.number)["vars"]["code"]
    browser = d.browser()
    attempt = browser.sign_in(owner.who).attempt
    prepare(browser, attempt, last_digits=owner.number[-4:])
    yield "second factor's code", code_to(d, "+1" + owner.number)
    verify(browser, attempt, "AAAA-AAAA")
    verify(browser, attempt, backup)
    who, browser = d.person(), d.browser()
    attempt = start(browser, email=who.email).attempt
    prepare(browser, attempt)
    code = code_to(d, who.email, "sign_in_code")
    yield "sign-in code", code
    d.browser().post("/auth/attempt-verification", {"verification_code": code}, {"attempt_identifier": "signin_attempt_1", "identifier_type": "signin"})
    verify(browser, attempt, code)
    verify(browser, attempt, code)
    browser = d.browser()
    prepare(browser, start(browser, "magic_link", email=who.email).attempt)
    link = link_to(d, who.email)
    yield "link", link["token"]
    open_link(browser, {**link, "attempt": "signin_attempt_1"})
    open_link(browser, link, headers=[("Sec-Fetch-Mode", "navigate")])
    open_link(browser, link)
    browser = d.browser()
    token = reset_token(browser, who.email)
    yield "reset code", code_to(d, who.email, "reset_code")
    yield "reset token", token.split(".")[1]
    browser.get("/auth/reset-password", {"token": token})
    browser.post("/auth/reset-password", {"token": token, "password": "short"})
    browser.post("/auth/reset-password", {"token": token, "password": "amber-walrus-sings"})
    value = contacts.EMAIL.fresh()
    id_ = contacts.EMAIL.add(browser, value).data["id"]
    code = contacts.EMAIL.code(browser, id_, value)
    yield "code for an address", code
    contacts.EMAIL.attempt(browser, id_, code)
    passkey, _ = register(browser)
    fresh = d.browser()
    body = passkey.get(fresh.post("/auth/passkey/login/begin").data["options"], fresh.origin)
    yield "passkey's signature", body["signature"]
    fresh.post("/auth/passkey/login/finish", {**body, "userHandle": "AAAA"})
    fresh.post("/auth/passkey/login/finish", body)
    d.set(restrictions__sign_up_mode="restricted")
    _, token = invite(d, "invited@example.org")
    yield "invitation", token
    d.browser().get("/deployment/invitations/validate", {"token": token})
    d.browser().post("/auth/signup", invited_form("other@example.org", token))
    d.browser().post("/auth/signup", invited_form("invited@example.org", token))


def is_told(secret, haystack):
    """Long ones in any spelling; a short one where it stands by itself."""
    if len(secret) < 12:
        return re.search(rb"(?<![0-9A-Za-z])" + re.escape(secret.encode()) + rb"(?![0-9A-Za-z])", haystack) is not None
    return any(f in haystack for f in forms(secret))


def told_kinds(made_secrets, haystack):
    """Six digits meet by chance; both of a kind do not."""
    return sorted(kind for kind, both in made_secrets.items() if all(is_told(s, haystack) for s in both))


def test_F38_what_is_made_is_made_twice(made):
    _, secrets_made, heard = made
    assert len(secrets_made) >= 11 and all(len(set(both)) == 2 for both in secrets_made.values()) and len(heard) > 60


@pytest.mark.parametrize("where", ["log", "metrics", "rest", "output"])
def test_F38_no_code_link_token_or_seed(made, where):
    server, secrets_made, _ = made
    haystack = {"log": server.log_path.read_bytes, "metrics": lambda: server.admin("GET", "/metrics").body,
                "rest": server.stored_bytes, "output": lambda: "\n".join(server.stdout).encode()}[where]()
    assert told_kinds(secrets_made, haystack) == []


def test_F38_no_code_link_token_or_seed_in_an_answer(made):
    """But in the one that is for telling it."""
    _, secrets_made, heard = made
    for kind, both in secrets_made.items():
        told_at = {path for path, answer in heard if any(is_told(s, answer) for s in both)}
        assert told_at <= {TOLD_BY.get(kind)}, kind


# ---- lines, queries, events ----

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
