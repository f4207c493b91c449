"""The second step of signing in, by app and by backup code, after each first factor: AUT-08, RCV-01, RCV-07, V-30, V-46, V-48."""
# SPDX-License-Identifier: Apache-2.0
import itertools

import pytest

import contacts
import mailbox
import totp
from flows import OTP, code_to, link_to, open_link, prepare, reset_token, start, verify
from harness import ASKING, CODES, PASSWORD, no_limits
from test_factors import ON

METHODS = ("authenticator", "phone_otp", "backup_code")
SETTINGS = {**OTP, **ON, "auth_settings__second_factor_policy": "optional"}


class Owner:
    """Somebody with a proved address, and of the second factors those that are named."""

    def __init__(self, d, enrolled=METHODS):
        self.d, self.who = d, d.person()
        self.browser, _ = d.signed_in(self.who)
        self.number = contacts.PHONE.verified(self.browser)[1] if "phone_otp" in enrolled else None
        self.app = totp.enrol(self.browser) if "authenticator" in enrolled else None
        self.codes = self.browser.post("/me/backup-codes").data if "backup_code" in enrolled else []


def by_mail(strategy):
    def first(owner, browser):
        attempt = start(browser, strategy, email=owner.who.email).attempt
        assert prepare(browser, attempt).status == 200
        if strategy == "magic_link":
            return open_link(browser, link_to(owner.d, owner.who.email))
        return verify(browser, attempt, code_to(owner.d, owner.who.email, "sign_in_code"))
    return first


def by_phone(owner, browser):
    attempt = start(browser, "phone_otp", phone=owner.number, phone_country_code="+1").attempt
    assert prepare(browser, attempt).status == 200
    return verify(browser, attempt, code_to(owner.d, "+1" + owner.number, "sms_code"))


def by_reset(owner, browser):
    token = reset_token(browser, owner.who.email)
    return browser.post("/auth/reset-password", {"token": token, "password": "amber-walrus-sings"})


FIRST = {
    "password and address": lambda owner, browser: browser.sign_in(owner.who),
    "password and username": lambda owner, browser: browser.post("/auth/signin", {"username": owner.who.username, "password": PASSWORD}),
    "mailed code": by_mail("email_otp"),
    "mailed link": by_mail("magic_link"),
    "text message": by_phone,
    "reset": by_reset,
}
SECOND = {"authenticator": lambda owner: owner.app.code(), "backup_code": lambda owner: owner.codes[0]}


def assert_nobody_is_in(browser):
    assert not browser.is_signed_in and browser.get("/me").code == "UNAUTHORIZED" and browser.get("/session/token").status == 401


@pytest.mark.parametrize("second", SECOND)
@pytest.mark.parametrize("first", FIRST)
def test_AUT08_RCV01_V46_no_first_factor_is_enough(server, first, second):
    """No deployment demands it: that the account has one is enough to be asked (V-30)."""
    d = server.deployment(**SETTINGS)
    owner, browser = Owner(d), d.browser()
    got = FIRST[first](owner, browser)
    attempt = got.attempt
    assert (attempt["current_step"], attempt["completed"]) == ("verify_second_factor", False)
    assert attempt["available_2fa_methods"] == [m for m in METHODS if first != "text message" or m != "phone_otp"]
    assert got.data["active_signin"] is None
    assert_nobody_is_in(browser)
    before = len(d.audit())
    assert verify(browser, attempt, "AAAA-AAAA").code == "INVALID_CODE"
    assert_nobody_is_in(browser)
    code = SECOND[second](owner)
    got = verify(browser, attempt, code)
    assert got.data["active_signin"]["user_id"] == owner.who.id and got.attempt["second_method_authenticated"] is True
    assert d.audit()[before:].count("signin.created") == 1
    # One code, one sign-in: the next attempt wants another.
    other = d.browser()
    attempt = FIRST["mailed link"](owner, other).attempt
    assert verify(other, attempt, code).code == "INVALID_CODE"
    assert_nobody_is_in(other)


def test_AUT08_RCV07_V48_proofs_of_the_first_kind_are_no_second_one(server):
    """The mailbox, however often and by whatever way it proves itself, is one factor; so is the password."""
    d = server.deployment(**SETTINGS)
    owner, browser = Owner(d), d.browser()
    attempt = browser.sign_in(owner.who).attempt
    for strategy in ("email_otp", "magic_link"):
        assert prepare(browser, attempt, strategy).code == "BAD_SIGN_IN_ATTEMPT"
    other = d.browser()
    mailed = start(other, email=owner.who.email).attempt
    prepare(other, mailed)
    other.post("/auth/forgot-password", {"email": owner.who.email})
    for code in (code_to(d, owner.who.email, "sign_in_code"), code_to(d, owner.who.email, "reset_code"), PASSWORD):
        assert verify(browser, attempt, code).code == "INVALID_CODE"
    assert browser.post("/auth/complete-profile", {"last_name": "Otter"}, {"attempt_id": attempt["id"]}).code == "BAD_SIGN_IN_ATTEMPT"
    assert browser.post("/session/step-up", {"password": PASSWORD}).code == "UNAUTHORIZED"
    assert_nobody_is_in(browser)
    # Two attempts that each know half of it are not one that knows all.
    again = by_mail("email_otp")(owner, browser).attempt
    assert again["current_step"] == "verify_second_factor" and again["id"] != attempt["id"]
    assert_nobody_is_in(browser)


