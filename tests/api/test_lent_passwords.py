"""Passwords that are not their owner's: lent by an operator, or known to others. PWD-08, PWD-13."""
# SPDX-License-Identifier: Apache-2.0
import pytest

import mailbox
import totp
from flows import OTP, reset_token, sign_in_by_code, verify
from harness import PASSWORD, race
from test_factors import ON

LENT = "cobalt-heron-paints-quietly"
OWN = "amber-walrus-sings-loudly"


def lend(d, who, password=LENT):
    d.server.cli("user", "set-password", who.email, "--deployment", d.host, stdin=password + "\n")


def choose(browser, attempt, password=OWN, **fields):
    """A6, with a new password."""
    return browser.post("/auth/complete-profile", {"password": password, **fields}, {"attempt_id": attempt["id"]})


def shown(d, who):
    return d.server.cli_json("user", "show", who.email, "--deployment", d.host)


def test_PWD13_a_lent_password_leads_to_the_change_and_nowhere_else(production):
    d = production
    elsewhere, who = d.signed_in()
    lend(d, who)
    assert not elsewhere.is_signed_in, "whoever came in with the old one is out"
    assert d.browser().sign_in(who).code == "INVALID_CREDENTIALS"
    browser = d.browser()
    attempt = browser.sign_in(who, LENT).attempt
    assert attempt["current_step"] == "complete_profile" and attempt["missing_fields"] == ["password"]
    assert attempt["completed"] is False and not browser.is_signed_in
    for method, path in (("GET", "/session/token"), ("GET", "/me"), ("POST", "/me/update-password"), ("GET", "/me/signins")):
        assert browser.send(method, path, None, {"current_password": LENT, "new_password": OWN}
                            if method == "POST" else None).code == "UNAUTHORIZED"
    got = choose(browser, attempt)
    assert got.data["active_signin"]["user_id"] == who.id and got.attempt["completed"] is True
    assert d.browser().sign_in(who, LENT).code == "INVALID_CREDENTIALS"
    assert d.browser().sign_in(who, OWN).attempt["completed"] is True
    assert shown(d, who)["has_password"] is True
    assert {"password.lent", "password.changed"} <= set(d.audit())


def test_PWD13_it_is_never_mailed(production):
    d = production
    who = d.person()
    lend(d, who)
    browser = d.browser()
    choose(browser, browser.sign_in(who, LENT).attempt)
    for message in mailbox.messages(d):
        assert LENT not in str(mailbox.show(d, message))
    assert any("An operator set a new password" in said for said in mailbox.notices(d, who.email))
    assert "Your password was changed." in mailbox.notices(d, who.email)


def test_PWD13_one_use(production):
    """Of eight at once one comes to the change; abandoned, there is no second."""
    d = production
    who = d.person()
    lend(d, who)
    browsers = [d.browser(ip=f"203.0.113.{i}") for i in range(8)]
    got = race([lambda b=b: b.sign_in(who, LENT) for b in browsers])
    assert sorted(g.status for g in got) == [200] + [401] * 7
    assert d.browser().sign_in(who, LENT).code == "INVALID_CREDENTIALS"


def test_PWD13_a_day(clock_server):
    d = clock_server.deployment()
    who, other = d.person(), d.person()
    lend(d, who), lend(d, other)
    clock_server.advance(86400 - 30)
    assert d.browser().sign_in(who, LENT).attempt["missing_fields"] == ["password"]
    clock_server.advance(60)
    assert d.browser().sign_in(other, LENT).code == "INVALID_CREDENTIALS"


@pytest.mark.parametrize("password,code", [(LENT, "WEAK_PASSWORD"), ("short", "WEAK_PASSWORD"), ("", "REQUIRED_FIELD")])
def test_PWD13_the_operator_does_not_know_the_next_one(production, password, code):
    who = production.person()
    lend(production, who)
    browser = production.browser()
    attempt = browser.sign_in(who, LENT).attempt
    assert choose(browser, attempt, password).code == code
    assert not browser.is_signed_in
    assert choose(browser, attempt).attempt["completed"] is True


def test_PWD13_made_with_an_account(production):
    """user create --must-change; without it a script that makes an account says what its password is."""
    d = production
    made = d.server.cli_json("user", "create", "--deployment", d.host, "--username", "lent_out", "--must-change", stdin=LENT + "\n")
    browser = d.browser()
    got = browser.post("/auth/signin", {"strategy": "plain_username", "username": "lent_out", "password": LENT})
    assert got.attempt["missing_fields"] == ["password"]
    assert choose(browser, got.attempt).data["active_signin"]["user_id"] == made["id"]
    empty = d.server.try_cli("user", "create", "--deployment", d.host, "--username", "nobody_yet", "--must-change")
    assert empty.returncode != 0 and "--must-change" in empty.stderr


def test_PWD13_together_with_what_else_is_missing(production):
    d = production.set(auth_settings__username__required="true")
    d.server.cli_json("user", "create", "--deployment", d.host, "--email", "lent@example.org", "--must-change", stdin=LENT + "\n")
    browser = d.browser()
    attempt = browser.post("/auth/signin", {"strategy": "plain_email", "email": "lent@example.org", "password": LENT}).attempt
    assert attempt["missing_fields"] == ["username", "password"]
    assert browser.post("/auth/complete-profile", {"username": "lent_one"}, {"attempt_id": attempt["id"]}).code == "REQUIRED_FIELD"
    assert choose(browser, attempt, username="lent_one").data["active_signin"]["user"]["username"] == "lent_one"


