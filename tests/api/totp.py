"""totp.py - an authenticator app: RFC 6238 with SHA-1, 30 seconds, six digits."""
# SPDX-License-Identifier: Apache-2.0
import base64
import hashlib
import hmac
import struct
import time

STEP = 30


def code(secret, step):
    """Of one step; `secret` in base32, as somebody would type it in."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    mac = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    at = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[at:at + 4])[0] & 0x7FFFFFFF) % 1000000:06d}"


class App:
    """Somebody's app, whose clock goes with the server's. Codes are of steps counted from now."""

    def __init__(self, secret, ahead=lambda: 0):
        self.secret, self._ahead, self.id = secret, ahead, None

    @property
    def now_s(self):
        return int(time.time() + self._ahead())

    @property
    def now(self):
        return self.now_s // STEP

    def code(self, off=0):
        return code(self.secret, self.now + off)

    def pair(self, off=-1):
        """Two consecutive codes."""
        return [("codes", self.code(off)), ("codes", self.code(off + 1))]


def begin(browser):
    """A new app that has scanned the seed, not yet verified."""
    made = browser.post("/me/authenticator").data
    app = App(made["totp_secret"], lambda: browser.deployment.server.ahead)
    app.id = made["id"]
    return app


def verify(browser, app, off=-1):
    return browser.post("/me/authenticator/attempt-verification", [("authenticator_id", app.id), *app.pair(off)])


def enrol(browser, off=-3):
    """An app that is a second factor; by default its codes used up lie far enough in the past."""
    app = begin(browser)
    got = verify(browser, app, off)
    assert got.status == 200, got
    return app
