"""Tickets: an operator's link signs one user in, once; impersonation is marked, short and without power over credentials."""
# SPDX-License-Identifier: Apache-2.0
import json
import threading

import jwt as pyjwt
import pytest

import mailbox
from harness import race
from test_errors import KEY
from test_ground_rules import OPENAPI

CREDENTIAL = [(m.upper(), path) for path, methods in OPENAPI["paths"].items() for m, o in methods.items()
              if "reauth_required" in json.dumps(o["responses"])]


def ticket(d, who, *args):
    return d.server.cli_json("ticket", "create", who.email, "--deployment", d.host, *args)


def impersonation(d, who, actor="ada@ops.example"):
    return ticket(d, who, "--kind", "impersonation", "--actor", actor)


def exchange(browser, made, **kw):
    return browser.get("/session/ticket/exchange", {"ticket": made["ticket"]}, **kw)


def test_a_ticket_signs_its_user_in_once(deployment):
    who, browser = deployment.person(), deployment.browser()
    made = ticket(deployment, who)
    assert made["url"].endswith("?ticket=" + made["ticket"])
    got = exchange(browser, made)
    assert got.data["success"] is True and got.data["session"]["user"]["id"] == who.id
    assert got.data["session_id"] == got.data["session"]["id"] == browser.session()["id"]
    assert browser.session()["active_signin"]["user_id"] == who.id
    assert exchange(deployment.browser(), made).code == "INVALID_TICKET"


def test_a_page_that_mounts_twice_exchanges_twice(clock_server):
    d = clock_server.deployment()
    who, browser = d.person(), d.browser()
    made = ticket(d, who)
    assert exchange(browser, made).status == 200
    again = exchange(browser, made)
    assert again.status == 200 and len(again.data["session"]["signins"]) == 1
    clock_server.advance(11)
    assert exchange(browser, made).code == "INVALID_TICKET"


@pytest.mark.parametrize("before", ["anonymous", "stored", "signed in"])
def test_two_tabs_with_one_token_and_one_ticket(clock_server, before):
    """The second carries the token that the first has replaced: it says that it is done, and leaves the new cookie alone."""
    d = clock_server.deployment("production")
    who, browser = d.person(), d.browser()
    browser.get("/session")
    if before == "stored":
        browser.post("/auth/passkey/login/begin")
    if before == "signed in":
        browser.sign_in(d.person())
    tab, other = browser.twin(), d.browser()
    other.token = tab.token
    made = ticket(d, who)
    assert exchange(browser, made).status == 200
    again = exchange(tab, made)
    assert (again.status, again.token, again.data["success"]) == (200, None, True)
    assert again.data["session"]["signins"] == [] and again.data["session"]["active_signin"] is None, "it may have been planted"
    assert browser.is_signed_in and d.audit().count("ticket.used") == 1
    assert exchange(d.browser(), made).code == "INVALID_TICKET"
    assert exchange(other, ticket(d, who)).status in ((200,) if before == "anonymous" else (401,)), "another ticket is another matter"
    clock_server.advance(11)
    assert exchange(browser.twin(), made).code == "INVALID_TICKET"
    assert exchange(tab, made).status in (400, 401)


def test_F30_twenty_tabs_with_one_token_and_one_ticket(server):
    d = server.deployment("production")
    for _ in range(3):
        browser = d.browser()
        browser.get("/session")
        tabs, made = [browser.twin() for _ in range(20)], ticket(d, d.person())
        got = race([lambda b=b: exchange(b, made) for b in tabs])
        assert {g.status for g in got} == {200}, [g.code for g in got]
        assert len({g.token for g in got if g.token}) == 1, "one of them is given the new token, and nobody another"


def test_a_replaced_token_of_somebody_elses_ticket_says_nothing(production):
    who, victim = production.person(), production.browser()
    victim.get("/session")
    mine, made = production.browser(), ticket(production, who)
    mine.get("/session")
    assert exchange(victim, made).status == 200
    assert exchange(mine, made).code == "INVALID_TICKET"
    victim.post("/session/sign-out")
    assert exchange(victim.twin(), made).code == "INVALID_TICKET"


def test_signed_out_a_ticket_does_not_come_back(production):
    who, browser = production.person(), production.browser()
    made = ticket(production, who)
    assert exchange(browser, made).status == 200
    assert browser.post("/session/sign-out").status == 200
    assert exchange(browser, made).code == "INVALID_TICKET" and not browser.is_signed_in


@pytest.mark.parametrize("text", ["", "x", "A" * 43, "A" * 128, "\u00e9"])
def test_what_is_no_ticket(production, text):
    got = production.browser().get("/session/ticket/exchange", {"ticket": text})
    assert got.code == ("BAD_REQUEST_BODY" if text == "" else "INVALID_TICKET")


