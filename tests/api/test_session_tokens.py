"""Tokens: anonymous, first stored, current, due by age, replayed, superseded, unknown. SES-01 … SES-10."""
# SPDX-License-Identifier: Apache-2.0
import base64
import hashlib

import pytest

from harness import race

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
AGE, GRACE = 1800, 60


def is_fresh(deployment, token):
    """Does this token count for nothing: 200, signed out, a new token of another session?"""
    got = deployment.browser(token=token).get("/session")
    return got.status == 200 and got.token not in (None, token) and got.data["active_signin"] is None


# ---- anonymous ----

def test_anonymous_token_answers_for_itself(deployment):
    browser = deployment.browser()
    first = browser.get("/session")
    assert first.token.startswith("a.")
    for path in ("/session", "/deployment", "/session"):
        again = browser.get(path)
        assert deployment.mode == "staging" or again.token is None
    assert browser.session()["id"] == first.data["id"]


def test_anonymous_sessions_cost_no_row_and_no_byte(server):
    d = server.deployment()
    server.sweep()  # what the background still has to write has been written
    before, size = d.rows(), len(server.stored_bytes()) if not server.database else 0
    browser = d.browser()
    seen = {browser.get("/session", token=None, keep=False).token for _ in range(2000)}
    assert len(seen) == 2000
    assert d.rows() == before
    assert server.database or len(server.stored_bytes()) == size


def test_anonymous_token_lasts_thirty_days(clock_server):
    browser = clock_server.deployment().browser()
    first = browser.get("/session")
    clock_server.advance(30 * 86400 - 60)
    same = browser.get("/session")
    assert same.token is None and same.data["id"] == first.data["id"]
    clock_server.advance(120)
    new = browser.get("/session")
    assert new.token and new.data["id"] != first.data["id"]


def test_SES01_every_changed_byte_of_an_anonymous_token_makes_it_garbage(production):
    token = production.browser().get("/session").token
    for i, old in enumerate(token):
        new = ALPHABET[(ALPHABET.index(old) + 1) % 64] if old in ALPHABET else "x"
        assert is_fresh(production, token[:i] + new + token[i + 1:]), f"byte {i}"


# ---- first stored ----

def test_the_first_stored_session_keeps_the_anonymous_id(deployment):
    browser = deployment.browser()
    anonymous = browser.session()["id"]
    assert browser.sign_in(deployment.person()).data["id"] == anonymous == browser.session()["id"]
    assert not browser.token.startswith("a.") and deployment.rows()["session"] == 1


def test_an_anonymous_token_adopts_a_stored_session_once(deployment):
    """Planted before somebody signed in, it must lead nowhere afterwards: a later sign-in with it begins a session of its own."""
    victim = deployment.browser()
    victim.get("/session")
    planted = victim.twin()
    first, second = deployment.person(), deployment.person()
    victim.sign_in(first)
    planted.sign_in(second)
    mine, theirs = victim.session(), planted.session()
    assert [s["user_id"] for s in mine["signins"]] == [first.id] and [s["user_id"] for s in theirs["signins"]] == [second.id]
    assert mine["id"] != theirs["id"]


def test_parallel_first_sign_ins_do_not_mix(deployment):
    anonymous = deployment.browser()
    anonymous.get("/session")
    people = [deployment.person() for _ in range(4)]
    tabs = [anonymous.twin() for _ in people]
    got = race([lambda b=b, p=p: b.sign_in(p) for b, p in zip(tabs, people)])
    assert [g.status for g in got] == [200] * 4
    assert len({b.token for b in tabs}) == 4
    for tab, who in zip(tabs, people):
        assert [s["user_id"] for s in tab.session()["signins"]] in ([who.id], []), "one's own, or superseded; never another's"


# ---- current ----

def test_SES02_tokens_are_random(production):
    browser = production.browser()
    tokens = [browser.get("/session", token=None, keep=False).token for _ in range(1000)]
    assert len(set(tokens)) == 1000
    stored = [production.signed_in()[0].token for _ in range(8)]
    assert len(set(stored)) == 8 and all(len(t) >= 43 for t in stored)


def test_SES03_no_live_token_is_stored(server, production):
    live = [production.signed_in()[0].token for _ in range(6)]
    stored = server.stored_bytes()
    for token in live:
        forms = [token.encode(), token.encode().hex().encode(), base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))]
        assert not [f for f in forms if f in stored]


def test_SES03_a_stored_hash_is_not_a_token(production):
    browser, _ = production.signed_in()
    digest = hashlib.sha256(browser.token.encode()).digest()
    for form in (digest.hex(), base64.urlsafe_b64encode(digest).decode().rstrip("=")):
        assert is_fresh(production, form)


