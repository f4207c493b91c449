# SPDX-License-Identifier: Apache-2.0
"""Programs on their cores, and what the kernel says about them."""

import contextlib
import json
import os
import signal
import statistics
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
TMP = os.path.join(HERE, "tmp")
TICK = os.sysconf("SC_CLK_TCK")
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE = str(CORES[0])
LOAD_CORE = str(CORES[-1])
ALL_CORES = ",".join(map(str, CORES))


class Program:
    """A server under test: started on its cores, looked at, and ended."""

    def __init__(self, argv, cores=SERVER_CORE, env=None, ready=None, log="server.log", cwd=None):
        self.log = open(os.path.join(TMP, log), "ab")
        self.began = time.monotonic()
        self.process = subprocess.Popen(["taskset", "-c", cores, *argv], stdout=subprocess.PIPE, stderr=self.log,
                                        stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})}, cwd=cwd)
        self.pid = self.process.pid
        self.said = []
        for word in ready or ():
            self.wait_for(word)

    def wait_for(self, word):
        for line in self.process.stdout:
            self.said.append(line.decode().strip())
            if word in self.said[-1]:
                return
        raise RuntimeError(f"{self.process.args}: ended without saying {word!r}; see {self.log.name}")

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stdout.close()
        self.log.close()

    def pids(self):
        """This process and its children: nginx works in a child, npm's node too."""
        children = []
        with contextlib.suppress(OSError):
            with open(f"/proc/{self.pid}/task/{self.pid}/children", encoding="ascii") as f:
                children = [int(p) for p in f.read().split()]
        return [self.pid, *children]

    def cpu_s(self):
        """User and system time so far."""
        total = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/stat", encoding="ascii") as f:
                fields = f.read().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICK

    def rss(self):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as f:
            return next(int(line.split()[1]) * 1024 for line in f if line.startswith("VmRSS"))

    def written(self):
        with open(f"/proc/{self.pid}/io", encoding="ascii") as f:
            return next(int(line.split()[1]) for line in f if line.startswith("write_bytes"))


@contextlib.contextmanager
def running(program):
    try:
        yield program
    finally:
        program.stop()


def wrk(url, path, seconds, connections=64, cores=LOAD_CORE, seed=1):
    """One run of wrk over the requests in a file; its figures."""
    said = subprocess.run(["taskset", "-c", cores, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s",
                           "-s", os.path.join(HERE, "wrk_requests.lua"), url, "--", path, str(seed)],
                          check=True, capture_output=True, text=True).stdout
    got = json.loads(next(line[5:] for line in said.splitlines() if line.startswith("JSON ")))
    got["rate"] = got["requests"] / got["seconds"]
    return got


def tool(name):
    return os.path.join(ROOT, os.environ.get("BENCH_BUILD", "build"), "bench", name)


def load(port, path, *flags, cores=LOAD_CORE):
    """One run of bench/load over the requests in a file; its figures."""
    said = subprocess.run(["taskset", "-c", cores, tool("load"), *map(str, flags), f"127.0.0.1:{port}", path],
                          check=True, capture_output=True, text=True).stdout
    got = json.loads(said)
    got["rate"] = got["requests"] / got["seconds"]
    return got


def run_json(name, *args, cores=SERVER_CORE):
    return json.loads(subprocess.run(["taskset", "-c", cores, tool(name), *map(str, args)], check=True,
                                     capture_output=True, text=True).stdout)


def measure(program, shoot):
    """What a shot at the program gave, with the program's time for it."""
    wall, cpu = time.monotonic(), program.cpu_s()
    got = shoot()
    cpu, wall = program.cpu_s() - cpu, time.monotonic() - wall
    got["cpu_us"] = cpu / max(got["requests"], 1) * 1e6
    got["busy"] = cpu / wall
    return got


def median(values):
    return statistics.median(values)


def spread(values):
    """Half the distance between the quartiles, as a share of the median."""
    if len(values) < 3:
        return 0.0
    low, _, high = statistics.quantiles(values, n=4)
    return (high - low) / 2 / statistics.median(values)

