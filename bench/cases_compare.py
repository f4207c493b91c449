# SPDX-License-Identifier: Apache-2.0
"""Ratios: to nginx, to other servers of the kind, to itself under more data and under a flood."""

import plot
import rig
import rivals
import seeds
from report import Row

HOT = 10000  # different sessions in what is called warm


def warmed(path, *flags, **how):
    """A server that has been asked for each hot session."""
    requests = seeds.session_requests("hot.req", 1, HOT)
    s = seeds.Server(path, *flags, **how)
    try:
        seeds.check_signed_in(s, range(1, HOT + 1, HOT // 100))
        rig.load(s.port, requests, "-1", "-d", 300, "-w", 0)
    except Exception:
        s.stop()
        raise
    s.path = requests
    return s


def shoot(program, seconds, seed):
    return rig.measure(program, lambda: rig.wrk(program.url, program.path, seconds, seed=seed))


def interleaved(c, programs, seconds, rounds):
    """For each program a list of what each round gave; a round asks all, in turn, in changing order."""
    got = [[] for _ in programs]
    for program in programs:
        shoot(program, 1, 1)
    for i in range(rounds):
        order = list(range(len(programs)))
        for at in order if i % 2 == 0 else order[::-1]:
            got[at].append(shoot(programs[at], seconds, i + 1))
        c.say(" ".join(f"{g[-1]['rate']:,.0f}/s ({g[-1]['busy']:.0%} busy)" for g in got))
    return got


def ratios(ours, theirs, key):
    return [a[key] / b[key] for a, b in zip(ours, theirs)]


def per_request(ours, theirs):
    """The other way to see it, which a busy machine hardly bends."""
    return f"CPU {rig.median([g['cpu_us'] for g in ours]):.1f} µs and {rig.median([g['cpu_us'] for g in theirs]):,.1f} µs each"


def against_nginx(c):
    with rig.running(warmed(c.big)) as s:
        length = len(s.ask(("GET", "/session", seeds.cookie(1)))[2])
        with rig.running(rivals.nginx(length)) as n:
            n.path = s.path
            ours, theirs = interleaved(c, [s, n], c.pick(6, 2), c.pick(7, 3))
    note = (f"{rig.median([g['cpu_us'] for g in ours]):.2f} µs ÷ {rig.median([g['cpu_us'] for g in theirs]):.2f} µs; "
            f"server core {min(g['busy'] for g in ours):.0%} and {min(g['busy'] for g in theirs):.0%} busy at least; "
            f"answer of {length:,} bytes")
    c.add(Row("nginx-cpu", "Server CPU time per request ÷ nginx's", rig.median(ratios(ours, theirs, "cpu_us")), "", "≤", 1.05,
              note))
    c.add(Row("nginx-rate", "Throughput ÷ nginx's", rig.median(ratios(ours, theirs, "rate")), "", "≥", 0.95,
              f"{rig.median([g['rate'] for g in ours]):,.0f}/s ÷ {rig.median([g['rate'] for g in theirs]):,.0f}/s"))
    c.add(Row("nginx-p99", "p99 ÷ nginx's", rig.median(ratios(ours, theirs, "p99_us")), "", "≤", 1.5,
              f"{rig.median([g['p99_us'] for g in ours]) / 1e3:.2f} ms ÷ {rig.median([g['p99_us'] for g in theirs]) / 1e3:.2f} ms"))
    c.charts.append(("nginx-rate", "Requests a second, sessiond and nginx, round by round",
                     plot.rounds({"sessiond": [g["rate"] for g in ours], "nginx": [g["rate"] for g in theirs]})))


def against_rivals(c, stored):
    """Each asked for whoever is signed in, by its own call for that."""
    name = f"{stored:,} sessions stored" if stored else "a fresh installation"
    path = seeds.data(f"data-{max(stored, HOT)}", max(stored, HOT), reuse=True)
    with rig.running(warmed(path)) as s, rig.running(rivals.glewlwyd(stored)) as g, \
            rig.running(rivals.better_auth(stored)) as b:
        ours, glewlwyd, better = interleaved(c, [s, g, b], c.pick(5, 2), c.pick(5, 3))
    c.charts.append((f"rival-better-auth-{stored}", f"Requests a second, {name}",
                     [(title, [("requests a second", rig.median([g["rate"] for g in got]))]) for title, got in (
                         ("sessiond", ours), ("Glewlwyd", glewlwyd), ("better-auth", better))]))
    for title, theirs, goal in (("Glewlwyd", glewlwyd, 20), ("better-auth", better, 100)):
        errors = sum(x["errors"] for x in theirs)
        c.add(Row(f"rival-{title}-{stored}", f"Throughput ÷ {title}'s, {name}", rig.median(ratios(ours, theirs, "rate")), "",
                  "≥", goal, f"{rig.median([x['rate'] for x in ours]):,.0f}/s ÷ {rig.median([x['rate'] for x in theirs]):,.0f}/s; "
                  + per_request(ours, theirs) + (f"; {errors} errors" if errors else "")))


def fresh_rivals(c):
    against_rivals(c, 0)


def full_rivals(c):
    against_rivals(c, c.pick(100000, 20000))


def flat_cost(c):
    """The same hot sessions, in a small store and in a large one."""
    with rig.running(warmed(c.big)) as big, rig.running(warmed(seeds.data(f"data-{HOT}", HOT, reuse=True))) as small:
        large, few = interleaved(c, [big, small], c.pick(5, 2), c.pick(7, 3))
    c.add(Row("flat", f"Throughput of {HOT:,} hot sessions out of {c.people:,} stored ÷ out of {HOT:,}",
              rig.median(ratios(large, few, "rate")), "", "≥", 0.95,
              f"{rig.median([g['rate'] for g in large]):,.0f}/s ÷ {rig.median([g['rate'] for g in few]):,.0f}/s; {per_request(large, few)}"))


CASES = {"nginx": against_nginx, "rivals": fresh_rivals, "rivals-full": full_rivals, "flat": flat_cost}
