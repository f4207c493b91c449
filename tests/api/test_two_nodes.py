"""Two servers on one PostgreSQL: what one revokes is dead on the other, and both count as one. F-26, F-30, AUT-04, TOT-02, V-58."""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import copy
import shutil
import signal
import subprocess
import time

import pytest

import pgserver
import totp
from conftest import TRUSTED, new_database
from flows import OTP, code_to, prepare, start, verify
from harness import Server, race
from hooks import Endpoint, Receiver
from mailserver import await_true
from test_factors import ON

LATEST = 1.0  # seconds after which nothing that was revoked is answered any more


@pytest.fixture(scope="module")
def engine_url():
    with pgserver.server() as url:
        yield url


@pytest.fixture(scope="module")
def database(engine_url):
    return new_database(engine_url)


@contextlib.contextmanager
def pair(database, tmp_path_factory, **kw):
    one = Server(tmp_path_factory.mktemp("one"), TRUSTED, database=database, **kw)
    two = Server(tmp_path_factory.mktemp("two"), TRUSTED, database=database, **kw)
    with one:
        two.data.mkdir(parents=True)
        two.data.chmod(0o700)
        shutil.copy(one.data / "master.key", two.data / "master.key")
        with two:
            yield one, two


@pytest.fixture(scope="module")
def nodes(database, tmp_path_factory):
    with pair(database, tmp_path_factory) as both:
        yield both


def at(node, deployment):
    """The same deployment, by another node."""
    other = copy.copy(deployment)
    other.server = node
    return other


def known_at(node, deployment):
    """The same, as soon as that node knows of it."""
    other = at(node, deployment)
    deadline = time.monotonic() + LATEST
    while other.browser().send("GET", "/session", check=False, keep=False).status != 200:
        assert time.monotonic() < deadline, "a new deployment is not known to the other node"
    return other


@pytest.fixture
def signed_in(nodes):
    """A browser at each node, with one session; warm on the second."""
    one, two = nodes
    d = one.public_deployment()
    here, who = d.signed_in()
    there = known_at(two, d).browser(token=here.token)
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


def test_V58_a_deleted_user_is_out_on_both(signed_in, nodes):
    here, there, who = signed_in
    nodes[0].cli("user", "delete", who.id, "--deployment", here.deployment.host)
    assert not here.is_signed_in
    until_signed_out(there)


def test_F30_a_code_has_one_winner_on_both_together(nodes):
    one, two = nodes
    d = one.public_deployment(**OTP)
    other = known_at(two, d)
    for _ in range(5):
        who, browser = d.person(), d.browser()
        attempt = start(browser, email=who.email).attempt
        prepare(browser, attempt)
        code = code_to(d, who.email, "sign_in_code")
        tabs = [at_.browser(token=browser.token) for at_ in (d, other) for _ in range(50)]
        got = race([lambda b=b: verify(b, attempt, code) for b in tabs])
        assert [g.status for g in got].count(200) == 1


def test_TOT02_a_code_of_an_app_has_one_winner_on_both_together(nodes):
    one, two = nodes
    d = one.public_deployment(**ON)
    other = known_at(two, d)
    browser, _ = d.signed_in()
    code = totp.enrol(browser).code()
    tabs = [at_.browser(token=browser.token) for at_ in (d, other) for _ in range(20)]
    got = race([lambda b=b: b.post("/session/step-up", {"code": code}) for b in tabs])
    assert [g.status for g in got].count(200) == 1


def test_AUT04_both_nodes_count_the_tries_at_an_account(engine_url, tmp_path_factory):
    with pair(new_database(engine_url), tmp_path_factory, limited=True) as (one, two):
        d = one.public_deployment()
        who, other = d.person(), known_at(two, d)
        codes = [at_.browser().sign_in(who, "not-the-password").code for _ in range(8) for at_ in (d, other)]
        assert codes.count("INVALID_CREDENTIALS") == 10 and codes[10:] == ["RATE_LIMITED"] * 6
        assert [at_.browser().sign_in(who).code for at_ in (d, other)] == ["RATE_LIMITED"] * 2


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


def test_events_are_told_in_order_whoever_tells_them(nodes):
    """Both nodes send. Each event arrives, those about one person in the order of what was done, on whichever node that was."""
    receiver, one = Receiver(), nodes[0].deployment()
    other = known_at(nodes[1], one)
    endpoint = Endpoint(one, receiver.url, "user.disabled,user.enabled")
    people = [one.person() for _ in range(3)]
    for i in range(10):
        for who in people:
            (one, other)[i // 2 % 2].server.cli("user", "disable" if i % 2 == 0 else "enable", who.email, "--deployment", one.host)
    for who in people:
        posts = receiver.await_posts(10, about=who.id)
        assert [p.type for p in posts] == ["user.disabled", "user.enabled"] * 5 and len({p.id for p in posts}) == 10
    await_true(lambda: {x["state"] for x in endpoint.deliveries()} == {"sent"})
    receiver.close()
