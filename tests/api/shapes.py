"""shapes.py - does an answer have the shape of an example?"""
# SPDX-License-Identifier: Apache-2.0
import re

from claims import TIME

PREFIXED = re.compile(r"([a-z][a-z_]*_)[0-9]+")


def follows(example, got, where="$", ordered=True):
    """
    The example's keys come first and in its order (ordered), or are at least all there;
    same nesting, id prefixes, time format and types. An example's null says nothing.
    """
    if isinstance(example, dict):
        assert isinstance(got, dict), f"{where}: {got!r}"
        keys = list(example)
        if ordered:
            assert list(got)[:len(keys)] == keys, f"{where}: {list(got)}"
        assert set(keys) <= set(got), f"{where} lacks {set(keys) - set(got)}"
        for key in keys:
            follows(example[key], got[key], f"{where}.{key}", ordered)
    elif isinstance(example, list):
        assert isinstance(got, list), f"{where}: {got!r}"
        if example and isinstance(example[0], (dict, str)):
            for n, item in enumerate(got):
                follows(example[0], item, f"{where}[{n}]", ordered)
    elif isinstance(example, str):
        follows_text(example, got, where)
    elif example is not None:
        assert type(got) is type(example), f"{where}: {got!r}"


def follows_text(example, got, where):
    assert isinstance(got, str), f"{where}: {got!r}"
    if prefixed := PREFIXED.fullmatch(example):
        mine = PREFIXED.fullmatch(got)
        assert mine and mine[1] == prefixed[1], f"{where}: {got!r} is not like {example!r}"
    if TIME.fullmatch(example):
        assert TIME.fullmatch(got), f"{where}: {got!r} is not a time"
