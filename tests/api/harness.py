"""harness.py - a sessiond under test: its process, its command line, its deployments and people."""
# SPDX-License-Identifier: Apache-2.0
import dataclasses
import json
import os
import pathlib
import queue
import re
import secrets
import signal
import sqlite3
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from client import Browser, Response, exchange

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests" / "fixtures"
PASSWORD = "violet-otter-climbs-granite"

# Far above what a test does: limits are the business of test_throttle.py alone.
ASKING = ("REQUESTS", "CHALLENGE", "LOOKUP", "SIGN_IN_ACCOUNT", "SIGN_IN_STREAK", "SIGN_IN_SOURCE", "SIGN_UP_SOURCE", "PICTURE",
          "CREATE", "DOMAIN_LOOK", "SECRET_KEY", "BACKEND")
CODES = ("CODE_GUESS", "CODE_ACCOUNT", "CODE_SOURCE", "SEND_SOON", "SEND_TARGET", "SEND_TARGET_DAY", "SEND_PREFIX",
         "SEND_SOURCE", "SEND_DEPLOYMENT", "INVITE_MEMBER", "INVITE_ORGANIZATION", "INVITE_TARGET", "INVITE_DEPLOYMENT")


def no_limits(rules):
    return {f"SESSIOND_THROTTLE_{rule}": "100000" for rule in rules}


NO_LIMITS = no_limits(ASKING + CODES)
SANITIZER = re.compile(r"ERROR: \w*Sanitizer|WARNING: ThreadSanitizer|runtime error:|LeakSanitizer")


def binary():
    return os.environ.get("SESSIOND", str(ROOT / "build" / "src" / "sessiond"))


def memory_limit_kib(kib):
    """What a server may grow by: the thread sanitizer remembers up to eight bytes about each, the address sanitizer keeps 256 MiB of what was freed."""
    program = pathlib.Path(binary()).read_bytes()
    return kib * 9 if b"__tsan_init" in program else kib * 2 + (256 << 10) if b"__asan_init" in program else kib


def race(calls):
    """Release all calls at one instant; their results in order."""
    barrier = threading.Barrier(len(calls))

    def run(call):
        barrier.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [f.result() for f in [pool.submit(run, call) for call in calls]]


def run(*args, stdin="", env=None, timeout=60):
    """One run of the program that ends by itself."""
    return subprocess.run([binary(), *map(str, args)], input=stdin, text=True, capture_output=True,
                          env={**os.environ, **(env or {})}, timeout=timeout, check=False)


@dataclasses.dataclass
class Person:
    email: str
    username: str
    first_name: str
    last_name: str
    password: str
    id: str = ""


class Deployment:
    """One tenant of a running server, with a host of its own."""

    def __init__(self, server, host, frontend_host, mode, made):
        self.server, self.host, self.frontend_host, self.mode = server, host, frontend_host, mode
        self.id = made["id"]
        self.publishable_key, self.secret_key = made["publishable_key"], made["secret_key"]

    @property
    def origin(self):
        return f"https://{self.frontend_host}"

    @property
    def is_loopback(self):
        return self.host.split(":")[0].endswith("localhost") or self.host.startswith("127.")

    @property
    def number(self):
        """The id as the database has it."""
        return int(self.id.rsplit("_", 1)[1])

    def browser(self, **kw):
        return Browser(self, **kw)

    def set(self, **settings):
        """set(auth_settings__password__min_length=10): two underscores are a dot."""
        pairs = [f"{k.replace('__', '.')}={v}" for k, v in settings.items()]
        self.server.cli("deployment", "set", self.host, *pairs)
        return self

    def person(self, password=PASSWORD, **kw):
        """A user made by the operator, with everything a sign-in needs."""
        tag = secrets.token_hex(4)
        who = Person(**{"email": f"mira.{tag}@example.org", "username": f"mira_{tag}", "first_name": "Mira",
                        "last_name": "Okafor", "password": password, **kw})
        made = self.server.cli_json("user", "create", "--deployment", self.host, "--email", who.email, "--username",
                                    who.username, "--first-name", who.first_name, "--last-name", who.last_name,
                                    stdin=password + "\n")
        who.id = made["id"]
        return who

    def signed_in(self, who=None, **kw):
        """A browser in which this person (or a new one) has signed in, and the person."""
        who = who or self.person()
        browser = self.browser(**kw)
        answer = browser.sign_in(who)
        assert answer.status == 200, answer
        return browser, who

    def rows(self):
        """Rows of this deployment by table, for claims about what was (not) written by a request."""
        # The end of the audit chain is written behind the requests, whenever that is.
        tables = [t for t in self.server.tables() if t != "audit_head"]
        counts = [f"SELECT '{t}', count(*) FROM {t} WHERE deployment_id = {self.number}" for t in tables]
        return {table: int(n) for table, n in self.server.sql(" UNION ALL ".join(counts))}

    def audit(self):
        return [r[0] for r in self.server.sql(
            f"SELECT event FROM audit WHERE deployment_id = {self.number} ORDER BY id")]