def test_V37_no_part_of_a_ticket_works(production):
    made = ticket(production, production.person())
    text = made["ticket"]
    for cut in [text[:-1], text[1:], text[:16], text + "A", text.lower(), text.upper()]:
        if cut != text:
            assert exchange(production.browser(), {"ticket": cut}).code == "INVALID_TICKET"
    assert exchange(production.browser(), made).status == 200


def test_TEN03_a_ticket_is_good_at_its_own_deployment_only(server):
    one, two = server.deployment(), server.deployment()
    made = ticket(one, one.person())
    assert exchange(two.browser(), made).code == "INVALID_TICKET"
    assert exchange(one.browser(), made).status == 200


def test_a_ticket_ends(clock_server):
    d = clock_server.deployment()
    made = ticket(d, d.person(), "--expires", "60")
    clock_server.advance(61)
    assert exchange(d.browser(), made).code == "INVALID_TICKET"


def test_login_csrf_a_followed_link_exchanges_nothing(production):
    made, browser = ticket(production, production.person()), production.browser()
    assert exchange(browser, made, headers=[("Sec-Fetch-Mode", "navigate")]).code == "FORBIDDEN"
    assert exchange(browser, made, headers=[("Sec-Fetch-Mode", "cors")]).status == 200


def test_a_disabled_user_is_not_let_in(production):
    who = production.person()
    made = ticket(production, who)
    production.server.cli("user", "disable", who.email, "--deployment", production.host)
    assert exchange(production.browser(), made).code == "USER_DISABLED"
    assert production.server.try_cli("ticket", "create", who.email, "--deployment", production.host).returncode == 1


def test_a_session_that_is_full(production):
    production.set(auth_settings__multi_session_support__max_accounts_per_session=1)
    browser, _ = production.signed_in()
    assert exchange(browser, ticket(production, production.person())).code == "LIMIT_REACHED"


