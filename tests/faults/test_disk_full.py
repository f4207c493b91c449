"""No room to write: reads go on, writes are refused, nothing acknowledged is lost, and it passes by itself. F-05."""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import os
import pathlib
import resource
import subprocess
import time

import pytest

from load import Crowd, Renames

HEALS_WITHIN_S = 1


@contextlib.contextmanager
def file_limit(server):
    """No file may grow: EFBIG, which SQLite takes for an I/O error, and a signal that ends who does not ignore it."""
    wal = pathlib.Path(f"{server.database_file()}-wal")
    old = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (wal.stat().st_size, old[1]))
    yield
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, old)


@contextlib.contextmanager
def no_space(server):
    """ENOSPC, down to the last byte."""
    ballast = server.data.parent / "ballast"
    fd = os.open(ballast, os.O_WRONLY | os.O_CREAT)
    for step in (65536, 4096, 1):
        with contextlib.suppress(OSError):
            while True:
                os.write(fd, b"x" * step)
    os.close(fd)
    yield
    ballast.unlink()


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 20 MB for the data directory."""
    where = tmp_path / "disk"
    where.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", where], capture_output=True, check=False).returncode != 0:
        pytest.skip("mounting a small file system takes root")
    yield where
    subprocess.run(["umount", "-l", where], check=True)


def go_through(server, full, times):
    with server:
        deployment = server.deployment()
        reader, _ = deployment.signed_in()
        renames = Renames(deployment, 4)
        for _ in range(times):
            for i in range(4):
                renames(i)
            with full(server):
                renames.statuses.clear()
                with Crowd(4, renames):
                    while renames.statuses.get(503, 0) < 20:
                        time.sleep(0.01)
                    assert {reader.get("/session").status for _ in range(20)} == {200}
                    assert reader.get("/me").status == 200 == deployment.browser().get("/session").status
                assert renames.people[0][0].post("/me", {"first_name": "Full"}, check=False).status == 503
            healed = time.monotonic() + HEALS_WITHIN_S
            while renames.people[0][0].post("/me", {"first_name": "Healed"}, check=False).status != 200:
                assert time.monotonic() < healed, server.log()[-2000:]
            assert renames.now(0).data["first_name"] == "Healed"
            assert all(renames.is_kept(i) for i in (1, 2, 3))


def test_F05_no_file_may_grow(new_server, often):
    go_through(new_server(), file_limit, often(2, 20))


def test_F05_disk_full(new_server, often, small_disk):
    server = new_server()
    server.data = small_disk / "data"
    go_through(server, no_space, often(2, 20))
