"""Webhooks over the Backend API: what is told, to whom, and where no key may have it sent."""
# SPDX-License-Identifier: Apache-2.0
import pytest

import liar
from backend import Backend, assert_all_seen, assert_foreign_is_nobodys, nobodys_like
from hooks import Endpoint, RawReceiver, Receiver, is_signed, server_now
from mailserver import await_true
from test_webhooks import REFUSED

URL = "https://hooks.example.com/told"
# What the command line takes, and what that machine alone reaches.
OPERATORS = ["http://127.0.0.1:9090/v1/users", "https://127.0.0.1/", "http://localhost:2375/", "https://x.localhost/", "http://[::1]:80/"]


@pytest.fixture(scope="session", autouse=True)
def every_outcome(request):
    """When all of this file has run: every call has succeeded, and given each code that is its own."""
    yield
    assert_all_seen(request.session, __name__, globals(), lambda path: path.startswith("/v1/webhooks"))


@pytest.fixture
def api(production):
    return Backend(production)


@pytest.fixture
def receiver():
    with_one = Receiver()
    yield with_one
    with_one.close()


@pytest.fixture
def told(api, receiver):
    """(endpoint beside this server, its path): the operator's, since no key makes such a one."""
    endpoint = Endpoint(api.deployment, receiver.url)
    return endpoint, f"/v1/webhooks/{endpoint.id}"


def changes(api):
    """What the audit table has of webhooks: (actor, what)."""
    rows = api.server.sql(f"SELECT actor, detail FROM audit WHERE deployment_id = {api.deployment.number} AND event = 'webhook.changed' ORDER BY id")
    return [(actor, detail.split('"change":"')[1].rstrip('"}')) for actor, detail in rows]


def test_a_webhook_is_made_read_changed_deleted(api):
    made = api.post("/v1/webhooks", {"url": URL, "types": ["user.*", "session.created", "user.*"]})
    assert made.status == 201 and made.json["secret"].startswith("whsec_") and made.json["types"] == ["user.*", "session.created"]
    shown = {k: v for k, v in made.json.items() if k != "secret"}
    path, secret = f"/v1/webhooks/{shown['id']}", made.json["secret"]
    assert api.get(path).json == shown and api.get("/v1/webhooks").json == {"data": [shown]}
    assert secret not in api.get(path).text and secret.encode() not in api.server.stored_bytes() and secret not in api.server.log()
    got = api.patch(path, {"enabled": False}).json
    assert (got["state"], got["why"], got["url"]) == ("disabled", "by its operator", URL)
    got = api.patch(path, {"enabled": True, "types": [], "url": "https://other.example.com/"}).json
    assert (got["state"], got["why"], got["url"], got["types"]) == ("enabled", "", "https://other.example.com/", ["*"])
    assert api.patch(path, {}).json["types"] == ["*"]
    assert api.delete(path).status == 204
    assert api.delete(path).status == api.get(path).status == api.patch(path, {}).status == 404
    assert api.get("/v1/webhooks").json == {"data": []}
    actor = f"secret_key:{api.key[:12]}"
    assert changes(api) == [(actor, what) for what in ("created", "updated", "updated", "updated", "deleted")]


@pytest.mark.parametrize("fields,param", [
    ({}, "url"), ({"url": ""}, "url"), ({"url": URL, "types": ["user.creatd"]}, "types"), ({"url": URL, "types": ["user.* session.*"]}, "types"),
    ({"url": URL, "types": "user.*"}, "types"), ({"url": URL, "types": ["x" * 3000]}, "types"), ({"url": URL, "secret": "whsec_x"}, "secret"),
    ({"url": "https://a.example/" + "x" * 2048}, "url"), ({"url": URL, "enabled": False}, "enabled")])
def test_webhooks_that_cannot_be_made(api, fields, param):
    got = api.post("/v1/webhooks", fields)
    assert (got.status, got.code, got.json["errors"][0]["param"]) == (400, "BAD_REQUEST_BODY", param), got
    assert api.deployment.rows()["hook"] == 0


def test_there_is_a_most(api):
    for n in range(16):
        assert api.post("/v1/webhooks", {"url": f"https://h{n}.example.com/"}).status == 201
    assert api.post("/v1/webhooks", {"url": URL}).code == "LIMIT_REACHED"


