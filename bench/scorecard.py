#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Everything that is promised about speed and size, measured in one run. See script/bench -h."""

import argparse
import os
import sys
import time
import traceback

import cases_check
import cases_compare
import cases_first
import cases_org
import cases_pg
import cases_self
import report
import rig
import seeds

CASES = {**cases_first.CASES, **cases_compare.CASES, **cases_check.CASES, **cases_self.CASES, **cases_org.CASES, **cases_pg.CASES}
SECTIONS = [
    ("First figures", "The server on all cores, and the load beside it on the same ones.",
     ["get-rate", "signin-rate", "signout-rate", "start", "rss", "crawler", "flushes"]),
    ("Against nginx", "Warm `GET /session`, 10,000 different cookies in random order over 64 connections, against nginx's "
     "`return 200` with a body of the same length. One core for the server, one for wrk; medians of interleaved pairs.",
     ["nginx-cpu", "nginx-rate", "nginx-p99"]),
    ("In front of applications", "The question that reverse proxies ask about each request, `GET /session/check` with a rule, answered from memory; "
     "10,000 sessions in random order.", ["check-cpu", "check-rate", "check-p99", "check-cached"]),
    ("Against others of the kind", "The same load on the call by which each tells who is signed in, in rounds, on one core.",
     ["rival-Glewlwyd-0", "rival-better-auth-0", "rival-Glewlwyd-100000", "rival-better-auth-100000",
      "rival-Glewlwyd-20000", "rival-better-auth-20000"]),
    ("Under more data, and without the cache", "The store's share is measured by bench/bare: the same statements in a loop, "
     "with nothing around them.", ["flat", "readthrough", "statements"]),
    ("Under a flood", "Hashing threads run in what time is left; the paced load counts from the moment a question was due.",
     ["flood", "hashing"]),
    ("Organizations of every size", "", ["org-flat", "org-list", "org-list-all", "org-stale", "org-pause"]),
    ("Changes", "", ["stale"]),
    ("Memory", "", ["cached", "ceiling", "idle", "idle-p99", "idle-p99-own", "idle-count"]),
    ("PostgreSQL", "On the same machine, over a Unix socket, with every commit on disk; 100,000 sessions in each.",
     ["pg-warm", "pg-read-PostgreSQL", "pg-read-SQLite", "pg-write-PostgreSQL", "pg-write-SQLite"]),
]


class Card:
    """One run: what it is to do, and what it has found."""

    def __init__(self, quick):
        self.quick = quick
        self.rows, self.charts, self.broken = [], [], []
        self.people = self.pick(1000000, 100000)
        self.big = None
        self.load_before = os.getloadavg()[0]

    def pick(self, full, quick):
        return quick if self.quick else full

    def add(self, row):
        self.rows.append(row)
        self.say(report.line(row))

    def run(self, name, case):
        """What half an hour has found is not lost because one case ended."""
        try:
            case(self)
        except Exception:
            self.say(traceback.format_exc())
            self.broken.append(name)

    def say(self, text):
        print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)

    def rivals(self):
        node = report.version("node", "--version")
        return (f"nginx {report.version('nginx', '-v').rpartition('/')[2]}, Glewlwyd "
                f"{report.version('dpkg-query', '-W', '-f=${Version}', 'glewlwyd')}, better-auth 1.7 on node {node}, "
                f"SQLite {report.version('sqlite3', '--version').split()[0]}")


def main():
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="short runs on less data: rough figures, in minutes")
    parser.add_argument("--reuse", action="store_true", help="keep a day's seeded data, for trying the bench out")
    parser.add_argument("--only", metavar="CASE,…", help=f"print these alone and write nothing: {', '.join(CASES)}")
    options = parser.parse_args()
    if len(rig.CORES) < 2:
        sys.exit("script/bench needs two cores: one for the server, one for the load")
    os.makedirs(rig.TMP, exist_ok=True)
    card = Card(options.quick)
    card.say(f"seeding {card.people:,} people")
    card.big = seeds.data("data-big", card.people, reuse=options.reuse)
    for name, case in CASES.items():
        if not options.only or name in options.only.split(","):
            card.say(f"-- {name}")
            card.run(name, case)
    if not options.only:
        report.write(card, SECTIONS)
    if card.load_before > 0.5:
        card.say("the machine was busy before this began: take rates and times for rough")
    missed = [r.what for r in card.rows if r.must and not r.is_met()]
    print(f"{len(card.rows) - len(missed)} figures fine, {len(missed)} goals missed")
    for name in card.broken:
        print(f"{name} did not come to its end: see above")
    return 1 if card.broken else 0


if __name__ == "__main__":
    sys.exit(main())
