"""Signing in by codes: e-mail, text message, and as a second step. OTP-*, ENU-01, V-12, V-13, V-37, V-55, V-59."""
# SPDX-License-Identifier: Apache-2.0
import re

import pytest

import flows
import mailbox
from flows import OTP, code_to, prepare, start, verify, wrong
from harness import ASKING, no_limits


@pytest.fixture
def d(server):
    return server.deployment("production", **OTP)


def sms_person(d):
    """Somebody with a number, made by signing up."""
    browser = d.browser()
    tag = d.person().username[-8:]
    number = f"555{int(tag, 16) % 10000000:07d}"
    got = browser.post("/auth/signup", {"email": f"ph.{tag}@example.org", "username": f"ph_{tag}", "password": "violet-otter-climbs",
                                        "phone_number": number, "phone_country_code": "+1"})
    assert got.status == 200, got
    return number, got.data["active_signin"]["user_id"]


def test_a_mailed_code_signs_in(d):
    who, browser = d.person(), d.browser()
    got = start(browser, email=who.email)
    attempt = got.attempt
    assert got.data["active_signin"] is None and attempt["user_id"] is None and attempt["completed"] is False
    assert attempt["current_step"] == "verify_email_otp" and attempt["remaining_steps"] == ["verify_email_otp"]
    assert attempt["method"] == "email_otp" and attempt["email"] == who.email
    assert mailbox.messages(d, who.email) == [], "nothing is sent before it is asked for"
    sent = prepare(browser, attempt).data
    assert sent == {"otp_sent": True, "verification_method": "email_otp", "masked_email": f"{who.email[0]}•••@example.org"}
    got = verify(browser, attempt, code_to(d, who.email, "sign_in_code"))
    assert got.attempt["completed"] is True and got.attempt["current_step"] == "" and got.attempt["remaining_steps"] == []
    assert got.attempt["user_id"] == who.id and got.attempt["first_method_authenticated"] is True
    active = got.data["active_signin"]
    assert active["user_id"] == who.id and active["method"] == "email_otp"
    assert active["user"]["primary_email_address"]["verified"] is True
    assert browser.session()["signin_attempts"] == []


@pytest.mark.parametrize("fields", [{}, {"phone_country_code": "+1"}])
@pytest.mark.parametrize("prefix", ["", "1", "+1"])
def test_a_text_message_signs_in_by_any_spelling_of_the_number(d, fields, prefix):
    """14-Q12: clients send national digits only."""
    if fields and prefix == "1":
        pytest.skip("a dial code twice is another number")
    number, user = sms_person(d)
    browser = d.browser()
    attempt = start(browser, "phone_otp", phone=prefix + number, **fields).attempt
    assert attempt["current_step"] == "verify_phone_otp"
    sent = prepare(browser, attempt).data
    assert sent["masked_phone"].endswith(number[-4:]) and sent["otp_sent"] is True
    got = verify(browser, attempt, code_to(d, "+1" + number, "sms_code"))
    assert got.data["active_signin"]["user_id"] == user
    assert got.data["active_signin"]["user"]["user_phone_numbers"][0]["verified"] is True


def test_a_number_of_several_people_asks_for_all_of_it(d):
    people = {}
    for dial in ("+1", "+44"):
        browser = d.browser()
        got = browser.post("/auth/signup", {"email": f"a{dial[1:]}@example.org", "password": "violet-otter-climbs",
                                            "phone_number": "7700900123", "phone_country_code": dial})
        people[dial] = got.data["active_signin"]["user_id"]
    got = start(d.browser(), "phone_otp", phone="7700900123")
    assert got.code == "BAD_REQUEST_BODY" and "whole number" in got.message
    browser = d.browser()
    attempt = start(browser, "phone_otp", phone="7700900123", phone_country_code="+44").attempt
    prepare(browser, attempt)
    assert verify(browser, attempt, code_to(d, "+447700900123")).data["active_signin"]["user_id"] == people["+44"]


def test_the_way_is_inferred_from_what_was_sent(d):
    who, browser = d.person(), d.browser()
    number, _ = sms_person(d)
    assert browser.post("/auth/signin", {"phone": number}).attempt["method"] == "phone_otp"
    assert browser.post("/auth/signin", {"email": who.email}).code == "BAD_REQUEST_BODY"
    d.set(auth_settings__first_factor="email_otp")
    assert browser.post("/auth/signin", {"email": who.email}).attempt["method"] == "email_otp"
    d.set(auth_settings__first_factor="email_magic_link")
    assert browser.post("/auth/signin", {"email": who.email}).attempt["method"] == "magic_link"
    assert browser.post("/auth/signin", {"email": who.email, "password": who.password}).attempt["method"] == "plain_email"


