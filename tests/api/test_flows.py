"""Steps in their order: signing up with proofs, the second factor, what a profile lacks. AUT-08, AUT-09, RCV-01, V-30, V-46, V-48."""
# SPDX-License-Identifier: Apache-2.0
import itertools
import os
import secrets

import pytest

import mailbox
from flows import OTP, code_to, link_to, open_link, prepare, reset_token, start, verify, wrong
from harness import PASSWORD, race

PROVED = {**OTP, "auth_settings__verification_policy__email": "true", "auth_settings__verification_policy__phone_number": "true"}
ENFORCED = {**PROVED, "auth_settings__second_factor_policy": "enforced"}


def form(**fields):
    tag = secrets.token_hex(4)
    return {"email": f"new.{tag}@example.org", "username": f"new_{tag}", "password": PASSWORD, **fields}


def number():
    return f"555{secrets.randbelow(10 ** 7):07d}"


def sign_up(d, browser, fields):
    """A3 and each step after it; the answer to the last one."""
    got = browser.post("/auth/signup", fields)
    while not got.attempt["completed"]:
        attempt = got.attempt
        to = fields["email"] if attempt["current_step"] == "verify_email" else "+1" + fields["phone_number"]
        if not mailbox.messages(d, to):
            assert prepare(browser, attempt).status == 200
        got = browser.post("/auth/attempt-verification", {"verification_code": code_to(d, to)},
                           {"attempt_identifier": attempt["id"], "identifier_type": "signup"})
        assert got.status == 200, got
    return got


def enforced_person(server, **settings):
    """Somebody with a password, a proved address and a proved number, where a second factor is demanded."""
    d = server.deployment("staging", **{**ENFORCED, **settings})
    fields = form(phone_number=number(), phone_country_code="+1")
    got = sign_up(d, d.browser(), fields)
    return d, fields, got.data["active_signin"]["user_id"]


# ---- signing up ----

def test_signing_up_proves_the_address_then_the_number(server):
    d = server.deployment("staging", **PROVED)
    browser, fields = d.browser(), form(phone_number=number(), phone_country_code="+1")
    got = browser.post("/auth/signup", fields)
    attempt = got.attempt
    assert attempt["current_step"] == "verify_email" and attempt["remaining_steps"] == ["verify_email", "verify_phone"]
    assert attempt["completed"] is False and got.data["active_signin"] is None and d.rows()["account"] == 0
    assert browser.session()["signup_attempts"][-1]["id"] == attempt["id"]
    assert prepare(browser, attempt).data["masked_email"] == "n•••@example.org"
    assert verify(browser, attempt, wrong(code_to(d, fields["email"]))).code == "INVALID_CODE"
    got = verify(browser, attempt, code_to(d, fields["email"], "verify_email"))
    assert got.attempt["current_step"] == "verify_phone" and got.data["active_signin"] is None and d.rows()["account"] == 0
    # Sent by itself: the form does not ask for the second code.
    got = verify(browser, attempt, code_to(d, "+1" + fields["phone_number"], "sms_code"))
    assert got.attempt["completed"] is True and got.attempt["current_step"] == ""
    user = got.data["active_signin"]["user"]
    assert user["primary_email_address"]["verified"] and user["primary_phone_number"]["verified"]
    assert user["has_password"] and browser.session()["signup_attempts"] == []
    assert d.browser().post("/auth/signin", {"email": fields["email"], "password": PASSWORD}).status == 200


def test_the_password_waits_hashed_and_goes(server):
    d = server.deployment("staging", **PROVED)
    browser, fields = d.browser(), form()
    browser.post("/auth/signup", fields)
    records = f"SELECT password_record FROM signup_attempt WHERE deployment_id = {d.number}"
    assert server.sql(records)[0][0].startswith("$argon2id$") and PASSWORD.encode() not in server.stored_bytes()
    sign_up(d, browser, form())
    assert ("",) in server.sql(records)


