#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A throwaway PostgreSQL for tests: in a directory of its own, on a Unix socket only, gone afterwards.

    tests/pgserver.py -- COMMAND…     runs COMMAND with SESSIOND_TEST_PG=URL in its environment
    with pgserver.server() as url:    the same inside a Python test

Run as root, the server runs as the user postgres, for it refuses to run as root.
"""

import contextlib
import glob
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time

START_S = 30
# A test's data need not survive a power failure, and nobody is to come in by TCP.
SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "listen_addresses=", "max_connections=200",
            "shared_buffers=32MB", "deadlock_timeout=50ms", "autovacuum=off", "log_min_messages=panic")


def program(name):
    found = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), key=lambda p: float(p.split("/")[4]))
    if not found:
        raise FileNotFoundError(f"no {name} in /usr/lib/postgresql/*/bin: install the package postgresql")
    return found[-1]


def as_owner(*command):
    """The command, as the user who owns the data; it ends when this process does, however that ends."""
    drop = []
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        drop = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    return ["setpriv", *drop, "--pdeathsig=QUIT", *command]


def make_directory():
    path = tempfile.mkdtemp(prefix="sessiond-pg-", dir="/tmp")
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(path, user.pw_uid, user.pw_gid)
    return path


def wait_until_ready(process, path):
    """The line "ready" in postmaster.pid, as pg_ctl does it: without a connection."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"postgres ended with status {process.returncode}")
        with contextlib.suppress(FileNotFoundError):
            with open(os.path.join(path, "data", "postmaster.pid"), encoding="ascii") as f:
                if f.read().split("\n")[7:8] == ["ready   "]:
                    return
        time.sleep(0.02)
    raise TimeoutError(f"postgres was not ready within {START_S} s")


@contextlib.contextmanager
def server():
    """Yields the URL of a database whose one user may do anything."""
    path = make_directory()
    process = None
    try:
        data = os.path.join(path, "data")
        subprocess.run(as_owner(program("initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
                                "--locale=C.UTF-8", "--no-sync", "--no-instructions"),
                       check=True, stdout=subprocess.DEVNULL, cwd="/")
        options = [word for s in SETTINGS for word in ("-c", s)]
        process = subprocess.Popen(as_owner(program("postgres"), "-D", data, "-k", path, *options), cwd="/",
                                   stdin=subprocess.DEVNULL)
        wait_until_ready(process, path)
        yield f"postgresql:///postgres?host={path}&user=postgres"
    finally:
        if process is not None:
            process.send_signal(signal.SIGQUIT)  # at once: nothing in it is wanted any more
            process.wait()
        shutil.rmtree(path, ignore_errors=True)


def main(argv):
    if argv[:1] == ["--"]:
        argv = argv[1:]
    if not argv or argv[0] in ("-h", "--help"):
        print(__doc__)
        return 2
    try:
        program("postgres")
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 77  # what Meson takes for "skipped"
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the directory goes even then
    with server() as url:
        return subprocess.run(argv, env={**os.environ, "SESSIOND_TEST_PG": url}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
