"""A PostgreSQL that goes away and comes back under load. F-09, F-10, F-14."""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import os
import signal
import time

import pytest

from database import Database
from load import Crowd, Renames, SignUps

BACK_WITHIN_S = 3
SILENT_S = 10  # the server gives up after 5, and a machine may be slow


@pytest.fixture
def database():
    d = Database()
    d.start()
    yield d
    d.remove()


def restart(how):
    def fault(database):
        database.end(how)
        database.start()
    return fault


def cut(database):
    """Every connection, in whatever it is doing: also between COMMIT and its answer."""
    for _ in range(5):
        database.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sessiond'")


def await_back(server, renames):
    """Each worker connects again for itself, after a pause of its own: all of them are back when none says 503 any more."""
    back, good = time.monotonic() + BACK_WITHIN_S, 0
    while good < 40:
        good = good + 1 if renames.now(0).status == 200 else 0
        assert time.monotonic() < back, server.log()[-2000:]


FAULTS = {"fast": restart(signal.SIGINT), "immediate": restart(signal.SIGQUIT), "killed": restart(signal.SIGKILL), "cut": cut}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_F09_F10_the_database_goes_and_comes_back(new_server, database, often, fault):
    with new_server("--hash-share", "100", "--workers", "6", database=database.url) as server:
        deployment = server.deployment()
        most = int(database.ask("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'sessiond'"))
        sign_ups, renames = SignUps(deployment), Renames(deployment, 4)
        for _ in range(often(1, 25)):
            with Crowd(4, sign_ups), Crowd(4, renames):
                while sum(sign_ups.statuses.values()) < 10:
                    time.sleep(0.01)
                fault(database)
                await_back(server, renames)
                sign_ups.statuses.clear()
            assert set(renames.statuses) <= {200, 503}, renames.statuses
            assert int(database.ask("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'sessiond'")) <= most
            assert all(renames.is_kept(i) for i in range(4))
        assert sign_ups.acknowledged and all(sign_ups.is_kept(*one) for one in sign_ups.acknowledged)


@contextlib.contextmanager
def frozen(database):
    """Stopped, not gone: it takes what is sent, and says nothing."""
    pids = database.all_processes()
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


class Timed:
    """The same work, and how long the longest of it took."""

    def __init__(self, work):
        self.work, self.longest_s = work, 0

    def __call__(self, i):
        began = time.monotonic()
        self.work(i)
        self.longest_s = max(self.longest_s, time.monotonic() - began)


def test_F14_a_database_that_does_not_answer(new_server, database):
    """Each request has its 503 within seconds, whatever it was in the middle of or waiting for, and all is well when it
    goes on. More clients than workers: those behind must not wait for those before to give up, one after the other."""
    with new_server("--workers", "6", database=database.url) as server:
        renames = Renames(server.deployment(), 16)
        timed = Timed(renames)
        with Crowd(16, timed):
            while sum(renames.statuses.values()) < 100:
                time.sleep(0.01)
            with frozen(database):
                while renames.statuses.get(503, 0) < 48:  # more than once each: those after the first find it silent
                    time.sleep(0.01)
                assert server.admin("GET", "/readyz").status == 503
            await_back(server, renames)
        assert timed.longest_s < SILENT_S, timed.longest_s
        assert set(renames.statuses) == {200, 503}, renames.statuses
        assert all(renames.is_kept(i) for i in range(16))
