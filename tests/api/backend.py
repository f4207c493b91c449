"""backend.py - a product's own server: it calls the Backend API, and holds every answer to the published document."""
# SPDX-License-Identifier: Apache-2.0
import functools
import json
import re
import threading
import urllib.parse

from client import Response, exchange
from harness import ROOT

UNSET = object()


@functools.cache
def document():
    return json.loads((ROOT / "docs" / "backend-openapi.json").read_text())


@functools.cache
def operations():
    """(method, path as a pattern, operation), those without {…} first."""
    found = []
    for path, methods in document()["paths"].items():
        pattern = re.compile(re.sub(r"\\{[a-z_]+\\}", "[^/]+", re.escape(path)))
        found += [(method.upper(), pattern, operation) for method, operation in methods.items()]
    return sorted(found, key=lambda f: "[^/]" in f[1].pattern)


def operation(method, path):
    for m, pattern, op in operations():
        if m == method and pattern.fullmatch(path):
            return op
    return None


TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "null": type(None)}


def conforms(schema, got, where="$"):
    """As much of JSON Schema as the document uses; a keyword that is not known here fails."""
    for key, rule in schema.items():
        KEYWORDS[key](schema, rule, got, where)


def check_type(_schema, types, got, where):
    types = [types] if isinstance(types, str) else types
    fits = any(isinstance(got, TYPES[t]) and not (t == "integer" and isinstance(got, bool)) for t in types)
    assert fits, f"{where}: {got!r} is not {types}"


def check_properties(_schema, properties, got, where):
    for name, schema in properties.items():
        if isinstance(got, dict) and name in got:
            conforms(schema, got[name], f"{where}.{name}")


def check_additional(schema, allowed, got, where):
    assert allowed or not isinstance(got, dict) or set(got) <= set(schema["properties"]), f"{where}: {set(got) - set(schema['properties'])} too much"


def check_required(_schema, names, got, where):
    assert not isinstance(got, dict) or set(names) <= set(got), f"{where} lacks {set(names) - set(got)}"


def check_items(_schema, schema, got, where):
    for n, item in enumerate(got or []):
        conforms(schema, item, f"{where}[{n}]")


def check_any_of(_schema, schemas, got, where):
    failures = []
    for schema in schemas:
        try:
            return conforms(schema, got, where)
        except AssertionError as failure:
            failures.append(str(failure))
    raise AssertionError("; ".join(failures))


def check_all_of(_schema, schemas, got, where):
    for schema in schemas:
        conforms(schema, got, where)


def check_ref(_schema, ref, got, where):
    conforms(functools.reduce(lambda d, k: d[k], ref[2:].split("/"), document()), got, where)


def check_enum(_schema, values, got, where):
    assert got in values, f"{where}: {got!r} is none of {values}"


def check_pattern(_schema, pattern, got, where):
    assert got is None or re.search(pattern, got), f"{where}: {got!r}"


def check_format(_schema, _format, got, where):
    assert got is None or re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", got), f"{where}: {got!r}"


def check_min_items(_schema, n, got, where):
    assert len(got) >= n, f"{where} has {len(got)}"


KEYWORDS = {
    "type": check_type, "properties": check_properties, "additionalProperties": check_additional, "required": check_required,
    "items": check_items, "anyOf": check_any_of, "allOf": check_all_of, "$ref": check_ref, "enum": check_enum,
    "pattern": check_pattern, "format": check_format, "minItems": check_min_items, "description": lambda *_: None,
}


def check(got, method, path):
    """Is it one of the answers that the document has for this call, member by member?"""
    op = operation(method, path)
    if op is None:
        conforms(document()["components"]["schemas"]["refusal"], got.json)
        return
    if got.status == 405:
        return
    assert str(got.status) in op["responses"], f"{got} is not documented: {sorted(op['responses'])}"
    content = op["responses"][str(got.status)].get("content")
    if content is None:
        assert got.body == b"", got
        return
    assert got.header("Content-Type") == "application/json; charset=utf-8" and got.header("Cache-Control") == "no-store"
    conforms(content["application/json"]["schema"], got.json, got.request)


