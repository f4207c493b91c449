"""Several people in one browser: contract 8."""
# SPDX-License-Identifier: Apache-2.0
import jwt
import pytest

from harness import race


def users(data):
    return {s["user_id"] for s in data["signins"]}


def active(data):
    return data["active_signin"] and data["active_signin"]["user_id"]


@pytest.fixture
def two(deployment):
    """(browser, first person, second person): both signed in, the second active."""
    browser, first = deployment.signed_in()
    second = deployment.person()
    assert browser.sign_in(second).status == 200
    return browser, first, second


def signin_of(browser, who):
    return next(s["id"] for s in browser.session()["signins"] if s["user_id"] == who.id)


def test_8_1_a_second_sign_in_joins_and_becomes_active(two):
    browser, first, second = two
    data = browser.session()
    assert users(data) == {first.id, second.id} and active(data) == second.id == data["user"]["id"]
    assert browser.get("/me").data["id"] == second.id


def test_8_1_switching(two):
    browser, first, second = two
    for who in (first, second, second, first):
        data = browser.post("/session/switch-sign-in", None, {"sign_in_id": signin_of(browser, who)}).data
        assert active(data) == who.id == browser.get("/me").data["id"] == browser.session()["user"]["id"]


@pytest.mark.parametrize("bad", ["signin_1", "signin_9223372036854775807", "0", "", "user_1", "x", None])
def test_S2_only_own_sign_ins(two, bad):
    browser, _, second = two
    got = browser.post("/session/switch-sign-in", None, {} if bad is None else {"sign_in_id": bad})
    assert (got.status, got.code) == (400, "BAD_REQUEST_BODY")
    assert active(browser.session()) == second.id


def test_S2_S3_a_sign_in_of_another_session_is_unknown(two, deployment):
    browser, first, second = two
    foreign = deployment.signed_in(first)[0].session()["active_signin"]["id"]
    for path in ("switch-sign-in", "sign-out"):
        unknown = browser.post(f"/session/{path}", None, {"sign_in_id": "signin_1"})
        other = browser.post(f"/session/{path}", None, {"sign_in_id": foreign})
        assert unknown.status == other.status == 400 and unknown.body == other.body
    assert users(browser.session()) == {first.id, second.id}


def test_8_4_signing_out_another_leaves_the_active_one(two):
    browser, first, second = two
    data = browser.post("/session/sign-out", None, {"sign_in_id": signin_of(browser, first)}).data
    assert users(data) == {second.id} and active(data) == second.id


def test_8_4_signing_out_the_active_one_leaves_nobody_active(two):
    browser, first, second = two
    data = browser.post("/session/sign-out", None, {"sign_in_id": signin_of(browser, second)}).data
    assert users(data) == {first.id} and active(data) is None and data["user"] is None
    assert browser.get("/me").status == 401 and browser.get("/session/token").status == 401
    data = browser.post("/session/switch-sign-in", None, {"sign_in_id": signin_of(browser, first)}).data
    assert active(data) == first.id


def test_8_5_signing_out_all_is_idempotent(two):
    browser, _, _ = two
    session = browser.session()["id"]
    for _ in range(3):
        data = browser.post("/session/sign-out").data
        assert data["signins"] == [] and data["active_signin"] is None and data["id"] == session


def test_S3_a_second_time_with_the_id_is_refused(two):
    browser, first, _ = two
    gone = signin_of(browser, first)
    assert [browser.post("/session/sign-out", None, {"sign_in_id": gone}).status for _ in range(2)] == [200, 400]


def test_8_7_session_lists_people_and_me_lists_devices(deployment):
    browser, who = deployment.signed_in()
    browser.sign_in(deployment.person())
    deployment.signed_in(who)
    browser.post("/session/switch-sign-in", None, {"sign_in_id": signin_of(browser, who)})
    devices = browser.get("/me/signins").data
    assert len(devices) == 2 and {s["user_id"] for s in devices} == {who.id}
    assert len({s["session_id"] for s in devices}) == 2
    assert len(browser.session()["signins"]) == 2


def test_8_8_expired_sign_ins_disappear_from_both(clock_server):
    d = clock_server.deployment(auth_settings__session_validity_period="7200")
    browser, first = d.signed_in()
    clock_server.advance(4000)
    second = d.person()
    browser.sign_in(second)
    browser.post("/session/switch-sign-in", None, {"sign_in_id": signin_of(browser, first)})
    clock_server.advance(4000)
    data = browser.session()
    assert users(data) == {second.id} and active(data) is None


def test_5_6_at_most_five_accounts_in_a_session(server):
    d = server.deployment(auth_settings__multi_session_support__max_accounts_per_session="3")
    browser = d.browser()
    people = [d.person() for _ in range(4)]
    got = [browser.sign_in(p) for p in people]
    assert [g.code for g in got] == [None, None, None, "LIMIT_REACHED"] and got[3].status == 403
    assert len(browser.session()["signins"]) == 3


def test_5_6_at_most_five_sessions_an_account_the_least_recently_active_goes(clock_server):
    d = clock_server.deployment()
    who = d.person()
    browsers = []
    for _ in range(5):
        browsers.append(d.signed_in(who)[0])
        clock_server.advance(5)
    browsers.append(d.signed_in(who)[0])
    assert [b.is_signed_in for b in browsers] == [False, True, True, True, True, True]
    assert len(browsers[-1].get("/me/signins").data) == 5


def test_SES17_a_race_never_leaves_more_than_five(deployment):
    who = deployment.person()
    browsers = [deployment.browser(ip=f"203.0.113.{i}") for i in range(16)]
    got = race([lambda b=b: b.sign_in(who) for b in browsers])
    assert {g.status for g in got} <= {200, 503}
    assert sum(b.is_signed_in for b in browsers) <= 5 and deployment.rows()["signin"] <= 5


def test_5_6_without_multi_session_the_new_one_replaces_the_old(server):
    d = server.deployment(auth_settings__multi_session_support__enabled="false")
    browser, _ = d.signed_in()
    second = d.person()
    data = browser.sign_in(second).data
    assert users(data) == {second.id} and active(data) == second.id


def test_8_6_switching_changes_what_new_jwts_say(two):
    browser, first, second = two

    def sub():
        return jwt.decode(browser.get("/session/token").data["token"], options={"verify_signature": False})["sub"]
    assert sub() == second.id
    browser.post("/session/switch-sign-in", None, {"sign_in_id": signin_of(browser, first)})
    assert sub() == first.id


@pytest.mark.parametrize("most", [1, 2, 5])
def test_SES17_an_account_has_as_many_sign_ins_as_set_and_the_newest_is_among_them(server, most):
    d = server.deployment(auth_settings__multi_session_support__max_sessions_per_account=str(most))
    who = d.person()
    browsers = [d.signed_in(who)[0] for _ in range(most + 2)]
    assert [b.is_signed_in for b in browsers] == [False] * 2 + [True] * most
