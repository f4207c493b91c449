"""conftest.py - what goes wrong around a server: its end, its disk, its database, its clients. Uses the claims' harness."""
# SPDX-License-Identifier: Apache-2.0
import os
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "api"), str(ROOT / "tests")]

from harness import Server  # noqa: E402


@pytest.fixture
def new_server(tmp_path):
    """Makes servers that are not started yet; one that a failed test left running ends with it."""
    made = []

    def make(*args, **kw):
        made.append(Server(tmp_path / "server", ["--trusted-proxy", "127.0.0.1/32", *args], **kw))
        return made[-1]

    yield make
    for server in made:
        if server.process is not None:
            server.kill()


@pytest.fixture(scope="session")
def often():
    """often(short, nightly): how many times; NIGHTLY=1 in the environment has the longer runs."""
    return lambda short, nightly: nightly if os.environ.get("NIGHTLY") == "1" else short
