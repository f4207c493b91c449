"""What the Backend API does, seen by the people it is done to: the next GET /session is right."""
# SPDX-License-Identifier: Apache-2.0
import json
import random
import urllib.parse

import pytest

import liar
import mailbox
import pictures
from backend import Backend, assert_all_seen, assert_foreign_is_nobodys, nobodys_like
from harness import PASSWORD, Person, race
from hooks import Endpoint, RawReceiver, Receiver
from mailserver import await_true

OTHER = "granite-heron-sings-violet"


@pytest.fixture(scope="session", autouse=True)
def every_outcome(request):
    """When all of this file has run: every call has succeeded, and given each code that is its own."""
    yield
    assert_all_seen(request.session, __name__, globals(), lambda path: not path.startswith(("/v1/organizations", "/v1/workspaces", "/v1/webhooks")))


@pytest.fixture
def api(production):
    return Backend(production)


def person(api, **fields):
    """An account made over the API, for a browser to sign in with."""
    tag = f"{random.getrandbits(40):010x}"
    fields = {"email": f"noor.{tag}@example.org", "username": f"noor_{tag}", "first_name": "Noor", "last_name": "Haddad",
              "password": PASSWORD, **fields}
    made = api.post("/v1/users", fields)
    assert made.status == 201, made
    return Person(fields["email"], fields["username"], "Noor", "Haddad", PASSWORD, made.json["id"])


def shown(browser):
    """The user of the active sign-in, as the browser sees them."""
    active = browser.session()["active_signin"]
    return active and active["user"]


# ---- accounts ----

def test_a_user_is_made_and_signs_in(api):
    made = api.post("/v1/users", {"email": "Ada.Byron@Example.org", "username": "Ada_B", "first_name": " Ada ", "last_name": "Byron",
                                  "phone_number": "555 123 4567", "country_code": "+1", "password": PASSWORD,
                                  "public_metadata": {"plan": "gold", "n": [1, 2.5, None, "</script>"]}}).json
    assert (made["first_name"], made["username"]) == ("Ada", "Ada_B")
    assert [e["email"] for e in made["email_addresses"]] == ["ada.byron@example.org"]
    assert made["email_addresses"][0]["verified"] and made["email_addresses"][0]["is_primary"]
    assert [(p["country_code"], p["phone_number"], p["is_primary"]) for p in made["phone_numbers"]] == [("+1", "5551234567", True)]
    browser = api.deployment.browser()
    assert browser.sign_in(Person("ada.byron@example.org", "Ada_B", "Ada", "Byron", PASSWORD)).status == 200
    assert shown(browser)["public_metadata"] == {"plan": "gold", "n": [1, 2.5, None, "</script>"]}
    assert b"</script>" not in browser.get("/session").body
    assert api.get(f"/v1/users/{made['id']}").json == made


@pytest.mark.parametrize("fields,code,param", [
    ({}, "BAD_REQUEST_BODY", None), ({"first_name": "X"}, "BAD_REQUEST_BODY", None), ({"email": "nobody"}, "BAD_REQUEST_BODY", "email"),
    ({"username": "a b"}, "BAD_REQUEST_BODY", "username"), ({"username": "fine_1", "first_name": "a\u202eb"}, "BAD_REQUEST_BODY", "first_name"),
    ({"phone_number": "12", "country_code": "+1"}, "BAD_REQUEST_BODY", "phone_number"),
    ({"phone_number": "5551234567"}, "BAD_REQUEST_BODY", "phone_number"),
    ({"username": "fine_1", "password": "12345678"}, "WEAK_PASSWORD", "password"), ({"username": "fine_1", "password": "x"}, "WEAK_PASSWORD", "password"),
    ({"username": "Taken_1"}, "USERNAME_EXISTS", "username"), ({"email": "TAKEN@example.org"}, "EMAIL_EXISTS", "email"),
    ({"phone_number": "5550001111", "country_code": "1"}, "PHONE_NUMBER_EXISTS", "phone_number"),
])
def test_users_that_cannot_be_made(api, fields, code, param):
    api.post("/v1/users", {"username": "taken_1", "email": "taken@example.org", "phone_number": "5550001111", "country_code": "+1"})
    before = api.deployment.rows()
    got = api.post("/v1/users", fields)
    assert (got.status, got.code, got.json["errors"][0].get("param")) == (400, code, param), got
    assert api.deployment.rows() == before


def test_skip_checks_takes_any_password(api):
    who = api.post("/v1/users", {"email": "old@example.org", "password": "abc", "skip_checks": True})
    assert who.status == 201
    assert api.deployment.browser().post("/auth/signin", {"strategy": "plain_email", "email": "old@example.org", "password": "abc"}).status == 200