def test_what_is_switched_off_is_refused(server):
    d = server.deployment()
    for strategy, fields in (("email_otp", {"email": "a@example.org"}), ("magic_link", {"email": "a@example.org"}),
                             ("phone_otp", {"phone": "5550100000"}), ("carrier_pigeon", {"email": "a@example.org"})):
        assert start(d.browser(), strategy, **fields).code == "BAD_REQUEST_BODY"
    assert start(server.deployment(**OTP).browser(), "email_otp", email="nobody at all").code == "BAD_REQUEST_BODY"


def test_each_refusal_has_its_code(d):
    who, browser = d.person(), d.browser()
    attempt = start(browser, email=who.email).attempt
    query = {"attempt_identifier": attempt["id"], "identifier_type": "signin"}
    assert browser.post("/auth/prepare-verification", None, query).code == "VERIFICATION_STRATEGY_REQUIRED"
    assert browser.post("/auth/prepare-verification", None, {"strategy": "email_otp", "identifier_type": "signin"}).code == "BAD_SIGN_IN_ATTEMPT"
    assert prepare(browser, attempt, "phone_otp").code == "BAD_SIGN_IN_ATTEMPT"
    assert prepare(browser, attempt, "magic_link").code == "BAD_SIGN_IN_ATTEMPT"
    assert browser.post("/auth/attempt-verification", {}, query).code == "missing_verification_code"
    assert verify(browser, attempt, "123456").code == "verification_code_expired"
    prepare(browser, attempt)
    assert verify(browser, attempt, wrong(code_to(d, who.email))).code == "INVALID_CODE"
    for bad in ("signin_attempt_1", "nonsense", "signup_attempt_1"):
        assert verify(browser, {"id": bad}, "123456").code == "BAD_SIGN_IN_ATTEMPT"
    assert browser.post("/auth/attempt-verification", {"verification_code": "1"}, {**query, "identifier_type": "x"}).code == "BAD_REQUEST_BODY"
    assert browser.post("/auth/attempt-verification", {"verification_code": "1"}, {"identifier_type": "signin"}).code == "BAD_SIGN_IN_ATTEMPT"
    # The code may come in the query too.
    code = code_to(d, who.email)
    assert browser.post("/auth/attempt-verification", None, {**query, "verification_code": code}).status == 200
    assert verify(browser, attempt, code).code == "BAD_SIGN_IN_ATTEMPT"


def test_OTP02_a_code_expires(clock_server):
    d = clock_server.deployment(**OTP)
    for seconds, expected in ((299, None), (301, "verification_code_expired")):
        who, browser = d.person(), d.browser()
        attempt = start(browser, email=who.email).attempt
        prepare(browser, attempt)
        code = code_to(d, who.email)
        clock_server.advance(seconds)
        assert verify(browser, attempt, code).code == expected


def test_an_attempt_expires(clock_server):
    d = clock_server.deployment(**OTP)
    who, browser = d.person(), d.browser()
    attempt = start(browser, email=who.email).attempt
    clock_server.advance(601)
    assert prepare(browser, attempt).code == "BAD_SIGN_IN_ATTEMPT" and browser.session()["signin_attempts"] == []


def test_OTP04_V13_a_code_is_its_attempts_and_its_browsers_alone(server, d):
    who, browser, other = d.person(), d.browser(), d.browser()
    first, second = (start(browser, email=who.email).attempt for _ in range(2))
    prepare(browser, first)
    code = code_to(d, who.email)
    prepare(other, start(other, email=who.email).attempt)
    assert verify(browser, second, code).code == "verification_code_expired"
    assert verify(other, first, code).code == "BAD_SIGN_IN_ATTEMPT"
    tenant = server.deployment(**OTP)
    assert verify(tenant.browser(), first, code).code == "BAD_SIGN_IN_ATTEMPT"
    assert browser.post("/auth/forgot-password", {"email": who.email, "otp": code}).code == "verification_code_expired"
    assert verify(browser, first, code).status == 200


