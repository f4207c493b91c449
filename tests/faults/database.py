"""database.py - a PostgreSQL of a test's own, which can be ended, killed and started again."""
# SPDX-License-Identifier: Apache-2.0
import os
import pathlib
import shutil
import signal
import subprocess
import time

import pgserver

# Unlike pgserver's own, this one keeps what it acknowledged when it is killed.
SETTINGS = ("listen_addresses=", "max_connections=100", "shared_buffers=32MB", "autovacuum=off", "log_min_messages=panic")


class Database:
    def __init__(self, *settings):
        self.path, self.process, self.settings = pgserver.make_directory(), None, [*SETTINGS, *settings]
        self.data = os.path.join(self.path, "data")
        self.url = f"postgresql:///postgres?host={self.path}&user=postgres"
        subprocess.run(pgserver.as_owner(pgserver.program("initdb"), "-D", self.data, "-U", "postgres", "-A", "trust", "-E",
                                         "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"),
                       check=True, stdout=subprocess.DEVNULL, cwd="/")

    def start(self):
        """Backends of one that was killed may hold its memory for a moment: then once more."""
        pathlib.Path(self.data, "postmaster.pid").unlink(missing_ok=True)
        for _ in range(50):
            self.process = subprocess.Popen(
                pgserver.as_owner(pgserver.program("postgres"), "-D", self.data, "-k", self.path,
                                  *[w for s in self.settings for w in ("-c", s)]), cwd="/", stdin=subprocess.DEVNULL)
            try:
                pgserver.wait_until_ready(self.process, self.path)
                return
            except RuntimeError:
                time.sleep(0.1)
        raise TimeoutError("PostgreSQL does not start again")

    def end(self, how):
        self.process.send_signal(how)
        self.process.wait()

    def all_processes(self):
        children = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=False)
        return [self.process.pid, *map(int, children.stdout.split())]

    def ask(self, query):
        return subprocess.run(["psql", self.url, "-XAtc", query], capture_output=True, text=True, check=True).stdout.strip()

    def remove(self):
        self.end(signal.SIGQUIT)
        shutil.rmtree(self.path, ignore_errors=True)
