"""Who may call the Backend API, and what it takes for a request: TEN-05, TEN-11, F-35, V-39, OPS-09."""
# SPDX-License-Identifier: Apache-2.0
import json

import pytest

from backend import Backend, document
from harness import PASSWORD, race

SOME = "user_251926254194825752"


@pytest.fixture
def api(production):
    return Backend(production)


def key_commands(deployment):
    cli = deployment.server.cli
    return (lambda *a: cli("secret-key", "create", "--deployment", deployment.host, *a),
            lambda: [json.loads(x) for x in cli("secret-key", "list", "--deployment", deployment.host).splitlines()],
            lambda prefix, *a: cli("secret-key", "revoke", prefix, "--deployment", deployment.host, *a))


# ---- whose key ----

def test_the_key_says_which_deployment(server, production, staging):
    for d in (production, staging):
        assert Backend(d).get("/v1/deployment").json["id"] == d.id
        assert d.secret_key.startswith("sk_test_" if d.mode == "staging" else "sk_live_")
    # Neither does the Host, nor a header that proxies write.
    got = Backend(production).get("/v1/deployment", headers=[("X-Forwarded-Host", staging.host)])
    assert got.json["id"] == production.id


@pytest.mark.parametrize("path", ["/v1/users", "/v1/nothing", f"/v1/users/{SOME}", "/v1/deployment/settings"])
def test_TEN11_nothing_without_a_key(production, path):
    wrong = [None, "", "sk_live_", "sk_live_" + "A" * 43, "sk_test_" + "A" * 43, production.secret_key[:-1],
             production.secret_key + "A", production.secret_key.upper(), production.publishable_key]
    answers = [Backend(production, key).get(path) for key in wrong]
    assert {a.status for a in answers} == {401} and len({a.body for a in answers}) == 1
    assert all(a.header("WWW-Authenticate") == "Bearer" for a in answers)


def test_TEN11_a_users_session_is_worth_nothing_here(production):
    browser, _ = production.signed_in()
    jwt = browser.get("/session/token").data["token"]
    for key, headers in ((None, [("Cookie", f"__Host-session={browser.token}")]), (browser.token, []), (jwt, [])):
        assert Backend(production, key).get("/v1/users", headers=headers).status == 401
    # Beside a key it changes nothing either.
    both = Backend(production).get("/v1/users", headers=[("Cookie", f"__Host-session={browser.token}")])
    assert both.status == 200


def test_OPS09_it_is_not_on_the_public_listener(production):
    for path in ("/v1/users", "/v1/deployment"):
        got = production.browser().get(path, headers=[("Authorization", f"Bearer {production.secret_key}")])
        assert got.status == 404, got


def test_two_authorizations_are_none(api):
    assert api.get("/v1/users", headers=[("Authorization", f"Bearer {api.key}")]).status == 401


def test_a_browser_has_no_business_here(api):
    got = api.get("/v1/users", headers=[("Origin", api.deployment.origin)])
    assert (got.status, got.code) == (403, "FORBIDDEN")
    assert api.send("OPTIONS", "/v1/users", headers=[("Origin", "https://evil.example")]).status == 403
    assert api.send("OPTIONS", "/v1/users").status == 405


# ---- keys come and go ----

def test_keys_overlap_while_they_are_rotated(production):
    create, listed, revoke = key_commands(production)
    new = json.loads(create())["secret_key"]
    assert [k["prefix"] for k in listed()] == [production.secret_key[:12], new[:12]]
    assert Backend(production).get("/v1/deployment").status == Backend(production, new).get("/v1/deployment").status == 200
    revoke(production.secret_key[:12])
    assert Backend(production).get("/v1/deployment").status == 401
    assert Backend(production, new).get("/v1/deployment").json["id"] == production.id
    assert production.audit()[-2:] == ["secret_key.created", "secret_key.revoked"]


def test_a_key_can_be_given_a_while(clock_server):
    d = clock_server.deployment()
    _, listed, revoke = key_commands(d)
    revoke(d.secret_key[:12], "--in", "3600")
    assert listed()[0]["revoked_at"] is not None
    assert Backend(d).get("/v1/deployment").status == 200
    clock_server.advance(3601)
    assert Backend(d).get("/v1/deployment").status == 401