def test_OTP01_a_newer_code_takes_the_place_of_the_older(clock_server):
    d = clock_server.deployment(**OTP)
    who, browser = d.person(), d.browser()
    attempt = start(browser, email=who.email).attempt
    prepare(browser, attempt)
    old = code_to(d, who.email)
    clock_server.advance(31)
    prepare(browser, attempt)
    new = code_to(d, who.email)
    if old != new:
        assert verify(browser, attempt, old).code == "INVALID_CODE"
    assert verify(browser, attempt, new).status == 200


@pytest.mark.parametrize("cut", [slice(0, 5), slice(1, 6), slice(0, 0)])
def test_V37_a_cut_code_is_no_code(d, cut):
    who, browser = d.person(), d.browser()
    attempt = start(browser, email=who.email).attempt
    prepare(browser, attempt)
    assert verify(browser, attempt, code_to(d, who.email)[cut]).code in ("INVALID_CODE", "missing_verification_code")


def test_OTP05_five_wrong_codes_end_the_attempt(d):
    who, browser = d.person(), d.browser()
    attempt = start(browser, email=who.email).attempt
    prepare(browser, attempt)
    code = code_to(d, who.email)
    for _ in range(5):
        assert verify(browser, attempt, wrong(code)).code == "INVALID_CODE"
    assert verify(browser, attempt, code).code == "BAD_SIGN_IN_ATTEMPT"
    assert prepare(browser, attempt).code == "BAD_SIGN_IN_ATTEMPT" and browser.session()["signin_attempts"] == []


def test_USER_DISABLED_only_after_the_right_code(server, d):
    who, browser = d.person(), d.browser()
    server.cli("user", "disable", who.email, "--deployment", d.host)
    attempt = start(browser, email=who.email).attempt
    prepare(browser, attempt)
    code = code_to(d, who.email)
    assert verify(browser, attempt, wrong(code)).code == "INVALID_CODE"
    assert verify(browser, attempt, code).code == "USER_DISABLED" and not browser.is_signed_in


def test_somebody_signed_in_here_is_told_so(d):
    browser, who = d.signed_in()
    assert start(browser, email=who.email).code == "USER_ALREADY_SIGNED_IN"


def test_V59_spellings_of_an_address_are_one(d):
    who, browser = d.person(email="Mira.Otter@Example.org"), d.browser()
    attempt = start(browser, email="ＭＩＲＡ.otter＠example.ORG").attempt
    prepare(browser, attempt)
    assert verify(browser, attempt, code_to(d, "mira.otter@example.org")).data["active_signin"]["user_id"] == who.id


# ---- accounts that do not exist ----

NONCES = re.compile(rb'(signin_attempt_|session_)\d+|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ')
HEADERS = ("date", "set-cookie", "x-request-id")


def shape(answer, name):
    body = NONCES.sub(b"#", answer.body).replace(name.encode(), b"NAME")
    return answer.status, sorted((k.lower(), v) for k, v in answer.headers if k.lower() not in HEADERS + ("content-length",)), body


@pytest.mark.parametrize("strategy", ["email_otp", "magic_link"])
def test_ENU01_asking_for_a_code_tells_nothing(d, strategy):
    known, unknown = d.person(email="arnold@example.org"), "absent@example.org"
    seen = []
    for name in (known.email, unknown):
        browser = d.browser()
        got = start(browser, strategy, email=name)
        sent = prepare(browser, got.attempt)
        answers = [got, sent, verify(browser, got.attempt, "000000")]
        if strategy == "magic_link":
            answers[2:] = [flows.open_link(browser, {"token": "A" * 43, "attempt": got.attempt["id"]})]
        seen.append([shape(a, name) for a in answers])
    assert seen[0] == seen[1]
    assert mailbox.messages(d, unknown) == []


def test_ENU01_reset_and_identify_tell_nothing(d):
    known, unknown = d.person(email="arnika@example.org"), "absent@example.org"
    seen = []
    for name in (known.email, unknown):
        browser = d.browser()
        answers = [browser.post("/auth/forgot-password", {"email": name}),
                   browser.post("/auth/forgot-password", {"email": name, "otp": "000000"}),
                   d.browser().post("/auth/forgot-password", {"email": name, "otp": "000000"}),
                   d.browser().post("/auth/identify", {"identifier": name}),
                   d.browser().post("/auth/signin", {"strategy": "plain_email", "email": name, "password": "wrong-wrong-wrong"})]
        seen.append([shape(a, name) for a in answers])
    assert seen[0] == seen[1]
    assert mailbox.messages(d, unknown) == []


