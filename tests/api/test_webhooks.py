"""What endpoints outside are told: signed, in order, at least once, and only to whom it belongs. OAC-13, F-34, F-39."""
# SPDX-License-Identifier: Apache-2.0
import calendar
import math
import socket
import sqlite3
import subprocess
import time

import pytest

import liar
from contacts import EMAIL
from hooks import Endpoint, RawReceiver, Receiver, is_signed, server_now
from mailserver import FakeSmtp, await_true, certificate
from members import ORG_MANAGE, Cast, write

DAY = 86400
# https://www.standardwebhooks.com: after the first try, which is at once.
SCHEDULE = [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]


@pytest.fixture
def server(clock_server):
    """Its clock is moved here, so that nobody waits for the next try."""
    return clock_server


@pytest.fixture
def production(server):
    return server.deployment("production")


@pytest.fixture
def receiver():
    r = Receiver()
    yield r
    r.close()


@pytest.fixture
def endpoint(production, receiver):
    return Endpoint(production, receiver.url)


def seconds(text):
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))


def await_next_try(server, delivery):
    """To the second in which it is due, and not much later: what else waits has its own time."""
    server.advance(max(0, math.ceil(seconds(delivery["next_try_at"]) - server_now(server))) + 1)


# ---- what arrives ----


def test_an_event_arrives_signed(server, production, endpoint, receiver):
    who = production.person()
    post, = receiver.await_posts(1)
    assert post.path == "/hooks" and post.headers["content-type"] == "application/json" and post.id.startswith("event_")
    assert is_signed(post, endpoint.secret, server_now(server)) and not is_signed(post, "whsec_" + "A" * 43 + "=", server_now(server))
    assert set(post.said) == {"type", "timestamp", "data"} and post.type == "user.created"
    assert abs(seconds(post.said["timestamp"]) - server_now(server)) < 60
    assert post.data["user_id"] == who.id and post.data["actor"] == "operator" and post.data["cause"] == "user.created"
    user = post.data["user"]
    assert user["id"] == who.id and user["email"] == who.email and user["has_password"] is True
    sent = endpoint.await_delivery(post.id, "sent")
    assert sent["tries"] == 1 and sent["done_at"] and sent["last_error"] == "" and sent["next_try_at"] is None


def test_an_event_has_the_number_of_its_audit_row(production, endpoint, receiver):
    production.person()
    post, = receiver.await_posts(1)
    assert production.server.sql(f"SELECT event FROM audit WHERE deployment_id = {production.number} AND id = {post.id[6:]}") == [
        ("user.created",)]


def test_a_body_that_was_changed_is_noticed(server, production, endpoint, receiver):
    production.person()
    post, = receiver.await_posts(1)
    post.body = post.body.replace(b"user.created", b"user.deleted")
    assert not is_signed(post, endpoint.secret, server_now(server))


def test_the_life_of_an_account(production, endpoint, receiver):
    """From being made to being deleted, with what it looked like each time; in the order of what happened."""
    browser, who = production.signed_in()
    assert browser.post("/me", {"first_name": "Mirela"}).status == 200
    assert browser.post("/session/sign-out").status == 200
    at = ("--deployment", production.host)
    production.server.cli("user", "disable", who.email, *at)
    production.server.cli("user", "enable", who.email, *at)
    production.server.cli("user", "delete", who.email, *at)
    posts = receiver.await_posts(7, about=who.id)
    assert [p.type for p in posts] == ["user.created", "session.created", "user.updated", "session.ended", "user.disabled",
                                       "user.enabled", "user.deleted"]
    assert [p.data["user"] and p.data["user"]["first_name"] for p in posts] == ["Mira", "Mira"] + ["Mirela"] * 4 + [None]
    assert posts[1].data["session_id"].startswith("session_") and posts[1].data["actor"] == who.id
    assert posts[3].data["cause"] in ("signin.ended", "session.signed_out")


def test_organizations_and_workspaces(production, endpoint, receiver):
    browser, who = production.signed_in()
    made = browser.post("/organizations", {"name": "Lumen Labs"}).data
    org = made["organization"]["id"]
    workspace = browser.post("/workspaces", {"organization_id": org, "name": "Optics"}).data["workspace"]["id"]
    post = receiver.await_posts(1, "organization.created")[0]
    assert post.data["organization_id"] == org and post.data["actor"] == who.id
    assert post.data["organization"]["name"] == "Lumen Labs" and post.data["organization"]["member_count"] == 1
    post = receiver.await_posts(1, "workspace.created")[0]
    assert post.data["workspace_id"] == workspace and post.data["workspace"]["slug"] == "optics"


