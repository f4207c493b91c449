# SPDX-License-Identifier: Apache-2.0
"""The same on PostgreSQL, beside SQLite's: warm, read through, and written."""

import os
import shutil
import subprocess
import sys

import rig
import seeds
from cases_compare import interleaved, warmed
from cases_self import read_once
from report import Row

sys.path.insert(0, os.path.join(rig.ROOT, "tests"))
import pgserver  # noqa: E402

# The tests' server forgets on a power failure; one that is measured may not.
DURABLE = ("fsync=on", "synchronous_commit=on", "full_page_writes=on", "listen_addresses=", "max_connections=200",
           "shared_buffers=512MB", "log_min_messages=panic")


def prepared(url, people):
    path = os.path.join(rig.TMP, "data-pg")
    shutil.rmtree(path, ignore_errors=True)
    seeds.prepare(["--data", path, "--database", url])
    subprocess.run([rig.tool("seed"), url, seeds.HOST, seeds.EMAIL, "1", str(people)], check=True)
    return path


def warm(c, lite, pg, flags):
    with rig.running(warmed(lite)) as a, rig.running(warmed(pg, *flags)) as b:
        ours, theirs = interleaved(c, [b, a], c.pick(5, 2), c.pick(5, 3))
    c.add(Row("pg-warm", "Warm GET /session on PostgreSQL ÷ on SQLite",
              rig.median([x["rate"] / y["rate"] for x, y in zip(ours, theirs)]), "", "≥", 0.95,
              f"{rig.median([g['rate'] for g in ours]):,.0f}/s ÷ {rig.median([g['rate'] for g in theirs]):,.0f}/s; CPU "
              f"{rig.median([g['cpu_us'] for g in ours]):.2f} µs and {rig.median([g['cpu_us'] for g in theirs]):.2f} µs each"))


def reads(c, lite, pg, flags, n):
    for name, path, extra in (("PostgreSQL", pg, flags), ("SQLite", lite, ())):
        got = [read_once(c, path, 1, n, *extra) for _ in range(c.pick(3, 1))]
        c.add(Row(f"pg-read-{name}", f"Read-through on {name}, server on one core",
                  rig.median([g["rate"] for g in got]), "/s", note=f"p99 {rig.median([g['p99_us'] for g in got]) / 1e3:.1f} ms"))


def writes(c, lite, pg, flags, first, n):
    outs = seeds.sign_out_requests("outs.req", first, n)
    for name, path, extra in (("PostgreSQL", pg, flags), ("SQLite", lite, ())):
        with rig.running(seeds.Server(path, *extra, cores=rig.ALL_CORES)) as s:
            got = rig.load(s.port, outs, "-1", "-c", 64, "-d", 300, "-w", 0)
        c.add(Row(f"pg-write-{name}", f"Sign-outs on {name}, 64 connections, all cores", got["rate"], "/s",
                  note=f"p99 {got['p99_us'] / 1e3:.1f} ms; not 200: {got['requests'] - got['ok']}"))


def postgresql(c):
    people = c.pick(100000, 20000)
    lite = seeds.data("data-pg-lite", people)
    pgserver.SETTINGS = DURABLE
    with pgserver.server() as url:
        pg = prepared(url, people)
        flags = ("--database", url)
        warm(c, lite, pg, flags)
        reads(c, lite, pg, flags, people // 2)
        writes(c, lite, pg, flags, people // 2 + 1, people // 4)


CASES = {"postgresql": postgresql}
