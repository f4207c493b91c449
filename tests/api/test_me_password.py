"""One's own password and account: contract 4.3 M26 … M28, 15.1."""
# SPDX-License-Identifier: Apache-2.0
import pytest

import mailbox
from contacts import EMAIL
from harness import PASSWORD, race

NEW = "copper-heron-maps-lantern"


def update(browser, current, new=NEW):
    return browser.post("/me/update-password", {"current_password": current, "new_password": new})


def has_password(d, who, password):
    return d.browser().sign_in(who, password).status == 200


def test_M26_sets_another_one(deployment):
    browser, who = deployment.signed_in()
    assert update(browser, PASSWORD).status == 200
    assert browser.is_signed_in
    assert has_password(deployment, who, NEW) and not has_password(deployment, who, PASSWORD)


def test_SES12_M26_other_sign_ins_end_and_ones_own_goes_on_with_a_new_token(deployment):
    browser, who = deployment.signed_in()
    others = [deployment.signed_in(who)[0] for _ in range(2)]
    stranger, _ = deployment.signed_in()
    before = browser.token
    assert update(browser, PASSWORD).status == 200
    assert browser.token != before and browser.is_signed_in and len(browser.get("/me/signins").data) == 1
    assert not any(o.is_signed_in for o in others) and {o.get("/me").status for o in others} == {401}
    assert stranger.is_signed_in


def test_SES12_the_old_token_is_worth_nothing(production):
    browser, _ = production.signed_in()
    old = browser.twin()
    update(browser, PASSWORD)
    assert old.get("/me", keep=False).status == 401


def test_M26_only_the_other_accounts_of_the_user_end_in_a_shared_session(server):
    d = server.deployment(auth_settings__multi_session_support__enabled="true")
    browser, one = d.signed_in()
    two = d.person()
    browser.sign_in(two)
    assert update(browser, two.password).status == 200
    assert len(browser.session()["signins"]) == 2


@pytest.mark.parametrize("current", ["", "not-the-password", PASSWORD + " "])
def test_PWD07_M26_wants_the_current_one(production, current):
    browser, who = production.signed_in()
    got = update(browser, current)
    assert (got.status, got.code) == (401, "INVALID_CREDENTIALS")
    assert has_password(production, who, PASSWORD)


def test_PWD07_guesses_come_out_of_the_sign_in_budget(limited_server):
    d = limited_server.deployment()
    browser, who = d.signed_in()
    got = [update(browser, f"guess-{i}-of-the-password").status for i in range(12)]
    assert got.count(401) == 10 and got[-1] == 429
    assert d.browser(ip="203.0.113.77").sign_in(who).status == 429, "it is one counter"
    assert browser.post("/me/remove-password", {"current_password": PASSWORD}).status == 429
    assert browser.post("/me/account/delete", {"password": PASSWORD}).status == 429


def test_PWD07_success_does_not_count(limited_server):
    d = limited_server.deployment()
    browser, _ = d.signed_in()
    for i in range(11):
        passwords = [PASSWORD, NEW]
        assert update(browser, passwords[i % 2], passwords[1 - i % 2]).status == 200


@pytest.mark.parametrize("new,code", [("short", "WEAK_PASSWORD"), ("x" * 126, "WEAK_PASSWORD"), ("", "BAD_REQUEST_BODY")])
def test_M26_by_the_policy(production, new, code):
    browser, _ = production.signed_in()
    got = update(browser, PASSWORD, new)
    assert (got.status, got.code) == (400, code)


def test_M26_M27_where_passwords_are_not_used(server):
    d = server.deployment()
    browser, _ = d.signed_in()
    d.set(auth_settings__password__enabled="false", auth_settings__password__required="false")
    assert update(browser, PASSWORD).code == "FEATURE_DISABLED"
    assert browser.post("/me/remove-password", {"current_password": PASSWORD}).code == "FEATURE_DISABLED"


def test_M27_not_without_another_way(production):
    browser, who = production.signed_in()
    got = browser.post("/me/remove-password", {"current_password": PASSWORD})
    assert (got.status, got.code) == (400, "NO_ALTERNATIVE_AUTH_METHOD")
    assert has_password(production, who, PASSWORD) and browser.is_signed_in


def test_M27_wants_the_current_one(production):
    browser, _ = production.signed_in()
    got = browser.post("/me/remove-password", {"current_password": "not-the-password"})
    assert (got.status, got.code) == (401, "INVALID_CREDENTIALS")
    assert browser.post("/me/remove-password").code == "BAD_REQUEST_BODY"


