"""attestation.py - makers of authenticators, in software: roots, authorities, certificates, and the statements signed with them.

Members stand in CTAP2's canonical order, shorter names first, as authenticators write them and libfido2 demands.
"""
# SPDX-License-Identifier: Apache-2.0
import datetime
import hashlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID, ObjectIdentifier

from authenticator import sign

AAGUID = ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")
AIK = ObjectIdentifier("2.23.133.8.3")
FROM, TO = datetime.datetime(2024, 1, 1), datetime.datetime(2044, 1, 1)
LEAF = (("C", "SE"), ("O", "Maker"), ("OU", "Authenticator Attestation"), ("CN", "Model one"))
NAMES = {"C": NameOID.COUNTRY_NAME, "O": NameOID.ORGANIZATION_NAME, "OU": NameOID.ORGANIZATIONAL_UNIT_NAME, "CN": NameOID.COMMON_NAME}


class Unnumbered(x509.UnrecognizedExtension):
    """An extension of raw bytes."""


def name_of(pairs):
    return x509.Name([x509.NameAttribute(NAMES[k], v) for k, v in pairs])


class Authority:
    """A key and its certificate, signed by `above` or by itself."""

    def __init__(self, above=None, name="Maker's root", path=None, key=None, ca=True, start=FROM, end=TO, digest=None):
        self.key, self.above = key or ec.generate_private_key(ec.SECP256R1()), above
        self.name = name_of([("CN", name)])
        self.certificate = issue(above or self, self.name, self.key.public_key(), [(x509.BasicConstraints(ca, path if ca else None), True)],
                                 start, end, digest)

    @property
    def pem(self):
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def der(self):
        return self.certificate.public_bytes(Encoding.DER)


def issue(by, subject, public, extensions, start=FROM, end=TO, digest=None):
    builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(by.name).public_key(public)
               .serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(end))
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(by.key, digest or hashes.SHA256())


def model(aaguid, critical=False, value=None):
    """id-fido-gen-ce-aaguid."""
    return Unnumbered(AAGUID, b"\x04\x10" + aaguid if value is None else value), critical


class Maker:
    """What signs statements: a key, the certificate of it, and those above it that go along."""

    def __init__(self, by, subject=LEAF, aaguid=None, ca=False, extensions=None, along=(), start=FROM, end=TO, key=None, digest=None):
        self.key = key or ec.generate_private_key(ec.SECP256R1())
        if extensions is None:
            extensions = [(x509.BasicConstraints(ca, None), True)] + ([model(aaguid)] if aaguid else [])
        certificate = issue(by, name_of(subject), self.key.public_key(), extensions, start, end, digest)
        self.x5c = [certificate.public_bytes(Encoding.DER), *(a.der for a in along)]
        self.pem = certificate.public_bytes(Encoding.PEM).decode()

    def of_version(self, by, version):
        """The same, of another version than 2 (which is 3), signed again."""
        tbs = x509.load_der_x509_certificate(self.x5c[0]).tbs_certificate_bytes.replace(b"\xa0\3\2\1\2", b"\xa0\3\2\1" + bytes([version]), 1)
        whole = tbs + bytes.fromhex("300a06082a8648ce3d040302") + der(3, b"\0" + sign(by.key, tbs))
        self.x5c[0] = der(0x30, whole)
        return self

    def packed(self, data):
        return {"alg": -7, "sig": sign(self.key, data), "x5c": self.x5c}

    def u2f(self, passkey):
        """U2F's raw messages: no flags, no counter, and the key as a bare point."""
        def statement(data):
            point = passkey.key.public_key().public_numbers()
            signed = (b"\0" + data[:32] + data[-32:] + passkey.id + b"\4" + point.x.to_bytes(32, "big") + point.y.to_bytes(32, "big"))
            return {"sig": sign(self.key, signed), "x5c": self.x5c}
        return statement

    def tpm(self, passkey):
        """TPM 2.0 Part 2: a TPMT_PUBLIC of the passkey's key, and a TPMS_ATTEST that names it; as Windows makes them, by RS1."""
        def statement(data):
            public = public_area(passkey.key)
            info = attest(public, hashlib.sha1(data).digest())
            return {"alg": -65535, "sig": self.key.sign(info, padding.PKCS1v15(), hashes.SHA1()), "ver": "2.0", "x5c": self.x5c,
                    "pubArea": public, "certInfo": info}
        return statement


def tpm_maker(by, **more):
    """An attestation identity key: no subject, its maker in subjectAltName, its use in extKeyUsage."""
    name = x509.DirectoryName(x509.Name([x509.NameAttribute(ObjectIdentifier("2.23.133.2.1"), "id:FFFFF1D0")]))
    extensions = [(x509.BasicConstraints(False, None), True), (x509.SubjectAlternativeName([name]), True), (x509.ExtendedKeyUsage([AIK]), False)]
    return Maker(by, **{"subject": (), "extensions": extensions, "key": rsa.generate_private_key(65537, 2048), **more})


def der(tag, content):
    n = len(content)
    return bytes([tag]) + (bytes([n]) if n < 128 else bytes([0x80 | (n.bit_length() + 7) // 8]) + n.to_bytes((n.bit_length() + 7) // 8, "big")) + content


def sized(data):
    return len(data).to_bytes(2, "big") + data


def public_area(key):
    attributes = (0x00060472).to_bytes(4, "big")  # fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, noDA, sign, decrypt
    numbers = key.public_key().public_numbers()
    if isinstance(key, rsa.RSAPrivateKey):
        return (b"\x00\x01\x00\x0b" + attributes + sized(bytes(32)) + b"\x00\x10\x00\x10" + (2048).to_bytes(2, "big") + bytes(4)
                + sized(numbers.n.to_bytes(256, "big")))
    return (b"\x00\x23\x00\x0b" + attributes + sized(bytes(32)) + b"\x00\x10\x00\x10\x00\x03\x00\x10"
            + sized(numbers.x.to_bytes(32, "big")) + sized(numbers.y.to_bytes(32, "big")))


def attest(public, extra):
    name = b"\x00\x0b" + hashlib.sha256(public).digest()
    clock = bytes(16) + b"\1"
    return b"\xffTCG\x80\x17" + sized(b"\x00\x0b" + bytes(32)) + sized(extra) + clock + bytes(8) + sized(name) + sized(b"\x00\x0b" + bytes(32))
