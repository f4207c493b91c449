"""Organizations, workspaces, and the walls between deployments: contract 9, TEN-01 … TEN-03, F-36."""
# SPDX-License-Identifier: Apache-2.0
import json
import re

import pytest

from client import Response, exchange
from harness import FIXTURES
from shapes import follows

USER = json.loads((FIXTURES / "signed-in.json").read_text())["data"]["active_signin"]["user"]
PUBLIC_USER = {k: USER[k] for k in ("id", "first_name", "last_name", "username", "availability", "has_profile_picture", "profile_picture_url",
                                    "primary_email_address", "primary_phone_number", "primary_email_address_id", "email", "image_url")}
ORGANIZATION = {"id": "org_77", "name": "Lumen Labs", "slug": "lumen-labs", "image_url": "", "description": "Light things", "member_count": 1,
                "public_metadata": {}, "private_metadata": {}, "enforce_mfa": False, "enable_ip_restriction": False, "whitelisted_ips": [],
                "auto_assigned_workspace_id": "", "segments": [], "created_at": "2025-03-04T12:00:00Z", "updated_at": "2025-05-01T12:00:00Z"}
WORKSPACE = {"id": "workspace_501", "name": "Optics", "slug": "optics", "image_url": "", "description": "", "member_count": 1,
             "public_metadata": {}, "private_metadata": {}, "enforce_2fa": False, "enable_ip_restriction": False, "whitelisted_ips": [],
             "segments": [], "organization_id": "org_77", "created_at": "2025-03-05T10:00:00Z", "updated_at": "2025-03-05T10:00:00Z"}
ORG_ROLE = {"id": "orgrole_1", "organization_id": "", "name": "Admin", "permissions": ["organization:admin"], "is_deployment_level": True,
            "created_at": "2025-01-01T00:00:00Z", "updated_at": "2025-01-01T00:00:00Z"}
WS_ROLE = {**ORG_ROLE, "id": "wsrole_2", "workspace_id": "", "permissions": ["workspace:admin"]}
FREE = {"type": "none", "message": ""}
ORG_MEMBERSHIP = {"id": "orgmem_88", "organization_id": "org_77", "user_id": "user_1", "organization": ORGANIZATION, "user": PUBLIC_USER,
                  "roles": [ORG_ROLE], "public_metadata": {}, "eligibility_restriction": FREE, "created_at": "2025-03-04T12:00:00Z",
                  "updated_at": "2025-03-04T12:00:00Z"}
WS_MEMBERSHIP = {**ORG_MEMBERSHIP, "id": "wsmem_612", "workspace_id": "workspace_501", "organization_membership_id": "orgmem_88",
                 "workspace": WORKSPACE, "roles": [WS_ROLE], "public_user_data": PUBLIC_USER}


def organization(browser, name="Lumen Labs", **kw):
    return browser.post("/organizations", {"name": name, **kw}).data["organization"]


def workspace(browser, org, name="Optics", **kw):
    return browser.post("/workspaces", {"organization_id": org["id"], "name": name, **kw}).data["workspace"]


def scope(data):
    """(organization, workspace) of a session answer, and that its pointers say the same."""
    signin = data["active_signin"]
    assert (signin["active_organization_membership_id"] is None) == (data["organization"] is None)
    assert (signin["active_workspace_membership_id"] is None) == (data["workspace"] is None)
    return tuple(x and x["id"] for x in (data["organization"], data["workspace"]))


@pytest.fixture
def house(deployment):
    """(browser, one, two, a workspace of each): the person is admin of both organizations."""
    browser, _ = deployment.signed_in()
    one, two = organization(browser, "One"), organization(browser, "Two")
    return browser, one, two, workspace(browser, one), workspace(browser, two)


# ---- O1, W1 ----

def test_O1_makes_it_and_makes_it_active(deployment):
    browser, who = deployment.signed_in()
    data = browser.post("/organizations", {"name": "Lumen Labs", "description": "Light things"}).data
    follows(ORGANIZATION, data["organization"], ordered=False)
    follows(ORG_MEMBERSHIP, data["membership"], ordered=False)
    assert (data["organization"]["slug"], data["organization"]["member_count"], data["organization"]["description"]) == ("lumen-labs", 1, "Light things")
    assert data["membership"]["user_id"] == who.id and data["membership"]["organization"] == data["organization"]
    role, = data["membership"]["roles"]
    assert role["name"] == "Admin" and "organization:admin" in role["permissions"] and role["is_deployment_level"] is True and role["organization_id"] == ""
    session = browser.session()
    assert list(session["organization"]) == ["id", "name", "slug", "image_url"]
    assert scope(session) == (data["organization"]["id"], None)
    assert session["active_signin"]["active_organization_membership_id"] == data["membership"]["id"]
    assert browser.get("/me/organization-memberships").data == [data["membership"]]


