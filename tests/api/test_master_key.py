"""One master key follows another while the server runs: F-29, OPS-07, docs/decisions/master-key-rotation.md."""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import fcntl
import http.client
import json
import os
import resource
import secrets
import signal
import sqlite3
import subprocess
import threading
import time

import pytest

import authenticator
import mailbox
import totp
import vault
from flows import OTP, code_to, prepare, reset_token, start, verify
from harness import race, run
from mailserver import await_true
from test_factors import ON, step_up
from test_jwt import mint
from test_jwt_templates import own_key, template
from test_not_me import link, noticed, press
from test_ticket import exchange, ticket
from test_two_nodes import at, database, engine_url, known_at, nodes  # noqa: F401: fixtures
from vault import key_id, keys_in

NIGHTLY = bool(os.environ.get("NIGHTLY"))
SETTLED = 301  # seconds after which a pass over all rows ends a rotation
DAY = 86400


def key_file(server):
    return server.data / "master.key"


def shown(server):
    return {k["id"]: k for k in map(json.loads, server.cli("master-key", "show").splitlines())}


def states(server):
    return [k["state"] for k in shown(server).values()]


def rotate(server, *args):
    """The old key and the new one."""
    old = keys_in(key_file(server))[-1]
    server.cli("master-key", "rotate", *args)
    new = keys_in(key_file(server))[0]
    assert new != old
    return old, new


def finish(server):
    server.advance(SETTLED)
    server.sweep()
    server.sweep()
    assert all(k["resealed"] for k in shown(server).values() if k["state"] == "retired"), shown(server)


def again(server, here=None):
    """A restart; connections are new ones."""
    server.stop()
    server.start()
    if here:
        here.browser = here.browser.twin()


def backend(d, path, body, key):
    conn = http.client.HTTPConnection("127.0.0.1", d.server.admin_port, timeout=60)
    conn.request("POST", path, json.dumps(body), {"Authorization": f"Bearer {d.secret_key}", "Content-Type": "application/json",
                                                  "Idempotency-Key": key, "Host": f"127.0.0.1:{d.server.admin_port}"})
    got = conn.getresponse()
    answer = got.status, got.read()
    conn.close()
    return answer


class Inhabited:
    """A deployment with something in every place that the master key reaches, and the proof that all of it works."""

    def __init__(self, server):
        self.reached = 0
        self.d = d = server.public_deployment(**{**OTP, **ON})
        server.cli("deployment", "secret", "set", d.host, "sms_secret", stdin="a secret of the text message service\n")
        template(d, "own", {"who": "{{user.id}}"}, custom_signing_key=own_key("HS256"))
        self.hook = server.cli_json("webhook", "create", "https://hooks.example.org/in", "--types", "session.created", "--deployment", d.host)
        server.cli("webhook", "rotate", self.hook["id"], "--deployment", d.host)
        self.order = {"email": f"order.{secrets.token_hex(4)}@example.org", "first_name": "Ada"}, secrets.token_hex(8)
        self.ordered = backend(d, "/v1/users", *self.order)
        assert self.ordered[0] == 201, self.ordered
        self.browser, self.who = d.signed_in()
        self.app = totp.enrol(self.browser)
        self.backup = self.browser.post("/me/backup-codes").data
        self.asleep = d.person()
        self.tickets = [ticket(d, d.person()) for _ in range(4)]
        self.invited = server.cli_json("invitation", "create", "guest@example.org", "--deployment", d.host)
        keeper, _ = d.signed_in()
        self.passkey, _ = authenticator.register(keeper)
        self.worried = [noticed(d)[1] for _ in range(2)]
        self.links = [link(d, who.email) for who in self.worried]

    def begin_code(self):
        """A sign-in by a mailed code, half-way."""
        self.at_door, self.typist = self.d.browser(), self.d.person()
        self.attempt = start(self.at_door, email=self.typist.email).attempt
        assert prepare(self.at_door, self.attempt).status == 200
        self.code = code_to(self.d, self.typist.email, "sign_in_code")

    def check(self):
        d = self.d
        assert self.browser.twin().is_signed_in
        assert step_up(self.browser, code=self.backup.pop()).status == 200, "a backup code"
        # A restart sets the clock back, and a step that has been used is used.
        self.reached = max(self.reached, d.server.ahead) + 60
        d.server.advance(self.reached - d.server.ahead)
        assert step_up(self.browser, code=self.app.code()).status == 200, "a code of the app"
        assert exchange(d.browser(), self.tickets.pop()).status == 200, "a ticket"
        assert authenticator.sign_in(d.browser(), self.passkey).status == 200, "a passkey"
        assert not self.links or press(d, self.links.pop()).status == 200, "a link of a mail"
        mint(self.browser)
        mint(self.browser, template="own")
        assert backend(d, "/v1/users", *self.order) == self.ordered, "the same POST again"
        assert mailbox.latest(d, "guest@example.org")["vars"]["link"]
        for who in (self.asleep, d.person()):
            assert d.browser().sign_in(who).status == 200, "a password"
        d.server.sweep()
        d.server.cli("audit", "verify", "--deployment", d.host)