def test_members_and_their_roles(production, receiver):
    """Who it is about and not who did it; with the roles they have now; all of one organization in order."""
    cast = Cast(production)
    endpoint = Endpoint(production, receiver.url, "organization.*,organization_membership.*")
    whom, role = cast.orgmems["member"], cast.roles[ORG_MANAGE]
    assert cast["boss"].post(f"/organizations/{cast.org}/update", {"name": "Lumen Works"}).status == 200
    for deed in (f"members/{whom}/roles/{role}/add", f"members/{whom}/roles/{role}/remove", f"members/{whom}/remove", "delete"):
        assert cast.org_post("boss", deed).status == 200, deed
    posts = receiver.await_posts(5, about=cast.org)
    assert [p.type for p in posts] == ["organization.updated"] + ["organization_membership.updated"] * 2 + [
        "organization_membership.deleted", "organization.deleted"]
    assert posts[0].data["organization"]["name"] == "Lumen Works" and posts[-1].data["organization"] is None
    assert [p.data["user_id"] for p in posts[1:4]] == [cast.people["member"].id] * 3
    assert {p.data["actor"] for p in posts} == {cast.people["boss"].id} and posts[1].data["role_id"] == role
    assert [role in {r["id"] for r in p.data["roles"]} for p in posts[1:4]] == [True, False, False] and posts[3].data["roles"] == []
    assert posts[1].data["user"]["id"] == cast.people["member"].id and "has_password" not in posts[1].data["user"]
    assert all(is_signed(p, endpoint.secret, server_now(production.server)) for p in posts)


def test_what_goes_along_is_not_told_by_itself(production, receiver):
    """One event for an organization with members, a workspace, roles, invitations and domains in it; for a workspace and an account likewise."""
    cast = Cast(production)
    Endpoint(production, receiver.url, "*")

    def told(deed, *args):
        events = f"SELECT type FROM hook_event WHERE deployment_id = {production.number} ORDER BY id"
        before = len(production.server.sql(events))
        assert deed(*args).status == 200
        return [t for t, in production.server.sql(events)[before:]]

    assert cast.org_post("boss", "domains", {"domain": "lumen.example"}).status == 200
    assert told(cast.org_post, "boss", f"members/{cast.orgmems['ws_member']}/remove") == ["organization_membership.deleted"]
    assert told(cast.ws_post, "boss", "delete") == ["workspace.deleted"]
    assert told(cast["member"].post, "/me/account/delete", {"password": cast.people["member"].password}) == ["user.deleted"]
    assert told(cast.org_post, "boss", "delete") == ["organization.deleted"]


def test_an_added_address_is_named_by_its_kind(production, endpoint, receiver):
    browser, who = production.signed_in()
    assert EMAIL.add(browser, "second@example.org").status == 200
    post = receiver.await_posts(1, "user.updated", about=who.id)[0]
    assert post.data["cause"] == "email.added" and post.data["email_id"].startswith("email_") and "id" not in post.data
    assert "second@example.org" in {e["email"] for e in post.data["user"]["user_email_addresses"]}


def test_only_what_is_asked_for(production, receiver):
    mine = Receiver()
    Endpoint(production, mine.url, "session.*,user.deleted")
    Endpoint(production, receiver.url, "organization.created")
    _, who = production.signed_in()
    production.server.cli("user", "delete", who.email, "--deployment", production.host)
    assert [p.type for p in mine.await_posts(2)] == ["session.created", "user.deleted"] and receiver.posts == []
    assert production.server.sql(f"SELECT count(*) FROM hook_event WHERE deployment_id = {production.number}") == [("2",)]
    mine.close()


def test_nobody_to_tell_writes_nothing(production):
    production.person()
    assert production.rows()["hook_event"] == 0


def test_two_endpoints_get_one_event(production, endpoint, receiver):
    other = Receiver()
    second = Endpoint(production, other.url)
    production.person()
    a, b = receiver.await_posts(1)[0], other.await_posts(1)[0]
    assert a.id == b.id and a.body == b.body and not is_signed(a, second.secret, server_now(production.server))
    assert is_signed(b, second.secret, server_now(production.server))
    other.close()


def test_a_rolled_back_change_tells_nothing(production, endpoint, receiver):
    """The second of two people with one name is not made; only the first is told of."""
    who = production.person()
    done = production.server.try_cli("user", "create", "--deployment", production.host, "--email", "a@example.org", "--username",
                                     who.username)
    assert done.returncode != 0
    last = endpoint.test()
    await_true(lambda: any(p.id == last for p in receiver.posts))
    assert [p.type for p in receiver.posts] == ["user.created", "webhook.test"]


