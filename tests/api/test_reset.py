"""Forgotten passwords: RCV-01 to RCV-08, V-01, AUT-12."""
# SPDX-License-Identifier: Apache-2.0
import pytest

import mailbox
from flows import OTP, code_to, prepare, reset_token, start, verify, wrong
from harness import ASKING, no_limits, race

SENDING = ("SEND_SOON", "SEND_TARGET", "SEND_TARGET_DAY", "SEND_PREFIX", "SEND_SOURCE", "SEND_DEPLOYMENT")
NEW = "amber-walrus-sings-loudly"


@pytest.fixture
def d(server):
    return server.deployment("production", **OTP)


def reset(browser, token, password=NEW):
    return browser.post("/auth/reset-password", {"token": token, "password": password})


def test_a_reset_sets_the_password_and_signs_in(d):
    who, browser = d.person(), d.browser()
    assert browser.post("/auth/forgot-password", {"email": who.email}).data == {}
    got = reset(browser, reset_token(browser, who.email))
    assert got.data["active_signin"]["user_id"] == who.id and got.attempt["completed"] is True
    assert d.browser().sign_in(who).code == "INVALID_CREDENTIALS"
    assert d.browser().sign_in(who, NEW).status == 200
    assert "Your password was changed." in mailbox.notices(d, who.email)
    assert "password.reset" in d.audit()


def test_RCV04_it_ends_the_other_sign_ins(d):
    elsewhere, who = d.signed_in()
    browser = d.browser()
    assert reset(browser, reset_token(browser, who.email)).status == 200
    assert not elsewhere.is_signed_in and elsewhere.get("/me").status == 401 and browser.is_signed_in


def test_5_6_the_sign_in_that_is_here_is_made_active_again(d):
    browser, who = d.signed_in()
    before = browser.session()["active_signin"]["id"]
    got = reset(browser, reset_token(browser, who.email))
    assert got.data["active_signin"]["id"] == before and len(got.data["signins"]) == 1


def test_RCV03_a_token_is_used_once(d):
    who, browser = d.person(), d.browser()
    token = reset_token(browser, who.email)
    assert reset(browser, token, "short").code == "WEAK_PASSWORD"
    assert reset(browser, token).status == 200
    assert reset(browser, token).code == "INVALID_CODE"


def test_RCV03_a_code_is_used_once_and_expires(clock_server):
    d = clock_server.deployment(**OTP)
    who, browser = d.person(), d.browser()
    browser.post("/auth/forgot-password", {"email": who.email})
    code = code_to(d, who.email)
    assert browser.post("/auth/forgot-password", {"email": who.email, "otp": wrong(code)}).code == "INVALID_CODE"
    token = browser.post("/auth/forgot-password", {"email": who.email, "otp": code}).data["token"]
    assert browser.post("/auth/forgot-password", {"email": who.email, "otp": code}).code == "verification_code_expired"
    clock_server.advance(601)
    assert reset(browser, token).code == "INVALID_CODE"
    browser.post("/auth/forgot-password", {"email": who.email})
    code = code_to(d, who.email)
    clock_server.advance(601)
    assert browser.post("/auth/forgot-password", {"email": who.email, "otp": code}).code == "verification_code_expired"


def test_RCV03_a_newer_code_ends_the_older_and_another_reset_ends_the_token(clock_server):
    d = clock_server.deployment(**OTP)
    who, browser, other = d.person(), d.browser(), d.browser()
    token = reset_token(browser, who.email)
    clock_server.advance(31)
    assert reset(other, reset_token(other, who.email), NEW + "-2").status == 200
    assert reset(browser, token).code == "INVALID_CODE", "the password has changed since"
    assert d.browser().sign_in(who, NEW + "-2").status == 200


def test_what_a_stranger_asks_for_does_not_end_ones_own_code(clock_server):
    """It did: whoever knew an address could keep its owner from ever using a code."""
    d = clock_server.deployment(**OTP)
    who, browser, stranger = d.person(), d.browser(), d.browser(ip="203.0.113.66")
    browser.post("/auth/forgot-password", {"email": who.email})
    code = code_to(d, who.email)
    clock_server.advance(31)
    assert stranger.post("/auth/forgot-password", {"email": who.email}).data == {}
    assert code_to(d, who.email) != code
    token = browser.post("/auth/forgot-password", {"email": who.email, "otp": code}).data["token"]
    assert reset(browser, token).status == 200


def test_RCV03_it_is_bound_to_the_session(d):
    who, browser, other = d.person(), d.browser(), d.browser()
    browser.post("/auth/forgot-password", {"email": who.email})
    code = code_to(d, who.email)
    assert other.post("/auth/forgot-password", {"email": who.email, "otp": code}).code == "verification_code_expired"
    token = browser.post("/auth/forgot-password", {"email": who.email, "otp": code}).data["token"]
    assert reset(other, token).code == "INVALID_CODE"
    assert reset(browser, token).status == 200