def test_changes_show_at_the_next_request(api):
    who = person(api)
    browser, _ = api.deployment.signed_in(who)
    path = f"/v1/users/{who.id}"
    assert shown(browser)["first_name"] == "Noor"
    for field, value in (("first_name", "Nora"), ("last_name", "Ortiz"), ("username", "nora_o"), ("public_metadata", {"seat": 4}),
                         ("second_factor_policy", "optional")):
        got = api.patch(path, {field: value})
        assert got.status == 200 and got.json[field] == value
        assert shown(browser)[field] == value
    assert api.patch(path, {"last_name": None, "username": None}).json["username"] == ""
    assert shown(browser)["last_name"] == "" and shown(browser)["first_name"] == "Nora"
    assert api.patch(path, {}).status == 200


def test_a_taken_username_changes_nothing(api):
    one, two = person(api), person(api)
    got = api.patch(f"/v1/users/{two.id}", {"first_name": "Changed", "username": one.username.upper()})
    assert (got.status, got.code) == (400, "USERNAME_EXISTS")
    assert api.get(f"/v1/users/{two.id}").json["first_name"] == "Noor"


def test_disable_enable_delete(api):
    who = person(api)
    browser, _ = api.deployment.signed_in(who)
    for _ in range(2):
        assert api.post(f"/v1/users/{who.id}/disable").json["disabled_at"] is not None
        assert shown(browser) is None
    assert browser.sign_in(who).code in ("USER_DISABLED", "INVALID_CREDENTIALS")
    assert [u["id"] for u in api.get("/v1/users", query={"disabled": "true"}).json["data"]] == [who.id]
    assert api.post(f"/v1/users/{who.id}/enable").json["disabled_at"] is None
    assert browser.sign_in(who).status == 200
    assert api.delete(f"/v1/users/{who.id}").status == 204
    assert shown(browser) is None
    assert api.delete(f"/v1/users/{who.id}").status == api.get(f"/v1/users/{who.id}").status == 404
    assert not api.get("/v1/users").json["data"]


def test_a_password_is_set_and_taken_away(api):
    who = person(api)
    browser, _ = api.deployment.signed_in(who)
    path = f"/v1/users/{who.id}/password"
    assert api.put(path, {"password": "password123"}).code == "WEAK_PASSWORD"
    assert shown(browser) is not None
    assert api.put(path, {"password": OTHER}).status == 200
    assert shown(browser) is None
    assert browser.sign_in(who).status == 401 and browser.sign_in(who, OTHER).status == 200
    assert api.put(path, {"password": PASSWORD, "sign_out": False}).status == 200
    assert shown(browser) is not None
    assert api.delete(path).json["has_password"] is False
    assert shown(browser) is None and browser.sign_in(who).status == 401
    assert mailbox.notices(api.deployment, who.email)


def test_factors_are_reset(api):
    who = person(api)
    browser, _ = api.deployment.signed_in(who)
    assert api.post(f"/v1/users/{who.id}/reset-factors").json["has_authenticator"] is False
    assert shown(browser) is None


# ---- pictures ----

def picture_of(api, url):
    got = api.deployment.browser().send("GET", urllib.parse.urlsplit(url).path, check=False)
    assert got.status == 200 and got.header("Content-Type") == "image/webp"
    return got.body


def test_a_picture_of_a_user(api):
    """Made anew, as one that they send themselves; each has another address, and the one before is gone."""
    who = person(api)
    browser, _ = api.deployment.signed_in(who)
    path, secret = f"/v1/users/{who.id}/picture", b"canary-47.0707N"
    first = api.put(path, body=pictures.png(900, 300, pictures.chunk(b"tEXt", b"Comment\0" + secret)), content_type="image/png")
    assert first.status == 200 and shown(browser)["image_url"] == first.json["image_url"] != ""
    made = picture_of(api, first.json["image_url"])
    assert pictures.webp_chunks(made)[1] == (512, 171) and secret not in made
    second = api.put(path, body=pictures.GIF, content_type="image/gif").json
    assert second["image_url"] != first.json["image_url"] and api.get(f"/v1/users/{who.id}").json == second
    assert api.deployment.browser().send("GET", urllib.parse.urlsplit(first.json["image_url"]).path, check=False).status == 404
    for _ in range(2):
        assert api.delete(path).json["image_url"] == shown(browser)["image_url"] == ""
    assert api.deployment.audit().count("user.updated") == 4


