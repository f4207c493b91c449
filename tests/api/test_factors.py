"""Second factors: contract 4.3 M19 … M23, M2 and 5.4; TOT-*, BKP-*, F-30, SES-04, SES-12, AUT-10."""
# SPDX-License-Identifier: Apache-2.0
import base64
import re
import urllib.parse

import pytest

import mailbox
import totp
from harness import race

ON = {"auth_settings__auth_factors_enabled__authenticator": "true", "auth_settings__auth_factors_enabled__backup_code": "true"}


@pytest.fixture
def d(server):
    return server.deployment(**ON)


@pytest.fixture
def timed(clock_server):
    return clock_server.deployment(**ON)


def step_up(browser, **fields):
    return browser.post("/session/step-up", fields)


def refused(got):
    return (got.status, got.code) == (400, "INVALID_CODE")


# ---- enrolling ----

def test_M19_shows_the_seed_once(d):
    browser, who = d.signed_in()
    made = browser.post("/me/authenticator").data
    assert list(made) == ["id", "otp_url", "totp_secret", "created_at"] and re.fullmatch(r"totp_\d+", made["id"])
    # TOT-03: 160 bits.
    assert re.fullmatch(r"[A-Z2-7]{32}", made["totp_secret"]) and len(base64.b32decode(made["totp_secret"])) == 20
    app = d.server.cli_json("deployment", "show", d.host)
    issuer = urllib.parse.quote(app["settings"]["ui_settings.app_name"], safe="")
    assert made["otp_url"] == f"otpauth://totp/{issuer}:{who.email.replace('@', '%40')}?secret={made['totp_secret']}&issuer={issuer}"
    for path in ("/me", "/session"):
        assert made["totp_secret"] not in browser.get(path).text


def test_TOT05_an_unverified_seed_counts_for_nothing(d):
    browser, _ = d.signed_in()
    app = totp.begin(browser)
    assert browser.get("/me").data["user_authenticator"] is None
    assert browser.get("/me").data["second_factor_policy"] != "enforced"
    assert refused(step_up(browser, code=app.code()))


def test_M20_two_consecutive_codes_link_it(deployment):
    deployment.set(**ON)
    browser, _ = deployment.signed_in()
    app = totp.begin(browser)
    linked = totp.verify(browser, app).data
    assert list(linked) == ["id", "created_at"] and linked["id"] == app.id
    me = browser.get("/me").data
    assert me["user_authenticator"] == linked
    # V-30: who has one is asked for it.
    assert me["second_factor_policy"] == "enforced"
    assert browser.session()["user"]["id"] == me["id"], "still signed in, with the new token"


def test_V30_unless_the_deployment_wants_none(d):
    d.set(auth_settings__second_factor_policy="none")
    browser, _ = d.signed_in()
    before = browser.get("/me").data["second_factor_policy"]
    totp.enrol(browser)
    assert browser.get("/me").data["second_factor_policy"] == before


@pytest.mark.parametrize("codes", [lambda a: [a.code(0), a.code(2)], lambda a: [a.code(1), a.code(0)], lambda a: [a.code(0), a.code(0)],
                                   lambda a: ["000000", "000001"], lambda a: [a.code(-5), a.code(-4)], lambda a: [a.code(5), a.code(6)],
                                   lambda a: ["12345", "1234567"], lambda a: ["", ""]])
def test_M20_other_codes_do_not(d, codes):
    browser, _ = d.signed_in()
    app = totp.begin(browser)
    got = browser.post("/me/authenticator/attempt-verification", [("authenticator_id", app.id), *[("codes", c) for c in codes(app)]])
    assert refused(got) or got.code == "missing_verification_code", got
    assert browser.get("/me").data["user_authenticator"] is None


