"""What the log says of those who prove who they are, fail to, or are denied: OPS-02."""
# SPDX-License-Identifier: Apache-2.0
import collections
import re

import pytest

import totp
from authenticator import Passkey, register
from authenticator import sign_in as sign_in_by_passkey
from contacts import EMAIL
from flows import OTP, code_to, link_to, open_link, prepare, reset_token, start, verify, wrong
from harness import PASSWORD
from test_factors import ON, step_up

NEW = "amber-walrus-sings-loudly"
LINE = re.compile(r"^(?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) (?:info|notice) (?P<kind>audit|auth\.refused) (?P<rest>.*)$", re.M)


def lines(d, kind):
    found = [(m["at"], dict(re.findall(r'(\w+)=("[^"]*"|\S+)', m["rest"]))) for m in LINE.finditer(d.server.log()) if m["kind"] == kind]
    return [fields for _, fields in found if fields["deployment"] == str(d.number)]


class Script:
    """Does things as people do, and keeps what each answer was."""

    def __init__(self, d):
        self.d, self.refused = d, collections.Counter()

    def ok(self, got):
        assert got.status == 200, got
        return got

    def no(self, got, factor, result="failure"):
        assert got.status in (400, 401, 403, 404, 429), got
        self.refused[result, got.code, factor] += 1

    def run(self):
        d = self.d
        browser, who = d.browser(), d.person()
        self.no(browser.get("/me"), "session", "denial")
        self.no(browser.sign_in(who, "not-it-at-all"), "password")
        self.no(browser.post("/auth/signin", {"email": "nobody@example.org", "password": "x"}), "password")
        self.ok(browser.sign_in(who))
        self.no(browser.post("/session/switch-organization", None, {"organization_id": "org_1"}), "session", "denial")
        self.no(browser.post("/session/step-up", {"password": "not-it"}), "password")
        self.ok(step_up(browser, password=PASSWORD))
        self.no(browser.post("/me/update-password", {"current_password": "x", "new_password": NEW}), "password")
        key, got = register(browser)
        self.ok(got)
        self.ok(sign_in_by_passkey(d.browser(), key))
        stranger = Passkey()
        stranger.handle = key.handle
        self.no(sign_in_by_passkey(d.browser(), stranger), "passkey")
        self.codes(who), self.mail(browser), self.tickets(who), self.resets(who)
        self.ok(browser.post("/session/sign-out"))
        return who

    def codes(self, who):
        d, browser = self.d, self.d.browser()
        attempt = start(browser, email=who.email).attempt
        prepare(browser, attempt)
        code = code_to(d, who.email, "sign_in_code")
        self.no(verify(browser, attempt, wrong(code)), "verify_email_otp")
        self.no(verify(d.browser(), attempt, code), "code")
        self.ok(verify(browser, attempt, code))
        page = d.browser()
        prepare(page, start(page, "magic_link", email=who.email).attempt)
        link = link_to(d, who.email)
        self.no(open_link(page, {**link, "token": "A" * 43}), "magic_link")
        self.ok(open_link(page, link))

    def mail(self, browser):
        value = EMAIL.fresh()
        id_ = EMAIL.add(browser, value).data["id"]
        code = EMAIL.code(browser, id_, value)
        self.no(EMAIL.attempt(browser, id_, wrong(code)), "email_otp")
        self.ok(EMAIL.attempt(browser, id_, code))
        app = totp.begin(browser)
        self.no(browser.post("/me/authenticator/attempt-verification",
                             [("authenticator_id", app.id), ("codes", "000000"), ("codes", "000001")]), "authenticator")

    def tickets(self, who):
        d, browser = self.d, self.d.browser()
        ticket = d.server.cli_json("ticket", "create", who.email, "--deployment", d.host, "--kind", "impersonation", "--actor", "ada \"o\"")
        self.no(browser.get("/session/ticket/exchange", {"ticket": "A" * 43}), "ticket")
        self.ok(browser.get("/session/ticket/exchange", {"ticket": ticket["ticket"]}))
        self.no(browser.post("/me/update-password", {"new_password": NEW}), "session", "denial")

    def resets(self, who):
        browser = self.d.browser()
        self.no(browser.post("/auth/forgot-password", {"email": who.email, "otp": "123456"}), "reset_code")
        self.no(browser.post("/auth/reset-password", {"token": "1.x", "password": NEW}), "reset_token")
        self.ok(browser.post("/auth/reset-password", {"token": reset_token(browser, who.email), "password": NEW}))


@pytest.fixture(scope="module")
def told(server):
    """(deployment, what was refused) after one run of the script; the account has no second factor."""
    d = server.deployment(**{**OTP, **ON, "auth_settings__second_factor_policy": "optional"})
    script = Script(d)
    return d, script.run(), script.refused


def test_OPS02_every_row_of_the_audit_table_is_one_line(told):
    """But for what an operator did, which is a line of its own kind."""
    d, _, _ = told
    rows = collections.Counter(r[0] for r in d.server.sql(
        f"SELECT event FROM audit WHERE deployment_id = {d.number} AND actor <> 'operator'"))
    assert rows["signin.created"] == 6
    assert collections.Counter(f["event"] for f in lines(d, "audit")) == rows


def test_OPS02_every_failure_and_denial_is_one_line(told):
    d, _, refused = told
    assert collections.Counter((f["result"], f["code"], f["factor"]) for f in lines(d, "auth.refused")) == refused


def test_OPS02_a_line_says_who_what_and_from_where(told):
    d, who, _ = told
    for fields in lines(d, "audit") + lines(d, "auth.refused"):
        assert {"request", "result", "deployment", "user", "actor", "factor", "ip"} <= set(fields), fields
        assert fields["ip"] == "198.51.100.7" and re.fullmatch(r"[0-9a-f]{16}", fields["request"])
    created = [f["factor"] for f in lines(d, "audit") if f["event"] == "signin.created"]
    assert created == ["password", "passkey", "verify_email_otp", "magic_link", "ticket", "reset_token"]
    number = who.id.split("_")[1]
    assert [f["user"] for f in lines(d, "auth.refused") if f["code"] == "INVALID_CREDENTIALS"] == [number, "0", number, number, "0"]
    impersonated = [f for f in lines(d, "auth.refused") if f["route"] == "me_update_password" and f["result"] == "denial"]
    assert [f["actor"] for f in impersonated] == ['"impersonation:ada \\x22o\\x22"']


def test_OPS02_limits_are_denials(new_server):
    with new_server(["--throttle-sign-in-account", "3"], limited=True) as server:
        d = server.deployment()
        who, browser = d.person(), d.browser()
        for _ in range(5):
            browser.sign_in(who, "not-it-at-all")
        assert [(f["result"], f["code"]) for f in lines(d, "auth.refused")] == [("failure", "INVALID_CREDENTIALS")] * 3 + [
            ("denial", "RATE_LIMITED")] * 2
