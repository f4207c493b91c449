"""The contract's acceptance checklist, 15.4, point by point."""
# SPDX-License-Identifier: Apache-2.0
import base64
import re

import jwt
import pytest

import flows
from captcha import solve
from client import Browser
from harness import race


def test_15_4_1_fresh_browser_in_production(production):
    browser = production.browser()
    first = browser.get("/deployment")
    assert first.status == 200
    assert first.header("Access-Control-Allow-Origin") == production.origin
    assert first.header("Access-Control-Allow-Credentials") == "true"
    name, value, attributes = first.cookie
    assert name == "__Host-session" and value
    assert {"httponly", "secure", "samesite", "path"} <= attributes.keys()
    assert (attributes["samesite"], attributes["path"]) == ("Lax", "/")
    second, third = browser.get("/session"), browser.get("/session")
    assert second.token is None and third.token is None
    assert second.data["id"] == third.data["id"]


def test_15_4_2_fresh_browser_in_staging(staging):
    browser = staging.browser()
    first = browser.get("/deployment")
    assert first.token
    assert "x-development-session" in first.header("Access-Control-Expose-Headers").lower()
    assert browser.get("/session").data["id"] == browser.get("/session").data["id"]


def test_15_4_3_signed_out_session(deployment):
    answer = deployment.browser().get("/session")
    data = answer.data
    assert [data[k] for k in ("user", "organization", "workspace", "active_signin")] == [None] * 4
    assert [data[k] for k in ("signins", "signin_attempts", "signup_attempts")] == [[], [], []]
    assert re.fullmatch(r"session_\d+", data["id"]) and answer.json["errors"] == []


@pytest.mark.parametrize("encoding", ["multipart", "urlencoded", "json"])
def test_15_4_4_sign_in_in_every_encoding(deployment, encoding):
    who = deployment.person()
    answer = deployment.browser().post("/auth/signin", {"strategy": "plain_email", "email": who.email,
                                                        "password": who.password}, encoding=encoding)
    assert answer.data["signin_attempts"][-1]["completed"] is True
    assert answer.data["active_signin"]["user"]["primary_email_address"]["email"] == who.email


@pytest.mark.parametrize("how", [{"fields": {}}, {"body": b""}, {}], ids=["no parts", "empty body", "no body"])
def test_15_4_5_no_fields(deployment, how):
    answer = deployment.browser().post("/session/sign-out", **how)
    assert answer.status == 200 and answer.data["signins"] == []


def test_15_4_6_attempt_verification(server):
    d = server.deployment(**flows.OTP)
    who, browser = d.person(), d.browser()
    attempt = flows.start(browser, email=who.email).attempt
    flows.prepare(browser, attempt)
    code = flows.code_to(d, who.email)
    refused = flows.verify(browser, attempt, flows.wrong(code))
    assert refused.status == 400 and refused.message
    got = flows.verify(browser, attempt, code)
    assert got.data["signin_attempts"][-1]["id"] == attempt["id"] and got.data["signin_attempts"][-1]["completed"] is True


def test_15_4_7_garbage_token(deployment):
    browser = deployment.browser(token="garbage")
    answer = browser.get("/session")
    assert answer.status == 200 and answer.token and answer.data["active_signin"] is None
    assert deployment.browser(token="garbage").get("/me").status == 401


def test_15_4_8_session_token(deployment):
    browser, who = deployment.signed_in()
    data = browser.get("/session/token", {"template": "default"}).data
    keys = jwt.PyJWKSet.from_dict(browser.get("/.well-known/jwks.json").json)
    header = jwt.get_unverified_header(data["token"])
    key = next(k for k in keys.keys if k.key_id == header["kid"])
    claims = jwt.decode(data["token"], key.key, algorithms=["ES256"])
    encoded = deployment.publishable_key.split("_")[2]
    assert claims["iss"] == base64.b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    assert claims["sub"] == who.id and {"sid", "iat", "exp"} <= claims.keys()
    assert claims.get("nbf", 0) <= claims["iat"]
    assert claims["iat"] * 1000 < data["expires"] <= claims["exp"] * 1000
    assert deployment.browser().get("/session/token", {"template": "default"}).status == 401


def test_15_4_9_parallel_requests_with_a_token_due(clock_server):
    browser, _ = clock_server.deployment().signed_in()
    clock_server.advance(1801)
    twins = [browser.twin() for _ in range(2)]
    got = race([lambda b=b: b.get("/session") for b in twins])
    assert [g.status for g in got] == [200, 200] and all(g.data["active_signin"] for g in got)
    assert twins[0].token == twins[1].token != browser.token


def test_15_4_10_switches_keep_the_invariant(deployment):
    browser, _ = deployment.signed_in()
    first = browser.post("/organizations", {"name": "Lumen Labs"}).data["organization"]["id"]
    workspace = browser.post("/workspaces", {"organization_id": first, "name": "Optics"}).data["workspace"]["id"]
    browser.post("/session/switch-workspace", None, {"workspace_id": workspace})
    second = browser.post("/organizations", {"name": "Fjord"}).data["organization"]["id"]
    seen = []
    for path, query in [(None, None), ("workspace", {"workspace_id": workspace}), ("organization", {"organization_id": second}),
                        ("organization", {}), ("workspace", {"workspace_id": workspace}), ("workspace", {})]:
        data = browser.session() if path is None else browser.post(f"/session/switch-{path}", None, query).data
        seen.append((data["organization"] and data["organization"]["id"], data["workspace"] and data["workspace"]["id"]))
    assert seen == [(second, None), (first, workspace), (second, None), (None, None), (first, workspace), (None, None)]


def test_15_4_11_captcha_token_is_used_many_times(production):
    who, browser = production.person(), production.browser()
    token = solve(browser)
    assert browser.post("/auth/identify", {"identifier": who.email, "challenge_token": token}).status == 200
    tries = [browser.sign_in(who, p, challenge_token=token).status for p in ("wrong-1-password", "wrong-2-password", None)]
    assert tries == [401, 401, 200]


def test_15_4_12_preflight(deployment):
    answer = deployment.browser().send("OPTIONS", "/me", headers=[
        ("Access-Control-Request-Method", "PATCH"), ("Access-Control-Request-Headers", "content-type")])
    assert answer.status in (200, 204)
    assert "PATCH" in answer.header("Access-Control-Allow-Methods")
    assert "content-type" in answer.header("Access-Control-Allow-Headers").lower()
    assert answer.token is None


def test_15_4_13_refusals_carry_cors_and_envelope(deployment):
    """404, 405, 400 and 401 here, 429 in test_throttle.py; the client's checks look at each answer's fields."""
    browser: Browser = deployment.browser()
    got = [browser.get("/nothing").status, browser.send("DELETE", "/session").status, browser.get("/me").status,
           browser.send("POST", "/auth/signin", body=b"{", content_type="application/json").status]
    assert got == [404, 405, 401, 400]