def test_PWD13_RCV01_the_second_factor_comes_first(clock_server):
    d = clock_server.deployment(**ON)
    browser, who = d.signed_in()
    device = totp.enrol(browser)
    lend(d, who)
    fresh = d.browser()
    attempt = fresh.sign_in(who, LENT).attempt
    assert attempt["current_step"] == "verify_second_factor"
    assert choose(fresh, attempt).code == "BAD_SIGN_IN_ATTEMPT"
    clock_server.advance(90)
    attempt = verify(fresh, attempt, device.code()).attempt
    assert attempt["current_step"] == "complete_profile"
    assert choose(fresh, attempt).attempt["completed"] is True


def test_PWD13_another_browser_cannot_choose(production):
    who = production.person()
    lend(production, who)
    attempt = production.browser().sign_in(who, LENT).attempt
    assert choose(production.browser(), attempt).code == "BAD_SIGN_IN_ATTEMPT"


def test_PWD13_lent_anew_the_change_that_was_begun_is_void(production):
    d = production
    who, browser = d.person(), d.browser()
    lend(d, who)
    attempt = browser.sign_in(who, LENT).attempt
    lend(d, who, LENT + "-2")
    assert choose(browser, attempt).code == "BAD_SIGN_IN_ATTEMPT"
    again = d.browser()
    assert choose(again, again.sign_in(who, LENT + "-2").attempt).status == 200


def test_PWD13_other_ways_in_stay_and_it_proves_nothing_there(server):
    """Signed in by mail, whoever was lent one sets a first one of their own; the lent one confirms nothing."""
    d = server.deployment(**OTP)
    who, browser = d.person(), d.browser()
    lend(d, who)
    assert sign_in_by_code(browser, who).attempt["completed"] is True
    assert browser.get("/me").data["has_password"] is False
    assert browser.post("/session/step-up", {"password": LENT}).code == "INVALID_CREDENTIALS"
    assert browser.post("/me/remove-password", {"current_password": LENT}).code == "BAD_REQUEST_BODY"
    assert browser.post("/me/account/delete", {"password": LENT}).code == "INVALID_CREDENTIALS"
    assert browser.post("/me/update-password", {"new_password": OWN}).status == 200
    assert d.browser().sign_in(who, LENT).code == "INVALID_CREDENTIALS"
    assert d.browser().sign_in(who, OWN).attempt["completed"] is True


def test_PWD13_the_mailed_way_does_too(server):
    """The stock client's form has no field for it: its \"Forgot password?\" has."""
    d = server.deployment(**OTP)
    who, browser = d.person(), d.browser()
    lend(d, who)
    browser.sign_in(who, LENT)
    token = reset_token(browser, who.email)
    assert browser.post("/auth/reset-password", {"token": token, "password": OWN}).data["active_signin"]["user_id"] == who.id
    assert d.browser().sign_in(who, OWN).attempt["completed"] is True


def test_PWD08_nothing_ages(new_server):
    with new_server() as server:
        d = server.deployment()
        who = d.person()
        server.advance(5 * 366 * 86400)
        assert d.browser().sign_in(who).attempt["completed"] is True


def test_PWD08_one_known_to_others_opens_the_change_flow_only(server):
    d = server.deployment(**OTP)
    elsewhere, who = d.signed_in()
    server.cli("user", "expose-password", who.email, "--deployment", d.host)
    assert not elsewhere.is_signed_in
    browser = d.browser()
    got = browser.sign_in(who)
    assert got.status == 403 and got.code == "PASSWORD_CHANGE_REQUIRED" and "Forgot password" in got.message
    assert browser.sign_in(who, "not-it-at-all").code == "INVALID_CREDENTIALS", "only the right one is told"
    assert not browser.session()["signin_attempts"] and not browser.is_signed_in
    token = reset_token(browser, who.email)
    assert browser.post("/auth/reset-password", {"token": token, "password": OWN}).status == 200
    assert d.browser().sign_in(who, OWN).attempt["completed"] is True
    assert "password.exposed" in d.audit()
    assert any("may be known to others" in said for said in mailbox.notices(d, who.email))


def test_PWD08_it_confirms_nothing(server):
    d = server.deployment(**OTP)
    who, browser = d.person(), d.browser()
    server.cli("user", "expose-password", who.email, "--deployment", d.host)
    assert sign_in_by_code(browser, who).attempt["completed"] is True
    assert browser.post("/session/step-up", {"password": PASSWORD}).code == "INVALID_CREDENTIALS"
    assert browser.post("/me/update-password", {"current_password": PASSWORD, "new_password": OWN}).status == 200
    assert d.browser().sign_in(who, OWN).attempt["completed"] is True


def test_an_account_without_one_has_none_to_expose(production):
    d = production
    d.server.cli_json("user", "create", "--deployment", d.host, "--username", "passwordless")
    done = d.server.try_cli("user", "expose-password", "passwordless", "--deployment", d.host)
    assert done.returncode != 0 and "no password" in done.stderr
