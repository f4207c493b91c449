"""Answers do not tell who exists: ENU-01, and coarsely ENU-02."""
# SPDX-License-Identifier: Apache-2.0
import statistics
import time

import pytest

VARIES = {"x-request-id", "date", "set-cookie", "x-development-session"}


def fingerprint(got):
    """Status, header fields in order, and body; what is random by design is reduced to its length."""
    return got.status, [(k, len(v) if k.lower() in VARIES else v) for k, v in got.headers], got.body


CASES = {
    "sign-in by email": ("/auth/signin", lambda who: {"email": who.email, "password": "not-the-password"}),
    "sign-in by username": ("/auth/signin", lambda who: {"username": who.username, "password": "not-the-password"}),
    "sign-in, too long a password": ("/auth/signin", lambda who: {"email": who.email, "password": "x" * 2000}),
    "sign-in, no password": ("/auth/signin", lambda who: {"strategy": "plain_email", "email": who.email}),
}


class Nobody:
    email, username = "abcd.12345678@example.org", "mira_ffffffff"


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_ENU01_known_and_unknown_are_one_answer(deployment, case):
    path, fields = case
    who = deployment.person()
    known, unknown = (deployment.browser().post(path, fields(x)) for x in (who, Nobody))
    assert fingerprint(known) == fingerprint(unknown)


def test_ENU01_a_user_without_password_and_a_disabled_one_too(server, production):
    disabled = production.person()
    server.cli("user", "disable", disabled.email, "--deployment", production.host)
    one, two = (production.browser().post("/auth/signin", {"email": e, "password": "not-the-password"}) for e in (disabled.email, Nobody.email))
    assert fingerprint(one) == fingerprint(two)


def test_ENU01_identify_says_the_same_apart_from_the_session(deployment):
    who, browser = deployment.person(), deployment.browser()
    browser.get("/session")
    one, two = (browser.post("/auth/identify", {"identifier": e}) for e in (who.email, Nobody.email))
    assert fingerprint(one) == fingerprint(two)


def test_ENU02_an_unknown_account_costs_the_same_hash(production):
    """Coarse on purpose: a missing hash would be a factor of ten."""
    who = production.person()
    spent = {"known": [], "unknown": []}
    browser = production.browser()
    for _ in range(12):
        for name, email in (("known", who.email), ("unknown", Nobody.email)):
            began = time.perf_counter()
            browser.post("/auth/signin", {"email": email, "password": "not-the-password"})
            spent[name].append(time.perf_counter() - began)
    known, unknown = (statistics.median(v) for v in spent.values())
    assert 0.5 < known / unknown < 2, (known, unknown)