def test_a_sign_up_is_its_browsers_alone_and_expires(clock_server):
    d = clock_server.deployment("staging", **PROVED)
    browser, fields = d.browser(), form()
    attempt = browser.post("/auth/signup", fields).attempt
    prepare(browser, attempt)
    code = code_to(d, fields["email"])
    assert verify(d.browser(), attempt, code).code == "BAD_SIGN_IN_ATTEMPT"
    assert prepare(browser, attempt, "phone_otp").code == "BAD_SIGN_IN_ATTEMPT"
    clock_server.advance(1801)
    assert verify(browser, attempt, code).code == "BAD_SIGN_IN_ATTEMPT"


def test_names_are_looked_at_again_when_it_ends(server):
    d = server.deployment("staging", **PROVED)
    first, second, fields = d.browser(), d.browser(), form()
    attempts = [b.post("/auth/signup", f).attempt for b, f in ((first, fields), (second, {**fields, "email": "other@example.org"}))]
    prepare(first, attempts[0])
    prepare(second, attempts[1])
    assert verify(first, attempts[0], code_to(d, fields["email"])).status == 200
    got = verify(second, attempts[1], code_to(d, "other@example.org"))
    assert got.code == "USERNAME_EXISTS" and not second.is_signed_in


def test_five_wrong_codes_end_a_sign_up(server):
    d = server.deployment("staging", **PROVED)
    browser, fields = d.browser(), form()
    attempt = browser.post("/auth/signup", fields).attempt
    prepare(browser, attempt)
    code = code_to(d, fields["email"])
    assert [verify(browser, attempt, wrong(code)).code for _ in range(5)] == ["INVALID_CODE"] * 5
    assert verify(browser, attempt, code).code == "BAD_SIGN_IN_ATTEMPT"


def test_AUT12_an_unproved_address_does_not_keep_its_owner_out(server):
    d = server.deployment("staging", **OTP)
    mallory, fields = d.browser(), form()
    mallory.post("/auth/signup", fields)
    d.set(auth_settings__verification_policy__email="true")
    got = sign_up(d, d.browser(), form(email=fields["email"]))
    assert got.data["active_signin"]["user"]["email"] == fields["email"]
    assert mallory.session()["user"]["email"] is None, "it was never mallory's"
    # A proved one is.
    assert d.browser().post("/auth/signup", form(email=fields["email"])).code == "EMAIL_EXISTS"


@pytest.mark.parametrize("round_", range(2))
def test_F30_one_of_many_ends_a_sign_up(server, round_):
    d = server.deployment("staging", **PROVED)
    browser, fields = d.browser(), form()
    attempt = browser.post("/auth/signup", fields).attempt
    prepare(browser, attempt)
    code = code_to(d, fields["email"])
    got = race([lambda b=browser.twin(): verify(b, attempt, code) for _ in range(5)])
    assert [g.status for g in got].count(200) == 1 and d.rows()["account"] == 1


# ---- an address that was never proved ----

def test_a_password_alone_is_not_enough_for_an_unproved_address(server):
    d = server.deployment("staging", **OTP)
    fields = form()
    d.browser().post("/auth/signup", fields)
    d.set(auth_settings__verification_policy__email="true")
    for name in ("email", "username"):
        browser = d.browser()
        got = browser.post("/auth/signin", {name: fields[name], "password": PASSWORD})
        assert got.attempt["current_step"] == "verify_email" and got.data["active_signin"] is None
        assert got.attempt["first_method_authenticated"] is True
    assert prepare(browser, got.attempt).data["masked_email"] == "n•••@example.org"
    got = verify(browser, got.attempt, code_to(d, fields["email"], "verify_email"))
    assert got.data["active_signin"]["user"]["primary_email_address"]["verified"] is True
    assert d.browser().post("/auth/signin", {"email": fields["email"], "password": PASSWORD}).attempt["completed"] is True


# ---- the second factor ----

