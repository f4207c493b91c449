# SPDX-License-Identifier: Apache-2.0
"""Is a change ever answered and then not seen? Random changes from many processes, each checked at once.

A pair is: ask, so that the session is in the cache; change something; when the change has been
answered, ask again. Meanwhile others ask for the same sessions, so that slow readers fill the cache
with what is about to be wrong.
"""

import json
import multiprocessing
import os
import random
import socket

import seeds

PROCESSES, READERS, EACH = 16, 2, 200  # sessions that a process changes over and over, and their readers
LONG = 1 << 20  # bytes of an answer that is read in another way
ADMIN_SHARE = 0.2  # of the pairs: what the operator does


class Line:
    """One keep-alive connection; a status and a body for each question."""

    def __init__(self, where):
        self.s = socket.socket(socket.AF_UNIX if isinstance(where, str) else socket.AF_INET)
        self.s.connect(where)
        self.rest, self.room = b"", bytearray()

    def ask(self, method, path, fields="", body=b""):
        head = f"{method} {path} HTTP/1.1\r\nHost: {seeds.HOST}\r\n{fields}"
        if method != "GET":
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        self.s.sendall(head.encode() + b"\r\n" + body)
        while b"\r\n\r\n" not in self.rest:
            self.more()
        head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        if length > LONG:
            return int(head[9:12]), self.long(length)
        while len(self.rest) < length:
            self.more()
        body, self.rest = self.rest[:length], self.rest[length:]
        return int(head[9:12]), body

    def long(self, length):
        """Into one place: adding up megabytes piece by piece would take longer than the server needs for them."""
        if len(self.room) < length:
            self.room = bytearray(length)
        n, room = len(self.rest), memoryview(self.room)
        room[:n] = self.rest
        self.rest = b""
        while n < length:
            got = self.s.recv_into(room[n:length])
            if not got:
                raise RuntimeError("the server hung up")
            n += got
        return room[:length]

    def more(self):
        got = self.s.recv(1 << 16)
        if not got:
            raise RuntimeError("the server hung up")
        self.rest += got