def test_W1_makes_it_and_does_not_switch(deployment):
    browser, who = deployment.signed_in()
    org = organization(browser)
    data = browser.post("/workspaces", {"organization_id": org["id"], "name": "Optics"}).data
    follows(WORKSPACE, data["workspace"], ordered=False)
    follows(WS_MEMBERSHIP, data["membership"], ordered=False)
    assert data["workspace"]["organization_id"] == org["id"] and data["membership"]["user"] == data["membership"]["public_user_data"]
    role, = data["membership"]["roles"]
    assert "workspace:admin" in role["permissions"] and role["is_deployment_level"] is True and role["workspace_id"] == ""
    assert scope(browser.session()) == (org["id"], None)
    assert browser.get("/me/workspace-memberships").data == [data["membership"]]


def test_M4_filters_by_organization(house):
    browser, one, two, of_one, of_two = house
    for query, expected in [({}, {of_one["id"], of_two["id"]}), ({"org_id": one["id"]}, {of_one["id"]}), ({"org_id": two["id"]}, {of_two["id"]}),
                            ({"org_id": "org_1"}, set())]:
        assert {m["workspace_id"] for m in browser.get("/me/workspace-memberships", query).data} == expected


@pytest.mark.parametrize("name,slug", [("Lumen Labs", "lumen-labs"), ("  A__B..C  ", "a-b-c"), ("Zoë & Söhne", "zoe-sohne"), ("!!!", None), ("ACME", "acme")])
def test_3_6_slugs(production, name, slug):
    got = organization(production.signed_in()[0], name)["slug"]
    assert got == slug or (slug is None and got)


def test_3_6_slugs_are_numbered(production):
    one, two = production.signed_in()[0], production.signed_in()[0]
    assert [organization(b)["slug"] for b in (one, two, one)] == ["lumen-labs", "lumen-labs-2", "lumen-labs-3"]
    org = organization(one, "Other")
    assert [workspace(one, org)["slug"] for _ in range(3)] == ["optics", "optics-2", "optics-3"]
    assert workspace(two, organization(two, "Third"))["slug"] == "optics", "unique in its organization only"


@pytest.mark.parametrize("path", ["/organizations", "/workspaces"])
@pytest.mark.parametrize("name", [None, "", "   ", "x" * 1000, "a\x01b"])
def test_O1_W1_names(production, path, name):
    browser, _ = production.signed_in()
    org = organization(browser)
    fields = {"organization_id": org["id"], **({} if name is None else {"name": name})}
    assert browser.post(path, fields).code == "BAD_REQUEST_BODY"


@pytest.mark.parametrize("settings,path,status,code", [
    ({"b2b_settings__organizations_enabled": "false"}, "/organizations", 400, "FEATURE_DISABLED"),
    ({"b2b_settings__allow_users_to_create_orgs": "false"}, "/organizations", 403, "FORBIDDEN"),
    ({"b2b_settings__limit_org_creation_per_user": "true", "b2b_settings__org_creation_per_user_count": "1"}, "/organizations", 403, "LIMIT_REACHED"),
    ({"b2b_settings__max_orgs_per_user": "1"}, "/organizations", 403, "LIMIT_REACHED"),
    ({"b2b_settings__workspaces_enabled": "false"}, "/workspaces", 400, "FEATURE_DISABLED"),
    ({"b2b_settings__limit_workspace_creation_per_org": "true", "b2b_settings__workspaces_per_org_count": "1"}, "/workspaces", 403, "LIMIT_REACHED")])
def test_9_5_switches_and_limits(server, settings, path, status, code):
    d = server.deployment()
    browser, _ = d.signed_in()
    org = organization(browser)
    workspace(browser, org)
    d.set(**settings)
    got = browser.post(path, {"organization_id": org["id"], "name": "One more"})
    assert (got.status, got.code) == (status, code)


def test_9_5_zero_is_unlimited(server):
    d = server.deployment(b2b_settings__limit_org_creation_per_user="true", b2b_settings__org_creation_per_user_count="0")
    browser, _ = d.signed_in()
    assert [organization(browser)["slug"] for _ in range(3)]


# ---- S4, S5 and the table of 9.2 ----

