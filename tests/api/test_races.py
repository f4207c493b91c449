"""One winner, whatever is released at one instant: F-30, F-31, I2, I3. The challenge's race is in test_captcha.py."""
# SPDX-License-Identifier: Apache-2.0
import pytest

from harness import PASSWORD, race


def test_F30_one_sign_in_of_a_person_in_one_session(deployment):
    browser, who = deployment.browser(), deployment.person()
    browser.get("/session")
    tabs = [browser.twin() for _ in range(10)]
    got = race([lambda b=b: b.sign_in(who) for b in tabs])
    assert {g.code for g in got} <= {None, "USER_ALREADY_SIGNED_IN", "OVERLOADED"} and any(g.status == 200 for g in got)
    # Whichever token a tab ended up with: no session has the same person twice.
    for tab in tabs:
        assert len(tab.session(keep=False)["signins"]) <= 1


def test_F30_sign_ins_of_different_people_in_one_stored_session(server):
    d = server.deployment()
    browser, _ = d.signed_in()
    people = [d.person() for _ in range(4)]
    tabs = [browser.twin() for _ in people]
    got = race([lambda b=b, p=p: b.sign_in(p) for b, p in zip(tabs, people)])
    assert any(g.status == 200 for g in got)
    live = [t for t, g in zip(tabs, got) if g.status == 200 and t.is_signed_in]
    assert live, "at least one tab follows into the session"
    for tab in live:
        ids = [s["user_id"] for s in tab.session(keep=False)["signins"]]
        assert len(ids) == len(set(ids)) <= 5


def test_F30_one_username_change_wins(deployment):
    browsers = [deployment.signed_in()[0] for _ in range(6)]
    got = race([lambda b=b, i=i: b.post("/me", {"username": "the_one" if i % 2 else "THE_ONE"}) for i, b in enumerate(browsers)])
    assert sorted(str(g.code) for g in got) == ["None"] + ["USERNAME_EXISTS"] * 5


def test_F30_organizations_of_one_name_get_slugs_of_their_own(deployment):
    browsers = [deployment.signed_in()[0] for _ in range(6)]
    got = race([lambda b=b: b.post("/organizations", {"name": "Race"}) for b in browsers])
    slugs = [g.data["organization"]["slug"] for g in got]
    assert len(set(slugs)) == 6


def test_F30_a_creation_limit_holds_in_a_race(server):
    d = server.deployment(b2b_settings__limit_org_creation_per_user="true", b2b_settings__org_creation_per_user_count="2")
    browser, _ = d.signed_in()
    tabs = [browser.twin() for _ in range(8)]
    got = race([lambda b=b: b.post("/organizations", {"name": "Race"}) for b in tabs])
    assert sorted(g.status for g in got) == [200] * 2 + [403] * 6 and d.rows()["organization"] == 2


@pytest.mark.parametrize("round_", range(15))
def test_F31_nothing_is_minted_after_the_sign_out_was_answered(deployment, round_):
    browser, _ = deployment.signed_in()
    tabs = [browser.twin() for _ in range(4)]
    got = race([lambda: browser.post("/session/sign-out")] + [lambda b=b: b.get("/session/token") for b in tabs])
    assert got[0].status == 200 and {g.status for g in got[1:]} <= {200, 401}
    assert {b.get("/session/token").status for b in tabs} == {401}
    assert not browser.is_signed_in and {b.get("/me").status for b in tabs} == {401}


def test_F31_sign_out_against_switch_and_rename(deployment):
    """End state signed out; a late writer does not revive anything."""
    for _ in range(8):
        browser, _ = deployment.signed_in()
        mine = browser.session()["active_signin"]["id"]
        tabs = [browser.twin() for _ in range(3)]
        race([lambda: browser.post("/session/sign-out"), lambda: tabs[0].post("/session/switch-sign-in", None, {"sign_in_id": mine}),
              lambda: tabs[1].post("/me", {"first_name": "Late"}), lambda: tabs[2].post("/organizations", {"name": "Late"})])
        data = browser.session()
        assert data["signins"] == [] and data["active_signin"] is None


def test_F32_delete_against_sign_in(server):
    """Whichever comes first, nobody is signed in as somebody who is gone."""
    d = server.deployment()
    for _ in range(4):
        who = d.person()
        browsers = [d.browser(ip=f"203.0.113.{i}") for i in range(3)]
        race([lambda: server.cli("user", "delete", who.email, "--deployment", d.host)] + [lambda b=b: b.sign_in(who) for b in browsers])
        assert not any(b.is_signed_in for b in browsers)
        assert d.browser().sign_in(who).code == "INVALID_CREDENTIALS"
    assert d.rows()["signin"] == 0


def test_SES11_disable_against_sign_in(server):
    d = server.deployment()
    for _ in range(4):
        who = d.person()
        browsers = [d.browser(ip=f"203.0.113.{i}") for i in range(3)]
        race([lambda: server.cli("user", "disable", who.email, "--deployment", d.host)] + [lambda b=b: b.sign_in(who) for b in browsers])
        assert not any(b.is_signed_in for b in browsers)


def test_a_change_is_seen_by_the_next_request_of_every_tab(server):
    """The cache never serves what was changed before the answer to the change was sent."""
    d = server.deployment()
    browser, _ = d.signed_in()
    tabs = [browser.twin() for _ in range(4)]
    for i in range(40):
        assert browser.post("/me", {"first_name": f"Name{chr(65 + i % 26)}{i}"}).status == 200
        assert {t.session()["user"]["first_name"] for t in tabs} == {f"Name{chr(65 + i % 26)}{i}"}


def test_readers_and_writers_together_never_see_half(server):
    """First and last name are written as one; no reader sees them apart."""
    d = server.deployment()
    browser, _ = d.signed_in()
    browser.post("/me", {"first_name": "N0", "last_name": "N0"})

    def write():
        for i in range(40):
            browser.post("/me", {"first_name": f"N{i}", "last_name": f"N{i}"})

    def read(tab):
        return [(u["first_name"], u["last_name"]) for u in (tab.session()["user"] for _ in range(150))]
    seen = race([write] + [lambda t=browser.twin(): read(t) for _ in range(3)])[1:]
    assert all(first == last for pairs in seen for first, last in pairs)
    for pairs in seen:
        numbers = [int(first[1:]) for first, _ in pairs]
        assert numbers == sorted(numbers), "nor time running backwards"


def test_I1_what_was_answered_survives_a_kill(new_server):
    """kill -9 after the answers: every account is there, every ended sign-in stays ended."""
    server = new_server()
    server.start()
    d = server.deployment(host="api.example.net")
    people = [d.person() for _ in range(3)]
    browsers = [d.signed_in(p)[0] for p in people]
    browsers[0].post("/session/sign-out")
    browsers[1].post("/me", {"first_name": "Kept"})
    server.kill()
    with server:
        fresh = [b.twin() for b in browsers]
        assert [b.is_signed_in for b in fresh] == [False, True, True]
        assert fresh[1].session()["user"]["first_name"] == "Kept"
        assert d.browser().post("/auth/signin", {"email": people[0].email, "password": PASSWORD}).status == 200
