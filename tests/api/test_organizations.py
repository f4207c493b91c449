"""Organizations and workspaces, changed and deleted: contract O1, O3, O4, W1-W3, 4.4.3, 9.7."""
# SPDX-License-Identifier: Apache-2.0
import pytest

from harness import race
from members import Cast, fresh, number, write
from pictures import form, png, webp_chunks
from shapes import follows
from test_tenancy import ORGANIZATION, WORKSPACE

HERE = "198.51.100.7"  # where Browser comes from


@pytest.fixture
def cast(server):
    return Cast(server.deployment())


def organization(cast, name="boss"):
    return next(m["organization"] for m in cast[name].get("/me/organization-memberships").data if m["organization_id"] == cast.org)


def workspace(cast, name="boss"):
    return next(m["workspace"] for m in cast[name].get("/me/workspace-memberships").data if m["workspace_id"] == cast.workspace)


# ---- O3, W2 ----

def test_O3_changes_what_is_sent(cast):
    before = organization(cast)
    got = cast.org_post("manager", "update", {"name": "  Prism  ", "description": "Bends light"}).data
    follows(ORGANIZATION, got, ordered=False)
    assert got == organization(cast)
    changed = {k for k in got if got[k] != before[k]} - {"updated_at"}
    assert changed == {"name", "description"} and (got["name"], got["slug"]) == ("Prism", "lumen-labs"), "links with the slug go on"
    assert got["member_count"] == 7
    assert cast.org_post("boss", "update").data["name"] == "Prism", "nothing sent, nothing changed"
    assert cast.org_post("boss", "update", {"name": ""}).data["name"] == "Prism"
    assert cast.org_post("boss", "update", {"description": ""}).data["description"] == "", "the one field that is cleared by sending nothing in it"
    assert cast.audit("organization.updated")[0] == {"organization_id": cast.org}


def test_W2_changes_what_is_sent(cast):
    got = cast.ws_post("ws_manager", "update", {"name": "Prism", "enforce_2fa": "true"}).data["workspace"]
    follows(WORKSPACE, got, ordered=False)
    assert got == workspace(cast) and (got["name"], got["slug"], got["enforce_2fa"], got["member_count"]) == ("Prism", "optics", True, 4)
    assert cast.ws_post("admin", "update", {"description": "x"}).data["workspace"]["description"] == "x", "an admin of the organization"
    assert cast.ws_post("ws_admin", "update", {"description": ""}).data["workspace"]["description"] == ""
    assert cast.audit("workspace.updated")[0] == {"organization_id": cast.org, "workspace_id": cast.workspace}


@pytest.mark.parametrize("encoding", ["multipart", "urlencoded", "json"])
def test_4_4_3_what_the_settings_tab_sends(cast, encoding):
    fields = {"name": "Prism", "description": "", "enforce_mfa": "true", "enable_ip_restriction": "false", "auto_assigned_workspace_id": cast.workspace}
    got = cast.org_post("boss", "update", fields, encoding=encoding).data
    assert (got["enforce_mfa"], got["enable_ip_restriction"], got["auto_assigned_workspace_id"]) == (True, False, cast.workspace)
    got = cast.org_post("boss", "update", {**fields, "enforce_mfa": "false", "auto_assigned_workspace_id": "0"}, encoding=encoding).data
    assert (got["enforce_mfa"], got["auto_assigned_workspace_id"]) == (False, "")


def test_4_4_3_the_older_name(cast):
    assert cast.org_post("boss", "update", {"enforce_mfa_setup": "true"}).data["enforce_mfa"] is True
    assert cast.org_post("boss", "update", {"enforce_mfa": "false", "enforce_mfa_setup": "true"}).data["enforce_mfa"] is False


