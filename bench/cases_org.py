# SPDX-License-Identifier: Apache-2.0
"""Tenants of every size: somebody in many organizations, and an organization of many."""

import itertools
import json
import os
import sqlite3
import statistics
import threading
import time

import rig
import rivals
import seeds
import stale
from cases_compare import HOT, warmed
from report import Row

EACH = 100  # workspaces in each, of the one with many
NO_LIMITS = ("--throttle-requests", "1000000", "--throttle-create", "1000000")


class Reader:
    """Asks over one connection."""

    def __init__(self, server, fields=""):
        self.line, self.fields = stale.Line(("127.0.0.1", server.port)), fields

    def raw(self, method, path, fields=None):
        status, body = self.line.ask(method, path, self.fields, json.dumps(fields or {}).encode() if method != "GET" else b"")
        if status != 200:
            raise RuntimeError(f"{method} {path} answered {status}: {bytes(body[:200])}")
        return body


class Person(Reader):
    """A seeded session."""

    def __init__(self, server, n):
        super().__init__(server, f"Cookie: __Host-session={seeds.token(n)}\r\n")

    def ask(self, method, path, fields=None):
        return json.loads(self.raw(method, path, fields))["data"]


# ---- somebody in a hundred organizations ----

def furnish(person, organizations, workspaces):
    """So many organizations more, with so many workspaces each; and back to where everybody else is."""
    home = person.ask("GET", "/session")["workspace"]["id"]
    for i in range(organizations):
        org = person.ask("POST", "/organizations", {"name": f"Organization {i}"})["organization"]["id"]
        for k in range(workspaces):
            person.ask("POST", "/workspaces", {"organization_id": org, "name": f"Workspace {k}"})
    person.ask("POST", f"/session/switch-workspace?workspace_id={home}")


def furnish_many(path, n, organizations, workspaces):
    """The same, written at once, for the n-th of the seeded people: ten thousand requests would take a minute."""
    with sqlite3.connect(os.path.join(path, "sessiond.db")) as db:
        home = db.execute("SELECT deployment_id, user_id, created_at, id FROM orgmem ORDER BY id LIMIT 1 OFFSET ?", (n - 1,)).fetchone()
        d, user, made = home[:3]
        role, = db.execute("SELECT role_id FROM orgmem_role WHERE orgmem_id = ?", home[3:]).fetchone()
        ws_role, = db.execute("SELECT role_id FROM wsmem_role LIMIT 1").fetchone()
        ids = itertools.count(db.execute("SELECT max(id) FROM wsmem").fetchone()[0] + 1000, 1777)
        for i in range(organizations):
            org, member = next(ids), next(ids)
            db.execute("INSERT INTO organization VALUES (?, ?, ?, ?, '', '', '{}', 0, 0, '', NULL, ?, ?, ?, 1)",
                       (d, org, f"Organization {i}", f"many-{i}", user, made, made))
            db.execute("INSERT INTO slug VALUES (?, 0, ?)", (d, f"many-{i}"))
            db.execute("INSERT INTO orgmem VALUES (?, ?, ?, ?, '{}', ?, ?)", (d, member, org, user, made, made))
            db.execute("INSERT INTO orgmem_role VALUES (?, ?, ?)", (d, member, role))
            places = [(next(ids), next(ids), k) for k in range(workspaces)]
            db.executemany("INSERT INTO workspace VALUES (?, ?, ?, ?, ?, '', '', '{}', 0, 0, '', ?, ?, 1)",
                           [(d, w, org, f"Workspace {k}", f"workspace-{k}", made, made) for w, _, k in places])
            db.executemany("INSERT INTO slug VALUES (?, ?, ?)", [(d, org, f"workspace-{k}") for _, _, k in places])
            db.executemany("INSERT INTO wsmem VALUES (?, ?, ?, ?, ?, ?, '{}', ?, ?)", [(d, m, w, org, member, user, made, made) for w, m, _ in places])
            db.executemany("INSERT INTO wsmem_role VALUES (?, ?, ?, ?)", [(d, m, ws_role, user) for _, m, _ in places])
    db.close()


def milliseconds(person, path, n=15):
    took = []
    for _ in range(n):
        began = time.perf_counter()
        person.raw("GET", path)
        took.append((time.perf_counter() - began) * 1e3)
    return statistics.median(took)


def in_many(c):
    path = seeds.data("data-many", HOT)
    furnish_many(path, 21, 100, EACH)
    with rig.running(seeds.Server(path, *NO_LIMITS)) as s:
        few, hundred, many = (Person(s, n) for n in (1, 11, 21))
        furnish(hundred, 99, 1)
        lists = [milliseconds(p, "/me/workspace-memberships") for p in (few, hundred)]
        c.add(Row("org-list", "GET /me/workspace-memberships of somebody in 100 organizations and a workspace of each", lists[1], "ms", "≤", 20,
                  f"{lists[0]:.2f} ms of somebody in one"))
        large_list(c, s, many)
    same_answer(c, path)


