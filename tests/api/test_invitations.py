"""Invitations and the waitlist: contract 4.6 D2, 4.8 L1, 6 (1, 4, 5), 14-Q29/59; V-43."""
# SPDX-License-Identifier: Apache-2.0
import json
import secrets
import urllib.parse

import pytest

import mailbox
from harness import race

PASSWORD = "a-long-enough-passphrase"


def invite(d, email, *more):
    made = d.server.cli_json("invitation", "create", email, "--deployment", d.host, *more)
    link = mailbox.latest(d, email.lower(), "invitation")["vars"]["link"]
    return made, urllib.parse.parse_qs(urllib.parse.urlsplit(link).query)["invite_token"][0]


def form(email, token="", **kw):
    return {"email": email, "username": f"u_{secrets.token_hex(4)}", "password": PASSWORD, "invite_token": token, **kw}


MODES = [("restricted", "SIGNUP_RESTRICTED"), ("waitlist", "SIGNUP_WAITLIST_ONLY")]


@pytest.mark.parametrize("mode,code", MODES)
def test_V54_an_invitation_lets_its_address_in_once(server, mode, code):
    d = server.deployment(restrictions__sign_up_mode=mode)
    assert d.browser().post("/auth/signup", form("mira@example.org")).code == code
    made, token = invite(d, "Mira@Example.org", "--first-name", "Mira", "--last-name", "Okafor")
    valid = d.browser().get(f"/deployment/invitations/validate?token={token}")
    assert valid.data == {"valid": True, "first_name": "Mira", "last_name": "Okafor", "email": "mira@example.org"}
    other = d.browser().post("/auth/signup", form("somebody@example.org", token))
    assert (other.status, other.code) == (403, "EMAIL_NOT_ALLOWED")
    answer = d.browser().post("/auth/signup", form("mira@example.org", token))
    assert answer.data["active_signin"]["user"]["primary_email_address"]["verified"] is True
    again = d.browser().post("/auth/signup", form("mira@example.org", token))
    assert again.code == code
    gone = d.browser().get(f"/deployment/invitations/validate?token={token}")
    assert gone.status == 200 and gone.data["valid"] is False and gone.data["message"] and gone.data["error_code"]
    listed = [json.loads(x) for x in server.cli("invitation", "list", "--deployment", d.host).splitlines()]
    assert [x["id"] for x in listed] == [made["id"]] and listed[0]["used_at"]


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "A" * 256])
def test_D2_is_200_for_whatever_it_is_asked(production, token):
    got = production.browser().get(f"/deployment/invitations/validate?token={token}")
    assert got.status == 200 and got.data["valid"] is False and set(got.data) == {"valid", "message", "error_code"}


def test_V43_invitations_of_another_deployment_are_none(server):
    one, two = (server.deployment(restrictions__sign_up_mode="restricted") for _ in range(2))
    made, token = invite(one, "mira@example.org")
    assert two.browser().get(f"/deployment/invitations/validate?token={token}").data["valid"] is False
    assert two.browser().post("/auth/signup", form("mira@example.org", token)).code == "SIGNUP_RESTRICTED"
    assert server.try_cli("invitation", "revoke", made["id"], "--deployment", two.host).returncode == 1
    assert one.browser().post("/auth/signup", form("mira@example.org", token)).status == 200


def test_revoked_replaced_and_expired_ones_are_worth_nothing(clock_server):
    d = clock_server.deployment(restrictions__sign_up_mode="restricted")
    made, revoked = invite(d, "one@example.org")
    clock_server.cli("invitation", "revoke", made["id"], "--deployment", d.host)
    _, replaced = invite(d, "two@example.org")
    _, second = invite(d, "two@example.org")
    _, short = invite(d, "three@example.org", "--expires", "1d")
    clock_server.advance(86400 + 60)
    for email, token in (("one@example.org", revoked), ("two@example.org", replaced), ("three@example.org", short)):
        assert d.browser().post("/auth/signup", form(email, token)).code == "SIGNUP_RESTRICTED"
        assert d.browser().get(f"/deployment/invitations/validate?token={token}").data["valid"] is False
    assert d.browser().post("/auth/signup", form("two@example.org", second)).status == 200


