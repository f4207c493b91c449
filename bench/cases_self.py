# SPDX-License-Identifier: Apache-2.0
"""sessiond against its own parts: the bare store, the bare hash, the same server without the trouble."""

import contextlib
import os
import struct
import subprocess

import plot
import rig
import rivals
import seeds
import stale
from cases_compare import warmed
from report import Row

FLOOD = 16  # connections that try wrong passwords


# ---- read-through: sessions that are in no cache ----

def read_once(c, path, first, n, *flags):
    """Each of n sessions once, on a server that has seen none of them."""
    cold = seeds.session_requests("cold.req", first, n)
    with rig.running(seeds.Server(path, *flags)) as s:
        s.ask(("GET", "/session", {}))
        got = rig.measure(s, lambda: rig.load(s.port, cold, "-1", "-d", 300, "-w", 0))
        seeds.check_signed_in(s, range(first, first + n, max(n // 100, 1)))
    if got["ok"] != n:
        raise RuntimeError(f"{n - got['ok']} of {n} reads were not answered with 200")
    return got


def statements_each(c, n=2000):
    path = os.path.join(rig.TMP, "statements")
    if os.path.exists(path):
        os.unlink(path)
    library = os.path.join(os.path.dirname(rig.tool("load")), "libcount.so")

    def counted():
        with open(path, "rb") as f:
            return struct.unpack("ll", f.read())
    cold = seeds.session_requests("cold.req", 1, n)
    with rig.running(seeds.Server(c.big, env={"LD_PRELOAD": library, "BENCH_COUNT": path})) as s:
        s.ask(("GET", "/session", {}))
        before = counted()
        rig.load(s.port, cold, "-1", "-d", 300, "-w", 0)
        after = counted()
        seeds.check_signed_in(s, range(1, n, n // 100))
        return [(b - a) / n for a, b in zip(before, after)]


def read_through(c):
    n = c.pick(60000, 15000)
    bare, ours = [], []
    for i in range(c.pick(5, 3)):
        bare.append(rig.run_json("bare", c.big, seeds.HOST, 1, n, c.pick(4, 2)))
        ours.append(read_once(c, c.big, 1, n))
        c.say(f"{bare[-1]['reads'] / bare[-1]['seconds']:,.0f}/s bare, {ours[-1]['rate']:,.0f}/s served")
    ratio = rig.median([o["rate"] / (b["reads"] / b["seconds"]) for o, b in zip(ours, bare)])
    c.add(Row("readthrough", "Read-through ÷ a bare loop of the same statements, one core each", ratio, "", "≥", 0.5,
              f"{rig.median([o['rate'] for o in ours]):,.0f}/s, server core {rig.median([o['busy'] for o in ours]):.0%} busy"))
    statements, transactions = statements_each(c)
    c.add(Row("statements", "Statements per read-through", statements, "", "≤", 6,
              f"beside them {transactions:.1f} that only begin or end a transaction"))


# ---- a flood of sign-ins ----

def capacity(c, s):
    return rig.load(s.port, s.path, "-d", c.pick(4, 2))["rate"]


def paced(c, s, rate, *flags):
    return rig.load(s.port, s.path, "-r", int(rate), "-d", c.pick(10, 4), *flags)


def flood(c):
    """Everything of the server on one core, the load awake on the other: what is seen is the server's own delay."""
    wrong = seeds.sign_in_requests("wrong.req", 1, c.pick(100000, 20000), password="wrong-horse-battery-staple")
    quiet, loud = [], []
    with rig.running(warmed(c.big, "--trusted-proxy", "127.0.0.1")) as s:
        rate = capacity(c, s) / 5
        for _ in range(c.pick(5, 3)):
            quiet.append(paced(c, s, rate))
            loud.append(paced(c, s, rate, "-f", wrong, "-F", FLOOD))
            c.say(f"p99 {quiet[-1]['p99_us']:.0f} µs quiet, {loud[-1]['p99_us']:.0f} µs flooded, "
                  f"{loud[-1]['beside_requests']} tries")
    c.charts.append(("flood", "p99 in µs, round by round", plot.rounds(
        {"quiet": [x["p99_us"] for x in quiet], "flooded": [x["p99_us"] for x in loud]})))
    tries = rig.median([x["beside_requests"] / x["seconds"] for x in loud])
    refused = sum(x["beside_refused"] for x in loud)
    c.add(Row("flood", f"p99 of GET /session at 20 % of capacity while wrong passwords come on {FLOOD} connections ÷ quiet",
              rig.median([b["p99_us"] / a["p99_us"] for a, b in zip(quiet, loud)]), "", "≤", 2,
              f"{rig.median([x['p99_us'] for x in loud]):.0f} µs ÷ {rig.median([x['p99_us'] for x in quiet]):.0f} µs at "
              f"{rate:,.0f}/s; {tries:.0f} tries/s, {refused} of them 429 or 503"))


def hashing(c):
    each = c.pick(1500, 300)
    ratios, ours = [], []
    with rig.running(seeds.Server(c.big, "--trusted-proxy", "127.0.0.1", cores=rig.ALL_CORES)) as s:
        for i in range(c.pick(5, 3)):
            alone = rig.run_json("argon", len(rig.CORES), c.pick(8, 3), cores=rig.ALL_CORES)
            ins = seeds.sign_in_requests("ins.req", 200000 + i * each if c.people > 400000 else 20000 + i * each, each)
            got = rig.load(s.port, ins, "-1", "-c", 16, "-d", 300, "-w", 0, cores=rig.ALL_CORES)
            if got["ok"] != each:
                raise RuntimeError(f"{each - got['ok']} of {each} sign-ins were refused")
            ours.append(got["rate"])
            ratios.append(got["rate"] / (alone["hashes"] / alone["seconds"]))
    c.add(Row("hashing", "Sign-ins ÷ argon2id alone on the same cores", rig.median(ratios), "", "≥", 0.9,
              f"{rig.median(ours):.0f}/s"))


# ---- memory ----

def cached_size(c):
    n = c.pick(50000, 20000)
    cold = seeds.session_requests("cold.req", 1, n)
    with rig.running(seeds.Server(c.big, "--cache-memory", "2GiB")) as s:
        length = len(s.ask(("GET", "/session", seeds.cookie(1)))[2])
        rig.load(s.port, seeds.session_requests("some.req", n + 1, 2000), "-1", "-d", 60, "-w", 0)
        before, rss = s.metrics(), s.rss()
        rig.load(s.port, cold, "-1", "-d", 300, "-w", 0)
        after, grown = s.metrics(), s.rss() - rss
        seeds.check_signed_in(s, range(1, n, n // 100))
    entries = after["sessiond_cache_entries"] - before["sessiond_cache_entries"]
    counted = (after["sessiond_cache_bytes"] - before["sessiond_cache_bytes"]) / entries
    limit = 1.3 * length + 256
    c.add(Row("cached", f"Memory of one cached session, whose JSON is {length:,} bytes: growth of the process ÷ {n:,}",
              grown / entries, "B", "≤", limit, f"{counted:,.0f} bytes by its own count"))


def ceiling(c):
    """Four times what fits: the process grows by the ceiling and no more."""
    n = 50000
    cold = seeds.session_requests("cold.req", 1, n)
    with rig.running(seeds.Server(c.big, "--cache-memory", "64MiB")) as s:
        s.ask(("GET", "/session", seeds.cookie(n + 1)))
        rss = s.rss()
        got = rig.load(s.port, cold, "-1", "-d", 300, "-w", 0)
        m, grown = s.metrics(), s.rss() - rss
        seeds.check_signed_in(s, range(1, n, n // 100))
    c.add(Row("ceiling", f"Cached bytes after {got['ok']:,} sessions under a ceiling of 64 MiB ÷ the ceiling",
              m["sessiond_cache_bytes"] / (64 << 20), "", "≤", 1,
              f"the process grew by {grown / 2**20:.0f} MiB; {m['sessiond_cache_evictions_total']:,.0f} sessions gave way"))


@contextlib.contextmanager
def held(s, path, n):
    """Connections that have asked once and hold still."""
    argv = ["taskset", "-c", rig.LOAD_CORE, rig.tool("load"), "-i", str(n), "-p", f"127.0.0.1:{s.port}", path]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        if holder.stdout.readline() != b"ready\n":
            raise RuntimeError("the idle connections could not be opened")
        try:
            yield
        finally:
            holder.stdin.close()


def idle_memory(s, n):
    """Growth of the process by each."""
    rss = s.rss()
    with held(s, s.path, n):
        return (s.rss() - rss) / n


def instructions(c, n, asked=5000):
    """What the server executes for each answer from memory, beside n connections that hold still. No machine's stalls are in it."""
    out = os.path.join(rig.TMP, "callgrind.out")
    path = seeds.session_requests("few.req", 1, 500)
    wrap = ("valgrind", "-q", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={out}")
    with rig.running(seeds.Server(c.big, "--idle-timeout", "1h", wrap=wrap)) as s:
        rig.load(s.port, path, "-1", "-d", 300, "-w", 0, "-c", 16)
        with held(s, path, n) if n else contextlib.nullcontext():
            subprocess.run(["callgrind_control", "-i", "on", str(s.pid)], check=True, capture_output=True)
            answers = sum(rig.load(s.port, path, "-1", "-d", 300, "-w", 0, "-c", 16)["ok"] for _ in range(asked // 500))
            subprocess.run(["callgrind_control", "-i", "off", str(s.pid)], check=True, capture_output=True)
    if answers != asked:
        raise RuntimeError(f"{asked - answers} of {asked} were not answered with 200")
    with open(out, encoding="ascii") as f:
        total = next(int(line.split()[1]) for line in f if line.startswith("totals:"))
    return total / answers


def idle(c):
    """nginx beside it is the control: a machine that stalls, stalls both."""
    n = 10000
    with rig.running(warmed(c.big, "--idle-timeout", "1h")) as s:
        rig.load(s.port, s.path, "-d", 1)
        each = idle_memory(s, n)
        rate = capacity(c, s) / 5
        with rig.running(rivals.nginx(len(s.ask(("GET", "/session", seeds.cookie(1)))[2]))) as other:
            other.path = s.path
            alone, beside, theirs_alone, theirs_beside, here, there = [], [], [], [], [], []
            for _ in range(c.pick(7, 3)):
                for program, without, with_them in ((s, alone, beside), (other, theirs_alone, theirs_beside)):
                    without.append(paced(c, program, rate))
                    with_them.append(paced(c, program, rate, "-i", n))
                for program, figures in ((other, there), (s, here)):
                    with held(program, s.path, n):
                        figures.append(paced(c, s, rate))
    control = rig.median([b["p99_us"] / a["p99_us"] for a, b in zip(theirs_alone, theirs_beside)])
    c.add(Row("idle", f"Memory per idle connection, at {n:,}", each, "B", "≤", 8192))
    c.add(Row("idle-p99", f"p99 of the others at 20 % of capacity with {n:,} idle connections ÷ without",
              rig.median([b["p99_us"] / a["p99_us"] for a, b in zip(alone, beside)]), "", "≤", 1.1,
              f"{rig.median([x['p99_us'] for x in beside]):.0f} µs ÷ {rig.median([x['p99_us'] for x in alone]):.0f} µs; "
              f"nginx's own in the same rounds: {control:.1f}"))
    c.add(Row("idle-p99-own", f"p99 of the others with {n:,} idle connections ÷ with as many that nginx holds beside it",
              rig.median([b["p99_us"] / a["p99_us"] for a, b in zip(there, here)]), "", "≤", 1.1,
              f"{rig.median([x['p99_us'] for x in here]):.0f} µs ÷ {rig.median([x['p99_us'] for x in there]):.0f} µs: the kernel has as many sockets both times"))
    alone, beside = (instructions(c, k) for k in (0, n))
    c.add(Row("idle-count", f"Instructions of the server's program per answer with {n:,} idle connections ÷ without", beside / alone, "", "≤", 1.1,
              f"{beside:,.0f} ÷ {alone:,.0f}, by callgrind"))


# ---- what was changed is seen ----

def no_stale(c):
    pairs = c.pick(100000, 8000)
    path = seeds.data("data-stale", pairs + stale.PROCESSES * stale.EACH)
    with rig.running(seeds.Server(path, cores=rig.ALL_CORES)) as s:
        done, wrong = stale.run(s, path, 1, pairs)
    for w in wrong[:10]:
        c.say(w)
    if done < pairs // stale.PROCESSES * stale.PROCESSES:
        raise RuntimeError(f"only {done} pairs of {pairs} were made; see above")
    c.add(Row("stale", f"Stale answers in {done:,} changes, each followed by a look, from {stale.PROCESSES} connections",
              len(wrong), "", "≤", 0, "names of people and organizations, roles, switches, sign-outs, sign-ins revoked, accounts disabled and deleted, with readers beside"))


CASES = {"readthrough": read_through, "flood": flood, "hashing": hashing, "cached": cached_size, "ceiling": ceiling,
         "idle": idle, "stale": no_stale}
