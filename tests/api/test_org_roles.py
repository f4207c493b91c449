"""Roles of organizations and workspaces: contract 3.8, 4.4 (O14-O16), 4.5 (W7-W9), 9.6; 14-Q45, Q48, Q49."""
# SPDX-License-Identifier: Apache-2.0
import json

import pytest

from shapes import follows
from test_tenancy import ORG_ROLE, WS_ROLE, organization, workspace

CUSTOM = {"b2b_settings__organization_permissions": "organization:admin,organization:manage,organization:member,billing:read,billing:write",
          "b2b_settings__workspace_permissions": "workspace:admin,workspace:manage,workspace:member,docs:write"}


@pytest.fixture
def place(server):
    """(deployment, its admin's browser, organization, workspace)."""
    d = server.deployment(**CUSTOM)
    browser, _ = d.signed_in()
    org = organization(browser)
    return d, browser, org, workspace(browser, org)


def names(roles):
    return [r["name"] for r in roles]


def details(d, event):
    return [json.loads(r[0]) for r in d.server.sql(
        f"SELECT detail FROM audit WHERE deployment_id = {d.number} AND event = '{event}' ORDER BY id")]


def test_O14_W7_the_deployments_roles_the_least_first(place):
    _, browser, org, ws = place
    roles = browser.get(f"/organizations/{org['id']}/roles").data
    assert names(roles) == ["Member", "Admin"]
    for role in roles:
        follows(ORG_ROLE, role, ordered=False)
        assert role["is_deployment_level"] is True and role["organization_id"] == ""
    roles = browser.get(f"/workspaces/{ws['id']}/roles").data
    assert names(roles) == ["Member", "Admin"]
    for role in roles:
        follows(WS_ROLE, role, ordered=False)
        assert role["is_deployment_level"] is True and role["workspace_id"] == role["organization_id"] == ""


@pytest.mark.parametrize("fields", [
    [("permissions[0]", "billing:write"), ("permissions[1]", "billing:read")],
    [("permissions", "billing:read"), ("permissions", "billing:write"), ("permissions", "billing:read")],
    [("permissions[]", "billing:write"), ("permissions[]", "billing:read")]])
def test_O15_every_spelling_of_a_list(place, fields):
    d, browser, org, _ = place
    role = browser.post(f"/organizations/{org['id']}/roles", [("name", "  Treasurer "), *fields]).data
    assert role["name"] == "Treasurer" and role["permissions"] == ["billing:read", "billing:write"]
    assert role["organization_id"] == org["id"] and role["is_deployment_level"] is False
    assert browser.get(f"/organizations/{org['id']}/roles").data[1] == role, "more than a member, less than an admin"
    assert details(d, "organization.role_created") == [{"organization_id": org["id"], "role_id": role["id"]}]


def test_O15_json_and_no_permissions(place):
    _, browser, org, _ = place
    path = f"/organizations/{org['id']}/roles"
    assert browser.post(path, {"name": "One", "permissions": ["billing:read"]}, encoding="json").data["permissions"] == ["billing:read"]
    assert browser.post(path, {"name": "Two"}).data["permissions"] == []
    assert browser.post(path, {"name": "Boss", "permissions": "organization:manage"}).data["permissions"] == ["organization:manage"]
    assert names(browser.get(path).data) == ["Member", "One", "Two", "Boss", "Admin"]


@pytest.mark.parametrize("name,permission,status,code", [
    ("", "billing:read", 400, "BAD_REQUEST_BODY"), ("x", "billing:read", 400, "BAD_REQUEST_BODY"), ("x" * 51, "billing:read", 400, "BAD_REQUEST_BODY"),
    ("a\nb", "billing:read", 400, "BAD_REQUEST_BODY"), ("Fine", "billing:everything", 400, "BAD_REQUEST_BODY"),
    ("Fine", "workspace:admin", 400, "BAD_REQUEST_BODY"), ("MEMBER", "billing:read", 409, "CONFLICT"), ("treasurer", "billing:read", 409, "CONFLICT"),
    ("Admin\u2060", "billing:read", 409, "CONFLICT"), ("Mem\u200bber", "billing:read", 409, "CONFLICT"), ("\uff21dmin", "billing:read", 409, "CONFLICT")])
def test_O15_refusals(place, name, permission, status, code):
    d, browser, org, _ = place
    path = f"/organizations/{org['id']}/roles"
    assert browser.post(path, {"name": "Treasurer"}).status == 200
    before = d.rows()
    got = browser.post(path, {"name": name, "permissions": permission})
    assert (got.status, got.code) == (status, code), got
    assert "identifier:" not in got.message and d.rows() == before


def test_O15_W8_names_of_two_and_of_fifty(place):
    _, browser, org, ws = place
    for path in (f"/organizations/{org['id']}/roles", f"/workspaces/{ws['id']}/roles"):
        for name in ("ab", "ä" * 50):
            assert browser.post(path, {"name": name}).data["name"] == name


def test_O16_removes_its_own_only(place):
    d, browser, org, _ = place
    path = f"/organizations/{org['id']}/roles"
    role = browser.post(path, {"name": "Treasurer"}).data
    for common in browser.get(path).data:
        if common["is_deployment_level"]:
            got = browser.post(f"{path}/{common['id']}/remove")
            assert (got.status, got.code) == (403, "FORBIDDEN")
    done = browser.post(f"{path}/{role['id']}/remove")
    assert done.data["success"] is True and done.data["message"]
    assert names(browser.get(path).data) == ["Member", "Admin"]
    assert (again := browser.post(f"{path}/{role['id']}/remove")).status == 404 and again.code == "NOT_FOUND"
    assert details(d, "organization.role_deleted") == [{"organization_id": org["id"], "role_id": role["id"]}]


