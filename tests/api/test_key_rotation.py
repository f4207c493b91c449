"""Signing keys follow one another while everybody verifies: F-29, JWT-11, OPS-07; contract 10.4."""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import time

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from harness import race
from test_audit import tamper
from test_jwt import keys, mint
from test_jwt_templates import template
from test_two_nodes import LATEST, at, database, engine_url, known_at, nodes  # noqa: F401: fixtures

NIGHTLY = bool(os.environ.get("NIGHTLY"))
CACHED = 600  # seconds that a verifier keeps the JWKS


@pytest.fixture(scope="module")
def server(new_server):
    """Its clock goes far ahead."""
    with new_server() as s:
        yield s


def rotate(d, *args):
    return d.server.cli_json("key", "rotate", "--deployment", d.host, *args)


def listed(d):
    return [json.loads(x) for x in d.server.cli("key", "list", "--deployment", d.host).splitlines()]


def states(d):
    return {k["kid"]: k["state"] for k in listed(d)}


def published(d):
    return {k.key_id for k in keys(d)}


def kid_of(token):
    return jwt.get_unverified_header(token)["kid"]


def signing(browser):
    return kid_of(mint(browser)["token"])


def later(d, seconds):
    d.server.advance(seconds)
    d.server.sweep()


class Verifier:
    """A backend that keeps the JWKS for ten minutes, not a second less, and asks for no key in between."""

    def __init__(self, d, age):
        self.d, self.keys, self.read_at = d, {}, -age

    def accepts(self, token, now):
        if now - self.read_at >= CACHED or not self.keys:
            self.keys, self.read_at = {k.key_id: k.key for k in keys(self.d)}, self.read_at + (now - self.read_at) // CACHED * CACHED if self.keys else self.read_at
        key = self.keys.get(kid_of(token))
        if key is None:
            return False
        claims = jwt.decode(token, key, algorithms=["ES256"], options={"verify_exp": False, "verify_iat": False})
        return claims["exp"] > time.time() + self.d.server.ahead


def test_F29_every_minute_under_verification(server):
    """
    A rotation a minute, and verifiers that read the keys up to ten minutes ago: no token is refused while it
    is good, and none is accepted whose key is gone once what verifiers keep is over.
    """
    d = server.deployment()
    browser, _ = d.signed_in()
    verifiers = [Verifier(d, age) for age in range(0, CACHED, 60)]
    rounds, each = (120, 200) if NIGHTLY else (45, 10)
    tokens, seen, gone_at, checked = [], set(), {}, 0
    for minute in range(rounds):
        rotate(d)
        now = minute * 60
        token = mint(browser)["token"]
        tokens.append((now, token))
        seen.add(kid_of(token))
        good = [t for at_, t in tokens if now - at_ <= 60]
        for v in verifiers:
            for _ in range(each):
                assert all(v.accepts(t, now) for t in good), (minute, states(d))
                checked += len(good)
        there = published(d)
        for at_, t in tokens:
            if kid_of(t) not in there:
                gone_at.setdefault(kid_of(t), now)
            if now - gone_at.get(kid_of(t), now) >= CACHED:
                assert not any(v.accepts(t, now) for v in verifiers)
        later(d, 60)
    assert len(seen) > rounds - 20 and len(gone_at) > rounds - 35, (len(seen), len(gone_at))
    assert len(published(d)) <= 34
    print(f"{checked} verifications, {len(seen)} keys signed, {len(gone_at)} gone")


def test_JWT11_the_next_key_is_published_before_it_signs(server):
    d = server.deployment()
    browser, _ = d.signed_in()
    old = signing(browser)
    made = rotate(d)
    assert made["state"] == "next" and states(d) == {old: "current", made["kid"]: "next"}
    assert published(d) == {old, made["kid"]} and signing(browser) == old
    later(d, 890)
    assert signing(browser) == old
    later(d, 15)
    assert signing(browser) == made["kid"] and states(d) == {made["kid"]: "current", old: "retired"}
    assert published(d) == {old, made["kid"]}
    later(d, 940)
    assert published(d) == {old, made["kid"]}
    later(d, 40)
    assert published(d) == {made["kid"]} and states(d) == {made["kid"]: "current"}
    assert [e for e in d.audit() if e.startswith("signing_key")] == ["signing_key.made", "signing_key.current", "signing_key.gone"]


def test_10_4_jwk_is_the_current_key(server):
    """The document with one key has the one that signs."""
    d = server.deployment()

    def shown():
        pem = d.browser().get("/.well-known/jwk").json["data"]["public_key"]
        return next(k.key_id for k in keys(d) if k.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode() == pem)

    old = shown()
    new = rotate(d)["kid"]
    assert shown() == old
    later(d, 905)
    assert shown() == new


def test_at_once_every_token_that_is_out_is_void(server):
    """For a key that somebody else has: it is gone from the JWKS with its tokens, and sessions stay."""
    d = server.deployment()
    browser, _ = d.signed_in()
    old, token = signing(browser), mint(browser)["token"]
    waiting = rotate(d)["kid"]
    new = rotate(d, "--now")
    assert new["state"] == "current" and published(d) == {new["kid"]} and not {old, waiting} & published(d)
    assert kid_of(token) not in published(d) and signing(browser) == new["kid"] and browser.is_signed_in
    assert "signing_key.replaced" in d.audit()
    later(d, 2000)
    assert states(d) == {new["kid"]: "current"}