def test_9_2_every_switch_from_every_place(house):
    """After each step: the workspace pointer implies the organization pointer of the same organization."""
    browser, one, two, of_one, of_two = house
    places = {"nowhere": ("organization", {}), "one": ("organization", {"organization_id": one["id"]}), "two": ("organization", {"organization_id": two["id"]}),
              "in one": ("workspace", {"workspace_id": of_one["id"]}), "in two": ("workspace", {"workspace_id": of_two["id"]})}
    ends = {"nowhere": (None, None), "one": (one["id"], None), "two": (two["id"], None), "in one": (one["id"], of_one["id"]), "in two": (two["id"], of_two["id"])}
    for start in places:
        for to, (kind, query) in places.items():
            browser.post("/session/switch-organization", None, {})
            browser.post(f"/session/switch-{places[start][0]}", None, places[start][1])
            got = scope(browser.post(f"/session/switch-{kind}", None, query).data)
            kept = (start, to) in (("in one", "one"), ("in two", "two"))
            assert got == (ends[start] if kept else ends[to]), (start, to)
            assert got == scope(browser.session())


@pytest.mark.parametrize("kind,name", [("organization", "organization_id"), ("workspace", "workspace_id")])
@pytest.mark.parametrize("value", [None, "", "0"])
def test_S4_S5_nothing_means_personal(house, kind, name, value):
    browser, _, _, of_one, _ = house
    browser.post("/session/switch-workspace", None, {"workspace_id": of_one["id"]})
    got = browser.post(f"/session/switch-{kind}", None, {} if value is None else {name: value})
    assert scope(got.data) == (None, None)


def test_O1_leaves_the_workspace(house):
    browser, _, _, of_one, _ = house
    browser.post("/session/switch-workspace", None, {"workspace_id": of_one["id"]})
    assert scope(browser.session())[1] == of_one["id"]
    new = organization(browser, "Third")
    assert scope(browser.session()) == (new["id"], None)


def test_9_3_a_new_sign_in_starts_where_the_last_one_was(deployment):
    browser, who = deployment.signed_in()
    org = organization(browser)
    room = workspace(browser, org)
    browser.post("/session/switch-workspace", None, {"workspace_id": room["id"]})
    assert scope(deployment.signed_in(who)[0].session()) == (org["id"], room["id"])
    browser.post("/session/switch-organization")
    assert scope(deployment.signed_in(who)[0].session()) == (None, None)


def test_the_scope_lives_on_the_sign_in(deployment):
    one, who = deployment.signed_in()
    org = organization(one)
    two, _ = deployment.signed_in(who)
    two.post("/session/switch-organization")
    assert (scope(one.session()), scope(two.session())) == ((org["id"], None), (None, None))


IDS = ["{foreign}", "{stranger}", "org_1", "org_9223372036854775807", "workspace_1", "user_1", "x", "-1", "org_99999999999999999999"]


@pytest.mark.parametrize("kind", ["organization", "workspace"])
def test_F36_what_one_may_not_enter_looks_like_what_is_not_there(server, kind):
    """Stranger of the same deployment, another deployment, no such id: the same 403, byte for byte."""
    mine, other = server.deployment(), server.deployment()
    ids = {}
    for name, d in (("stranger", mine), ("foreign", other)):
        browser, _ = d.signed_in()
        org = organization(browser)
        ids[name] = org["id"] if kind == "organization" else workspace(browser, org)["id"]
    browser, _ = mine.signed_in()
    got = [browser.post(f"/session/switch-{kind}", None, {f"{kind}_id": i.format(**ids)}) for i in IDS]
    assert {(g.status, g.code) for g in got} == {(403, "FORBIDDEN")} and len({g.body for g in got}) == 1
    assert scope(browser.session()) == (None, None)


def test_W1_in_an_organization_one_is_not_in(server):
    mine, other = server.deployment(), server.deployment()
    ids = {name: organization(d.signed_in()[0])["id"] for name, d in (("stranger", mine), ("foreign", other))}
    browser, _ = mine.signed_in()
    got = [browser.post("/workspaces", {"organization_id": i.format(**ids), "name": "Intruder"}) for i in IDS]
    assert {(g.status, g.code) for g in got} == {(403, "FORBIDDEN")} and len({g.body for g in got}) == 1
    assert mine.rows()["workspace"] == other.rows()["workspace"] == 0


# ---- F-36: every route with an id × every id of another deployment and of a neighbour ----

SWEEP = [("POST", "/session/switch-sign-in", "sign_in_id"), ("POST", "/session/sign-out", "sign_in_id"),
         ("POST", "/session/switch-organization", "organization_id"), ("POST", "/session/switch-workspace", "workspace_id"),
         ("POST", "/me/signins/{id}/signout", None), ("POST", "/me/authenticator/{id}/delete", None),
         ("GET", "/me/workspace-memberships", "org_id")]


def everything(d):
    """All ids that a person there can see, by kind."""
    browser, _ = d.signed_in()
    org = organization(browser)
    workspace(browser, org)
    text = browser.get("/session").text + browser.get("/me/workspace-memberships").text + browser.get("/me/organization-memberships").text
    return browser, sorted(set(re.findall(r"\b(?:user|org|workspace|signin|session|orgmem|wsmem|orgrole|wsrole|email)_\d+", text)))


