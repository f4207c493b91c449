"""
What no route of the program brings about by itself is written into the database of a stopped server: accounts without a
password, sign-ins of impersonators, organizations that demand a second factor, half-finished attempts.
MFA_REQUIRED, SES-15, SES-18, OTP-01, OTP-04, contract 9.4.
"""
# SPDX-License-Identifier: Apache-2.0
import json
import re
import sqlite3
import subprocess

import pytest

import mailbox
import test_step_up
import totp
from contacts import EMAIL
from test_factors import ON, refused, step_up
from test_jwt import mint, parts

SIGNED_IN = [(m, p) for m, p, answers in test_step_up.operations() if "Nobody is signed in." in answers]


def rewrite(server, *statements):
    """Stop, write, start again; whoever holds a connection needs a new one."""
    server.stop()
    if server.database:
        subprocess.run(["psql", server.database, "-qXv", "ON_ERROR_STOP=1", "-c", ";".join(statements)], check=True)
    else:
        with sqlite3.connect(server.database_file()) as db:
            db.executescript(";".join(statements) + ";")
        db.close()
    server.start()


@pytest.fixture
def stopping(new_server):
    with new_server() as server:
        yield server


@pytest.fixture
def d(stopping):
    return stopping.deployment(host="api.example.net", **ON)


def number(text):
    return int(text.rsplit("_", 1)[1])


# ---- 9.4: organizations and workspaces that demand a second factor ----

def claims_of(browser):
    return json.loads(parts(mint(browser)["token"])[1])


def restriction(browser):
    return [m["eligibility_restriction"]["type"] for path in ("/me/organization-memberships", "/me/workspace-memberships")
            for m in browser.get(path).data]


def test_9_4_without_a_second_factor_the_gates_stay_shut(d):
    browser, _ = d.signed_in()
    org = browser.post("/organizations", {"name": "Lumen"}).data["organization"]["id"]
    workspace = browser.post("/workspaces", {"organization_id": org, "name": "Optics"}).data["workspace"]["id"]
    rewrite(d.server, "UPDATE organization SET enforce_mfa = 1")
    browser = browser.twin()
    switches = [("/session/switch-organization", {"organization_id": org}), ("/session/switch-workspace", {"workspace_id": workspace})]
    assert {browser.post(path, None, query).status for path, query in switches} == {200}, "the deployment has it off"
    d.set(b2b_settings__enforce_mfa_per_org_enabled="true", b2b_settings__enforce_mfa_per_workspace_enabled="true")
    assert restriction(browser) == ["mfa_required"] * 2
    for path, query in switches:
        got = browser.post(path, None, query)
        assert (got.status, got.code) == (403, "MFA_REQUIRED") and "second factor" in got.message
    assert "organization" not in claims_of(browser), "what is active stays so, but is not vouched for"
    browser.post("/me/backup-codes")
    assert restriction(browser) == ["mfa_required"] * 2, "backup codes stand in for a factor, they are none"
    app = totp.enrol(browser)
    assert restriction(browser) == ["none"] * 2 and {browser.post(path, None, query).status for path, query in switches} == {200}
    assert claims_of(browser)["organization"] == org
    browser.post(f"/me/authenticator/{app.id}/delete")
    assert browser.post(*[(p, None, q) for p, q in switches][0]).code == "MFA_REQUIRED"


# ---- accounts without a password ----

def test_a_mailed_code_for_who_has_no_password(d):
    who, other = d.person(), d.person()
    browser, second = d.signed_in(who)[0], d.signed_in(who, ip="203.0.113.9")[0]
    bystander, _ = d.signed_in(other)
    rewrite(d.server, f"UPDATE account SET password_record = '' WHERE id IN ({number(who.id)}, {number(other.id)})")
    browser, second, bystander = browser.twin(), second.twin(), bystander.twin()
    assert browser.post("/session/step-up/prepare").data == {"otp_sent": True, "masked_email": f"m•••@{who.email.split('@')[1]}"}
    code = mailbox.latest(d, who.email, "sign_in_code")["vars"]["code"]
    assert re.fullmatch(r"\d{6}", code)
    # OTP-04: it is this sign-in's; another browser of the same person has no use for it.
    assert refused(step_up(second, code=code)) and refused(step_up(bystander, code=code))
    assert step_up(browser, password="").code == "BAD_REQUEST_BODY"
    assert step_up(browser, password=who.password).code == "INVALID_CREDENTIALS"
    assert refused(step_up(browser, code="x" + code)) and step_up(browser, code=f" {code} ").status == 200
    assert refused(step_up(browser, code=code)), "OTP-01: once"
    # OTP-02
    browser.post("/session/step-up/prepare")
    code = mailbox.latest(d, who.email, "sign_in_code")["vars"]["code"]
    d.server.advance(301)
    assert refused(step_up(browser, code=code))
    assert code.encode() not in d.server.stored_bytes() and code not in d.server.log()


