# SPDX-License-Identifier: Apache-2.0
"""Bars by hand: an SVG needs no library."""

import os
from xml.sax.saxutils import escape

import rig

WIDTH, LEFT, BAR, GAP, TOP = 720, 190, 18, 6, 44
COLOURS = ("#2f6fb5", "#b9772d", "#4b8f5a", "#8a5aa8")


def short(v):
    return f"{v:,.0f}" if v >= 100 else f"{v:.3g}"


def bars(title, groups):
    """groups: (label, [(series, value)…]); one axis from 0."""
    most = max(v for _, values in groups for _, v in values) or 1
    names = list(dict.fromkeys(name for _, values in groups for name, _ in values))
    y, out = TOP, []
    for label, values in groups:
        out.append(f'<text x="{LEFT - 8}" y="{y + len(values) * BAR / 2 + 4}" text-anchor="end">{escape(label)}</text>')
        for name, v in values:
            w = (WIDTH - LEFT - 90) * v / most
            out.append(f'<rect x="{LEFT}" y="{y}" width="{w:.1f}" height="{BAR - 2}" fill="{COLOURS[names.index(name) % 4]}"/>'
                       f'<text x="{LEFT + w + 5:.1f}" y="{y + BAR - 6}">{short(v)}</text>')
            y += BAR
        y += GAP
    keys = "".join(f'<rect x="{LEFT + i * 130}" y="{y + 6}" width="12" height="12" fill="{COLOURS[i % 4]}"/>'
                   f'<text x="{LEFT + i * 130 + 17}" y="{y + 16}">{escape(n)}</text>' for i, n in enumerate(names))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y + 30}" font-family="sans-serif" font-size="12">'
            f'<rect width="100%" height="100%" fill="white"/><text x="12" y="24" font-size="15">{escape(title)}</text>'
            f'{"".join(out)}{keys}</svg>\n')


def rounds(series):
    """Groups of one round each, from a list of values per name."""
    most = max(len(v) for v in series.values())
    return [(f"round {i + 1}", [(k, v[i]) for k, v in series.items() if i < len(v)]) for i in range(most)]


def write_all(charts):
    """charts: (file name, title, groups)."""
    folder = os.path.join(rig.HERE, "plots")
    os.makedirs(folder, exist_ok=True)
    for name, title, groups in charts:
        with open(os.path.join(folder, name + ".svg"), "w", encoding="utf-8") as f:
            f.write(bars(title, groups))