def test_the_second_factor_by_text_message(server):
    d, fields, user = enforced_person(server)
    browser = d.browser()
    got = browser.post("/auth/signin", {"email": fields["email"], "password": PASSWORD})
    attempt = got.attempt
    assert attempt["current_step"] == "verify_second_factor" and attempt["available_2fa_methods"] == ["phone_otp"]
    assert attempt["second_method_authentication_required"] is True and attempt["second_method_authenticated"] is False
    assert attempt["user_id"] == user and got.data["active_signin"] is None
    last = fields["phone_number"][-4:]
    assert prepare(browser, attempt).code == "BAD_SIGN_IN_ATTEMPT"
    assert prepare(browser, attempt, last_digits=wrong(last.zfill(6))[-4:]).code == "BAD_SIGN_IN_ATTEMPT"
    sent = prepare(browser, attempt, last_digits=last).data
    assert sent["otp_sent"] is True and sent["masked_phone"] == f"•••• {last}"
    code = code_to(d, "+1" + fields["phone_number"])
    assert verify(browser, attempt, wrong(code)).code == "INVALID_CODE"
    got = verify(browser, attempt, code)
    assert got.data["active_signin"]["user_id"] == user and got.attempt["second_method_authenticated"] is True


def test_last_digits_are_guessed_at_five_times(server):
    d, fields, _ = enforced_person(server)
    browser, last = d.browser(), fields["phone_number"][-4:]
    attempt = browser.post("/auth/signin", {"email": fields["email"], "password": PASSWORD}).attempt
    for i in range(5):
        bad = f"{(int(last) + 1 + i) % 10000:04d}"
        assert prepare(browser, attempt, last_digits=bad).code == "BAD_SIGN_IN_ATTEMPT"
    assert prepare(browser, attempt, last_digits=last).code == "BAD_SIGN_IN_ATTEMPT"


@pytest.mark.parametrize("way", ["plain_email", "plain_username", "email_otp", "magic_link", "reset"])
def test_AUT08_RCV01_no_way_passes_by_the_second_factor(server, way):
    d, fields, _ = enforced_person(server)
    browser = d.browser()
    if way.startswith("plain"):
        name = way[len("plain_"):]
        got = browser.post("/auth/signin", {"strategy": way, name: fields[name], "password": PASSWORD})
    elif way == "reset":
        got = browser.post("/auth/reset-password", {"token": reset_token(browser, fields["email"]), "password": "amber-walrus-sings"})
    else:
        attempt = start(browser, way, email=fields["email"]).attempt
        prepare(browser, attempt)
        got = (verify(browser, attempt, code_to(d, fields["email"], "sign_in_code")) if way == "email_otp"
               else open_link(browser, link_to(d, fields["email"])))
    attempt = got.attempt
    assert attempt["current_step"] == "verify_second_factor" and attempt["completed"] is False
    assert got.data["active_signin"] is None and not browser.is_signed_in and browser.get("/me").status == 401
    # The same mailbox twice is one factor (V-48).
    assert prepare(browser, attempt, "email_otp").code == "BAD_SIGN_IN_ATTEMPT"
    prepare(browser, attempt, last_digits=fields["phone_number"][-4:])
    assert verify(browser, attempt, code_to(d, "+1" + fields["phone_number"])).data["active_signin"] is not None


def test_AUT08_one_number_is_one_factor(server):
    """A number as the first factor is not asked for once more, and so the first one is all there is."""
    d, fields, user = enforced_person(server)
    browser = d.browser()
    attempt = start(browser, "phone_otp", phone=fields["phone_number"]).attempt
    prepare(browser, attempt)
    got = verify(browser, attempt, code_to(d, "+1" + fields["phone_number"]))
    assert got.attempt["second_method_authentication_required"] is False and got.data["active_signin"]["user_id"] == user


