"""The link in mails about an account's security: AUT-10, OTP-07, OTP-08, F-30."""
# SPDX-License-Identifier: Apache-2.0
import re
import urllib.parse

import pytest

import mailbox
import totp
from authenticator import register
from authenticator import sign_in as sign_in_by_passkey
from contacts import EMAIL, PHONE, PHONES
from flows import OTP, code_to, prepare, reset_token, start, verify
from harness import PASSWORD, race
from test_factors import ON
from test_ground_rules import OPENAPI

OWN = "amber-walrus-sings-loudly"


@pytest.fixture
def d(server):
    return server.deployment("production", **OTP)


def link(d, to, n=0):
    """The secret of the n-th newest notice."""
    notice = mailbox.messages(d, to, "security_notice")[n]
    url = urllib.parse.urlsplit(mailbox.show(d, notice)["vars"]["link"])
    assert url.path == "/auth/not-me" and url.netloc == d.host
    return urllib.parse.parse_qs(url.query)["token"][0]


def press(d, token, **kw):
    """What the page's button does: a form, posted by a page of ours, which tells no origin."""
    return d.browser(origin="null").post("/auth/not-me", {"token": token}, encoding="urlencoded", **kw)


def noticed(d):
    """Somebody who has a notice in their mailbox, and the browser of whoever caused it."""
    browser, who = d.signed_in()
    assert browser.post("/me/update-password", {"current_password": PASSWORD, "new_password": OWN}).status == 200
    return browser, who


def test_AUT10_one_press_takes_it_back(d):
    browser, who = noticed(d)
    other, _ = d.signed_in(who=who.__class__(**{**who.__dict__, "password": OWN}))
    token = link(d, who.email, -1)
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", token)
    assert press(d, token).status == 200
    assert not browser.is_signed_in and not other.is_signed_in
    assert d.browser().sign_in(who, OWN).code == "PASSWORD_CHANGE_REQUIRED"
    fresh = d.browser()
    assert fresh.post("/auth/reset-password", {"token": reset_token(fresh, who.email), "password": OWN + "-2"}).status == 200
    assert fresh.is_signed_in and "user.disavowed" in d.audit()
    assert mailbox.notices(d, who.email)[1].startswith("You told us that it was not you.")


def test_AUT10_no_browser_is_known_any_more(d):
    browser, who = noticed(d)
    known = f"SELECT count(*) FROM known_device WHERE deployment_id = {d.number}"
    assert d.server.sql(known) == [("1",)]
    press(d, link(d, who.email))
    assert d.server.sql(known) == [("0",)]
    assert not browser.is_signed_in


def test_OTP07_whoever_follows_it_changes_nothing(d):
    browser, who = noticed(d)
    token, before = link(d, who.email), d.rows()
    for method in ("GET", "HEAD", "GET"):
        got = d.browser(origin=None).send(method, "/auth/not-me", {"token": token}, headers=[("Sec-Fetch-Mode", "navigate")])
        assert got.status == 200 and got.token is None
    assert d.rows() == before and browser.is_signed_in
    assert press(d, token).status == 200 and not browser.is_signed_in


def test_WEB02_the_page_loads_runs_and_tells_nothing(d):
    got = d.browser(origin=None).get("/auth/not-me", {"token": "\"><script>alert(1)</script>'&"})
    page = got.text
    assert got.header("Content-Type") == "text/html; charset=utf-8" and "no-store" in got.header("Cache-Control")
    assert got.header("Content-Security-Policy") == "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    assert got.header("Referrer-Policy") == "no-referrer" and got.header("Access-Control-Allow-Origin") is None
    assert "<script" not in page and "&lt;script&gt;" in page and "<form method=\"post\">" in page
    refused = press(d, "A" * 43)
    assert refused.status == 400 and refused.header("Content-Type") == "text/html; charset=utf-8"
    assert refused.header("Content-Security-Policy") == got.header("Content-Security-Policy") and "not valid any more" in refused.text


def test_F30_OTP01_once(d):
    browser, who = noticed(d)
    token = link(d, who.email)
    got = race([lambda: press(d, token) for _ in range(20)])
    assert sorted(g.status for g in got) == [200] + [400] * 19
    assert d.audit().count("user.disavowed") == 1
    assert press(d, token).status == 400


def test_OTP08_its_secret_is_not_stored(d):
    _, who = noticed(d)
    token = link(d, who.email)
    assert token.encode() not in d.server.stored_bytes()


def test_it_lasts_a_week(clock_server):
    d = clock_server.deployment(**OTP)
    browser, who = noticed(d)
    token = link(d, who.email)
    clock_server.advance(7 * 86400 + 1)
    assert press(d, token).status == 400
    clock_server.sweep()
    assert d.server.sql(f"SELECT count(*) FROM disavowal WHERE deployment_id = {d.number}") == [("0",)]


def test_V37_TEN03_no_part_of_it_and_no_other_tenant(d, server):
    browser, who = noticed(d)
    token, other = link(d, who.email), server.deployment(**OTP)
    for bad in ("", token[:-1], token[1:], token + "A", token.swapcase()):
        assert press(d, bad).status == 400, bad
    assert press(other, token).status == 400
    assert browser.is_signed_in


