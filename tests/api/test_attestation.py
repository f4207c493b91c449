"""Whose authenticators are accepted: chains to the roots that an operator names. WAN-10."""
# SPDX-License-Identifier: Apache-2.0
import datetime

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from attestation import LEAF, Authority, Maker, Unnumbered, model, tpm_maker
from authenticator import Passkey, register, sign_in

MODEL, OTHER = bytes(range(16)), bytes(range(1, 17))
ROOT = Authority()
BELOW = Authority(ROOT, "Maker's authority", path=0)
YESTERDAY, LATER = datetime.datetime(2025, 1, 1), datetime.datetime(2043, 1, 1)


@pytest.fixture(scope="module")
def d(server):
    return server.deployment(passkey_attestation="direct", passkey_attestation_roots=Authority(name="Another").pem + ROOT.pem)


@pytest.fixture
def browser(d):
    return d.signed_in()[0]


def give(browser, maker, passkey=None, aaguid=MODEL, fmt="packed", statement=None, **tweak):
    """The answer to a passkey of this model, vouched for by this maker."""
    passkey = passkey or Passkey()
    passkey.aaguid = aaguid
    return register(browser, passkey, fmt=fmt, statement=statement or maker.packed, **tweak)[1]


GOOD = {
    "by the root itself": lambda: Maker(ROOT),
    "of this model": lambda: Maker(ROOT, aaguid=MODEL),
    "by an authority that comes along": lambda: Maker(BELOW, aaguid=MODEL, along=[BELOW]),
    "with the root along": lambda: Maker(BELOW, along=[BELOW, ROOT]),
}


@pytest.mark.parametrize("name", GOOD)
def test_WAN10_leads_to_a_root(d, browser, name):
    passkey = Passkey()
    assert give(browser, GOOD[name](), passkey).status == 200
    assert sign_in(d.browser(), passkey).status == 200


def without(key):
    return tuple(pair for pair in LEAF if pair[0] != key)


FORGED = Authority(key=ec.generate_private_key(ec.SECP256R1()))  # the root's name and another key
LEAFLIKE = Authority(ROOT, "No authority", ca=False)
NARROW = Authority(BELOW, "One too deep")
STALE = Authority(ROOT, "Of yesterday", end=YESTERDAY)
WEAK = Authority(ROOT, "Weak", key=rsa.generate_private_key(65537, 1024))
EMPTY = [(x509.BasicConstraints(False, None), True)]
BAD = {
    "self-made": lambda: Maker(Authority(name="Mine")),
    "self-made, the root along": lambda: Maker(Authority(name="Mine"), along=[ROOT]),
    "self-made, its own root along": lambda: (lambda mine: Maker(mine, along=[mine]))(Authority(name="Mine")),
    "forged: the root's name": lambda: Maker(FORGED),
    "forged: the root's name along": lambda: Maker(FORGED, along=[FORGED]),
    "the authority left out": lambda: Maker(BELOW),
    "by what is no authority": lambda: Maker(LEAFLIKE, along=[LEAFLIKE]),
    "by another authenticator": lambda: (lambda leaf: Maker(leaf, along=[leaf]))(LEAFLIKE),
    "longer than the path allows": lambda: Maker(NARROW, along=[NARROW, BELOW]),
    "expired": lambda: Maker(ROOT, end=YESTERDAY),
    "not yet": lambda: Maker(ROOT, start=LATER),
    "by an expired authority": lambda: Maker(STALE, along=[STALE]),
    "by a weak authority": lambda: Maker(WEAK, along=[WEAK]),
    "another model's": lambda: Maker(ROOT, aaguid=OTHER),
    "a model too short": lambda: Maker(ROOT, extensions=EMPTY + [model(MODEL, value=b"\x04\x0f" + MODEL[:15])]),
    "a model too long": lambda: Maker(ROOT, extensions=EMPTY + [model(MODEL, value=b"\x04\x10" + MODEL + b"x")]),
    "a model without its head": lambda: Maker(ROOT, extensions=EMPTY + [model(MODEL, value=MODEL)]),
    "a critical model": lambda: Maker(ROOT, extensions=EMPTY + [model(MODEL, critical=True)]),
    "a critical something": lambda: Maker(ROOT, extensions=EMPTY + [(Unnumbered(x509.ObjectIdentifier("1.2.3.4"), b"\5\0"), True)]),
    "an authority itself": lambda: Maker(ROOT, ca=True),
    "no word on authority": lambda: Maker(ROOT, extensions=[(Unnumbered(x509.ObjectIdentifier("1.2.3.4"), b"\5\0"), False)]),
    "no extensions": lambda: Maker(ROOT, extensions=[]),
    "version 2": lambda: Maker(ROOT).of_version(ROOT, 1),
    "no country": lambda: Maker(ROOT, subject=without("C")),
    "no organization": lambda: Maker(ROOT, subject=without("O")),
    "no unit": lambda: Maker(ROOT, subject=without("OU")),
    "no name": lambda: Maker(ROOT, subject=without("CN")),
    "another unit": lambda: Maker(ROOT, subject=[(k, "Authenticator attestation" if k == "OU" else v) for k, v in LEAF]),
    "two units": lambda: Maker(ROOT, subject=(*LEAF, ("OU", "Web servers"))),
    "more than eight along": lambda: Maker(ROOT, along=[ROOT] * 8),
}


@pytest.mark.parametrize("name", BAD)
def test_WAN10_leads_nowhere(d, browser, name):
    got = give(browser, BAD[name]())
    assert (got.status, got.code) == (400, "BAD_REQUEST_BODY"), got
    assert got.message == "This authenticator is of no maker or model that is accepted here."
    assert browser.get("/me/passkeys").data == []


