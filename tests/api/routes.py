"""routes.py - every route as docs/openapi.json tells it, and what may be put into it."""
# SPDX-License-Identifier: Apache-2.0
import dataclasses
import json
import re

from harness import ROOT

# What fields take besides ids: enough for most routes to get past them.
FILL = {"name": "Prism", "email": "somebody@example.org", "permissions": "organization:member", "domain": "example.org", "protocol": "saml"}
ID_FIELD = re.compile(r"(^|_)(id|identifier)$")


@dataclasses.dataclass(frozen=True)
class Route:
    method: str
    path: str
    rule: str
    auth: bool
    query: tuple
    body: tuple

    @property
    def holes(self):
        return re.findall(r"{(\w+)}", self.path)

    def fill(self, *ids):
        """The path with these ids in it."""
        path = self.path
        for i in ids:
            path = re.sub(r"{\w+}", lambda _, i=i: i, path, count=1)
        return path

    @property
    def id_fields(self):
        """("query" or "body", name) of what takes an id besides the path."""
        return [(where, n) for where, names in (("query", self.query), ("body", self.body)) for n in names if ID_FIELD.search(n)]

    def __str__(self):
        return f"{self.method} {self.path}"


def _body_fields(document, operation):
    for media in operation.get("requestBody", {}).get("content", {}).values():
        schema = media["schema"]
        if "$ref" in schema:
            schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        return tuple(schema.get("properties", {}))
    return ()


def routes():
    document = json.loads((ROOT / "docs" / "openapi.json").read_text())
    return [Route(method.upper(), path, o["x-rule"], "401" in o["responses"], tuple(p["name"] for p in o.get("parameters", []) if p["in"] == "query"), _body_fields(document, o))
            for path, operations in document["paths"].items() for method, o in operations.items() if "x-rule" in o]
