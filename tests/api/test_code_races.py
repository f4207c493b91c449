"""One winner for a code, however many come with it at one instant, on both engines: F-30, OTP-01, V-14, V-55."""
# SPDX-License-Identifier: Apache-2.0
import os

import pytest

import mailbox
from flows import OTP, code_to, prepare, start, verify, wrong
from harness import race

NIGHTLY = bool(os.environ.get("NIGHTLY"))
THREADS, ROUNDS = 200, 1000 if NIGHTLY else 100


def test_F30_OTP01_two_hundred_with_one_code(server):
    """Five may guess at an attempt; one of those is right first, and all others are told what anybody with a wrong code is."""
    d = server.deployment(**OTP)
    who = d.person()
    tabs = [d.browser() for _ in range(THREADS)]
    for _ in range(ROUNDS):
        browser = d.browser()
        attempt = start(browser, email=who.email).attempt
        assert prepare(browser, attempt).status == 200
        code = code_to(d, who.email)
        for tab in tabs:
            tab.token = browser.token
        got = race([lambda b=b: verify(b, attempt, code) for b in tabs])
        assert [g.status for g in got].count(200) == 1
        assert {g.code for g in got} <= {None, "INVALID_CODE", "BAD_SIGN_IN_ATTEMPT", "verification_code_expired", "UNAUTHORIZED",
                                         "OVERLOADED"}
    signins = server.sql(f"SELECT count(*) FROM audit WHERE deployment_id = {d.number} AND event = 'signin.created'")
    assert int(signins[0][0]) == ROUNDS


def test_V14_AUT01_no_more_guesses_than_five_are_looked_at(server):
    """A hundred wrong ones and the right one, all at once: of the right one, nobody can say; of the wrong, five count."""
    d = server.deployment(**OTP)
    for _ in range(10 if NIGHTLY else 2):
        who, browser = d.person(), d.browser()
        attempt = start(browser, email=who.email).attempt
        prepare(browser, attempt)
        code = code_to(d, who.email)
        tabs = [browser.twin() for _ in range(60)]
        got = race([lambda b=b: verify(b, attempt, wrong(code)) for b in tabs])
        assert [g.code for g in got].count("INVALID_CODE") <= 5
        assert verify(browser, attempt, code).code == "BAD_SIGN_IN_ATTEMPT" and not browser.is_signed_in


def test_F30_one_message_for_one_moment(new_server):
    with new_server(limited=True, env={"SESSIOND_THROTTLE_REQUESTS": "1000"}) as server:
        d = server.deployment(**OTP)
        who, browser = d.person(), d.browser()
        attempt = start(browser, email=who.email).attempt
        tabs = [browser.twin() for _ in range(20)]
        got = race([lambda b=b: prepare(b, attempt) for b in tabs])
        assert [g.status for g in got].count(200) == 1 and len(mailbox.messages(d, who.email)) == 1


@pytest.mark.parametrize("round_", range(20 if NIGHTLY else 2))
def test_F30_one_of_many_exchanges_a_reset_code(server, round_):
    d = server.deployment(**OTP)
    who, browser = d.person(), d.browser()
    browser.post("/auth/forgot-password", {"email": who.email})
    code = code_to(d, who.email, "reset_code")
    tabs = [browser.twin() for _ in range(30)]
    got = race([lambda b=b: b.post("/auth/forgot-password", {"email": who.email, "otp": code}) for b in tabs])
    assert [g.status for g in got].count(200) == 1