def test_TEN04_events_of_another_tenant_never_arrive(server, production, endpoint, receiver):
    other, theirs = server.deployment("production"), Receiver()
    foreign = Endpoint(other, theirs.url)
    for d in (production, other):
        d.signed_in()
    ours, of_them = receiver.await_posts(2), theirs.await_posts(2)
    assert not {p.data["user_id"] for p in ours} & {p.data["user_id"] for p in of_them}
    assert not {p.id for p in ours} & {p.id for p in of_them}
    # Nor does anything done to somebody else's endpoint find it.
    for args in (["show"], ["update", "--disable"], ["rotate"], ["test"], ["deliveries"], ["replay", "--since", "1d"], ["delete"]):
        done = server.try_cli("webhook", args[0], foreign.id, *args[1:], "--deployment", production.host)
        assert done.returncode != 0 and f"there is no webhook {foreign.id}" in done.stderr, args
    done = server.try_cli("webhook", "replay", endpoint.id, "--event", of_them[0].id, "--deployment", production.host)
    assert done.returncode != 0 and "has not been told" in done.stderr
    assert foreign.show()["state"] == "enabled" and len(theirs.posts) == 2
    theirs.close()


def test_what_is_too_large_is_told_by_its_ids(new_server):
    """A body has its ceiling; a receiver reads the rest where it is."""
    s, receiver = new_server(), Receiver()
    with s:
        d = s.deployment(host="large.localhost:1")
        endpoint, who = Endpoint(d, receiver.url), d.person()
        s.stop()
        huge = '{"a":"' + "x" * 100_000 + '"}'
        statement = f"UPDATE account SET public_metadata = '{huge}' WHERE id = {who.id[5:]}"
        if s.database:
            subprocess.run(["psql", s.database, "-qX"], input=statement, text=True, check=True)
        else:
            with sqlite3.connect(s.database_file()) as db:
                db.execute(statement)
            db.close()
        s.start()
        s.cli("user", "disable", who.email, "--deployment", d.host)
        post = receiver.await_posts(1, "user.disabled")[0]
        assert post.data["too_large"] is True and post.data["user_id"] == who.id and "user" not in post.data
        assert len(post.body) < 1000 and is_signed(post, endpoint.secret)
    receiver.close()


# ---- in order ----


def test_an_event_waits_for_the_earlier_one_about_the_same(server, production, receiver):
    """Per endpoint and subject: what is about somebody else, or for somebody else, goes on."""
    stuck, fine = Receiver(), receiver
    first = production.person()
    endpoint, _ = Endpoint(production, stuck.url), Endpoint(production, fine.url)
    stuck.answer = lambda post: 500 if post.data["user_id"] == first.id and stuck.refusing else 200
    stuck.refusing = True
    at = ("--deployment", production.host)
    for verb in ("disable", "enable", "delete"):
        server.cli("user", verb, first.email, *at)
    second = production.person()
    assert stuck.await_posts(1, about=second.id)
    assert [p.type for p in fine.await_posts(3, about=first.id)] == ["user.disabled", "user.enabled", "user.deleted"]
    endpoint.await_error(stuck.of("user.disabled")[0].id)
    assert {p.type for p in stuck.of(about=first.id)} == {"user.disabled"}
    stuck.refusing = False
    server.advance(7)
    posts = stuck.await_posts(4, about=first.id)
    assert [p.type for p in posts] == ["user.disabled", "user.disabled", "user.enabled", "user.deleted"] and posts[0].id == posts[1].id
    stuck.close()


def test_what_is_given_up_lets_the_next_one_through(server, production, receiver):
    """410 would disable it; a message that runs out of tries only makes room."""
    endpoint, who = Endpoint(production, receiver.url, "user.disabled,user.enabled"), production.person()
    receiver.answer = lambda post: 503 if post.type == "user.disabled" else 200
    at = ("--deployment", production.host)
    server.cli("user", "disable", who.email, *at)
    server.cli("user", "enable", who.email, *at)
    lost = receiver.await_posts(1, "user.disabled")[0].id
    for n in range(1, 11):
        failed = endpoint.await_error(lost, tries=n)
        assert receiver.of("user.enabled") == [] or failed["state"] == "given_up"
        if failed["state"] == "due":
            await_next_try(server, failed)
    assert endpoint.delivery(lost)["state"] == "given_up"
    # It failed so often in a row that it rests half a minute.
    server.advance(31)
    assert receiver.await_posts(1, "user.enabled")


def test_many_events_of_one_user_stay_in_order(production, receiver):
    """More than one look's worth, while each is slow."""
    receiver.answer = lambda post: time.sleep(0.002) or 200
    Endpoint(production, receiver.url, "user.disabled,user.enabled")
    people, at = [production.person() for _ in range(2)], ("--deployment", production.host)
    for i in range(40):
        for who in people:
            production.server.cli("user", "disable" if i % 2 == 0 else "enable", who.email, *at)
    for who in people:
        posts = receiver.await_posts(40, about=who.id)
        assert [p.type for p in posts] == ["user.disabled", "user.enabled"] * 20


# ---- again ----


