"""Browsers somebody has signed in with: AUT-01, AUT-06, AUT-11."""
# SPDX-License-Identifier: Apache-2.0
import pytest

import flows
import mailbox
import totp
from flows import OTP, prepare, start
from harness import ASKING, no_limits
from test_factors import ON


@pytest.fixture(scope="module")
def streak_server(new_server):
    """With short rows of wrong passwords."""
    with new_server(["--throttle-sign-in-account", "5", "--throttle-sign-in-source", "1000", "--throttle-sign-in-streak", "12"],
                    limited=True) as s:
        yield s


def attack(d, who, n, ip="198.51.100.66"):
    browser = d.browser(ip=ip)
    return [browser.post("/auth/signin", {"email": who.email, "password": f"wrong-{i}"}).status for i in range(n)]


def test_AUT06_an_attack_elsewhere_does_not_lock_the_owner_out(streak_server):
    d = streak_server.deployment()
    owner, who = d.signed_in(ip="203.0.113.5")
    assert owner.post("/session/sign-out").status == 200
    assert attack(d, who, 7) == [401] * 5 + [429] * 2
    stranger = d.browser(ip="198.51.100.7").sign_in(who)
    assert (stranger.status, stranger.code) == (429, "RATE_LIMITED")
    assert owner.sign_in(who).status == 200, "in a browser that the account knows"


def test_AUT06_a_known_browser_has_a_limit_of_its_own(streak_server):
    d = streak_server.deployment()
    owner, who = d.signed_in(ip="203.0.113.6")
    owner.post("/session/sign-out")
    got = [owner.post("/auth/signin", {"email": who.email, "password": f"wrong-{i}"}).status for i in range(7)]
    assert got == [401] * 5 + [429] * 2


def test_AUT01_a_row_of_wrong_passwords_is_not_ended_by_waiting(streak_server):
    d = streak_server.deployment()
    owner, who = d.signed_in(ip="203.0.113.7")
    owner.post("/session/sign-out")
    evaluated = 0
    for _ in range(6):
        evaluated += attack(d, who, 5).count(401)
        streak_server.advance(61)
    assert evaluated == 12
    streak_server.advance(86400)
    late = d.browser(ip="198.51.100.8").sign_in(who)
    assert late.status == 429 and 0 < int(late.header("Retry-After")) <= 86401
    assert owner.sign_in(who).status == 200, "ends the row"
    assert d.browser(ip="198.51.100.8").sign_in(who).status == 200


def test_AUT01_a_right_password_ends_the_row(streak_server):
    d = streak_server.deployment()
    who = d.person()
    for _ in range(4):
        assert attack(d, who, 4) == [401] * 4
        assert d.browser(ip="198.51.100.9").sign_in(who).status == 200
        streak_server.advance(61)


def test_AUT06_guesses_at_codes_elsewhere_do_not_lock_the_owner_out(new_server):
    """Strangers who used up an account's guesses at codes kept its owner from the second factor for a day."""
    with new_server(limited=True, env={**no_limits(ASKING), **no_limits(["CODE_SOURCE", "SEND_SOON", "SEND_TARGET"]),
                                       "SESSIOND_THROTTLE_CODE_ACCOUNT": "10"}) as server:
        d = server.deployment(**{**ON, **OTP})
        owner, who = d.signed_in()
        app = totp.enrol(owner)
        owner.post("/session/sign-out")
        seen = []
        for i in range(3):
            stranger = d.browser(ip=f"203.0.113.{i}")
            attempt = start(stranger, email=who.email).attempt
            prepare(stranger, attempt)
            code = flows.wrong(flows.code_to(d, who.email, "sign_in_code"))
            seen += [flows.verify(stranger, attempt, code).code for _ in range(4)]
        assert seen == ["INVALID_CODE"] * 10 + ["RATE_LIMITED"] * 2
        elsewhere, here = d.browser(), owner
        assert flows.verify(elsewhere, elsewhere.sign_in(who).attempt, app.code()).code == "RATE_LIMITED"
        attempt = here.sign_in(who).attempt
        assert flows.verify(here, attempt, "000000").code == "INVALID_CODE"
        assert flows.verify(here, attempt, app.code()).data["active_signin"] is not None, "in a browser that the account knows"


@pytest.mark.parametrize("path,field,more", [("/session/step-up", "password", {}), ("/me/account/delete", "password", {}),
                                             ("/me/remove-password", "current_password", {}),
                                             ("/me/update-password", "current_password", {"new_password": "amber-walrus-sings-1"})])
def test_AUT01_AUT03_no_end_of_guesses_in_a_stolen_session(streak_server, path, field, more):
    """Whoever had a session could go on guessing at its password for good: only signing in counted a row of wrong ones."""
    d = streak_server.deployment(auth_settings__auth_factors_enabled__email_otp="true")
    thief, who = d.signed_in()
    got = []
    for _ in range(4):
        got += [thief.post(path, {field: f"wrong-{i}", **more}).status for i in range(5)]
        streak_server.advance(61)
    assert got.count(401) == 12 and got[12:] == [429] * 8
    assert thief.post(path, {field: who.password, **more}).status == 429
    assert d.browser().sign_in(who).status == 200, "and nobody else is kept out"


def test_AUT01_a_right_password_ends_the_row_in_a_session_too(streak_server):
    d = streak_server.deployment()
    browser, who = d.signed_in()
    for _ in range(4):
        assert [browser.post("/session/step-up", {"password": f"wrong-{i}"}).status for i in range(4)] == [401] * 4
        assert browser.post("/session/step-up", {"password": who.password}).status == 200
        streak_server.advance(61)


def test_ENU01_names_that_nobody_has_are_limited_alike(streak_server):
    d = streak_server.deployment()
    browser = d.browser(ip="198.51.100.10")
    statuses = []
    for _ in range(4):
        statuses += [browser.post("/auth/signin", {"email": "nobody@example.org", "password": "wrong"}).status for _ in range(5)]
        streak_server.advance(61)
    assert statuses.count(401) == 12 and set(statuses) == {401, 429}


def notices(d, who):
    return [m for m in mailbox_list(d) if m["kind"] == "security_notice" and m["to"] == who.email]


def mailbox_list(d):
    return d.server.cli_json("outbox", "list", "--deployment", d.host)["messages"]


def test_AUT11_a_new_browser_is_worth_a_mail_and_a_known_one_is_not(server):
    d = server.deployment()
    first, who = d.signed_in()
    assert notices(d, who) == [], "the very first"
    first.post("/session/sign-out")
    assert first.sign_in(who).status == 200 and notices(d, who) == []
    d.signed_in(who)
    assert len(notices(d, who)) == 1
    assert "new browser" in mailbox.latest(d, who.email, "security_notice")["vars"]["what"]


def test_AUT11_it_can_be_switched_off_but_not_after_wrong_passwords(server):
    d = server.deployment(notice_new_device="false")
    _, who = d.signed_in()
    d.signed_in(who)
    assert notices(d, who) == []
    attack(d, who, 5)
    d.signed_in(who)
    assert len(notices(d, who)) == 1
    assert "wrong passwords" in mailbox.latest(d, who.email, "security_notice")["vars"]["what"]


def test_a_browser_is_known_to_its_account_and_deployment_only(server):
    d = server.deployment()
    one, who = d.signed_in()
    other = d.person()
    rows = server.sql(f"SELECT user_id, session_id FROM known_device WHERE deployment_id = {d.number}")
    assert len(rows) == 1 and f"user_{rows[0][0]}" == who.id != other.id
    server.cli("user", "delete", who.email, "--deployment", d.host)
    assert d.rows()["known_device"] == 0
