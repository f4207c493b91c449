"""Each error code that takes several steps to be given: what test_errors.py does for one request."""
# SPDX-License-Identifier: Apache-2.0
import pytest

from flows import OTP, code_to, link_to, open_link, prepare, reset_token, start, verify, wrong
from harness import PASSWORD

ONE = {"auth_settings__multi_session_support__max_accounts_per_session": "1"}
PROVED = {**OTP, "auth_settings__verification_policy__email": "true"}
CASES = {}


def case(path, code, **settings):
    def keep(scene):
        CASES[path, code] = (scene, settings)
        return scene
    return keep


class Scene:
    """A deployment, somebody with an account, and a browser in which nobody is signed in."""

    def __init__(self, server, settings):
        self.server, self.d = server, server.deployment("staging", **{**OTP, **settings})
        self.who, self.browser = self.d.person(), self.d.browser()

    def disable(self):
        self.server.cli("user", "disable", self.who.email, "--deployment", self.d.host)

    def attempt(self, strategy="email_otp"):
        attempt = start(self.browser, strategy, email=self.who.email).attempt
        assert prepare(self.browser, attempt).status == 200
        return attempt

    def code(self):
        return code_to(self.d, self.who.email, "sign_in_code")

    def fill_session(self):
        self.browser.sign_in(self.d.person())

    def bare(self, **settings):
        """An attempt that waits for a username."""
        self.who.email = "bare@example.org"
        assert self.d.browser().post("/auth/signup", {"email": self.who.email, "password": PASSWORD}).status == 200
        self.d.set(**(settings or {"auth_settings__username__required": "true"}))
        return self.browser.post("/auth/signin", {"email": self.who.email, "password": PASSWORD}).attempt

    def complete(self, attempt, **fields):
        return self.browser.post("/auth/complete-profile", fields, {"attempt_id": attempt["id"]})

    def reset(self, token, password="amber-walrus-sings"):
        return self.browser.post("/auth/reset-password", {"token": token, "password": password})

    def forgot(self, **fields):
        return self.browser.post("/auth/forgot-password", {"email": self.who.email, **fields})

    def two_sign_ups(self, first, second):
        """Both accepted, then both proved."""
        for fields in (first, second):
            browser = self.d.browser()
            fields["attempt"], fields["browser"] = browser.post("/auth/signup", {"password": PASSWORD, **fields}).attempt, browser
        for fields in (first, second):
            assert prepare(fields["browser"], fields["attempt"]).status == 200
            got = verify(fields["browser"], fields["attempt"], code_to(self.d, fields["email"]))
        return got


PREPARE, ATTEMPT, LINK = "/auth/prepare-verification", "/auth/attempt-verification", "/auth/verify-magic-link"
FORGOT, RESET, PROFILE = "/auth/forgot-password", "/auth/reset-password", "/auth/complete-profile"


@case(PREPARE, "VERIFICATION_STRATEGY_REQUIRED")
def _(s):
    return s.browser.post(PREPARE, None, {"attempt_identifier": s.attempt()["id"], "identifier_type": "signin"})


@case(PREPARE, "BAD_SIGN_IN_ATTEMPT")
def _(s):
    return prepare(s.browser, s.attempt(), "magic_link")


@case(ATTEMPT, "missing_verification_code")
def _(s):
    return verify(s.browser, s.attempt(), "")


@case(ATTEMPT, "verification_code_expired")
def _(s):
    return verify(s.browser, start(s.browser, email=s.who.email).attempt, "123456")


@case(ATTEMPT, "INVALID_CODE")
def _(s):
    return verify(s.browser, s.attempt(), wrong(s.code()))


@case(ATTEMPT, "BAD_SIGN_IN_ATTEMPT")
def _(s):
    return verify(s.d.browser(), s.attempt(), s.code())


@case(ATTEMPT, "USER_DISABLED")
def _(s):
    attempt = s.attempt()
    s.disable()
    return verify(s.browser, attempt, s.code())


@case(ATTEMPT, "USER_ALREADY_SIGNED_IN")
def _(s):
    attempt = s.attempt()
    s.browser.sign_in(s.who)
    return verify(s.browser, attempt, s.code())


@case(ATTEMPT, "LIMIT_REACHED", **ONE)
def _(s):
    s.fill_session()
    return verify(s.browser, s.attempt(), s.code())


@case(ATTEMPT, "EMAIL_EXISTS", **PROVED)
def _(s):
    return s.two_sign_ups({"email": "twin@example.org", "username": "one"}, {"email": "twin@example.org", "username": "two"})


