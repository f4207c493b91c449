"""The signed-in person: contract 4.3 M1 … M4, M24, M25 and 3.1."""
# SPDX-License-Identifier: Apache-2.0
import json

import pytest

from harness import FIXTURES
from shapes import follows

USER = json.loads((FIXTURES / "signed-in.json").read_text())["data"]["active_signin"]["user"]
ROUTES = [("GET", "/me"), ("POST", "/me"), ("GET", "/me/organization-memberships"), ("GET", "/me/workspace-memberships"),
          ("GET", "/me/signins"), ("POST", "/me/signins/signin_1/signout"), ("GET", "/session/token"), ("POST", "/organizations"),
          ("POST", "/workspaces"), ("POST", "/session/switch-organization"), ("POST", "/session/switch-workspace")]


@pytest.mark.parametrize("method,path", ROUTES)
def test_signed_out_is_401_in_the_normal_way(deployment, method, path):
    got = deployment.browser().send(method, path)
    assert (got.status, got.code) == (401, "UNAUTHORIZED")


def test_M1_has_every_field_of_a_user(deployment):
    browser, who = deployment.signed_in()
    me = browser.get("/me").data
    follows({**USER, "social_connections": []}, me, ordered=False)
    assert me == browser.session()["active_signin"]["user"], "one entity, one form everywhere"
    assert me["id"] == who.id and me["email"] == who.email == me["primary_email_address"]["email"]
    assert (me["has_password"], me["has_passkeys"], me["has_profile_picture"], me["backup_codes_generated"]) == (True, False, False, False)
    assert me["profile_picture_url"] == me["image_url"] == "" and me["user_authenticator"] is None
    assert me["primary_email_address_id"] == me["user_email_addresses"][0]["id"]
    assert me["availability"] == "away" and me["public_metadata"] == {} and me["segments"] == []


@pytest.mark.parametrize("changes", [{"first_name": "Zoë"}, {"last_name": "Ñandú"}, {"username": "renamed.one"},
                                     {"first_name": "A", "last_name": "B", "username": "all_three"}, {"second_factor_policy": "none"}])
def test_M2_changes_what_is_named_and_is_seen_at_once(deployment, changes):
    browser, _ = deployment.signed_in()
    before = browser.session()["active_signin"]["user"]
    assert browser.post("/me", {"first_name": "", "last_name": "", **changes}).status == 200
    after = browser.get("/me").data
    assert {k: after[k] for k in changes} == changes
    assert {k: v for k, v in after.items() if k not in (*changes, "updated_at")} == {
        k: v for k, v in before.items() if k not in (*changes, "updated_at")}
    assert browser.session()["active_signin"]["user"] == after


@pytest.mark.parametrize("fields,code", [
    ({"second_factor_policy": "enforced"}, "BAD_REQUEST_BODY"), ({"second_factor_policy": "sometimes"}, "BAD_REQUEST_BODY"),
    ({"primary_email_address_id": "email_1"}, "BAD_REQUEST_BODY"), ({"primary_phone_number_id": "phone_1"}, "BAD_REQUEST_BODY"),
    ({"username": "ab"}, "BAD_REQUEST_BODY"), ({"username": "no spaces"}, "BAD_REQUEST_BODY"), ({"first_name": "x" * 51}, "BAD_REQUEST_BODY"),
    ({"first_name": "a\x01b"}, "BAD_REQUEST_BODY")])
def test_M2_refuses_what_does_not_fit(production, fields, code):
    browser, _ = production.signed_in()
    before = browser.get("/me").data
    got = browser.post("/me", {"last_name": "Changed", **fields})
    assert (got.status, got.code) == (400, code)
    assert browser.get("/me").data == before, "all or nothing"


def test_M2_a_taken_username(production):
    other = production.person()
    browser, who = production.signed_in()
    assert browser.post("/me", {"username": other.username.upper()}).code == "USERNAME_EXISTS"
    assert browser.post("/me", {"username": who.username}).status == 200, "one's own is not taken"
    assert browser.post("/me", {"username": who.username.upper()}).status == 200, "nor its other case"


def test_M2_banned_keywords(server):
    d = server.deployment(restrictions__banned_keywords="admin")
    browser, _ = d.signed_in()
    assert browser.post("/me", {"username": "Admin_1"}).code == "BANNED_KEYWORD"


def test_M2_a_foreign_address_cannot_be_primary(production):
    foreign = production.signed_in()[0].get("/me").data["primary_email_address_id"]
    browser, _ = production.signed_in()
    unknown, other = (browser.post("/me", {"primary_email_address_id": i}) for i in ("email_1", foreign))
    assert unknown.status == 400 and unknown.body == other.body


