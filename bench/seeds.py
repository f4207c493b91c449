# SPDX-License-Identifier: Apache-2.0
"""The server under test: its data, its start, and requests for it."""

import base64
import hashlib
import http.client
import json
import os
import shutil
import subprocess
import time
import urllib.request

import rig

HOST = "localhost:18080"  # the deployment's; the port that is listened on is another
EMAIL = "bench@example.com"
PEOPLE_PER_ORG = 10  # as seed.c has it
PASSWORD = "correct-horse-battery-staple"


def binary():
    return os.path.join(rig.ROOT, os.environ.get("BENCH_BUILD", "build"), "src", "sessiond")


def sessiond(*args, stdin=None):
    return subprocess.run([binary(), *args], input=stdin, check=True, capture_output=True, text=True).stdout


def schema():
    """What the seeded data depends on: the migrations and what seeds them."""
    digest = hashlib.sha256()
    folder = os.path.join(rig.ROOT, "src", "store", "migrate")
    for path in [os.path.join(folder, name) for name in sorted(os.listdir(folder))] + [os.path.join(rig.HERE, "seed.c")]:
        with open(path, "rb") as f:
            digest.update(f.read())
    return digest.hexdigest()


def prepare(where):
    """A deployment with one account, in a directory or at a URL."""
    sessiond("deployment", "create", "--host", HOST, "--frontend-host", HOST, "--mode", "production", *where)
    # A token is replaced, by a write, every half hour; no run is to meet that in its middle.
    sessiond("deployment", "set", HOST, "auth_settings.session_token_lifetime=604800", *where)
    sessiond("user", "create", "--deployment", HOST, "--email", EMAIL, "--username", "bench", *where, stdin=PASSWORD)


def data(name, people, reuse=False):
    """A directory with so many people, each with a session; the tokens are token(1) to token(people)."""
    path = os.path.join(rig.TMP, name)
    mark = os.path.join(path, "seeded")
    if reuse and os.path.exists(mark) and time.time() - os.path.getmtime(mark) < 86400:
        with open(mark, encoding="ascii") as f:
            if f.read() == f"{people} {schema()}":
                return path
    shutil.rmtree(path, ignore_errors=True)
    prepare(["--data", path])
    subprocess.run([rig.tool("seed"), path, HOST, EMAIL, "1", str(people)], check=True)
    with open(mark, "w", encoding="ascii") as f:
        f.write(f"{people} {schema()}")
    return path


class Server(rig.Program):
    def __init__(self, path, *flags, cores=rig.SERVER_CORE, wrap=(), **how):
        threads = str(len(cores.split(",")))
        super().__init__([*wrap, binary(), "serve", "--data", path, "--listen", "127.0.0.1:0", "--admin-listen",
                          "127.0.0.1:0", "--threads", threads, "--hash-threads", threads, *flags], cores=cores,
                         ready=("listening on", "admin on"), **how)
        self.port, self.admin = (int(line.rpartition(":")[2]) for line in self.said[:2])
        self.url = f"http://127.0.0.1:{self.port}"

    def metrics(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/metrics", timeout=20) as answer:
            lines = answer.read().decode().splitlines()
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[:1] != "#")}

    def ask(self, request):
        """One answer: status, headers, body."""
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        method, path, fields = request
        c.request(method, path, headers={"Host": HOST, **fields})
        answer = c.getresponse()
        got = answer.status, dict(answer.getheaders()), answer.read()
        c.close()
        return got


def check_signed_in(server, numbers):
    """A signed-out answer is a tenth as long: what was measured on one would be about something else."""
    for n in numbers:
        _, _, body = server.ask(("GET", "/session", cookie(n)))
        if json.loads(body)["data"]["user"] is None:
            raise RuntimeError(f"the session with token({n}) is not signed in; run again without --reuse")


def token(n):
    digest = hashlib.sha256(b"sessiond bench token %d" % n).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def cookie(n):
    return {"Cookie": f"__Host-session={token(n)}"}


def write_requests(name, requests, host=HOST):
    """A file as bench/load and wrk_requests.lua read it, of (method, path, fields, body)."""
    path = os.path.join(rig.TMP, name)
    with open(path, "wb") as f:
        for method, target, fields, body in requests:
            lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", *(f"{k}: {v}" for k, v in fields.items())]
            if method != "GET":
                lines.append(f"Content-Length: {len(body)}")
            raw = "\r\n".join([*lines, "", ""]).encode() + body
            f.write(b"%d\n" % len(raw) + raw)
    return path


def session_requests(name, first, n):
    return write_requests(name, (("GET", "/session", cookie(i), b"") for i in range(first, first + n)))


def sign_out_requests(name, first, n):
    return write_requests(name, (("POST", "/session/sign-out", cookie(i), b"") for i in range(first, first + n)))


def sign_in_requests(name, first, n, password=PASSWORD):
    """Each by somebody else from somewhere else: tries are counted by account and by address."""
    def one(i):
        body = json.dumps({"strategy": "plain_email", "email": f"john.doe.{i}@example.com", "password": password})
        fields = {"Content-Type": "application/json", "X-Forwarded-Proto": "https",
                  "X-Forwarded-For": f"10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}"}
        return "POST", "/auth/signin", fields, body.encode()
    return write_requests(name, (one(i) for i in range(first, first + n)))
