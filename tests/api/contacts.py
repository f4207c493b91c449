"""contacts.py - adding addresses and numbers to an account, and proving them by the code in the outbox."""
# SPDX-License-Identifier: Apache-2.0
import secrets

import mailbox

PHONES = {"auth_settings__phone_number__enabled": "true"}


def fresh_email():
    return f"second.{secrets.token_hex(4)}@example.org"


def fresh_phone():
    return f"415{secrets.randbelow(10**7):07d}"


class Kind:
    """What differs between an address and a number."""

    def __init__(self, name, path, message, taken, fresh, fields, recipient, code_in):
        self.name, self.path, self.message, self.taken = name, path, message, taken
        self.fresh, self.fields, self.recipient, self.code_in = fresh, fields, recipient, code_in

    def __repr__(self):
        return self.name

    def add(self, browser, value=None):
        """The answer to adding it; value: a fresh one when not given."""
        return browser.post(self.path, self.fields(value or self.fresh()))

    def prepare(self, browser, id_):
        return browser.post(f"{self.path}/{id_}/prepare-verification")

    def attempt(self, browser, id_, code, where=None):
        """where: query or body, as the stock client does it when not given."""
        query, body = ({"code": code}, None) if (where or self.code_in) == "query" else (None, {"code": code})
        return browser.post(f"{self.path}/{id_}/attempt-verification", body, query)

    def code(self, browser, id_, value):
        """Ask for a code, and read it."""
        assert self.prepare(browser, id_).status == 200
        return mailbox.latest(browser.deployment, self.recipient(value), self.message)["vars"]["code"]

    def verified(self, browser, value=None):
        """(id, value) of one that has been added and verified."""
        value = value or self.fresh()
        id_ = self.add(browser, value).data["id"]
        got = self.attempt(browser, id_, self.code(browser, id_, value))
        assert got.status == 200, got
        return id_, value

    def deed(self, browser, id_, deed):
        return browser.post(f"{self.path}/{id_}/{deed}")

    def one(self, browser, id_):
        return browser.get(f"{self.path}/{id_}").data

    def all(self, browser):
        return browser.get(self.path).data


EMAIL = Kind("email", "/me/email-addresses", "verify_email", "EMAIL_EXISTS", fresh_email,
             lambda v: {"email": v}, lambda v: v, "query")
PHONE = Kind("phone", "/me/phone-numbers", "sms_code", "PHONE_NUMBER_EXISTS", fresh_phone,
             lambda v: {"phone_number": v, "country_code": "+1"}, lambda v: "+1" + v, "body")
