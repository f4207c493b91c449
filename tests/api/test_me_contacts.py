"""One's own e-mail addresses and phone numbers: contract 4.3 M5 … M17, 7.1."""
# SPDX-License-Identifier: Apache-2.0
import pytest

import mailbox
from contacts import EMAIL, PHONE, PHONES
from harness import PASSWORD, race

DEEDS = ["delete", "prepare-verification", "attempt-verification?code=123456", "make-primary"]


@pytest.fixture(params=[EMAIL, PHONE], ids=str)
def kind(request):
    return request.param


@pytest.fixture
def d(server):
    return server.deployment(**PHONES)


def other_code(code):
    return f"{(int(code) + 1) % 10**6:06d}"


def test_M6_M13_adds_one_that_counts_for_nothing_yet(deployment, kind):
    d = deployment.set(**PHONES)
    browser, _ = d.signed_in()
    value = kind.fresh()
    added = kind.add(browser, value).data
    assert (added["verified"], added["verified_at"]) == (False, None)
    assert added == kind.one(browser, added["id"]) and added in kind.all(browser)
    if kind is EMAIL:
        assert added["email"] == value and added["is_primary"] is False and added["verification_strategy"] == "otp"
    else:
        assert (added["phone_number"], added["country_code"], added["can_use_for_second_factor"]) == (value, "+1", False)
    me = browser.session()["active_signin"]["user"]
    assert added in me["user_email_addresses" if kind is EMAIL else "user_phone_numbers"], "and is seen at once"
    assert me["primary_email_address_id"] != added["id"] != me["primary_phone_number_id"]


def test_M6_lower_case(production):
    browser, _ = production.signed_in()
    value = EMAIL.fresh()
    assert EMAIL.add(browser, value.upper().replace("EXAMPLE", "Example")).data["email"] == value


def test_M5_M12_only_ones_own(d, kind):
    one, other = (d.signed_in()[0] for _ in range(2))
    foreign = kind.add(other).data["id"]
    mine = kind.add(one).data["id"]
    assert foreign not in [x["id"] for x in kind.all(one)] and mine in [x["id"] for x in kind.all(one)]


def test_ids_of_others_are_as_unknown_as_any(server, d, kind):
    """Another user's, another deployment's, the other kind's, and what never was: one answer, byte for byte."""
    browser, _ = d.signed_in()
    elsewhere = server.deployment(**PHONES)
    foreign = kind.add(d.signed_in()[0]).data["id"]
    abroad = kind.add(elsewhere.signed_in()[0]).data["id"]
    wrong = (PHONE if kind is EMAIL else EMAIL).add(browser).data["id"]
    ids = [foreign, abroad, wrong, f"{kind.name}_1", "x", f"{kind.name}_9223372036854775807"]
    for method, deed in [("GET", "")] + [("POST", "/" + x) for x in DEEDS]:
        got = [browser.send(method, f"{kind.path}/{i}{deed}") for i in ids]
        assert {(g.status, g.code) for g in got} == {(404, "NOT_FOUND")}, deed
        assert len({g.body for g in got}) == 1, deed


@pytest.mark.parametrize("where", ["query", "body"])
def test_M9_M10_M15_M16_a_code_verifies(deployment, kind, where):
    d = deployment.set(**PHONES)
    browser, _ = d.signed_in()
    value = kind.fresh()
    id_ = kind.add(browser, value).data["id"]
    code = kind.code(browser, id_, value)
    assert len(code) == 6 and code.isdigit()
    assert kind.attempt(browser, id_, code, where).status == 200
    after = kind.one(browser, id_)
    assert after["verified"] is True and after["verified_at"]
    events = [e for e in d.audit() if e.startswith(kind.name + ".")]
    assert events == [f"{kind.name}.added", f"{kind.name}.verified"]


def test_M9_mail_names_who_asks(production):
    """V-04: whoever gets the code of a stranger can tell."""
    browser, who = production.signed_in()
    value = EMAIL.fresh()
    EMAIL.prepare(browser, EMAIL.add(browser, value).data["id"])
    assert mailbox.latest(production, value, "verify_email")["vars"]["account"] == who.email


