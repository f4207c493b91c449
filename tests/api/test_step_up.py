"""Proving once more who is signed in: SES-04, SES-15, SES-18, AUT-03, and the routes that ask for it."""
# SPDX-License-Identifier: Apache-2.0
import json
import re

import pytest

import mailbox
import totp
from harness import PASSWORD, ROOT, race
from test_factors import ON, refused, step_up

OPENAPI = json.loads((ROOT / "docs" / "openapi.json").read_text())
FRESH = 600


def operations():
    for path, methods in OPENAPI["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, json.dumps(operation["responses"])


# POST /me has some fields of the kind; they have tests of their own.
CREDENTIAL = [(m, p) for m, p, answers in operations() if "reauth_required" in answers and p != "/me"]


@pytest.fixture
def strict(clock_server):
    return clock_server.deployment(step_up_required="true", **ON)


def call(browser, method, path, **kw):
    # Deleting an account needs nothing but a fresh proof: a wrong password keeps it for the next call.
    fields = {"password": "not-the-password"} if path == "/me/account/delete" else {}
    return browser.send(method, re.sub(r"\{\w+\}", "totp_1", path), fields=fields if method == "POST" else None, **kw)


def test_SES15_the_routes_that_ask():
    assert {("POST", p) for p in ("/me/authenticator", "/me/authenticator/attempt-verification", "/me/authenticator/{id}/delete",
                                  "/me/backup-codes", "/me/backup-codes/regenerate")} <= set(CREDENTIAL)


@pytest.mark.parametrize("method,path", CREDENTIAL, ids=[p for _, p in CREDENTIAL])
def test_SES15_an_old_proof_is_refused_and_a_new_one_does(strict, method, path):
    browser, who = strict.signed_in()
    assert call(browser, method, path).code != "reauth_required", "signing in was one"
    strict.server.advance(FRESH + 5)
    before = strict.rows()
    got = call(browser, method, path)
    # With a required field missing, that is said first: nothing is done either way.
    assert (got.status, got.code) in ((403, "reauth_required"), (400, "BAD_REQUEST_BODY"), (400, "REQUIRED_FIELD")), got
    assert {t: n for t, n in strict.rows().items() if t != "throttle"} == {t: n for t, n in before.items() if t != "throttle"}
    assert step_up(browser, password=who.password).status == 200
    assert call(browser, method, path).code != "reauth_required"


def test_SES15_each_credential_by_itself(strict):
    """With everything they need but a fresh proof."""
    browser, who = strict.signed_in()
    app = totp.enrol(browser)
    begun = totp.begin(browser)
    strict.server.advance(FRESH + 5)
    calls = [lambda: browser.post("/me/authenticator"), lambda: totp.verify(browser, begun), lambda: browser.post("/me/backup-codes"),
             lambda: browser.post("/me/backup-codes/regenerate"), lambda: browser.post("/me", {"second_factor_policy": "none"}),
             lambda: browser.post("/me", {"username": "renamed_late"}), lambda: browser.post(f"/me/authenticator/{app.id}/delete")]
    assert {(g.status, g.code) for g in (c() for c in calls)} == {(403, "reauth_required")}
    assert browser.post("/me", {"first_name": "Mira"}).status == 200, "a name is none"
    me = browser.get("/me").data
    assert me["user_authenticator"]["id"] == app.id and me["second_factor_policy"] == "enforced" and not me["backup_codes_generated"]
    assert step_up(browser, password=who.password).status == 200
    assert browser.post(f"/me/authenticator/{app.id}/delete").status == 200


def test_SES15_ten_minutes(strict):
    browser, who = strict.signed_in()
    strict.server.advance(FRESH - 5)
    assert browser.post("/me/authenticator").status == 200
    assert step_up(browser, password=who.password).status == 200
    strict.server.advance(FRESH - 5)
    assert browser.post("/me/authenticator").status == 200
    strict.server.advance(10)
    assert browser.post("/me/authenticator").code == "reauth_required"


def test_off_by_default(clock_server):
    d = clock_server.deployment(**ON)
    browser, _ = d.signed_in()
    clock_server.advance(FRESH * 2)
    assert browser.post("/me/authenticator").status == 200


# ---- the proof ----

def test_SES04_a_proof_renews_the_token(server):
    d = server.deployment()
    browser, who = d.signed_in()
    old = browser.token
    got = step_up(browser, password=who.password)
    assert re.fullmatch(r"\d{4}-.*Z", got.data["proved_at"]) and browser.token != old and browser.is_signed_in
    assert d.browser(token=old).session(keep=False)["active_signin"] is None
    assert d.audit()[-1] == "signin.proved"


def test_only_for_who_is_signed_in(server):
    browser = server.deployment().browser()
    for path in ("/session/step-up", "/session/step-up/prepare"):
        assert browser.post(path, {"password": PASSWORD}).code == "UNAUTHORIZED", path


@pytest.mark.parametrize("fields", [{}, {"password": ""}, {"password": PASSWORD, "code": "123456"}])
def test_one_proof_and_not_two(server, fields):
    browser, _ = server.deployment().signed_in()
    assert browser.post("/session/step-up", fields).code == "BAD_REQUEST_BODY"


def test_wrong_ones(server):
    browser, who = server.deployment().signed_in()
    assert [step_up(browser, password=p).code for p in ("not-the-password", who.password + " ", who.password.upper())] == ["INVALID_CREDENTIALS"] * 3
    assert step_up(browser, password="p" * 1025).code == "BAD_REQUEST_BODY"
    assert refused(step_up(browser, code="123456")), "without a second factor there is no code"


def test_of_several_people_the_active_one_proves_themselves(server):
    d = server.deployment(auth_settings__multi_session_support__enabled="true", **ON)
    browser, first = d.signed_in()
    totp.enrol(browser)
    code = browser.post("/me/backup-codes").data[0]
    second = d.person(password="another-password-altogether")
    assert browser.sign_in(second).status == 200
    assert step_up(browser, password=first.password).code == "INVALID_CREDENTIALS"
    assert refused(step_up(browser, code=code))
    assert step_up(browser, password=second.password).status == 200


def test_AUT03_V06_one_counter_for_signing_in_and_for_this(limited_server):
    d = limited_server.deployment()
    browser, who = d.signed_in()
    assert [d.browser().sign_in(who, "not-the-password").status for _ in range(5)] == [401] * 5
    assert [step_up(browser, password="not-the-password").status for _ in range(6)] == [401] * 5 + [429]
    assert step_up(browser, password=who.password).code == "RATE_LIMITED" and d.browser().sign_in(who).code == "RATE_LIMITED"


def test_AUT01_a_race_of_passwords_evaluates_no_more_than_the_limit(limited_server):
    d = limited_server.deployment()
    browser, _ = d.signed_in()
    tabs = [browser.twin() for _ in range(40)]
    codes = [g.code for g in race([lambda b=b: step_up(b, password="not-the-password") for b in tabs])]
    assert codes.count("INVALID_CREDENTIALS") <= 10 and set(codes) <= {"INVALID_CREDENTIALS", "RATE_LIMITED", "OVERLOADED"}


def test_a_password_is_asked_for_where_there_is_one(server):
    d = server.deployment()
    browser, who = d.signed_in()
    assert browser.post("/session/step-up/prepare").code == "BAD_REQUEST_BODY"
    assert mailbox.messages(d, who.email) == []