@pytest.fixture
def fresh(new_server):
    with new_server() as server:
        yield server


def test_no_column_is_forgotten(server):
    """What is sealed is named so: all such columns are those that vault.py looks into, and src/admin/reseal.c seals anew."""
    if server.database:
        found = server.sql("SELECT table_name, column_name FROM information_schema.columns WHERE column_name LIKE 'sealed%'")
    else:
        found = server.sql("SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'"
                           " AND c.name LIKE 'sealed%'")
    assert sorted(found) == sorted((table, column) for table, column, _, _ in vault.PLACES)


def test_F29_OPS07_all_is_sealed_anew_and_goes_on(fresh):
    """
    Every sealed column there is, and every kept hash: what was made before the rotation works while it runs and after
    it, what was sealed by the old key is none at the end, and the file has the new key alone.
    """
    here = Inhabited(fresh)
    here.begin_code()
    forgetful, chair = here.d.person(), here.d.browser()
    reset = reset_token(chair, forgetful.email)
    old = keys_in(key_file(fresh))[0]
    before, was = vault.count(fresh, old), [value for *_, value in vault.sealed(fresh)]
    assert all(before.values()), f"a place without anything sealed: {before}"
    rotate(fresh)
    new = keys_in(key_file(fresh))[0]
    assert shown(fresh)[key_id(old)]["state"] == "retired" and shown(fresh)[key_id(new)]["state"] == "current"
    assert verify(here.at_door, here.attempt, here.code).status == 200, "a code mailed before"
    assert chair.post("/auth/reset-password", {"token": reset, "password": "crimson-otter-walks-home"}).status == 200
    here.check()
    finish(fresh)
    assert not any(vault.count(fresh, old).values()), "something is left that the old key opens"
    assert sum(vault.count(fresh, new).values()) == len(vault.sealed(fresh))
    await_true(lambda: keys_in(key_file(fresh)) == [new])
    here.check()
    again(fresh, here)
    here.check()
    at_rest = b"" if fresh.database else fresh.database_file().read_bytes()
    assert not any(value in at_rest for value in was), "in what was freed"


def all_bytes(server):
    if server.database:
        dump = subprocess.run(["pg_dump", server.database], capture_output=True, check=True).stdout
        return b"\n".join(line for line in dump.splitlines() if b"estrict" not in line and b"master_key_node" not in line)
    with sqlite3.connect(f"file:{server.database_file()}?mode=ro", uri=True) as db:
        dump = "\n".join(db.iterdump())
    db.close()
    return dump.encode()


def test_F29_the_old_key_refuses_to_start_and_writes_nothing(fresh):
    here = Inhabited(fresh)
    old, new = rotate(fresh)
    fresh.stop()
    was = all_bytes(fresh)
    for wrong in (old, secrets.token_bytes(32)):
        key_file(fresh).write_bytes(wrong)
        where = ["--database", fresh.database] if fresh.database else []
        done = run("serve", "--data", fresh.data, *where, "--listen", "127.0.0.1:0")
        assert done.returncode == 1 and "this is not the master key of this database" in done.stderr
        assert len(done.stderr.splitlines()) == 1 and not done.stdout
        assert all_bytes(fresh) == was and key_file(fresh).read_bytes() == wrong
    # Before anything else is sealed anew, the new key alone does.
    key_file(fresh).write_text(new.hex() + "\n")
    fresh.start()
    here.browser = here.browser.twin()
    here.check()
    assert key_id(old) in shown(fresh)