def test_a_link_opened_elsewhere_takes_the_second_step_along(server):
    d, fields, user = enforced_person(server)
    browser, other = d.browser(), d.browser()
    attempt = start(browser, "magic_link", email=fields["email"]).attempt
    prepare(browser, attempt)
    got = open_link(other, link_to(d, fields["email"]))
    assert got.attempt["id"] == attempt["id"] and got.attempt["current_step"] == "verify_second_factor"
    assert browser.session()["signin_attempts"] == [] and other.session()["signin_attempts"][-1]["id"] == attempt["id"]
    assert prepare(browser, attempt, "phone_otp", last_digits="0000").code == "BAD_SIGN_IN_ATTEMPT"
    prepare(other, got.attempt, last_digits=fields["phone_number"][-4:])
    assert verify(other, attempt, code_to(d, "+1" + fields["phone_number"])).data["active_signin"]["user_id"] == user


def test_V30_who_chose_a_second_factor_is_asked_for_it(server):
    d, fields, _ = enforced_person(server)
    browser = d.browser()
    attempt = browser.post("/auth/signin", {"email": fields["email"], "password": PASSWORD}).attempt
    prepare(browser, attempt, last_digits=fields["phone_number"][-4:])
    verify(browser, attempt, code_to(d, "+1" + fields["phone_number"]))
    assert browser.session()["active_signin"]["user"]["second_factor_policy"] == "enforced"
    d.set(auth_settings__second_factor_policy="optional")
    got = d.browser().post("/auth/signin", {"email": fields["email"], "password": PASSWORD})
    assert got.attempt["current_step"] == "verify_second_factor"


def test_an_attempt_does_not_outlive_the_password_it_proved(clock_server):
    d, fields, _ = enforced_person(clock_server)
    thief, owner = d.browser(), d.browser()
    attempt = thief.post("/auth/signin", {"email": fields["email"], "password": PASSWORD}).attempt
    clock_server.advance(31)
    owner.post("/auth/reset-password", {"token": reset_token(owner, fields["email"]), "password": "amber-walrus-sings"})
    assert prepare(thief, attempt, last_digits=fields["phone_number"][-4:]).code == "BAD_SIGN_IN_ATTEMPT"


# ---- what a profile lacks ----

def test_a_profile_is_completed_before_somebody_is_signed_in(server):
    d = server.deployment(**OTP)
    got = d.browser().post("/auth/signup", {"email": "bare@example.org", "password": PASSWORD})
    user = got.data["active_signin"]["user_id"]
    taken = d.person().username
    d.set(auth_settings__username__required="true", auth_settings__last_name__required="true")
    browser = d.browser()
    got = browser.post("/auth/signin", {"email": "bare@example.org", "password": PASSWORD})
    attempt = got.attempt
    assert attempt["current_step"] == "complete_profile" and attempt["requires_completion"] is True
    assert attempt["missing_fields"] == ["last_name", "username"] and attempt["profile_completion_data"]["email"] == "bare@example.org"
    assert got.data["active_signin"] is None and verify(browser, attempt, "123456").code == "BAD_SIGN_IN_ATTEMPT"

    def complete(fields, who=browser, attempt_id=attempt["id"]):
        return who.post("/auth/complete-profile", fields, {"attempt_id": attempt_id})

    assert complete({"last_name": "Otter"}).code == "REQUIRED_FIELD"
    assert complete({"last_name": "Otter", "username": taken}).code == "USERNAME_EXISTS"
    assert complete({"last_name": "Otter", "username": "!"}).code == "BAD_REQUEST_BODY"
    assert complete({"last_name": "O", "username": "bare"}, d.browser()).code == "BAD_SIGN_IN_ATTEMPT"
    assert complete({"last_name": "O", "username": "bare"}, browser, "signin_attempt_1").code == "BAD_SIGN_IN_ATTEMPT"
    got = complete({"last_name": "Otter", "username": "bare", "first_name": "Not", "email": "other@example.org"})
    assert got.attempt["completed"] is True and got.data["active_signin"]["user_id"] == user
    told = got.data["active_signin"]["user"]
    assert (told["last_name"], told["username"], told["first_name"], told["email"]) == ("Otter", "bare", "", "bare@example.org")
    assert complete({"last_name": "Other"}).code == "BAD_SIGN_IN_ATTEMPT"


