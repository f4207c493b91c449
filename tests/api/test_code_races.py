"""One winner for each one-time thing, however many come with it at one instant, on both engines: F-30, OTP-01, AUT-15, V-14, V-55."""
# SPDX-License-Identifier: Apache-2.0
import os
import secrets

import pytest

import contacts
import mailbox
import test_not_me
import totp
from authenticator import Passkey, finish, register
from flows import OTP, code_to, link_to, open_link, prepare, reset_token, sign_in_by_code, start, verify, wrong
from harness import race
from test_factors import ON
from test_flows import PROVED, form, number
from test_invitations import form as invited_form, invite
from test_second_step import Owner

NIGHTLY = bool(os.environ.get("NIGHTLY"))
THREADS = 200
SETTINGS = {**OTP, **ON, "auth_settings__second_factor_policy": "optional"}
# What one who comes too late may hear: nothing that somebody with a wrong code does not hear.
LOSERS = {"INVALID_CODE", "BAD_SIGN_IN_ATTEMPT", "verification_code_expired", "UNAUTHORIZED", "OVERLOADED"}


def tabs(browser):
    return [browser.twin() for _ in range(THREADS)]


def from_everywhere(browser):
    """Each from an address of its own: one address may only have so many passwords hashed at once."""
    found = tabs(browser)
    for i, b in enumerate(found):
        b.ip = f"203.0.113.{i}"
    return found


# ---- each makes one thing, and THREADS calls that all use it ----

def sign_in_code(d):
    who, browser = d.person(), d.browser()
    attempt = start(browser, email=who.email).attempt
    prepare(browser, attempt)
    code = code_to(d, who.email, "sign_in_code")
    return [lambda b=b: verify(b, attempt, code) for b in tabs(browser)]


def magic_link(d):
    who, browser = d.person(), d.browser()
    prepare(browser, start(browser, "magic_link", email=who.email).attempt)
    link = link_to(d, who.email)
    return [lambda b=b: open_link(b, link) for b in from_everywhere(d.browser())]


def text_message(d):
    owner, browser = Owner(d, ["phone_otp"]), d.browser()
    attempt = start(browser, "phone_otp", phone=owner.number, phone_country_code="+1").attempt
    prepare(browser, attempt)
    code = code_to(d, "+1" + owner.number, "sms_code")
    return [lambda b=b: verify(b, attempt, code) for b in tabs(browser)]


def second_factor(enrolled, code_of):
    def make(d):
        d.set(auth_settings__second_factor_policy="enforced")
        owner, browser = Owner(d, enrolled), d.browser()
        attempt = browser.sign_in(owner.who).attempt
        code = code_of(owner, browser, attempt)
        return [lambda b=b: verify(b, attempt, code) for b in tabs(browser)]
    return make


def second_message(owner, browser, attempt):
    assert prepare(browser, attempt, last_digits=owner.number[-4:]).status == 200
    return code_to(owner.d, "+1" + owner.number, "sms_code")


def step_up(code_of):
    def make(d):
        owner = Owner(d, ["authenticator", "backup_code"])
        code = code_of(owner)
        return [lambda b=b: b.post("/session/step-up", {"code": code}) for b in tabs(owner.browser)]
    return make


def mailed_step_up(d):
    """For whoever has no password."""
    who, browser = d.person(password=""), d.browser()
    assert sign_in_by_code(browser, who).status == 200
    assert browser.post("/session/step-up/prepare").status == 200
    code = code_to(d, who.email, "sign_in_code")
    return [lambda b=b: b.post("/session/step-up", {"code": code}) for b in from_everywhere(browser)]


def not_me(d):
    """The link of a mail about the account's security."""
    token = test_not_me.link(d, test_not_me.noticed(d)[1].email)
    return [lambda b=b: AsJson(b.post("/auth/not-me", {"token": token})) for b in tabs(d.browser())]


class AsJson:
    """The page's answer, as the others are read."""

    def __init__(self, got):
        self.code = None if got.status == 200 else "INVALID_CODE" if "not valid any more" in got.text else got.text


def sign_up_mail(d):
    d.set(**PROVED)
    browser, fields = d.browser(), form()
    attempt = browser.post("/auth/signup", fields).attempt
    prepare(browser, attempt)
    code = code_to(d, fields["email"], "verify_email")
    return [lambda b=b: verify(b, attempt, code) for b in tabs(browser)]


def sign_up_message(d):
    d.set(**PROVED)
    browser, fields = d.browser(), form(phone_number=number(), phone_country_code="+1")
    attempt = browser.post("/auth/signup", fields).attempt
    prepare(browser, attempt)
    attempt = verify(browser, attempt, code_to(d, fields["email"], "verify_email")).attempt
    code = code_to(d, "+1" + fields["phone_number"], "sms_code")
    return [lambda b=b: verify(b, attempt, code) for b in tabs(browser)]


def reset_code(d):
    who, browser = d.person(), d.browser()
    browser.post("/auth/forgot-password", {"email": who.email})
    code = code_to(d, who.email, "reset_code")
    return [lambda b=b: b.post("/auth/forgot-password", {"email": who.email, "otp": code}) for b in tabs(browser)]


def reset_with_token(d):
    who, browser = d.person(), d.browser()
    token = reset_token(browser, who.email)
    return [lambda b=b, i=i: b.post("/auth/reset-password", {"token": token, "password": f"amber-walrus-sings-{i}"})
            for i, b in enumerate(from_everywhere(browser))]