def test_it_is_tried_by_the_suggested_schedule_and_then_given_up(server, production, endpoint, receiver):
    receiver.answer = 500
    production.person()
    event = receiver.await_posts(1)[0].id
    for n, wait in enumerate(SCHEDULE, 1):
        failed = endpoint.await_error(event, tries=n)
        assert failed["state"] == "due" and failed["tries"] == n and "500" in failed["last_error"]
        due_in = seconds(failed["next_try_at"]) - server_now(server)
        assert 0.74 * wait - 10 <= due_in <= 1.26 * wait + 1, (n, wait, due_in)
        await_next_try(server, failed)
    given_up = endpoint.await_delivery(event, "given_up")
    assert given_up["tries"] == 10 == len(receiver.posts) and len({p.body for p in receiver.posts}) == 1
    assert len({p.headers["webhook-timestamp"] for p in receiver.posts}) == 10


@pytest.mark.parametrize("status", [301, 302, 400, 401, 404, 429, 500, 503])
def test_whatever_is_no_2xx_is_tried_again(server, production, receiver, status):
    endpoint, who = Endpoint(production, receiver.url, "user.created"), None
    receiver.answer = status
    who = production.person()
    event = receiver.await_posts(1, about=who.id)[0].id
    failed = endpoint.await_error(event)
    assert failed["state"] == "due" and str(status) in failed["last_error"]
    receiver.answer = 204
    server.advance(7)
    assert endpoint.await_delivery(event, "sent")["tries"] == 2


def test_replay(server, production, endpoint, receiver):
    """One event by its id, whatever became of it; or all that was given up since a time, or all of them."""
    who = production.person()
    first = receiver.await_posts(1)[0]
    endpoint.await_delivery(first.id, "sent")
    assert endpoint.replay("--event", first.id) == 1
    again = await_true(lambda: len(receiver.posts) > 1 and receiver.posts[1])
    assert again.id == first.id and again.body == first.body
    endpoint.await_delivery(first.id, "sent")
    endpoint.update("--disable")
    for verb in ("disable", "enable"):
        server.cli("user", verb, who.email, "--deployment", production.host)
    assert [d["state"] for d in endpoint.deliveries()] == ["given_up", "given_up", "sent"]
    endpoint.update("--enable")
    assert endpoint.replay("--since", "1h") == 2
    assert [p.type for p in receiver.await_posts(4)][2:] == ["user.disabled", "user.enabled"]
    await_true(lambda: endpoint.deliveries("--state", "sent")[2:])
    assert endpoint.replay("--since", "1h") == 0
    assert endpoint.replay("--since", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(server_now(server) - 3600)), "--all") == 3
    assert [p.type for p in receiver.await_posts(7)][4:] == ["user.created", "user.disabled", "user.enabled"]


def test_what_was_told_is_forgotten_after_a_week(server, production, endpoint, receiver):
    production.person()
    event = receiver.await_posts(1)[0].id
    endpoint.await_delivery(event, "sent")
    server.advance(6 * DAY)
    server.sweep()
    assert endpoint.deliveries()
    server.advance(2 * DAY)
    server.sweep()
    assert endpoint.deliveries() == [] and production.rows()["hook_event"] == 0


# ---- endpoints that are of no use ----


def test_410_disables_at_once(server, production, endpoint, receiver):
    receiver.answer = 410
    before = server.metric("sessiond_webhooks_disabled_total")
    production.person()
    await_true(lambda: endpoint.show()["state"] == "gone")
    shown = endpoint.show()
    assert shown["why"] == "it said 410 Gone" and endpoint.delivery()["state"] == "given_up"
    await_true(lambda: f"webhook=webhook_{endpoint.id[8:]} " in server.log() and "it said 410 Gone" in server.log())
    assert production.audit()[-1] == "webhook.disabled" and server.metric("sessiond_webhooks_disabled_total") == before + 1
    production.person()
    assert [d["state"] for d in endpoint.deliveries()] == ["given_up", "given_up"] and len(receiver.posts) == 1
    assert endpoint.update("--enable")["state"] == "enabled"
    receiver.answer = 200
    assert endpoint.replay("--since", "1d") == 2
    receiver.await_posts(3)


def test_an_endpoint_that_fails_for_days_is_disabled(server, production, endpoint, receiver):
    """One that has taken something meanwhile is not."""
    receiver.answer = 500
    who, at = production.person(), ("--deployment", production.host)
    first = receiver.await_posts(1)[0].id
    endpoint.await_error(first)
    assert endpoint.show()["failing_since"]
    server.advance(4 * DAY)
    endpoint.await_error(first, tries=2)
    assert endpoint.show()["state"] == "enabled"
    receiver.answer = 200
    server.advance(500)
    endpoint.await_delivery(first, "sent")
    assert endpoint.show()["failing_since"] is None
    receiver.answer = 500
    server.cli("user", "disable", who.email, *at)
    second = receiver.await_posts(1, "user.disabled")[0].id
    endpoint.await_error(second)
    server.cli("user", "enable", who.email, *at)
    server.advance(5 * DAY + 60)
    await_true(lambda: endpoint.show()["state"] == "failed")
    assert "five days" in endpoint.show()["why"] and "webhook.disabled" in production.audit()
    n = len(receiver.posts)
    server.advance(2 * DAY)
    await_true(lambda: {d["state"] for d in endpoint.deliveries("--limit", "2")} == {"given_up"})
    assert len(receiver.posts) == n