def test_SES04_sign_in_renews_the_token(deployment):
    browser = deployment.browser()
    browser.get("/session")
    before = browser.token
    browser.sign_in(deployment.person())
    first = browser.token
    browser.sign_in(deployment.person())
    assert len({before, first, browser.token}) == 3
    for old in (before, first):
        assert deployment.browser(token=old).get("/me").status == 401


def test_SES05_a_planted_token_does_not_follow_into_the_session(production):
    planted = production.browser()
    planted.get("/session")
    victim = planted.twin()
    victim.sign_in(production.person())
    assert victim.is_signed_in and not planted.is_signed_in
    assert planted.get("/me", keep=False).status == 401


def test_SES04_a_planted_anonymous_token_cannot_sign_its_victim_out(clock_server):
    """An hour later, when the first stored token has been swept: the anonymous one still names the session."""
    victim = clock_server.deployment().browser()
    victim.get("/session")
    planted = victim.twin()
    mine = victim.sign_in(victim.deployment.person()).data["active_signin"]["id"]
    clock_server.advance(3600)
    assert clock_server.admin("POST", "/test/sweep").status == 200
    assert planted.post("/session/sign-out", None, {"sign_in_id": mine}).status == 400
    assert victim.is_signed_in


def test_SES05_never_adopts_a_token_made_by_the_client(production):
    browser = production.browser(token="attacker" * 5 + "abc")
    browser.sign_in(production.person())
    assert browser.is_signed_in and is_fresh(production, "attacker" * 5 + "abc")


CARRIERS = {
    "query": {"query": "__dev_session__"}, "query of the cookie's name": {"query": "__Host-session"},
    "development header": {"header": "X-Development-Session"}, "own header": {"header": "X-Session"},
    "bearer": {"header": "Authorization", "prefix": "Bearer "}, "old cookie name": {"header": "Cookie", "prefix": "__session="},
    "form": {"field": "__dev_session__"},
}


@pytest.mark.parametrize("carrier", CARRIERS.values(), ids=CARRIERS.keys())
def test_SES06_production_reads_the_cookie_and_nothing_else(production, carrier):
    browser, _ = production.signed_in()
    value = carrier.get("prefix", "") + browser.token
    got = browser.get("/me", {carrier["query"]: value} if "query" in carrier else None, token=None, keep=False,
                      headers=[(carrier["header"], value)] if "header" in carrier else [])
    assert got.status == 401
    if "field" in carrier:
        assert browser.post("/me", {carrier["field"]: value}, token=None, keep=False).status == 401


def test_staging_prefers_the_query_and_accepts_the_header(staging):
    one, two = staging.signed_in(), staging.signed_in()
    asked = staging.browser()
    assert asked.get("/me", headers=[("X-Development-Session", one[0].token)], keep=False).data["id"] == one[1].id
    assert asked.get("/me", token=two[0].token, headers=[("X-Development-Session", one[0].token)],
                     keep=False).data["id"] == two[1].id


def test_staging_never_reads_a_cookie(staging):
    browser, _ = staging.signed_in()
    got = staging.browser().get("/me", headers=[("Cookie", f"__Host-session={browser.token}")])
    assert got.status == 401


def test_SES07_sign_out_ends_it_at_the_server(deployment):
    browser, _ = deployment.signed_in()
    token, session = browser.token, browser.session()["id"]
    out = browser.post("/session/sign-out")
    assert out.status == 200 and out.data["active_signin"] is None and out.data["id"] == session
    replay = deployment.browser(token=token)
    for _ in range(20):
        got = replay.get("/session", keep=False)
        assert got.data["active_signin"] is None and got.data["signins"] == []
    assert replay.get("/me").status == 401 and replay.get("/session/token").status == 401
    again = browser.post("/session/sign-out")
    assert again.status == 200 and again.data["id"] == session, "the container lives on"


def test_SES01_flipping_any_byte_of_a_live_token_ends_in_nothing(production):
    browser, _ = production.signed_in()
    for i, old in enumerate(browser.token):
        new = ALPHABET[(ALPHABET.index(old) + 1) % 64]
        assert is_fresh(production, browser.token[:i] + new + browser.token[i + 1:]), f"byte {i}"
    assert browser.is_signed_in


def test_token_twins_of_the_spare_bits_are_refused(production):
    """The last of 43 base64url characters has two spare bits: four spellings decode alike, one is the token."""
    browser, _ = production.signed_in()
    token = browser.token
    base = ALPHABET.index(token[-1]) & ~3
    twins = {token[:-1] + ALPHABET[base + n] for n in range(4)} - {token}
    assert all(is_fresh(production, t) for t in twins)


