"""How many there can be of what: contract 9.5 to the number, and API-08, nobody fills the database by themselves.

Of many who want the last free place at one instant one gets it.
"""
# SPDX-License-Identifier: Apache-2.0
import pytest

from harness import race
from members import NOW, Cast, fresh, number, write

AT = f"{NOW}, {NOW}"


@pytest.fixture
def cast(server):
    return Cast(server.deployment(b2b_settings__custom_org_role_enabled="true", b2b_settings__custom_workspace_role_enabled="true",
                                  smtp_host="127.0.0.1", smtp_port="9", smtp_security="none"))


# ---- rows of each kind, written from outside, beside those of the cast ----

def organizations(cast, n):
    creator = number(cast.people["boss"].id)
    return [f"INSERT INTO organization (deployment_id, id, name, slug, image_url, description, public_metadata, enforce_mfa, ip_restriction, ip_allowlist,"
            f" created_by, created_at, updated_at) VALUES ({cast.d.number}, {i}, 'N', 'n-{i}', '', '', '{{}}', 0, 0, '', {creator}, {AT})"
            for i in (fresh() for _ in range(n - 1))]


def workspaces(cast, n):
    return [f"INSERT INTO workspace (deployment_id, id, org_id, name, slug, image_url, description, public_metadata, enforce_2fa, ip_restriction,"
            f" ip_allowlist, created_at, updated_at) VALUES ({cast.d.number}, {i}, {number(cast.org)}, 'N', 'n-{i}', '', '', '{{}}', 0, 0, '', {AT})"
            for i in (fresh() for _ in range(n - 1))]


def org_roles(cast, n):
    return [f"INSERT INTO orgrole (deployment_id, id, org_id, name, name_key, permissions, created_at, updated_at)"
            f" VALUES ({cast.d.number}, {i}, {number(cast.org)}, 'N{i}', 'n{i}', '', {AT})" for i in (fresh() for _ in range(n))]


def workspace_roles(cast, n):
    return [f"INSERT INTO wsrole (deployment_id, id, workspace_id, org_id, name, name_key, permissions, created_at, updated_at)"
            f" VALUES ({cast.d.number}, {i}, {number(cast.workspace)}, {number(cast.org)}, 'N{i}', 'n{i}', '', {AT})" for i in (fresh() for _ in range(n))]


def domains(cast, n):
    return [f"INSERT INTO org_domain (deployment_id, id, org_id, fqdn, token, attempts, created_at, updated_at)"
            f" VALUES ({cast.d.number}, {i}, {number(cast.org)}, 'n{i}.example.test', 't', 0, {AT})" for i in (fresh() for _ in range(n))]


def invitations(cast, n):
    token = "'\\x{:08x}'" if cast.d.server.database else "X'{:08x}'"
    return [f"INSERT INTO org_invitation (deployment_id, id, org_id, email, email_key, token_hash, created_at, updated_at, expires_at)"
            f" VALUES ({cast.d.number}, {i}, {number(cast.org)}, '{i}@example.org', '{i}@example.org', {token.format(k)}, {AT}, {NOW * 2})"
            for k, i in enumerate(fresh() for _ in range(n))]


# What, how many at most, the rows, who asks, for what, and what is said when it is full.
FULL = [
    ("organizations of one account", 1000, organizations, ["boss"] * 6, lambda c, n: ("/organizations", {"name": f"Late {n}"}), "created as many"),
    ("workspaces of an organization", 1000, workspaces, ["boss", "admin", "manager", "member", "ws_member", "ws_admin"],
     lambda c, n: ("/workspaces", {"organization_id": c.org, "name": f"Late {n}"}), "as many workspaces"),
    ("roles of an organization", 100, org_roles, ["boss", "admin"] * 3, lambda c, n: (f"/organizations/{c.org}/roles", {"name": f"Late {n}"}), "as many roles"),
    ("roles of a workspace", 100, workspace_roles, ["boss", "ws_admin"] * 3, lambda c, n: (f"/workspaces/{c.workspace}/roles", {"name": f"Late {n}"}), "as many roles"),
    ("domains of an organization", 20, domains, ["boss", "admin", "manager"] * 2,
     lambda c, n: (f"/organizations/{c.org}/domains", {"domain": f"late{n}.example.test"}), "20 domains"),
    ("invitations to an organization", 500, invitations, ["boss", "admin", "manager"] * 2,
     lambda c, n: (f"/organizations/{c.org}/invitations", {"email": f"late{n}@example.org"}), "Too many invitations"),
]


