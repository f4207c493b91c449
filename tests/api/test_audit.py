"""The audit log: every event once, in a chain that shows whatever was done to it from outside."""
# SPDX-License-Identifier: Apache-2.0
import json
import sqlite3
import subprocess

import pytest

from harness import run


def cli(server, *args):
    where = ["--database", server.database] if server.database else []
    return run(*args, "--data", server.data, *where)


def tamper(server, query):
    """As somebody would who has the database and nothing else."""
    if server.database:
        subprocess.run(["psql", server.database, "-Xqc", query], check=True, capture_output=True)
        return
    db = sqlite3.connect(server.database_file())
    db.execute(query)
    db.commit()
    db.close()


def export(server, d, *args):
    return [json.loads(x) for x in server.cli("audit", "export", "--deployment", d.host, *args).splitlines()]


def verify(server, d, *args):
    return server.cli_json("audit", "verify", "--deployment", d.host, *args)


# Each to a chain of its own: D is that deployment.
CHANGES = [
    "UPDATE audit SET ip_address = '192.0.2.1' WHERE deployment_id = D AND seq = 3",
    "UPDATE audit SET event = 'signin.ended' WHERE deployment_id = D AND seq = 3",
    "UPDATE audit SET detail = '{\"x\": 1}' WHERE deployment_id = D AND seq = 3",
    "UPDATE audit SET user_id = 1 WHERE deployment_id = D AND seq = 3",
    "UPDATE audit SET at = at + 1 WHERE deployment_id = D AND seq = 3",
    "DELETE FROM audit WHERE deployment_id = D AND seq = 3",
    "DELETE FROM audit WHERE deployment_id = D AND seq = (SELECT MAX(seq) FROM audit WHERE deployment_id = D)",
    "UPDATE audit_head SET seq = seq - 1 WHERE deployment_id = D",
    "UPDATE audit SET seq = NULL, chain_mac = NULL, at = at - 120000000 WHERE deployment_id = D"
    " AND seq = (SELECT MAX(seq) FROM audit WHERE deployment_id = D)",
    "INSERT INTO audit (deployment_id, id, at, event, actor, ip_address, detail) SELECT deployment_id, id + 1, at - 120000000,"
    " 'user.deleted', 'operator', '', '{}' FROM audit WHERE deployment_id = D AND seq = 3",
]


@pytest.fixture(scope="module")
def chained(new_server):
    """A stopped server, and a deployment with a chain of a few events for each change, and two more."""
    server = new_server().start()
    ds = [server.deployment() for _ in range(len(CHANGES) + 2)]
    for d in ds:
        for _ in range(4):
            d.person()
    server.sweep()
    server.stop()
    return server, ds


def test_every_event_once_and_in_order(server):
    d = server.deployment()
    who = d.person()
    b = d.browser()
    assert b.sign_in(who).status == 200
    assert b.post("/me", {"first_name": "Ann"}).status == 200
    assert b.post("/session/sign-out").status == 200
    server.sweep()
    events = export(server, d)
    assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
    names = [e["event"] for e in events]
    for name in ("deployment.created", "user.created", "signin.created", "user.updated", "session.signed_out"):
        assert names.count(name) == 1, names
    assert len({e["id"] for e in events}) == len(events)
    assert verify(server, d)["events"] == len(events)
    assert export(server, d, "--after", "2", "--limit", "1") == events[2:3]


def test_OPS02_an_event_says_who_from_where_and_when(server):
    d = server.deployment()
    who = d.person()
    b = d.browser(ip="203.0.113.77")
    assert b.sign_in(who).status == 200
    server.sweep()
    event = next(e for e in export(server, d) if e["event"] == "signin.created")
    assert event["user_id"] == event["actor"] == b.session()["user"]["id"]
    assert event["ip_address"] == "203.0.113.77" and event["session_id"] == b.session()["id"] and event["at"].endswith("Z")


def test_chains_of_two_deployments_are_apart(server):
    one, two = server.deployment(), server.deployment()
    one.person()
    server.sweep()
    assert [e["seq"] for e in export(server, two)] == [1]
    assert verify(server, one)["end"] != verify(server, two)["end"]



def test_an_untouched_chain_verifies_without_a_server(chained):
    server, ds = chained
    done = cli(server, "audit", "verify", "--deployment", ds[-1].host)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["events"] == 5


@pytest.mark.parametrize("change", range(len(CHANGES)))
def test_what_was_done_to_the_table_shows(chained, change):
    server, ds = chained
    tamper(server, CHANGES[change].replace("= D", f"= {ds[change].number}"))
    done = cli(server, "audit", "verify", "--deployment", ds[change].host)
    assert done.returncode == 1 and "chain" in done.stderr and done.stdout == ""


def test_an_end_written_down_elsewhere_shows_that_the_chain_was_cut(chained):
    server, ds = chained
    d, of = ds[-2], f"deployment_id = {ds[-2].number}"
    end = json.loads(cli(server, "audit", "verify", "--deployment", d.host).stdout)["end"]
    assert cli(server, "audit", "verify", "--deployment", d.host, "--expect", end).returncode == 0
    last = int(end.split(":")[0])
    tamper(server, f"DELETE FROM audit WHERE {of} AND seq = {last}")
    tamper(server, f"UPDATE audit_head SET seq = {last - 1}, chain_mac ="
                   f" (SELECT chain_mac FROM audit WHERE {of} AND seq = {last - 1}) WHERE {of}")
    assert cli(server, "audit", "verify", "--deployment", d.host).returncode == 0, "from the inside it looks whole"
    done = cli(server, "audit", "verify", "--deployment", d.host, "--expect", end)
    assert done.returncode == 1 and f"seq {last}" in done.stderr


@pytest.mark.parametrize("words", [["--expect", "x"], ["--expect", "0:aa"], ["--expect", "12"]])
def test_nonsense_is_refused(server, words):
    d = server.deployment()
    done = server.try_cli("audit", "verify", "--deployment", d.host, *words)
    assert done.returncode not in (0, -6, -11) and "SEQ:MAC" in done.stderr