class Backend:
    """Calls with one secret key."""

    seen = set()  # (operationId, status, code) of every answer in this process
    lock = threading.Lock()

    def __init__(self, deployment, key=UNSET):
        self.deployment = deployment
        self.server = deployment.server
        self.key = deployment.secret_key if key is UNSET else key

    def send(self, method, path, fields=None, query=None, headers=(), body=None, content_type="application/json", key=None):
        lines = [("Host", f"127.0.0.1:{self.server.admin_port}")]
        if self.key:
            lines.append(("Authorization", f"Bearer {self.key}"))
        if fields is not None:
            body = json.dumps(fields).encode()
        if body is not None and content_type:
            lines.append(("Content-Type", content_type))
        if key:
            lines.append(("Idempotency-Key", key))
        target = path + ("?" + urllib.parse.urlencode(query) if query else "")
        got = Response(*exchange(("127.0.0.1", self.server.admin_port), method, target, [*lines, *headers], body or b""),
                       f"{method} {target}")
        assert got.header("Set-Cookie") is None and not [k for k, _ in got.headers if k.lower().startswith("access-control")]
        check(got, method, path)
        op = operation(method, path)
        with self.lock:
            self.seen.add((op["operationId"] if op else None, got.status, got.code))
        return got

    def get(self, path, **kw):
        return self.send("GET", path, **kw)

    def post(self, path, fields=None, **kw):
        return self.send("POST", path, fields, **kw)

    def put(self, path, fields=None, **kw):
        return self.send("PUT", path, fields, **kw)

    def patch(self, path, fields=None, **kw):
        return self.send("PATCH", path, fields, **kw)

    def delete(self, path, **kw):
        return self.send("DELETE", path, **kw)

    def pages(self, path, limit, **query):
        """Every entry of a list, page by page."""
        after = {}
        while True:
            page = self.get(path, query={**query, "limit": limit, **after}).json
            assert len(page["data"]) <= limit
            yield from page["data"]
            if page["next"] is None:
                return
            after = {"after": page["next"]}


# ---- was everything seen? ----

# What any call may be given; test_backend_keys.py has those.
GENERAL = {"BAD_REQUEST_BODY", "UNAUTHORIZED", "FORBIDDEN", "REQUEST_TIMEOUT", "CONFLICT", "PAYLOAD_TOO_LARGE", "URI_TOO_LONG",
           "RATE_LIMITED", "HEADERS_TOO_LARGE", "INTERNAL", "OVERLOADED"}


MAKING = {"jwt_template_set"}


def codes_of(answer):
    schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
    return schema["allOf"][1]["properties"]["errors"]["items"]["properties"]["code"]["enum"] if "allOf" in schema else ()


def documented(wanted):
    """(operationId, None) for success, and each code that is a call's own, of the paths that are wanted."""
    for path, methods in document()["paths"].items():
        for op in methods.values() if wanted(path) else ():
            yield op["operationId"], None
            for code in [c for answer in op["responses"].values() for c in codes_of(answer)]:
                # Calls whose path names nothing have nothing to be found, and those that make what they name, nothing to miss.
                if code not in GENERAL and (code != "NOT_FOUND" or ("{" in path and op["operationId"] not in MAKING)):
                    yield op["operationId"], code


def assert_all_seen(session, module, names, wanted):
    """When all of a test file has run: every call has succeeded, and given each code that is its own."""
    mine = {i.originalname for i in session.items if i.module.__name__ == module}
    if mine >= {n for n in names if n.startswith("test_")} and not session.testsfailed:
        seen = {(call, code) for call, _, code in Backend.seen}
        assert not sorted(set(documented(wanted)) - seen, key=str)


# ---- another tenant's ----

def nobodys_like(ids):
    """The same kinds, of what was never there."""
    return {kind: f"{kind}_{4611686018427387904 + n}" for n, kind in enumerate(ids)}


def assert_foreign_is_nobodys(mine, theirs, foreign, calls_about):
    """Whatever is asked about theirs gets the answer, byte for byte, that nobody's gets, and changes nothing there."""
    before, events = theirs.deployment.rows(), theirs.deployment.audit()
    no_ids = {kind: "x" for kind in foreign}
    for calls in zip(calls_about(foreign), calls_about(nobodys_like(foreign)), calls_about(no_ids), strict=True):
        answers = [mine.send(*call) for call in calls]
        assert [a.status for a in answers] == [404] * 3, answers
        assert len({a.body for a in answers}) == 1
    assert theirs.deployment.rows() == before and theirs.deployment.audit() == events
