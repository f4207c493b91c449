"""Signing up: contract 4.2 A3, 6 and 12.3; F-32."""
# SPDX-License-Identifier: Apache-2.0
import re
import secrets

import pytest

from harness import race

PASSWORD = "a-long-enough-passphrase"


def form(**kw):
    tag = secrets.token_hex(4)
    return {"first_name": "Jonas", "last_name": "Berg", "email": f"jonas.{tag}@example.org", "username": f"jonas_{tag}",
            "password": PASSWORD, **kw}


def test_public_sign_up_signs_in(deployment):
    browser, fields = deployment.browser(), form()
    anonymous = browser.get("/session").token
    answer = browser.post("/auth/signup", {**fields, "phone": "stray", "phone_number": "", "phone_country_code": "", "invite_token": ""})
    attempt = answer.data["signup_attempts"][-1]
    assert attempt["completed"] is True and attempt["current_step"] == "" and attempt["remaining_steps"] == [] == attempt["missing_fields"]
    assert re.fullmatch(r"signup_attempt_\d+", attempt["id"])
    assert {k: attempt[k] for k in ("first_name", "last_name", "email", "username", "phone_number", "phone_country_code")} == {
        "first_name": "Jonas", "last_name": "Berg", "email": fields["email"], "username": fields["username"], "phone_number": "", "phone_country_code": ""}
    assert attempt.get("password", "") == "" and PASSWORD not in answer.text and "argon2" not in answer.text
    assert answer.data["active_signin"]["user"]["email"] == fields["email"]
    assert browser.token != anonymous and browser.session()["signup_attempts"] == []
    assert deployment.browser().post("/auth/signin", {"email": fields["email"], "password": PASSWORD}).status == 200


REQUIRED = {"first_name": "first_name", "last_name": "last_name", "email": "email_address", "username": "username", "password": "password"}


@pytest.mark.parametrize("field", REQUIRED)
def test_a_missing_required_field_is_named(server, field):
    d = server.deployment(**{f"auth_settings__{k}__required": "true" for k in REQUIRED.values()})
    for value in ({}, {field: ""}):
        fields = form()
        del fields[field]
        got = d.browser().post("/auth/signup", {**fields, **value})
        assert (got.status, got.code) == (400, "REQUIRED_FIELD") and field.replace("_", " ") in got.message.replace("_", " ").lower()
    assert d.rows()["account"] == 0 == d.rows()["signup_attempt"]


def test_all_that_is_wrong_is_told_at_once(server):
    """First what is wrong with the form, most important first; then what is taken."""
    d = server.deployment(auth_settings__first_name__required="true", auth_settings__last_name__required="true")
    taken = d.person()
    wrong = d.browser().post("/auth/signup", form(first_name="", last_name="", username="x", password="short"))
    assert wrong.status == 400 and wrong.codes == ["REQUIRED_FIELD", "REQUIRED_FIELD", "BAD_REQUEST_BODY", "WEAK_PASSWORD"]
    assert len({e["message"] for e in wrong.json["errors"]}) == 4
    both = d.browser().post("/auth/signup", form(email=taken.email, username=taken.username))
    assert sorted(both.codes) == ["EMAIL_EXISTS", "USERNAME_EXISTS"]


@pytest.mark.parametrize("fields", [
    {"email": "no-at-sign"}, {"email": "two@at@example.org"}, {"email": "@example.org"}, {"email": "a@"}, {"email": "a@nodot"},
    {"email": "a b@example.org"}, {"email": "a" * 250 + "@example.org"}, {"email": "a@example..org"}, {"email": "a@.org"},
    {"username": "ab"}, {"username": "a" * 31}, {"username": "with space"}, {"username": "a/b"}, {"username": "a@b.example"},
    {"first_name": "A\x07B"}, {"last_name": "x" * 51}, {"first_name": "a\r\nBcc: victim@example.org"}], ids=lambda f: str(f)[:40])
def test_malformed_fields(production, fields):
    got = production.browser().post("/auth/signup", form(**fields))
    assert (got.status, got.code) == (400, "BAD_REQUEST_BODY"), got
    assert production.rows()["account"] == 0