# ---- where it may go (OAC-13, F-39) ----

@pytest.mark.parametrize("url", REFUSED + OPERATORS)
def test_OAC13_F39_addresses_that_are_refused(api, url):
    """Neither made nor changed to; and of what this machine alone reaches, not even what its operator may name."""
    got = api.post("/v1/webhooks", {"url": url})
    assert (got.status, got.code, got.json["errors"][0]["param"]) == (400, "BAD_REQUEST_BODY", "url"), got
    made = api.post("/v1/webhooks", {"url": URL}).json
    assert api.patch(f"/v1/webhooks/{made['id']}", {"types": ["user.*"], "url": url}).code == "BAD_REQUEST_BODY"
    kept = api.get(f"/v1/webhooks/{made['id']}").json
    assert (kept["url"], kept["types"]) == (URL, ["*"])


def test_OAC13_what_an_operator_set_stays_theirs(api, told):
    """A key changes what else there is of it, and cannot have it back once it leads elsewhere."""
    endpoint, path = told
    assert api.patch(path, {"types": ["user.*"]}).json["url"] == endpoint.made["url"]
    assert api.patch(path, {"url": endpoint.made["url"]}).code == "BAD_REQUEST_BODY"
    assert api.patch(path, {"url": URL}).status == 200
    assert api.patch(path, {"url": endpoint.made["url"]}).code == "BAD_REQUEST_BODY"