def test_an_address_that_is_not_theirs_gets_no_code(d):
    browser, who = d.signed_in()
    rewrite(d.server, "UPDATE account SET password_record = ''", "UPDATE email_address SET verified_at = NULL")
    assert browser.twin().post("/session/step-up/prepare").code == "BAD_REQUEST_BODY"
    assert mailbox.messages(d, who.email) == []


# ---- on somebody else's behalf ----

def test_SES15_an_impersonator_changes_no_credentials(d):
    browser, who = d.signed_in()
    app = totp.enrol(browser)
    second, _ = EMAIL.verified(browser)
    rewrite(d.server, "UPDATE signin SET actor = 'operator_7'")
    browser = browser.twin()
    for method, path in test_step_up.CREDENTIAL:
        got = browser.send(method, path.replace("{id}", app.id), fields={"authenticator_id": app.id} if method == "POST" else None)
        assert (got.status, got.code) in ((403, "FORBIDDEN"), (400, "BAD_REQUEST_BODY")), got
    assert browser.post("/me", {"second_factor_policy": "none"}).code == "FORBIDDEN"
    assert browser.post("/me", {"primary_email_address_id": second}).code == "FORBIDDEN"
    assert step_up(browser, password=who.password).code == "FORBIDDEN" and step_up(browser, code=app.code()).code == "FORBIDDEN"
    assert browser.post("/session/step-up/prepare").code == "FORBIDDEN"
    me = browser.get("/me").data
    assert me["user_authenticator"]["id"] == app.id and me["second_factor_policy"] == "enforced"


# ---- SES-18: half signed in is not signed in ----

def test_SES18_a_pending_attempt_opens_nothing(d):
    browser, who = d.signed_in()
    session = browser.session()["id"]
    browser.post("/session/sign-out")
    later = 4000000000000000
    rewrite(d.server, "INSERT INTO signin_attempt (deployment_id, id, session_id, user_id, email, method, steps, first_done, second_required,"
            " second_done, completed, missing_fields, failures, created_at, updated_at, expires_at) VALUES"
            f" ({d.number}, 77, {number(session)}, {number(who.id)}, '{who.email}', 'plain_email', 'verify_second_factor', 1, 1, 0, 0, '',"
            f" 0, 1, 1, {later})")
    browser = browser.twin()
    data = browser.session()
    assert [a["current_step"] for a in data["signin_attempts"]] == ["verify_second_factor"] and data["active_signin"] is None
    assert len(SIGNED_IN) > 15
    before = d.rows()
    for method, path in SIGNED_IN:
        got = browser.send(method, re.sub(r"\{\w+\}", "user_1", path), fields={} if method == "POST" else None)
        assert (got.status, got.code) == (401, "UNAUTHORIZED"), got
    assert d.rows() == before


# ---- the command line ----

def test_reset_factors(d):
    browser, who = d.signed_in()
    app = totp.enrol(browser)
    code = browser.post("/me/backup-codes").data[0]
    bystander, _ = d.signed_in()
    totp.enrol(bystander)
    d.server.cli("user", "reset-factors", who.email, "--deployment", d.host)
    assert not browser.is_signed_in and bystander.is_signed_in
    browser, _ = d.signed_in(who)
    me = browser.get("/me").data
    assert me["user_authenticator"] is None and me["backup_codes_generated"] is False and me["second_factor_policy"] == "optional"
    assert refused(step_up(browser, code=app.code())) and refused(step_up(browser, code=code))
    assert d.audit().count("second_factor.reset") == 1 and d.rows()["authenticator"] == 1
    assert any("operator" in said for said in mailbox.notices(d, who.email))
    unknown = d.server.try_cli("user", "reset-factors", "nobody@example.org", "--deployment", d.host)
    assert unknown.returncode != 0 and "no user" in unknown.stderr