def test_M10_codes_that_do_not_fit(d, kind):
    browser, _ = d.signed_in()
    value = kind.fresh()
    id_ = kind.add(browser, value).data["id"]
    assert kind.attempt(browser, id_, "123456").code == "verification_code_expired", "none was sent"
    code = kind.code(browser, id_, value)
    assert kind.attempt(browser, id_, "").code == "missing_verification_code"
    both = browser.post(f"{kind.path}/{id_}/attempt-verification", {"code": code}, {"code": other_code(code)})
    assert (both.status, both.code) == (400, "BAD_REQUEST_BODY")
    wrong = kind.attempt(browser, id_, other_code(code))
    assert (wrong.status, wrong.code) == (400, "INVALID_CODE")
    assert kind.attempt(browser, id_, code).status == 200
    again = kind.attempt(browser, id_, code)
    assert (again.status, again.code) == (400, "verification_code_expired"), "once"
    prepared = kind.prepare(browser, id_)
    assert (prepared.status, prepared.code) == (400, "BAD_REQUEST_BODY"), "it is verified"


def test_OTP_a_new_code_replaces_the_old(d, kind):
    browser, _ = d.signed_in()
    value = kind.fresh()
    id_ = kind.add(browser, value).data["id"]
    old = kind.code(browser, id_, value)
    new = kind.code(browser, id_, value)
    if old != new:
        assert kind.attempt(browser, id_, old).code == "INVALID_CODE"
    assert kind.attempt(browser, id_, new).status == 200


def test_OTP_a_code_is_good_for_five_minutes(clock_server, kind):
    d = clock_server.deployment(**PHONES)
    browser, _ = d.signed_in()
    value = kind.fresh()
    id_ = kind.add(browser, value).data["id"]
    code = kind.code(browser, id_, value)
    clock_server.advance(301)
    assert kind.attempt(browser, id_, code).code == "verification_code_expired"


def test_OTP_five_guesses_and_no_more(limited_server, kind):
    d = limited_server.deployment(**PHONES)
    browser, _ = d.signed_in()
    value = kind.fresh()
    id_ = kind.add(browser, value).data["id"]
    code = kind.code(browser, id_, value)
    for _ in range(5):
        assert kind.attempt(browser, id_, other_code(code)).code == "INVALID_CODE"
    got = kind.attempt(browser, id_, code)
    assert (got.status, got.code) == (429, "RATE_LIMITED"), "not even the right one"


def test_OTP_one_message_in_thirty_seconds(limited_server, kind):
    d = limited_server.deployment(**PHONES)
    browser, _ = d.signed_in()
    value = kind.fresh()
    id_ = kind.add(browser, value).data["id"]
    assert [kind.prepare(browser, id_).status for _ in range(2)] == [200, 429]


def test_RCV06_a_code_is_for_one_address_one_user_one_session(d, kind):
    """CVE-2025-7365, CVE-2026-9087: no swapping of addresses between the steps, no confirming from elsewhere."""
    browser, who = d.signed_in()
    value = kind.fresh()
    first, second = kind.add(browser, value).data["id"], kind.add(browser).data["id"]
    code = kind.code(browser, first, value)
    assert kind.attempt(browser, second, code).code == "verification_code_expired", "another address"
    assert kind.attempt(d.signed_in()[0], first, code).code == "NOT_FOUND", "another account"
    assert kind.attempt(d.signed_in(who)[0], first, code).code == "verification_code_expired", "another session of the same user"
    assert not kind.one(browser, first)["verified"] and not kind.one(browser, second)["verified"]
    assert kind.attempt(browser, first, code).status == 200


def test_RCV06_a_code_of_the_other_kind(d):
    browser, _ = d.signed_in()
    value = EMAIL.fresh()
    code = EMAIL.code(browser, EMAIL.add(browser, value).data["id"], value)
    assert PHONE.attempt(browser, PHONE.add(browser).data["id"], code).code == "verification_code_expired"


def test_F30_a_code_has_one_winner(d, kind):
    """Many tabs at once with the right code: one of them verifies."""
    browser, _ = d.signed_in()
    for n in range(3):
        value = kind.fresh()
        id_ = kind.add(browser, value).data["id"]
        code = kind.code(browser, id_, value)
        got = race([lambda t=browser.twin(): kind.attempt(t, id_, code) for _ in range(5)])
        assert sorted(g.status for g in got) == [200, 400, 400, 400, 400], got
        assert {g.code for g in got if g.status == 400} <= {"verification_code_expired", "INVALID_CODE"}
        assert d.audit().count(f"{kind.name}.verified") == n + 1


