# SPDX-License-Identifier: Apache-2.0
"""SQL text as tokens with line numbers, and the one way to complain about it."""

import re

TOKEN = re.compile(r"""
    (?P<space>\s+)
  | (?P<comment>--[^\n]*|/\*.*?\*/)
  | (?P<string>'(?:[^']|'')*')
  | (?P<quoted>"(?:[^"]|"")*")
  | (?P<cast>::)
  | (?P<param>:[A-Za-z_][A-Za-z0-9_]*)
  | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<number>[0-9]+(?:\.[0-9]+)?)
  | (?P<op><=|>=|<>|!=|\|\||->>|->|[-+*/%<>=(),.;|&~\[\]])
""", re.X | re.S)


class Error(Exception):
    """A mistake in a .sql file: printed as file:line: message."""

    def __init__(self, path, line, message):
        super().__init__(f"{path}:{line}: {message}")


class Token:
    def __init__(self, kind, text, line):
        self.kind = kind
        self.text = text
        self.line = line

    def is_word(self, *words):
        """A keyword or plain name, whatever its case."""
        return self.kind == "word" and self.text.upper() in words

    def is_op(self, op):
        return self.kind == "op" and self.text == op


def tokens(text, path, line):
    """All tokens of text, which begins at that line of path; spaces and comments included."""
    found = []
    at = 0
    while at < len(text):
        m = TOKEN.match(text, at)
        if m is None:
            raise Error(path, line, f"unexpected {text[at]!r}")
        found.append(Token(m.lastgroup, m.group(), line))
        line += m.group().count("\n")
        at = m.end()
    return found


def significant(toks):
    return [t for t in toks if t.kind not in ("space", "comment")]


def squeeze(toks):
    """The text of the tokens on one line: comments and spaces each count as one space."""
    parts = []
    for t in toks:
        if t.kind not in ("space", "comment"):
            parts.append(t.text)
        elif parts and parts[-1] != " ":
            parts.append(" ")
    return "".join(parts).strip()