def test_W8_same_name_is_the_same_role(place):
    d, browser, org, ws = place
    path = f"/workspaces/{ws['id']}/roles"
    first = browser.post(path, [("name", "Editor"), ("permissions", "docs:write"), ("permissions", "workspace:member")]).data
    assert first["workspace_id"] == ws["id"] and first["organization_id"] == org["id"] and first["is_deployment_level"] is False
    second = browser.post(path, [("name", "EDITOR"), ("permissions", "workspace:member")]).data
    assert (second["id"], second["name"], second["permissions"]) == (first["id"], "EDITOR", ["workspace:member"])
    assert names(browser.get(path).data) == ["Member", "EDITOR", "Admin"]
    assert (common := browser.post(path, {"name": "admin"})).status == 409 and common.code == "CONFLICT"
    ids = {"organization_id": org["id"], "workspace_id": ws["id"], "role_id": first["id"]}
    assert details(d, "workspace.role_created") == details(d, "workspace.role_updated") == [ids]


def test_W8_roles_of_two_workspaces_are_two(place):
    _, browser, org, ws = place
    other = workspace(browser, org, "Acoustics")
    one, two = (browser.post(f"/workspaces/{w['id']}/roles", {"name": "Editor"}).data for w in (ws, other))
    assert one["id"] != two["id"]
    assert browser.post(f"/workspaces/{ws['id']}/roles/{two['id']}/delete").status == 404
    assert two in browser.get(f"/workspaces/{other['id']}/roles").data


def test_W9_removes_its_own_only(place):
    d, browser, org, ws = place
    path = f"/workspaces/{ws['id']}/roles"
    role = browser.post(path, {"name": "Editor"}).data
    for common in browser.get(path).data:
        if common["is_deployment_level"]:
            assert browser.post(f"{path}/{common['id']}/delete").code == "FORBIDDEN"
    done = browser.post(f"{path}/{role['id']}/delete").data
    assert list(done) == ["message"]
    assert browser.post(f"{path}/{role['id']}/delete").code == "NOT_FOUND"
    assert details(d, "workspace.role_deleted") == [{"organization_id": org["id"], "workspace_id": ws["id"], "role_id": role["id"]}]


def test_custom_roles_can_be_switched_off(place):
    d, browser, org, ws = place
    role = browser.post(f"/organizations/{org['id']}/roles", {"name": "Treasurer"}).data
    d.set(b2b_settings__custom_org_role_enabled="false", b2b_settings__custom_workspace_role_enabled="false")
    for path in (f"/organizations/{org['id']}/roles", f"/workspaces/{ws['id']}/roles"):
        assert browser.post(path, {"name": "Editor"}).code == "FEATURE_DISABLED"
    assert browser.post(f"/organizations/{org['id']}/roles/{role['id']}/remove").status == 200, "what is there can still go"


def test_nothing_of_it_where_organizations_or_workspaces_are_off(place):
    d, browser, org, ws = place
    of_org = [("GET", f"/organizations/{org['id']}/roles"), ("POST", f"/organizations/{org['id']}/roles"), ("POST", f"/organizations/{org['id']}/roles/x/remove")]
    of_ws = [("GET", f"/workspaces/{ws['id']}/roles"), ("POST", f"/workspaces/{ws['id']}/roles"), ("POST", f"/workspaces/{ws['id']}/roles/x/delete")]
    d.set(b2b_settings__workspaces_enabled="false")
    assert {browser.send(m, p, fields={"name": "Editor"} if m == "POST" else None).code for m, p in of_ws} == {"FEATURE_DISABLED"}
    d.set(b2b_settings__organizations_enabled="false")
    assert {browser.send(m, p, fields={"name": "Editor"} if m == "POST" else None).code for m, p in of_org + of_ws} == {"FEATURE_DISABLED"}


def test_API08_roles_are_bounded(place):
    _, browser, org, ws = place
    for path in (f"/organizations/{org['id']}/roles", f"/workspaces/{ws['id']}/roles"):
        for n in range(100):
            assert browser.post(path, {"name": f"Role {n}"}).status == 200
        got = browser.post(path, {"name": "One more"})
        assert (got.status, got.code) == (403, "LIMIT_REACHED")


def test_TEN01_F36_roles_of_another_tenant_are_none(server, place):
    d, browser, org, ws = place
    other = server.deployment(**CUSTOM)
    stranger, _ = other.signed_in()
    own, own_ws = (o := organization(stranger)), workspace(stranger, o)
    theirs = [browser.post(f"/organizations/{org['id']}/roles", {"name": "Treasurer"}).data["id"], browser.post(f"/workspaces/{ws['id']}/roles", {"name": "Editor"}).data["id"]]
    before = d.rows()
    for method, path, fields in [
            ("GET", f"/organizations/{org['id']}/roles", None), ("POST", f"/organizations/{org['id']}/roles", {"name": "Mine"}),
            ("POST", f"/organizations/{org['id']}/roles/{theirs[0]}/remove", None), ("GET", f"/workspaces/{ws['id']}/roles", None),
            ("POST", f"/workspaces/{ws['id']}/roles", {"name": "Mine"}), ("POST", f"/workspaces/{ws['id']}/roles/{theirs[1]}/delete", None)]:
        got = stranger.send(method, path, fields=fields)
        nothing = stranger.send(method, path.replace(org["id"], "org_1").replace(ws["id"], "workspace_1"), fields=fields)
        assert got.status == 403 and got.body == nothing.body, path
    assert stranger.post(f"/organizations/{own['id']}/roles/{theirs[0]}/remove").status == 404
    assert stranger.post(f"/workspaces/{own_ws['id']}/roles/{theirs[1]}/delete").status == 404
    assert d.rows() == before
