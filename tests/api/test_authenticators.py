"""
Twelve kinds of authenticators, each added and signed in with. WAN-17, WAN-08, WAN-14.

They are software: what each kind is known to send (format, algorithm, flags, counter, extensions, transports), made
here and not recorded. The recorded one of a browser is in src/auth/passkey_vectors.h.
"""
# SPDX-License-Identifier: Apache-2.0
import dataclasses
import secrets
import typing

import pytest

from attestation import Authority, Maker, tpm_maker
from authenticator import BE, BS, EDDSA, ES256, RS256, UP, UV, Passkey, finish, sign, sign_in

ROOT = Authority()
BELOW = Authority(ROOT, "Maker's authority")


@dataclasses.dataclass
class Kind:
    """How one introduces itself, and how it signs."""
    fmt: str = "none"
    algorithm: int = ES256
    statement: typing.Callable = None  # of the passkey: a statement, or what makes one of the signed bytes
    flags: int = UP | UV
    later: int = None  # its flags when it signs, where they are others
    count: int = 0
    step: int = 0
    id_length: int = 32
    aaguid: bytes = None
    extensions: dict = None
    signed_extensions: dict = None
    transports: tuple = ("internal",)
    attachment: str = "platform"
    results: dict = dataclasses.field(default_factory=dict)
    direct: bool = False  # accepted where the maker's word is asked for


def packed(passkey):
    return Maker(BELOW, aaguid=passkey.aaguid, along=[BELOW]).packed


def packed_self(passkey):
    """By the passkey's own key: nobody's word but its own."""
    return lambda data: {"alg": -7, "sig": sign(passkey.key, data)}


def apple(_):
    return {"x5c": Maker(BELOW, along=[BELOW]).x5c}


def android_key(passkey):
    return lambda data: {"alg": -7, "sig": sign(passkey.key, data), "x5c": Maker(BELOW, along=[BELOW]).x5c}


def safetynet(_):
    return {"ver": "210", "response": b"e30.e30.e30"}


SYNCED = UP | UV | BE | BS
RESIDENT = {"credProps": {"rk": True}}
KEY = {"transports": ("nfc", "usb"), "attachment": "cross-platform", "step": 1}
KINDS = {
    "security key": Kind("packed", statement=packed, count=5, id_length=64, extensions={"credProtect": 2}, direct=True, **KEY),
    "security key, Ed25519": Kind("packed", EDDSA, packed, count=1, id_length=48, extensions={"credProtect": 3, "hmac-secret": True},
                                  signed_extensions={"hmac-secret": bytes(32)}, direct=True, **KEY),
    "security key of U2F's time": Kind("fido-u2f", statement=lambda p: Maker(ROOT, subject=[("CN", "U2F 1")]).u2f(p), count=1,
                                       id_length=64, aaguid=bytes(16), direct=True, **KEY),
    "security key with PIN length": Kind("packed", statement=packed, count=2**31, extensions={"credBlob": True, "minPinLength": 6},
                                         results=RESIDENT, direct=True, **KEY),
    "desktop with TPM, RSA": Kind("tpm", RS256, lambda p: tpm_maker(BELOW, along=[BELOW]).tpm(p), step=1, direct=True),
    "desktop with TPM, P-256": Kind("tpm", ES256, lambda p: tpm_maker(ROOT).tpm(p), results=RESIDENT, direct=True),
    "phone, synced": Kind(flags=SYNCED, aaguid=bytes(16), id_length=20, transports=("hybrid", "internal"), results=RESIDENT),
    "phone, to be synced": Kind(flags=UP | UV | BE, later=SYNCED, transports=("hybrid", "internal")),
    "phone, enclave of its own": Kind("apple", statement=apple, id_length=20),
    "phone, hardware keystore": Kind("android-key", statement=android_key, count=0, id_length=65),
    "phone, attested by a service": Kind("android-safetynet", statement=safetynet, id_length=64, step=1),
    "laptop, its own word": Kind("packed", statement=packed_self, flags=UP | UV, id_length=32, extensions={}),
    "password manager": Kind(flags=SYNCED, id_length=16, transports=(), attachment=None, extensions={"credProps": {"rk": True}, "uvm": [[2, 4, 2]]},
                             signed_extensions={"uvm": [[2, 4, 2]], "payment": {"isPayment": False}}),
    "another's phone by code": Kind(algorithm=RS256, transports=("cable", "hybrid"), attachment="cross-platform", flags=SYNCED, later=UP | UV | BE),
}


def register(browser, kind):
    """What toJSON() gives, to be sent as it is."""
    passkey = Passkey(kind.algorithm, kind.flags, kind.id_length, kind.count)
    passkey.aaguid = secrets.token_bytes(16) if kind.aaguid is None else kind.aaguid
    options = browser.post("/me/passkeys/register/begin").data["options"]
    body = passkey.create(options, browser.origin, fmt=kind.fmt, statement=kind.statement and kind.statement(passkey),
                          extensions=kind.extensions, transports=kind.transports)
    body |= {"clientExtensionResults": kind.results} | ({"authenticatorAttachment": kind.attachment} if kind.attachment else {})
    return passkey, finish(browser, body, "A key")


@pytest.fixture(scope="module")
def plain(server):
    return server.deployment()


@pytest.fixture(scope="module")
def direct(server):
    return server.deployment(passkey_attestation="direct", passkey_attestation_roots=ROOT.pem)


@pytest.mark.parametrize("name", KINDS)
def test_WAN17_every_kind_is_added_and_signs_in(plain, name):
    kind = KINDS[name]
    browser, who = plain.signed_in()
    passkey, got = register(browser, kind)
    assert got.status == 200, got
    made = got.data["passkey"]
    assert (made["device_type"], made["backed_up"]) == (kind.attachment or "cross-platform", bool(kind.flags & BS))
    flags = kind.flags if kind.later is None else kind.later
    for i in (1, 2):
        fresh = plain.browser()
        got = sign_in(fresh, passkey, encoding="json", flags=flags, count=kind.count + i * kind.step, extensions=kind.signed_extensions)
        assert got.status == 200 and got.data["active_signin"]["user"]["id"] == who.id, got
    assert fresh.get("/me/passkeys").data[0]["backed_up"] == bool(flags & BS)


@pytest.mark.parametrize("name", [n for n, k in KINDS.items() if k.step and k.count])
def test_WAN17_WAN14_a_kind_that_counts_is_held_to_it(plain, name):
    kind = KINDS[name]
    passkey, got = register(plain.signed_in()[0], kind)
    assert got.status == 200
    assert sign_in(plain.browser(), passkey, count=kind.count).status == 401
    assert sign_in(plain.browser(), passkey, count=0).status == 401
    assert sign_in(plain.browser(), passkey, count=kind.count + 1).status == 200


@pytest.mark.parametrize("name", KINDS)
def test_WAN17_WAN10_only_kinds_with_a_makers_word_where_it_is_asked_for(direct, name):
    kind = KINDS[name]
    passkey, got = register(direct.signed_in()[0], kind)
    assert got.status == (200 if kind.direct else 400), got
    if kind.direct:
        assert sign_in(direct.browser(), passkey, count=kind.count + kind.step, extensions=kind.signed_extensions).status == 200