def test_M6_M13_taken(d, kind):
    """By another's verified one, and by one's own of any sort."""
    browser, who = d.signed_in()
    other, _ = d.signed_in()
    _, theirs = kind.verified(other)
    got = kind.add(browser, theirs)
    assert (got.status, got.code) == (400, kind.taken)
    mine = kind.fresh()
    kind.add(browser, mine)
    assert kind.add(browser, mine).code == kind.taken
    if kind is EMAIL:
        assert kind.add(browser, mine.upper()).code == kind.taken
        assert kind.add(browser, who.email).code == kind.taken


def test_an_unverified_one_blocks_nobody(d, kind):
    """Whoever can prove it has it; who only claimed it loses it when they come second."""
    squatter, owner = d.signed_in()[0], d.signed_in()[0]
    value = kind.fresh()
    claimed = kind.add(squatter, value).data["id"]
    code = kind.code(squatter, claimed, value)
    id_, _ = kind.verified(owner, value)
    assert kind.one(owner, id_)["verified"]
    assert kind.add(d.signed_in()[0], value).code == kind.taken
    got = kind.attempt(squatter, claimed, code)
    assert (got.status, got.code) == (400, kind.taken), "their code is too late"
    assert not kind.one(squatter, claimed)["verified"]


def test_V04_an_account_made_with_somebody_elses_address_loses_it(d):
    """Pre-hijacking: the squatter signed up with it, and even has it as the primary one."""
    squatter = d.browser()
    value = EMAIL.fresh()
    made = squatter.post("/auth/signup", {"first_name": "S", "last_name": "Q", "email": value, "username": "squatter_1",
                                          "password": "violet-otter-climbs-granite"})
    assert made.status == 200, made
    owner, who = d.signed_in()
    id_, _ = EMAIL.verified(owner, value)
    assert EMAIL.all(squatter) == [] and squatter.get("/me").data["primary_email_address_id"] is None
    assert EMAIL.deed(owner, id_, "make-primary").status == 200
    by_password = d.browser().post("/auth/signin", {"email": value, "password": who.password})
    assert by_password.data["active_signin"]["user"]["id"] == who.id, "the address signs its owner in"
    assert "email.removed" in d.audit()


def test_an_unverified_one_signs_nobody_in(d):
    browser, who = d.signed_in()
    value = EMAIL.fresh()
    EMAIL.add(browser, value)
    got = d.browser().post("/auth/signin", {"email": value, "password": who.password})
    assert got.code == "INVALID_CREDENTIALS"
    EMAIL.verified(browser, other := EMAIL.fresh())
    assert d.browser().post("/auth/signin", {"email": other, "password": who.password}).status == 200


def test_two_accounts_prove_the_same_at_once(d, kind):
    """One of them has it afterwards, and the other is told that it is taken."""
    for _ in range(3):
        browsers = [d.signed_in(ip=f"203.0.113.{i}")[0] for i in range(2)]
        value = kind.fresh()
        ids = [kind.add(b, value).data["id"] for b in browsers]
        codes = [kind.code(b, i, value) for b, i in zip(browsers, ids)]
        got = race([lambda b=b, i=i, c=c: kind.attempt(b, i, c) for b, i, c in zip(browsers, ids, codes)])
        assert sorted(g.status for g in got) == [200, 400], got
        assert [g.code for g in got if g.status == 400] == [kind.taken]
        assert sorted(kind.one(b, i)["verified"] for b, i in zip(browsers, ids)) == [False, True]


def test_M11_M17_only_a_verified_one_is_primary(deployment, kind):
    d = deployment.set(**PHONES)
    browser, _ = d.signed_in()
    unverified = kind.add(browser).data["id"]
    got = kind.deed(browser, unverified, "make-primary")
    assert (got.status, got.code) == (400, "BAD_REQUEST_BODY")
    id_, value = kind.verified(browser)
    assert kind.deed(browser, id_, "make-primary").status == 200
    me = browser.get("/me").data
    if kind is EMAIL:
        assert [e["id"] for e in me["user_email_addresses"] if e["is_primary"]] == [id_]
        assert me["primary_email_address_id"] == id_ and me["email"] == value == me["primary_email_address"]["email"]
    else:
        assert me["primary_phone_number_id"] == id_ and me["primary_phone_number"]["phone_number"] == value
    assert browser.session()["active_signin"]["user"] == me