def test_F29_what_visitors_hold_is_good_for_a_day(fresh):
    """An anonymous token of the old key: the same session until the grace is over, then none; the new one's go on."""
    d = fresh.public_deployment()
    visitor, late = d.browser(), d.browser()
    session = visitor.session()["id"]
    rotate(fresh)
    late_session = late.session()["id"]
    kept = late.token
    fresh.advance(DAY - 60)
    assert visitor.twin().session()["id"] == session
    fresh.advance(120)
    assert visitor.twin().session()["id"] != session
    assert d.browser(token=kept).session()["id"] == late_session


def test_F29_at_once(fresh):
    d = fresh.public_deployment()
    visitor = d.browser()
    session = visitor.session()["id"]
    signed_in, _ = d.signed_in()
    rotate(fresh, "--now")
    assert visitor.twin().session()["id"] != session
    assert signed_in.is_signed_in


def test_F29_a_session_token_due_at_the_turn(fresh):
    """A token replaced by age before the rotation leads to the same successor after it, however long the answer was lost."""
    d = fresh.public_deployment(auth_settings__session_token_lifetime="600", auth_settings__session_inactive_timeout="604800",
                                auth_settings__session_validity_period="2592000")
    browser, _ = d.signed_in()
    first = browser.token
    fresh.advance(700)
    successor = browser.get("/session").token
    assert successor and successor != first
    rotate(fresh)
    assert d.browser(token=first).get("/session").token == successor
    fresh.advance(2 * DAY)
    fresh.sweep()
    assert d.browser(token=first).get("/session").token == successor, "the grace is for visitors"


def records(d):
    return [r[0] for r in d.server.sql(f"SELECT password_record FROM account WHERE deployment_id = {d.number} ORDER BY id")]


def test_F29_PWD11_passwords_move_to_the_new_key_as_people_sign_in(fresh):
    d = fresh.public_deployment()
    people = [d.person() for _ in range(3)]
    old, new = rotate(fresh)
    assert not any("keyid" in r for r in records(d))
    assert d.browser().sign_in(people[0]).status == 200 and d.browser().sign_in(people[0]).status == 200
    assert d.browser().sign_in(people[1], password="not-the-password").status == 401
    assert [f"keyid={key_id(new)}" in r for r in records(d)] == [True, False, False]
    finish(fresh)
    _, newer = rotate(fresh)
    finish(fresh)
    for who in (*people, people[0]):
        assert d.browser().sign_in(who).status == 200
    assert all(f"keyid={key_id(newer)}" in r for r in records(d))
    assert states(fresh).count("retired") == 2
    again(fresh)
    for who in people:
        assert d.browser().sign_in(who).status == 200


def test_F29_a_clock_that_was_wrong(fresh):
    """
    A rotation dated in the future, by a clock that was put right since: the next one was taken for the first of all, and what is for
    ever by the first key, passwords without a key's name among it, went by the wrong one.
    """
    d = fresh.public_deployment()
    asleep = d.person()
    fresh.advance(400 * DAY)
    rotate(fresh)
    finish(fresh)
    again(fresh)
    d.person()
    fresh.advance(120)  # the node that was stopped is forgotten
    rotate(fresh)
    fresh.sweep()  # it is seen, and dated later than now
    finish(fresh)
    again(fresh)
    assert d.browser().sign_in(asleep).status == 200
    fresh.cli("audit", "verify", "--deployment", d.host)


def test_F29_a_token_of_now_is_not_made_by_the_old_key(fresh):
    """Who has the old key and a copy of the database from after the rotation used to have every session that was idle since."""
    d = fresh.public_deployment(auth_settings__session_token_lifetime="600", auth_settings__session_inactive_timeout="604800")
    idle, _ = d.signed_in()
    first, old = idle.token, keys_in(key_file(fresh))[0]
    fresh.advance(700)
    idle.get("/session")
    assert idle.token != first and idle.is_signed_in
    assert idle.token in vault.successors(fresh, d, old)
    fresh.advance(200)
    rotate(fresh)
    finish(fresh)
    assert vault.successors(fresh, d, old) and idle.token not in vault.successors(fresh, d, old)
    assert idle.twin().is_signed_in
    stolen = d.browser(token=first)
    assert not stolen.is_signed_in and not idle.is_signed_in, "the replaced one is still known for what it is"


