"""Lists of what somebody belongs to: the same bytes as one by one, of any length, and never more memory than is set aside. F-18, F-20."""
# SPDX-License-Identifier: Apache-2.0
import datetime
import http.client
import json
import socket
import threading
import time

import pytest

from client import Raw, Response
from harness import memory_limit_kib
from members import NOW, WS_MANAGE, fresh, join_workspace, number, role, write

ORGS, WORKSPACES = "/me/organization-memberships", "/me/workspace-memberships"
NAMES = ["Optics", "R&D", "<b>bold</b>", 'quo"te', "back\\slash", "Zoë & Söhne", "é" * 50, "1234567&", "12345678>", "a" * 64, "@ home"]


def made(got):
    """The membership in a creation's answer, byte for byte."""
    return got.body[got.body.index(b'"membership":') + 13:got.body.rindex(b'},"session":')]


def listed(got):
    """What a list's answer has between the brackets."""
    assert got.status == 200, got
    begin = b'{"status":200,"message":"","data":['
    assert got.body.startswith(begin) and got.header("Content-Length") == str(len(got.body))
    return got.body[len(begin):got.body.rindex(b'],"session":')]


def test_M3_M4_lists_are_what_was_made_byte_for_byte(deployment):
    browser, _ = deployment.signed_in()
    orgs, workspaces = [], []
    for name in NAMES[:4]:
        got = browser.post("/organizations", {"name": name, "description": name})
        orgs.append(made(got))
        for k, ws in enumerate(NAMES):
            fields = {"organization_id": got.data["organization"]["id"], "name": ws, "description": NAMES[-k] if k % 2 else ""}
            workspaces.append(made(browser.post("/workspaces", fields)))
    assert listed(browser.get(ORGS)) == b",".join(orgs)
    assert listed(browser.get(WORKSPACES)) == b",".join(workspaces)
    first = json.loads(workspaces[0])
    assert listed(browser.get(WORKSPACES, {"org_id": first["organization_id"]})) == b",".join(workspaces[:len(NAMES)])
    whole = browser.get(WORKSPACES)
    head = browser.send("HEAD", WORKSPACES)
    assert (head.status, head.body, head.header("Content-Length")) == (200, b"", whole.header("Content-Length"))


def test_M4_gates_and_roles_are_each_memberships_own(production):
    """A list of networks, a second factor and roles of every number: none of it is taken from the membership before."""
    for kind in ("ip_allowlist", "enforce_mfa"):
        production.set(**{f"b2b_settings__{kind}_per_{of}_enabled": "true" for of in ("org", "workspace")})
    (browser, who), expected = production.signed_in(), []
    one, two = (role(production, WS_MANAGE, name=name) for name in ("One & only", "Two"))
    for kind, gates in enumerate([(1, 0, ""), (0, 1, ""), (1, 1, "203.0.113.0/24"), (0, 1, "198.51.100.0/24 ::1"), (0, 0, "10.0.0.1")]):
        org = browser.post("/organizations", {"name": f"Organization {kind}"}).data["organization"]["id"]
        for k, roles in enumerate([(one,), (one, two), (), (two, one), (one,)]):
            made = browser.post("/workspaces", {"organization_id": org, "name": f"Workspace {k}"}).data
            ws, membership = made["workspace"]["id"], made["membership"]["id"]
            mfa, ip, networks = gates if k % 2 else (0, 0, "")
            write(production.server, f"DELETE FROM wsmem WHERE deployment_id = {production.number} AND id = {number(membership)}",
                  f"UPDATE workspace SET member_count = 0, enforce_2fa = {mfa}, ip_restriction = {ip}, ip_allowlist = '{networks}'"
                  f" WHERE deployment_id = {production.number} AND id = {number(ws)}")
            membership = join_workspace(production, org, ws, who.id, *roles)
            lacks = [name for name, is_so in (("ip", ip and networks != "198.51.100.0/24 ::1"), ("mfa", mfa)) if is_so]
            restriction = {0: "none", 1: f"{(lacks or ['?'])[0]}_{'required' if lacks == ['mfa'] else 'not_allowed'}", 2: "ip_and_mfa_required"}[len(lacks)]
            expected.append((number(membership), ws, sorted(roles, key=number), restriction, bool(mfa), networks.split()))
    got = [(number(m["id"]), m["workspace_id"], [r["id"] for r in m["roles"]], m["eligibility_restriction"]["type"], m["workspace"]["enforce_2fa"],
            m["workspace"]["whitelisted_ips"]) for m in browser.get(WORKSPACES).data]
    assert got == sorted(expected)


