"""
Who may call which route: every route of docs/openapi.json × everybody there can be (TEN-04, V-60, V-66), and every route that
takes an id × every id of other tenants (TEN-01, F-36, V-33). A new route is in here as soon as the documents are made.
"""
# SPDX-License-Identifier: Apache-2.0
import re

import pytest

import pictures
from members import Cast, fresh, write
from routes import FILL, routes

EVERYBODY = ("boss", "admin", "manager", "member", "ws_admin", "ws_manager", "ws_member")
# Contract 4.4, 4.5 and 9.6; the cast is described in members.py.
ALLOWED = {
    "organization_member": set(EVERYBODY),
    "organization_manage": {"boss", "admin", "manager"},
    "organization_admin": {"boss", "admin"},
    "workspace_member": {"boss", "admin", "ws_admin", "ws_manager", "ws_member"},
    "workspace_manage": {"boss", "admin", "ws_admin", "ws_manager"},
    "workspace_admin": {"boss", "admin", "ws_admin"},
}
RULED = [r for r in routes() if r.rule in ALLOWED]


@pytest.fixture(scope="module")
def talkative(new_server):
    """Its log has a line for each request, and says which rule was not met."""
    with new_server(args=["--log-level", "info"]) as server:
        yield server


def by_rule_refused(server, answer):
    """Was it the rule that said no? The answer does not tell: everything that may not be known of looks alike."""
    lines = [line for line in server.log().splitlines() if f"request={answer.header('X-Request-Id')}" in line and "not met" in line]
    return bool(lines)


def ask(browser, route, place, deeper):
    fields = {n: FILL[n] for n in route.body if n in FILL} if route.method != "GET" else None
    return browser.send(route.method, route.fill(place, *[deeper] * (len(route.holes) - 1)), None, fields)


def contents(d, *leave_out):
    """Everything a deployment has in the database, but what time and requests by themselves change."""
    moving = {"throttle", "audit", "session", "session_token", "signin", "challenge", *leave_out}
    return {t: sorted(d.server.sql(f"SELECT * FROM {t} WHERE deployment_id = {d.number}")) for t in d.server.tables() if t not in moving}


def test_every_rule_is_judged_here():
    assert {r.rule for r in routes()} == {"none", "public", "own", *ALLOWED}
    assert len(RULED) >= 14


def test_TEN04_V66_refused(talkative):
    """Nobody, strangers, admins of elsewhere and members without the power: 401 or the one 403, and nothing has changed."""
    cast, far = Cast(talkative.deployment()), Cast(talkative.deployment())
    traveller = cast.d.browser(token=far["boss"].token)
    before = contents(cast.d)
    for route in RULED:
        place = cast.org if route.path.startswith("/organizations/") else cast.workspace
        nothing = ask(cast["stranger"], route, re.sub(r"\d+", "1", place), "x_1")
        assert (nothing.status, nothing.code) == (403, "FORBIDDEN"), route
        for browser in (cast.d.browser(), traveller):
            got = ask(browser, route, place, "x_1")
            assert (got.status, got.code) == (401, "UNAUTHORIZED"), route
        for name in (*EVERYBODY, "stranger"):
            if name not in ALLOWED[route.rule]:
                got = ask(cast[name], route, place, "x_1")
                assert (got.status, got.body) == (403, nothing.body) and by_rule_refused(talkative, got), (route, name)
    assert contents(cast.d) == before


@pytest.mark.parametrize("route", RULED, ids=str)
def test_TEN04_allowed(talkative, route):
    """Whoever has the power is not stopped by the rule; what came of it is other tests' business."""
    cast = None
    for name in EVERYBODY:
        if name not in ALLOWED[route.rule]:
            continue
        cast = cast or Cast(talkative.deployment())
        got = ask(cast[name], route, cast.org if route.path.startswith("/organizations/") else cast.workspace, "x_1")
        assert got.status != 401 and not by_rule_refused(talkative, got), (name, got)
        if got.status == 200 and route.method != "GET":
            cast = None  # somebody or something may have gone


# ---- F-36 ----

# Where a table's ids are not called by its own name.
PREFIXES = {"account": "user", "organization": "org", "email_address": "email", "phone_number": "phone", "org_picture": "picture"}


def ids_of(d):
    """One id of each kind that the deployment has, as they are written outside."""
    found = {}
    for table in d.server.tables():
        columns = d.server.sql(f"SELECT id FROM {table} WHERE deployment_id = {d.number} LIMIT 1") if has_id(d.server, table) else []
        if columns:
            found[table] = f"{PREFIXES.get(table, table)}_{columns[0][0]}"
    return found