def test_AUT08_a_proved_address_does_not_stand_for_the_second_factor(server):
    """Password, then the address that was never proved, then still the second factor."""
    d = server.deployment("staging", **SETTINGS)
    browser = d.browser()
    fields = {"email": "bare@example.org", "username": "bare", "password": PASSWORD}
    assert browser.post("/auth/signup", fields).status == 200
    app = totp.enrol(browser)
    d.set(auth_settings__verification_policy__email="true")
    browser = d.browser()
    attempt = browser.post("/auth/signin", {"email": fields["email"], "password": PASSWORD}).attempt
    assert attempt["current_step"] == "verify_email"
    assert verify(browser, attempt, app.code()).code in ("verification_code_expired", "INVALID_CODE"), "not yet its turn"
    prepare(browser, attempt)
    got = verify(browser, attempt, code_to(d, fields["email"], "verify_email"))
    assert got.attempt["current_step"] == "verify_second_factor"
    assert_nobody_is_in(browser)
    assert verify(browser, got.attempt, app.code()).data["active_signin"] is not None


MIXES = [mix for n in (1, 2, 3) for mix in itertools.combinations(METHODS, n)]


@pytest.mark.parametrize("mix", MIXES, ids="+".join)
def test_V46_each_mix_of_enrolled_factors(server, mix):
    """Where two are demanded, whatever somebody has is asked for, but for what was the first already."""
    d = server.deployment(**{**SETTINGS, "auth_settings__second_factor_policy": "enforced"})
    owner = Owner(d, mix)
    for first, way in FIRST.items():
        if first == "text message" and not owner.number:
            continue
        left = [m for m in mix if first != "text message" or m != "phone_otp"]
        browser = d.browser()
        got = way(owner, browser)
        assert got.status == 200 and got.attempt["available_2fa_methods"] == left, first
        assert browser.is_signed_in == (not left), first


def test_V30_what_is_left_is_asked_for(server):
    """Without the app, by its owner's will, the number is the second factor; without that, there is none."""
    d = server.deployment(**{**SETTINGS, "auth_settings__second_factor_policy": "enforced"})
    owner = Owner(d)
    owner.browser.post(f"/me/authenticator/{owner.app.id}/delete")
    browser = d.browser()
    attempt = browser.sign_in(owner.who).attempt
    assert attempt["available_2fa_methods"] == ["phone_otp"]
    assert verify(browser, attempt, owner.app.code()).code == "INVALID_CODE"
    assert verify(browser, attempt, owner.codes[0]).code == "INVALID_CODE"
    assert_nobody_is_in(browser)


@pytest.mark.parametrize("off", [-2, 2])
def test_TOT01_a_code_of_another_time_is_no_second_factor(clock_server, off):
    d = clock_server.deployment(**SETTINGS)
    owner, browser = Owner(d), d.browser()
    clock_server.advance(150 + 15 - (owner.app.now_s % totp.STEP))
    attempt = browser.sign_in(owner.who).attempt
    assert verify(browser, attempt, owner.app.code(off)).code == "INVALID_CODE"
    assert verify(browser, attempt, owner.app.code()).status == 200


def test_OTP05_V29_five_guesses_at_the_second_factor(server):
    """Then the attempt is over, and neither the right code nor a backup code is looked at."""
    d = server.deployment(**SETTINGS)
    owner, browser = Owner(d), d.browser()
    attempt = browser.sign_in(owner.who).attempt
    assert [verify(browser, attempt, "000000").code for _ in range(5)] == ["INVALID_CODE"] * 5
    for code in (owner.app.code(), owner.codes[0]):
        assert verify(browser, attempt, code).code == "BAD_SIGN_IN_ATTEMPT"
    assert_nobody_is_in(browser)
    assert d.rows()["backup_code"] == 12


def test_BKP02_the_owner_reads_of_a_backup_code_at_sign_in(server):
    d = server.deployment(**SETTINGS)
    owner, browser = Owner(d), d.browser()
    assert verify(browser, browser.sign_in(owner.who).attempt, owner.codes[3]).status == 200
    assert "One of your backup codes was used." in mailbox.notices(d, owner.who.email)
    assert d.audit().count("backup_code.used") == 1 and d.rows()["backup_code"] == 11


def test_AUT05_a_message_that_may_not_be_sent_costs_no_guess(new_server):
    """Six times asking for a text message within a minute used up the attempt."""
    env = no_limits(ASKING + CODES)
    del env["SESSIOND_THROTTLE_SEND_SOON"]
    with new_server(limited=True, env=env) as server:
        d = server.deployment(**{**SETTINGS, **contacts.PHONES, "auth_settings__second_factor_policy": "enforced"})
        owner = Owner(d, ["phone_otp"])
        server.advance(60)
        browser = d.browser()
        attempt = browser.sign_in(owner.who).attempt
        got = [prepare(browser, attempt, last_digits=owner.number[-4:]).status for _ in range(8)]
        assert got == [200] + [429] * 7
        assert verify(browser, attempt, code_to(d, "+1" + owner.number, "sms_code")).attempt["completed"] is True


def test_a_session_is_told_of_so_many_attempts_and_no_more(production):
    """Three hundred of them made every answer of the session as many times as long."""
    browser = production.set(**OTP).browser()
    made = [start(browser, email="nobody@example.org").attempt["id"] for _ in range(60)]
    assert [a["id"] for a in browser.session()["signin_attempts"]] == made[-50:]
