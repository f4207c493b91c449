"""vault.py - what is sealed at rest, opened and sealed by a master key from outside: written from the text of the decisions."""
# SPDX-License-Identifier: Apache-2.0
import base64
import ctypes
import hashlib
import hmac
import os
import struct

sodium = ctypes.CDLL("libsodium.so.23")
assert sodium.sodium_init() >= 0
NONCE, TAG = 24, 16

# Every column that holds something sealed, and how its row is called in the associated data.
PLACES = [
    ("signing_key", "sealed_scalar", "kid", ""),
    ("deployment_secret", "sealed_value", "name", ""),
    ("jwt_template", "sealed_key", "name", ""),
    ("hook", "sealed_secret", "id", "webhook_"),
    ("hook", "sealed_secret_before", "id", "webhook_"),
    ("authenticator", "sealed_secret", "id", "totp_"),
    ("message", "sealed_content", "id", "message_"),
    ("idempotency", "sealed_answer", "key_hash", ""),
]


def keys_in(path):
    """The master keys of a file, the first one first."""
    data = path.read_bytes()
    return [data] if len(data) == 32 else [bytes.fromhex(line.decode()) for line in data.split()]


def key_id(master):
    return hmac.new(master, b"sessiond master key check value\0", hashlib.sha256).digest()[:8].hex()


def _key(master, deployment):
    return hmac.new(master, b"sessiond key seal\0" + struct.pack(">q", deployment) + b"\1", hashlib.sha256).digest()


def _place(deployment, table, row, column):
    return struct.pack(">q", deployment) + b"".join(
        struct.pack(">Q", len(part.encode())) + part.encode() for part in (table, row, column))


def opens(master, deployment, table, row, column, sealed):
    ad, body = _place(deployment, table, row, column), sealed[NONCE:]
    plain = ctypes.create_string_buffer(max(1, len(body)))
    return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(
        plain, None, None, body, ctypes.c_ulonglong(len(body)), ad, ctypes.c_ulonglong(len(ad)), sealed[:NONCE],
        _key(master, deployment)) == 0


def seal(master, deployment, table, row, column, plain):
    ad, nonce = _place(deployment, table, row, column), os.urandom(NONCE)
    out = ctypes.create_string_buffer(len(plain) + TAG)
    assert sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
        out, None, plain, ctypes.c_ulonglong(len(plain)), ad, ctypes.c_ulonglong(len(ad)), None, nonce,
        _key(master, deployment)) == 0
    return nonce + out.raw


def sealed(server):
    """(deployment, table, row, column, bytes) of all that is sealed."""
    text = "encode({}, 'hex')" if server.database else "hex({})"
    found = []
    for table, column, key, prefix in PLACES:
        named = text.format(key) if key == "key_hash" else key
        for deployment, row, value in server.sql(
                f"SELECT deployment_id, {named}, {text.format(column)} FROM {table} WHERE {column} IS NOT NULL"):
            found.append((int(deployment), table, prefix + (row.lower() if key == "key_hash" else row), column, bytes.fromhex(value)))
    return found


def successors(server, d, master):
    """Every session token that this key makes of what the database says: of each token's nonce, the one to replace it by age."""
    text = "encode(nonce, 'hex')" if server.database else "hex(nonce)"
    key = hmac.new(master, b"sessiond key token\0" + struct.pack(">q", d.number) + b"\1", hashlib.sha256).digest()
    made = set()
    for session, nonce in server.sql(f"SELECT session_id, {text} FROM session_token WHERE deployment_id = {d.number}"):
        parts = (b"next", struct.pack(">q", int(session)), bytes.fromhex(nonce))
        mac = hmac.new(key, b"".join(struct.pack(">Q", len(p)) + p for p in parts), hashlib.sha256).digest()
        made.add(base64.urlsafe_b64encode(mac).rstrip(b"=").decode())
    return made


def count(server, master):
    """How many of them this key opens, by (table, column)."""
    counts = {(table, column): 0 for table, column, _, _ in PLACES}
    for deployment, table, row, column, value in sealed(server):
        counts[table, column] += opens(master, deployment, table, row, column, value)
    return counts