def test_M8_M14_removes_what_is_not_primary(d, kind):
    browser, _ = d.signed_in()
    for id_ in (kind.add(browser).data["id"], kind.verified(browser)[0]):
        assert kind.deed(browser, id_, "delete").status == 200
        assert browser.get(f"{kind.path}/{id_}").code == "NOT_FOUND" == kind.deed(browser, id_, "delete").code
    id_, value = kind.verified(browser)
    kind.deed(browser, id_, "make-primary")
    got = kind.deed(browser, id_, "delete")
    assert (got.status, got.code) == (400, "BAD_REQUEST_BODY")
    if kind is EMAIL:
        first = next(e["id"] for e in kind.all(browser) if e["id"] != id_)
        assert kind.deed(browser, first, "delete").status == 200, "what was primary before can go now"
    assert kind.add(d.signed_in()[0], value).code == kind.taken, "and nothing else went with it"


def test_M8_not_the_last_to_sign_in_with(server):
    """A user without a primary address, whose one address is all there is to sign in with."""
    d = server.deployment(auth_settings__auth_factors_enabled__username_password="true")
    made = server.cli_json("user", "create", "--deployment", d.host, "--username", "by_name_only", stdin="violet-otter-climbs-granite\n")
    assert made["id"]
    browser = d.browser()
    assert browser.post("/auth/signin", {"username": "by_name_only", "password": "violet-otter-climbs-granite"}).status == 200
    id_, _ = EMAIL.verified(browser)
    d.set(auth_settings__auth_factors_enabled__username_password="false")
    got = EMAIL.deed(browser, id_, "delete")
    assert (got.status, got.code) == (400, "NO_ALTERNATIVE_AUTH_METHOD")
    d.set(auth_settings__auth_factors_enabled__username_password="true")
    assert EMAIL.deed(browser, id_, "delete").status == 200


def test_a_removed_one_is_free_for_others(d, kind):
    browser, _ = d.signed_in()
    id_, value = kind.verified(browser)
    kind.deed(browser, id_, "delete")
    kind.verified(d.signed_in()[0], value)


def test_make_primary_against_delete(d, kind):
    """Whichever comes first: never a primary one that is not there."""
    browser, _ = d.signed_in()
    for _ in range(5):
        id_, _ = kind.verified(browser)
        tabs = [browser.twin() for _ in range(2)]
        made, deleted = race([lambda: kind.deed(tabs[0], id_, "make-primary"), lambda: kind.deed(tabs[1], id_, "delete")])
        assert (made.status, deleted.status) in {(200, 400), (404, 200)}, (made, deleted)
        me = browser.get("/me").data
        primary = me[f"primary_{'email_address' if kind is EMAIL else 'phone_number'}_id"]
        assert primary is None or primary in [x["id"] for x in kind.all(browser)]
        assert (primary == id_) == (made.status == 200)


@pytest.mark.parametrize("value", ["", "x", "a@b", "a@@example.org", "a b@example.org", "a@example.org\r\nBcc: b@example.org", "a" * 65 + "@example.org"])
def test_M6_API07_what_is_no_address(production, value):
    browser, _ = production.signed_in()
    got = EMAIL.add(browser, value) if value else browser.post(EMAIL.path, {"email": ""})
    assert (got.status, got.code) == (400, "BAD_REQUEST_BODY")


@pytest.mark.parametrize("number,dial", [("", "+1"), ("4155551234", ""), ("12", "+1"), ("x", "+1"), ("4155551234", "x"), ("1" * 16, "+1")])
def test_M13_SMS01_what_is_no_number(d, number, dial):
    browser, _ = d.signed_in()
    got = browser.post(PHONE.path, {"phone_number": number, "country_code": dial})
    assert (got.status, got.code) == (400, "BAD_REQUEST_BODY")


