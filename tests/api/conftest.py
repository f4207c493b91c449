"""
conftest.py - the servers and deployments that tests ask for by name.

/usr/bin/python3 -m pytest -n 2 --dist loadfile tests/api [--engine=sqlite|postgresql|both]; SESSIOND names the binary.
"""
# SPDX-License-Identifier: Apache-2.0
import os
import pathlib
import secrets
import subprocess
import sys

import pytest

sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).parents[1])]

import pgserver  # noqa: E402
from harness import Server, binary  # noqa: E402
from nameserver import NameServer  # noqa: E402

TRUSTED = ["--trusted-proxy", "127.0.0.1/32"]


def pytest_addoption(parser):
    parser.addoption("--engine", default=os.environ.get("ENGINE", "sqlite"), choices=["sqlite", "postgresql", "both"],
                     help="the database under the server")


def pytest_generate_tests(metafunc):
    if "engine" in metafunc.fixturenames:
        choice = metafunc.config.getoption("engine")
        metafunc.parametrize("engine", ["sqlite", "postgresql"] if choice == "both" else [choice], scope="session")


def pytest_sessionstart(session):
    if not os.access(binary(), os.X_OK):
        raise pytest.UsageError(f"no server at {binary()}: build it, or set SESSIOND")


@pytest.fixture(scope="session")
def new_server(engine, tmp_path_factory):
    """Makes servers that are not started yet, each on a database of its own."""
    if engine == "sqlite":
        yield lambda args=(), **kw: Server(tmp_path_factory.mktemp("server"), [*TRUSTED, *args], **kw)
        return
    with pgserver.server() as url:
        yield lambda args=(), **kw: Server(tmp_path_factory.mktemp("server"), [*TRUSTED, *args],
                                           database=new_database(url), **kw)


@pytest.fixture(scope="module")
def dns(tmp_path_factory):
    with NameServer(tmp_path_factory.mktemp("knot")) as s:
        yield s


@pytest.fixture(scope="module")
def dns_server(dns, new_server):
    """A server that asks that name server alone."""
    with new_server(["--dns-server", dns.address]) as s:
        yield s


def new_database(url):
    name = f"t{secrets.token_hex(6)}"
    subprocess.run(["psql", url, "-qXc", f"CREATE DATABASE {name}"], check=True)
    return url.replace("/postgres?", f"/{name}?")


@pytest.fixture(scope="session")
def server(new_server):
    """Shared by all tests that only need a deployment of their own."""
    with new_server() as s:
        yield s


@pytest.fixture(scope="session")
def clock_server(new_server):
    """Shared by tests that move the clock."""
    with new_server() as s:
        yield s


@pytest.fixture(scope="session")
def limited_server(new_server):
    """With the limits a fresh installation has."""
    with new_server(limited=True) as s:
        yield s


@pytest.fixture
def production(server):
    return server.deployment("production")


@pytest.fixture
def staging(server):
    return server.deployment("staging")


@pytest.fixture(params=["production", "staging"])
def deployment(request, server):
    """Both ways of carrying the session."""
    return server.deployment(request.param)
