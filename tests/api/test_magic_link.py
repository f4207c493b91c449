"""Mailed links: single use, safe from scanners, made of configured origins alone. OTP-07, OTP-08, RCV-05, V-02, V-25, V-27, V-37."""
# SPDX-License-Identifier: Apache-2.0
import re
import urllib.parse

import pytest

import mailbox
from flows import OTP, link_to, open_link, prepare, start
from harness import race


@pytest.fixture
def d(server):
    return server.deployment("production", **OTP)


def sent(d, browser=None, **query):
    """A browser, the attempt it began, and the parameters of the link that was mailed."""
    who, browser = d.person(), browser or d.browser()
    attempt = start(browser, "magic_link", email=who.email).attempt
    assert attempt["current_step"] == "verify_email_link"
    assert prepare(browser, attempt, **query).data["verification_method"] == "magic_link"
    return who, browser, attempt, link_to(d, who.email)


def test_a_link_signs_in_once(d):
    who, browser, attempt, link = sent(d)
    assert link["attempt"] == attempt["id"] and len(link["token"]) == 43
    got = open_link(browser, link)
    assert got.data["active_signin"]["user_id"] == who.id and got.data["active_signin"]["method"] == "magic_link"
    assert got.attempt["completed"] is True
    assert got.data["active_signin"]["user"]["primary_email_address"]["verified"] is True
    assert open_link(browser, link).code == "BAD_SIGN_IN_ATTEMPT"


def test_OTP08_the_secret_is_nowhere_at_rest(d):
    _, _, _, link = sent(d)
    assert link["token"].encode() not in d.server.stored_bytes() and link["token"] not in d.server.log()


def test_it_signs_in_where_it_is_opened(d):
    who, browser, attempt, link = sent(d)
    other = d.browser()
    assert open_link(other, link).data["active_signin"]["user_id"] == who.id and other.is_signed_in
    # The waiting page sees that its attempt is over, and nobody is signed in there.
    data = browser.session()
    assert data["active_signin"] is None and data["signin_attempts"] == []


def test_the_same_device_may_be_required(server):
    d = server.deployment(auth_settings__magic_link__require_same_device="true", **OTP)
    who, browser, _, link = sent(d)
    assert open_link(d.browser(), link).code == "BAD_SIGN_IN_ATTEMPT"
    assert open_link(browser, link).data["active_signin"]["user_id"] == who.id


@pytest.mark.parametrize("headers", [[("Sec-Fetch-Mode", "navigate")], [("Sec-Purpose", "prefetch")], [("Purpose", "prefetch")]])
def test_OTP07_scanners_burn_nothing(d, headers):
    who, browser, _, link = sent(d)
    for _ in range(3):
        assert open_link(d.browser(), link, headers=headers).code == "FORBIDDEN"
        assert d.browser().send("HEAD", "/auth/verify-magic-link", link, check=False).status == 403
    assert open_link(browser, link).data["active_signin"]["user_id"] == who.id


@pytest.mark.parametrize("headers,origin", [([("Sec-Fetch-Mode", "no-cors")], None), ([("Sec-Fetch-Mode", "cors")], "https://evil.example.com"),
                                            ([], "null")])
def test_WEB05_no_other_page_signs_its_visitors_in(d, headers, origin):
    """A picture, or a script's request, on a sibling site signed whoever saw it in to the account of whoever put it there."""
    who, browser, _, link = sent(d)
    victim, own = d.signed_in()
    victim.origin = origin
    assert open_link(victim, link, headers=headers).code == "FORBIDDEN"
    assert victim.get("/me").data["id"] == own.id
    assert open_link(browser, link, headers=[("Sec-Fetch-Mode", "cors")]).data["active_signin"]["user_id"] == who.id


def test_V37_a_cut_or_changed_secret_is_none(d):
    _, browser, _, link = sent(d)
    token = link["token"]
    for bad in (token[:-1], token[1:], token[:42] + ("A" if token[42] != "A" else "E"), token + "A", token.swapcase()):
        assert open_link(browser, {**link, "token": bad}).code == "INVALID_CODE"
    assert open_link(browser, {"attempt": link["attempt"]}).code == "BAD_REQUEST_BODY"
    assert open_link(browser, {"token": token}).code == "BAD_SIGN_IN_ATTEMPT"
    assert open_link(browser, {**link, "attempt": "signin_attempt_1"}).code == "BAD_SIGN_IN_ATTEMPT"
    assert open_link(browser, link).status == 200


def test_OTP04_a_link_is_its_attempts_and_its_tenants(server, d):
    _, browser, _, link = sent(d)
    _, _, other, _ = sent(d)
    assert open_link(browser, {**link, "attempt": other["id"]}).code == "INVALID_CODE"
    tenant = server.deployment(**OTP)
    assert open_link(tenant.browser(), link).code == "BAD_SIGN_IN_ATTEMPT"