class Server:
    """A running sessiond. Free ports, its own data directory, its log in a file."""

    def __init__(self, directory, args=(), env=None, database=None, limited=False):
        self.limited = limited
        self.directory = pathlib.Path(directory)
        self.data = self.directory / "data"
        self.args, self.env, self.database = list(args), dict(env or {}), database
        self.log_path = self.directory / "stderr.log"
        self.process = None
        self.ahead = 0  # seconds that its clock goes before ours
        self._tables = None

    # ---- the process ----

    def start(self, extra=()):
        where = ["--database", self.database] if self.database else []
        command = [binary(), "serve", "--data", str(self.data), *where, "--listen", "127.0.0.1:0",
                   "--admin-listen", "127.0.0.1:0", *self.args, *extra]
        self.directory.mkdir(parents=True, exist_ok=True)
        self.ahead = 0
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, text=True, stdin=subprocess.DEVNULL,
                env={**os.environ, **({} if self.limited else NO_LIMITS), "SESSIOND_TEST_CLOCK": "1", **self.env})
        self.stdout, lines = [], queue.Queue()
        threading.Thread(target=self._read, args=(self.process.stdout, lines), daemon=True).start()
        self.port = self._await_listener(lines, "listening on http://127.0.0.1:")
        self.admin_port = self._await_listener(lines, "admin on http://127.0.0.1:")
        return self

    def _read(self, pipe, lines):
        for line in pipe:
            self.stdout.append(line.rstrip("\n"))
            lines.put(line)
        lines.put(None)

    def _await_listener(self, lines, prefix):
        deadline = time.monotonic() + 60
        while True:
            line = lines.get(timeout=max(0.01, deadline - time.monotonic()))
            assert line is not None, f"sessiond ended before it listened:\n{self.log()[-4000:]}"
            if line.startswith(prefix):
                return int(line[len(prefix):])

    def stop(self, timeout=30):
        """SIGTERM drains and exits 0, whatever happened before."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout)
        self.process = None
        assert code == 0, f"exit {code}:\n{self.log()[-4000:]}"
        assert not SANITIZER.search(self.log()), self.log()[-8000:]

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *_):
        if kind is not None and self.process is not None:
            self.kill()
        self.stop()
        if kind is None:
            wrong = self.inconsistent()
            assert wrong == [], f"what is stored twice differs: {wrong}"

    def log(self):
        return self.log_path.read_text(errors="replace")

    def log_contains(self, text):
        return text in self.log()

    def rss_kib(self):
        return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{self.process.pid}/status").read_text())[1])

    # ---- the admin listener ----

    def admin(self, method, path, headers=()):
        return Response(*exchange(("127.0.0.1", self.admin_port), method, path,
                                  [("Host", f"127.0.0.1:{self.admin_port}"), *headers], b""))

    def advance(self, seconds):
        answer = self.admin("POST", f"/test/clock?advance={seconds}")
        assert answer.status == 200, answer
        self.ahead += seconds

    def sweep(self):
        """What the background does now and then, now."""
        assert self.admin("POST", "/test/sweep").status == 200

    def metric(self, name):
        """Sum over the labels of one metric."""
        lines = self.admin("GET", "/metrics").text.splitlines()
        values = [float(x.rsplit(" ", 1)[1]) for x in lines if re.match(re.escape(name) + r"[ {]", x)]
        assert values, f"no metric {name}"
        return sum(values)

    # ---- the command line ----

    def try_cli(self, *args, stdin=""):
        return run(*args, "--data", self.data, stdin=stdin)

    def cli(self, *args, stdin=""):
        done = self.try_cli(*args, stdin=stdin)
        assert done.returncode == 0, f"sessiond {' '.join(map(str, args))}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def cli_json(self, *args, stdin=""):
        return json.loads(self.cli(*args, stdin=stdin))

    def deployment(self, mode="production", host=None, frontend_host=None, base_url=None, **settings):
        tag = secrets.token_hex(5)
        host = host or f"t-{tag}.localhost:{self.port}"
        frontend_host = frontend_host or f"app-{tag}.example.com"
        extra = ["--base-url", base_url] if base_url else []
        made = self.cli_json("deployment", "create", "--host", host, "--frontend-host", frontend_host, "--mode", mode, *extra)
        d = Deployment(self, host, frontend_host, mode, made)
        return d.set(**settings) if settings else d

    def public_deployment(self, mode="production", **kw):
        """One behind a proxy that speaks https, on a host that is not loopback."""
        return self.deployment(mode, host=f"api-{secrets.token_hex(5)}.example.net", **kw)

    # ---- the database, from outside ----

    def database_file(self):
        for path in self.data.iterdir():
            if path.is_file() and path.open("rb").read(16) == b"SQLite format 3\0":
                return path
        raise AssertionError(f"no database in {self.data}")

    def sql(self, query):
        """Rows as tuples of text, read with the engine's own client."""
        if self.database:
            done = subprocess.run(["psql", self.database, "-XAtF", "\x1f", "-c", query], text=True, capture_output=True,
                                  check=True)
            return [tuple(line.split("\x1f")) for line in done.stdout.splitlines()]
        with sqlite3.connect(f"file:{self.database_file()}?mode=ro", uri=True) as db:
            rows = db.execute(query).fetchall()
        db.close()
        return [tuple("" if c is None else c.decode("latin-1") if isinstance(c, bytes) else str(c) for c in r) for r in rows]

    def inconsistent(self):
        """Whatever was done: how many members there are, and whose a role is, stands in two places, which agree."""
        return self.sql("SELECT o.id, o.member_count FROM organization o WHERE o.member_count <>"
                        " (SELECT COUNT(*) FROM orgmem m WHERE m.deployment_id = o.deployment_id AND m.org_id = o.id)"
                        " UNION ALL SELECT w.id, w.member_count FROM workspace w WHERE w.member_count <>"
                        " (SELECT COUNT(*) FROM wsmem m WHERE m.deployment_id = w.deployment_id AND m.workspace_id = w.id)"
                        " UNION ALL SELECT x.wsmem_id, x.user_id FROM wsmem_role x JOIN wsmem m"
                        " ON m.deployment_id = x.deployment_id AND m.id = x.wsmem_id WHERE m.user_id <> x.user_id")

    def tables(self):
        if self._tables is None:
            query = ("SELECT table_name FROM information_schema.columns WHERE column_name = 'deployment_id'"
                     " AND table_schema = 'public'") if self.database else (
                "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%deployment_id%'")
            # The background writes the end of the audit chain whenever it comes by.
            self._tables = sorted(r[0] for r in self.sql(query) if r[0] != "audit_head")
        return self._tables

    def stored_bytes(self):
        """Everything at rest, as a thief of the storage would have it (the master key left out)."""
        files = b"".join(p.read_bytes() for p in self.data.rglob("*") if p.is_file() and p.name != "master.key")
        if self.database:
            files += subprocess.run(["pg_dump", self.database], capture_output=True, check=True).stdout
        return files