def test_what_fails_here_is_not_the_endpoints_fault(server, production, endpoint, receiver):
    """Its secret could not be opened: it was never asked, and after five days it was disabled for having taken nothing."""
    own = f"WHERE deployment_id = {production.number}"
    write(server, f"UPDATE hook SET sealed_secret_before = sealed_secret {own}", f"UPDATE hook SET sealed_secret = substr(sealed_secret, 2) {own}")
    production.person()
    event = await_true(endpoint.deliveries)[0]["event_id"]
    endpoint.await_error(event)
    server.advance(5 * DAY + 60)
    assert "sealed_secret" in endpoint.await_error(event, tries=2)["last_error"]
    shown = endpoint.show()
    assert (shown["state"], shown["failing_since"], receiver.posts) == ("enabled", None, [])
    write(server, f"UPDATE hook SET sealed_secret = sealed_secret_before {own}")
    server.advance(500)
    endpoint.await_delivery(event, "sent")
    assert is_signed(receiver.posts[0], endpoint.secret, server_now(server))


def test_F34_a_dead_endpoint_holds_up_nobody(server, production, receiver):
    """Neither other endpoints of the deployment, nor its mail, nor sign-ins."""
    holes = [Receiver(answer=None) for _ in range(3)]
    for hole in holes:
        Endpoint(production, hole.url)
    Endpoint(production, receiver.url)
    for _ in range(8):
        production.person()
    await_true(lambda: all(h.posts for h in holes))
    fake, began = FakeSmtp(), time.monotonic()
    production.set(smtp_host="127.0.0.1", smtp_port=fake.port, smtp_security="none")
    _, who = production.signed_in()
    server.cli("outbox", "test", "fine@example.org", "--deployment", production.host)
    receiver.await_posts(2, about=who.id)
    await_true(lambda: fake.taken)
    assert time.monotonic() - began < 8 and all(len(h.posts) <= 9 for h in holes)
    for hole in holes:
        hole.close()


