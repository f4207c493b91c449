"""flows.py - the steps of signing in, as a client takes them, with codes read from the outbox."""
# SPDX-License-Identifier: Apache-2.0
import urllib.parse

import mailbox

STRATEGIES = {"verify_email": "email_otp", "verify_email_otp": "email_otp", "verify_email_link": "magic_link",
              "verify_phone": "phone_otp", "verify_phone_otp": "phone_otp", "verify_second_factor": "phone_otp"}
OTP = {"auth_settings__auth_factors_enabled__email_otp": "true", "auth_settings__auth_factors_enabled__email_magic_link": "true",
       "auth_settings__auth_factors_enabled__phone_otp": "true", "auth_settings__phone_number__enabled": "true"}
PHONE = {"phone_number": "5550104321", "phone_country_code": "+1"}
NUMBER = "+15550104321"


def kind_of(attempt_id):
    return "signup" if attempt_id.startswith("signup_") else "signin"


def start(browser, strategy="email_otp", **fields):
    return browser.post("/auth/signin", {"strategy": strategy, **fields})


def prepare(browser, attempt, strategy=None, **query):
    """A7 for an attempt object, in the way its step asks for."""
    return browser.post("/auth/prepare-verification", None, {
        "attempt_identifier": attempt["id"], "identifier_type": kind_of(attempt["id"]),
        "strategy": strategy or STRATEGIES[attempt["current_step"]], **query})


def verify(browser, attempt, code):
    return browser.post("/auth/attempt-verification", {"verification_code": code}, {
        "attempt_identifier": attempt["id"], "identifier_type": kind_of(attempt["id"])})


def code_to(deployment, to, kind=None):
    return mailbox.latest(deployment, to, kind)["vars"]["code"]


def link_to(deployment, to):
    """The parameters of the newest link, as the app's page reads them."""
    link = mailbox.latest(deployment, to, "sign_in_link")["vars"]["link"]
    return {k: v[0] for k, v in urllib.parse.parse_qs(urllib.parse.urlsplit(link).query).items()}


def open_link(browser, parameters, **kw):
    return browser.get("/auth/verify-magic-link", parameters, **kw)


def wrong(code):
    """Another code of the same length."""
    return f"{(int(code) + 1) % 1000000:06d}"


def sign_in_by_code(browser, who):
    """A2, A7, A8 by mail."""
    attempt = start(browser, email=who.email).attempt
    assert prepare(browser, attempt).status == 200
    return verify(browser, attempt, code_to(browser.deployment, who.email, "sign_in_code"))


def reset_token(browser, email):
    assert browser.post("/auth/forgot-password", {"email": email}).status == 200
    code = code_to(browser.deployment, email, "reset_code")
    return browser.post("/auth/forgot-password", {"email": email, "otp": code}).data["token"]


def with_phone(deployment, number="5550104321", **fields):
    """A new account that has a number, and the browser it was made in."""
    browser = deployment.browser()
    who = deployment.person()
    return browser, who
