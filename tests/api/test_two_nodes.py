"""test_two_nodes.py - two servers on one PostgreSQL: what one revokes is dead on the other (F-26)."""
# SPDX-License-Identifier: Apache-2.0
import copy
import shutil
import signal
import subprocess
import time

import pytest

import pgserver
from conftest import TRUSTED, new_database
from harness import Server

LATEST = 1.0  # seconds after which nothing that was revoked is answered any more


@pytest.fixture(scope="module")
def database():
    with pgserver.server() as url:
        yield new_database(url)


@pytest.fixture(scope="module")
def nodes(database, tmp_path_factory):
    one = Server(tmp_path_factory.mktemp("one"), TRUSTED, database=database)
    two = Server(tmp_path_factory.mktemp("two"), TRUSTED, database=database)
    with one:
        two.data.mkdir(parents=True)
        two.data.chmod(0o700)
        shutil.copy(one.data / "master.key", two.data / "master.key")
        with two:
            yield one, two


def at(node, deployment):
    """The same deployment, by another node."""
    other = copy.copy(deployment)
    other.server = node
    return other


@pytest.fixture
def signed_in(nodes):
    """A browser at each node, with one session; warm on the second."""
    one, two = nodes
    d = one.public_deployment()
    here, who = d.signed_in()
    there = at(two, d).browser(token=here.token)
    deadline = time.monotonic() + LATEST
    while there.send("GET", "/session", check=False, keep=False).status != 200:
        assert time.monotonic() < deadline, "a new deployment is not known to the other node"
    assert there.is_signed_in
    hits = two.metric("sessiond_cache_hits_total")
    assert there.is_signed_in and there.is_signed_in
    assert two.metric("sessiond_cache_hits_total") > hits
    return here, there, who


def until_signed_out(browser):
    began = time.monotonic()
    while browser.is_signed_in:
        assert time.monotonic() - began < LATEST
    return time.monotonic() - began


def test_F26_a_sign_out_is_seen_by_the_other_node(signed_in):
    here, there, _ = signed_in
    here.send("POST", "/session/sign-out")
    until_signed_out(there)


def test_F26_a_disabled_user_is_out_on_both(signed_in, nodes):
    here, there, who = signed_in
    nodes[0].cli("user", "disable", who.id, "--deployment", here.deployment.host)
    assert not here.is_signed_in
    until_signed_out(there)


def test_F26_a_command_without_a_server_is_seen_too(signed_in, nodes, database, tmp_path):
    """The operator's machine has only the database's address and the key."""
    here, there, who = signed_in
    elsewhere = Server(tmp_path, database=database)
    elsewhere.data.mkdir(mode=0o700)
    shutil.copy(nodes[0].data / "master.key", elsewhere.data / "master.key")
    elsewhere.cli("user", "disable", who.id, "--deployment", here.deployment.host, "--database", database)
    until_signed_out(here)
    until_signed_out(there)


def test_F26_a_stopped_node_reads_the_log_before_it_answers(signed_in, nodes):
    here, there, _ = signed_in
    two = nodes[1]
    two.process.send_signal(signal.SIGSTOP)
    try:
        here.send("POST", "/session/sign-out")
        # Longer than its lease: it may go on any time after that.
        until = time.monotonic() + LATEST
        while time.monotonic() < until:
            assert not here.is_signed_in
    finally:
        two.process.send_signal(signal.SIGCONT)
    assert not there.is_signed_in


def test_F26_a_long_transaction_elsewhere_stops_nobody(signed_in, nodes, database):
    here, there, _ = signed_in
    idle = subprocess.Popen(["psql", database, "-qXAt"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        idle.stdin.write("BEGIN; SELECT pg_current_xact_id();\n")
        idle.stdin.flush()
        idle.stdout.readline()
        hits = nodes[1].metric("sessiond_cache_hits_total")
        assert there.is_signed_in and there.is_signed_in
        assert nodes[1].metric("sessiond_cache_hits_total") > hits
        here.send("POST", "/session/sign-out")
        until_signed_out(there)
    finally:
        idle.stdin.close()
        idle.wait(10)


def test_F26_the_lag_is_told(nodes):
    assert all(node.metric("sessiond_revocation_lag_seconds") <= 0.9 for node in nodes)