def test_a_dead_endpoint_is_asked_now_and_then(server, production):
    """Fifty events wait for one that refuses connections: not each is tried at once, and all are once it is there."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        endpoint = Endpoint(production, f"http://127.0.0.1:{closed.getsockname()[1]}/", "user.created")
        for _ in range(50):
            production.person()
        endpoint.await_error(endpoint.deliveries()[-1]["event_id"])
        assert sum(d["tries"] for d in endpoint.deliveries()) < 20
    receiver = Receiver()
    endpoint.update("--url", receiver.url)
    server.advance(400)
    await_true(lambda: {d["state"] for d in endpoint.deliveries()} == {"sent"})
    assert len({p.id for p in receiver.posts}) == 50
    receiver.close()


# ---- nothing is lost ----


def test_kill_9_between_commit_and_delivery(new_server, receiver):
    """Everybody who was told that their account is made is told of, at least once, with one id; none is made up."""
    s, told = new_server(), []
    receiver.answer = None
    with s:
        d = s.deployment(host="kill.localhost:1")
        endpoint = Endpoint(d, receiver.url, "user.created")
        for _ in range(3):
            told += [d.person().id for _ in range(6)]
            await_true(lambda: receiver.posts)
            s.kill()
            s.start()
        receiver.answer = 200
        s.advance(3600)
        receiver.held.set()
        await_true(lambda: {p.data["user_id"] for p in receiver.posts} >= set(told), seconds=60)
        assert {p.data["user_id"] for p in receiver.posts} == set(told)
        assert len({p.id for p in receiver.posts}) == len(told)
        assert all(is_signed(p, endpoint.secret, time.time(), 7200) for p in receiver.posts)
        await_true(lambda: {x["state"] for x in endpoint.deliveries()} == {"sent"}, seconds=60)


def test_what_is_under_way_at_the_end_is_due_again_at_once(new_server, receiver):
    """And nobody has failed: the endpoint is not blamed."""
    s = new_server()
    receiver.answer = None
    with s:
        d = s.deployment(host="end.localhost:1")
        endpoint = Endpoint(d, receiver.url)
        d.person()
        receiver.await_posts(1)
        s.stop()
        receiver.answer = 200
        s.start()
        endpoint.await_delivery(receiver.posts[0].id, "sent")
        assert endpoint.show()["failing_since"] is None


# ---- secrets ----


def test_rotation_signs_with_both_for_a_while(server, production, endpoint, receiver):
    old = endpoint.secret
    new = endpoint.rotate()
    production.person()
    post = receiver.await_posts(1)[0]
    now = server_now(server)
    assert new != old and is_signed(post, new, now) and is_signed(post, old, now)
    assert post.headers["webhook-signature"].count("v1,") == 2 and endpoint.show()["earlier_secret_until"]
    server.advance(DAY + 60)
    production.person()
    post = receiver.await_posts(2)[1]
    assert is_signed(post, new, server_now(server)) and not is_signed(post, old, server_now(server))
    newest = endpoint.rotate("--overlap", "0s")
    production.person()
    post = receiver.await_posts(3)[2]
    assert is_signed(post, newest, server_now(server)) and not is_signed(post, new, server_now(server))


def test_F38_no_secret_is_told_or_stored(new_server, receiver):
    s = new_server(["--log-level", "debug"])
    with s:
        d = s.deployment(host="secret.localhost:1")
        endpoint = Endpoint(d, receiver.url)
        _, who = d.signed_in()
        rotated = endpoint.rotate()
        receiver.await_posts(2)
        seen = s.log().encode() + s.stored_bytes() + str(endpoint.show()).encode() + b"".join(p.body for p in receiver.posts)
        for secret in (endpoint.secret, rotated):
            assert secret.encode() not in seen and secret[6:].encode() not in seen
        bodies = b"".join(p.body for p in receiver.posts)
        assert who.password.encode() not in bodies and b"argon2" not in bodies and b"password_record" not in bodies
        token = s.sql(f"SELECT count(*) FROM hook_event WHERE body LIKE '%token%' AND deployment_id = {d.number}")
        assert token == [("0",)]


# ---- where it may go (OAC-13, F-39) ----


REFUSED = ["http://example.com/", "ftp://example.com/", "file:///etc/passwd", "gopher://127.0.0.1/", "https://", "example.com",
           "https://me:secret@example.com/", "https://169.254.169.254/latest/meta-data/", "https://10.0.0.1/", "https://192.168.1.1/",
           "https://172.16.0.1/", "https://100.64.0.1/", "https://0.0.0.0/", "https://[::]/", "https://[::ffff:127.0.0.1]/",
           "https://[::ffff:169.254.169.254]/", "https://[::ffff:7f00:1]/", "https://[fe80::1]/", "https://[fc00::1]/",
           "https://[64:ff9b::7f00:1]/", "https://[fd00:ec2::254]/", "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/",
           "https://127.1/", "https://0/", "https://127.0.0.1.nip.io\\@evil/", "https://EXAMPLE.com/", "https://exa mple.com/",
           "https://224.0.0.1/", "https://255.255.255.255/", "https://192.0.2.1/", "https://[2001:db8::1]/", "https://[2002:7f00:1::]/"]


@pytest.mark.parametrize("url", REFUSED)
def test_OAC13_F39_addresses_that_are_refused(production, url):
    done = production.server.try_cli("webhook", "create", url, "--deployment", production.host)
    assert done.returncode != 0 and done.stdout == "" and "URL" in done.stderr or "https" in done.stderr or "internet" in done.stderr
    assert production.rows()["hook"] == 0


def test_OAC13_nor_by_an_update(endpoint):
    for url in REFUSED[:12]:
        done = endpoint.deployment.server.try_cli(*endpoint.args("update", endpoint.id, "--url", url))
        assert done.returncode != 0
    assert endpoint.show()["url"] == endpoint.made["url"]


def test_F39_no_redirect_is_followed(server, production):
    """302 to localhost, with a body that would be signed for whoever is there."""
    other = Receiver()

    def redirect(raw, connection):
        raw.send(connection, f"HTTP/1.1 302 Found\r\nLocation: {other.url}\r\nContent-Length: 0\r\n\r\n".encode())

    raw = RawReceiver(redirect)
    endpoint = Endpoint(production, raw.url)
    production.person()
    assert "302" in endpoint.await_error()["last_error"] and other.posts == [] and raw.connections == 1
    raw.close()
    other.close()


def drip(head, piece):
    def speak(raw, connection):
        raw.send(connection, head)
        while True:
            raw.send(connection, piece)
            time.sleep(1)
    return speak


def flood(head, piece):
    def speak(raw, connection):
        raw.send(connection, head)
        for _ in range(1024):
            raw.send(connection, piece * (1024 * 1024 // len(piece)))
    return speak


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n"


@pytest.mark.parametrize("speak,becomes", [
    (flood(HEAD, b"x"), "sent"), (flood(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"), "due"), (flood(b"HTTP/1.1 200 OK\r\nX: ", b"x"), "due"),
    (flood(b"HTTP/1.1 500 No\r\nContent-Length: 1073741824\r\n\r\n", b"x"), "due"), (flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), "due")],
    ids=["1GB-body", "1GB-headers", "1GB-header", "1GB-refusal", "1GB-of-100"])
def test_F39_an_answer_that_does_not_end(server, production, speak, becomes):
    """Ended within ten seconds, having read next to nothing; a status of 2xx had arrived whole, or the event is tried again."""
    raw = RawReceiver(speak)
    endpoint = Endpoint(production, raw.url)
    began, before = time.monotonic(), server.rss_kib()
    endpoint.test()  # a new person would be a hash, whose memory is kept for a while
    done = await_true(lambda: (d := endpoint.delivery())["state"] == "sent" and d or d["last_error"] and d)
    assert raw.ended.wait(5)
    assert done["state"] == becomes and time.monotonic() - began < 13
    assert raw.sent < 16 * 1024 * 1024 and server.rss_kib() - before < 8 * 1024
    raw.close()


def test_F39_a_byte_a_second_and_nothing_at_all(server, production):
    """All at once, since each takes its ten seconds."""
    answers = [(drip(HEAD, b"x"), "sent"), (drip(b"", b"H"), "due"), (drip(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"), "due"),
               (lambda raw, connection: connection.recv(1), "due")]
    raws = [RawReceiver(speak) for speak, _ in answers]
    endpoints = [Endpoint(production, raw.url) for raw in raws]
    began = time.monotonic()
    for endpoint in endpoints:
        endpoint.test()
    await_true(lambda: all(raw.connections for raw in raws))
    before, ends = server.rss_kib(), []
    assert all(raw.ended.wait(13) for raw in raws[:-1])
    assert server.rss_kib() - before < 8 * 1024
    for raw, endpoint, (_, becomes) in zip(raws, endpoints, answers):
        done = await_true(lambda endpoint=endpoint: (d := endpoint.delivery())["state"] == "sent" and d or d["last_error"] and d)
        assert done["state"] == becomes and time.monotonic() - began < 13
        assert raw.sent < 16 * 1024 * 1024
        ends.append(done["last_error"])
        raw.close()
    assert "timed out" in ends[-1].lower()


@pytest.mark.skipif(not liar.may_have_one(), reason="not root, or no mount namespaces")
def test_OAC13_F39_names_that_lead_inside(new_server, tmp_path, monkeypatch):
    """
    Names of the internet whose addresses are not: at the first question, or at the next (DNS rebinding); in either
    family, mapped, behind a CNAME, or one among several. What was looked at is what is connected to.
    """
    inside = RawReceiver(lambda raw, connection: raw.send(connection, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
    port = inside.url.rsplit(":", 1)[1].strip("/")
    a, aaaa = liar.A, liar.AAAA
    names = {
        ("loopback.example.com", a): [["127.0.0.1"]], ("loopback6.example.com", aaaa): [["::1"]],
        ("mapped.example.com", aaaa): [["::ffff:127.0.0.1"]], ("metadata.example.com", a): [["169.254.169.254"]],
        ("unspecified.example.com", a): [["0.0.0.0"]], ("unspecified6.example.com", aaaa): [["::"]],
        ("private.example.com", a): [["10.0.0.1"]], ("nat64.example.com", aaaa): [["64:ff9b::7f00:1"]],
        ("two.example.com", a): [["10.0.0.1", "127.0.0.1"]], ("two.example.com", aaaa): [["::1"]],
        ("rebinds.example.com", a): [["10.9.8.7"], ["127.0.0.1"], ["169.254.169.254"], ["127.0.0.1"]],
    }
    dns, s = liar.Liar(names), new_server()
    monkeypatch.setenv("SESSIOND", liar.program(tmp_path, dns.address))
    with s:
        d = s.deployment(host="dns.localhost:1")
        hosts = sorted({name for name, _ in names})
        endpoints = [Endpoint(d, f"https://{name}:{port}/") for name in hosts]
        d.person()
        for tries in (1, 2, 3, 4):
            for endpoint in endpoints:
                failed = endpoint.await_error(tries=tries)
                assert "address that is not allowed" in failed["last_error"], endpoint.made
            # What it knows of names is good for a minute of everybody's time: another start asks anew.
            s.stop()
            s.start()
            s.advance(7200 * tries)
        assert len([q for q in dns.asked if q == ("rebinds.example.com", a)]) >= 4
    assert inside.connections == 0
    inside.close()
    dns.close()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    directory = tmp_path_factory.mktemp("certificates")
    certificate(directory)
    return directory


@pytest.mark.parametrize("wrong", [None, "authority", "name"])
def test_OPS06_https_to_who_can_prove_it(server, new_server, tmp_path, certificates, wrong):
    directory = certificates
    if wrong == "name":
        certificate(tmp_path, "hooks.example.com", authority=certificates)
        directory = tmp_path
    receiver = Receiver(tls_directory=directory)
    s = new_server([] if wrong == "authority" else ["--mail-ca-file", certificates / "ca.pem"])
    with s:
        d = s.deployment(host="tls.localhost:1")
        endpoint = Endpoint(d, f"https://localhost:{receiver.port}/hooks")
        d.person()
        if wrong:
            assert "certificate" in endpoint.await_error()["last_error"].lower() and receiver.posts == []
        else:
            post = receiver.await_posts(1)[0]
            assert is_signed(post, endpoint.secret)
    receiver.close()


# ---- commands, metrics ----


def test_what_commands_say(server, production, endpoint, receiver):
    assert [e["id"] for e in [endpoint.show()]] == [endpoint.id] and "secret" not in endpoint.show()
    assert endpoint.made["types"] == ["*"] and endpoint.made["state"] == "enabled"
    assert endpoint.update("--types", "user.*, session.created")["types"] == ["user.*", "session.created"]
    assert endpoint.update("--types", "")["types"] == ["*"]
    at = ("--deployment", production.host)
    for args, words in ((["create", receiver.url, "--types", "user.painted"], "no type of event"),
                        (["create", receiver.url, "--types", "use*"], "no type of event"),
                        (["show", "webhook_1"], "there is no webhook webhook_1"), (["show", "12"], "is not a webhook_"),
                        (["update", endpoint.id, "--enable", "--disable"], "not for one command"),
                        (["rotate", endpoint.id, "--overlap", "soon"], "no duration"),
                        (["rotate", endpoint.id, "--overlap", "31d"], "too long"),
                        (["deliveries", endpoint.id, "--state", "lost"], "due, sent or given_up"),
                        (["deliveries", endpoint.id, "--before", "x"], "is not an event_"),
                        (["replay", endpoint.id], "--event"), (["replay", endpoint.id, "--event", "event_1", "--since", "1d"], "--event"),
                        (["replay", endpoint.id, "--event", "1"], "is not an event_"),
                        (["replay", endpoint.id, "--since", "2026-13-01T00:00:00Z"], "no time"),
                        (["replay", endpoint.id, "--since", "-1d"], "no duration"),
                        (["replay", endpoint.id, "--event", "event_1"], "has not been told")):
        done = server.try_cli("webhook", *args, *at)
        assert done.returncode != 0 and words in done.stderr, (args, done.stderr)
    endpoint.update("--disable")
    for verb in (["test"], ["replay", "--since", "1d"]):
        done = server.try_cli("webhook", verb[0], endpoint.id, *verb[1:], *at)
        assert done.returncode != 0 and "it is disabled" in done.stderr


def test_there_are_sixteen_at_most(production, receiver):
    for _ in range(16):
        Endpoint(production, receiver.url, "user.created")
    done = production.server.try_cli("webhook", "create", receiver.url, "--deployment", production.host)
    assert done.returncode != 0 and "at most 16" in done.stderr
    assert len(production.server.cli("webhook", "list", "--deployment", production.host).splitlines()) == 16


def test_deleting_forgets_everything(server, production, endpoint, receiver):
    receiver.answer = 500
    production.person()
    receiver.await_posts(1)
    server.cli("webhook", "delete", endpoint.id, "--deployment", production.host)
    server.advance(10)
    other = Endpoint(production, receiver.url)
    last = other.test()
    await_true(lambda: receiver.of("webhook.test"))
    assert [p.type for p in receiver.posts][:2] == ["user.created", "webhook.test"] and production.rows()["hook"] == 1
    assert other.await_error(last)
    assert [e for e in production.audit() if e.startswith("webhook")] == ["webhook.changed"] * 3


def test_a_test_event(server, production, endpoint, receiver):
    event = endpoint.test()
    post = receiver.await_posts(1)[0]
    assert post.id == event and post.type == "webhook.test" and post.data == {"webhook_id": endpoint.id}
    endpoint.await_delivery(event, "sent")


def test_metrics(server, production, endpoint, receiver):
    def total(result):
        text = server.admin("GET", "/metrics").text
        return int(next(x for x in text.splitlines() if f'channel="webhook",result="{result}"' in x).split()[-1])

    before = {r: total(r) for r in ("sent", "failed", "given_up")}
    receiver.answer = 500
    who = production.person()
    event = receiver.await_posts(1, about=who.id)[0].id
    endpoint.await_error(event)
    await_true(lambda: server.metric("sessiond_webhooks_due") >= 1)
    await_true(lambda: total("failed") > before["failed"])
    receiver.answer = 200
    server.advance(7)
    endpoint.await_delivery(event, "sent")
    await_true(lambda: total("sent") > before["sent"])
    receiver.answer = 410
    endpoint.test()
    await_true(lambda: total("given_up") > before["given_up"])
    assert 'channel=webhook' in server.log()


def test_nothing_listens_there(server, production):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        endpoint = Endpoint(production, f"http://127.0.0.1:{closed.getsockname()[1]}/")
        production.person()
        assert endpoint.await_error()["state"] == "due"