def test_TEN05_V39_nobody_promotes_himself(production):
    browser, who = production.signed_in()
    before = browser.get("/me").data
    browser.send("POST", "/me", encoding="json", fields={
        "id": "user_1", "email": "other@example.org", "email_verified": True, "verified": True, "role": "admin", "disabled": False,
        "password_hash": "x", "public_metadata": "x", "deployment_id": "deployment_1", "created_at": "2000-01-01T00:00:00Z"})
    after = browser.get("/me").data
    assert {k: v for k, v in after.items() if k != "updated_at"} == {k: v for k, v in before.items() if k != "updated_at"}


@pytest.mark.parametrize("path", ["/me/organization-memberships", "/me/workspace-memberships"])
def test_M3_M4_are_bare_empty_lists_at_first(deployment, path):
    assert deployment.signed_in()[0].get(path).data == []


@pytest.mark.parametrize("path,setting", [("/me/organization-memberships", "organizations_enabled"), ("/me/workspace-memberships", "workspaces_enabled")])
def test_M3_M4_are_empty_when_the_feature_is_off(server, path, setting):
    d = server.deployment()
    browser, _ = d.signed_in()
    org = browser.post("/organizations", {"name": "Lumen"}).data["organization"]["id"]
    browser.post("/workspaces", {"organization_id": org, "name": "Optics"})
    assert len(browser.get(path).data) == 1
    d.set(**{f"b2b_settings__{setting}": "false"})
    assert browser.get(path).data == []


def test_M24_lists_live_sign_ins_newest_first(clock_server):
    d = clock_server.deployment()
    browser, who = d.signed_in()
    for _ in range(2):
        clock_server.advance(10)
        d.signed_in(who, ip="203.0.113.4")
    mine = browser.get("/me/signins").data
    times = [s["created_at"] for s in mine]
    assert len(mine) == 3 and times == sorted(times, reverse=True) and mine[0]["ip_address"] == "203.0.113.4"
    for s in mine:
        assert {"id", "session_id", "user_id", "created_at", "expires_at", "last_active_at", "ip_address", "browser", "device", "city", "country"} <= s.keys()


def test_M25_ends_it_wherever_it_is(deployment):
    here, who = deployment.signed_in()
    there, _ = deployment.signed_in(who)
    target = there.session()["active_signin"]["id"]
    got = here.post(f"/me/signins/{target}/signout")
    assert got.status == 200 and got.data is None
    assert not there.is_signed_in and there.get("/me").status == 401 and here.is_signed_in
    assert len(here.get("/me/signins").data) == 1


def test_M25_own_current_one(deployment):
    browser, _ = deployment.signed_in()
    browser.post(f"/me/signins/{browser.session()['active_signin']['id']}/signout")
    data = browser.session()
    assert data["active_signin"] is None and data["signins"] == []


def test_SES14_M25_of_another_user_is_as_unknown_as_any(production):
    other, _ = production.signed_in()
    foreign = other.session()["active_signin"]["id"]
    browser, _ = production.signed_in()
    # The id is in the path only; the answers must not differ by a byte.
    got = [browser.post(f"/me/signins/{i}/signout") for i in (foreign, "signin_1", "signin_9223372036854775807")]
    assert {g.status for g in got} <= {400, 403, 404} and len({(g.status, g.body) for g in got}) == 1
    assert other.is_signed_in


@pytest.mark.parametrize("segment", ["x", "0", "-1", "signin_", "signin_01", "signin_1x", "signin_-1", "user_1", "signin_99999999999999999999",
                                     "%73ignin_1", "..", "signin_1%00", "signin_1.0", "signin_+1"])
def test_odd_ids_in_the_path(production, segment):
    browser, _ = production.signed_in()
    assert browser.post(f"/me/signins/{segment}/signout").status in (400, 403, 404)


@pytest.mark.parametrize("agent,browser,device", [
    ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox", "Desktop"),
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0", "Edge", "Desktop"),
    ("Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36", "Chrome", "Mobile"),
    ("Mozilla/5.0 (Linux; Android 14; SM-X810) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Safari/537.36", "Samsung Internet", "Tablet"),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0 Mobile/15E148 Safari/604.1", "Chrome", "Mobile"),
    ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15", "Safari", "Desktop"),
    ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 OPR/112.0", "Opera", "Desktop"),
    ("curl/8.5.0", "curl", ""), ("x" * 4000, "", ""), ("", "", "")])
def test_M24_names_browser_and_device(production, agent, browser, device):
    signed_in, _ = production.signed_in(user_agent=agent)
    mine = signed_in.get("/me/signins").data[0]
    assert (mine["browser"], mine["device"]) == (browser, device)