@case(ATTEMPT, "USERNAME_EXISTS", **PROVED)
def _(s):
    return s.two_sign_ups({"email": "one@example.org", "username": "twin"}, {"email": "two@example.org", "username": "twin"})


@case(ATTEMPT, "PHONE_NUMBER_EXISTS", **PROVED)
def _(s):
    phone = {"phone_number": "5550100001", "phone_country_code": "+1"}
    return s.two_sign_ups({"email": "one@example.org", **phone}, {"email": "two@example.org", **phone})


@case(LINK, "INVALID_CODE")
def _(s):
    return open_link(s.browser, {"token": "A" * 43, "attempt": s.attempt("magic_link")["id"]})


@case(LINK, "verification_code_expired")
def _(s):
    return open_link(s.browser, {"token": "A" * 43, "attempt": start(s.browser, "magic_link", email=s.who.email).attempt["id"]})


@case(LINK, "BAD_SIGN_IN_ATTEMPT")
def _(s):
    return open_link(s.browser, {"token": "A" * 43, "attempt": "signin_attempt_1"})


@case(LINK, "USER_DISABLED")
def _(s):
    s.attempt("magic_link")
    s.disable()
    return open_link(s.browser, link_to(s.d, s.who.email))


@case(LINK, "LIMIT_REACHED", **ONE)
def _(s):
    s.fill_session()
    s.attempt("magic_link")
    return open_link(s.browser, link_to(s.d, s.who.email))


@case(FORGOT, "verification_code_expired")
def _(s):
    return s.forgot(otp="123456")


@case(FORGOT, "INVALID_CODE")
def _(s):
    s.forgot()
    return s.forgot(otp=wrong(code_to(s.d, s.who.email, "reset_code")))


@case(FORGOT, "FEATURE_DISABLED", auth_settings__password__enabled="false", auth_settings__password__required="false")
def _(s):
    return s.forgot()


@case(RESET, "INVALID_CODE")
def _(s):
    return s.reset("1.AAAA")


@case(RESET, "WEAK_PASSWORD")
def _(s):
    return s.reset(reset_token(s.browser, s.who.email), "short")


@case(RESET, "USER_DISABLED")
def _(s):
    token = reset_token(s.browser, s.who.email)
    s.disable()
    return s.reset(token)


@case(RESET, "LIMIT_REACHED", **ONE)
def _(s):
    s.fill_session()
    return s.reset(reset_token(s.browser, s.who.email))


@case(PROFILE, "BAD_SIGN_IN_ATTEMPT")
def _(s):
    return s.complete(s.attempt(), username="x")


@case(PROFILE, "REQUIRED_FIELD")
def _(s):
    return s.complete(s.bare(), first_name="Mira")


@case(PROFILE, "USERNAME_EXISTS")
def _(s):
    return s.complete(s.bare(), username=s.who.username)


@case(PROFILE, "PHONE_NUMBER_EXISTS")
def _(s):
    phone = {"phone_number": "5550100001", "phone_country_code": "+1"}
    assert s.d.browser().post("/auth/signup", {"email": "first@example.org", "password": PASSWORD, **phone}).status == 200
    return s.complete(s.bare(auth_settings__phone_number__required="true"), **phone)


@case(PROFILE, "BANNED_KEYWORD")
def _(s):
    attempt = s.bare()
    s.d.set(restrictions__banned_keywords="hush")
    return s.complete(attempt, username="hush")


@case(PROFILE, "USER_DISABLED")
def _(s):
    attempt = s.bare()
    s.disable()
    return s.complete(attempt, username="bare")


@case(PROFILE, "USER_ALREADY_SIGNED_IN")
def _(s):
    attempts = [s.bare(), s.browser.post("/auth/signin", {"email": s.who.email, "password": PASSWORD}).attempt]
    assert s.complete(attempts[0], username="bare").status == 200
    # Nothing is missing any more, and so nothing is asked for.
    return s.complete(attempts[1], username="bare")


@case(PROFILE, "LIMIT_REACHED", **ONE)
def _(s):
    attempt = s.bare()
    s.fill_session()
    return s.complete(attempt, username="bare")


@pytest.mark.parametrize("path,code", CASES, ids=[f"{p}-{c}" for p, c in CASES])
def test_code_is_given(server, path, code):
    scene, settings = CASES[path, code]
    got = scene(Scene(server, settings))
    assert got.request.split(" ")[1].split("?")[0] == path and got.status >= 400 and got.code == code, got