@pytest.mark.parametrize("encoding", ["urlencoded", "json"])
def test_M20_however_lists_are_spelled(d, encoding):
    browser, _ = d.signed_in()
    app = totp.begin(browser)
    pair = [app.code(-1), app.code(0)]
    fields = {"authenticator_id": app.id, "codes": pair} if encoding == "json" else [
        ("authenticator_id", app.id), ("codes[0]", pair[0]), ("codes[1]", f" {pair[1]} ")]
    assert browser.post("/me/authenticator/attempt-verification", fields, encoding=encoding).status == 200


def test_M20_one_code_or_three_are_a_wrong_request(d):
    browser, _ = d.signed_in()
    app = totp.begin(browser)
    for n in (1, 3):
        fields = [("authenticator_id", app.id), *[("codes", app.code(i)) for i in range(n)]]
        assert browser.post("/me/authenticator/attempt-verification", fields).code == "BAD_REQUEST_BODY"


def test_TOT02_both_codes_of_the_enrolment_are_burnt(d):
    browser, _ = d.signed_in()
    app = totp.begin(browser)
    first, second = app.code(-1), app.code(0)
    assert browser.post("/me/authenticator/attempt-verification",
                        [("authenticator_id", app.id), ("codes", first), ("codes", second)]).status == 200
    assert refused(step_up(browser, code=first)) and refused(step_up(browser, code=second))


def test_TOT05_a_second_start_does_not_replace_the_active_one(d):
    browser, _ = d.signed_in()
    app = totp.enrol(browser)
    other = totp.begin(browser)
    got = totp.verify(browser, other)
    assert (got.status, got.code) == (400, "BAD_REQUEST_BODY") and browser.get("/me").data["user_authenticator"]["id"] == app.id
    assert refused(step_up(browser, code=other.code())) and step_up(browser, code=app.code()).status == 200


def test_a_new_start_forgets_the_old_one(d):
    browser, _ = d.signed_in()
    old, new = totp.begin(browser), totp.begin(browser)
    assert totp.verify(browser, old).code == "NOT_FOUND" and totp.verify(browser, new).status == 200
    assert d.rows()["authenticator"] == 1


# ---- using one ----

def test_TOT02_a_code_works_once(d):
    browser, _ = d.signed_in()
    app = totp.enrol(browser)
    code = app.code()
    assert step_up(browser, code=code).status == 200
    assert refused(step_up(browser, code=code)) and refused(step_up(browser, code=app.code(-1))), "nor an earlier one"


def test_TOT02_of_many_at_once_exactly_one(deployment):
    deployment.set(**ON)
    browser, _ = deployment.signed_in()
    app = totp.enrol(browser)
    tabs, code = [browser.twin() for _ in range(20)], app.code()
    got = race([lambda b=b: step_up(b, code=code) for b in tabs])
    assert sum(g.status == 200 for g in got) == 1, got


@pytest.mark.parametrize("off,good", [(-3, False), (-2, False), (-1, True), (0, True), (1, True), (2, False), (3, False)])
def test_TOT01_V24_one_step_either_way(timed, off, good):
    browser, _ = timed.signed_in()
    app = totp.begin(browser)
    assert totp.verify(browser, app).status == 200
    # Its codes used up lie behind; the middle of a step, so that none ends meanwhile.
    timed.server.advance(150 + 15 - (app.now_s % totp.STEP))
    got = step_up(browser, code=app.code(off))
    assert got.status == 200 if good else refused(got), got


def test_TOT04_only_the_servers_time_counts(timed):
    browser, _ = timed.signed_in()
    app = totp.enrol(browser)
    timed.server.advance(300)
    old = app.code(-8)
    got = browser.post("/session/step-up", {"code": old, "now": "0", "time": "0"}, headers=[("Date", "Thu, 01 Jan 1970 00:00:00 GMT")])
    assert refused(got)