def test_V37_no_part_of_a_token_is_accepted(production):
    browser, _ = production.signed_in()
    token = browser.token
    parts = {token[:n] for n in range(1, len(token))} | {token[n:] for n in range(1, len(token))} | {token * 2, token + "A"}
    assert all(is_fresh(production, p) for p in parts)


def test_V21_a_session_jwt_is_not_a_session(production):
    browser, _ = production.signed_in()
    minted = browser.get("/session/token").data["token"]
    assert is_fresh(production, minted)


GARBAGE = ["x", "a.", "a.x", "a.x.y", "a." + "A" * 60, "A" * 43, "A" * 2048, "-", "..", "null", "a%2Ex", "é", "a b"]


@pytest.mark.parametrize("garbage", GARBAGE)
def test_unknown_and_malformed_tokens_are_silently_replaced(deployment, garbage):
    if deployment.mode == "staging":
        got = deployment.browser(token=garbage).get("/session")
    else:
        got = deployment.browser().get("/session", cookie="__Host-session=" + garbage.encode().decode("latin-1"))
    assert got.status == 200 and got.token and got.data["active_signin"] is None


def test_TEN03_a_token_is_good_at_its_own_deployment_only(server):
    for mode in ("production", "staging"):
        mine, other = server.deployment(mode), server.deployment(mode)
        browser, _ = mine.signed_in()
        assert is_fresh(other, browser.token)
        anonymous = mine.browser().get("/session").token
        assert is_fresh(other, anonymous)
        assert browser.is_signed_in


# ---- due by age ----

def test_a_token_due_by_age_converges_on_one_successor(clock_server):
    browser, who = clock_server.deployment().signed_in()
    clock_server.advance(AGE + 1)
    tabs = [browser.twin() for _ in range(8)]
    got = race([lambda b=b: b.get("/session") for b in tabs])
    assert {g.status for g in got} == {200} and {g.data["user"]["id"] for g in got} == {who.id}
    assert len({b.token for b in tabs}) == 1 and tabs[0].token != browser.token
    assert {g.token for g in got} == {tabs[0].token}


def test_a_token_not_yet_due_stays(clock_server):
    browser, _ = clock_server.deployment("production").signed_in()
    clock_server.advance(AGE - 60)
    assert browser.get("/session").token is None


def test_a_lost_answer_signs_nobody_out(clock_server):
    """The successor never arrived: the old token works as long as nobody uses the new one."""
    browser, _ = clock_server.deployment().signed_in()
    clock_server.advance(AGE + 1)
    lost = browser.get("/session", keep=False).token
    clock_server.advance(10 * GRACE)
    again = browser.get("/session", keep=False)
    assert again.data["active_signin"] and again.token == lost


def test_the_old_token_works_until_sixty_seconds_after_the_first_use_of_the_new(clock_server):
    browser, _ = clock_server.deployment().signed_in()
    clock_server.advance(AGE + 1)
    old = browser.twin()
    new = browser.get("/session").token
    assert browser.get("/session").status == 200    # first use
    clock_server.advance(GRACE - 5)
    late = old.get("/session", keep=False)
    assert late.data["active_signin"] and late.token == new
    assert browser.is_signed_in


def test_replay_after_the_grace_ends_the_sign_ins_and_is_audited(clock_server):
    d = clock_server.deployment()
    browser, _ = d.signed_in()
    clock_server.advance(AGE + 1)
    stolen = browser.twin()
    browser.get("/session")
    browser.get("/session")
    clock_server.advance(GRACE + 5)
    events = d.audit()
    session = browser.session()["id"]
    assert browser.is_signed_in
    replay = stolen.get("/session", keep=False)
    assert replay.status == 200 and replay.token and replay.data["active_signin"] is None
    assert not browser.is_signed_in
    assert len(d.audit()) > len(events), "an audit event tells of the replay"
    told = clock_server.sql(f"SELECT session_id FROM audit WHERE event = 'session.token_replayed' AND deployment_id = {d.number}")
    assert [f"session_{row[0]}" for row in told] == [session], "and of whose"
    assert d.rows()["signin"] == 0 or browser.get("/me").status == 401


def test_rotation_works_on_posts_too(clock_server):
    browser, who = clock_server.deployment().signed_in()
    clock_server.advance(AGE + 1)
    before = browser.token
    assert browser.post("/me", {"first_name": "Renamed"}).status == 200
    assert browser.token != before and browser.session()["user"]["first_name"] == "Renamed"


def test_rotation_of_a_signed_out_stored_session(clock_server):
    browser, _ = clock_server.deployment().signed_in()
    browser.post("/session/sign-out")
    session = browser.session()["id"]
    clock_server.advance(AGE + 1)
    before = browser.token
    assert browser.session()["id"] == session and browser.token != before