def test_a_longer_token_keeps_its_key(server):
    """The settings of the time when it was signed count, and a template's lifetime too."""
    d = template(server.deployment(jwt_key_overlap="300"), "hour", {}, token_lifetime=3600)
    browser, _ = d.signed_in()
    token = mint(browser, template="hour")["token"]
    server.cli("jwt-template", "delete", "hour", "--deployment", d.host)
    rotate(d)
    later(d, 305)
    assert kid_of(token) != signing(browser)
    later(d, 3605 + 290)
    assert kid_of(token) in published(d)
    later(d, 10)
    assert kid_of(token) not in published(d)


def test_the_schedule(server):
    d = server.deployment(jwt_rotate_days="30")
    browser, _ = d.signed_in()
    first = signing(browser)
    later(d, 29 * 86400)
    assert list(states(d).values()) == ["current"]
    later(d, 86400 + 5)
    assert list(states(d).values()) == ["current", "next"] and signing(d.signed_in()[0]) == first
    later(d, 905)
    assert first != signing(d.signed_in()[0]) and states(d)[first] == "retired"
    later(d, 1000)
    assert first not in published(d)


def test_too_many(server):
    d = server.deployment()
    for _ in range(63):
        rotate(d)
    done = server.try_cli("key", "rotate", "--deployment", d.host)
    assert done.returncode == 1 and "64 signing keys" in done.stderr


def test_TEN01_only_this_deployments_keys(server):
    one, two = server.deployment(), server.deployment()
    before = published(two)
    rotate(one, "--now")
    assert published(two) == before and not any(e.startswith("signing_key") for e in two.audit())


def test_keys_are_sealed(server):
    """JWT-11: what is listed and published has no private half; what is stored is sealed."""
    d = server.deployment()
    rotate(d)
    assert set(listed(d)[0]) == {"kid", "state", "created_at", "signs_from", "replaced_at", "published_until"}
    assert all(k.keys() == {"kty", "crv", "alg", "use", "kid", "x", "y"} for k in d.browser().get("/.well-known/jwks.json").json["keys"])


def test_rotating_from_many_places(server):
    """However many do it at once, one key signs and all that are told exist."""
    d = server.deployment()
    made = [x["kid"] for x in race([lambda: rotate(d) for _ in range(4)])]
    assert set(made) <= published(d) and list(states(d).values()).count("current") == 1
    race([lambda: server.try_cli("key", "rotate", "--deployment", d.host, "--now") for _ in range(4)])
    assert list(states(d).values()) == ["current"]


# ---- two nodes ----

def hears(node, d, kid):
    deadline = time.monotonic() + LATEST
    while kid not in published(at(node, d)):
        assert time.monotonic() < deadline, "the other node does not publish the key"


def test_two_nodes_publish_and_sign_alike(nodes):  # noqa: F811
    """What one makes the other publishes within a second; both are at it when it is due, and it happens once."""
    one, two = nodes
    d = one.public_deployment()
    browser, _ = d.signed_in()
    there = known_at(two, d).browser(token=browser.token)
    new = rotate(d)["kid"]
    hears(two, d, new)
    assert signing(there) != new
    for node in nodes:
        node.advance(905)
    race([one.sweep, two.sweep])
    assert signing(browser) == new
    deadline = time.monotonic() + LATEST
    while signing(there) != new:
        assert time.monotonic() < deadline, "the other node signs with the old key"
    assert d.audit().count("signing_key.current") == 1


def test_two_nodes_schedule_once(nodes):  # noqa: F811
    one, two = nodes
    d = one.public_deployment(jwt_rotate_days="1")
    known_at(two, d)
    for node in nodes:
        node.advance(86405)
    race([one.sweep, two.sweep] * 3)
    assert sorted(states(d).values()) == ["current", "next"] and d.audit().count("signing_key.made") == 1


def test_a_key_from_before(new_server):
    """Of one that an earlier release made it is not known how long its tokens live: as long as they can."""
    s = new_server()
    s.start()
    d = s.public_deployment()
    browser, _ = d.signed_in()
    s.stop()
    tamper(s, "UPDATE signing_key SET current_at = NULL, longest_s = 86460")
    with s:
        browser = browser.twin()
        old = signing(browser)
        rotate(d)
        later(d, 905)
        assert signing(browser) != old
        later(d, 86460 + 890)
        assert old in published(d)
        later(d, 10)
        assert old not in published(d)


def test_as_many_as_there_may_be_are_due_at_once(new_server):
    """They used to need more memory than one deployment is given: none of them was ever gone, and nothing was swept any more."""
    with new_server() as server:
        d = server.public_deployment()
        while server.try_cli("key", "rotate", "--deployment", d.host).returncode == 0:
            pass
        assert len(server.sql("SELECT kid FROM signing_key")) == 64
        for _ in range(2):
            server.advance(86400)
            server.sweep()
        assert len(server.sql("SELECT kid FROM signing_key")) == 1
        server.cli("key", "rotate", "--deployment", d.host)