# ---- thousands ----

MANY = 3000


def belong(deployment, who, n):
    """Somebody becomes a member of n workspaces of ten organizations, with a long description each."""
    d, i = deployment.number, fresh()
    user, at = number(who.id), f"{NOW}, {NOW}"
    orgs = [i + k for k in range(10)]
    places = [(i + 100 + 2 * k, orgs[k % 10]) for k in range(n)]

    def insert(table, columns, rows):
        return f"INSERT INTO {table} (deployment_id, {columns}) VALUES " + ", ".join(f"({d}, {row})" for row in rows)

    write(deployment.server,
          insert("organization", "id, name, slug, image_url, description, public_metadata, enforce_mfa, ip_restriction, ip_allowlist, created_at, updated_at, member_count",
                 (f"{o}, 'Organization', 'o-{o}', '', '', '{{}}', 0, 0, '', {at}, 1" for o in orgs)),
          insert("orgmem", "id, org_id, user_id, public_metadata, created_at, updated_at", (f"{o}, {o}, {user}, '{{}}', {at}" for o in orgs)),
          insert("workspace", "id, org_id, name, slug, image_url, description, public_metadata, enforce_2fa, ip_restriction, ip_allowlist, created_at, updated_at, member_count",
                 (f"{w}, {o}, 'Workspace', 'w-{w}', '', '{'long ' * 100}', '{{}}', 0, 0, '', {at}, 1" for w, o in places)),
          insert("wsmem", "id, workspace_id, org_id, orgmem_id, user_id, public_metadata, created_at, updated_at",
                 (f"{w + 1}, {w}, {o}, {o}, {user}, '{{}}', {at}" for w, o in places)))
    return [f"wsmem_{w + 1}" for w, _ in places]


def ask(browser, path):
    return (f"GET {path} HTTP/1.1\r\nHost: {browser.deployment.host}\r\nCookie: __Host-session={browser.token}\r\n"
            f"X-Forwarded-Proto: https\r\n\r\n").encode()


def read_one(f):
    """The next of several answers on one connection."""
    status, headers = int(f.readline()[9:12]), http.client.parse_headers(f)
    return Response(status, headers.items(), f.read(int(headers["Content-Length"])))


def test_M4_thousands_and_what_is_asked_behind_them(production):
    """Longer than an answer's buffer may grow. What follows on the same connection is answered behind it."""
    browser, who = production.signed_in()
    ids = belong(production, who, MANY)
    with Raw(production.server) as raw:
        raw.send(ask(browser, WORKSPACES) + ask(browser, "/session") + ask(browser, WORKSPACES) + ask(browser, "/me"))
        with raw.sock.makefile("rb") as f:
            got = [read_one(f) for _ in range(4)]
    assert [g.status for g in got] == [200] * 4 and len(got[0].body) > 4 << 20 and got[0].body == got[2].body
    assert [m["id"] for m in got[0].data] == ids
    assert {m["workspace"]["member_count"] for m in got[0].data} == {1}
    assert {json.dumps(m["organization"]) for m in got[0].data[::10]} == {json.dumps(got[0].data[0]["organization"])}
    assert who.email in got[1].text and who.email in got[3].text