def test_TOT02_TOT03_across_a_restart_and_without_the_key(new_server):
    server = new_server()
    with server:
        d = server.deployment(host="api.example.net", **ON)
        browser, _ = d.signed_in()
        app = totp.enrol(browser)
        codes = browser.post("/me/backup-codes").data
        used = app.code()
        assert step_up(browser, code=used).status == 200
        # TOT-03, BKP-01: neither seed nor codes are in what a thief of the storage would have.
        stored = server.stored_bytes()
        seed = base64.b32decode(app.secret)
        assert not any(form in stored for form in (seed, app.secret.encode(), seed.hex().encode(), base64.b64encode(seed)[:-2]))
        assert not any(form in stored for code in codes for form in (code.encode(), code.replace("-", "").encode()))
        assert app.secret not in server.log() and not any(c in server.log() for c in codes)
    with server:
        browser = browser.twin()
        assert refused(step_up(browser, code=used)), "used is used"
        assert step_up(browser, code=codes[0]).status == 200
    with server:
        assert refused(step_up(browser.twin(), code=codes[0]))


# ---- backup codes ----

def test_M22_twelve_codes_told_once(d):
    browser, _ = d.signed_in()
    totp.enrol(browser)
    codes = browser.post("/me/backup-codes").data
    assert len(set(codes)) == 12 and all(re.fullmatch(r"[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}", c) for c in codes)
    assert browser.get("/me").data["backup_codes_generated"] is True
    assert not any(c in browser.get("/session").text for c in codes)


def test_BKP01_each_works_once_as_it_may_be_typed(d):
    browser, _ = d.signed_in()
    totp.enrol(browser)
    codes = browser.post("/me/backup-codes").data
    for code, typed in zip(codes, [codes[0], codes[1].replace("-", ""), f"  {codes[2]} ", f"\t{codes[3].replace('-', '')}"]):
        assert step_up(browser, code=typed).status == 200, typed
        assert refused(step_up(browser, code=typed)) and refused(step_up(browser, code=code))
    lower = next(c for c in codes[4:] if c.lower() != c)
    for wrong in (lower.lower(), lower[:4] + lower[5:] + "-", lower[:3] + "-" + lower[3] + lower[5:], lower + "2", lower[:-1], "-".join(lower), "É" * 20):
        assert refused(step_up(browser, code=wrong)), wrong
    assert step_up(browser, code=lower).status == 200


def test_BKP01_making_them_again_kills_the_old(d):
    browser, _ = d.signed_in()
    totp.enrol(browser)
    sets = [browser.post(path).data for path in ("/me/backup-codes", "/me/backup-codes/regenerate", "/me/backup-codes")]
    assert len({c for s in sets for c in s}) == 36 and d.rows()["backup_code"] == 12
    assert all(refused(step_up(browser, code=c)) for s in sets[:2] for c in s)
    assert step_up(browser, code=sets[2][0]).status == 200


def test_F30_BKP01_of_two_hundred_at_once_exactly_one(d):
    browser, _ = d.signed_in()
    totp.enrol(browser)
    code = browser.post("/me/backup-codes").data[0]
    tabs = [browser.twin() for _ in range(200)]
    got = race([lambda b=b: b.post("/session/step-up", {"code": code}) for b in tabs])
    assert sum(g.status == 200 for g in got) == 1
    assert {g.code for g in got} <= {None, "INVALID_CODE", "OVERLOADED", "UNAUTHORIZED"}, {g.code for g in got}
    assert d.rows()["backup_code"] == 11 and d.audit().count("backup_code.used") == 1


def test_when_the_last_one_is_used_none_are_in_force(d):
    browser, _ = d.signed_in()
    totp.enrol(browser)
    for code in browser.post("/me/backup-codes").data:
        assert browser.get("/me").data["backup_codes_generated"] is True
        assert step_up(browser, code=code).status == 200
    assert browser.get("/me").data["backup_codes_generated"] is False and browser.session()["active_signin"]["user"]["backup_codes_generated"] is False