def test_F30_two_hundred_with_one_ticket(server):
    d = server.deployment()
    for _ in range(3):
        made, gate, statuses = ticket(d, d.person()), threading.Barrier(200), []

        def run():
            browser = d.browser()
            gate.wait()
            statuses.append(exchange(browser, made).status)

        threads = [threading.Thread(target=run) for _ in range(200)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert sorted(statuses) == [200] + [400] * 199


def test_impersonation_is_marked_and_short(clock_server):
    d = clock_server.deployment()
    who, browser = d.person(), d.browser()
    own, _ = d.signed_in(who)
    assert exchange(browser, impersonation(d, who)).status == 200
    active = browser.session()["active_signin"]
    assert active["method"] == "impersonation" and active["user_id"] == who.id
    token = browser.get("/session/token").data["token"]
    assert pyjwt.decode(token, options={"verify_signature": False})["act"] == {"sub": "ada@ops.example"}
    assert "act" not in pyjwt.decode(own.get("/session/token").data["token"], options={"verify_signature": False})
    clock_server.advance(3601)
    assert not browser.is_signed_in and own.is_signed_in


def test_OPS02_what_is_done_on_behalf_is_written_down_as_that(server):
    d = server.deployment()
    who, browser = d.person(), d.browser()
    assert exchange(browser, impersonation(d, who)).status == 200
    assert browser.post("/me", {"first_name": "Anna"}).status == 200
    server.sweep()
    events = {e["event"]: e for e in map(json.loads, server.cli("audit", "export", "--deployment", d.host).splitlines())}
    assert events["ticket.used"]["detail"] == {"kind": "impersonation", "actor": "ada@ops.example"}
    assert events["user.updated"]["actor"] == "impersonation:ada@ops.example" and events["user.updated"]["user_id"] == who.id


@pytest.mark.parametrize("method,path", CREDENTIAL, ids=[p for _, p in CREDENTIAL])
def test_an_impersonator_changes_no_credentials(server, method, path):
    d = server.deployment(auth_settings__auth_factors_enabled__authenticator="true", auth_settings__auth_factors_enabled__backup_code="true",
                          auth_settings__phone_number__enabled="true")
    who, browser = d.person(), d.browser()
    assert exchange(browser, impersonation(d, who)).status == 200
    policy = "optional" if browser.get("/me").data["second_factor_policy"] == "none" else "none"
    server.sweep()
    before = {t: n for t, n in d.rows().items() if t != "throttle"}
    fields = {**KEY, "second_factor_policy": policy, "email": "x@example.org", "phone_number": "5551234567", "country_code": "+1", "authenticator_id": "totp_1",
              "new_password": "a-long-enough-passphrase", "current_password": who.password, "file": "x", "name": "x"}
    got = browser.send(method, path.replace("{id}", "email_1"), fields=fields if method != "GET" else None, encoding="json")
    assert got.code == "FORBIDDEN", got
    assert {t: n for t, n in d.rows().items() if t != "throttle"} == before


def test_an_impersonator_leaves_the_username_alone(production):
    """It signs in: whoever changed it took the user's way in from them, by a name that they did not know."""
    who, browser = production.person(), production.browser()
    assert exchange(browser, impersonation(production, who)).status == 200
    assert browser.post("/me", {"username": "taken.over", "first_name": "Anna"}).code == "FORBIDDEN"
    me = browser.get("/me").data
    assert me["username"] == who.username and me["first_name"] != "Anna"
    assert browser.post("/me", {"username": who.username, "first_name": "Anna"}).status == 200, "sent as it is it changes nothing"


def test_impersonating_leaves_no_trace_on_the_users_own(server):
    """Neither their sign-ins, nor where they were, nor the browsers that are known, and no mail about a new one."""
    d = server.deployment(auth_settings__multi_session_support__max_sessions_per_account=1)
    own, who = d.signed_in()
    assert own.post("/organizations", {"name": "Lumen"}).status == 200
    browser = d.browser()
    assert exchange(browser, impersonation(d, who)).status == 200
    assert browser.post("/session/switch-organization").status == 200
    assert own.is_signed_in and mailbox.notices(d, who.email) == []
    assert d.signed_in(who)[0].session()["organization"]["name"] == "Lumen"


@pytest.mark.parametrize("words,said", [(["--kind", "agent"], "--kind is"), (["--kind", "impersonation"], "--actor says who"),
                                        (["--actor", "ada"], "--actor says who"), (["--expires", "0"], "--expires")])
def test_nonsense_is_refused(production, words, said):
    done = production.server.try_cli("ticket", "create", production.person().email, "--deployment", production.host, *words)
    assert done.returncode != 0 and said in done.stderr and done.stdout == ""


def test_F38_the_ticket_itself_is_nowhere(server):
    d = server.deployment()
    made = ticket(d, d.person())
    assert exchange(d.browser(), made).status == 200
    assert made["ticket"].encode() not in server.stored_bytes() and made["ticket"] not in server.log()


def test_impersonating_takes_no_place_of_the_users_own(server):
    """It did: with one operator's sign-in beside theirs, a second browser of the user's ended their first."""
    d = server.deployment(auth_settings__multi_session_support__max_sessions_per_account=2)
    first, who = d.signed_in()
    assert exchange(d.browser(), impersonation(d, who)).status == 200
    second, _ = d.signed_in(who)
    assert first.is_signed_in and second.is_signed_in


def test_TEN11_each_operator_acts_under_their_own_name(clock_server):
    """In one browser, the second one's deeds were written down as the first one's."""
    d = clock_server.deployment()
    who, browser = d.person(), d.browser()
    assert exchange(browser, impersonation(d, who)).status == 200
    clock_server.advance(3000)
    assert exchange(browser, impersonation(d, who, "eve@ops.example")).status == 200
    assert len(browser.session()["signins"]) == 1
    token = browser.get("/session/token").data["token"]
    assert pyjwt.decode(token, options={"verify_signature": False})["act"] == {"sub": "eve@ops.example"}
    clock_server.advance(3000)
    assert browser.post("/me", {"first_name": "Eva"}).status == 200, "an hour of their own"
    clock_server.sweep()
    actors = [e["actor"] for e in map(json.loads, d.server.cli("audit", "export", "--deployment", d.host).splitlines())
              if e["event"] in ("ticket.used", "signin.created", "user.updated")]
    assert actors == ["impersonation:ada@ops.example"] * 2 + ["impersonation:eve@ops.example"] * 3


def test_a_ticket_of_ones_own_ends_the_impersonation(production):
    d = production
    who, browser = d.person(), d.browser()
    assert exchange(browser, impersonation(d, who)).status == 200
    assert exchange(browser, ticket(d, who)).status == 200
    assert "act" not in pyjwt.decode(browser.get("/session/token").data["token"], options={"verify_signature": False})
    assert browser.post("/me/email-addresses", {"email": "x@example.org"}).status == 200


def test_F30_a_ticket_raced_by_two_browsers(production):
    d = production
    for _ in range(10):
        made = impersonation(d, d.person())
        got = race([lambda b=b: exchange(b, made) for b in [d.browser() for _ in range(20)]])
        assert sorted(g.status for g in got) == [200] + [400] * 19


def test_TEN03_another_tenants_ticket_is_none(server):
    d, other = server.deployment(), server.deployment("staging")
    who = d.person()
    assert exchange(other.browser(), impersonation(d, who)).code == "INVALID_TICKET"


def test_a_ticket_of_somebody_disabled_or_deleted(server):
    d = server.deployment()
    who, gone = d.person(), d.person()
    made, lost = ticket(d, who), impersonation(d, gone)
    server.cli("user", "disable", who.email, "--deployment", d.host)
    server.cli("user", "delete", gone.email, "--deployment", d.host)
    assert exchange(d.browser(), made).code == "USER_DISABLED" and exchange(d.browser(), lost).code == "INVALID_TICKET"
    server.cli("user", "enable", who.email, "--deployment", d.host)
    assert exchange(d.browser(), made).status == 200, "it was not used"
