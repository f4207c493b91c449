"""Signing in: contract 4.2 A1, A2, A4, A7, A8, A12 and 5."""
# SPDX-License-Identifier: Apache-2.0
import json
import re

import pytest

from claims import TIME
from harness import FIXTURES
from shapes import follows

SIGNED_IN = json.loads((FIXTURES / "signed-in.json").read_text())


def test_the_answer_holds_the_completed_attempt_last_and_the_sign_in(deployment):
    browser, who = deployment.browser(), deployment.person()
    answer = browser.sign_in(who)
    attempt = answer.data["signin_attempts"][-1]
    assert attempt["completed"] is True and attempt["current_step"] == "" and attempt["remaining_steps"] == []
    assert attempt["first_method_authenticated"] is True and attempt["user_id"] == who.id
    assert attempt["second_method_authentication_required"] is False and attempt["available_2fa_methods"] == []
    assert (attempt["method"], attempt["email"], attempt["sso_provider"]) == ("plain_email", who.email, "")
    assert attempt["session_id"] == answer.data["id"] and re.fullmatch(r"signin_attempt_\d+", attempt["id"])
    assert answer.data["active_signin"]["user_id"] == who.id
    assert answer.json["session"]["signin_attempts"] == answer.data["signin_attempts"]
    assert browser.session()["signin_attempts"] == [], "listed only in the answer that completed it"


def test_the_session_has_both_vocabularies(deployment):
    """Contract 3.5: the seed's keys first, then all that the client reads."""
    browser, _ = deployment.signed_in()
    org = browser.post("/organizations", {"name": "Lumen Labs"}).data["organization"]["id"]
    room = browser.post("/workspaces", {"organization_id": org, "name": "Optics"}).data["workspace"]["id"]
    browser.post("/session/switch-workspace", None, {"workspace_id": room})
    answer = browser.get("/session").json
    follows(SIGNED_IN["session"], answer["session"])
    data = answer["data"]
    follows(SIGNED_IN["data"], data, ordered=False)
    assert list(data)[:3] == ["user", "organization", "workspace"]
    for name in ("user", "organization", "workspace"):
        assert list(data[name]) == list(SIGNED_IN["data"][name])
    assert data["signins"] == [data["active_signin"]]
    assert list(answer["session"]) == ["signin_attempts", "signins", "signup_attempts", "active_signin", "id", "created_at", "updated_at"]


def test_a_sign_in_tells_where_it_came_from(deployment):
    browser, who = deployment.signed_in(ip="203.0.113.9")
    mine = browser.session()["active_signin"]
    assert (mine["ip_address"], mine["browser"], mine["device"]) == ("203.0.113.9", "Firefox", "Desktop")
    assert [mine[k] for k in ("city", "region", "region_code", "country", "country_code")] == [""] * 5, "no GeoIP file: empty"
    for camel, snake in {"expiresAt": "expires_at", "lastActiveAt": "last_active_at", "ipAddress": "ip_address",
                         "regionCode": "region_code", "countryCode": "country_code"}.items():
        assert mine[camel] == mine[snake]
    assert mine["method"] == "plain_email" and TIME.fullmatch(mine["expires_at"])
    assert mine["user"]["id"] == who.id == mine["user_id"]


def test_nothing_secret_is_in_a_user(deployment):
    browser, _ = deployment.signed_in()
    for path in ("/session", "/me", "/me/signins"):
        text = browser.get(path).text
        assert not re.search(r"password_(hash|record)|argon2|totp_secret|otp_secret|\"backup_codes\"|private_metadata", text), path


@pytest.mark.parametrize("fields", [
    {"strategy": "plain_email", "email": "{email}"}, {"email": "{email}"}, {"email": "{EMAIL}"}, {"email": " {email} "},
    {"strategy": "plain_username", "username": "{username}"}, {"username": "{username}"}, {"username": "{USERNAME}"},
    {"strategy": "", "email": "{email}", "username": "", "phone": ""}, {"email": "{email}", "unknown": "ignored"}])
def test_ways_to_say_who(production, fields):
    who = production.person()
    names = {"email": who.email, "EMAIL": who.email.upper(), "username": who.username, "USERNAME": who.username.upper()}
    said = {k: v.format(**names) for k, v in fields.items()}
    answer = production.browser().post("/auth/signin", {**said, "password": who.password})
    assert answer.attempt["completed"], answer
    assert answer.attempt["method"] == ("plain_username" if said.get("username") else "plain_email")


@pytest.mark.parametrize("fields", [
    {}, {"strategy": "telepathy", "email": "{email}", "password": "x"}, {"strategy": "plain_email", "password": "x"},
    {"strategy": "plain_email", "email": "{email}"}, {"strategy": "plain_username", "username": "{username}"},
    {"password": "only-a-password"}, {"strategy": "plain_username", "email": "{email}", "password": "x"},
    {"strategy": "PLAIN_EMAIL", "email": "{email}", "password": "x"}])
def test_incomplete_or_unknown_is_bad_request(production, fields):
    who = production.person()
    got = production.browser().post("/auth/signin", {k: v.format(email=who.email, username=who.username) for k, v in fields.items()})
    assert (got.status, got.code) == (400, "BAD_REQUEST_BODY"), got