@pytest.mark.parametrize("body,content_type,status", [
    (None, None, 400), (b"{}", "application/json", 400), (pictures.GIF, "text/plain", 400), (pictures.GIF, None, 400), (b"GIF89a no", "image/gif", 400),
    (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml", 400), (b"x" * (2 << 20), "image/png", 400), (b"x" * ((2 << 20) + 1), "image/png", 413)],
    ids=["nothing", "json", "text", "untyped", "cut", "svg", "2-MiB", "more"])
def test_what_is_no_picture(api, body, content_type, status):
    who = person(api)
    got = api.put(f"/v1/users/{who.id}/picture", body=body, content_type=content_type)
    assert (got.status, got.code) == (status, "PAYLOAD_TOO_LARGE" if status == 413 else "BAD_REQUEST_BODY"), got
    assert api.get(f"/v1/users/{who.id}").json["image_url"] == ""
    # Elsewhere a body is no longer than before.
    assert api.patch(f"/v1/users/{who.id}", body=b"x" * (65 << 10)).status == 413


# ---- addresses and numbers ----

def contact(user, value):
    return next(c for c in user["email_addresses"] + user["phone_numbers"] if value in c.values())


@pytest.mark.parametrize("kind", ["email", "phone"])
def test_contacts(api, kind):
    who = person(api)
    browser, _ = api.deployment.signed_in(who)
    path = f"/v1/users/{who.id}/{'email-addresses' if kind == 'email' else 'phone-numbers'}"
    listed = "user_email_addresses" if kind == "email" else "user_phone_numbers"

    def fields(n):
        return {"email": f"n{n}@example.net"} if kind == "email" else {"phone_number": f"555000{n:04}", "country_code": "+1"}

    def value(n):
        return f"n{n}@example.net" if kind == "email" else f"555000{n:04}"

    before = len(shown(browser)[listed])
    added = contact(api.post(path, fields(1)).json, value(1))
    assert not added["verified"] and not added["is_primary"]
    assert len(shown(browser)[listed]) == before + 1
    taken = api.post(path, fields(1))
    assert taken.code == ("EMAIL_EXISTS" if kind == "email" else "PHONE_NUMBER_EXISTS")
    assert api.post(f"{path}/{added['id']}/make-primary").status == 400
    assert contact(api.post(f"{path}/{added['id']}/verify").json, value(1))["verified"]
    assert api.post(f"{path}/{added['id']}/verify").status == 200
    assert contact(api.post(f"{path}/{added['id']}/make-primary").json, value(1))["is_primary"]
    assert shown(browser)["primary_email_address_id" if kind == "email" else "primary_phone_number_id"] == added["id"]
    second = contact(api.post(path, {**fields(2), "verified": True, "primary": True}).json, value(2))
    assert second["verified"] and second["is_primary"]
    assert api.delete(f"{path}/{second['id']}").status == 400
    gone = api.delete(f"{path}/{added['id']}")
    assert gone.status == 200 and value(1) not in gone.text
    assert len(shown(browser)[listed]) == before + 1
    assert api.delete(f"{path}/{added['id']}").status == api.post(f"{path}/{added['id']}/verify").status == 404
    assert api.post(path, {**fields(3), "primary": True}).status == 400
    for n in range(4, 4 + 10 - before - 1):
        assert api.post(path, fields(n)).status == 201
    assert api.post(path, fields(99)).code == "LIMIT_REACHED"


def test_the_last_primary_one_can_go(api):
    who = person(api)
    address = api.get(f"/v1/users/{who.id}").json["email_addresses"][0]["id"]
    got = api.delete(f"/v1/users/{who.id}/email-addresses/{address}")
    assert got.status == 200 and got.json["email_addresses"] == []
    browser = api.deployment.browser()
    assert browser.sign_in(who).status == 401


@pytest.mark.parametrize("at,value,fields,code", [
    ("email-addresses", "both@example.net", {"email": "both@example.net"}, "EMAIL_EXISTS"),
    ("phone-numbers", "5557776666", {"phone_number": "5557776666", "country_code": "+1"}, "PHONE_NUMBER_EXISTS")])
def test_what_is_verified_is_one_accounts(api, at, value, fields, code):
    one, two = person(api), person(api)
    for who in (one, two):
        assert api.post(f"/v1/users/{who.id}/{at}", fields).status == 201
    ids = [contact(api.get(f"/v1/users/{w.id}").json, value)["id"] for w in (one, two)]
    assert api.post(f"/v1/users/{one.id}/{at}/{ids[0]}/verify").status == 200
    assert api.post(f"/v1/users/{two.id}/{at}/{ids[1]}/verify").code == code
    # Somebody else's, under one's own name.
    assert api.post(f"/v1/users/{two.id}/{at}/{ids[0]}/verify").status == 404
    third = person(api)
    for verified in (False, True):
        assert api.post(f"/v1/users/{third.id}/{at}", {**fields, "verified": verified}).code == code


def test_who_holds_an_address_without_having_proved_it_loses_it(api):
    """Signed up with somebody's address and never proved it: the key is taken, and the holder is not its owner."""
    squatter = api.deployment.browser()
    api.deployment.set(auth_settings__verification_policy__email="false")
    assert squatter.post("/auth/signup", {"first_name": "S", "last_name": "Q", "username": "squat_1", "email": "real@example.net",
                                          "password": PASSWORD}).status == 200
    who = person(api)
    assert contact(api.post(f"/v1/users/{who.id}/email-addresses", {"email": "real@example.net", "verified": True}).json, "real@example.net")["verified"]
    assert api.get("/v1/users", query={"email": "real@example.net"}).json["data"][0]["id"] == who.id


def test_what_a_user_belongs_to(api):
    who = person(api)
    org = api.post("/v1/organizations", {"name": "Acme", "created_by": who.id}).json
    place = api.post(f"/v1/organizations/{org['id']}/workspaces", {"name": "Lab"}).json
    api.post(f"/v1/workspaces/{place['id']}/members", {"user_id": who.id})
    [of_org] = api.get(f"/v1/users/{who.id}/organization-memberships").json["data"]
    [of_place] = api.get(f"/v1/users/{who.id}/workspace-memberships").json["data"]
    assert (of_org["organization_id"], of_org["organization_name"], len(of_org["role_ids"])) == (org["id"], "Acme", 1)
    assert (of_place["workspace_id"], of_place["workspace_name"], len(of_place["role_ids"])) == (place["id"], "Lab", 1)


# ---- sessions ----

def test_sessions(api):
    who = person(api)
    first, _ = api.deployment.signed_in(who)
    second, _ = api.deployment.signed_in(who)
    third, other = api.deployment.signed_in()
    listed = api.get(f"/v1/users/{who.id}/signins").json["data"]
    assert [s["user_id"] for s in listed] == [who.id] * 2
    assert {s["user_id"] for s in api.get("/v1/signins").json["data"]} == {who.id, other.id}
    assert api.post(f"/v1/signins/{listed[0]['id']}/revoke").status == 204
    assert shown(first) is None and shown(second) is not None
    assert api.post(f"/v1/sessions/{listed[1]['session_id']}/revoke").status == 204
    assert shown(second) is None and shown(third) is not None
    api.deployment.signed_in(who)
    assert api.post(f"/v1/users/{who.id}/signins/revoke").json == {"ended": 1}
    assert api.get(f"/v1/users/{who.id}/signins").json == {"data": [], "next": None}
    assert api.post("/v1/signins/revoke-all").json == {"ended": 1}
    assert shown(third) is None
    assert api.post("/v1/signins/revoke-all").json == {"ended": 0}


def test_tickets(api):
    who = person(api)
    made = api.post("/v1/tickets", {"user_id": who.id, "expires_in": 60}).json
    assert made["ticket"] in made["url"]
    browser = api.deployment.browser()
    assert browser.get("/session/ticket/exchange", {"ticket": made["ticket"]}).status == 200
    assert shown(browser)["id"] == who.id
    for fields in ({"user_id": who.id, "kind": "impersonation"}, {"user_id": who.id, "actor": "me"}, {"user_id": who.id, "expires_in": 0}):
        assert api.post("/v1/tickets", fields).status == 400
    assert api.post("/v1/tickets", {"user_id": who.id, "kind": "impersonation", "actor": "helpdesk"}).status == 201
    api.post(f"/v1/users/{who.id}/disable")
    assert api.post("/v1/tickets", {"user_id": who.id}).code == "USER_DISABLED"
    assert api.post("/v1/tickets", {"user_id": "user_1"}).status == 404


# ---- who may come in ----

def test_invitations(api):
    api.deployment.set(restrictions__sign_up_mode="restricted")
    made = api.post("/v1/invitations", {"email": "guest@example.org", "first_name": "Gus", "expires_in_days": 3}).json
    assert api.get("/v1/invitations").json["data"] == [made]
    assert "invite_token=" in json.dumps(mailbox.latest(api.deployment, "guest@example.org"))
    assert api.delete(f"/v1/invitations/{made['id']}").status == 204
    assert api.delete(f"/v1/invitations/{made['id']}").status == 404
    who = person(api)
    assert api.post("/v1/invitations", {"email": who.email}).code == "EMAIL_EXISTS"
    assert api.post("/v1/invitations", {"email": "nobody"}).status == 400


def test_the_waitlist(api):
    api.deployment.set(restrictions__sign_up_mode="waitlist")
    for n in range(2):
        assert api.deployment.browser().post("/waitlist/join", {"email": f"w{n}@example.org", "first_name": "W", "last_name": "X"}).status == 200
    waiting = api.get("/v1/waitlist").json["data"]
    assert [w["email"] for w in waiting] == ["w0@example.org", "w1@example.org"]
    assert api.post(f"/v1/waitlist/{waiting[0]['id']}/invite").json["email"] == "w0@example.org"
    assert api.get("/v1/waitlist").json["data"][0]["invited_at"] is not None
    assert api.delete(f"/v1/waitlist/{waiting[1]['id']}").status == 204
    assert api.delete(f"/v1/waitlist/{waiting[1]['id']}").status == api.post(f"/v1/waitlist/{waiting[1]['id']}/invite").status == 404
    api.post("/v1/users", {"email": "w0@example.org"})
    assert api.post(f"/v1/waitlist/{waiting[0]['id']}/invite").code == "EMAIL_EXISTS"


# ---- the deployment ----

def test_the_deployment_shows_itself(api):
    got = api.get("/v1/deployment").json
    assert (got["id"], got["host"], got["mode"]) == (api.deployment.id, api.deployment.host, "production")


def test_settings_hold_from_the_next_request_on(api):
    browser = api.deployment.browser()
    assert browser.get("/deployment").data["maintenance_mode"] is False
    got = api.patch("/v1/deployment/settings", {"settings": {"maintenance_mode": True, "allowed_origins": ["https://one.example"],
                                                             "auth_settings.password.min_length": 12}})
    assert got.status == 200 and got.json["overrides"]["allowed_origins"] == ["https://one.example"]
    assert browser.get("/session").code == "MAINTENANCE"
    assert api.get("/v1/deployment/settings").json == got.json
    back = api.patch("/v1/deployment/settings", {"settings": {"maintenance_mode": None}})
    assert "maintenance_mode" not in back.json["overrides"] and browser.get("/session").status == 200
    assert api.post("/v1/users", {"username": "abc_d", "password": "violet-ott"}).code == "WEAK_PASSWORD"


@pytest.mark.parametrize("settings,word", [({"maintenance_mod": True}, "maintenance_mode"), ({"maintenance_mode": "maybe"}, "maintenance_mode"),
                                           ({"maintenance_mode": True, "jwt_lifetime_s": -1}, ""), ({"allowed_origins": [1]}, "allowed_origins")])
def test_settings_change_all_or_none(api, settings, word):
    got = api.patch("/v1/deployment/settings", {"settings": settings})
    assert (got.status, got.json["errors"][0]["param"]) == (400, "settings") and word in got.text
    assert api.get("/v1/deployment/settings").json["overrides"] == {}


@pytest.mark.parametrize("settings", [
    {"sms_webhook_url": "http://127.0.0.1:9090/v1/users"}, {"sms_webhook_url": "http://localhost:2375/containers/x/kill"},
    {"sms_webhook_url": "https://[::1]/"}, {"sms_webhook_url": "http://x.localhost/"}, {"smtp_host": "127.0.0.1", "smtp_security": "none"},
    {"smtp_host": "localhost", "smtp_port": 6379, "smtp_security": "none"}, {"smtp_host": "169.254.169.254"}, {"smtp_host": "10.0.0.5"}, {"smtp_host": "[fd00::1]"}])
def test_what_only_the_server_reaches_is_not_a_keys_to_name(api, settings):
    """Whoever holds a product's key would have the server post to the operator's own services."""
    before = api.get("/v1/deployment/settings").json
    got = api.patch("/v1/deployment/settings", {"settings": settings})
    assert got.status == 400 and "only its operator sets that" in got.json["errors"][0]["message"], got
    assert api.get("/v1/deployment/settings").json == before
    # What the operator set is no hindrance to other changes.
    api.deployment.set(**settings)
    assert api.patch("/v1/deployment/settings", {"settings": {"jwt_lifetime": 30}}).status == 200
    assert api.patch("/v1/deployment/settings", {"settings": {"smtp_host": "mail.example.com", "sms_webhook_url": "https://sms.example.com/", "smtp_security": None}}).status == 200


@pytest.mark.parametrize("settings", [
    {"smtp_host": "mail.example.com", "smtp_public_only": False}, {"smtp_host": "mail.example.com", "smtp_public_only": None},
    {"smtp_port": 6379}, {"smtp_security": "tls"}, {"smtp_host": "mail.corp.example", "smtp_port": 25}])
def test_an_operators_mail_server_stays_theirs(api, settings):
    """It may be inside: its port is not a key's to choose, and one that a key names in its place is never inside."""
    api.deployment.set(smtp_host="mail.corp.example")
    before = api.get("/v1/deployment/settings").json
    got = api.patch("/v1/deployment/settings", {"settings": settings})
    assert got.status == 400 and "only its operator sets that" in got.json["errors"][0]["message"], got
    assert api.get("/v1/deployment/settings").json == before


def test_a_mail_server_that_a_key_named_is_on_the_internet_for_good(api):
    def patch(**settings):
        return api.patch("/v1/deployment/settings", {"settings": settings})

    assert patch(smtp_host="mail.example.com", smtp_port=465, smtp_security="tls").json["overrides"]["smtp_public_only"] is True
    for back in (False, None):
        assert patch(smtp_public_only=back).status == 400
    assert patch(smtp_host="other.example.com", smtp_port=587).json["settings"]["smtp_public_only"] is True
    assert patch(smtp_host=None).json["settings"]["smtp_public_only"] is True
    api.deployment.set(smtp_host="mail.corp.example", smtp_public_only="false")
    assert patch(smtp_host="mail.corp.example", smtp_from="me@example.com").json["settings"]["smtp_public_only"] is False


@pytest.mark.skipif(not liar.may_have_one(), reason="not root, or no mount namespaces")
def test_F39_a_mail_server_whose_name_leads_inside(new_server, tmp_path, monkeypatch):
    """A name of the internet that led to this machine was connected to: whoever held a key chose host and port."""
    inside = RawReceiver(lambda raw, connection: None)
    port = int(inside.url.rsplit(":", 1)[1].strip("/"))
    dns, s = liar.Liar({("inside.example.com", liar.A): [["127.0.0.1"]]}), new_server()
    monkeypatch.setenv("SESSIOND", liar.program(tmp_path, dns.address))
    with s:
        api = Backend(s.deployment(host="dns.localhost:1"))
        for security in ("starttls", "tls"):
            to = f"{security}@example.org"
            assert api.patch("/v1/deployment/settings", {"settings": {"smtp_host": "inside.example.com", "smtp_port": port, "smtp_security": security}}).status == 200
            assert api.post("/v1/invitations", {"email": to}).status == 201
            failed = await_true(lambda to=to: (m := mailbox.latest(api.deployment, to))["last_error"] and m)
            assert "address that is not allowed" in failed["last_error"]
        assert inside.connections == 0
        # Its operator may mean just that.
        api.deployment.set(smtp_public_only="false")
        api.post("/v1/invitations", {"email": "operator@example.org"})
        await_true(lambda: inside.connections)
    inside.close()
    dns.close()


def test_secrets(api):
    assert api.put("/v1/deployment/secrets/smtp_password", {"value": "hunter2-hunter2"}).status == 204
    got = api.get("/v1/deployment/secrets")
    assert [s["name"] for s in got.json["data"]] == ["smtp_password"] and "hunter2" not in got.text
    assert b"hunter2" not in api.server.stored_bytes()
    assert api.put("/v1/deployment/secrets/smtp_password", {"value": ""}).status == 400
    assert api.delete("/v1/deployment/secrets/smtp_password").status == 204
    assert api.delete("/v1/deployment/secrets/smtp_password").status == api.put("/v1/deployment/secrets/other", {"value": "x"}).status == 404


def test_templates(api):
    path = "/v1/deployment/templates/sign_in_code"
    assert len(api.get("/v1/deployment/templates").json["data"]) > 5
    builtin = api.get(path).json
    assert builtin["own"] == []
    got = api.patch(path, {"subject": "Yours: {{code}}"})
    assert got.json["subject"] == "Yours: {{code}}" and got.json["own"] == ["subject"] and got.json["text"] == builtin["text"]
    for bad in ({"text": "no code"}, {"subject": "{{nothing}}"}, {"html": "{{#code}}"}):
        refused = api.patch(path, bad)
        assert (refused.status, refused.json["errors"][0]["param"]) == (400, list(bad)[0])
    assert api.delete(path).json == builtin
    assert api.delete("/v1/deployment/templates/none").status == api.get("/v1/deployment/templates/none").status == api.patch("/v1/deployment/templates/none", {}).status == 404


def test_token_templates(api):
    path = "/v1/deployment/jwt-templates"
    who = person(api)
    browser, _ = api.deployment.signed_in(who)
    wanted = {"token_lifetime": 120, "allowed_clock_skew": 0, "template": {"aud": "hasura", "id": "{{user_id}}"},
              "custom_signing_key": {"enabled": True, "algorithm": "HS256", "key": "k" * 40}}
    made = api.put(f"{path}/hasura", wanted)
    assert made.json["custom_signing_key"] == {"enabled": True, "algorithm": "HS256"} and "k" * 40 not in made.text
    assert browser.get("/session/token", {"template": "hasura"}).status == 200
    assert api.get(path).json["data"] == [made.json] and api.get(f"{path}/hasura").json == made.json
    for bad in ({"token_lifetime": 0}, {"template": {"iss": "me"}}, {"name": "x"}, {"custom_signing_key": {"enabled": True}}):
        assert api.put(f"{path}/other", {**wanted, **bad}).status == 400, bad
    del wanted["custom_signing_key"]
    for n in range(63):
        assert api.put(f"{path}/t{n}", wanted).json["custom_signing_key"] is None
    assert api.put(f"{path}/one-more", wanted).code == "LIMIT_REACHED"
    assert api.delete(f"{path}/hasura").status == 204
    assert browser.get("/session/token", {"template": "hasura"}).code == "TEMPLATE_NOT_FOUND"
    assert api.delete(f"{path}/hasura").status == api.get(f"{path}/hasura").status == 404


def test_TEN04_token_templates_go_by_names_of_ones_own(server):
    """Another tenant's name is nobody's, and one's own of the same name is another template."""
    mine, theirs = Backend(server.deployment()), Backend(server.deployment())
    path = "/v1/deployment/jwt-templates"
    assert theirs.put(f"{path}/shared", {"template": {"a": "theirs"}}).status == 200
    for method in ("GET", "DELETE"):
        answers = [mine.send(method, f"{path}/{name}") for name in ("shared", "never")]
        assert [a.status for a in answers] == [404] * 2 and answers[0].body == answers[1].body
    mine.put(f"{path}/shared", {"template": {"a": "mine"}})
    assert mine.delete(f"{path}/shared").status == 204
    assert theirs.get(f"{path}/shared").json["template"] == {"a": "theirs"} and mine.get(path).json == {"data": []}


# ---- lists ----

def test_pages_are_stable_by_id(api):
    made = [api.post("/v1/users", {"username": f"page_{n:02}"}).json["id"] for n in range(12)]
    assert [u["id"] for u in api.pages("/v1/users", 5)] == made
    seen = []
    for n, user in enumerate(api.pages("/v1/users", 3)):
        seen.append(user["id"])
        if n == 3:
            # One that was shown, one that is to come, and a new one at the end.
            api.delete(f"/v1/users/{made[0]}")
            api.delete(f"/v1/users/{made[9]}")
            made.append(api.post("/v1/users", {"username": "page_late"}).json["id"])
    assert seen == [m for m in made if m != made[9]]
    assert api.get("/v1/users", query={"limit": 12}).json["next"] is None


def test_users_are_found_by_what_is_theirs(api):
    who = person(api)
    person(api)
    for query in ({"email": who.email.upper()}, {"username": who.username.upper()}):
        assert [u["id"] for u in api.get("/v1/users", query=query).json["data"]] == [who.id]
        assert api.get("/v1/users", query={**query, "after": who.id}).json == {"data": [], "next": None}
    for query in ({"email": "nobody@example.org"}, {"email": "no address"}, {"username": "nobody_here"}):
        assert api.get("/v1/users", query=query).json == {"data": [], "next": None}


# ---- what is written down ----

def test_audit_names_the_key(api):
    user = api.post("/v1/users", {"username": "audit_1", "password": PASSWORD}).json["id"]
    api.patch(f"/v1/users/{user}", {"first_name": "A"})
    api.post(f"/v1/users/{user}/disable")
    rows = api.server.sql(f"SELECT event, actor, ip_address FROM audit WHERE deployment_id = {api.deployment.number} AND event LIKE 'user.%' ORDER BY id")
    assert [r[0] for r in rows] == ["user.created", "user.updated", "user.disabled"]
    assert {r[1:] for r in rows} == {(f"secret_key:{api.key[:12]}", "127.0.0.1")}


def test_endpoints_outside_are_told(api):
    """What is done over the Backend API is told like what people do themselves."""
    receiver = Receiver()
    Endpoint(api.deployment, receiver.url)
    user = api.post("/v1/users", {"username": "told_1"}).json["id"]
    api.patch(f"/v1/users/{user}", {"first_name": "T"})
    org = api.post("/v1/organizations", {"name": "Told", "created_by": user}).json["id"]
    api.post(f"/v1/users/{user}/disable")
    api.delete(f"/v1/users/{user}")
    receiver.await_posts(1, "user.deleted", about=user)
    receiver.await_posts(1, "organization.created", about=org)
    assert {"user.created", "user.updated", "user.disabled", "user.deleted"} <= {p.type for p in receiver.of(about=user)}
    receiver.close()


# ---- another tenant's ----

def everything(api):
    """One of each kind of thing that a path names, in this deployment."""
    who = person(api)
    api.deployment.set(restrictions__sign_up_mode="waitlist")
    api.deployment.browser().post("/waitlist/join", {"email": "wait@example.org", "first_name": "W", "last_name": "X"})
    api.deployment.signed_in(who)
    phone = api.post(f"/v1/users/{who.id}/phone-numbers", {"phone_number": "5559998888", "country_code": "+1", "verified": True})
    signin = api.get("/v1/signins").json["data"][0]
    return {"user": who.id, "email": phone.json["email_addresses"][0]["id"], "phone": phone.json["phone_numbers"][0]["id"],
            "signin": signin["id"], "session": signin["session_id"],
            "invitation": api.post("/v1/invitations", {"email": "inv@example.org"}).json["id"],
            "waitlist": api.get("/v1/waitlist").json["data"][0]["id"]}


def calls_about(ids):
    """Every call whose path or body names something."""
    user = f"/v1/users/{ids['user']}"
    yield from (("GET", user, None), ("PATCH", user, {"first_name": "X"}), ("DELETE", user, None), ("POST", f"{user}/disable", None),
                ("PUT", f"{user}/picture", None), ("DELETE", f"{user}/picture", None),
                ("POST", f"{user}/enable", None), ("POST", f"{user}/reset-factors", None), ("PUT", f"{user}/password", {"password": OTHER}),
                ("DELETE", f"{user}/password", None), ("GET", f"{user}/organization-memberships", None),
                ("GET", f"{user}/workspace-memberships", None), ("GET", f"{user}/signins", None), ("POST", f"{user}/signins/revoke", None),
                ("POST", f"{user}/email-addresses", {"email": "new@example.org"}),
                ("POST", f"{user}/phone-numbers", {"phone_number": "5551112222", "country_code": "+1"}))
    for kind, at in (("email", "email-addresses"), ("phone", "phone-numbers")):
        named = f"{user}/{at}/{ids[kind]}"
        yield from (("DELETE", named, None), ("POST", f"{named}/verify", None), ("POST", f"{named}/make-primary", None))
    yield from (("POST", f"/v1/signins/{ids['signin']}/revoke", None), ("POST", f"/v1/sessions/{ids['session']}/revoke", None),
                ("POST", "/v1/tickets", {"user_id": ids["user"]}), ("DELETE", f"/v1/invitations/{ids['invitation']}", None),
                ("POST", f"/v1/waitlist/{ids['waitlist']}/invite", None), ("DELETE", f"/v1/waitlist/{ids['waitlist']}", None))


def test_TEN04_what_another_tenant_has_is_what_nobody_has(server):
    mine, theirs = Backend(server.deployment()), Backend(server.deployment())
    foreign = everything(theirs)
    everything(mine)
    nobodys = nobodys_like(foreign)
    assert_foreign_is_nobodys(mine, theirs, foreign, calls_about)
    # A user of one's own, with somebody else's address.
    own = person(mine)
    answers = [mine.post(f"/v1/users/{own.id}/email-addresses/{ids['email']}/verify") for ids in (foreign, nobodys)]
    assert [a.status for a in answers] == [404] * 2 and answers[0].body == answers[1].body


def test_lists_show_ones_own_only(server):
    mine, theirs = Backend(server.deployment()), Backend(server.deployment())
    everything(theirs)
    for path in ("/v1/users", "/v1/signins", "/v1/invitations", "/v1/waitlist"):
        assert mine.get(path).json == {"data": [], "next": None}
        assert mine.get(path, query={"after": "user_1"}).json["data"] == []


# ---- two nodes, and a server in need ----

def test_health_answers_while_calls_wait(api):
    """Passwords take their time on other threads than the listener's."""
    calls = [lambda n=n: api.post("/v1/users", {"username": f"slow_{n}", "password": PASSWORD}).status for n in range(12)]
    got = race([*calls, *[lambda: api.server.admin("GET", "/healthz").status] * 4])
    assert set(got[12:]) == {200} and set(got[:12]) <= {201, 503}