def test_RCV03_it_goes_with_the_address(d, server):
    who, browser = d.person(), d.browser()
    token = reset_token(browser, who.email)
    server.cli("user", "delete", who.email, "--deployment", d.host)
    assert reset(browser, token).code == "INVALID_CODE"


def test_RCV02_V01_no_step_can_be_left_out(d):
    """With an attempt's id, another flow's secret, another's token or none: nothing is set."""
    who, mallory, browser = d.person(), d.person(), d.browser()
    attempt = start(browser, email=who.email).attempt
    prepare(browser, attempt)
    code = code_to(d, who.email)
    foreign = reset_token(browser, mallory.email)
    number, secret = foreign.split(".")
    for bad in ("", attempt["id"], code, secret, "." + secret, number + ".", f"{int(number) - 1}.{secret}", foreign[:-1], foreign + "A",
                f"0{foreign}", f"-{foreign}"):
        assert reset(browser, bad).code == "INVALID_CODE", bad
    assert browser.post("/auth/reset-password", {"password": NEW}).code == "INVALID_CODE"
    assert d.browser().sign_in(who).status == 200


def test_RCV08_asking_changes_nothing(d):
    elsewhere, who = d.signed_in()
    for _ in range(30):
        assert d.browser().post("/auth/forgot-password", {"email": who.email}).status == 200
    assert elsewhere.is_signed_in and d.browser().sign_in(who).status == 200


def test_where_there_are_no_passwords_there_is_nothing_to_reset(server):
    d = server.deployment(auth_settings__password__enabled="false", auth_settings__password__required="false",
                          auth_settings__auth_factors_enabled__email_password="false",
                          auth_settings__auth_factors_enabled__username_password="false", auth_settings__first_factor="email_otp", **OTP)
    assert d.browser().post("/auth/forgot-password", {"email": "a@example.org"}).code == "FEATURE_DISABLED"
    assert server.deployment().browser().post("/auth/forgot-password", {"email": "no address"}).code == "BAD_REQUEST_BODY"


def test_a_disabled_account_stays_out(d, server):
    who, browser = d.person(), d.browser()
    token = reset_token(browser, who.email)
    server.cli("user", "disable", who.email, "--deployment", d.host)
    assert reset(browser, token).code == "USER_DISABLED" and not browser.is_signed_in


@pytest.mark.parametrize("round_", range(2))
def test_F30_one_of_many_uses_a_reset_token(d, round_):
    who, browser = d.person(), d.browser()
    token = reset_token(browser, who.email)
    tabs = [browser.twin() for _ in range(8)]
    got = race([lambda b=b, i=i: reset(b, token, f"{NEW}-{i}") for i, b in enumerate(tabs)])
    assert [g.status for g in got].count(200) == 1
    assert sum(d.browser().sign_in(who, f"{NEW}-{i}").status == 200 for i in range(8)) == 1


@pytest.mark.parametrize("way", ["code", "link", "reset"])
def test_AUT12_who_proves_an_address_takes_what_was_prepared_with_it(d, way):
    """Somebody signs up with another's address, unverified, and waits. Then its owner comes."""
    from flows import link_to, open_link
    mallory, victim = d.browser(), d.browser()
    email = f"victim.{way}@example.org"
    got = mallory.post("/auth/signup", {"email": email, "password": "known-to-mallory-alone", "username": f"mallory_{way}"})
    user = got.data["active_signin"]["user_id"]
    if way == "reset":
        got = reset(victim, reset_token(victim, email))
    else:
        attempt = start(victim, "email_otp" if way == "code" else "magic_link", email=email).attempt
        prepare(victim, attempt)
        got = verify(victim, attempt, code_to(d, email)) if way == "code" else open_link(victim, link_to(d, email))
    assert got.data["active_signin"]["user_id"] == user
    assert not mallory.is_signed_in and mallory.get("/me").status == 401
    assert d.browser().post("/auth/signin", {"email": email, "password": "known-to-mallory-alone"}).code == "INVALID_CREDENTIALS"
    assert "user.claimed" in d.audit()


def test_AUT06_guesses_elsewhere_keep_no_owner_from_a_reset(new_server):
    """A stranger's hundred wrong codes a day used up those of the owner's own browser."""
    with new_server(["--throttle-code-account", "7"], limited=True, env=no_limits(ASKING + SENDING + ("CODE_SOURCE", "CODE_GUESS"))) as server:
        d = server.deployment(**OTP)
        browser, who = d.signed_in(ip="203.0.113.5")
        stranger = d.browser(ip="203.0.113.66")
        stranger.post("/auth/forgot-password", {"email": who.email})
        code = code_to(d, who.email)
        got = [stranger.post("/auth/forgot-password", {"email": who.email, "otp": wrong(code)}).status for _ in range(9)]
        assert got == [400] * 7 + [429] * 2
        assert d.browser(ip="203.0.113.67").post("/auth/forgot-password", {"email": who.email}).status == 200
        assert reset(browser, reset_token(browser, who.email)).status == 200