def test_nobodys_attempt_never_succeeds(d):
    """Not even with the code that would be right: there is none."""
    browser = d.browser()
    attempt = start(browser, email="absent@example.org").attempt
    prepare(browser, attempt)
    for guess in ("000000", "123456", "999999"):
        assert verify(browser, attempt, guess).code == "INVALID_CODE"
    assert not browser.is_signed_in


def test_existence_is_told_where_a_deployment_wants_it(server):
    d = server.deployment(hide_account_existence="false", **OTP)
    for strategy, fields in (("email_otp", {"email": "no@example.org"}), ("magic_link", {"email": "no@example.org"}),
                             ("phone_otp", {"phone": "5550109999"})):
        assert start(d.browser(), strategy, **fields).code == "USER_NOT_FOUND"


# ---- limits ----

@pytest.fixture(scope="module")
def sending_limits(new_server):
    """The limits of sending and guessing as they are; those of asking as high as in the other tests."""
    with new_server(limited=True, env=no_limits(ASKING)) as s:
        yield s


def test_OTP06_one_message_in_half_a_minute_five_in_ten(sending_limits):
    d = sending_limits.deployment(**OTP)
    who, browser = d.person(), d.browser()
    attempt = start(browser, email=who.email).attempt
    assert prepare(browser, attempt).status == 200
    got = prepare(browser, attempt)
    assert got.code == "RATE_LIMITED" and 0 < int(got.header("Retry-After")) <= 31
    for _ in range(4):
        sending_limits.advance(31)
        assert prepare(browser, attempt).status == 200
    sending_limits.advance(31)
    got = prepare(browser, attempt)
    assert got.code == "RATE_LIMITED" and int(got.header("Retry-After")) > 31
    assert len(mailbox.messages(d, who.email)) == 5, "what is refused is not sent"
    # Nobody's attempts are limited alike.
    attempt = start(browser, email="absent@example.org").attempt
    assert prepare(browser, attempt).status == 200 and prepare(browser, attempt).code == "RATE_LIMITED"


@pytest.mark.parametrize("spellings", [("5550104321", "15550104321"), ("+15550104321", "5550104321")])
def test_ENU01_another_spelling_of_a_number_tells_nothing(sending_limits, spellings):
    """Sent to +1555… whatever was typed, a known number's limits held for all spellings; nobody's held for one alone."""
    d = sending_limits.deployment(**OTP)
    got = d.browser().post("/auth/signup", {"email": "arno@example.org", "password": "violet-otter-climbs",
                                            "phone_number": "5550104321", "phone_country_code": "+1"})
    assert got.status == 200
    seen = []
    for last in ("4321", "9876"):
        browser = d.browser()
        seen.append([prepare(browser, start(browser, "phone_otp", phone=s[:-4] + last).attempt).code for s in spellings])
    assert seen == [[None, "RATE_LIMITED"]] * 2


def test_ENU01_OTP06_another_spelling_of_an_address_is_no_other_recipient(sending_limits):
    """Jessica's mailbox got as many mails as her name has spellings with one key, and only hers did."""
    d = sending_limits.deployment(**OTP)
    known = d.person(email="jessica@example.org")
    for name in (known.email, "vanessa@example.org"):
        browser, other = d.browser(), name.replace("ss", "ß")
        assert prepare(browser, start(browser, email=name).attempt).status == 200
        assert prepare(browser, start(browser, email=other).attempt).code == "RATE_LIMITED"
        sending_limits.advance(31)
        assert d.browser().post("/auth/forgot-password", {"email": other}).status == 200
        assert d.browser().post("/auth/forgot-password", {"email": name}).code == "RATE_LIMITED"
    assert len(mailbox.messages(d, known.email)) == 2


def test_OTP05_another_spelling_brings_no_guesses_at_a_sign_up(new_server):
    with new_server(limited=True, env={**no_limits(ASKING), **no_limits(["SEND_SOON"]), "SESSIOND_THROTTLE_CODE_ACCOUNT": "4"}) as server:
        d = server.deployment("staging", auth_settings__verification_policy__email="true")
        codes = []
        for email in ("jessica@example.org", "jeßica@example.org"):
            browser = d.browser()
            attempt = browser.post("/auth/signup", {"email": email, "password": "violet-otter-climbs"}).attempt
            prepare(browser, attempt)
            codes += [verify(browser, attempt, wrong(code_to(d, email))).code for _ in range(3)]
        assert codes == ["INVALID_CODE"] * 4 + ["RATE_LIMITED"] * 2