def test_M4_times_are_each_memberships_own(production):
    """What is like the membership before is written once: what only was like it two before is not taken from there."""
    browser, who = production.signed_in()
    ids = belong(production, who, 12)
    seconds = [0, 1, 1, 0, 0, 1, 2, 2, 1, 0, 2, 1]
    for k, membership in enumerate(ids):
        i, at = number(membership), [NOW + seconds[(k + j) % 12] * 1000000 for j in range(4)]
        write(production.server,
              f"UPDATE workspace SET created_at = {at[0]}, updated_at = {at[1]} WHERE deployment_id = {production.number} AND id = {i - 1}",
              f"UPDATE wsmem SET created_at = {at[2]}, updated_at = {at[3]} WHERE deployment_id = {production.number} AND id = {i}")
    base = datetime.datetime.fromtimestamp(NOW // 1000000, datetime.timezone.utc)
    texts = [f"{base + datetime.timedelta(seconds=n):%Y-%m-%dT%H:%M:%SZ}" for n in range(3)]
    got = [[m["workspace"]["created_at"], m["workspace"]["updated_at"], m["created_at"], m["updated_at"]] for m in browser.get(WORKSPACES).data]
    assert got == [[texts[seconds[(k + j) % 12]] for j in range(4)] for k in range(12)]


@pytest.fixture(scope="module")
def small_server(new_server):
    with new_server(["--answer-memory", "8MiB"]) as s:
        yield s


def slow_reader(browser, path):
    """Asks, hears the status, and takes nothing more."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect(("127.0.0.1", browser.deployment.server.port))
    sock.sendall(ask(browser, path))
    return sock, sock.recv(12)


def test_F18_lists_that_nobody_takes_hold_no_more_than_they_may(small_server):
    """The next asker is told to come again, and gets it when the others have gone. Who asks for little is never told so."""
    production = small_server.deployment("production")
    browser, who = production.signed_in()
    belong(production, who, MANY)
    other, _ = production.signed_in()
    other.post("/organizations", {"name": "Lumen Labs"})
    before = small_server.rss_kib()
    held = [slow_reader(browser, WORKSPACES) for _ in range(12)]
    statuses = [status for _, status in held]
    assert b"HTTP/1.1 200" in statuses and b"HTTP/1.1 503" in statuses
    assert 0 < small_server.metric("sessiond_answer_bytes") <= 8 << 20
    assert small_server.rss_kib() - before < memory_limit_kib(24 * 1024), "8 MiB, and what workers keep of the database"
    refused = browser.twin().get(WORKSPACES)
    assert (refused.status, refused.code, refused.header("Retry-After")) == (503, "OVERLOADED", "1")
    assert small_server.log_contains("answer-memory")
    assert [other.get(path).status for path in (ORGS, WORKSPACES, "/session", "/me")] == [200] * 4
    for sock, _ in held:
        sock.close()
    while small_server.metric("sessiond_answer_bytes") > 0:
        continue
    assert browser.get(WORKSPACES).status == 200


def test_F18_others_do_not_wait_for_long_lists(small_server):
    """Many ask for thousands at once, again and again: others are answered meanwhile, and memory stays what it is."""
    production = small_server.deployment("production")
    browser, who = production.signed_in()
    belong(production, who, MANY)
    other, _ = production.signed_in()
    before, statuses, ended = small_server.rss_kib(), [], threading.Event()

    def crowd():
        sock = socket.create_connection(("127.0.0.1", small_server.port))
        room = bytearray(16 << 20)
        for _ in range(4):
            sock.sendall(ask(browser, WORKSPACES))
            n = sock.recv_into(room)
            length = room.index(b"\r\n\r\n") + 4 + int(room.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            while n < length:
                n += sock.recv_into(memoryview(room)[n:])
            statuses.append(bytes(room[9:12]))
        sock.close()

    def others():
        while not ended.is_set():
            began = time.monotonic()
            assert other.get("/session").status == 200
            waits.append(time.monotonic() - began)

    waits, asking = [], [threading.Thread(target=crowd) for _ in range(8)]
    waiting = threading.Thread(target=others)
    for t in (*asking, waiting):
        t.start()
    for t in asking:
        t.join()
    ended.set()
    waiting.join()
    assert len(statuses) == 32 and set(statuses) <= {b"200", b"503"} and b"200" in statuses
    assert len(waits) > 10 and sorted(waits)[len(waits) // 2] < 0.2 and max(waits) < 2
    assert small_server.rss_kib() - before < memory_limit_kib(40 * 1024)
    assert small_server.metric("sessiond_answer_bytes") == 0
