"""How often one may try: AUT-01, AUT-02, F-35, API-03, contract 15.2. The limits are those of a fresh installation."""
# SPDX-License-Identifier: Apache-2.0
import secrets

import pytest

from harness import race

ACCOUNT, SOURCE = 10, 30


@pytest.fixture
def limited(limited_server):
    return limited_server.deployment()


def tries(browsers, fields, n, password="not-the-password"):
    return [browsers[i % len(browsers)].post("/auth/signin", {**fields, "password": password}).status for i in range(n)]


def is_limited(got):
    return (got.status, got.code) == (429, "RATE_LIMITED") and 1 <= int(got.header("Retry-After")) <= 60


def test_AUT01_ten_wrong_passwords_then_even_the_right_one_waits(limited):
    who, browser = limited.person(), limited.browser()
    assert tries([browser], {"email": who.email}, ACCOUNT) == [401] * ACCOUNT
    assert is_limited(browser.sign_in(who))


def test_AUT01_a_race_evaluates_no_more_than_the_limit(limited):
    """V-14: parallel tries must not beat the counter."""
    who = limited.person()
    browsers = [limited.browser(ip=f"203.0.113.{i}") for i in range(60)]
    got = race([lambda b=b: b.sign_in(who, "not-the-password") for b in browsers])
    codes = [g.code for g in got]
    assert codes.count("INVALID_CREDENTIALS") <= ACCOUNT and set(codes) <= {"INVALID_CREDENTIALS", "RATE_LIMITED", "OVERLOADED"}
    assert is_limited(limited.browser(ip="203.0.113.200").sign_in(who))


def test_AUT01_the_owner_gets_in_when_the_minute_is_over(limited, limited_server):
    who, browser = limited.person(), limited.browser()
    tries([browser], {"email": who.email}, ACCOUNT + 1)
    limited_server.advance(61)
    assert browser.sign_in(who).status == 200


def test_AUT02_V65_one_counter_for_all_names_of_an_account(limited):
    who = limited.person()
    names = [{"email": who.email}, {"username": who.username}, {"email": who.email.upper()}, {"username": who.username.upper()},
             {"email": f" {who.email}"}, {"email": who.email.replace("m", "ｍ", 1)}]
    browser = limited.browser()
    got = [browser.post("/auth/signin", {**names[i % len(names)], "password": "not-the-password"}).status for i in range(ACCOUNT + 5)]
    assert got.count(401) == ACCOUNT and got[-1] == 429


def test_AUT01_unknown_accounts_are_limited_alike(limited):
    """Or the limit would tell who exists."""
    browser = limited.browser()
    assert tries([browser], {"email": "nobody@example.org"}, ACCOUNT + 1) == [401] * ACCOUNT + [429]


def test_F35_one_source_tries_many_accounts(limited):
    browser = limited.browser()
    got = [browser.post("/auth/signin", {"email": f"u{i}@example.org", "password": "not-the-password"}).status for i in range(SOURCE + 3)]
    assert got == [401] * SOURCE + [429] * 3


def test_F35_an_own_success_in_between_buys_nothing(limited):
    victim, attacker = limited.person(), limited.person()
    got = []
    for i in range(ACCOUNT + 2):
        got.append(limited.browser().sign_in(victim, "not-the-password").status)
        if i % 3 == 0:
            limited.browser().sign_in(attacker)
    assert got.count(401) == ACCOUNT


def test_F35_success_of_the_victim_does_not_hide_the_attack(limited):
    """The account's own counter: the owner is not locked out by a few wrong tries of somebody else."""
    who = limited.person()
    tries([limited.browser(ip="203.0.113.66")], {"email": who.email}, ACCOUNT - 2)
    assert limited.browser(ip="203.0.113.1").sign_in(who).status == 200


FORWARDED = [("X-Forwarded-For", "10.9.{i}.1"), ("Forwarded", "for=10.9.{i}.1"), ("X_Forwarded_For", "10.9.{i}.1"), ("X-Real-IP", "10.9.{i}.1"),
             ("True-Client-IP", "10.9.{i}.1"), ("X-Client-IP", "10.9.{i}.1"), ("X-Forwarded-Proto", "https")]


@pytest.mark.parametrize("name,value", FORWARDED)
def test_F35_API03_V67_an_unlisted_peer_cannot_choose_its_address(limited, name, value):
    browser = limited.browser(source="127.0.0.7")
    got = [browser.post("/auth/signin", {"email": f"u{i}@example.org", "password": "not-the-password"},
                        headers=[(name, value.format(i=i))]).status for i in range(SOURCE + 2)]
    assert got == [401] * SOURCE + [429] * 2