@pytest.mark.parametrize("fields", [
    {"username": "a.b-c_9"}, {"username": "ABC"}, {"first_name": "Zoë", "last_name": "O’Neill-Ñandú"}, {"first_name": "李", "last_name": "小龍"},
    {"email": "{tag}+filter@example.org"}, {"email": "UPPER.{tag}@EXAMPLE.ORG"}, {"first_name": "x" * 50}])
def test_wellformed_fields(production, fields):
    tag = secrets.token_hex(3)
    said = form(**{k: v.format(tag=tag) for k, v in fields.items()})
    answer = production.browser().post("/auth/signup", said)
    user = answer.data["user"]
    assert (user["email"], user["username"], user["first_name"]) == (said["email"].lower(), said["username"], said["first_name"])


@pytest.mark.parametrize("twin", ["mira@example.org", "MIRA@Example.Org", " mira@example.org ", "ｍira@example.org", "mira＠example.org"])
def test_email_twins_are_one_address(production, twin):
    production.person(email="mira@example.org")
    got = production.browser().post("/auth/signup", form(email=twin))
    assert (got.status, got.code) == (400, "EMAIL_EXISTS")


@pytest.mark.parametrize("twin", ["mira.o", "MIRA.O", "Mira.O"])
def test_username_twins_are_one_name(production, twin):
    production.person(username="mira.o")
    got = production.browser().post("/auth/signup", form(username=twin))
    assert (got.status, got.code) == (400, "USERNAME_EXISTS")


def test_deployments_share_no_names(server):
    one, two = server.deployment(), server.deployment()
    fields = form()
    assert [d.browser().post("/auth/signup", fields).status for d in (one, two)] == [200, 200]


RULES = [
    ({"restrictions__sign_up_mode": "restricted"}, {}, 403, "SIGNUP_RESTRICTED"),
    ({"restrictions__sign_up_mode": "waitlist"}, {}, 403, "SIGNUP_WAITLIST_ONLY"),
    ({"restrictions__allowlist_enabled": "true", "restrictions__allowlisted_resources": "allowed.example,one@other.example"},
     {"email": "a@example.org"}, 403, "EMAIL_NOT_ALLOWED"),
    ({"restrictions__allowlist_enabled": "true", "restrictions__allowlisted_resources": "allowed.example,one@other.example"},
     {"email": "two@other.example"}, 403, "EMAIL_NOT_ALLOWED"),
    ({"restrictions__allowlist_enabled": "true", "restrictions__allowlisted_resources": "allowed.example,one@other.example"},
     {"email": "one@other.example"}, 200, None),
    ({"restrictions__allowlist_enabled": "true", "restrictions__allowlisted_resources": "allowed.example,one@other.example"},
     {"email": "Anyone@ALLOWED.example"}, 200, None),
    ({"restrictions__allowlist_enabled": "true", "restrictions__allowlisted_resources": "strasse.example,*.strasse.example"},
     {"email": "a@straße.example"}, 403, "EMAIL_NOT_ALLOWED"),
    ({"restrictions__allowlist_enabled": "true", "restrictions__allowlisted_resources": "strasse.example,*.strasse.example"},
     {"email": "a@mail.straße.example"}, 403, "EMAIL_NOT_ALLOWED"),
    ({"restrictions__allowlist_enabled": "true", "restrictions__allowlisted_resources": "Straße.example"},
     {"email": "a@STRAßE.example"}, 200, None),
    ({"restrictions__blocklist_enabled": "true", "restrictions__blocklisted_resources": "strasse.example"},
     {"email": "a@straße.example"}, 403, "EMAIL_BLOCKED"),
    ({"restrictions__blocklist_enabled": "true", "restrictions__blocklisted_resources": "blocked.example"},
     {"email": "a@Blocked.example"}, 403, "EMAIL_BLOCKED"),
    ({"restrictions__blocklist_enabled": "true", "restrictions__blocklisted_resources": "blocked.example"},
     {"email": "a@notblocked.example"}, 200, None),
    ({"restrictions__block_subaddresses": "true"}, {"email": "a+b@example.org"}, 403, "EMAIL_NOT_ALLOWED"),
    ({"restrictions__banned_keywords": "admin,root"}, {"username": "the_Admin_1"}, 400, "BANNED_KEYWORD"),
    ({"restrictions__banned_keywords": "admin,root"}, {"first_name": "Root"}, 400, "BANNED_KEYWORD"),
    ({"restrictions__banned_keywords": "admin,root"}, {"email": "admin@example.org"}, 400, "BANNED_KEYWORD"),
    ({}, {"password": "short"}, 400, "WEAK_PASSWORD"),
]