def test_4_4_3_networks(cast):
    def put(*values, name="whitelisted_ips"):
        return cast.org_post("boss", "update", [(name, v) for v in values])
    assert put("203.0.113.7", "203.0.113.0/24", "2001:DB8::/32", "203.0.113.7", " ::1 ").data["whitelisted_ips"] == [
        "203.0.113.7", "203.0.113.0/24", "2001:db8::/32", "::1"], "one spelling, once"
    assert cast.org_post("boss", "update", {"name": "Prism"}).data["whitelisted_ips"][0] == "203.0.113.7", "absent: unchanged"
    assert put("").data["whitelisted_ips"] == []
    for name in ("whitelisted_ips[0]", "whitelisted_ips[]"):
        assert put("203.0.113.7", name=name).data["whitelisted_ips"] == ["203.0.113.7"]
    for bad in ("x", "203.0.113", "203.0.113.0/33", "203.0.113.0/", "2001:db8::/129", "1.2.3.4 5.6.7.8", "a" * 65, "010.0.0.1", "1.2.3.4/08"):
        got = put("203.0.113.9", bad)
        assert got.code == "BAD_REQUEST_BODY", bad
    assert put(*[f"10.0.{i // 256}.{i % 256}" for i in range(100)]).status == 200
    assert put(*[f"10.0.{i // 256}.{i % 256}" for i in range(101)]).code == "BAD_REQUEST_BODY"
    assert len(organization(cast)["whitelisted_ips"]) == 100


def test_9_4_nobody_locks_themselves_out(cast):
    """The list and the restriction are judged together, as they would be afterwards; refused, nothing has changed."""
    before = organization(cast)
    for fields in ({"enable_ip_restriction": "true"}, {"enable_ip_restriction": "true", "whitelisted_ips": "203.0.113.0/24"}):
        got = cast.org_post("boss", "update", {"name": "Prism", **fields})
        assert got.code == "BAD_REQUEST_BODY" and HERE in got.message
    assert organization(cast) == before
    assert cast.org_post("boss", "update", {"enable_ip_restriction": "true", "whitelisted_ips": "198.51.100.0/24"}).status == 200
    assert cast.org_post("boss", "update", {"whitelisted_ips": "203.0.113.0/24"}).code == "BAD_REQUEST_BODY"
    assert cast.org_post("boss", "update", {"whitelisted_ips": ""}).code == "BAD_REQUEST_BODY"


def test_9_4_networks_are_changed_from_within(cast):
    """Else a stolen cookie would open the gate from outside. Everything else can be changed from anywhere."""
    cast.org_post("boss", "update", {"enable_ip_restriction": "true", "whitelisted_ips": HERE})
    outside = cast["boss"].twin()
    outside.ip = "203.0.113.50"
    path = f"/organizations/{cast.org}/update"
    for fields in ({"enable_ip_restriction": "false"}, {"whitelisted_ips": "203.0.113.0/24"}, {"whitelisted_ips": ""}):
        assert outside.post(path, fields).code == "IP_NOT_ALLOWED"
    same = {"name": "Prism", "enable_ip_restriction": "true", "whitelisted_ips": HERE}
    assert outside.post(path, same).data["name"] == "Prism"
    restriction = [m["eligibility_restriction"]["type"] for m in outside.get("/me/organization-memberships").data]
    assert restriction == ["ip_not_allowed"]
    assert outside.post("/session/switch-organization", None, {"organization_id": cast.org}).code == "IP_NOT_ALLOWED"
    assert outside.post("/session/switch-workspace", None, {"workspace_id": cast.workspace}).code == "IP_NOT_ALLOWED"
    assert cast.org_post("boss", "update", {"enable_ip_restriction": "false"}).status == 200


def test_W2_networks(server):
    cast = Cast(server.deployment(b2b_settings__ip_allowlist_per_workspace_enabled="true"))
    assert cast.ws_post("boss", "update", {"enable_ip_restriction": "true", "whitelisted_ips": "203.0.113.1"}).code == "BAD_REQUEST_BODY"
    got = cast.ws_post("boss", "update", {"enable_ip_restriction": "true", "whitelisted_ips": HERE}).data["workspace"]
    assert (got["enable_ip_restriction"], got["whitelisted_ips"]) == (True, [HERE])
    outside = cast["boss"].twin()
    outside.ip = "203.0.113.50"
    assert outside.post(f"/workspaces/{cast.workspace}/update", {"enable_ip_restriction": "false"}).code == "IP_NOT_ALLOWED"
    assert outside.post("/session/switch-workspace", None, {"workspace_id": cast.workspace}).code == "IP_NOT_ALLOWED"


