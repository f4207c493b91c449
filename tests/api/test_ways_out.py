"""What ends a session stays ended, and what is over opens nothing: SES-07, SES-11, SES-13, PWD-08, PWD-14, ENU-03, V-05, V-11, V-12, V-58."""
# SPDX-License-Identifier: Apache-2.0
import json

import pytest

from harness import ROOT
from test_jwt import mint

YEARS_5 = 5 * 365 * 86400


def is_out(browser):
    return not browser.is_signed_in and browser.get("/me", keep=False).status == 401 and browser.get("/session/token", keep=False).status == 401


# ---- ended by the operator ----

def test_SES13_one_user_one_tenant_and_nobody_else(server):
    d, other = server.deployment(), server.deployment()
    who = d.person()
    mine = [d.signed_in(who)[0] for _ in range(3)]
    bystander, elsewhere = d.signed_in()[0], other.signed_in()[0]
    server.cli("session", "revoke", "--user", who.email, "--deployment", d.host)
    assert all(map(is_out, mine)) and bystander.is_signed_in and elsewhere.is_signed_in
    again, _ = d.signed_in(who)
    server.cli("session", "revoke", "--all", "--deployment", d.host)
    assert is_out(again) and is_out(bystander) and elsewhere.is_signed_in
    assert d.signed_in(who)[0].is_signed_in, "who is out may come in again"


def test_V58_with_the_account_all_that_was_its_own_is_gone(server):
    d = server.deployment()
    who = d.person()
    browsers = [d.signed_in(who)[0] for _ in range(3)]
    assert all(b.is_signed_in for b in browsers), "answered from memory from now on"
    mint(browsers[0])
    server.cli("user", "delete", who.email, "--deployment", d.host)
    assert all(map(is_out, browsers))
    assert d.browser().sign_in(who).code == "INVALID_CREDENTIALS"
    assert d.rows()["signin"] == 0


# ---- ended by the user ----

def test_V05_what_was_ended_stays_so_after_a_restart_and_a_clock_set_back(new_server):
    server = new_server()
    with server:
        d = server.deployment(host="api.example.net")
        server.advance(7200)
        out, who = d.signed_in()
        kept, _ = d.signed_in()
        disabled, other = d.signed_in()
        out.post("/session/sign-out")
        server.cli("user", "disable", other.email, "--deployment", d.host)
    with server:
        # The test clock begins anew with the process: two hours back.
        assert all(map(is_out, (out.twin(), disabled.twin()))) and kept.twin().is_signed_in


def test_V11_a_sign_out_that_lost_its_cookie_leaves_nothing_to_the_next(production):
    browser, _ = production.signed_in()
    lost, session = browser.token, browser.session()["id"]
    browser.token = None
    assert browser.post("/session/sign-out").status in (200, 401)
    next_ = production.person()
    assert browser.sign_in(next_).status == 200
    assert browser.session()["id"] != session and browser.token != lost
    assert [s["user_id"] for s in browser.session()["signins"]] == [next_.id]


def test_V12_another_person_does_not_continue_the_session(production):
    """One browser, one sign-in at a time: the second person's sign-in ends the first's, and its tokens."""
    production.set(auth_settings__multi_session_support__enabled="false")
    browser, first = production.signed_in()
    old = browser.token
    second = production.person()
    assert browser.post("/session/step-up", {"password": "not-the-password"}).code == "INVALID_CREDENTIALS"
    got = browser.sign_in(second)
    assert got.data["active_signin"]["user_id"] == second.id and len(got.data["signins"]) == 1
    assert browser.token != old and production.browser(token=old).get("/me", keep=False).status == 401


# ---- passwords ----

def test_PWD08_a_password_does_not_age(new_server):
    with new_server() as server:
        d = server.deployment()
        who = d.person()
        server.advance(YEARS_5)
        assert d.browser().sign_in(who).status == 200


def test_PWD14_nobody_is_asked_for_a_maiden_name():
    """Neither hints nor questions, in anything that can be sent or is answered."""
    described = json.loads((ROOT / "docs" / "openapi.json").read_text())
    words = set()

    def walk(node):
        if isinstance(node, dict):
            words.update(k.lower() for k in node)
            words.update(str(node["name"]).lower() for _ in range("name" in node))
        for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            walk(child)
    walk(described)
    assert "current_password" in words
    assert [w for w in words if "hint" in w or "question" in w or "secret_answer" in w or "security_answer" in w] == []


# ---- lists ----

@pytest.mark.parametrize("path", ["/me/signins", "/me/email-addresses", "/me/organization-memberships"])
def test_ENU03_lists_are_ones_own_and_tell_no_totals(production, path):
    production.signed_in()
    browser, _ = production.signed_in()
    listed = browser.get(path).data
    assert isinstance(listed, list) and len(listed) <= 1