@pytest.mark.parametrize("settings,fields,status,code", RULES, ids=[f"{r[3] or 'ok'}-{n}" for n, r in enumerate(RULES)])
def test_rules_of_who_may_sign_up(server, settings, fields, status, code):
    d = server.deployment(**settings)
    got = d.browser().post("/auth/signup", form(**fields))
    assert (got.status, got.code) == (status, code), got
    assert d.rows()["account"] == (1 if status == 200 else 0)


def test_V43_the_policy_holds_on_the_server_not_in_the_page(server):
    d = server.deployment(restrictions__sign_up_mode="restricted")
    for invite in ("", "made-up", "x" * 200):
        assert d.browser().post("/auth/signup", form(invite_token=invite)).code == "SIGNUP_RESTRICTED"


def test_TEN05_members_outside_the_form_are_ignored(production):
    answer = production.browser().post("/auth/signup", form(
        id="user_1", email_verified="true", verified="true", role="admin", deployment_id="deployment_1", password_hash="x",
        second_factor_policy="none", public_metadata="{}", created_at="2000-01-01T00:00:00Z"), encoding="json")
    user = answer.data["active_signin"]["user"]
    assert user["id"] != "user_1" and user["primary_email_address"]["verified"] is False
    assert not user["created_at"].startswith("2000")


def test_V39_sign_up_without_proof_leaves_the_address_unverified(production):
    user = production.browser().post("/auth/signup", form()).data["active_signin"]["user"]
    assert user["primary_email_address"] == user["user_email_addresses"][0]
    assert (user["primary_email_address"]["verified"], user["primary_email_address"]["verified_at"]) == (False, None)
    assert user["primary_email_address"]["is_primary"] is True


def test_F32_fifty_people_want_one_address(production):
    """Case and width twins at one instant: one account, no orphan."""
    spellings = ["race@example.org", "RACE@example.org", "Race@EXAMPLE.org", "ｒace@example.org", " race@example.org"]
    browsers = [production.browser(ip=f"203.0.113.{i}") for i in range(50)]
    got = race([lambda b=b, i=i: b.post("/auth/signup", form(email=spellings[i % 5])) for i, b in enumerate(browsers)])
    codes = [g.code for g in got]
    assert codes.count(None) == 1 and set(codes) <= {None, "EMAIL_EXISTS", "OVERLOADED"}, codes
    rows = production.rows()
    assert rows["account"] == rows["email_address"] == rows["signin"] == 1


def test_F32_twenty_people_want_one_username(production):
    browsers = [production.browser(ip=f"203.0.113.{i}") for i in range(20)]
    got = race([lambda b=b, i=i: b.post("/auth/signup", form(username="the_one" if i % 2 else "THE_ONE")) for i, b in enumerate(browsers)])
    codes = [g.code for g in got]
    assert codes.count(None) == 1 and set(codes) <= {None, "USERNAME_EXISTS", "OVERLOADED"}, codes
    rows = production.rows()
    assert rows["account"] == rows["email_address"] == 1


def test_TEN07_ids_are_not_given_again(server, production):
    """Delete and make again: another id, and the old tokens stay dead."""
    browser, who = production.signed_in()
    server.cli("user", "delete", who.email, "--deployment", production.host)
    again = production.person(email=who.email, username=who.username)
    assert again.id != who.id and browser.get("/me").status == 401