def test_a_key_that_dies_soon_can_die_sooner_and_never_later(clock_server):
    d = clock_server.deployment()
    _, listed, revoke = key_commands(d)
    revoke(d.secret_key[:12], "--in", "3600")
    first = listed()[0]["revoked_at"]
    assert clock_server.try_cli("secret-key", "revoke", d.secret_key[:12], "--in", "7200", "--deployment", d.host).returncode != 0
    assert listed()[0]["revoked_at"] == first
    revoke(d.secret_key[:12])
    assert Backend(d).get("/v1/deployment").status == 401
    assert clock_server.try_cli("secret-key", "revoke", d.secret_key[:12], "--deployment", d.host).returncode != 0


def test_the_whole_key_is_not_for_the_command_line(production):
    done = production.server.try_cli("secret-key", "revoke", production.secret_key, "--deployment", production.host)
    assert done.returncode != 0 and production.secret_key not in done.stdout + done.stderr


def test_when_a_key_was_last_used_is_written_once_in_a_while(clock_server):
    d = clock_server.deployment()
    _, listed, _ = key_commands(d)
    assert listed()[0]["last_used_at"] is None
    api = Backend(d)
    api.get("/v1/deployment")
    first = listed()[0]["last_used_at"]
    assert first is not None
    commits = clock_server.metric("sessiond_store_commits_total")
    for _ in range(20):
        api.get("/v1/deployment")
    assert clock_server.metric("sessiond_store_commits_total") - commits <= 1
    clock_server.advance(61)
    api.get("/v1/deployment")
    assert listed()[0]["last_used_at"] > first


def test_keys_are_stored_hashed(production):
    create, _, _ = key_commands(production)
    key = json.loads(create())["secret_key"]
    Backend(production, key).get("/v1/users")
    assert key.encode() not in production.server.stored_bytes() and key not in production.server.log()


def test_F35_wrong_keys_use_up_their_source(new_server):
    with new_server(limited=True) as server:
        d = server.deployment()
        wrong = Backend(d, "sk_live_" + "A" * 43)
        answers = [wrong.get("/v1/users") for _ in range(30)]
        assert [a.status for a in answers] == [401] * 20 + [429] * 10
        assert all(int(a.header("Retry-After")) >= 1 for a in answers[20:])
        # Path twins, a spoofed address and another spelling of the scheme have no budget of their own.
        for path, headers in (("/v1/nothing", []), ("/v1/users", [("X-Forwarded-For", "203.0.113.9")]), ("/v1/users", [("Forwarded", "for=203.0.113.9")])):
            assert wrong.get(path, headers=headers).status == 429
        # A product behind the same address goes on.
        assert Backend(d).get("/v1/deployment").status == 200
        assert server.log().count("secret_key.refused") == 33


def test_calls_with_one_key_are_limited(new_server):
    with new_server(limited=True, env={"SESSIOND_THROTTLE_BACKEND": "5"}) as server:
        d, other = server.deployment(), server.deployment()
        answers = [Backend(d).get("/v1/deployment") for _ in range(7)]
        assert [a.status for a in answers] == [200] * 5 + [429] * 2
        assert answers[-1].code == "RATE_LIMITED" and int(answers[-1].header("Retry-After")) >= 1
        assert Backend(other).get("/v1/deployment").status == 200


# ---- what a request may look like ----

@pytest.mark.parametrize("member", ["role", "email_verified", "deployment_id", "tenant_id", "password_hash", "password_record", "id",
                                    "created_at", "verified", "disabled_at", "has_password"])
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_TEN05_V39_an_extra_member_is_refused_and_named(api, method, member):
    fields = {"username": "mallory_1", member: True}
    path = "/v1/users" if method == "POST" else f"/v1/users/{api.deployment.person().id}"
    got = api.send(method, path, fields)
    assert (got.status, got.code) == (400, "BAD_REQUEST_BODY")
    assert got.json["errors"][0]["param"] == member and member in got.json["errors"][0]["message"]
    assert not api.get("/v1/users", query={"username": "mallory_1"}).json["data"]


