"""Passwords: contract 15.1 and PWD-01 … PWD-12."""
# SPDX-License-Identifier: Apache-2.0
import ctypes
import re
import secrets
import time

import pytest

from harness import race


def sign_up(d, password, **kw):
    tag = secrets.token_hex(4)
    return d.browser(**kw).post("/auth/signup", {"first_name": "A", "last_name": "B", "email": f"{tag}@example.org", "username": f"u{tag}",
                                                 "password": password})


LENGTHS = [("abcdefg", "WEAK_PASSWORD"), ("qwhxkzpv", None), ("x7" * 32, None), ("kq" * 62 + "z", None), ("kq" * 63, "WEAK_PASSWORD"),
           ("🦦" * 7, "WEAK_PASSWORD"), ("🦦🦆🐝🌲🪨🏔🌊🍋", None), ("é" * 7, "WEAK_PASSWORD")]


@pytest.mark.parametrize("password,code", LENGTHS, ids=[f"{len(p)}-{c}" for p, c in LENGTHS])
def test_PWD01_02_05_length_is_counted_in_code_points(production, password, code):
    got = sign_up(production, password)
    assert got.code == code, got


def test_PWD01_the_floor_is_eight_and_the_policy_may_ask_for_more(server):
    d = server.deployment(auth_settings__password__min_length="15")
    assert sign_up(d, "violet-otters-").code == "WEAK_PASSWORD" and sign_up(d, "violet-otters-x").code is None
    low = server.try_cli("deployment", "set", d.host, "auth_settings.password.min_length=4")
    assert low.returncode != 0 or sign_up(d, "abcdefg").code == "WEAK_PASSWORD"


def test_PWD02_far_too_long_is_refused_before_hashing(production):
    """No hash is computed for it, so it is quick even when repeated."""
    browser = production.browser()
    began = time.perf_counter()
    for _ in range(20):
        got = browser.post("/auth/signup", {"first_name": "A", "last_name": "B", "email": "a@example.org", "username": "abc", "password": "x" * 1025})
        assert got.status == 400
    assert time.perf_counter() - began < 2


def test_PWD03_no_composition_rules_by_default(production):
    assert sign_up(production, "correct lower case passphrase").code is None


@pytest.mark.parametrize("rule,bad,good", [("lowercase", "ALLUPPER1!XYZ", "aLLUPPER1!XYZ"), ("uppercase", "alllower1!xyz", "Alllower1!xyz"),
                                           ("number", "NoDigitsHere!", "NoDigitsHere!1"), ("special", "NoSpecials123", "NoSpecials123!")])
def test_PWD03_composition_rules_can_be_switched_on(server, rule, bad, good):
    d = server.deployment(**{f"auth_settings__password__require_{rule}": "true"})
    assert [sign_up(d, p).code for p in (bad, good)] == ["WEAK_PASSWORD", None]


@pytest.mark.parametrize("right,wrong", [("a" * 72 + "b", "a" * 72 + "c"), ("a" * 124 + "b", "a" * 124 + "c"), ("CaseMatters-here", "casematters-here"),
                                         ("trailing space ", "trailing space"), (" leading space", "leading space"), ("with\ttab-inside", "with tab-inside")])
def test_PWD04_the_whole_password_unchanged(production, right, wrong):
    got = sign_up(production, right)
    email = got.data["user"]["email"]
    tries = [production.browser().post("/auth/signin", {"email": email, "password": p}).status for p in (wrong, right)]
    assert tries == [401, 200]


def test_PWD04_nul_is_not_a_way_to_cut_it(production):
    assert sign_up(production, "abcdefgh\0ijkl").code == "BAD_REQUEST_BODY"


@pytest.mark.parametrize("stored,typed", [("caf\u00e9-con-leche", "cafe\u0301-con-leche"), ("cafe\u0301-con-leche", "caf\u00e9-con-leche"),
                                          ("\u212bngstr\u00f6m-unit", "\u00c5ngstr\u00f6m-unit")])
def test_PWD05_composed_and_decomposed_are_one_password(production, stored, typed):
    email = sign_up(production, stored).data["user"]["email"]
    assert production.browser().post("/auth/signin", {"email": email, "password": typed}).status == 200


def test_PWD05_but_compatibility_twins_are_not(production):
    """NFC, not NFKC: full width stays full width."""
    email = sign_up(production, "violet-otter-x1").data["user"]["email"]
    assert production.browser().post("/auth/signin", {"email": email, "password": "ｖiolet-otter-x1"}).status == 401


def test_PWD10_argon2id_at_the_floor_with_salts_of_their_own(server, production):
    for _ in range(3):
        production.person(password="the-same-password-for-all")
    records = [r[0] for r in server.sql(f"SELECT password_record FROM account WHERE deployment_id = {production.number}")]
    found = [re.fullmatch(r"\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)", r) for r in records]
    assert all(f and int(f[1]) >= 19456 and int(f[2]) >= 2 and int(f[3]) >= 1 for f in found), records
    assert len({f[4] for f in found}) == 3 and {len(f[4]) for f in found} == {22}


def test_PWD11_the_key_is_not_in_the_database(server, production):
    """A record is of a keyed value: the password alone does not verify against it."""
    production.person(password="violet-otter-climbs-granite")
    record = server.sql(f"SELECT password_record FROM account WHERE deployment_id = {production.number}")[0][0].encode()
    sodium, password = ctypes.CDLL("libsodium.so.23"), b"violet-otter-climbs-granite"
    made = ctypes.create_string_buffer(128)
    assert sodium.crypto_pwhash_str(made, password, ctypes.c_ulonglong(len(password)), ctypes.c_ulonglong(2), ctypes.c_size_t(19456 * 1024)) == 0
    verify = [sodium.crypto_pwhash_str_verify(r, password, ctypes.c_ulonglong(len(password))) for r in (made.value, record)]
    assert verify == [0, -1], "the check itself works, and refuses the record"


def test_PWD12_a_login_flood_does_not_slow_session_checks(server, production):
    """Hashing has its own pool: checks stay quick, memory bounded, and what does not fit is told to come back."""
    who = production.person()
    reader, _ = production.signed_in(who)
    reader.get("/session")
    base = server.rss_kib()
    browsers = [production.browser(ip=f"203.0.{i // 250}.{i % 250}") for i in range(120)]
    spent = []

    def read():
        for _ in range(200):
            began = time.perf_counter()
            assert reader.get("/session").status == 200
            spent.append(time.perf_counter() - began)

    got = race([lambda b=b: b.sign_in(who, "not-the-password") for b in browsers] + [read])[:-1]
    assert {g.status for g in got} <= {401, 503} and any(g.status == 401 for g in got)
    # Coarse, because the flood's own client shares these cores.
    assert sorted(spent)[len(spent) // 2] < 0.1, sorted(spent)[-5:]
    # The figure for release builds is cores x 19 MiB; sanitizers keep freed memory for a while.
    assert server.rss_kib() - base < 400 * 1024
