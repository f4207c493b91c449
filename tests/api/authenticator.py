"""authenticator.py - an authenticator and the browser around it, in software: it makes passkeys, signs, and lies when told to."""
# SPDX-License-Identifier: Apache-2.0
import base64
import hashlib
import json
import secrets

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

ES256, EDDSA, RS256 = -7, -8, -257
UP, UV, BE, BS, AT, ED = 0x01, 0x04, 0x08, 0x10, 0x40, 0x80


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def cbor(value):
    """RFC 8949, as much of it as passkeys need; dicts keep their order."""
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return cbor_head(0, value) if value >= 0 else cbor_head(1, -1 - value)
    if isinstance(value, bytes):
        return cbor_head(2, len(value)) + value
    if isinstance(value, str):
        return cbor_head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return cbor_head(4, len(value)) + b"".join(map(cbor, value))
    return cbor_head(5, len(value)) + b"".join(cbor(k) + cbor(v) for k, v in value.items())


def cbor_head(major, n):
    for extra, info in ((0, None), (1, 24), (2, 25), (4, 26), (8, 27)):
        if info is None and n < 24:
            return bytes([major << 5 | n])
        if info is not None and n < 1 << 8 * extra:
            return bytes([major << 5 | info]) + n.to_bytes(extra, "big")
    raise ValueError(n)


_rsa = []


def new_key(algorithm):
    if algorithm == ES256:
        return ec.generate_private_key(ec.SECP256R1())
    if algorithm == EDDSA:
        return ed25519.Ed25519PrivateKey.generate()
    if not _rsa:
        _rsa.append(rsa.generate_private_key(65537, 2048))
    return _rsa[0]


def cose_key(key):
    public = key.public_key()
    if isinstance(key, ec.EllipticCurvePrivateKey):
        n = public.public_numbers()
        return {1: 2, 3: ES256, -1: 1, -2: n.x.to_bytes(32, "big"), -3: n.y.to_bytes(32, "big")}
    if isinstance(key, ed25519.Ed25519PrivateKey):
        raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return {1: 1, 3: EDDSA, -1: 6, -2: raw}
    n = public.public_numbers()
    return {1: 3, 3: RS256, -1: n.n.to_bytes(256, "big"), -2: n.e.to_bytes(3, "big")}


def sign(key, data):
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(data, ec.ECDSA(hashes.SHA256()))
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    return key.sign(data, padding.PKCS1v15(), hashes.SHA256())


def client_data(kind, challenge, origin, **more):
    return json.dumps({"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False, **more},
                      separators=(",", ":")).encode()


class Passkey:
    """One credential. `tweak` arguments replace what an honest authenticator would say."""

    def __init__(self, algorithm=ES256, flags=UP | UV, id_length=32, count=0):
        self.key = new_key(algorithm)
        self.id = secrets.token_bytes(id_length)
        self.flags, self.count = flags, count
        self.rp_id = self.handle = None
        self.aaguid = bytes(16)

    def authdata(self, rp_id, flags, count, attested=b"", extensions=None):
        flags |= ED if extensions is not None else 0
        return (hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + count.to_bytes(4, "big") + attested
                + (cbor(extensions) if extensions is not None else b""))

    def attested(self, key=None, credential_id=None):
        cid = self.id if credential_id is None else credential_id
        return self.aaguid + len(cid).to_bytes(2, "big") + cid + (cbor(cose_key(self.key)) if key is None else key)

    def create(self, options, origin, kind="webauthn.create", rp_id=None, flags=None, key=None, credential_id=None,
               fmt="none", statement=None, extensions=None, client=None, authdata=None, attestation=None, transports=("usb",), **more):
        """What navigator.credentials.create() gives, as JSON to send."""
        o = options["publicKey"]
        self.rp_id, self.handle = o["rp"]["id"], unb64url(o["user"]["id"])
        client = client_data(kind, o["challenge"], origin, **more) if client is None else client
        if authdata is None:
            authdata = self.authdata(rp_id or self.rp_id, (self.flags if flags is None else flags) | AT, self.count,
                                     self.attested(key, credential_id), extensions)
        if callable(statement):
            statement = statement(authdata + hashlib.sha256(client).digest())
        if attestation is None:
            attestation = cbor({"fmt": fmt, "attStmt": statement or {}, "authData": authdata})
        shown = b64url(self.id if credential_id is None else credential_id)
        return {"id": shown, "rawId": shown, "type": "public-key",
                "response": {"clientDataJSON": b64url(client), "attestationObject": b64url(attestation),
                             "transports": list(transports)}}

    def get(self, options, origin, kind="webauthn.get", rp_id=None, flags=None, count=None, handle=None, extensions=None,
            client=None, authdata=None, challenge=None, signature=None, **more):
        """What navigator.credentials.get() gives, as the stock client posts it."""
        o = options["publicKey"]
        client = client_data(kind, challenge or o["challenge"], origin, **more) if client is None else client
        if authdata is None:
            authdata = self.authdata(rp_id or o["rpId"], self.flags if flags is None else flags,
                                     self.count if count is None else count, extensions=extensions)
        signature = sign(self.key, authdata + hashlib.sha256(client).digest()) if signature is None else signature
        return {"id": b64url(self.id), "rawId": b64url(self.id), "type": "public-key", "clientDataJSON": b64url(client),
                "authenticatorData": b64url(authdata), "signature": b64url(signature),
                "userHandle": b64url(self.handle if handle is None else handle)}


def register(browser, passkey=None, name=None, origin=None, **tweak):
    """Add a passkey to whoever is signed in: the passkey and the answer."""
    passkey = passkey or Passkey()
    options = browser.post("/me/passkeys/register/begin").data["options"]
    body = passkey.create(options, origin or browser.origin, **tweak)
    return passkey, finish(browser, body, name)


def finish(browser, body, name=None):
    return browser.send("POST", "/me/passkeys/register/finish", {"name": name} if name is not None else None,
                        body=json.dumps(body).encode(), content_type="application/json")


def sign_in(browser, passkey, origin=None, encoding="multipart", **tweak):
    options = browser.post("/auth/passkey/login/begin").data["options"]
    return browser.post("/auth/passkey/login/finish", passkey.get(options, origin or browser.origin, **tweak), encoding=encoding)
