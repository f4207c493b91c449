# SPDX-License-Identifier: Apache-2.0
"""Statement files: what is declared above each statement, and whether it is true.

    -- :name user_by_id :one user_row        or :exec, :rows, :many [struct], :each [struct]
    -- :in deployment_id deployment, user_id id
    -- :out user_id id, text first_name
    -- Prose, which becomes the C comment above the call.
    SELECT id, first_name FROM account WHERE deployment_id = :deployment AND id = :id;
    -- :pg
    A second body, when PostgreSQL truly needs another one.

A statement that spans deployments says why: `-- :any-deployment the sweep ends all that expired`.
"""

import re

from sqlgen_lex import Error, significant, squeeze, tokens
from sqlgen_tenant import check_tenant

NAME = re.compile(r"[a-z][a-z0-9_]*")
KINDS = ("exec", "rows", "one", "many", "each")
PLAIN_TYPES = ("int", "bool", "time", "text", "key", "json", "bytes", "hash")
C_WORDS = set("""
    auto bool break case char const continue default do double else enum extern false float for goto if inline int
    long register restrict return short signed sizeof static struct switch true typedef union unsigned void
    volatile while
""".split())
# The generated functions' own names.
OWN_WORDS = {"t", "args", "arg", "fn", "each", "row", "rows", "ret_row", "ret_rows", "ret_n", "sql_texts"}


class Statement:
    def __init__(self, path, line, name, kind, struct):
        self.path = path
        self.line = line
        self.name = name
        self.kind = kind
        self.struct = struct
        self.ins = []           # (type, name)
        self.outs = []
        self.doc = []
        self.any_deployment = None
        self.bodies = []        # [(first line, text)]: both engines, then PostgreSQL's own
        self.texts = []         # the finished text: ?1 for SQLite, $1 for PostgreSQL
        self.writes = False

    def error(self, message, line=None):
        return Error(self.path, line or self.line, f"{self.name}: {message}")


def read_id_kinds(path):
    """The names of ID_KINDS in base/id.h: user_id, org_id, …"""
    with open(path, encoding="utf-8") as f:
        kinds = re.findall(r'\bX\(([a-z_]+), "', f.read())
    if not kinds:
        raise Error(path, 1, "no X(kind, \"prefix\") found")
    return [k + "_id" for k in kinds]


def read_statements(paths, types):
    """All statements of the files; names are unique, no statement has two, and equal structs are the same."""
    found = [s for p in paths for s in Reader(p, types).read()]
    names, structs, twins = {}, {}, {}
    for s in found:
        first = names.setdefault(s.name, s)
        if first is not s:
            raise s.error(f"also at {first.path}:{first.line}")
        if s.outs:
            first = structs.setdefault(s.struct, s)
            if first.outs != s.outs:
                raise s.error(f"struct {s.struct} has other columns at {first.path}:{first.line}")
        first = twins.setdefault((s.kind, *s.texts, *(t for t, _ in s.ins)), s)
        if first is not s:
            raise s.error(f"the same as {first.name} at {first.path}:{first.line}")
    return found