def test_AUT05_neither_a_new_code_nor_a_restart_brings_guesses_back(sending_limits):
    """A hundred wrong codes a day, over all attempts of one account: the next is not looked at."""
    server = sending_limits
    d = server.public_deployment(**OTP)
    who = d.person()

    def guess_at(ip, n):
        browser = d.browser(ip=ip)
        attempt = start(browser, email=who.email).attempt
        assert prepare(browser, attempt).status == 200
        code = code_to(d, who.email)
        return [verify(browser, attempt, wrong(code)).code for _ in range(n)], lambda: verify(browser.twin(), attempt, code)

    for i in range(19):
        assert guess_at(f"203.0.113.{i}", 5)[0] == ["INVALID_CODE"] * 5
        server.advance(601)
    codes, right = guess_at("203.0.113.98", 4)
    assert codes == ["INVALID_CODE"] * 4
    server.stop()
    server.start()
    # The test clock begins anew with the process: three hours back.
    assert right().status == 200, "the hundredth, and a right one does not count"
    server.advance(20 * 601)
    browser = d.browser(ip="203.0.113.99")
    attempt = start(browser, email=who.email).attempt
    assert prepare(browser, attempt).code == "RATE_LIMITED", "twenty messages a day"


def test_AUT02_one_count_for_all_names_of_an_account(new_server):
    """Address, number, password reset: ten guesses in all, where ten are allowed."""
    with new_server(limited=True, env={**no_limits(ASKING), "SESSIOND_THROTTLE_CODE_ACCOUNT": "10",
                                       "SESSIOND_THROTTLE_SEND_SOON": "100"}) as server:
        d = server.deployment(**OTP)
        number, _ = sms_person(d)
        email = mailbox_of(d, number)
        browser = d.browser()
        a = start(browser, "phone_otp", phone=number).attempt
        prepare(browser, a)
        sms = code_to(d, "+1" + number)
        assert [verify(browser, a, wrong(sms)).code for _ in range(4)] == ["INVALID_CODE"] * 4
        b = start(browser, email=email).attempt
        prepare(browser, b)
        mail = code_to(d, email)
        assert [verify(browser, b, wrong(mail)).code for _ in range(4)] == ["INVALID_CODE"] * 4
        browser.post("/auth/forgot-password", {"email": email})
        reset = code_to(d, email, "reset_code")
        assert [browser.post("/auth/forgot-password", {"email": email, "otp": wrong(reset)}).code
                for _ in range(3)] == ["INVALID_CODE"] * 2 + ["RATE_LIMITED"]
        assert verify(browser, a, sms).code == "RATE_LIMITED" and not browser.is_signed_in


def mailbox_of(d, number):
    return d.server.sql(f"SELECT e.email FROM email_address e JOIN phone_number p ON p.user_id = e.user_id AND "
                        f"p.deployment_id = e.deployment_id WHERE p.phone_number = '{number}' AND p.deployment_id = {d.number}")[0][0]


def test_OTP06_numbers_beside_each_other_count_together(new_server):
    with new_server(limited=True, env={**no_limits(ASKING), "SESSIOND_THROTTLE_SEND_PREFIX": "3"}) as server:
        d = server.deployment(**OTP)
        seen = []
        for i in range(5):
            browser = d.browser()
            seen.append(prepare(browser, start(browser, "phone_otp", phone=f"1555010{i:04d}").attempt).code)
        assert seen == [None] * 3 + ["RATE_LIMITED"] * 2
        browser = d.browser()
        assert prepare(browser, start(browser, "phone_otp", phone="15550200001").attempt).status == 200


def test_OTP06_an_added_number_counts_once(new_server):
    """It counted twice: half as many could be sent."""
    with new_server(limited=True, env={**no_limits(ASKING), "SESSIOND_THROTTLE_SEND_PREFIX": "2"}) as server:
        d = server.deployment(**OTP)
        seen = []
        for i in range(3):
            browser, _ = d.signed_in()
            added = browser.post("/me/phone-numbers", {"phone_number": f"555020{i:04d}", "country_code": "+1"}).data["id"]
            seen.append(browser.post(f"/me/phone-numbers/{added}/prepare-verification").code)
        assert seen == [None, None, "RATE_LIMITED"]