def test_F29_not_twice_at_a_time(fresh):
    fresh.public_deployment()
    rotate(fresh)
    was = key_file(fresh).read_bytes()
    done = fresh.try_cli("master-key", "rotate")
    assert done.returncode != 0 and "has not ended yet" in done.stderr
    assert key_file(fresh).read_bytes() == was
    finish(fresh)
    rotate(fresh)


# ---- the file is the server's own ----

@pytest.mark.parametrize("lines", ["{other}\n", "{old}\n{other}\n"])
def test_F29_a_key_that_lies_in_the_file_is_not_written_over(fresh, lines):
    """Another node's new key alone, or the file of a newer backup in the wrong order: a fresh key in its place was the end of it."""
    old, other = keys_in(key_file(fresh))[0], secrets.token_bytes(32)
    key_file(fresh).write_text(lines.format(old=old.hex(), other=other.hex()))
    fresh.cli("master-key", "rotate")
    assert keys_in(key_file(fresh)) == [other, old]
    assert shown(fresh)[key_id(other)]["state"] == "current"
    again(fresh)


def test_F29_the_file_keeps_the_key_in_use(fresh):
    """A new key was put there alone, and the next start had none for the database."""
    old, other = keys_in(key_file(fresh))[0], secrets.token_bytes(32)
    key_file(fresh).write_text(other.hex() + "\n")
    fresh.process.send_signal(signal.SIGHUP)
    await_true(lambda: keys_in(key_file(fresh)) == [other, old])
    again(fresh)
    assert shown(fresh)[key_id(old)]["state"] == "current"


def test_F29_two_at_one_instant(fresh):
    """One of them rotates. Two processes that wrote one file each had their own key in mind: the one in use was gone."""
    d = fresh.public_deployment()
    who, old = d.person(), keys_in(key_file(fresh))[0]
    done = race([lambda: fresh.try_cli("master-key", "rotate") for _ in range(4)])
    assert sorted(r.returncode for r in done) == [0, 1, 1, 1], done
    assert keys_in(key_file(fresh))[1] == old
    fresh.stop()
    with held(fresh.data):
        was = key_file(fresh).read_bytes()
        where = ["--database", fresh.database] if fresh.database else []
        done = run("master-key", "rotate", "--data", fresh.data, *where)
        assert done.returncode == 1 and "somebody else is writing" in done.stderr and key_file(fresh).read_bytes() == was
    fresh.start()
    with held(fresh.data):
        finish(fresh)
        assert len(keys_in(key_file(fresh))) == 2
    await_true(lambda: len(keys_in(key_file(fresh))) == 1)
    assert d.browser().sign_in(who).status == 200


@contextlib.contextmanager
def held(folder):
    """As another process that rotates has it."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(fd, fcntl.LOCK_EX)
    yield
    os.close(fd)


def test_F29_no_room_for_the_file(fresh):
    """Nothing is half done: the key in use stays, the file is whole, and with room it goes on."""
    was, limit = key_file(fresh).read_bytes(), resource.prlimit(fresh.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(fresh.process.pid, resource.RLIMIT_FSIZE, (64, limit[1]))
    done = fresh.try_cli("master-key", "rotate")
    resource.prlimit(fresh.process.pid, resource.RLIMIT_FSIZE, limit)
    assert done.returncode == 1 and "cannot be written" in done.stderr
    assert key_file(fresh).read_bytes() == was and [p.name for p in fresh.data.glob("master.key*")] == ["master.key"]
    rotate(fresh)


# ---- a key that the operator writes ----

@pytest.fixture
def named(new_server, tmp_path):
    path = tmp_path / "master.key"
    path.write_text(secrets.token_hex(32) + "\n")
    path.chmod(0o600)
    with new_server(["--master-key-file", str(path)]) as server:
        server.key_path = path
        yield server


def test_F29_a_file_that_is_the_operators(named):
    """It is never written. With a new line in front, and read again, the new key takes over; each state of it starts."""
    here = Inhabited(named)
    old = keys_in(named.key_path)[0]
    done = named.try_cli("master-key", "rotate")
    assert done.returncode != 0 and "is yours to write" in done.stderr and states(named) == ["current"]
    new = secrets.token_bytes(32)
    both = f"{new.hex()}\n{old.hex()}\n"
    named.key_path.write_text(both)
    named.process.send_signal(signal.SIGHUP)
    await_true(lambda: sorted(states(named)) == ["current", "next"])
    assert shown(named)[key_id(old)]["state"] == "current"
    again(named, here)  # nothing was begun: the old one is still the current one
    assert shown(named)[key_id(old)]["state"] == "current"
    named.cli("master-key", "rotate")
    assert shown(named)[key_id(new)]["state"] == "current"
    again(named, here)  # both in the file, nothing sealed anew yet
    here.check()
    finish(named)
    assert named.key_path.read_text() == both
    named.key_path.write_text(new.hex() + "\n")
    again(named, here)
    here.check()
    assert not any(vault.count(named, old).values())


def test_F29_a_file_that_systemd_hands_over(named):
    """The server's copy stays as it was at the start: it is told what the next start will find, and nothing less."""
    here = Inhabited(named)
    handed_over = named.key_path.read_text()
    old, new = handed_over.strip(), secrets.token_hex(32)
    for wrong in (new, f"{old}\n{new}\n", f"{new}\n{new}\n", f"{new}\n{secrets.token_hex(32)}\n", f"{new}\n{old}\n{new}\n", ""):
        assert named.try_cli("master-key", "learn", stdin=wrong).returncode != 0 and states(named) == ["current"]
    named.cli("master-key", "learn", stdin=f"{new}\n{old}\n")
    assert sorted(states(named)) == ["current", "next"]
    named.cli("master-key", "rotate")
    assert named.key_path.read_text() == handed_over
    here.check()
    finish(named)
    named.key_path.write_text(new + "\n")
    again(named, here)
    here.check()
    assert not any(vault.count(named, bytes.fromhex(old)).values())
    assert new not in named.log() and old not in named.log()


