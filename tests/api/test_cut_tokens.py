"""No part of a secret stands for the whole, whatever its kind: each prefix and each suffix is refused (V-37)."""
# SPDX-License-Identifier: Apache-2.0
import contacts
from authenticator import b64url, register, sign_in, unb64url
from flows import OTP, code_to, link_to, open_link, prepare, start, verify
from test_factors import ON
from test_invitations import form as invited_form, invite
from test_second_step import Owner

SETTINGS = {**OTP, **ON, "auth_settings__second_factor_policy": "optional"}


def cuts(text):
    """Each proper part from either end, and the whole with something more."""
    parts = [text[:i] for i in range(1, len(text))] + [text[i:] for i in range(1, len(text))]
    return parts + [text + "A", "A" + text, text + text]


def test_V37_mailed_codes(server):
    d = server.deployment(**SETTINGS)
    who = d.person()
    for at in range(0, 13, 4):
        browser = d.browser()
        attempt = start(browser, email=who.email).attempt
        prepare(browser, attempt)
        code = code_to(d, who.email, "sign_in_code")
        for part in cuts(code)[at:at + 4]:
            assert verify(browser, attempt, part).code == "INVALID_CODE", part
        assert verify(browser, attempt, code).status == 200


def test_V37_links(server):
    d = server.deployment(**SETTINGS)
    who, browser = d.person(), d.browser()
    prepare(browser, start(browser, "magic_link", email=who.email).attempt)
    link = link_to(d, who.email)
    for part in cuts(link["token"]):
        assert open_link(d.browser(), {**link, "token": part}).code == "INVALID_CODE", part
    for part in cuts(link["attempt"].removeprefix("signin_attempt_")):
        assert open_link(d.browser(), {**link, "attempt": f"signin_attempt_{part}"}).code == "BAD_SIGN_IN_ATTEMPT", part
    assert open_link(browser, link).data["active_signin"]["user_id"] == who.id


def test_V37_reset_codes_and_tokens(server):
    d = server.deployment(**SETTINGS)
    who, browser = d.person(), d.browser()
    browser.post("/auth/forgot-password", {"email": who.email})
    code = code_to(d, who.email, "reset_code")
    for part in cuts(code):
        assert browser.post("/auth/forgot-password", {"email": who.email, "otp": part}).code == "INVALID_CODE", part
    token = browser.post("/auth/forgot-password", {"email": who.email, "otp": code}).data["token"]
    for part in cuts(token):
        got = browser.post("/auth/reset-password", {"token": part, "password": "amber-walrus-sings"})
        assert got.code in ("INVALID_CODE", "BAD_REQUEST_BODY"), part
    assert browser.post("/auth/reset-password", {"token": token, "password": "amber-walrus-sings"}).status == 200


def test_V37_invitations(server):
    d = server.deployment(restrictions__sign_up_mode="restricted")
    _, token = invite(d, "mira@example.org")
    for part in cuts(token):
        assert d.browser().get("/deployment/invitations/validate", {"token": part}).data["valid"] is False
        assert d.browser().post("/auth/signup", invited_form("mira@example.org", part)).code == "SIGNUP_RESTRICTED", part
    assert d.browser().post("/auth/signup", invited_form("mira@example.org", token)).status == 200


def test_V37_second_factors(server):
    d = server.deployment(**SETTINGS)
    owner = Owner(d, ["authenticator", "backup_code"])
    for whole in (owner.app.code(), owner.codes[0]):
        for part in cuts(whole):
            assert owner.browser.post("/session/step-up", {"code": part}).code == "INVALID_CODE", part
        assert owner.browser.post("/session/step-up", {"code": whole}).status == 200


def test_V37_codes_for_an_address_and_a_number(server):
    d = server.deployment(**SETTINGS)
    browser, _ = d.signed_in()
    for kind in (contacts.EMAIL, contacts.PHONE):
        value = kind.fresh()
        id_ = kind.add(browser, value).data["id"]
        code = kind.code(browser, id_, value)
        for part in cuts(code):
            assert kind.attempt(browser, id_, part).code == "INVALID_CODE", part
        assert kind.attempt(browser, id_, code).status == 200


def test_V37_passkey_challenges_and_signatures(server):
    d = server.deployment(**SETTINGS)
    passkey, _ = register(d.signed_in()[0])
    for cut in (slice(0, 31), slice(1, 32), slice(0, 16), slice(16, 32)):
        browser = d.browser()
        options = browser.post("/auth/passkey/login/begin").data["options"]
        body = passkey.get(options, browser.origin, challenge=b64url(unb64url(options["publicKey"]["challenge"])[cut]))
        assert browser.post("/auth/passkey/login/finish", body).code in ("BAD_REQUEST_BODY", "INVALID_CREDENTIALS"), cut
        assert not browser.is_signed_in
    for cut in (slice(0, -1), slice(1, None), slice(0, 32)):
        browser = d.browser()
        body = passkey.get(browser.post("/auth/passkey/login/begin").data["options"], browser.origin)
        body["signature"] = b64url(unb64url(body["signature"])[cut])
        assert browser.post("/auth/passkey/login/finish", body).code == "INVALID_CREDENTIALS", cut
    assert sign_in(d.browser(), passkey).status == 200


def test_V37_session_tokens(server):
    d = server.deployment()
    browser, _ = d.signed_in()
    for part in cuts(browser.token):
        assert d.browser(token=part).get("/me", keep=False).status == 401, part
    assert browser.is_signed_in