@pytest.mark.parametrize("body,content_type", [
    (b"[]", "application/json"), (b'"x"', "application/json"), (b"{", "application/json"), (b"{} x", "application/json"),
    (b'{"username": "a_b_c", "username": "d_e_f"}', "application/json"), (b"\xff{}", "application/json"),
    (b'{"username": "\\u0000abc"}', "application/json"), (b'{"username": NaN}', "application/json"),
    (b'{"username": 12}', "application/json"), (b'{"username": true}', "application/json"), (b'{"skip_checks": "true"}', "application/json"),
    (b'{"public_metadata": []}', "application/json"), (b'{"public_metadata": null}', "application/json"),
    (b'{"second_factor_policy": "sometimes"}', "application/json"), (b'{"second_factor_policy": null}', "application/json"),
    (b'{"public_metadata": ' + b'{"a":' * 9 + b"1" + b"}" * 9 + b"}", "application/json"),
    (b'{"public_metadata": {"a": "' + b"x" * 9000 + b'"}}', "application/json"),
    (b'{"username": "abc"}', None), (b'{"username": "abc"}', "text/plain"), (b"username=abc", "application/x-www-form-urlencoded"),
    (b'{"username": "abc"}', "application/json; charset=utf-16"), (b'{"username": "abc"}', "multipart/form-data; boundary=x"),
])
def test_TEN05_bodies_that_are_refused(api, body, content_type):
    got = api.post("/v1/users", body=body, content_type=content_type)
    assert (got.status, got.code) == (400, "BAD_REQUEST_BODY"), got
    assert len(got.json["errors"][0]["message"]) > 10


def test_a_refusal_quotes_no_password(api):
    got = api.post("/v1/users", {"username": "abc_d", "password": {"x": PASSWORD}})
    assert got.status == 400 and PASSWORD not in got.text and PASSWORD not in api.server.log()


def test_big_bodies(api):
    assert api.post("/v1/users", body=b" " * (64 * 1024 + 1)).status == 413
    assert api.post("/v1/users", body=b'{"username":"' + b"x" * 60000 + b'"}').status == 400
    deep = b'{"public_metadata":' + b"[" * 50000
    assert api.post("/v1/users", body=deep).status == 400


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "101"}, {"limit": "x"}, {"limit": ""}, {"after": "x"}, {"after": "user_-1"},
                                   {"page": "2"}, {"email": "a@b.example", "username": "abc"}, {"disabled": "false"}])
def test_queries_that_are_refused(api, query):
    got = api.get("/v1/users", query=query)
    assert got.status == 400 if query != {"limit": ""} else got.status == 200


def test_a_parameter_twice_is_refused(api):
    assert api.get("/v1/users", query=[("limit", 1), ("limit", 2)]).status == 400


def test_methods_and_paths(api):
    got = api.put("/v1/users")
    assert (got.status, got.header("Allow")) == (405, "GET, POST")
    for path in ("/v1/users/", "/v1//users", "/v1/Users", "/v1/users;a", "/v1/%75sers", "/v1/nothing"):
        assert api.get(path).status == 404, path


def test_every_call_is_documented_with_its_refusals():
    for path, methods in document()["paths"].items():
        for op in methods.values():
            assert {"400", "401", "403", "404", "429", "500", "503"} <= set(op["responses"]), path


# ---- the same POST twice ----

def count(api):
    return len(list(api.pages("/v1/users", 100)))


def test_the_same_post_twice_is_done_once(api):
    fields = {"email": "once@example.org", "password": PASSWORD}
    first, again = (api.post("/v1/users", fields, key="one") for _ in range(2))
    assert first.status == again.status == 201 and first.body == again.body
    assert first.header("Idempotent-Replayed") is None and again.header("Idempotent-Replayed") == "true"
    assert count(api) == 1 and api.deployment.audit().count("user.created") == 1


def test_another_request_under_the_same_key_is_refused(api):
    api.post("/v1/users", {"email": "once@example.org"}, key="one")
    user = api.get("/v1/users").json["data"][0]["id"]
    for path, fields in (("/v1/users", {"email": "twice@example.org"}), (f"/v1/users/{user}/disable", None), ("/v1/users?x=1", {"email": "once@example.org"})):
        got = api.post(path, fields, key="one")
        assert got.status in (409, 400), got
    assert count(api) == 1