@pytest.mark.parametrize("fields", [{"name": "   "}, {"name": "x" * 101}, {"name": "a\x01b"}, {"description": "x" * 1001}, {"enforce_mfa": "perhaps"},
                                    {"auto_assigned_workspace_id": "x"}, {"auto_assigned_workspace_id": "workspace_1"}])
def test_O3_refuses(cast, fields):
    before = organization(cast)
    assert cast.org_post("boss", "update", fields).code == "BAD_REQUEST_BODY"
    assert organization(cast) == before


def test_O3_the_auto_assigned_workspace_is_in_this_organization(cast):
    other = cast["boss"].post("/organizations", {"name": "Other"}).data["organization"]["id"]
    theirs = cast["boss"].post("/workspaces", {"organization_id": other, "name": "Room"}).data["workspace"]["id"]
    bad = [cast.org_post("boss", "update", {"auto_assigned_workspace_id": i}) for i in (theirs, "workspace_1")]
    assert [b.code for b in bad] == ["BAD_REQUEST_BODY"] * 2 and bad[0].body == bad[1].body


# ---- pictures ----

def test_pictures_of_both(cast):
    """The logo button sends the picture alone; what is served is made anew, and the one before is gone."""
    for path, kind in ((f"/organizations/{cast.org}/update", "organization"), (f"/workspaces/{cast.workspace}/update", "workspace")):
        def send(content, **kw):
            return cast["boss"].send("POST", path, **form(content, name="image", **kw))
        got = send(png())
        made = got.data if kind == "organization" else got.data["workspace"]
        url = made["image_url"]
        assert url.startswith("http") and "/pictures/picture_" in url and made["name"] in ("Lumen Labs", "Optics")
        local = url[url.index("/pictures/"):]
        served = cast["boss"].get(local, check=False)
        assert served.status == 200 and webp_chunks(served.body)
        again = send(png(32, 32))
        assert (again.data if kind == "organization" else again.data["workspace"])["image_url"] != url
        assert cast["boss"].get(local, check=False).status == 404
        assert send(b"not a picture").code == "BAD_REQUEST_BODY"
        assert send(b"x" * (2 * 1024 * 1024 + 1)).code == "PAYLOAD_TOO_LARGE"
        assert send(b"").status == 200, "a form's field left alone"
    assert cast["boss"].session()["organization"]["image_url"] == organization(cast)["image_url"] != ""
    assert cast.d.rows()["org_picture"] == 2