def test_BKP02_the_owner_reads_of_it(d):
    browser, who = d.signed_in()
    totp.enrol(browser)
    codes = browser.post("/me/backup-codes").data
    assert "made" in mailbox.latest(d, who.email, "security_notice")["vars"]["what"]
    step_up(browser, code=codes[0])
    assert "used" in mailbox.latest(d, who.email, "security_notice")["vars"]["what"]


# ---- removing ----

def test_M21_takes_the_backup_codes_along(d):
    browser, _ = d.signed_in()
    app = totp.enrol(browser)
    codes = browser.post("/me/backup-codes").data
    code = app.code()
    assert browser.post(f"/me/authenticator/{app.id}/delete").status == 200
    me = browser.get("/me").data
    assert me["user_authenticator"] is None and me["backup_codes_generated"] is False and me["second_factor_policy"] == "optional"
    assert refused(step_up(browser, code=code)) and all(refused(step_up(browser, code=c)) for c in codes)
    rows = d.rows()
    assert rows["authenticator"] == rows["backup_code"] == 0
    assert browser.post(f"/me/authenticator/{app.id}/delete").code == "NOT_FOUND"


def test_WAN15_the_last_factor_stays_where_one_is_required(d):
    browser, _ = d.signed_in()
    old = totp.enrol(browser)
    d.set(auth_settings__second_factor_policy="enforced")
    got = browser.post(f"/me/authenticator/{old.id}/delete")
    assert (got.status, got.code) == (400, "NO_ALTERNATIVE_AUTH_METHOD")
    # But another app takes its place.
    new = totp.enrol(browser)
    assert browser.get("/me").data["user_authenticator"]["id"] == new.id and d.rows()["authenticator"] == 1
    assert refused(step_up(browser, code=old.code())) and step_up(browser, code=new.code()).status == 200


# ---- what else happens when a credential changes ----