def test_WAN10_bytes_that_are_no_chain(browser):
    maker = Maker(ROOT)
    for x5c in ([maker.x5c[0], b"x"], [maker.x5c[0], maker.x5c[0] + b"x"], [maker.x5c[0], "text"], [maker.x5c[0], []], maker.x5c[0]):
        got = give(browser, maker, statement=lambda data, x5c=x5c: {**maker.packed(data), "x5c": x5c})
        assert (got.status, got.code) == (400, "BAD_REQUEST_BODY"), x5c
    assert give(browser, maker, statement=lambda data: maker.packed(data + b"x")).status == 400, "a good chain, and another's signature"
    assert give(browser, None, fmt="none", statement=lambda data: {}).status == 400
    assert give(browser, None, statement=lambda data: {"alg": -7, "sig": maker.packed(data)["sig"]}).status == 400


def test_WAN10_what_is_named_is_an_anchor(server):
    """FIDO's metadata names authorities and certificates of one model as well as roots."""
    maker = Maker(BELOW, aaguid=MODEL, along=[BELOW])
    for pem, other in ((BELOW.pem, 200), (maker.pem, 400)):
        browser, _ = server.deployment(passkey_attestation="direct", passkey_attestation_roots=pem).signed_in()
        assert give(browser, maker).status == 200
        assert give(browser, Maker(BELOW, along=[BELOW])).status == other
        assert give(browser, Maker(ROOT)).status == 400


def test_WAN10_a_certificate_that_ends(clock_server):
    """And what was added before that stays good: it was the maker's word when it was given."""
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None) + datetime.timedelta(seconds=clock_server.ahead)
    d = clock_server.deployment(passkey_attestation="direct", passkey_attestation_roots=ROOT.pem)
    browser, _ = d.signed_in()
    maker, passkey = Maker(ROOT, end=now + datetime.timedelta(minutes=30)), Passkey()
    assert give(browser, maker, passkey).status == 200
    clock_server.advance(3600)
    assert give(browser, maker).status == 400
    assert sign_in(d.browser(), passkey).status == 200


def test_WAN10_fido_u2f(browser):
    passkey = Passkey()
    for maker, status in ((Maker(ROOT, subject=[("CN", "U2F")]), 200), (Maker(Authority()), 400), (Maker(BELOW, along=[BELOW]), 400)):
        passkey = Passkey()
        assert give(browser, maker, passkey, bytes(16), "fido-u2f", maker.u2f(passkey)).status == status


TPM_BAD = {
    "self-made": lambda: tpm_maker(Authority()),
    "with a subject": lambda: tpm_maker(ROOT, subject=LEAF),
    "an authority": lambda: tpm_maker(ROOT, extensions=[(x509.BasicConstraints(True, None), True)]),
    "for something else": lambda: tpm_maker(ROOT, extensions=[
        (x509.BasicConstraints(False, None), True), (x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH]), False)]),
    "another model's": lambda: tpm_maker(ROOT, extensions=[*tpm_extensions(), model(OTHER)]),
}


def tpm_extensions():
    return [(e.value, e.critical) for e in x509.load_der_x509_certificate(tpm_maker(ROOT).x5c[0]).extensions]


@pytest.mark.parametrize("algorithm", [-7, -257])
def test_WAN10_tpm(browser, algorithm):
    maker, passkey = tpm_maker(ROOT), Passkey(algorithm)
    assert give(browser, maker, passkey, fmt="tpm", statement=maker.tpm(passkey)).status == 200
    other = Passkey(-7)
    assert give(browser, maker, other, fmt="tpm", statement=maker.tpm(Passkey(-7))).status == 400, "about another key"


@pytest.mark.parametrize("name", TPM_BAD)
def test_WAN10_tpm_leads_nowhere(browser, name):
    maker, passkey = TPM_BAD[name](), Passkey()
    assert give(browser, maker, passkey, fmt="tpm", statement=maker.tpm(passkey)).status == 400


def test_WAN10_roots_change_while_it_runs(server):
    """No restart, and only for what is added from then on."""
    d = server.deployment(passkey_attestation="direct")
    browser, _ = d.signed_in()
    mine, passkey = Maker(Authority()), Passkey()
    assert give(browser, mine, passkey).status == 200, "without roots any maker's word will do"
    d.set(passkey_attestation_roots=ROOT.pem)
    assert give(browser, mine).status == 400 and give(browser, Maker(ROOT)).status == 200
    assert sign_in(d.browser(), passkey).status == 200
    d.set(passkey_attestation="none")
    assert register(browser)[1].status == 200


def test_WAN10_roots_that_are_none(server):
    d = server.deployment()
    for text in ("x", ROOT.pem[:-40], ROOT.pem + "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"):
        assert server.try_cli("deployment", "set", d.host, "passkey_attestation_roots=" + text).returncode != 0, text


def test_WAN10_roots_are_declared_as_other_settings(server, tmp_path):
    """Exported, and applied again: nothing changes, and they are read as they were."""
    pem = "# A maker's\n" + ROOT.pem + Authority(name="Another").pem
    d = server.deployment(passkey_attestation="direct", passkey_attestation_roots=pem)
    file = tmp_path / "deploy.yaml"
    file.write_text(server.cli("deployment", "export", d.host))
    assert yaml.safe_load(file.read_text())["settings"]["passkey_attestation_roots"] == pem
    done = server.try_cli("deployment", "apply", file, "--yes")
    assert done.returncode == 0 and not [e for e in d.audit() if "passkey" in e], done.stdout + done.stderr
    assert server.cli_json("deployment", "show", d.host)["settings"]["passkey_attestation_roots"] == pem
    assert give(d.signed_in()[0], Maker(ROOT)).status == 200