def contact(kind):
    def make(d):
        browser, value = d.signed_in()[0], kind.fresh()
        id_ = kind.add(browser, value).data["id"]
        code = kind.code(browser, id_, value)
        return [lambda b=b: kind.attempt(b, id_, code) for b in tabs(browser)]
    return make


def passkey_sign_in(d):
    passkey, _ = register(d.signed_in()[0])
    browser = d.browser()
    body = passkey.get(browser.post("/auth/passkey/login/begin").data["options"], browser.origin)
    return [lambda b=b: b.post("/auth/passkey/login/finish", body) for b in tabs(browser)]


def passkey_registration(d):
    browser, _ = d.signed_in()
    options = browser.post("/me/passkeys/register/begin").data["options"]
    return [lambda b=b, body=Passkey().create(options, browser.origin): finish(b, body) for b in tabs(browser)]


def invitation(d):
    d.set(restrictions__sign_up_mode="restricted")
    email = f"mira.{secrets.token_hex(4)}@example.org"
    _, token = invite(d, email)
    return [lambda b=b: b.post("/auth/signup", invited_form(email, token)) for b in from_everywhere(d.browser())]


def enrolment(d):
    """The two codes of an app that is being added."""
    browser, _ = d.signed_in()
    app = totp.begin(browser)
    pair = [("authenticator_id", app.id), *app.pair()]
    return [lambda b=b: b.post("/me/authenticator/attempt-verification", pair) for b in tabs(browser)]


# Rounds by day and by night, and what losers hear besides.
KINDS = {
    "sign-in code": (sign_in_code, 20, 1000, set()),
    "magic link": (magic_link, 2, 30, set()),
    "text message": (text_message, 2, 30, set()),
    "second factor, message": (second_factor(["phone_otp"], second_message), 2, 30, set()),
    "second factor, app": (second_factor(["authenticator"], lambda owner, *_: owner.app.code()), 2, 30, set()),
    "second factor, backup code": (second_factor(["authenticator", "backup_code"], lambda owner, *_: owner.codes[0]), 2, 30, set()),
    "step-up, app": (step_up(lambda owner: owner.app.code()), 2, 30, set()),
    "step-up, backup code": (step_up(lambda owner: owner.codes[0]), 2, 30, set()),
    "step-up, mailed code": (mailed_step_up, 20, 1000, set()),
    "not me": (not_me, 2, 30, set()),
    "enrolment": (enrolment, 2, 30, {"BAD_REQUEST_BODY", "NOT_FOUND"}),
    "sign-up, mail": (sign_up_mail, 2, 30, {"EMAIL_EXISTS", "USERNAME_EXISTS"}),
    "sign-up, message": (sign_up_message, 2, 30, {"EMAIL_EXISTS", "USERNAME_EXISTS", "PHONE_NUMBER_EXISTS"}),
    "reset code": (reset_code, 2, 30, set()),
    "reset token": (reset_with_token, 1, 20, set()),
    "address": (contact(contacts.EMAIL), 2, 30, set()),
    "number": (contact(contacts.PHONE), 2, 30, set()),
    "passkey, sign-in": (passkey_sign_in, 2, 30, {"INVALID_CREDENTIALS"}),
    "passkey, registration": (passkey_registration, 2, 30, {"INVALID_CREDENTIALS", "BAD_REQUEST_BODY"}),
    "invitation": (invitation, 1, 20, {"EMAIL_EXISTS", "SIGNUP_RESTRICTED"}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_F30_OTP01_V55_two_hundred_with_one(server, kind):
    """Where five may guess, one of those is right first; all others are told what anybody with a wrong code is."""
    make, by_day, by_night, also = KINDS[kind]
    for _ in range(by_night if NIGHTLY else by_day):
        got = race(make(server.deployment("staging", **SETTINGS)))
        codes = [g.code for g in got]
        assert codes.count(None) == 1, {c: codes.count(c) for c in codes}
        assert set(codes) <= {None} | LOSERS | also
        assert codes.count("OVERLOADED") < THREADS - 5, "there was a race"


def test_F30_a_code_used_is_one_sign_in(server):
    """The answers may lie; the audit log counts what happened."""
    d = server.deployment("staging", **SETTINGS)
    for _ in range(3):
        race(sign_in_code(d))
    assert d.audit().count("signin.created") == 3


def test_V14_AUT01_no_more_guesses_than_five_are_looked_at(server):
    """A hundred wrong ones and the right one, all at once: of the right one, nobody can say; of the wrong, five count."""
    d = server.deployment(**OTP)
    for _ in range(10 if NIGHTLY else 2):
        who, browser = d.person(), d.browser()
        attempt = start(browser, email=who.email).attempt
        prepare(browser, attempt)
        code = code_to(d, who.email)
        got = race([lambda b=browser.twin(): verify(b, attempt, wrong(code)) for _ in range(60)])
        assert [g.code for g in got].count("INVALID_CODE") <= 5
        assert verify(browser, attempt, code).code == "BAD_SIGN_IN_ATTEMPT" and not browser.is_signed_in


def test_F30_one_message_for_one_moment(new_server):
    with new_server(limited=True, env={"SESSIOND_THROTTLE_REQUESTS": "1000"}) as server:
        d = server.deployment(**OTP)
        who, browser = d.person(), d.browser()
        attempt = start(browser, email=who.email).attempt
        got = race([lambda b=browser.twin(): prepare(b, attempt) for _ in range(20)])
        assert [g.status for g in got].count(200) == 1 and len(mailbox.messages(d, who.email)) == 1