CHANGES = {
    "added": lambda b, app: totp.verify(b, totp.begin(b)),
    "removed": lambda b, app: b.post(f"/me/authenticator/{app.id}/delete"),
    "made": lambda b, app: b.post("/me/backup-codes"),
    "policy": lambda b, app: b.post("/me", {"second_factor_policy": "none"}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_SES04_SES12_AUT10_other_sign_ins_end_and_the_owner_is_told(d, change):
    who = d.person()
    browser, _ = d.signed_in(who)
    others = [d.signed_in(who, ip=f"203.0.113.{i}")[0] for i in range(2)]
    bystander, _ = d.signed_in()
    app = None
    if change in ("removed", "policy"):
        app = totp.enrol(browser)
        others = []
    told, old = len(mailbox.messages(d, who.email, "security_notice")), browser.token
    assert CHANGES[change](browser, app).status == 200
    assert browser.token != old and browser.is_signed_in and bystander.is_signed_in
    assert not any(o.is_signed_in for o in others)
    assert d.browser(token=old).session(keep=False)["active_signin"] is None
    assert len(mailbox.messages(d, who.email, "security_notice")) == told + 1
    seen = mailbox.latest(d, who.email, "security_notice")["vars"]
    assert seen["what"].endswith(".") and seen["ip"] == browser.ip and "Firefox" in seen["device"]


def test_audit_tells_each_event(d):
    browser, _ = d.signed_in()
    app = totp.enrol(browser)
    code = browser.post("/me/backup-codes").data[0]
    step_up(browser, code=code)
    browser.post("/me", {"second_factor_policy": "optional"})
    browser.post(f"/me/authenticator/{app.id}/delete")
    assert {"authenticator.begun", "authenticator.added", "backup_codes.made", "backup_code.used", "signin.proved",
            "second_factor.policy_changed", "authenticator.removed"} <= set(d.audit())


# ---- M2 ----

def test_M2_enforced_needs_something_enrolled(d):
    browser, _ = d.signed_in()
    got = browser.post("/me", {"second_factor_policy": "enforced"})
    assert (got.status, got.code) == (400, "BAD_REQUEST_BODY") and "second factor" in got.message
    browser.post("/me/backup-codes")
    assert browser.post("/me", {"second_factor_policy": "enforced"}).status == 400, "backup codes stand in for one, they are none"
    totp.enrol(browser)
    for policy in ("none", "optional", "enforced"):
        assert browser.post("/me", {"second_factor_policy": policy}).status == 200
        assert browser.get("/me").data["second_factor_policy"] == policy


# ---- where it is off, and other people's ----

def test_switched_off_it_is_not_used(d):
    browser, _ = d.signed_in()
    app = totp.enrol(browser)
    code = browser.post("/me/backup-codes").data[0]
    d.set(auth_settings__auth_factors_enabled__authenticator="false", auth_settings__auth_factors_enabled__backup_code="false")
    for path in ("/me/authenticator", "/me/backup-codes", "/me/backup-codes/regenerate"):
        assert browser.post(path).code == "FEATURE_DISABLED", path
    assert totp.verify(browser, app).code == "FEATURE_DISABLED"
    assert refused(step_up(browser, code=app.code())) and refused(step_up(browser, code=code))


def test_F36_TEN01_other_peoples_are_unknown(server):
    mine, other = server.deployment(**ON), server.deployment(**ON)
    browser, _ = mine.signed_in()
    victims = [mine.signed_in()[0], other.signed_in()[0]]
    for victim in victims:
        begun = totp.begin(victim)
        got = totp.verify(browser, begun)
        unknown = browser.post("/me/authenticator/attempt-verification", [("authenticator_id", "totp_1"), *begun.pair()])
        assert (got.status, got.code, got.body) == (404, "NOT_FOUND", unknown.body)
        assert totp.verify(victim, begun).status == 200, "as if nothing had been tried"
        got, unknown = (browser.post(f"/me/authenticator/{i}/delete") for i in (begun.id, "totp_1"))
        assert (got.status, got.code, got.body) == (404, "NOT_FOUND", unknown.body)
        codes = victim.post("/me/backup-codes").data
        assert refused(step_up(browser, code=codes[0])) and step_up(victim, code=codes[0]).status == 200
        assert victim.get("/me").data["user_authenticator"]["id"] == begun.id


# ---- guesses ----

def test_V28_V29_guesses_are_counted_and_a_new_seed_does_not_help(limited_server):
    d = limited_server.deployment(**ON)
    browser, _ = d.signed_in()
    app = totp.begin(browser)
    wrong = [("authenticator_id", app.id), ("codes", "000000"), ("codes", "000000")]
    got = [browser.post("/me/authenticator/attempt-verification", wrong).code for _ in range(6)]
    assert got == ["INVALID_CODE"] * 5 + ["RATE_LIMITED"]
    assert totp.verify(browser, app).code == "RATE_LIMITED", "even the right ones wait"
    assert totp.verify(browser, totp.begin(browser)).status == 200


def test_AUT01_V31_a_race_of_guesses_evaluates_no_more_than_the_limit(limited_server):
    d = limited_server.deployment(**ON)
    browser, _ = d.signed_in()
    totp.enrol(browser)
    code = browser.post("/me/backup-codes").data[0]
    tabs = [browser.twin() for _ in range(40)]
    got = race([lambda b=b, i=i: b.post("/session/step-up", {"code": "222222" if i else "2222-2222"}) for i, b in enumerate(tabs)])
    codes = [g.code for g in got]
    assert codes.count("INVALID_CODE") <= 5 and set(codes) <= {"INVALID_CODE", "RATE_LIMITED", "OVERLOADED"}
    assert step_up(browser, code=code).code == "RATE_LIMITED", "even the right one waits"


def test_right_codes_do_not_count(limited_server):
    d = limited_server.deployment(**ON)
    browser, _ = d.signed_in()
    totp.enrol(browser)
    for code in browser.post("/me/backup-codes").data[:8]:
        assert step_up(browser, code=code).status == 200