def test_F29_a_key_that_was_told_and_given_up(named):
    """
    It used to wait in memory until the next restart: whoever gave it up, and rotated a year later, had everything sealed by a key
    that was in no file.
    """
    old, given_up, new = named.key_path.read_text().strip(), secrets.token_hex(32), secrets.token_hex(32)
    waiting = key_id(bytes.fromhex(given_up))

    def is_refused():
        done = named.try_cli("master-key", "rotate")
        return done.returncode != 0 and "is yours to write" in done.stderr and shown(named)[waiting]["state"] == "known"

    named.cli("master-key", "learn", stdin=f"{given_up}\n{old}\n")
    assert shown(named)[waiting]["state"] == "next"
    named.cli("master-key", "learn", stdin=f"{old}\n")  # there is to be no other one
    assert is_refused()
    named.cli("master-key", "learn", stdin=f"{given_up}\n{old}\n")
    named.advance(3601)
    assert is_refused()
    named.cli("master-key", "learn", stdin=f"{new}\n{old}\n")
    named.cli("master-key", "rotate")
    assert shown(named)[key_id(bytes.fromhex(new))]["state"] == "current"
    done = named.try_cli("master-key", "learn", stdin=f"{old}\n{new}\n")
    assert done.returncode != 0 and "has been retired" in done.stderr
    named.key_path.write_text(new + "\n")
    again(named)


@pytest.mark.parametrize("lines", ["{new}\n{old}\n\n", "{old}\n{old}\n", "{new} {old}\n", "{new}\n{old}\n{new}\n", "{new}\n{short}\n"])
def test_files_with_other_than_two_lines_are_refused(named, lines):
    old = named.key_path.read_text().strip()
    named.stop()
    named.key_path.write_text(lines.format(old=old, new=secrets.token_hex(32), short=old[:-1]))
    done = run("serve", "--data", named.data, *(["--database", named.database] if named.database else []),
               "--master-key-file", named.key_path, "--listen", "127.0.0.1:0")
    assert done.returncode == 1 and "master key" in done.stderr
    named.key_path.write_text(old)
    named.start()


# ---- while something else fails ----

def test_F29_what_cannot_be_swept_keeps_no_old_key_in_use(fresh):
    """All of the background's work ended where the first part of it failed: a rotation came to no end because of one bad row."""
    if fresh.database:
        pytest.skip("the row is made bad in a file")
    d = fresh.public_deployment()
    browser, who = d.signed_in()
    fresh.stop()
    with sqlite3.connect(fresh.database_file()) as db:
        db.execute("UPDATE session SET expires_at = 1")
        db.execute("CREATE TRIGGER bad BEFORE DELETE ON session BEGIN SELECT RAISE(ABORT, 'bad'); END")
    db.close()
    fresh.start()
    await_true(lambda: fresh.log_contains('background why="') and fresh.log_contains("bad"))
    rotate(fresh)
    fresh.advance(SETTLED)
    await_true(lambda: all(k["resealed"] for k in shown(fresh).values() if k["state"] == "retired"), 10)