def test_M26_two_at_once_have_one_winner(production):
    """The password that was proved has to be the one that is replaced."""
    browser, who = production.signed_in()
    for current, news in ((PASSWORD, [f"{NEW}-{i}" for i in range(4)]),):
        tabs = [browser.twin() for _ in news]
        got = race([lambda t=t, n=n: update(t, current, n) for t, n in zip(tabs, news)])
        assert [g.status for g in got].count(200) == 1, got
        winner = news[[g.status for g in got].index(200)]
        assert [n for n in news if has_password(production, who, n)] == [winner]


def test_AUT10_M26_is_told(production):
    browser, _ = production.signed_in()
    _, value = EMAIL.verified(browser)
    update(browser, PASSWORD)
    assert mailbox.latest(production, value, "security_notice")["vars"]["what"] == "Your password was changed."
    assert "password.changed" in production.audit()


def test_M28_deletes_the_account_and_all_its_sign_ins(deployment):
    browser, who = deployment.signed_in()
    other, _ = deployment.signed_in(who)
    assert browser.post("/me/account/delete", {"password": ""}).status == 200, "as the stock client sends it"
    assert browser.session()["signins"] == [] and browser.session()["active_signin"] is None
    assert not other.is_signed_in and other.get("/me").status == 401
    assert not has_password(deployment, who, PASSWORD)
    rows = deployment.rows()
    assert (rows["account"], rows["email_address"], rows["signin"], rows["code"]) == (0, 0, 0, 0)
    assert "user.deleted" in deployment.audit()
    deployment.person(email=who.email, username=who.username)


def test_M28_a_password_that_is_sent_is_verified(production):
    browser, who = production.signed_in()
    got = browser.post("/me/account/delete", {"password": "not-the-password"})
    assert (got.status, got.code) == (401, "INVALID_CREDENTIALS") and browser.is_signed_in
    assert browser.post("/me/account/delete", {"password": PASSWORD}).status == 200
    assert not has_password(production, who, PASSWORD)


def test_M28_not_the_only_admin_of_an_organization(production):
    browser, who = production.signed_in()
    browser.post("/organizations", {"name": "Lumen"})
    got = browser.post("/me/account/delete")
    assert (got.status, got.code) == (403, "FORBIDDEN") and "Lumen" in got.message
    assert browser.is_signed_in and has_password(production, who, PASSWORD)


def test_M28_is_told(production):
    browser, _ = production.signed_in()
    _, value = EMAIL.verified(browser)
    browser.post("/me/account/delete")
    assert mailbox.latest(production, value, "security_notice")["vars"]["what"] == "Your account was deleted."


def test_F32_M28_against_what_else_goes_on(server):
    """Whatever comes first, nothing of the account is left, and nobody is signed in as nobody."""
    d = server.deployment()
    for _ in range(3):
        browser, who = d.signed_in()
        tabs = [browser.twin() for _ in range(3)]
        late = d.browser(ip="203.0.113.9")
        race([lambda: browser.post("/me/account/delete"), lambda: EMAIL.add(tabs[0]), lambda: tabs[1].post("/me", {"first_name": "Late"}),
              lambda: update(tabs[2], PASSWORD), lambda: late.sign_in(who)])
        if has_password(d, who, PASSWORD) or has_password(d, who, NEW):
            # The password change came first, and this session's token was renewed.
            continue
        assert not late.is_signed_in
    rows = d.rows()
    assert rows["email_address"] >= rows["account"] and rows["signin"] <= 3 * rows["account"]


def test_SES14_step_up_is_asked_for(clock_server):
    d = clock_server.deployment()
    browser, _ = d.signed_in()
    d.set(step_up_required="true")
    clock_server.advance(601)
    for path, fields in [("/me/update-password", {"current_password": "guess", "new_password": NEW}), ("/me/account/delete", None),
                         ("/me/remove-password", {"current_password": "guess"})]:
        got = browser.post(path, fields)
        assert (got.status, got.code) == (403, "reauth_required"), path


@pytest.mark.parametrize("path", ["/me/email-addresses", "/me/phone-numbers", "/me/update-password", "/me/remove-password",
                                  "/me/account/delete", "/me/email-addresses/email_1/delete", "/me/phone-numbers/phone_1/make-primary",
                                  "/me/social-connections/social_1/disconnect"])
def test_signed_out_is_401(deployment, path):
    got = deployment.browser().post(path, {"email": "a@example.org", "new_password": NEW, "current_password": PASSWORD})
    assert (got.status, got.code) == (401, "UNAUTHORIZED")