@pytest.mark.skipif(not liar.may_have_one(), reason="not root, or no mount namespaces")
def test_OAC13_F39_names_that_lead_inside(new_server, tmp_path, monkeypatch):
    """A name of the internet is taken, and what it leads to is looked at when a socket is made for it."""
    inside = RawReceiver(lambda raw, connection: raw.send(connection, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
    port = inside.url.rsplit(":", 1)[1].strip("/")
    dns, s = liar.Liar({("inside.example.com", liar.A): [["127.0.0.1"]], ("private.example.com", liar.A): [["10.0.0.1"]]}), new_server()
    monkeypatch.setenv("SESSIOND", liar.program(tmp_path, dns.address))
    with s:
        api = Backend(s.deployment(host="dns.localhost:1"))
        for name in ("inside", "private"):
            made = api.post("/v1/webhooks", {"url": f"https://{name}.example.com:{port}/"}).json
            path = f"/v1/webhooks/{made['id']}"
            assert api.post(f"{path}/test").status == 200
            failed = await_true(lambda path=path: (d := api.get(f"{path}/deliveries").json["data"][0])["last_error"] and d)
            assert "address that is not allowed" in failed["last_error"]
    assert inside.connections == 0
    inside.close()
    dns.close()


# ---- told ----

def test_a_test_a_rotation_and_what_became_of_it(api, told, receiver):
    endpoint, path = told
    now = server_now(api.server)
    event = api.post(f"{path}/test").json["event_id"]
    [post] = receiver.await_posts(1)
    assert post.id == event and is_signed(post, endpoint.secret, now)
    other = api.post(f"{path}/rotate-secret", {"overlap": 3600}).json
    assert other["secret"] != endpoint.secret and other["earlier_secret_until"] is not None
    api.post(f"{path}/test")
    post = receiver.await_posts(2)[-1]
    assert is_signed(post, endpoint.secret, now) and is_signed(post, other["secret"], now)
    last = api.post(f"{path}/rotate-secret", {"overlap": 0}).json
    assert last["earlier_secret_until"] is None
    api.post(f"{path}/test")
    post = receiver.await_posts(3)[-1]
    assert is_signed(post, last["secret"], now) and not is_signed(post, other["secret"], now)
    await_true(lambda: all(d["state"] == "sent" for d in api.get(f"{path}/deliveries").json["data"]))
    listed = list(api.pages(f"{path}/deliveries", 1))
    assert [d["event_id"] for d in listed] == [p.id for p in receiver.posts] and listed[0]["event_id"] == event
    assert listed == list(api.pages(f"{path}/deliveries", 2, state="sent")) and not list(api.pages(f"{path}/deliveries", 2, state="given_up"))
    assert api.get(f"{path}/deliveries", query={"state": "lost"}).status == 400


def test_what_was_missed_is_sent_again(api, told, receiver):
    _, path = told
    api.patch(path, {"enabled": False})
    user = api.post("/v1/users", {"username": "missed_1"}).json["id"]
    event = api.get(f"{path}/deliveries").json["data"][0]
    assert (event["state"], event["type"], event["last_error"]) == ("given_up", "user.created", "the endpoint is disabled")
    one = f"{path}/deliveries/{event['event_id']}/replay"
    for refused in (api.post(one), api.post(f"{path}/replay", {"max_age": 60}), api.post(f"{path}/test")):
        assert (refused.status, refused.code) == (409, "CONFLICT") and "Enable it first" in refused.text
    api.patch(path, {"enabled": True})
    assert api.post(f"{path}/replay", {"max_age": 60}).json == {"replayed": 1}
    receiver.await_posts(1, "user.created", about=user)
    await_true(lambda: api.get(f"{path}/deliveries").json["data"][0]["state"] == "sent")
    assert api.post(f"{path}/replay", {"max_age": 60}).json == {"replayed": 0}
    assert api.post(one).status == 204
    receiver.await_posts(2, "user.created", about=user)
    await_true(lambda: api.get(f"{path}/deliveries").json["data"][0]["state"] == "sent")
    assert api.post(f"{path}/replay", {"max_age": 60, "delivered_too": True}).json == {"replayed": 1}
    for bad in ({}, {"max_age": 0}, {"max_age": 8 * 86400}, {"since": "2026-01-01T00:00:00Z"}):
        assert api.post(f"{path}/replay", bad).code == "BAD_REQUEST_BODY"
    nobody = f"{path}/deliveries/event_1/replay"
    assert api.post(nobody).status == api.post(nobody.replace("event_1", "x")).status == 404
    assert [what for _, what in changes(api)][-4:] == ["replayed"] * 4


def test_two_posts_under_one_key_are_one(api, told):
    """The secret that was shown once is shown again to whoever asks with the key of the first try; nothing is made twice."""
    _, path = told
    made = [api.post("/v1/webhooks", {"url": URL}, key="made") for _ in range(2)]
    assert made[0].json == made[1].json and made[1].header("Idempotent-Replayed") == "true" and len(api.get("/v1/webhooks").json["data"]) == 2
    assert api.post("/v1/webhooks", {"url": "https://other.example.com/"}, key="made").status == 409
    rotated = [api.post(f"{path}/rotate-secret", key="rotated").json["secret"] for _ in range(2)]
    assert rotated[0] == rotated[1]
    tested = [api.post(f"{path}/test", key="tested").json for _ in range(2)]
    assert tested[0] == tested[1]
    event = tested[0]["event_id"]
    again = [api.post(f"{path}/deliveries/{event}/replay", key="again") for _ in range(2)]
    assert [a.status for a in again] == [204, 204] and again[1].header("Idempotent-Replayed") == "true"
    assert [what for _, what in changes(api)][1:] == ["created", "rotated", "replayed"]


# ---- another tenant's ----

def everything(api):
    made = api.post("/v1/webhooks", {"url": URL}).json
    return {"webhook": made["id"], "event": api.post(f"/v1/webhooks/{made['id']}/test").json["event_id"]}


def calls_about(ids):
    path = f"/v1/webhooks/{ids['webhook']}"
    yield from (("GET", path, None), ("PATCH", path, {"url": "https://mine.example.com/"}), ("PATCH", path, {"enabled": False}), ("DELETE", path, None),
                ("POST", f"{path}/rotate-secret", {}), ("POST", f"{path}/test", None), ("POST", f"{path}/replay", {"max_age": 60}),
                ("GET", f"{path}/deliveries", None), ("POST", f"{path}/deliveries/{ids['event']}/replay", None))


def test_TEN04_what_another_tenant_has_is_what_nobody_has(server):
    mine, theirs = Backend(server.deployment()), Backend(server.deployment())
    foreign, own = everything(theirs), everything(mine)
    assert_foreign_is_nobodys(mine, theirs, foreign, calls_about)
    # Their event, at an endpoint of one's own.
    answers = [mine.post(f"/v1/webhooks/{own['webhook']}/deliveries/{ids['event']}/replay") for ids in (foreign, nobodys_like(foreign))]
    assert [a.status for a in answers] == [404] * 2 and answers[0].body == answers[1].body
    assert [h["id"] for h in mine.get("/v1/webhooks").json["data"]] == [own["webhook"]]