@pytest.mark.parametrize("most,rows,who,ask,said", [row[1:] for row in FULL], ids=[row[0] for row in FULL])
def test_API08_one_gets_the_last_place(cast, most, rows, who, ask, said):
    write(cast.d.server, *rows(cast, most - 1))
    calls = [(cast[name].twin(), *ask(cast, n)) for n, name in enumerate(who)]
    got = race([lambda b=b, path=path, fields=fields: b.post(path, fields) for b, path, fields in calls])
    assert sorted(g.status for g in got) == [200] + [403] * (len(who) - 1), got
    assert {(g.code, said in g.message) for g in got if g.status == 403} == {("LIMIT_REACHED", True)}


def test_9_5_a_deployment_that_sets_a_limit_has_that_one(cast):
    """0 is unlimited there, and more than the server's own is more."""
    write(cast.d.server, *organizations(cast, 1000), *workspaces(cast, 1000))
    assert cast["boss"].post("/organizations", {"name": "One"}).code == cast["boss"].post("/workspaces", {"organization_id": cast.org, "name": "One"}).code \
        == "LIMIT_REACHED"
    for count in ("0", "1001"):
        cast.d.set(b2b_settings__limit_org_creation_per_user="true", b2b_settings__org_creation_per_user_count=count,
                   b2b_settings__limit_workspace_creation_per_org="true", b2b_settings__workspaces_per_org_count=count)
        org = cast["boss"].post("/organizations", {"name": "One"})
        room = cast["boss"].post("/workspaces", {"organization_id": cast.org, "name": "One"})
        assert (org.status, room.status) == (200, 200), count
        cast["boss"].post(f"/organizations/{org.data['organization']['id']}/delete")
        cast["boss"].post(f"/workspaces/{room.data['workspace']['id']}/delete")


def test_9_5_workspaces_per_org_count_in_a_race(cast):
    """Five members of one organization, each with a workspace of their own in mind; one is there, and three may be."""
    cast.d.set(b2b_settings__limit_workspace_creation_per_org="true", b2b_settings__workspaces_per_org_count="3")
    who = [cast[name].twin() for name in ("boss", "admin", "manager", "member", "ws_member")]
    got = race([lambda b=b: b.post("/workspaces", {"organization_id": cast.org, "name": "Race"}) for b in who])
    assert sorted(g.status for g in got) == [200] * 2 + [403] * 3 and {g.code for g in got if g.status == 403} == {"LIMIT_REACHED"}


def test_9_5_making_and_joining_count_together_in_a_race(cast):
    """max_orgs_per_user: somebody who is in one of three makes four more at one instant."""
    cast.d.set(b2b_settings__max_orgs_per_user="3")
    got = race([lambda b=cast["member"].twin(): b.post("/organizations", {"name": "Race"}) for _ in range(4)])
    assert sorted(g.status for g in got) == [200] * 2 + [403] * 2
    assert len(cast["member"].get("/me/organization-memberships").data) == 3


def from_address(browser, ip):
    other = browser.twin()
    other.ip = ip
    return other


def test_API08_made_and_deleted_again_and_again(limited_server):
    """Two hundred organizations and workspaces an hour, whether or not they are there still; then 429, and somebody else goes on."""
    d = limited_server.deployment()
    browser, _ = d.signed_in()
    paths = []
    for n in range(100):
        here = from_address(browser, f"203.0.113.{n}")
        org = here.post("/organizations", {"name": "Again"})
        room = here.post("/workspaces", {"organization_id": org.data["organization"]["id"], "name": "Again"})
        assert (org.status, room.status) == (200, 200)
        paths.append(f"/organizations/{org.data['organization']['id']}/delete")
    for n, path in enumerate(paths[1:]):
        assert from_address(browser, f"203.0.113.{n}").post(path).status == 200
    fresh_address = from_address(browser, "203.0.113.200")
    before = d.rows()
    for path, fields in (("/organizations", {}), ("/workspaces", {"organization_id": paths[0].split("/")[2]})):
        got = fresh_address.post(path, {"name": "Again", **fields})
        assert (got.status, got.code) == (429, "RATE_LIMITED") and int(got.header("Retry-After")) > 0
    assert d.rows() == before, "what was refused left nothing"
    assert d.signed_in()[0].post("/organizations", {"name": "Another"}).status == 200
    limited_server.advance(3601)
    assert fresh_address.post("/organizations", {"name": "Again"}).status == 200