class Reader:
    """One file, line by line."""

    def __init__(self, path, types):
        self.path = path
        self.types = types
        self.found = []
        self.current = None
        self.open_body = False

    def read(self):
        with open(self.path, encoding="utf-8") as f:
            for number, line in enumerate(f, 1):
                self.line(number, line.rstrip("\n"))
        self.finish()
        return self.found

    def line(self, number, line):
        directive = re.fullmatch(r"--\s+:(\S+)\s*(.*)", line)
        if directive:
            self.directive(number, directive.group(1), directive.group(2).strip())
        elif self.open_body or not line.startswith("--"):
            self.body_line(number, line)
        elif self.current and not self.current.bodies and line[2:].strip():
            self.current.doc.append(line[2:].strip())

    def directive(self, number, word, rest):
        if word == "name":
            self.finish()
            self.begin(number, rest)
            return
        s = self.current
        if s is None:
            raise Error(self.path, number, f":{word} before any :name")
        if self.open_body:
            raise s.error(f":{word} inside the statement, which has no ; yet", number)
        if word == "pg":
            if len(s.bodies) != 1 or rest:
                raise s.error(":pg stands alone, once, after the first body", number)
            s.bodies.append((number + 1, ""))
            self.open_body = True
        elif s.bodies:
            raise s.error(f":{word} belongs above the statement", number)
        elif word == "in":
            s.ins += self.declared(number, rest, s.ins, C_WORDS | OWN_WORDS)
        elif word == "out":
            s.outs += self.declared(number, rest, s.outs, C_WORDS)
        elif word == "any-deployment":
            if not rest:
                raise s.error(":any-deployment needs its reason", number)
            s.any_deployment = rest
        else:
            raise s.error(f":{word} is no directive", number)

    def begin(self, number, rest):
        words = rest.split()
        if not words or not NAME.fullmatch(words[0]):
            raise Error(self.path, number, ":name needs a name of a-z, 0-9 and _")
        name = words[0]
        kind = words[1][1:] if len(words) > 1 and words[1].startswith(":") else ""
        if kind not in KINDS:
            raise Error(self.path, number, f"{name}: its kind is one of " + " ".join(":" + k for k in KINDS))
        if len(words) > (3 if kind in ("one", "many", "each") else 2) or not all(map(NAME.fullmatch, words[2:])):
            raise Error(self.path, number, f"{name}: {' '.join(words[2:])!r} does not belong here")
        self.current = Statement(self.path, number, name, kind, words[2] if len(words) > 2 else name + "_row")

    def declared(self, number, rest, before, taken_by_c):
        """`user_id id, text name` as [("user_id", "id"), ("text", "name")]."""
        found = []
        taken = {name for _, name in before}
        for part in rest.split(","):
            words = part.split()
            if len(words) != 2 or not NAME.fullmatch(words[1]):
                raise self.current.error(f"{part.strip()!r} is not `type name`", number)
            if words[0] not in self.types:
                raise self.current.error(f"unknown type {words[0]}; there are {' '.join(self.types)}", number)
            if words[1] in taken_by_c:
                raise self.current.error(f"{words[1]} cannot be a name in C", number)
            if words[1] in taken:
                raise self.current.error(f"{words[1]} is declared twice", number)
            taken.add(words[1])
            found.append((words[0], words[1]))
        return found

    def body_line(self, number, line):
        s = self.current
        if not self.open_body:
            if not line.strip():
                return
            if s is None:
                raise Error(self.path, number, "SQL before any :name")
            if s.bodies:
                raise s.error("a second statement under one name", number)
            s.bodies.append((number, ""))
            self.open_body = True
        first, text = s.bodies[-1]
        s.bodies[-1] = (first, text + line + "\n")
        self.open_body = not ends_statement(line, self.path, number)

    def finish(self):
        s = self.current
        self.current = None
        if s is None:
            return
        if self.open_body:
            raise s.error("the statement does not end with ;")
        check(s)
        self.found.append(s)


def ends_statement(line, path, number):
    """Is the last thing on this line a ; outside of strings? What cannot be read is complained of later."""
    try:
        toks = significant(tokens(line, path, number))
    except Error:
        return line.rstrip().endswith(";")
    return bool(toks) and toks[-1].is_op(";")


def check(s):
    if not s.bodies:
        raise s.error("no statement follows")
    if s.kind in ("one", "many", "each") and not s.outs:
        raise s.error(f":{s.kind} needs :out")
    if s.kind in ("exec", "rows") and s.outs:
        raise s.error(f":{s.kind} gives no columns: :out does not belong here")
    writes = [check_body(s, line, text) for line, text in s.bodies]
    s.writes = writes[0]
    if len(set(writes)) > 1:
        raise s.error("one body writes and the other does not")
    if s.kind == "rows" and not s.writes:
        raise s.error(":rows counts changed rows, and this changes none")
    s.texts = [finished(s, s.bodies[0], "?"), finished(s, s.bodies[-1], "$")]


def check_body(s, line, text):
    """True when the statement writes."""
    toks = significant(tokens(text, s.path, line))
    ends = [i for i, t in enumerate(toks) if t.is_op(";")]
    if ends != [len(toks) - 1]:
        raise s.error("one ; at the end of one statement", line)
    toks = toks[:-1]
    check_params(s, toks, line)
    writes = verb(s, toks, line) != "SELECT"
    complaint = check_tenant(toks)
    if complaint and not s.any_deployment:
        raise s.error(f"{complaint}; a statement across deployments says -- :any-deployment and why", line)
    if s.any_deployment and not complaint and len(s.bodies) == 1:
        raise s.error(":any-deployment is not needed here")
    return writes


def check_params(s, toks, line):
    declared = {name for _, name in s.ins}
    used = {t.text[1:]: t for t in toks if t.kind == "param"}
    for name, t in used.items():
        if name not in declared:
            raise s.error(f"undeclared :{name}", t.line)
    for name in declared - set(used):
        raise s.error(f"declared but unused :{name}", line)


def verb(s, toks, line):
    """What the statement does: behind WITH it is the first such word outside of parentheses."""
    depth = 0
    for i, t in enumerate(toks):
        depth += t.is_op("(") - t.is_op(")")
        if i == 0 and not t.is_word("SELECT", "INSERT", "UPDATE", "DELETE", "WITH"):
            break
        if depth == 0 and t.is_word("SELECT", "INSERT", "UPDATE", "DELETE"):
            return t.text.upper()
    raise s.error("a statement is SELECT, INSERT, UPDATE or DELETE, perhaps behind WITH", line)


def finished(s, body, mark):
    """SQLite reads $3 as a *name* and numbers it by first use: only ?3 is a position there."""
    number = {name: i for i, (_, name) in enumerate(s.ins, 1)}
    toks = tokens(body[1], s.path, body[0])
    for t in toks:
        if t.kind == "param":
            t.text = f"{mark}{number[t.text[1:]]}"
    return squeeze(toks).removesuffix(";").rstrip()