def has_id(server, table):
    query = (f"SELECT column_name FROM information_schema.columns WHERE table_name = '{table}' AND table_schema = 'public'" if server.database
             else f"SELECT name FROM pragma_table_info('{table}')")
    return ("id",) in server.sql(query)


def furnished(server):
    """A deployment with something of every kind there is a way to make."""
    cast = Cast(server.deployment())
    boss, d, user = cast["boss"], cast.d.number, cast.people["boss"].id.rsplit("_", 1)[1]
    cast.enter_workspace("boss")
    boss.send("POST", f"/organizations/{cast.org}/update", **pictures.form(pictures.png(), name="image"))
    pictures.upload(boss, pictures.png())
    write(server, "INSERT INTO phone_number (deployment_id, id, user_id, phone_number, dial_code, phone_key, verified_at, created_at, updated_at)"
          f" VALUES ({d}, {fresh()}, {user}, '2025550123', '+1', '+12025550123', 1, 1, 1)")
    return cast


def spellings(route, wire_id):
    return [wire_id + ".webp", wire_id] if route.path == "/pictures/{id}" else [wire_id]


def calls(route, own, wire_id):
    """Every way of handing this id to the route: (path, query, fields)."""
    fields = {n: FILL[n] for n in route.body if n in FILL}
    # Somebody invited a second time is another answer.
    fields |= {"email": f"somebody.{fresh()}@example.org"} if "email" in fields else {}
    for at in range(len(route.holes)):
        for i in spellings(route, wire_id):
            yield route.fill(*[i if n == at else own(route, n) for n in range(len(route.holes))]), None, fields
    for where, name in route.id_fields:
        path = route.fill(*[own(route, n) for n in range(len(route.holes))])
        yield path, {name: wire_id} if where == "query" else None, {**fields, name: wire_id} if where == "body" else fields


def shown(answer):
    return answer.status, answer.body, sorted((k, v) for k, v in answer.headers if k not in ("Date", "X-Request-Id", "Set-Cookie", "X-Development-Session"))


@pytest.mark.parametrize("credential", ["nobody", "user", "admin"])
def test_F36_TEN01_V33_every_route_by_every_foreign_id(server, credential):
    """
    Each answer is, byte for byte, the one for an id that nobody has; nothing of the other deployment's changes, and of one's
    own only what asking leaves behind. An admin is one of an organization of their own: what lies deeper in a path is foreign.
    """
    far, near = furnished(server), furnished(server)
    mine = near.d
    if credential == "admin":
        browser, cast = near["boss"], near
    else:
        browser, cast = (mine.signed_in()[0] if credential == "user" else mine.browser()), None
    browser.get("/session")

    def own(route, at):
        if cast and at == 0 and route.path.startswith("/organizations/"):
            return cast.org
        if cast and at == 0 and route.path.startswith("/workspaces/"):
            return cast.workspace
        return cast.orgmems["boss"] if cast else "x_1"

    foreign = ids_of(far.d)
    assert {"account", "organization", "workspace", "orgmem", "wsmem", "orgrole", "wsrole", "session", "signin", "email_address", "phone_number",
            "picture", "org_picture"} <= set(foreign)
    before, theirs = contents(mine), contents(far.d)
    asked = 0
    for route in routes():
        if route.path.startswith(("/auth/", "/captcha/", "/waitlist")) or not (route.holes or route.id_fields):
            continue
        for wire_id in foreign.values():
            none = re.sub(r"\d+$", str(fresh()), wire_id)
            for real, fake in zip(calls(route, own, wire_id), calls(route, own, none)):
                got, other = [browser.send(route.method, path, query, fields if route.method != "GET" else None, check=route.auth)
                              for path, query, fields in (real, fake)]
                asked += 1
                if cast and got.status == other.status == 200 and route.fill(cast.org) == real[0]:
                    continue  # an admin's own deed, which does without that id: what it made has an id of its own
                assert shown(got) == shown(other), (str(route), real)
                assert got.status in (400, 401, 403, 404) or got.json["data"] == [] or route.path.endswith(("/update", "/discard")), (route, real, got)
    assert asked > 300
    assert contents(far.d) == theirs
    if credential != "admin":
        assert contents(mine) == before
    assert browser.is_signed_in == (credential != "nobody")