@pytest.mark.parametrize("factor,fields", [
    ("email_password", {"strategy": "plain_email", "email": "{email}"}), ("username_password", {"username": "{username}"})])
def test_a_disabled_factor_is_bad_request(server, factor, fields):
    other = {"email_password": "username_password", "username_password": "email_password"}[factor]
    d = server.deployment(**{"auth_settings__first_factor": other, f"auth_settings__auth_factors_enabled__{factor}": "false"})
    who = d.person()
    said = {k: v.format(email=who.email, username=who.username) for k, v in fields.items()}
    assert d.browser().post("/auth/signin", {**said, "password": who.password}).code == "BAD_REQUEST_BODY"


@pytest.mark.parametrize("fields", [{"email": "{email}"}, {"username": "{username}"}, {"email": "nobody@example.org"}, {"username": "nobody"}])
def test_wrong_password_and_unknown_account_are_one_answer(production, fields):
    who = production.person()
    said = {k: v.format(email=who.email, username=who.username) for k, v in fields.items()}
    browser = production.browser()
    got = browser.post("/auth/signin", {**said, "password": "not-the-password"})
    assert (got.status, got.code) == (401, "INVALID_CREDENTIALS")
    assert browser.session()["signin_attempts"] == []


def test_14_Q31_existence_is_told_only_when_the_operator_says_so(server):
    d = server.deployment(hide_account_existence="false")
    got = d.browser().post("/auth/signin", {"email": "nobody@example.org", "password": "some-password"})
    assert (got.status, got.code) == (404, "USER_NOT_FOUND")


def test_a_disabled_user_hears_so_only_with_the_right_password(server, production):
    who = production.person()
    server.cli("user", "disable", who.email, "--deployment", production.host)
    wrong, right = production.browser().sign_in(who, "wrong-password"), production.browser().sign_in(who)
    assert (wrong.status, wrong.code) == (401, "INVALID_CREDENTIALS")
    assert (right.status, right.code) == (403, "USER_DISABLED")


def test_the_same_user_twice_in_one_session(deployment):
    browser, who = deployment.signed_in()
    again = browser.sign_in(who)
    assert (again.status, again.code) == (400, "USER_ALREADY_SIGNED_IN")
    assert len(browser.session()["signins"]) == 1


# ---- A1 identify ----

@pytest.mark.parametrize("identifier", ["{email}", "nobody@example.org", "{EMAIL}"])
def test_identify_says_password_for_known_and_unknown(deployment, identifier):
    who, browser = deployment.person(), deployment.browser()
    before = deployment.rows()
    got = browser.post("/auth/identify", {"identifier": identifier.format(email=who.email, EMAIL=who.email.upper())})
    assert got.data == {"strategy": "password"}
    assert deployment.rows() == before, "no state change"


def test_identify_without_identifier(production):
    got = production.browser().post("/auth/identify")
    assert (got.status, got.code) == (400, "BAD_REQUEST_BODY") and "identifier" in got.message


# ---- A4, as far as it goes without providers ----

@pytest.mark.parametrize("query,code", [({}, "PROVIDER_REQUIRED"), ({"provider": ""}, "PROVIDER_REQUIRED"),
                                        ({"provider": "google_oauth"}, "PROVIDER_NOT_CONFIGURED"),
                                        ({"provider": "myspace"}, "PROVIDER_NOT_CONFIGURED")])
def test_oauth2_init_without_providers(deployment, query, code):
    got = deployment.browser().post("/auth/oauth2/init", {}, query)
    assert (got.status, got.code) == (400, code)


# ---- A12 availability ----

def test_identifier_availability(production):
    who, browser = production.person(), production.browser()
    for kind, identifier, exists in [("email", who.email, True), ("email", who.email.upper(), True), ("email", "new@example.org", False),
                                     ("username", who.username, True), ("username", who.username.upper(), True), ("username", "new_name", False)]:
        assert browser.get("/auth/identifier-availability", {"type": kind, "identifier": identifier}).data == {"exists": exists}, identifier
    for query in ({"identifier": who.email}, {"identifier": who.email, "type": "shoe_size"}, {"type": "email"}, {}):
        assert browser.get("/auth/identifier-availability", query).code == "BAD_REQUEST_BODY", query


# ---- the challenge switch ----

@pytest.mark.parametrize("path,fields", [
    ("/auth/identify", {"identifier": "a@example.org"}), ("/auth/signin", {"email": "a@example.org", "password": "some-password"}),
    ("/auth/signup", {"first_name": "A", "last_name": "B", "email": "a@example.org", "username": "abc", "password": "a-long-enough-passphrase"})])
def test_challenge_switch(server, path, fields):
    d = server.deployment(challenge_required="true")
    browser = d.browser()
    assert browser.post(path, fields).code == "CHALLENGE_REQUIRED"
    assert browser.post(path, {**fields, "challenge_token": "made-up"}).code == "CHALLENGE_FAILED"


def test_maintenance_answers_503(server):
    d = server.deployment(maintenance_mode="true")
    got = d.browser().post("/auth/signin", {"email": "a@example.org", "password": "some-password"})
    assert (got.status, got.code) == (503, "MAINTENANCE")