def test_a_link_expires_with_its_attempt(clock_server):
    d = clock_server.deployment(**OTP)
    _, browser, _, link = sent(d)
    clock_server.advance(601)
    assert open_link(browser, link).code in ("BAD_SIGN_IN_ATTEMPT", "verification_code_expired")


def test_who_is_signed_in_already_stays_so(d):
    """5.6: the sign-in that is there is made active again."""
    who, browser, _, link = sent(d)
    browser.sign_in(who)
    before = browser.session()["active_signin"]["id"]
    d_other = d.person()
    browser.sign_in(d_other)
    assert open_link(browser, link).data["active_signin"]["id"] == before
    assert len(browser.session()["signins"]) == 2


def test_V02_a_planted_attempt_gives_its_planter_nothing(d):
    """Whoever begins an attempt for somebody else, and gets them to open the link, is not signed in by it."""
    who, planter, _, link = sent(d)
    before = planter.token
    victim = d.browser()
    assert open_link(victim, link).data["active_signin"]["user_id"] == who.id
    assert not planter.is_signed_in and planter.get("/me").status == 401
    assert planter.get("/me", token=before, keep=False).status == 401


# ---- where a link leads ----

def test_it_leads_to_the_page_that_is_set(d):
    who, browser, attempt, _ = sent(d)
    link = mailbox.latest(d, who.email)["vars"]["link"]
    assert link.startswith(f"https://{d.frontend_host}/magic-link?token=")
    d.set(magic_link_page_url=f"https://{d.frontend_host}/enter?theme=dark")
    who, _, _, parameters = sent(d)
    link = mailbox.latest(d, who.email)["vars"]["link"]
    assert link.startswith(f"https://{d.frontend_host}/enter?theme=dark&token=") and parameters["theme"] == "dark"


def test_redirects_stay_in_the_app(d):
    to = f"https://www.{d.frontend_host}/a?b=c&d=é".replace("é", "%C3%A9")
    _, browser, attempt, link = sent(d, redirect_uri=to)
    assert link["redirect_uri"] == to
    for bad in ("https://evil.example/", f"http://{d.frontend_host}/", f"https://{d.frontend_host}.evil.example/", "javascript:alert(1)",
                f"https://{d.frontend_host}@evil.example/", "//evil.example/", f"https://evil{d.frontend_host}/"):
        assert prepare(browser, attempt, redirect_uri=bad).code == "BAD_REQUEST_BODY"
        assert open_link(browser, {**link, "redirect_uri": bad}).code == "BAD_REQUEST_BODY"
    assert open_link(browser, link).status == 200


LIES = [("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Port", "666"), ("X-Forwarded-Prefix", "/evil"),
        ("Forwarded", "host=evil.example;proto=http"), ("X-Original-Host", "evil.example"), ("X-Host", "evil.example"),
        ("X-Original-URL", "/evil"), ("X-Rewrite-URL", "/evil"), ("X-Forwarded-Server", "evil.example"),
        ("X-HTTP-Host-Override", "evil.example"), ("X-Forwarded-Scheme", "http"), ("Referer", "https://evil.example/"),
        ("True-Client-IP", "203.0.113.66"), ("Via", "1.1 evil.example")]


@pytest.mark.parametrize("lie", LIES, ids=[n for n, _ in LIES])
def test_RCV05_V25_V27_no_header_changes_a_mail(d, lie):
    def mail(headers):
        who, browser = d.person(email="same@example.org") if not d.rows()["account"] else None, d.browser()
        attempt = start(browser, "magic_link", email="same@example.org").attempt
        got = browser.post("/auth/prepare-verification", None, {"attempt_identifier": attempt["id"], "identifier_type": "signin",
                                                                "strategy": "magic_link"}, headers=headers)
        assert got.status == 200, got
        reset = browser.post("/auth/forgot-password", {"email": "same@example.org"}, headers=headers)
        assert reset.status == 200
        shown = [mailbox.latest(d, "same@example.org", k)["vars"] for k in ("sign_in_link", "reset_code")]
        return re.sub(r"token=[\w-]+|attempt=\w+|'\d{6}'", "#", str(shown))
    assert mail([]) == mail([lie])


@pytest.mark.parametrize("round_", range(3))
def test_F30_V55_one_of_many_opens_a_link(d, round_):
    who, browser, _, link = sent(d)
    tabs = [d.browser(ip=f"203.0.113.{i}") for i in range(20)]
    got = race([lambda b=b: open_link(b, link) for b in tabs])
    assert [g.status for g in got].count(200) == 1
    assert {g.code for g in got} <= {None, "INVALID_CODE", "BAD_SIGN_IN_ATTEMPT", "verification_code_expired"}
    assert sum(b.is_signed_in for b in tabs) == 1