def test_SMS01_numbers_are_off_by_default(production):
    browser, _ = production.signed_in()
    assert PHONE.add(browser).code == "FEATURE_DISABLED"
    production.set(auth_settings__email_address__enabled="false", auth_settings__email_address__required="false")
    assert EMAIL.add(browser).code == "FEATURE_DISABLED"


@pytest.mark.parametrize("settings,value,status,code", [
    ({"restrictions__allowlist_enabled": "true", "restrictions__allowlisted_resources": "example.com"}, "a@example.org", 403, "EMAIL_NOT_ALLOWED"),
    ({"restrictions__blocklist_enabled": "true", "restrictions__blocklisted_resources": "example.net"}, "a@example.net", 403, "EMAIL_BLOCKED"),
    ({"restrictions__block_subaddresses": "true"}, "a+b@example.org", 403, "EMAIL_NOT_ALLOWED"),
    ({"restrictions__banned_keywords": "rude"}, "rude@example.org", 400, "BANNED_KEYWORD")])
def test_M6_by_the_operators_rules(server, settings, value, status, code):
    d = server.deployment()
    browser, _ = d.signed_in()
    d.set(**settings)
    got = EMAIL.add(browser, value)
    assert (got.status, got.code) == (status, code)


def test_ten_of_a_kind_at_most(d, kind):
    browser, _ = d.signed_in()
    got = [kind.add(browser).code for _ in range(12)]
    assert got.count("LIMIT_REACHED") == (3 if kind is EMAIL else 2)
    assert len(kind.all(browser)) == 10


def test_AUT10_every_change_is_told_to_old_and_new(production):
    browser, who = production.signed_in()
    id_, value = EMAIL.verified(browser)

    def told(to):
        return [mailbox.show(production, m)["vars"]["what"] for m in mailbox.messages(production, to, "security_notice")]
    assert any(value in w and "verified" in w for w in told(value)), "the new one"
    if any(e["verified"] for e in EMAIL.all(browser) if e["id"] != id_):
        assert any(value in w for w in told(who.email)), "and the old one"
    EMAIL.deed(browser, id_, "delete")
    assert any("removed" in w for w in told(value)), "told where it is lost"


def test_AUT10_a_primary_one_is_changed_by_one_rule_on_both_ways(clock_server, kind):
    """POST /me made another address the primary one without a fresh proof, and told nobody."""
    d = clock_server.deployment(**PHONES)
    browser, _ = d.signed_in()
    mail, address = EMAIL.verified(browser)
    id_ = mail if kind is EMAIL else kind.verified(browser)[0]
    field = "primary_email_address_id" if kind is EMAIL else "primary_phone_number_id"
    before = browser.get("/me").data[field]
    d.set(step_up_required="true")
    clock_server.advance(601)
    assert browser.post("/me", {field: id_}).code == "reauth_required"
    assert browser.get("/me").data[field] == before
    assert browser.post("/session/step-up", {"password": PASSWORD}).status == 200
    assert browser.post("/me", {field: id_, "first_name": "Nora"}).status == 200
    assert "is now the primary one" in mailbox.notices(d, address)[0] and f"{kind.name}.primary" in d.audit()


def test_SES14_step_up_is_asked_for(clock_server):
    d = clock_server.deployment(**PHONES)
    browser, _ = d.signed_in()
    email, phone = EMAIL.verified(browser)[0], PHONE.verified(browser)[0]
    d.set(step_up_required="true")
    clock_server.advance(601)
    for path, fields in [("/me/email-addresses", {"email": EMAIL.fresh()}), (f"/me/email-addresses/{email}/delete", None),
                         (f"/me/email-addresses/{email}/make-primary", None), ("/me/phone-numbers", PHONE.fields(PHONE.fresh())),
                         (f"/me/phone-numbers/{phone}/delete", None), (f"/me/phone-numbers/{phone}/make-primary", None),
                         ("/me/signins/signin_1/signout", None)]:
        got = browser.post(path, fields)
        assert (got.status, got.code) == (403, "reauth_required"), path


def test_TEN05_V39_nobody_says_it_is_verified(production):
    browser, _ = production.signed_in()
    got = browser.post(EMAIL.path, {"email": EMAIL.fresh(), "verified": "true", "verified_at": "2024-01-01T00:00:00Z", "is_primary": "true", "user_id": "user_1"})
    assert got.data["verified"] is False and got.data["is_primary"] is False