@pytest.mark.parametrize("credential", ["nobody", "user"])
def test_F36_TEN01_sweep(server, credential):
    mine, other = server.deployment(), server.deployment()
    victims = [everything(mine), everything(other)]
    before = [mine.rows(), other.rows()]
    views = [b.get("/session").data for b, _ in victims]
    browser = mine.signed_in()[0] if credential == "user" else mine.browser()
    browser.get("/session")
    count = {**mine.rows()}
    for method, path, parameter in SWEEP:
        def call(i):
            return browser.send(method, path.format(id=i), {parameter: i} if parameter else None)
        for _, ids in victims:
            for i in ids:
                got, none = call(i), call(re.sub(r"\d+", "1", i))
                assert (got.status, got.body) == (none.status, none.body), (path, i)
                assert got.status in (400, 401, 403, 404) or got.data == [], (path, i)
    changed = {t for t in count if t not in ("audit", "throttle") and mine.rows()[t] != count[t]}
    assert not changed and {t: n for t, n in other.rows().items() if t != "throttle"} == {t: n for t, n in before[1].items() if t != "throttle"}
    assert [b.get("/session").data for b, _ in victims] == views


# ---- TEN-02: the deployment comes from the exact host and nothing else ----

def host_status(server, host, *headers, target="/deployment"):
    lines = [("Host", h) for h in ([host] if isinstance(host, str) else host)]
    got = Response(*exchange(("127.0.0.1", server.port), "GET", target, [*lines, ("X-Forwarded-Proto", "https"), *headers], None))
    return got.status, got.json["data"]["id"] if got.status == 200 else None


def test_TEN02_spellings_of_the_one_host(server):
    d = server.public_deployment()
    for host in (d.host, d.host.upper(), d.host + ".", d.host + ":443", d.host + ".:443"):
        assert host_status(server, host) == (200, d.id), host


@pytest.mark.parametrize("host", ["unknown.example", "{h}:80", "{h}:8443", "{h}..", "x.{h}", "{h}.evil.example", "evil{h}", "127.0.0.1", "[::1]", "localhost"])
def test_TEN02_unknown_hosts_are_404(server, host):
    d = server.public_deployment()
    assert host_status(server, host.format(h=d.host))[0] == 404


@pytest.mark.parametrize("host", ["", "user@{h}", "{h}/path", "{h}?q", "{h}#f", "{h}:x", "{h}:", "{h}:99999", "{h} ", "{h},{h}", "http://{h}", "[::1", "{h}\\x", "%65xample"])
def test_TEN02_malformed_hosts_are_refused(server, host):
    d = server.public_deployment()
    status, _ = host_status(server, host.format(h=d.host))
    # A trailing blank is not part of the value; an empty port is the default one (RFC 3986 3.2.3) or refused.
    assert status in (400, 404) or host in ("{h} ", "{h}:"), host


def test_TEN02_V34_other_words_about_the_host_are_not_heard(server):
    one, two = server.public_deployment(), server.public_deployment()
    for name in ("X-Forwarded-Host", "X-Host", "X-Original-Host", "X-HTTP-Host-Override", "Forwarded", "X-Forwarded-Server"):
        value = f"host={two.host};proto=https" if name == "Forwarded" else two.host
        assert host_status(server, one.host, (name, value)) == (200, one.id), name


def test_TEN02_two_hosts_and_conflicting_targets(server):
    one, two = server.public_deployment(), server.public_deployment()
    for hosts in ([one.host, two.host], [one.host, one.host]):
        assert host_status(server, hosts)[0] == 400
    assert host_status(server, one.host, target=f"https://{two.host}/deployment")[0] == 400
    assert host_status(server, one.host, target=f"https://{one.host}/deployment") == (200, one.id)


def test_unknown_host_has_the_envelope_and_no_session(server):
    got = Response(*exchange(("127.0.0.1", server.port), "GET", "/session", [("Host", "unknown.example"), ("X-Forwarded-Proto", "https")], None))
    assert got.code == "NOT_FOUND" and got.header("Set-Cookie") is None and got.header("Access-Control-Allow-Origin") is None


def test_sharing_nothing_users_of_one_are_unknown_at_the_other(server):
    one, two = server.deployment(), server.deployment()
    who = one.person()
    assert two.browser().sign_in(who).code == "INVALID_CREDENTIALS"


# ---- 9.4 eligibility: no route sets the restriction in this release, the database does ----

def test_9_4_lists_say_none_where_nothing_restricts(house):
    browser, *_ = house
    for path in ("/me/organization-memberships", "/me/workspace-memberships"):
        assert all(m["eligibility_restriction"] == {"type": "none", "message": ""} for m in browser.get(path).data)
