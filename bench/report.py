# SPDX-License-Identifier: Apache-2.0
"""What was measured, as a table and as plots."""

import dataclasses
import datetime
import os
import platform
import subprocess

import plot
import rig


@dataclasses.dataclass
class Row:
    id: str
    what: str
    value: float
    unit: str = ""
    must: str = ""  # "≤", "≥", or nothing: a figure without a goal
    goal: float = 0.0
    note: str = ""

    def is_met(self):
        return self.value <= self.goal if self.must == "≤" else self.value >= self.goal

    def verdict(self):
        return "" if not self.must else "yes" if self.is_met() else "**no**"


def number(v, unit=""):
    text = f"{v:,.0f}" if abs(v) >= 100 or v == int(v) else f"{v:.3g}"
    return f"{text}{unit if unit[:1] in ('/', '') else ' ' + unit}"


def line(row):
    goal = f"{row.must} {number(row.goal, row.unit)}" if row.must else ""
    return f"| {row.what} | {number(row.value, row.unit)} | {goal} | {row.verdict()} | {row.note} |"


def machine():
    with open("/proc/cpuinfo", encoding="ascii") as f:
        model = next((li.partition(":")[2].strip() for li in f if li.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{len(rig.CORES)} cores ({model}), {memory:.0f} GiB of memory, Linux {platform.release().split('-')[0]}"


def version(*argv):
    got = subprocess.run(argv, capture_output=True, text=True, check=False)
    return (got.stdout + got.stderr).strip().splitlines()[0]


def write(c, sections):
    """sections: (title, what is said about it, ids of rows)."""
    out = ["# What was measured", "",
           "Written by `script/bench`" + (" with `--quick`: short runs, rough figures." if c.quick else ".") + " How each "
           "figure comes about, and why it is asked, is in [README.md](README.md).", "",
           f"- Date: {datetime.date.today().isoformat()}", f"- Machine: {machine()}",
           f"- Load when it began: {c.load_before:.1f} of {len(rig.CORES)} cores busy, by the kernel's average of a minute",
           f"- Compared with: {c.rivals()}", ""]
    if c.load_before > 0.5:
        out += ["**Others were at work on this machine.** Rates, latencies and their ratios are rough: the less busy a row",
                "says the server's core was, the less it says. Counts, bytes and what is written hold all the same.", ""]
    if c.broken:
        out += [f"**Not measured**, as the case did not come to its end: {', '.join(c.broken)}.", ""]
    for title, says, ids in sections:
        rows = [r for r in c.rows if r.id in ids]
        if not rows:
            continue
        out += [f"## {title}", "", says, "", "| what | measured | goal | met | |", "|---|---|---|---|---|"]
        out += [line(r) for r in rows] + [""]
        out += [f"![{alt}](plots/{name}.svg)\n" for name, alt, _ in c.charts if name in ids]
    with open(os.path.join(rig.HERE, "RESULTS.md"), "w", encoding="utf-8") as f:
        f.write("\n".join(out).rstrip() + "\n")
    plot.write_all(c.charts)