# ---- under load, and killed ----

def test_F29_nobody_notices(fresh):
    """Sign-ins, codes of apps and reads while the key changes: not one is refused."""
    d = fresh.public_deployment(**ON)
    people = [d.person() for _ in range(4)]
    apps = []
    for _ in range(4):
        browser, _ = d.signed_in()
        apps.append((browser, totp.enrol(browser), browser.post("/me/backup-codes").data))
    failures, done, ended = [], [0] * 3, threading.Event()

    def repeat(i, work):
        while not ended.is_set():
            got = work()
            done[i] += 1
            if got is not True:
                failures.append(got)
                return

    def sign_in(who):
        got = d.browser().sign_in(who)
        return got.status == 200 or got

    def spend(browser, codes):
        if not codes:
            return (codes.extend(browser.post("/me/backup-codes").data), True)[1]
        got = step_up(browser, code=codes.pop())
        return got.status == 200 or got

    def read(browser, visitor, session):
        return browser.twin().is_signed_in and visitor.twin().session()["id"] == session or "read"

    visitor = d.browser()
    session = visitor.session()["id"]
    work = [(0, lambda w=w: sign_in(w)) for w in people]
    work += [(1, lambda b=b, c=c: spend(b, c)) for b, _, c in apps]
    work += [(2, lambda b=d.signed_in()[0]: read(b, visitor, session)) for _ in range(3)]
    threads = [threading.Thread(target=repeat, args=w, daemon=True) for w in work]
    for t in threads:
        t.start()

    def await_work(n):
        target = [k + n for k in done]
        await_true(lambda: failures or all(k >= t for k, t in zip(done, target)), 120)

    await_work(10)
    for _ in range(3 if NIGHTLY else 1):
        rotate(fresh)
        await_work(20)
        finish(fresh)
        await_work(10)
    ended.set()
    for t in threads:
        t.join(60)
    assert not failures, failures
    for browser, app, _ in apps:
        fresh.advance(60)
        assert step_up(browser, code=app.code()).status == 200