# ---- superseded by a security event ----

def test_a_superseded_token_has_a_signed_out_view_without_set_cookie(clock_server):
    d = clock_server.deployment()
    browser, _ = d.signed_in()
    planted = browser.twin()
    browser.sign_in(d.person())
    for path, status in (("/session", 200), ("/me", 401), ("/session/token", 401), ("/deployment", 200)):
        got = planted.get(path)
        assert (got.status, got.token) == (status, None), got
        assert path != "/session" or got.data["active_signin"] is None
    clock_server.advance(GRACE + 5)
    got = planted.get("/session")
    assert got.token and got.data["active_signin"] is None, "after that it is an unknown one"
    assert browser.is_signed_in


def test_a_superseded_token_never_converges(clock_server):
    """A security event after the age: the old one must not compute its way to the new one."""
    d = clock_server.deployment()
    browser, _ = d.signed_in()
    clock_server.advance(AGE + 1)
    old = browser.twin()
    browser.get("/session")
    browser.sign_in(d.person())
    assert old.get("/me", keep=False).status == 401
    assert old.get("/session", keep=False).token != browser.token
    assert browser.is_signed_in


# ---- lifetimes ----

def test_a_token_superseded_while_its_request_was_under_way_is_not_handed_out(clock_server):
    """Due by age, it was rotated for both; one signed in, and its new cookie must not be overwritten by the other's answer."""
    d = clock_server.deployment()
    browser, _ = d.signed_in()
    people = [d.person() for _ in range(6)]
    clock_server.advance(AGE + 1)
    tabs = [browser.twin() for _ in people]
    got = race([lambda t=t, p=p: t.sign_in(p) for t, p in zip(tabs, people)])
    assert [g.status for g in got].count(200) == 1
    assert [g.token for g in got if g.status == 401] == [None] * 5


def test_SES08_inactivity_limit(clock_server):
    browser, _ = clock_server.deployment(auth_settings__session_inactive_timeout="3600").signed_in()
    for _ in range(3):
        clock_server.advance(3590)
        assert browser.is_signed_in and browser.get("/me").status == 200
    clock_server.advance(3610)
    assert browser.get("/me").status == 401 and not browser.is_signed_in


def test_SES09_absolute_limit(clock_server):
    browser, _ = clock_server.deployment(auth_settings__session_validity_period="7200").signed_in()
    for _ in range(11):
        clock_server.advance(600)
        assert browser.get("/me").status == 200
    clock_server.advance(590)
    assert browser.get("/me").status == 200
    clock_server.advance(20)
    assert browser.get("/me").status == 401


def test_SES09_a_completed_sign_in_restarts_the_clock_of_the_session(clock_server):
    d = clock_server.deployment(auth_settings__session_validity_period="7200")
    browser, first = d.signed_in()
    clock_server.advance(5000)
    browser.get("/session")
    second = d.person()
    browser.sign_in(second)
    session = browser.session()["id"]
    clock_server.advance(5000)
    data = browser.session()
    assert data["id"] == session and data["active_signin"]["user_id"] == second.id
    assert [s["user_id"] for s in data["signins"]] == [second.id], "each sign-in has its own end"


def test_SES10_the_cookie_ends_with_the_session_not_the_other_way_round(clock_server):
    d = clock_server.deployment(auth_settings__session_validity_period="7200")
    browser = d.browser()
    answer = browser.sign_in(d.person())
    assert int(answer.cookie[2]["max-age"]) == 7200
    clock_server.advance(7210)
    assert browser.get("/me", keep=False).status == 401


def test_last_active_at_moves(clock_server):
    browser, _ = clock_server.deployment().signed_in()
    before = browser.session()["active_signin"]["last_active_at"]
    clock_server.advance(AGE + 600)
    browser.get("/me")
    clock_server.sweep()
    assert browser.get("/me/signins").data[0]["last_active_at"] > before


def test_SES11_disabling_a_user_ends_all_and_enabling_revives_none(server):
    d = server.deployment()
    who = d.person()
    browsers = [d.signed_in(who)[0] for _ in range(4)]
    server.cli("user", "disable", who.email, "--deployment", d.host)
    assert [b.get("/me").status for b in browsers] == [401] * 4
    assert [b.get("/session/token").status for b in browsers] == [401] * 4
    assert d.browser().sign_in(who).code == "USER_DISABLED"
    server.cli("user", "enable", who.email, "--deployment", d.host)
    assert [b.get("/me").status for b in browsers] == [401] * 4
    assert d.browser().sign_in(who).status == 200