def test_API03_the_right_most_unlisted_address_counts(limited):
    """What a client wrote further left is the client's word."""
    d = limited
    got = [d.browser(ip=f"10.9.{i}.1, 203.0.113.50").post("/auth/signin", {"email": f"u{i}@example.org", "password": "not-the-password"}).status
           for i in range(SOURCE + 2)]
    assert got == [401] * SOURCE + [429] * 2
    seen = d.signed_in(ip="10.1.1.1, 203.0.113.51")[0].session()["active_signin"]["ip_address"]
    assert seen == "203.0.113.51"


@pytest.mark.parametrize("name", ["X_Forwarded_For", "X-Real-IP", "True-Client-IP", "CF-Connecting-IP"])
def test_API03_only_the_documented_fields_are_read(limited, name):
    browser, _ = limited.signed_in(source="127.0.0.1")
    browser.post("/session/sign-out")
    browser.post("/auth/signin", {"email": limited.person(username=(u := "u" + secrets.token_hex(3))).email, "password": "x"})
    assert browser.post("/auth/signin", {"username": u, "password": "violet-otter-climbs-granite"},
                        headers=[(name, "203.0.113.99")]).data["active_signin"]["ip_address"] == "127.0.0.1"


def test_F35_an_ipv6_subscriber_is_one_source(limited):
    got = [limited.browser(ip=f"2001:db8:1:2::{i:x}").post("/auth/signin", {"email": f"u{i}@example.org", "password": "not-the-password"}).status
           for i in range(SOURCE + 2)]
    assert got == [401] * SOURCE + [429] * 2
    assert limited.browser(ip="2001:db8:1:3::1").post("/auth/signin", {"email": "v@example.org", "password": "not-it-at-all"}).status == 401


@pytest.mark.parametrize("path", ["//auth/signin", "/auth//signin", "/auth/signin/", "/auth/signin;a", "/AUTH/SIGNIN", "/auth/%73ignin",
                                  "/auth/./signin", "/x/../auth/signin", "/auth/signin%00", "/auth/signin%2f"])
def test_F35_path_twins_are_no_route(limited, path):
    who, browser = limited.person(), limited.browser()
    got = browser.send("POST", path, fields={"email": who.email, "password": who.password})
    assert got.status in (400, 404), got
    assert not browser.is_signed_in


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "post", "Post"])
def test_F35_method_twins_are_no_route(limited, method):
    who = limited.person()
    got = limited.browser().send(method, "/auth/signin", fields={"email": who.email, "password": who.password})
    assert got.status in (400, 405), got


def test_F35_the_count_survives_a_restart(new_server):
    server = new_server(limited=True)
    with server:
        d = server.deployment(host="api.example.net")
        who = d.person()
        tries([d.browser()], {"email": who.email}, ACCOUNT)
    with server:
        assert is_limited(d.browser().sign_in(who))


def test_limits_are_per_deployment(limited_server):
    one, two = limited_server.deployment(), limited_server.deployment()
    fields = {"email": "nobody@example.org"}
    tries([one.browser()], fields, ACCOUNT + 1)
    assert tries([two.browser()], fields, 1) == [401]


def test_429_has_cors_envelope_and_retry_after(limited):
    """Acceptance 13; the rest of the answer is checked by claims.py."""
    browser = limited.browser()
    tries([browser], {"email": "nobody@example.org"}, ACCOUNT)
    got = browser.post("/auth/signin", {"email": "nobody@example.org", "password": "x-x-x-x-x"})
    assert is_limited(got) and got.header("Access-Control-Allow-Origin") == limited.origin


def test_challenges_are_limited_by_source(limited):
    browser = limited.browser()
    got = [browser.post("/captcha/challenge").status for _ in range(31)]
    assert got == [200] * 30 + [429]
    assert limited.browser(ip="203.0.113.77").post("/captcha/challenge").status == 200


def test_the_general_limit_spares_what_is_answered_from_memory(limited):
    browser, _ = limited.signed_in()
    assert {browser.get("/session").status for _ in range(350)} == {200}
    assert {browser.get("/.well-known/jwks.json").status for _ in range(350)} == {200}
    got = [browser.get("/me").status for _ in range(310)]
    assert got[:280] == [200] * 280 and got[-1] == 429


def test_availability_is_limited_hard(limited):
    browser = limited.browser()
    got = [browser.get("/auth/identifier-availability", {"type": "email", "identifier": f"u{i}@example.org"}).status for i in range(100)]
    assert 429 in got and got[0] == 200


def test_sign_ups_are_limited_by_source(limited):
    browser = limited.browser()
    got = []
    for i in range(60):
        got.append(browser.post("/auth/signup", {"first_name": "A", "last_name": "B", "email": "not-an-address", "username": f"u{i}xx",
                                                 "password": "short"}, token=None).status)
    good = [limited.browser(ip="203.0.113.5").post("/auth/signup", {
        "first_name": "A", "last_name": "B", "email": f"u{i}@example.org", "username": f"user{i}", "password": "a-long-enough-passphrase"}).status
        for i in range(60)] if 429 not in got else [429]
    assert 429 in good