def fill(server, d, n, master):
    """n seeds of nobody, sealed by this key, in the database of a stopped server."""
    rows = []
    base = 1 << 50
    for i in range(n):
        blob = vault.seal(master, d.number, "authenticator", f"totp_{base + i}", "sealed_secret", os.urandom(20))
        rows.append((d.number, base + i, 1, blob, 0, None, 1))
    with sqlite3.connect(server.database_file()) as db:
        db.execute("PRAGMA foreign_keys=OFF")
        db.executemany("INSERT INTO authenticator (deployment_id, id, user_id, sealed_secret, last_step, verified_at, created_at)"
                       " VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    db.close()


def left(server, d, new):
    """Seeds that the new key does not open."""
    return sum(not vault.opens(new, d.number, "authenticator", f"totp_{i}", "sealed_secret", bytes.fromhex(v)) for i, v in
               server.sql(f"SELECT id, hex(sealed_secret) FROM authenticator WHERE deployment_id = {d.number}"))


def is_resealed(server, d, new, number):
    (value,), = server.sql(f"SELECT hex(sealed_secret) FROM authenticator WHERE deployment_id = {d.number} AND id = {number}")
    return vault.opens(new, d.number, "authenticator", f"totp_{number}", "sealed_secret", bytes.fromhex(value))


def test_F29_killed_in_it(new_server, request):
    """
    kill -9 again and again while a great many seeds are sealed anew: each start goes on, with whichever keys are in
    the file by then; every row opens by one of the two at every moment, and at the end by the new one.
    """
    if request.getfixturevalue("engine") != "sqlite":
        pytest.skip("rows are written into a file")
    server = new_server().start()
    n = 1_000_000 if NIGHTLY else 3_000
    here = Inhabited(server)
    d = here.d
    server.stop()
    old = keys_in(key_file(server))[0]
    fill(server, d, n, old)
    server.start()
    _, new = rotate(server)
    kills, often = 0, 12 if NIGHTLY else 3
    remaining = n + 1
    while kills < often:
        # Somewhere in the next part of the rows, the first of all before the first row.
        target = (1 << 50) + n * kills // (often + 1)
        await_true(lambda: kills == 0 or is_resealed(server, d, new, target), 120)
        server.kill()
        kills += 1
        assert set(keys_in(key_file(server))) <= {old, new} and new in keys_in(key_file(server))
        for deployment, table, row, column, value in vault.sealed(server)[:: 500 if NIGHTLY else 1]:
            assert any(vault.opens(k, deployment, table, row, column, value) for k in (old, new)), (table, row)
        now = left(server, d, new)
        assert 0 < now <= remaining and (kills == 1 or now < n + 1)
        remaining = now
        if kills % 2:
            key_file(server).write_text(new.hex() + "\n")  # what the operator has left by now
        server.start()
    finish(server)
    assert left(server, d, new) == 0 and not any(vault.count(server, old).values())
    here.browser = here.browser.twin()
    here.check()
    server.stop()


@pytest.mark.parametrize("moment", ["before", "written", "switched"])
def test_F29_killed_at_the_turn(fresh, moment):
    """What a kill can leave of the file and the database, made by hand: each starts, and goes on to the end."""
    here = Inhabited(fresh)
    old, fresh_key = keys_in(key_file(fresh))[0], secrets.token_bytes(32)
    if moment == "before":  # a file beside it that was not renamed
        (fresh.data / "master.key.0123456789abcdef").write_text(f"{fresh_key.hex()}\n{old.hex()}\n")
    elif moment == "written":  # renamed, and nothing was changed in the database
        key_file(fresh).write_text(f"{fresh_key.hex()}\n{old.hex()}\n")
    else:  # changed, and the file has both still
        fresh.cli("master-key", "rotate")
        assert len(keys_in(key_file(fresh))) == 2
    fresh.kill()
    fresh.start()
    here.browser = here.browser.twin()
    here.check()
    if moment != "switched":
        _, new = rotate(fresh)
        assert moment == "before" or new == fresh_key, "the key that was made is the one that is used"
    finish(fresh)
    await_true(lambda: len(keys_in(key_file(fresh))) == 1)
    assert not any(vault.count(fresh, old).values())
    here.check()


def test_F33_a_backup_from_before_needs_the_key_from_before(fresh, tmp_path):
    """Restored, it is what it was: it opens with the key of its time, alone or behind the newer one, and rotates again."""
    if fresh.database:
        pytest.skip("a backup is a file")
    here = Inhabited(fresh)
    old = keys_in(key_file(fresh))[0]
    fresh.cli("backup", tmp_path / "b.db")
    _, new = rotate(fresh)
    finish(fresh)
    fresh.stop()
    for p in fresh.data.glob("sessiond.db*"):
        p.unlink()
    (fresh.data / "sessiond.db").write_bytes((tmp_path / "b.db").read_bytes())
    done = run("serve", "--data", fresh.data, "--listen", "127.0.0.1:0")
    assert done.returncode == 1 and "this is not the master key of this database" in done.stderr
    key_file(fresh).write_text(f"{new.hex()}\n{old.hex()}\n")
    fresh.start()
    assert shown(fresh)[key_id(old)]["state"] == "current"
    here.browser = here.browser.twin()
    here.check()
    fresh.cli("master-key", "rotate")
    assert shown(fresh)[key_id(new)]["state"] == "current"
    finish(fresh)
    assert not any(vault.count(fresh, old).values())


# ---- several nodes ----

def test_F29_no_node_is_left_behind(nodes):
    """
    A key that another node does not know yet is not used; once it does, both follow within moments, and what either seals
    the other opens.
    """
    one, two = nodes
    d = one.public_deployment(**ON)
    there = known_at(two, d)
    browser, _ = d.signed_in()
    app = totp.enrol(browser)
    await_true(lambda: len(one.sql("SELECT name FROM fact WHERE name LIKE 'master_key_node:%'")) == 2)
    old = keys_in(key_file(one))[0]
    done = one.try_cli("master-key", "rotate")
    assert done.returncode != 0 and "does not know the new master key yet" in done.stderr, done
    assert shown(one)[key_id(old)]["state"] == "current"
    new = keys_in(key_file(one))[0]
    key_file(two).write_bytes(key_file(one).read_bytes())
    two.process.send_signal(signal.SIGHUP)
    await_true(lambda: one.try_cli("master-key", "rotate").returncode == 0)
    assert shown(one)[key_id(new)]["state"] == "current"
    at_two = at(two, d).browser(token=browser.token)
    one.advance(60)
    two.advance(60)
    app._ahead = lambda: one.ahead
    assert step_up(at_two, code=app.code()).status == 200
    await_true(lambda: shown(two)[key_id(new)]["state"] == "current")
    other, _ = there.signed_in()
    seed = totp.enrol(other)
    one.advance(60)
    two.advance(60)
    seed._ahead = lambda: one.ahead
    assert step_up(d.browser(token=other.token), code=seed.code()).status == 200
    one.advance(SETTLED)
    two.advance(SETTLED)
    one.sweep()
    await_true(lambda: shown(two)[key_id(old)]["resealed"])
    assert not any(vault.count(one, old).values())


def jwks(d):
    return d.browser().send("GET", "/.well-known/jwks.json", check=False, keep=False).text


def test_F29_a_node_without_the_key_says_so_and_seals_nothing_for_long(nodes):
    """
    One that was taken for gone, and came back: it is not ready until its file has the key, and then it is. What it could not
    open meanwhile it reads again: it used to go on signing by a key that was withdrawn, until its next start.
    """
    one, two = nodes
    d = one.public_deployment()
    there = known_at(two, d)
    await_true(lambda: one.admin("GET", "/readyz").status == 200 and two.admin("GET", "/readyz").status == 200)
    one.advance(120)  # by its clock the other has said nothing for two minutes
    one.cli("master-key", "rotate")
    await_true(lambda: two.admin("GET", "/readyz").status == 503)
    assert two.log_contains("which is not in this node's file")
    one.cli("key", "rotate", "--deployment", d.host, "--now")
    await_true(lambda: two.log_contains("signing_key.sealed_scalar does not open"))
    key_file(two).write_bytes(key_file(one).read_bytes())
    await_true(lambda: two.admin("GET", "/readyz").status == 200)
    assert sorted(shown(two)) == sorted(shown(one))
    await_true(lambda: jwks(there) == jwks(d))


def test_F29_a_key_that_was_told_is_not_current_before_it_is_on_the_disk(fresh):
    """A server whose file is its own: the key that a rotation makes current is in that file, whatever it was told before."""
    (old,), told = keys_in(key_file(fresh)), secrets.token_hex(32)
    old = old if isinstance(old, str) else old.hex()
    fresh.cli("master-key", "learn", stdin=f"{told}\n{old}\n")
    fresh.cli("master-key", "rotate")
    assert len(keys_in(key_file(fresh))) == 2
    fresh.stop()
    fresh.start()
    assert shown(fresh)


def test_F29_what_a_node_has_in_memory_alone_it_does_not_know(nodes):
    """A new key that was taken out of a node's file again: that node would not start any more, were the key used."""
    one, two = nodes
    then = max(n.ahead for n in nodes) + SETTLED
    for node in nodes:
        node.advance(then - node.ahead)
    one.sweep()
    one.sweep()
    old, new = keys_in(key_file(one))[0], secrets.token_bytes(32)
    both = f"{new.hex()}\n{old.hex()}\n"

    def is_told():
        rows = one.sql("SELECT encode(value, 'escape') FROM fact WHERE name LIKE 'master_key_node:%'")
        return sum(key_id(new) in row[0] for row in rows)

    for text, knowing in ((both, 2), (old.hex() + "\n", 1)):
        if knowing == 2:
            key_file(one).write_text(both)
            one.process.send_signal(signal.SIGHUP)
        key_file(two).write_text(text)
        two.process.send_signal(signal.SIGHUP)
        await_true(lambda k=knowing: is_told() == k, 30)
    done = one.try_cli("master-key", "rotate")
    assert done.returncode != 0 and "does not know the new master key yet" in done.stderr, done
    key_file(two).write_text(both)
    two.process.send_signal(signal.SIGHUP)
    await_true(lambda: is_told() == 2, 30)
    done = race([lambda n=n: n.try_cli("master-key", "rotate") for n in nodes])
    assert sorted(r.returncode for r in done) == [0, 1], done
    await_true(lambda: all(shown(n)[key_id(new)]["state"] == "current" for n in nodes))