def test_AUT10_what_a_thief_added_goes_and_what_was_there_stays(d):
    """Whoever got in adds an address, a passkey and codes of their own: with those they would be back at once."""
    d.set(**ON)
    browser, who = d.signed_in()
    own, _ = register(browser)
    kept, _ = EMAIL.verified(browser)
    thief = d.browser(ip="203.0.113.9")
    thief.sign_in(who)
    token = link(d, who.email)
    key, _ = register(thief)
    _, address = EMAIL.verified(thief)
    totp.enrol(thief), thief.post("/me/backup-codes")
    assert press(d, token).status == 200
    assert sign_in_by_passkey(d.browser(), key).status == 401
    assert thief.post("/auth/forgot-password", {"email": address}).data == {} and not mailbox.messages(d, address, "reset_code")
    back = d.browser()
    assert sign_in_by_passkey(back, own).attempt["completed"] is True
    me = back.get("/me").data
    assert me["has_passkeys"] is True and me["user_authenticator"] is None and me["backup_codes_generated"] is False
    assert {e["id"] for e in back.get("/me/email-addresses").data} == {kept, me["primary_email_address_id"]}


@pytest.mark.parametrize("kind,table,left", [(EMAIL, "email_address", 1), (PHONE, "phone_number", 0)])
def test_AUT10_the_mail_about_a_verified_one_takes_that_one_off(d, kind, table, left):
    """It was added before that mail, by the same thief: it stayed, and a thief was back by a code sent there."""
    d.set(**PHONES)
    browser, who = d.signed_in()
    thief = d.browser(ip="203.0.113.9")
    thief.sign_in(who)
    kind.verified(thief)
    notice = mailbox.notices(d, who.email)[0]
    assert notice.endswith("was added to your account and verified."), notice
    assert press(d, link(d, who.email)).status == 200
    assert d.rows()[table] == left


def test_AUT10_an_address_that_was_taken_off_can_still_say_so(d):
    """The mail to the lost address has a link of its own, and what a thief does next does not void it."""
    browser, who = d.signed_in()
    id_, mine = EMAIL.verified(browser)
    thief = d.browser(ip="203.0.113.9")
    thief.sign_in(who)
    assert EMAIL.deed(thief, id_, "delete").status == 200
    token = link(d, mine)
    assert thief.post("/me/update-password", {"current_password": PASSWORD, "new_password": OWN}).status == 200
    assert press(d, link(d, who.email)).status == 200, "the thief, who reads the other address by now"
    assert press(d, token).status == 200


def test_AUT10_the_thiefs_links_are_void(d):
    browser, who = d.signed_in()
    thief = d.browser(ip="203.0.113.9")
    thief.sign_in(who)
    token = link(d, who.email)
    _, address = EMAIL.verified(thief)
    register(thief)
    theirs = link(d, address)
    assert press(d, token).status == 200
    assert press(d, theirs).status == 400


def test_AUT10_an_attempt_under_way_is_void(d):
    d.set(**ON)
    browser, who = d.signed_in()
    totp.enrol(browser)
    token = link(d, who.email)
    thief = d.browser()
    attempt = thief.sign_in(who).attempt
    assert attempt["current_step"] == "verify_second_factor"
    assert press(d, token).status == 200
    assert thief.post("/auth/attempt-verification", {"verification_code": "123456"},
                      {"attempt_identifier": attempt["id"], "identifier_type": "signin"}).code == "BAD_SIGN_IN_ATTEMPT"


def test_AUT10_a_code_that_was_mailed_before_is_void(d):
    """Whoever has read it had the account back after the press."""
    browser, who = noticed(d)
    thief = d.browser()
    attempt = start(thief, "email_otp", email=who.email).attempt
    assert prepare(thief, attempt).status == 200
    code = code_to(d, who.email, "sign_in_code")
    assert press(d, link(d, who.email)).status == 200
    assert verify(thief, attempt, code).code == "BAD_SIGN_IN_ATTEMPT" and not thief.is_signed_in
    fresh = d.browser()
    attempt = start(fresh, "email_otp", email=who.email).attempt
    assert prepare(fresh, attempt).status == 200 and verify(fresh, attempt, code_to(d, who.email, "sign_in_code")).attempt["completed"] is True


def test_RCV05_no_header_changes_the_link(d):
    browser, who = d.signed_in()
    browser.post("/me/update-password", {"current_password": PASSWORD, "new_password": OWN},
                 headers=[("X-Forwarded-Host", "evil.example"), ("X-Original-Host", "evil.example")])
    link(d, who.email)


def test_a_goodbye_has_no_link(d):
    browser, who = d.signed_in()
    assert browser.post("/me/account/delete").status == 200
    assert mailbox.latest(d, who.email, "security_notice")["vars"]["link"] == ""


def test_what_is_documented_of_a_page_is_html(d):
    """Whatever the page answers is of a type that openapi.json names for that status."""
    operations = OPENAPI["paths"]["/auth/not-me"]
    stranger = d.browser(origin=None)
    seen = {("get", stranger.get("/auth/not-me", {"token": "x"})), ("get", stranger.get("/auth/not-me")), ("post", press(d, "A" * 43)),
            ("post", d.browser(origin="null").post("/auth/not-me", {}, encoding="urlencoded"))}
    assert {got.status for _, got in seen} == {200, 400}
    for method, got in seen:
        documented = operations[method]["responses"][str(got.status)]
        assert got.header("Content-Type").split(";")[0] == "text/html" and "text/html" in documented["content"], got
    for path, methods in OPENAPI["paths"].items():
        for operation in methods.values():
            pages = "text/html" in operation["responses"]["200"].get("content", {})
            assert pages == (path == "/auth/not-me"), path