def large_list(c, server, person):
    """Of 100 organizations with 100 workspaces each: the wait of who asks, and what it costs the server."""
    path, rounds, n = "/me/workspace-memberships", c.pick(30, 10), 100 * EACH + 1
    length = len(person.raw("GET", path))
    cpu = server.cpu_s()
    wall = milliseconds(person, path, rounds)
    cpu = (server.cpu_s() - cpu) / rounds * 1e3
    with rig.running(rivals.nginx(0)) as nginx:
        floor = milliseconds(Reader(nginx), rivals.file_of_nginx("list", length), rounds)
    c.add(Row("org-list-all", f"The same of somebody in {n:,} workspaces", wall, "ms", "≤", 20,
              f"{length / 1e6:.1f} MB; {cpu:.1f} ms of the server's processor, {cpu * 1e3 / n:.2f} µs a workspace; "
              f"nginx sends a file of as many bytes in {floor:.1f} ms, {wall / floor:.1f} times less"))


def same_answer(c, path):
    with rig.running(warmed(path)) as s:
        paths = {n: seeds.write_requests(f"org-{n}.req", [("GET", "/session", seeds.cookie(n), b"")]) for n in (1, 21)}
        rounds = {n: [] for n in paths}
        for i in range(c.pick(7, 3)):
            for n in sorted(paths, reverse=i % 2 == 1):
                rounds[n].append(rig.measure(s, lambda n=n: rig.load(s.port, paths[n], "-d", c.pick(4, 2))))
    ratio = rig.median([a["rate"] / b["rate"] for a, b in zip(rounds[21], rounds[1])])
    c.add(Row("org-flat", "Warm GET /session of somebody in 100 organizations with many workspaces each ÷ in one", ratio, "", "≥", 0.9,
              f"{rig.median([g['rate'] for g in rounds[21]]):,.0f}/s ÷ {rig.median([g['rate'] for g in rounds[1]]):,.0f}/s"))


# ---- an organization of ten thousand ----

def one_organization():
    """The seeded people, all in the organization and the workspace of the first."""
    path = seeds.data("data-one-org", HOT)
    with sqlite3.connect(os.path.join(path, "sessiond.db")) as db:
        org, workspace = db.execute("SELECT org_id, workspace_id FROM wsmem ORDER BY id LIMIT 1").fetchone()
        db.execute("UPDATE orgmem SET org_id = ?", (org,))
        db.execute("UPDATE wsmem SET org_id = ?, workspace_id = ?", (org, workspace))
        db.execute("UPDATE organization SET member_count = (SELECT count(*) FROM orgmem m WHERE m.org_id = organization.id)")
        db.execute("UPDATE workspace SET member_count = (SELECT count(*) FROM wsmem m WHERE m.workspace_id = workspace.id)")
    db.close()
    return path


def names(s, n, threads=4):
    """What the sessions 1 to n say their organization is called."""
    seen = set()

    def look(first):
        for i in range(first, n + 1, threads):
            seen.add(Person(s, i).ask("GET", "/session")["organization"]["name"])
    crowd = [threading.Thread(target=look, args=(k + 1,)) for k in range(threads)]
    for t in crowd:
        t.start()
    for t in crowd:
        t.join()
    return seen


def rename(c):
    """Paced readers of other answers, quiet and while the organization of ten thousand is renamed twice a second."""
    with rig.running(warmed(one_organization(), *NO_LIMITS)) as s:
        boss = Person(s, 1)
        org = boss.ask("GET", "/session")["organization"]["id"]
        took, stale_names, quiet, loud = [], 0, [], []
        anonymous = seeds.write_requests("anonymous.req", [("GET", "/.well-known/jwks.json", {}, b"")])
        for i in range(c.pick(5, 3)):
            quiet.append(rig.load(s.port, anonymous, "-r", 5000, "-d", 3))
            stop = threading.Event()

            def renames(i=i, stop=stop):
                while not stop.wait(0.5):
                    began = time.perf_counter()
                    boss.ask("POST", f"/organizations/{org}/update", {"name": f"Name {i} {len(took)}"})
                    took.append((time.perf_counter() - began) * 1e3)
            t = threading.Thread(target=renames)
            t.start()
            loud.append(rig.load(s.port, anonymous, "-r", 5000, "-d", 3))
            stop.set()
            t.join()
            boss.ask("POST", f"/organizations/{org}/update", {"name": f"Last {i}"})
            stale_names += len(names(s, HOT) - {f"Last {i}"})
    c.add(Row("org-stale", f"Old names in the next answers of {HOT:,} members after their organization is renamed", stale_names, "", "≤", 0,
              f"a rename takes {statistics.median(took):.1f} ms"))
    c.add(Row("org-pause", "Longest wait of others while it is renamed", rig.median([g["max_us"] for g in loud]) / 1e3, "ms", "≤", 5,
              f"{rig.median([g['max_us'] for g in quiet]) / 1e3:.1f} ms when it is not; p99 {rig.median([g['p99_us'] for g in loud]):.0f} µs ÷ "
              f"{rig.median([g['p99_us'] for g in quiet]):.0f} µs"))


CASES = {"org-many": in_many, "org-rename": rename}