def test_F30_twenty_use_one_invitation_and_one_gets_in(server):
    d = server.deployment(restrictions__sign_up_mode="restricted")
    _, token = invite(d, "mira@example.org")
    browsers = [d.browser(ip=f"203.0.113.{i}") for i in range(20)]
    got = race([lambda b=b: b.post("/auth/signup", form("mira@example.org", token)) for b in browsers])
    codes = [g.code for g in got]
    assert codes.count(None) == 1 and set(codes) <= {None, "EMAIL_EXISTS", "SIGNUP_RESTRICTED", "OVERLOADED"}, codes
    rows = d.rows()
    assert rows["account"] == rows["email_address"] == rows["signin"] == 1


def test_the_token_is_only_in_the_mail(server, production):
    _, token = invite(production, "mira@example.org")
    assert len(token) == 43 and token.encode() not in server.stored_bytes() and not server.log_contains(token)


def test_who_has_an_account_is_not_invited(server, production):
    who = production.person()
    done = server.try_cli("invitation", "create", who.email, "--deployment", production.host)
    assert done.returncode == 1 and "already" in done.stderr
    for wrong in (["no-address"], ["a@example.org", "--expires", "0d"], ["a@example.org", "--expires", "soon"]):
        assert server.try_cli("invitation", "create", *wrong, "--deployment", production.host).returncode == 1


def test_L1_joining_waiting_and_being_invited(server):
    d = server.deployment(restrictions__sign_up_mode="waitlist")
    joined = d.browser().post("/waitlist/join", {"email": "Mira@example.org", "first_name": "Mira", "last_name": ""})
    entry = joined.data["entry"]
    assert set(entry) == {"id", "deployment_id", "email_address", "email", "first_name", "last_name", "created_at", "updated_at"}
    assert entry["email"] == entry["email_address"] == "mira@example.org" and entry["deployment_id"] == d.id and joined.data["message"]
    assert mailbox.latest(d, "mira@example.org", "waitlist_joined")
    again = d.browser().post("/waitlist/join", {"email": "MIRA@example.org"})
    assert (again.status, again.code) == (400, "EMAIL_EXISTS")
    server.cli("waitlist", "invite", "mira@example.org", "--deployment", d.host)
    listed = json.loads(server.cli("waitlist", "list", "--deployment", d.host))
    assert listed["email"] == "mira@example.org" and listed["invited_at"]
    link = mailbox.latest(d, "mira@example.org", "invitation")["vars"]["link"]
    token = urllib.parse.parse_qs(urllib.parse.urlsplit(link).query)["invite_token"][0]
    assert d.browser().post("/auth/signup", form("mira@example.org", token)).status == 200
    server.cli("waitlist", "remove", "mira@example.org", "--deployment", d.host)
    assert server.cli("waitlist", "list", "--deployment", d.host) == ""
    assert d.browser().post("/waitlist/join", {"email": "mira@example.org"}).code == "EMAIL_EXISTS", "a user now"
    assert server.try_cli("waitlist", "invite", "nobody@example.org", "--deployment", d.host).returncode == 1


def test_L1_refusals(server):
    for mode in ("public", "restricted"):
        d = server.deployment(restrictions__sign_up_mode=mode)
        assert d.browser().post("/waitlist/join", {"email": "a@example.org"}).code == "FEATURE_DISABLED"
    d = server.deployment(restrictions__sign_up_mode="waitlist", auth_settings__first_name__required="true",
                          restrictions__block_disposable_emails="true", restrictions__banned_keywords="casino",
                          restrictions__block_subaddresses="true", restrictions__blocklist_enabled="true",
                          restrictions__blocklisted_resources="blocked.example")
    cases = [({"first_name": "A"}, "REQUIRED_FIELD"), ({"email": "a@example.org"}, "REQUIRED_FIELD"),
             ({"email": "nonsense", "first_name": "A"}, "BAD_REQUEST_BODY"), ({"email": "a@example.org", "first_name": "x" * 51}, "BAD_REQUEST_BODY"),
             ({"email": "a@mailinator.com", "first_name": "A"}, "DISPOSABLE_EMAIL_BLOCKED"),
             ({"email": "casino@example.org", "first_name": "A"}, "BANNED_KEYWORD"), ({"email": "a+b@example.org", "first_name": "A"}, "EMAIL_NOT_ALLOWED"),
             ({"email": "a@blocked.example", "first_name": "A"}, "EMAIL_BLOCKED")]
    for fields, code in cases:
        got = d.browser().post("/waitlist/join", fields)
        assert (got.status in (400, 403), got.code) == (True, code), fields
    assert d.rows()["waitlist_entry"] == 0
