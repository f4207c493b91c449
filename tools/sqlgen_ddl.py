# SPDX-License-Identifier: Apache-2.0
"""Migrations: one schema in a small vocabulary of types, spelt out for each engine.

    ID INT TIME  64-bit integers        TEXT JSON  text, compared byte by byte
    BOOL         0 or 1, and checked    BYTES      bytes
    SEQ          a number the database counts up; the table's primary key
"""

import os
import re

from sqlgen_lex import Error, significant, squeeze, tokens

ENGINES = ("sqlite", "pg")
SQL_TYPES = {
    "ID": ("INTEGER", "BIGINT"),
    "INT": ("INTEGER", "BIGINT"),
    "TIME": ("INTEGER", "BIGINT"),
    "BOOL": ("INTEGER", "BIGINT"),
    "TEXT": ("TEXT", 'TEXT COLLATE "C"'),
    "JSON": ("TEXT", 'TEXT COLLATE "C"'),
    "BYTES": ("BLOB", "BYTEA"),
    "SEQ": ("INTEGER PRIMARY KEY AUTOINCREMENT", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
}
CONSTRAINTS = ("PRIMARY", "UNIQUE", "FOREIGN", "CHECK", "CONSTRAINT")
FILE_NAME = re.compile(r"([0-9]{4})_([a-z0-9_]+)\.sql")


class Migration:
    def __init__(self, path):
        m = FILE_NAME.fullmatch(os.path.basename(path))
        if m is None:
            raise Error(path, 1, "a migration is named 0001_what_it_does.sql")
        self.path = path
        self.version = int(m.group(1))
        self.name = m.group(2)
        with open(path, encoding="utf-8") as f:
            statements = split_statements(tokens(f.read(), path, 1), path)
        self.scripts = [[translate(s, path, engine) for s in statements] for engine in range(len(ENGINES))]


def read_migrations(paths):
    """In order of version: 1, 2, 3 without a gap."""
    found = sorted((Migration(p) for p in paths), key=lambda m: m.version)
    for want, m in enumerate(found, 1):
        if m.version != want:
            raise Error(m.path, 1, f"migration {m.version:04} should be {want:04}: versions count up without gaps")
    return found


def split_statements(toks, path):
    statements, current = [], []
    for t in toks:
        if t.is_op(";"):
            statements.append(current)
            current = []
        else:
            current.append(t)
    rest = significant(current)
    if rest:
        raise Error(path, rest[0].line, "a statement does not end with ;")
    if not all(map(significant, statements)):
        raise Error(path, 1, "an empty statement")
    return statements


def translate(toks, path, engine):
    """One statement of a migration for that engine. Only table columns are touched."""
    words = [t.text.upper() for t in significant(toks)[:3]]
    if words[:2] == ["CREATE", "TABLE"]:
        return create_table(toks, path, engine)
    if words[:2] == ["ALTER", "TABLE"]:
        return alter_table(toks, path, engine)
    if words[0] in ("DROP", "INSERT", "UPDATE", "DELETE") or words[:2] == ["CREATE", "INDEX"] \
            or words == ["CREATE", "UNIQUE", "INDEX"]:
        return squeeze(toks)
    raise Error(path, significant(toks)[0].line, f"a migration cannot hold {' '.join(words)}")


def create_table(toks, path, engine):
    begin = next((i for i, t in enumerate(toks) if t.is_op("(")), None)
    if begin is None:
        raise Error(path, toks[-1].line, "CREATE TABLE without columns")
    items, end = split_items(toks, begin, path)
    columns = ",\n\t".join(column(item, path, engine) for item in items)
    tail = squeeze(toks[end + 1:])
    if tail:
        raise Error(path, toks[end].line, f"nothing may follow the columns: {tail}")
    strict = " STRICT" if ENGINES[engine] == "sqlite" else ""
    return f"{squeeze(toks[:begin])} (\n\t{columns}\n){strict}"


def split_items(toks, begin, path):
    """The parts between the parenthesis at begin and its partner, cut at commas; and where that is."""
    items, current, depth = [], [], 0
    for i in range(begin + 1, len(toks)):
        t = toks[i]
        if depth == 0 and t.is_op(")"):
            return items + [current], i
        if depth == 0 and t.is_op(","):
            items.append(current)
            current = []
            continue
        depth += t.is_op("(") - t.is_op(")")
        current.append(t)
    raise Error(path, toks[begin].line, "this parenthesis is never closed")


def alter_table(toks, path, engine):
    sig = significant(toks)
    add = next((i for i, t in enumerate(sig) if t.is_word("ADD")), None)
    if add is None:
        return squeeze(toks)
    first = add + 2 if sig[add + 1].is_word("COLUMN") else add + 1
    at = toks.index(sig[first])
    return f"{squeeze(toks[:at])} {column(toks[at:], path, engine)}"


def column(item, path, engine):
    """`name TYPE …` with the engine's type; a table constraint as it is."""
    sig = significant(item)
    if not sig:
        raise Error(path, item[0].line if item else 1, "an empty column")
    if sig[0].is_word(*CONSTRAINTS):
        return squeeze(item)
    if len(sig) < 2 or sig[1].text not in SQL_TYPES:
        word = sig[1].text if len(sig) > 1 else "nothing"
        raise Error(path, sig[0].line, f"column {sig[0].text}: {word} is no type; "
                    f"there are {' '.join(SQL_TYPES)}")
    name, word = sig[0].text, sig[1].text
    rest = squeeze(item[item.index(sig[1]) + 1:])
    check = f"CHECK ({name} IN (0, 1))" if word == "BOOL" else ""
    return " ".join(part for part in (name, SQL_TYPES[word][engine], rest, check) if part)