def test_a_refused_post_has_done_nothing_and_may_come_again(api):
    assert api.post("/v1/users", {"email": "no address"}, key="one").status == 400
    made = api.post("/v1/users", {"email": "fine@example.org"}, key="one")
    assert made.status == 201 and made.header("Idempotent-Replayed") is None
    assert api.post("/v1/users", {"email": "fine@example.org"}, key="two").code == "EMAIL_EXISTS"
    api.delete(f"/v1/users/{made.json['id']}")
    assert api.post("/v1/users", {"email": "fine@example.org"}, key="two").status == 201


def test_of_twins_at_one_instant_one_is_done(api):
    answers = race([lambda: api.post("/v1/users", {"username": "twin_1"}, key="race")] * 8)
    assert {a.status for a in answers} == {201} and len({a.body for a in answers}) == 1
    assert sum(a.header("Idempotent-Replayed") is None for a in answers) == 1
    assert count(api) == 1


def test_of_different_requests_at_one_instant_under_one_key_one_is_done(api):
    answers = race([lambda n=n: api.post("/v1/users", {"username": f"rival_{n}"}, key="race") for n in range(6)])
    assert sorted(a.status for a in answers) == [201] + [409] * 5
    assert count(api) == 1


def test_an_answer_without_a_body_is_given_again(api):
    browser, who = api.deployment.signed_in()
    signin = api.get(f"/v1/users/{who.id}/signins").json["data"][0]["id"]
    for _ in range(2):
        assert api.post(f"/v1/signins/{signin}/revoke", key="end").status == 204
    assert api.post(f"/v1/signins/{signin}/revoke").status == 404
    assert not browser.is_signed_in


def test_keys_of_two_deployments_are_unrelated(server):
    one, two = Backend(server.deployment()), Backend(server.deployment())
    a, b = (x.post("/v1/users", {"email": "same@example.org"}, key="k") for x in (one, two))
    assert a.status == b.status == 201 and a.json["id"] != b.json["id"]


def test_what_one_secret_key_was_answered_another_does_not_read(production):
    """A ticket, for whoever has another key of the deployment, and guesses the name of a request."""
    create, _, revoke = key_commands(production)
    one, other = Backend(production), Backend(production, json.loads(create())["secret_key"])
    user = one.post("/v1/users", {"username": "whose_1"}).json["id"]
    first, second = (x.post("/v1/tickets", {"user_id": user}, key="nightly") for x in (one, other))
    assert first.status == second.status == 201 and first.json["ticket"] != second.json["ticket"]
    assert second.header("Idempotent-Replayed") is None
    assert one.post("/v1/tickets", {"user_id": user}, key="nightly").json == first.json
    assert other.post("/v1/users", {"username": "whose_2"}, key="nightly").code == "CONFLICT"


def test_an_answer_is_kept_for_a_day(clock_server):
    api = Backend(clock_server.deployment())
    user = api.post("/v1/users", {"username": "day_1"}).json["id"]
    api.post(f"/v1/users/{user}/disable", key="k")
    clock_server.advance(24 * 3600 - 60)
    assert api.post(f"/v1/users/{user}/disable", key="k").header("Idempotent-Replayed") == "true"
    clock_server.advance(120)
    assert api.post(f"/v1/users/{user}/disable", key="k").header("Idempotent-Replayed") is None
    clock_server.advance(24 * 3600 + 60)
    clock_server.sweep()
    assert api.deployment.rows()["idempotency"] == 0


def test_what_is_kept_of_an_answer_is_sealed(api):
    user = api.post("/v1/users", {"username": "seal_1", "password": PASSWORD}, key="k").json["id"]
    ticket = api.post("/v1/tickets", {"user_id": user}, key="t").json["ticket"]
    assert api.post("/v1/tickets", {"user_id": user}, key="t").json["ticket"] == ticket
    stored = api.server.stored_bytes()
    assert ticket.encode() not in stored and PASSWORD.encode() not in stored


@pytest.mark.parametrize("key", ["x" * 256])
def test_an_idempotency_key_out_of_bounds(api, key):
    got = api.post("/v1/users", {"username": "abc_d"}, key=key)
    assert (got.status, got.json["errors"][0]["param"]) == (400, "Idempotency-Key")
