"""members.py - people put into organizations and workspaces from outside, and a whole cast of them."""
# SPDX-License-Identifier: Apache-2.0
import json
import secrets
import sqlite3
import subprocess

ORG_ADMIN, ORG_MANAGE, ORG_MEMBER = "organization:admin", "organization:manage", "organization:member"
WS_ADMIN, WS_MANAGE, WS_MEMBER = "workspace:admin", "workspace:manage", "workspace:member"
NOW = 1_790_000_000_000_000


def write(server, *statements):
    """Into the database of a running server, which is doing nothing else just then."""
    if server.database:
        subprocess.run(["psql", server.database, "-qX1v", "ON_ERROR_STOP=1", "-f", "-"], input=";".join(statements) + ";", text=True, check=True)
        return
    db = sqlite3.connect(server.database_file(), timeout=30, isolation_level=None)
    db.executescript("BEGIN IMMEDIATE;" + ";".join(statements) + ";COMMIT;")
    db.close()


def number(wire_id):
    return int(wire_id.rsplit("_", 1)[1])


def fresh():
    return secrets.randbits(40) + (1 << 50)


def role(d, permissions, org=None, workspace=None, name="Made outside"):
    """A role with these permissions, the deployment's own unless it is said whose; its wire id."""
    i, at = fresh(), f"{NOW}, {NOW}"
    of_org = number(org) if org else "NULL"
    if permissions.startswith("organization:") or (org and not workspace):
        write(d.server, f"INSERT INTO orgrole (deployment_id, id, org_id, name, name_key, permissions, created_at, updated_at) VALUES"
              f" ({d.number}, {i}, {of_org}, '{name}', '{name.lower()}', '{permissions}', {at})")
        return f"orgrole_{i}"
    of_workspace = number(workspace) if workspace else "NULL"
    write(d.server, f"INSERT INTO wsrole (deployment_id, id, workspace_id, org_id, name, name_key, permissions, created_at, updated_at) VALUES"
          f" ({d.number}, {i}, {of_workspace}, {of_org}, '{name}', '{name.lower()}', '{permissions}', {at})")
    return f"wsrole_{i}"


def join(d, org, user, *roles):
    """A member of an organization with these roles; the membership's id."""
    i = fresh()
    write(d.server, f"INSERT INTO orgmem (deployment_id, id, org_id, user_id, public_metadata, created_at, updated_at) VALUES"
          f" ({d.number}, {i}, {number(org)}, {number(user)}, '{{}}', {NOW}, {NOW})",
          f"UPDATE organization SET member_count = member_count + 1 WHERE deployment_id = {d.number} AND id = {number(org)}",
          *[f"INSERT INTO orgmem_role (deployment_id, orgmem_id, role_id) VALUES ({d.number}, {i}, {number(r)})" for r in roles])
    return f"orgmem_{i}"


def join_workspace(d, org, workspace, user, *roles):
    """A member of the organization becomes one of the workspace, too; the membership's id."""
    i = fresh()
    write(d.server, f"INSERT INTO wsmem (deployment_id, id, workspace_id, org_id, orgmem_id, user_id, public_metadata, created_at, updated_at)"
          f" SELECT {d.number}, {i}, {number(workspace)}, {number(org)}, id, user_id, '{{}}', {NOW}, {NOW} FROM orgmem"
          f" WHERE deployment_id = {d.number} AND org_id = {number(org)} AND user_id = {number(user)}",
          f"UPDATE workspace SET member_count = member_count + 1 WHERE deployment_id = {d.number} AND id = {number(workspace)}",
          *[f"INSERT INTO wsmem_role (deployment_id, wsmem_id, role_id, user_id) VALUES ({d.number}, {i}, {number(r)}, {number(user)})" for r in roles])
    return f"wsmem_{i}"


class Cast:
    """
    An organization with a workspace and somebody in every standing: browsers and memberships by name. `boss` made both
    and is admin of both; `admin`, `manager`, `member` are of the organization alone; `ws_admin`, `ws_manager`, `ws_member` are
    plain members of the organization who are that in the workspace; `stranger` is in another organization, as its admin.
    """

    def __init__(self, d):
        self.d, self.browsers, self.people, self.orgmems, self.wsmems = d, {}, {}, {}, {}
        boss = self.enter("boss")
        made = boss.post("/organizations", {"name": "Lumen Labs"}).data
        self.org, self.orgmems["boss"] = made["organization"]["id"], made["membership"]["id"]
        self.admin_role = made["membership"]["roles"][0]["id"]
        made = boss.post("/workspaces", {"organization_id": self.org, "name": "Optics"}).data
        self.workspace, self.wsmems["boss"] = made["workspace"]["id"], made["membership"]["id"]
        self.ws_admin_role = made["membership"]["roles"][0]["id"]
        self.roles = {p: role(d, p, name=p) for p in (ORG_MANAGE, ORG_MEMBER, WS_MANAGE, WS_MEMBER)}
        self.roles |= {ORG_ADMIN: self.admin_role, WS_ADMIN: self.ws_admin_role}
        for name, power in (("admin", ORG_ADMIN), ("manager", ORG_MANAGE), ("member", ORG_MEMBER)):
            self.add(name, power)
        for name, power in (("ws_admin", WS_ADMIN), ("ws_manager", WS_MANAGE), ("ws_member", WS_MEMBER)):
            self.add(name, ORG_MEMBER, power)
        other = self.enter("stranger").post("/organizations", {"name": "Elsewhere"}).data["organization"]["id"]
        self.browsers["stranger"].post("/workspaces", {"organization_id": other, "name": "Elsewhere"})

    def enter(self, name, **kw):
        self.browsers[name], self.people[name] = self.d.signed_in(**kw)
        return self.browsers[name]

    def add(self, name, power=ORG_MEMBER, ws_power=None):
        """Somebody signed in, who is that in the organization and, perhaps, in the workspace."""
        self.enter(name)
        self.orgmems[name] = join(self.d, self.org, self.people[name].id, self.roles[power])
        if ws_power:
            self.wsmems[name] = join_workspace(self.d, self.org, self.workspace, self.people[name].id, self.roles[ws_power])
        return self.browsers[name]

    def __getitem__(self, name):
        return self.browsers[name]

    # ---- what is asked of them ----

    def org_post(self, name, path, fields=None, **kw):
        return self[name].post(f"/organizations/{self.org}/{path}", fields, **kw)

    def ws_post(self, name, path, fields=None, **kw):
        return self[name].post(f"/workspaces/{self.workspace}/{path}", fields, **kw)

    def members(self, name, kind="organizations", **query):
        return self[name].get(f"/{kind}/{self.org if kind == 'organizations' else self.workspace}/members", query).data

    def enter_workspace(self, name):
        got = self[name].post("/session/switch-workspace", None, {"workspace_id": self.workspace})
        assert got.status == 200, got

    def scope(self, name):
        data = self[name].session()
        return tuple(data[k] and data[k]["id"] for k in ("organization", "workspace"))

    def audit(self, event):
        """The details of the events of that name, oldest first."""
        return [json.loads(r[0]) for r in self.d.server.sql(
            f"SELECT detail FROM audit WHERE deployment_id = {self.d.number} AND event = '{event}' ORDER BY id")]
