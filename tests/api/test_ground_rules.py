"""test_ground_rules.py - what holds for every route: no default accounts, one counter, one content type, SQL only by parameters."""
# SPDX-License-Identifier: Apache-2.0
import json

import pytest

import claims
from harness import ROOT

OPENAPI = json.loads((ROOT / "docs" / "openapi.json").read_text())
DEFAULT_NAMES = ["admin", "root", "administrator", "user", "test", "guest", "sessiond", "johndoe", "demo", "operator"]
DEFAULT_PASSWORDS = ["admin", "password", "12345678", "sessiond", "correct-horse-battery-staple"]

SQL = ["' OR '1'='1", "x'; DROP TABLE account; --", "\") OR (\"1\"=\"1", "1 UNION SELECT password_record FROM account",
       "%' --", "\\'; SELECT pg_sleep(5); --", "?1", "$1", ":now", "x' AND 1=CAST((SELECT 1) AS INT) --"]


def test_AUT07_a_fresh_deployment_has_no_accounts(server):
    browser = server.deployment().browser()
    for name in DEFAULT_NAMES:
        for password in DEFAULT_PASSWORDS:
            got = browser.send("POST", "/auth/signin", fields={"strategy": "plain_username", "username": name,
                                                               "password": password})
            assert (got.status, got.code) == (401, "INVALID_CREDENTIALS"), (name, password)


def fields(operation):
    """Names of the body's fields, in whichever encoding."""
    content = operation.get("requestBody", {}).get("content", {})
    schemas = [form["schema"]["$ref"].rsplit("/", 1)[1] for form in content.values()]
    return {name for schema in schemas for name in OPENAPI["components"]["schemas"][schema]["properties"]}


def test_AUT03_the_routes_that_compare_passwords_count_them():
    """Every further one has to take its tries from the same counter, as test_step_up.py shows: whoever adds it finds this list."""
    asking = {path for path, methods in OPENAPI["paths"].items() for o in methods.values() if fields(o) & {"password", "current_password"}}
    # A reset compares none: it sets one, by a token whose code was counted. A profile takes a new one, and compares it with
    # the lent one that its caller has just shown to know.
    assert asking - {"/auth/reset-password", "/auth/complete-profile"} == {"/auth/signin", "/auth/signup", "/session/step-up", "/me/account/delete", "/me/update-password",
                      "/me/remove-password"}


def test_API05_answers_say_what_they_are(server):
    d = server.deployment()
    browser, _ = d.signed_in()
    for path, methods in OPENAPI["paths"].items():
        if "get" not in methods:
            continue
        got = browser.send("GET", path, check=False)
        if path == "/session/check":
            assert got.body == b"" and got.header("Content-Type") is None, "a yes without a body is nothing of a type"
            continue
        wanted = "text/javascript" if path.endswith(".js") else "text/html" if claims.is_page(path) else "application/json"
        assert got.header("Content-Type") == f"{wanted}; charset=utf-8", path


@pytest.mark.parametrize("text", SQL)
def test_API06_text_is_never_sql(server, text):
    d = server.deployment()
    browser, who = d.signed_in()
    accounts = d.rows()["account"]
    for path, query in [("/auth/identifier-availability", {"identifier": text, "type": "username"}),
                        ("/me/workspace-memberships", {"org_id": text}), ("/session/token", {"template": text})]:
        assert browser.send("GET", path, query, check=False).status < 500, path
    for path, body in [("/me", {"first_name": text}), ("/organizations", {"name": text, "description": text}),
                       ("/auth/signin", {"email": text, "password": text}), ("/auth/signup", {"username": text})]:
        assert browser.send("POST", path, fields=body, check=False).status < 500, path
    browser.send("POST", "/session/switch-organization", {"organization_id": text}, check=False)
    assert d.rows()["account"] == accounts
    assert browser.is_signed_in and browser.get("/me").data["id"] == who.id
