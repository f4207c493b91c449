"""
How long an answer takes does not tell who exists: ENU-02, F-37. Known and unknown names, in pairs of random order, over
loopback; the fastest and slowest twentieth cut off, Welch's t, and the gap of the medians. A busy machine moves both alike,
but now and then by chance: a difference counts when each of ROUNDS rounds shows it, in one direction.
"""
# SPDX-License-Identifier: Apache-2.0
import math
import os
import random
import statistics
import time

import pytest

from flows import OTP, prepare, start

NIGHTLY = bool(os.environ.get("NIGHTLY"))
ROUNDS = 5
T_MAX = 4.5
GAP_S = 50e-6
UNKNOWN = "abcd.12345678@example.org"    # as long as the addresses that tests make


def password(browser, email):
    return lambda: browser.post("/auth/signin", {"email": email, "password": "not-the-password"})


def code_request(browser, email):
    """The request that sends a code, or does not; beginning the attempt is not in it."""
    attempt = start(browser, email=email).attempt
    return lambda: prepare(browser, attempt)


def reset_request(browser, email):
    return lambda: browser.post("/auth/forgot-password", {"email": email})


def early(browser, email):
    """What must be found out, or the others would prove nothing: for one of them, no password is hashed."""
    return password(browser, email) if email != UNKNOWN else lambda: browser.post("/auth/signin", {"strategy": "plain_email", "email": email})


# Pairs a round by day and by night.
CASES = {"password": (password, 30, 1000), "code": (code_request, 40, 4000), "reset": (reset_request, 40, 4000)}


def measure(call):
    began = time.perf_counter()
    got = call()
    assert got.status < 500, got
    return time.perf_counter() - began


def one_round(make, d, known, pairs):
    """(t, gap of the medians), known less unknown."""
    took = {known: [], UNKNOWN: []}
    browser = d.browser()
    for _ in range(pairs):
        for email in random.sample([known, UNKNOWN], 2):
            took[email].append(measure(make(browser, email)))
    kept = [sorted(v)[len(v) // 20:-(len(v) // 20) or None] for v in took.values()]
    (a, b), spread = kept, math.sqrt(sum(statistics.variance(v) / len(v) for v in kept))
    return (statistics.mean(a) - statistics.mean(b)) / spread, statistics.median(a) - statistics.median(b)


def tells(make, d, known, pairs):
    """Do all rounds show it? The first that does not ends it."""
    seen = []
    for _ in range(ROUNDS):
        seen.append(one_round(make, d, known, pairs))
        above = all(t > T_MAX and gap > GAP_S for t, gap in seen)
        below = all(t < -T_MAX and gap < -GAP_S for t, gap in seen)
        if not above and not below:
            return None
    return seen


@pytest.mark.parametrize("case", CASES)
def test_ENU02_F37_time_does_not_tell_who_exists(server, case):
    make, by_day, by_night = CASES[case]
    d = server.deployment(**OTP)
    known = d.person().email
    told = tells(make, d, known, by_night if NIGHTLY else by_day)
    assert told is None, told


def test_F37_a_difference_would_be_found(server):
    d = server.deployment(**OTP)
    known = d.person().email
    # What else the machine does may hide it, but not each time.
    assert any(tells(early, d, known, 20) for _ in range(5))