class Changer:
    def __init__(self, number, port, admin, base, n):
        self.random = random.Random(number)
        self.line, self.admin = Line(("127.0.0.1", port)), Line(admin)
        self.mine = range(base, base + EACH)
        self.once = iter(range(base + EACH, base + EACH + n))  # sessions that a change ends
        self.left = {}  # session: (organization, workspace) that it was in before it left them
        self.stale = []
        self.admin_role = None

    def session(self, i):
        status, body = self.line.ask("GET", "/session", f"Cookie: __Host-session={seeds.token(i)}\r\n")
        if status != 200:
            raise RuntimeError(f"GET /session answered {status}: {body[:200]}")
        return json.loads(body)["data"]

    def post(self, i, path, fields=None):
        body = json.dumps(fields or {}).encode()
        status, answer = self.line.ask("POST", path, f"Cookie: __Host-session={seeds.token(i)}\r\n", body)
        if status != 200:
            raise RuntimeError(f"POST {path} answered {status}: {answer[:200]}")

    def command(self, *args):
        body = json.dumps({"args": args, "input": "", "database": ""}).encode()
        _, answer = self.admin.ask("POST", "/command", "", body)
        if json.loads(answer)["status"] != 0:
            raise RuntimeError(f"{args}: {answer[:300]}")

    def check(self, what, i, holds):
        if not holds(self.session(i)):
            self.stale.append(f"{what} of session {i} was not seen")

    def rename(self):
        i, name = self.random.choice(self.mine), f"Name{self.random.getrandbits(40)}"
        self.session(i)
        self.post(i, "/me", {"first_name": name})
        self.check("rename", i, lambda d: d["user"]["first_name"] == name and
                   d["active_signin"]["user"]["first_name"] == name)

    def switch(self):
        """Out of the workspace and its organization; and into both, or the organization alone, when out of them."""
        i = self.random.choice(self.mine)
        d = self.session(i)
        if d["organization"] is not None:
            self.left.setdefault(i, (d["organization"]["id"], (d["workspace"] or {}).get("id")))
            path, scope = "/session/switch-workspace", (None, None)
        elif self.random.random() < 0.5:
            scope = self.left[i]
            path = f"/session/switch-workspace?workspace_id={scope[1]}"
        else:
            scope = (self.left[i][0], None)
            path = f"/session/switch-organization?organization_id={scope[0]}"
        self.post(i, path)
        self.check(path, i, lambda d: ((d["organization"] or {}).get("id"), (d["workspace"] or {}).get("id")) == scope)

    def fellows(self):
        """Two people of one organization whose members are all this process's own; or None, when one is out of it."""
        first = self.random.choice(range(self.mine.start // seeds.PEOPLE_PER_ORG + 1, self.mine.stop // seeds.PEOPLE_PER_ORG - 1))
        i, k = (first * seeds.PEOPLE_PER_ORG + n for n in self.random.sample(range(seeds.PEOPLE_PER_ORG), 2))
        one, other = self.session(i), self.session(k)
        if one["organization"] is None or other["organization"] is None:
            return None
        return i, k, one["organization"]["id"], other["user"]["id"]

    def rename_organization(self):
        """By one, as the other is told it."""
        found = self.fellows()
        if found is None:
            return self.rename()
        i, k, org, _ = found
        name = f"Name{self.random.getrandbits(40)}"
        self.post(i, f"/organizations/{org}/update", {"name": name})
        return self.check("organization's name", k, lambda d: d["organization"]["name"] == name)

    def role(self):
        """One takes the other's role of an admin, and gives it back; a proxy that asks is told so each time."""
        found = self.fellows()
        if found is None:
            return self.rename()
        i, k, org, user = found
        if self.admin_role is None:
            _, roles = self.line.ask("GET", f"/organizations/{org}/roles", f"Cookie: __Host-session={seeds.token(i)}\r\n")
            self.admin_role = next(r["id"] for r in json.loads(roles)["data"] if r["name"] == "Admin")
        for deed, allowed in (("remove", 403), ("add", 200)):
            self.post(i, f"/organizations/{org}/members/{user}/roles/{self.admin_role}/{deed}")
            status, _ = self.line.ask("GET", f"/session/check?organization={org}&organization_role=Admin", f"Cookie: __Host-session={seeds.token(k)}\r\n")
            if status != allowed:
                self.stale.append(f"role of session {k} was answered {status} after {deed}")
        return None

    def sign_out(self):
        i = next(self.once)
        self.session(i)
        self.post(i, "/session/sign-out")
        self.check("sign-out", i, lambda d: d["user"] is None and d["signins"] == [])

    def operator(self):
        i = next(self.once)
        signin = self.session(i)["active_signin"]["id"]
        user = ("--deployment", seeds.HOST, f"john.doe.{i}@example.com")
        command = self.random.choice((("user", "disable", *user), ("user", "delete", *user),
                                      ("session", "revoke", "--deployment", seeds.HOST, signin)))
        self.command(*command)
        self.check(" ".join(command), i, lambda d: d["user"] is None and d["signins"] == [])

    def pair(self):
        if self.random.random() < ADMIN_SHARE:
            self.operator()
        else:
            self.random.choice((self.rename, self.switch, self.rename_organization, self.role, self.sign_out))()


def change(number, port, admin, base, n, results):
    changer = Changer(number, port, admin, base, n)
    try:
        for _ in range(n):
            changer.pair()
        results.put((n, changer.stale))
    except Exception as error:  # the other side of the queue waits for each of us
        results.put((0, [f"process {number}: {error!r}"]))


def read(port, base, reach):
    """Until it is ended: whatever is being changed, it wants to know."""
    line, draw = Line(("127.0.0.1", port)), random.Random(port)
    while True:
        line.ask("GET", "/session", f"Cookie: __Host-session={seeds.token(base + draw.randrange(reach))}\r\n")


def run(server, path, base, pairs):
    """(pairs done, what was stale). Uses PROCESSES * (EACH + pairs / PROCESSES) sessions from base on."""
    n = pairs // PROCESSES
    results = multiprocessing.Queue()
    admin = os.path.join(path, "admin.sock")
    changers = [multiprocessing.Process(target=change, args=(k, server.port, admin, base + k * (EACH + n), n, results))
                for k in range(PROCESSES)]
    readers = [multiprocessing.Process(target=read, args=(server.port, base, PROCESSES * (EACH + n)), daemon=True)
               for _ in range(READERS)]
    for p in readers + changers:
        p.start()
    got = [results.get() for _ in changers]
    for p in changers:
        p.join()
    for p in readers:
        p.terminate()
        p.join()
    return sum(done for done, _ in got), [s for _, stale in got for s in stale]
