# SPDX-License-Identifier: Apache-2.0
"""The first release's figures: rates, memory, start, and what is written to the disk."""

import os
import subprocess
import time

import rig
import seeds
from report import Row


def rates(c):
    """Sign-in, sign-out and GET /session, on all cores but what the load takes."""
    first = c.people // 2
    warm = seeds.session_requests("warm.req", 1, 10000)
    ins = seeds.sign_in_requests("ins.req", first, c.pick(4000, 800))
    outs = seeds.sign_out_requests("outs.req", first + 100000 if c.people > 400000 else first + 5000, c.pick(40000, 4000))
    with rig.running(seeds.Server(c.big, "--trusted-proxy", "127.0.0.1", cores=rig.ALL_CORES)) as s:
        rig.load(s.port, warm, "-1", "-d", 120, "-w", 0)
        got = rig.load(s.port, warm, "-d", c.pick(8, 3))
        c.add(Row("get-rate", "GET /session, 10,000 sessions, server and load on the same cores", got["rate"], "/s",
                  note=f"p99 {got['p99_us'] / 1e3:.2f} ms; not 200: {got['requests'] - got['ok']}"))
        got = rig.load(s.port, ins, "-1", "-c", 16, "-d", 120, "-w", 0)
        c.add(Row("signin-rate", "Sign-in, 16 connections", got["rate"], "/s",
                  note=f"p99 {got['p99_us'] / 1e3:.0f} ms; not 200: {got['requests'] - got['ok']}"))
        got = rig.load(s.port, outs, "-1", "-c", 64, "-d", 120, "-w", 0)
        c.add(Row("signout-rate", "Sign-out, 64 connections, each on disk before its answer", got["rate"], "/s",
                  note=f"p99 {got['p99_us'] / 1e3:.2f} ms; not 200: {got['requests'] - got['ok']}"))


def start_time(c):
    """From the start of the process to the first 200, on data that is there."""
    times, sizes = [], []
    for _ in range(c.pick(20, 5)):
        with rig.running(seeds.Server(c.big, cores=rig.ALL_CORES)) as s:
            status, _, _ = s.ask(("GET", "/session", seeds.cookie(1)))
            times.append((time.monotonic() - s.began) * 1e3)
            sizes.append(s.rss() / 1e6)
            assert status == 200, status
    c.add(Row("start", f"Start to first 200 with {c.people:,} sessions stored, median of {len(times)}", rig.median(times),
              "ms", "≤", 50, note=f"worst {max(times):.0f} ms"))
    c.add(Row("rss", "Memory after the first answer (RSS)", rig.median(sizes), "MB", "≤", 20))


def sizes_of(path):
    return {name: os.path.getsize(os.path.join(path, name)) for name in os.listdir(path) if name.startswith("sessiond.db")}


def no_writes(c):
    """A crawler costs no storage."""
    n = c.pick(1000000, 100000)
    plain = seeds.write_requests("plain.req", (("GET", "/session", {}, b"") for _ in range(n)))
    with rig.running(seeds.Server(c.big)) as s:
        s.ask(("GET", "/session", {}))
        before, files = s.written(), sizes_of(c.big)
        got = rig.load(s.port, plain, "-1", "-d", 600, "-w", 0)
        wrote = s.written() - before + sum(abs(sizes_of(c.big)[k] - v) for k, v in files.items())
    c.add(Row("crawler", f"Bytes written by {got['ok']:,} GET /session without a cookie", wrote, "B", "≤", 0,
              note=f"{got['rate']:,.0f}/s"))


def commits(s):
    return s.metrics()["sessiond_store_commits_total"]


def flushes_per_commit(c, path, requests):
    """By the tracer's count over the server's whole life. Tracing slows it, so this is not where its pace is taken from."""
    trace = os.path.join(rig.TMP, "strace.txt")
    s = seeds.Server(path, cores=rig.ALL_CORES,
                     wrap=("strace", "--seccomp-bpf", "-f", "-c", "-o", trace, "-e", "trace=fdatasync,fsync"))
    with rig.running(s):
        rig.load(s.port, requests, "-1", "-c", 64, "-d", 300, "-w", 0)
        made = commits(s)
        # SIGTERM is for the server, not for its tracer.
        subprocess.run(["kill", "-TERM", *map(str, s.pids()[1:])], check=True)
        s.process.wait(60)
    with open(trace, encoding="ascii") as f:
        # share, seconds, µs a call, calls, perhaps errors, the call's name
        return sum(int(line.split()[3]) for line in f if line.rstrip().endswith("sync")) / made


def flushes(c):
    """Writers share commits, so that many sign-outs cost one flush of the disk."""
    n = c.pick(20000, 4000)
    path = seeds.data("data-flush", 2 * n)
    each = flushes_per_commit(c, path, seeds.sign_out_requests("flush.req", 1, n))
    with rig.running(seeds.Server(path, cores=rig.ALL_CORES)) as s:
        before = commits(s)
        got = rig.load(s.port, seeds.sign_out_requests("flush.req", n + 1, n), "-1", "-c", 64, "-d", 300, "-w", 0)
        made = commits(s) - before
    c.add(Row("flushes", f"Flushes of the disk per sign-out, {got['ok']:,} over 64 connections", made * each / got["ok"], "",
              "≤", 1 / 16, note=f"{made:,.0f} commits, of {each:.2f} fdatasync or fsync each by strace's count"))


CASES = {"rates": rates, "start": start_time, "crawler": no_writes, "flushes": flushes}