def test_a_missing_number_stays_unproved(server):
    d = server.deployment(**OTP)
    d.browser().post("/auth/signup", {"email": "bare@example.org", "password": PASSWORD})
    d.set(auth_settings__phone_number__required="true")
    browser = d.browser()
    attempt = browser.post("/auth/signin", {"email": "bare@example.org", "password": PASSWORD}).attempt
    assert attempt["missing_fields"] == ["phone_number"]
    got = browser.post("/auth/complete-profile", {"phone_number": "5550107777", "phone_country_code": "+1"}, {"attempt_id": attempt["id"]})
    assert got.data["active_signin"]["user"]["primary_phone_number"]["verified"] is False


# ---- AUT-09 over HTTP ----

CALLS = ("password", "start", "send", "code", "sms", "sms_code", "profile", "reset", "reset_code", "set")
NIGHTLY = bool(os.environ.get("NIGHTLY"))


class Walk:
    """One browser that takes calls in any order, each as well as it can with what it has."""

    def __init__(self, d, fields):
        self.d, self.fields, self.browser = d, fields, d.browser()
        self.attempt, self.token, self.proved = None, "1.AAAA", set()

    def take(self, call):
        got = getattr(self, call)()
        if got is not None and got.status == 200 and "signin_attempts" in (got.data or {}) and got.data["signin_attempts"]:
            self.attempt = got.data["signin_attempts"][-1]
        if got is not None and got.status == 200:
            self.proved.add(call)

    def _attempt(self):
        return self.attempt or {"id": "signin_attempt_1", "current_step": "verify_email_otp"}

    def _code(self, to, kind):
        found = mailbox.messages(self.d, to, kind)
        return mailbox.show(self.d, found[0])["vars"]["code"] if found else "000000"

    def password(self):
        return self.browser.post("/auth/signin", {"email": self.fields["email"], "password": PASSWORD})

    def start(self):
        return start(self.browser, email=self.fields["email"])

    def send(self):
        return prepare(self.browser, self._attempt(), "email_otp")

    def code(self):
        return verify(self.browser, self._attempt(), self._code(self.fields["email"], "sign_in_code"))

    def sms(self):
        return prepare(self.browser, self._attempt(), "phone_otp", last_digits=self.fields["phone_number"][-4:])

    def sms_code(self):
        return verify(self.browser, self._attempt(), self._code("+1" + self.fields["phone_number"], "sms_code"))

    def profile(self):
        return self.browser.post("/auth/complete-profile", {"last_name": "Otter"}, {"attempt_id": self._attempt()["id"]})

    def reset(self):
        return self.browser.post("/auth/forgot-password", {"email": self.fields["email"]})

    def reset_code(self):
        got = self.browser.post("/auth/forgot-password", {"email": self.fields["email"], "otp": self._code(self.fields["email"], "reset_code")})
        if got.status == 200:
            self.token = got.data["token"]
        return got

    def set(self):
        return self.browser.post("/auth/reset-password", {"token": self.token, "password": PASSWORD})


def test_AUT09_no_order_of_calls_signs_in_but_the_tables(server):
    """Two factors are demanded: whatever comes in whatever order, without both nobody is in."""
    d, fields, _ = enforced_person(server)
    length = 4 if NIGHTLY else 3
    orders = [o for o in itertools.product(CALLS, repeat=length) if o[0] in ("password", "start", "reset")]
    step = 1 if NIGHTLY else 4
    signed_in = 0
    for order in orders[::step] + [("password", "sms", "sms_code"), ("reset", "reset_code", "set")]:
        walk = Walk(d, fields)
        for call in order:
            walk.take(call)
        if walk.browser.is_signed_in:
            signed_in += 1
            assert order[-2:] == ("sms", "sms_code") or ("sms" in order and "sms_code" in order), order
            assert {"sms", "sms_code"} <= walk.proved and walk.proved & {"password", "code", "set"}, (order, walk.proved)
    assert signed_in >= 1