def test_pictures_at_creation_and_gone_with_it(cast):
    def body(name, **fields):
        made = form(png(), name="image")
        boundary = made["content_type"].split("boundary=")[1]
        parts = "".join(f'--{boundary}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in {"name": name, **fields}.items())
        return {**made, "body": parts.encode() + made["body"]}
    boss = cast["boss"]
    org = boss.send("POST", "/organizations", **body("Pictured")).data["organization"]
    assert boss.session()["organization"]["image_url"] == org["image_url"] != ""
    room = boss.send("POST", "/workspaces", **body("Pictured", organization_id=org["id"])).data["workspace"]
    assert room["image_url"] != "" and cast.d.rows()["org_picture"] == 2
    assert boss.post(f"/organizations/{org['id']}/delete").status == 200
    assert cast.d.rows()["org_picture"] == 0
    assert boss.get(room["image_url"][room["image_url"].index("/pictures/"):], check=False).status == 404


def test_who_may_not_change_it_has_no_picture_made(cast):
    """What a refusal costs is not a process that decodes an image: a broken picture is not even looked at."""
    for name, path in (("member", f"/organizations/{cast.org}/update"), ("stranger", f"/organizations/{cast.org}/update"),
                       ("ws_member", f"/workspaces/{cast.workspace}/update"), ("member", "/organizations/org_1/update")):
        assert cast[name].send("POST", path, **form(b"not a picture", name="image")).code == "FORBIDDEN"
    assert cast.d.rows()["org_picture"] == 0


# ---- answers in memory ----

def test_F32_a_new_name_is_in_everybodys_next_answer(cast):
    """Renaming touches one subject, not each member's sessions."""
    names = ("boss", "member", "ws_member")
    for name in names:
        assert cast[name].post("/session/switch-organization", None, {"organization_id": cast.org}).status == 200
        assert cast[name].session()["organization"]["name"] == "Lumen Labs"
    cast.org_post("manager", "update", {"name": "Prism"})
    assert {cast[name].session()["organization"]["name"] for name in names} == {"Prism"}
    cast.enter_workspace("ws_member")
    assert cast["ws_member"].session()["workspace"]["name"] == "Optics"
    cast.ws_post("boss", "update", {"name": "Lenses"})
    assert cast["ws_member"].session()["workspace"]["name"] == "Lenses"


# ---- O4, W3 ----

def test_O4_takes_everything_along(cast):
    """9.7: memberships, workspaces, roles; and every sign-in that acted there acts nowhere, at its next request."""
    for name in ("boss", "ws_member"):
        cast.enter_workspace(name)
        assert cast.scope(name) == (cast.org, cast.workspace)
    cast["member"].post("/session/switch-organization", None, {"organization_id": cast.org})
    got = cast.org_post("boss", "delete")
    assert got.data == {"success": True, "message": "The organization has been deleted."}
    for name in ("boss", "ws_member", "member"):
        data = cast[name].session()
        assert (data["organization"], data["workspace"]) == (None, None)
        assert data["active_signin"]["active_organization_membership_id"] is data["active_signin"]["active_workspace_membership_id"] is None
        assert cast[name].get("/me/organization-memberships").data == cast[name].get("/me/workspace-memberships").data == []
    rows = cast.d.rows()
    assert (rows["organization"], rows["workspace"], rows["orgmem"], rows["wsmem"], rows["orgmem_role"], rows["wsmem_role"]) == (1, 1, 1, 1, 1, 1)
    assert cast.d.server.sql(f"SELECT count(*) FROM account WHERE deployment_id = {cast.d.number} AND id <> {number(cast.people['stranger'].id)}"
                             " AND (last_orgmem_id IS NOT NULL OR last_wsmem_id IS NOT NULL)") == [("0",)]
    assert cast.scope("stranger")[0] is not None
    assert cast.audit("organization.deleted") == [{"organization_id": cast.org}]
    assert cast.org_post("boss", "delete").code == "FORBIDDEN"
    again = cast["boss"].post("/organizations", {"name": "Lumen Labs"}).data["organization"]
    assert again["slug"] == "lumen-labs-2" and again["id"] != cast.org


def test_TEN07_a_slug_is_given_once(server):
    """Whoever made an organization of the name that another one had had was given its slug too, and with it what is
    linked to it and what products keep by it."""
    cast = Cast(server.deployment())
    stranger = cast["stranger"]
    room = cast["boss"].post("/workspaces", {"organization_id": cast.org, "name": "Optics"}).data["workspace"]
    assert room["slug"] == "optics-2"
    assert cast["boss"].post(f"/workspaces/{room['id']}/delete").status == 200
    assert cast["boss"].post("/workspaces", {"organization_id": cast.org, "name": "Optics"}).data["workspace"]["slug"] == "optics-3"
    assert cast.org_post("boss", "delete").status == 200
    theirs = stranger.post("/organizations", {"name": "Lumen Labs"}).data["organization"]
    assert theirs["slug"] == "lumen-labs-2"
    assert stranger.post("/workspaces", {"organization_id": theirs["id"], "name": "Optics"}).data["workspace"]["slug"] == "optics", "another place"
    assert server.sql(f"SELECT count(*) FROM slug WHERE deployment_id = {cast.d.number} AND place = {number(cast.org)}") == [("0",)], \
        "an organization that is gone has no workspaces to tell apart"


def test_TEN07_F32_nobody_gets_a_slug_that_is_being_given_up(cast):
    """Deleted and made at one instant, again and again: no slug is had twice."""
    slugs = []
    for _ in range(8):
        made = cast["boss"].post("/organizations", {"name": "Phoenix"}).data["organization"]
        others = [cast[name].twin() for name in ("stranger", "member", "admin")]
        got = race([lambda: cast["boss"].post(f"/organizations/{made['id']}/delete")] +
                   [lambda b=b: b.post("/organizations", {"name": "Phoenix"}) for b in others])
        assert {g.status for g in got} == {200}
        slugs += [made["slug"]] + [g.data["organization"]["slug"] for g in got[1:]]
    assert len(set(slugs)) == len(slugs) == 32


def test_W3_takes_everything_along(cast):
    for name in ("boss", "ws_member"):
        cast.enter_workspace(name)
    assert cast.ws_post("admin", "delete").data["success"] is True, "an admin of the organization, in none of its workspaces"
    for name in ("boss", "ws_member"):
        assert cast.scope(name) == (cast.org, None)
        assert cast[name].get("/me/workspace-memberships").data == []
    assert cast.scope("stranger")[0] is not None and cast.d.rows()["workspace"] == 1
    assert cast.audit("workspace.deleted") == [{"organization_id": cast.org, "workspace_id": cast.workspace}]
    assert cast.ws_post("boss", "delete").code == "FORBIDDEN"


def test_W3_not_the_one_that_new_members_come_into(cast):
    cast.org_post("boss", "update", {"auto_assigned_workspace_id": cast.workspace})
    got = cast.ws_post("boss", "delete")
    assert got.code == "FORBIDDEN" and "New members" in got.message
    cast.org_post("boss", "update", {"auto_assigned_workspace_id": "0"})
    assert cast.ws_post("boss", "delete").status == 200


def test_O4_W3_only_where_the_deployment_lets_them(server):
    cast = Cast(server.deployment(b2b_settings__allow_org_deletion="false", b2b_settings__allow_workspace_deletion="false"))
    assert cast.org_post("boss", "delete").code == cast.ws_post("boss", "delete").code == "FORBIDDEN"
    assert organization(cast) and workspace(cast)


def test_TEN07_V35_ids_are_never_used_again(cast):
    """Made and deleted many times: every id is another one, and an old one opens nothing."""
    seen = set()
    for _ in range(20):
        made = cast["boss"].post("/organizations", {"name": "Phoenix"}).data
        ids = {made["organization"]["id"], made["membership"]["id"]}
        assert not ids & seen
        seen |= ids
        assert cast["boss"].post(f"/organizations/{made['organization']['id']}/delete").status == 200
    old = sorted(i for i in seen if i.startswith("org_"))[0]
    assert cast["boss"].get(f"/organizations/{old}/members").code == "FORBIDDEN"
    assert cast["boss"].post("/session/switch-organization", None, {"organization_id": old}).code == "FORBIDDEN"


@pytest.mark.parametrize("kind", ["organizations", "workspaces"])
def test_switched_off(server, kind):
    cast = Cast(server.deployment())
    cast.d.set(**{f"b2b_settings__{kind}_enabled": "false"})
    post = cast.org_post if kind == "organizations" else cast.ws_post
    for path in ("update", "delete", "leave"):
        assert post("boss", path).code == "FEATURE_DISABLED"


def test_many_members_lose_it_at_once(server):
    """Three hundred people act there; one request ends it for all of them, in as many statements as for one."""
    cast = Cast(server.deployment())
    cast["member"].post("/session/switch-organization", None, {"organization_id": cast.org})
    first, d = fresh(), cast.d.number
    write(server, *[statement for i in range(first, first + 300) for statement in (
        f"INSERT INTO account (deployment_id, id, first_name, last_name, username, image_url, availability, password_record, second_factor_policy,"
        f" last_orgmem_id, public_metadata, created_at, updated_at) VALUES ({d}, {i}, 'A', 'B', '', '', 'away', '', 'none', {i}, '{{}}', 1, 1)",
        f"INSERT INTO orgmem (deployment_id, id, org_id, user_id, public_metadata, created_at, updated_at) VALUES ({d}, {i}, {number(cast.org)}, {i}, '{{}}', 1, 1)")])
    assert cast.org_post("boss", "delete").status == 200
    assert server.sql(f"SELECT count(*) FROM account WHERE deployment_id = {d} AND last_orgmem_id >= {first} AND last_orgmem_id < {first + 300}") == [("0",)]
    assert cast.scope("member") == (None, None)
