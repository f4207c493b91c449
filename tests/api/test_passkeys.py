"""test_passkeys.py - passkeys from outside, with an authenticator that can lie: WAN-01 to WAN-17, AUT-08, ENU-01, F-30."""
# SPDX-License-Identifier: Apache-2.0
import datetime
import hashlib
import json
import secrets

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from authenticator import (AT, BE, BS, EDDSA, ES256, RS256, UP, UV, Passkey, b64url, cbor, client_data, cose_key, finish, register,
                           sign, sign_in, unb64url)
from harness import PASSWORD, race


@pytest.fixture(scope="module")
def d(server):
    return server.deployment()


@pytest.fixture
def owner(d):
    """(browser, person, passkey): signed in, with a passkey."""
    browser, who = d.signed_in()
    passkey, got = register(browser)
    assert got.status == 200, got
    return browser, who, passkey


# ---- the plain way ----

@pytest.mark.parametrize("algorithm", [ES256, EDDSA, RS256])
@pytest.mark.parametrize("encoding", ["multipart", "urlencoded", "json"])
def test_A18_register_and_sign_in(deployment, algorithm, encoding):
    browser, who = deployment.signed_in()
    passkey, got = register(browser, Passkey(algorithm), name="Blue key")
    made = got.data["passkey"]
    assert (made["name"], made["device_type"], made["backed_up"], made["last_used_at"]) == ("Blue key", "cross-platform", False, None)
    assert set(made) == {"id", "name", "created_at", "last_used_at", "device_type", "backed_up"} and made["id"].startswith("passkey_")
    assert browser.get("/me").data["has_passkeys"] is True and browser.session()["active_signin"]["user"]["has_passkeys"] is True
    fresh = deployment.browser()
    got = sign_in(fresh, passkey, encoding=encoding)
    assert got.data["active_signin"]["user"]["id"] == who.id and got.attempt["completed"] is True
    assert (got.attempt["method"], got.attempt["first_method_authenticated"], got.attempt["second_method_authentication_required"]) == ("passkey", True, False)
    assert got.token and fresh.is_signed_in
    assert fresh.get("/me/passkeys").data[0]["last_used_at"] is not None
    assert deployment.audit()[-1] == "signin.created"


def test_A17_options(d):
    o = d.browser().post("/auth/passkey/login/begin").data["options"]["publicKey"]
    assert (o["rpId"], o["userVerification"], o["allowCredentials"], o["timeout"]) == (d.frontend_host, "required", [], 300000)
    assert len(unb64url(o["challenge"])) == 32


def test_M33_options(d):
    browser, who = d.signed_in()
    passkey, _ = register(browser, transports=("internal", "hybrid", "<script>"))
    o = browser.post("/me/passkeys/register/begin").data["options"]["publicKey"]
    assert o["rp"]["id"] == d.frontend_host and o["rp"]["name"]
    assert (o["user"]["name"], o["user"]["displayName"]) == (who.email, "Mira Okafor")
    assert {p["alg"] for p in o["pubKeyCredParams"]} == {-7, -8, -257} and {p["type"] for p in o["pubKeyCredParams"]} == {"public-key"}
    assert o["attestation"] == "none" and o["authenticatorSelection"]["userVerification"] == "required"
    assert o["excludeCredentials"] == [{"type": "public-key", "id": b64url(passkey.id), "transports": ["internal", "hybrid"]}]
    assert browser.get("/me/passkeys").data[0]["device_type"] == "platform"


def test_the_user_handle_tells_nothing_and_stays(d):
    browser, who = d.signed_in()
    handles = {browser.post("/me/passkeys/register/begin").data["options"]["publicKey"]["user"]["id"] for _ in range(2)}
    assert len(handles) == 1
    handle = unb64url(handles.pop())
    assert len(handle) == 32 and who.id.split("_")[1].encode() not in handle and who.email.encode() not in handle


def test_M34_takes_a_flat_form_too(d):
    browser, _ = d.signed_in()
    options = browser.post("/me/passkeys/register/begin").data["options"]
    body = Passkey().create(options, browser.origin)
    inner = body.pop("response")
    got = browser.post("/me/passkeys/register/finish", {**body, "clientDataJSON": inner["clientDataJSON"],
                                                        "attestationObject": inner["attestationObject"]}, encoding="urlencoded")
    assert got.data["passkey"]["name"] == "Passkey"


def test_A18_takes_what_toJSON_gives(d, owner):
    fresh = d.browser()
    flat = owner[2].get(fresh.post("/auth/passkey/login/begin").data["options"], fresh.origin)
    inner = {k: flat.pop(k) for k in ("clientDataJSON", "authenticatorData", "signature", "userHandle")}
    body = {**flat, "response": inner, "clientExtensionResults": {}, "authenticatorAttachment": "platform"}
    twice = {**body, "signature": inner["signature"]}
    for sent, status in [(twice, 400), (body, 200)]:
        got = fresh.send("POST", "/auth/passkey/login/finish", body=json.dumps(sent).encode(), content_type="application/json")
        assert got.status == status, got


def test_M36_rename(d, owner):
    browser, _, _ = owner
    mine = browser.get("/me/passkeys").data[0]["id"]

    def rename(name, which=mine):
        return browser.send("PATCH", f"/me/passkeys/{which}", body=json.dumps({"name": name}).encode(), content_type="application/json")
    assert rename(" Red key ").data["name"] == "Red key" and browser.get("/me/passkeys").data[0]["name"] == "Red key"
    assert [rename(n).code for n in ("", "x" * 65, "\u202e")] == ["BAD_REQUEST_BODY"] * 3
    assert [rename("Mine", i).code for i in ("passkey_1", "user_1", "x")] == ["NOT_FOUND"] * 3


def test_M35_remove(d, owner):
    browser, _, passkey = owner
    mine = browser.get("/me/passkeys").data[0]["id"]
    assert set(browser.post(f"/me/passkeys/{mine}/delete").data) == {"message"}
    assert browser.get("/me/passkeys").data == [] and browser.get("/me").data["has_passkeys"] is False
    assert browser.post(f"/me/passkeys/{mine}/delete").code == "NOT_FOUND"
    assert sign_in(d.browser(), passkey).code == "INVALID_CREDENTIALS"
    assert "passkey.removed" in d.audit()


def test_the_owner_is_told_of_each(d, owner):
    """AUT-10: a mail when a passkey comes, and when it goes."""
    browser, who, _ = owner
    before = d.rows()["message"]
    assert before >= 1
    browser.post(f"/me/passkeys/{browser.get('/me/passkeys').data[0]['id']}/delete")
    assert d.rows()["message"] == before + 1


def test_M35_never_the_last_way_in(server):
    """Without a username, and with passwords for usernames only, the passkeys are all there is."""
    d = server.deployment()
    browser = d.browser()
    email = f"ada.{secrets.token_hex(4)}@example.org"
    assert browser.post("/auth/signup", {"email": email, "password": PASSWORD, "first_name": "Ada", "last_name": "Byron"}).status == 200
    for _ in range(2):
        register(browser)
    ids = [p["id"] for p in browser.get("/me/passkeys").data]
    d.set(auth_settings__first_factor="username_password", auth_settings__auth_factors_enabled__email_password="false")
    assert browser.post(f"/me/passkeys/{ids[0]}/delete").status == 200, "there is another one"
    before = d.rows()
    assert browser.post(f"/me/passkeys/{ids[1]}/delete").code == "NO_ALTERNATIVE_AUTH_METHOD"
    assert d.rows() == before and browser.get("/me").data["has_passkeys"] is True
    d.set(auth_settings__auth_factors_enabled__email_password="true")
    assert browser.post(f"/me/passkeys/{ids[1]}/delete").status == 200, "there is a password again"


def test_M35_an_added_address_that_nobody_proved_is_no_other_way(server):
    """A password counts only with an address to sign in by: not one that was only written down."""
    d = server.deployment()
    browser = d.browser()
    email = f"ada.{secrets.token_hex(4)}@example.org"
    d.set(auth_settings__first_factor="username_password", auth_settings__email_address__required="false",
          auth_settings__username__enabled="true", auth_settings__auth_factors_enabled__username_password="true")
    who = {"username": f"ada{secrets.token_hex(4)}", "password": PASSWORD, "first_name": "Ada", "last_name": "Byron"}
    assert browser.post("/auth/signup", who).status == 200
    register(browser)
    mine = browser.get("/me/passkeys").data[0]["id"]
    assert browser.post("/me/email-addresses", {"email": email}).status == 200
    d.set(auth_settings__first_factor="email_password", auth_settings__auth_factors_enabled__username_password="false")
    assert d.browser().post("/auth/signin", {"strategy": "plain_email", "email": email, "password": PASSWORD}).status != 200
    assert browser.post(f"/me/passkeys/{mine}/delete").code == "NO_ALTERNATIVE_AUTH_METHOD"


def test_F30_of_two_last_ones_one_stays(server):
    d = server.deployment()
    browser = d.browser()
    browser.post("/auth/signup", {"email": f"ada.{secrets.token_hex(4)}@example.org", "password": PASSWORD, "first_name": "Ada", "last_name": "B"})
    for _ in range(2):
        register(browser)
    ids = [p["id"] for p in browser.get("/me/passkeys").data]
    d.set(auth_settings__first_factor="username_password", auth_settings__auth_factors_enabled__email_password="false")
    got = race([lambda i=i, b=browser.twin(): b.post(f"/me/passkeys/{i}/delete") for i in ids])
    assert sorted(str(g.code) for g in got) == ["NO_ALTERNATIVE_AUTH_METHOD", "None"] and len(browser.get("/me/passkeys").data) == 1


def test_a_feature_that_is_off(server):
    d = server.deployment(auth_settings__passkey__enabled="false")
    browser, _ = d.signed_in()
    passkey = Passkey()
    passkey.handle = b"x"
    fake = {"publicKey": {"challenge": b64url(bytes(32)), "rp": {"id": d.frontend_host}, "rpId": d.frontend_host, "user": {"id": "AA"}}}
    assert browser.post("/me/passkeys/register/begin").code == "FEATURE_DISABLED"
    assert finish(browser, passkey.create(fake, browser.origin)).code == "FEATURE_DISABLED"
    assert browser.post("/auth/passkey/login/begin").code == "FEATURE_DISABLED"
    assert browser.post("/auth/passkey/login/finish", passkey.get(fake, browser.origin)).code == "FEATURE_DISABLED"
    d.set(auth_settings__passkey__enabled="true", auth_settings__auth_factors_enabled__passkey="false")
    assert browser.post("/auth/passkey/login/begin").code == "FEATURE_DISABLED"
    assert browser.post("/me/passkeys/register/begin").status == 200


def test_an_account_has_room_for_twenty(d):
    browser, _ = d.signed_in()
    for _ in range(19):
        assert register(browser)[1].status == 200
    options = [browser.post("/me/passkeys/register/begin").data["options"] for _ in range(3)]
    got = race([lambda o=o, b=browser.twin(): finish(b, Passkey().create(o, browser.origin)) for o in options])
    assert sorted(str(g.code) for g in got) == ["LIMIT_REACHED", "LIMIT_REACHED", "None"]
    assert browser.post("/me/passkeys/register/begin").code == "LIMIT_REACHED" and len(browser.get("/me/passkeys").data) == 20


def test_A17_asks_for_no_proof_of_work(server):
    """Stock pages begin without one, and a signature cannot be guessed."""
    d = server.deployment(challenge_required="true")
    for fields in (None, {"challenge_token": "x" * 64}):
        assert d.browser().post("/auth/passkey/login/begin", fields).status == 200


# ---- who may ----

def test_nobody_signed_in_registers_nothing(d):
    for method, path in [("GET", "/me/passkeys"), ("POST", "/me/passkeys/register/begin"), ("POST", "/me/passkeys/register/finish"),
                         ("POST", "/me/passkeys/passkey_1/delete"), ("PATCH", "/me/passkeys/passkey_1")]:
        assert d.browser().send(method, path).code == "UNAUTHORIZED", path


def test_WAN15_V58_only_ones_own(d, owner):
    """V-58: somebody else's passkey is no passkey."""
    theirs = owner[0].get("/me/passkeys").data[0]["id"]
    other, _ = d.signed_in()
    before = d.rows()
    assert other.post(f"/me/passkeys/{theirs}/delete").code == "NOT_FOUND"
    assert other.send("PATCH", f"/me/passkeys/{theirs}", fields={"name": "Mine"}).code == "NOT_FOUND"
    assert other.get("/me/passkeys").data == [] and d.rows() == before
    assert owner[0].get("/me/passkeys").data[0]["name"] == "Passkey"


def test_WAN15_adding_and_removing_ask_for_a_fresh_proof(clock_server):
    d = clock_server.deployment()
    browser, _ = d.signed_in()
    register(browser)
    mine = browser.get("/me/passkeys").data[0]["id"]
    options = browser.post("/me/passkeys/register/begin").data["options"]
    d.set(step_up_required="true")
    clock_server.advance(11 * 60)
    assert browser.post("/me/passkeys/register/begin").code == "reauth_required"
    assert finish(browser, Passkey().create(options, browser.origin)).code == "reauth_required"
    assert browser.post(f"/me/passkeys/{mine}/delete").code == "reauth_required"


def test_another_tenant_has_no_such_passkey(server):
    """WAN-05, TEN: the same credential, the same person's browser, another deployment."""
    one, two = server.deployment(), server.deployment()
    browser, _ = one.signed_in()
    passkey, _ = register(browser)
    mine = browser.get("/me/passkeys").data[0]["id"]
    stranger, _ = two.signed_in()
    assert stranger.post(f"/me/passkeys/{mine}/delete").code == "NOT_FOUND"
    assert sign_in(two.browser(), passkey).code == "INVALID_CREDENTIALS"
    # Even when that tenant knows the credential, it is for its own site and its own person.
    passkey_two, got = register(stranger, passkey)
    assert got.status == 200 and passkey_two is passkey
    theirs = passkey.handle
    assert sign_in(two.browser(), passkey, rp_id=one.frontend_host).code == "INVALID_CREDENTIALS"
    assert sign_in(two.browser(), passkey, origin=one.origin).code == "BAD_REQUEST_BODY"
    assert sign_in(one.browser(), passkey, handle=theirs).code == "INVALID_CREDENTIALS"
    assert sign_in(two.browser(), passkey).status == 200


# ---- registration: what is not so is refused, and changes nothing ----

BAD_REGISTRATIONS = {
    "WAN01 the other type": {"kind": "webauthn.get"},
    "WAN01 another case": {"kind": "WebAuthn.create"},
    "WAN03 a host below a look-alike": {"origin": "https://{host}.evil"},
    "WAN03 plain http": {"origin": "http://{host}"},
    "WAN03 a port": {"origin": "https://{host}:8443"},
    "WAN03 its own port spelled out": {"origin": "https://{host}:443"},
    "WAN03 a trailing dot": {"origin": "https://{host}."},
    "WAN03 upper case": {"origin": "https://{HOST}"},
    "WAN03 a path": {"origin": "https://{host}/"},
    "WAN03 userinfo": {"origin": "https://x@{host}"},
    "WAN03 a homograph": {"origin": "https://\u0430pp.example.com"},
    "WAN03 null": {"origin": "null"},
    "WAN03 none": {"origin": ""},
    "WAN04 in a frame of another site": {"crossOrigin": True},
    "WAN04 not even a boolean": {"crossOrigin": "false"},
    "WAN04 on top is somebody else": {"topOrigin": "https://top.example"},
    "WAN05 another site": {"rp_id": "other.example"},
    "WAN06 nobody there": {"flags": UV},
    "WAN07 nobody verified": {"flags": UP},
    "WAN08 backed up but not to be": {"flags": UP | UV | BS},
    "WAN11 an id of 1024 bytes": {"credential_id": bytes(1024)},
    "WAN11 an id of 15 bytes": {"credential_id": bytes(15)},
    "WAN11 no id": {"credential_id": b""},
}


@pytest.mark.parametrize("name", BAD_REGISTRATIONS)
def test_a_registration_that_is_not_so(d, name):
    browser, _ = d.signed_in()
    tweak = dict(BAD_REGISTRATIONS[name])
    if "origin" in tweak:
        tweak["origin"] = tweak["origin"].format(host=d.frontend_host, HOST=d.frontend_host.upper()) or "-"
    options = browser.post("/me/passkeys/register/begin").data["options"]
    before = d.rows()
    got = finish(browser, Passkey().create(options, tweak.pop("origin", browser.origin), **tweak))
    assert (got.status, got.code) == (400, "BAD_REQUEST_BODY") and d.rows() == before


def point_off_curve():
    key = cose_key(Passkey().key)
    return {**key, -3: bytes([key[-3][0] ^ 1]) + key[-3][1:]}


def es256(**change):
    key = cose_key(Passkey().key)
    return {**key, **{int(k.replace("m", "-").replace("p", "")): v for k, v in change.items()}}


RSA = cose_key(Passkey(RS256).key)
BAD_KEYS = {
    "ES256K": {1: 2, 3: -47, -1: 8, -2: bytes(32), -3: bytes(32)},
    "RS1": {**RSA, 3: -65535},
    "ES384": {1: 2, 3: -35, -1: 2, -2: bytes(48), -3: bytes(48)},
    "x of 31 bytes": es256(m2=bytes(31)),
    "x of 33 bytes": es256(m2=bytes(33)),
    "x of 2000 bytes": es256(m2=bytes(2000)),
    "no x": {k: v for k, v in es256().items() if k != -2},
    "y a sign": es256(m3=True),
    "y a number": es256(m3=7),
    "off the curve": point_off_curve(),
    "the origin": es256(m2=bytes(32), m3=bytes(32)),
    "another curve's name": es256(m1=2),
    "another type's name": es256(p1=1),
    "a parameter too many": {**es256(), 4: 1},
    "RSA of 1024 bits": {1: 3, 3: RS256, -1: b"\x80" + bytes(126) + b"\x01", -2: b"\x01\x00\x01"},
    "RSA of 4096 bits": {1: 3, 3: RS256, -1: b"\x80" + bytes(510) + b"\x01", -2: b"\x01\x00\x01"},
    "RSA with a leading zero": {**RSA, -1: b"\x00" + RSA[-1][1:]},
    "RSA even": {**RSA, -1: RSA[-1][:-1] + b"\x02"},
    "RSA with exponent 1": {**RSA, -2: b"\x00\x00\x01"},
    "Ed25519 of small order": {1: 1, 3: EDDSA, -1: 6, -2: b"\x01" + bytes(31)},
    "Ed25519 of 33 bytes": {1: 1, 3: EDDSA, -1: 6, -2: bytes(33)},
    "X25519": {1: 1, 3: EDDSA, -1: 4, -2: bytes(32)},
    "an empty one": {},
}


@pytest.mark.parametrize("name", BAD_KEYS)
def test_WAN09_keys_that_are_none(d, name):
    """V-61, V-63: lengths and algorithms that nobody offered."""
    browser, _ = d.signed_in()
    _, got = register(browser, key=cbor(BAD_KEYS[name]))
    assert (got.status, got.code) == (400, "BAD_REQUEST_BODY") and browser.get("/me/passkeys").data == []


def test_WAN16_bytes_that_are_no_attestation(d):
    browser, _ = d.signed_in()
    options = browser.post("/me/passkeys/register/begin").data["options"]
    good = Passkey()
    authdata = good.authdata(d.frontend_host, UP | UV | AT, 0, good.attested())
    whole = cbor({"fmt": "none", "attStmt": {}, "authData": authdata})
    bad = [b"", b"\xa0", b"\xff", b"\x9f" * 100, b"\x81" * 10000, b"\xa1" * 1000, whole + b"\x00", cbor({"fmt": "none", "authData": authdata}),
           cbor({"fmt": "none", "attStmt": [], "authData": authdata}), cbor({"fmt": 1, "attStmt": {}, "authData": authdata}),
           cbor({"fmt": "none", "attStmt": {}, "authData": "text"}), b"\xa3" + whole[1:14] * 3,
           cbor({"fmt": "none", "attStmt": {}, "authData": authdata, "ep": True}),
           b"\xbf" + whole[1:] + b"\xff"]
    bad += [whole[:n] for n in range(1, len(whole), 7)]
    bad += [cbor({"fmt": "none", "attStmt": {}, "authData": a}) for a in
            (authdata[:36], authdata[:53], authdata[:54], authdata[:-1], authdata + b"\x00", authdata[:32] + bytes([UP | UV]) + authdata[33:],
             authdata[:32] + bytes([UP | UV | AT | 0x80]) + authdata[33:], authdata[:53] + b"\xff\xff" + authdata[55:],
             authdata[:53] + b"\x00\x00" + authdata[55:])]
    # Every kind of length that is not there, where a length stands.
    for length in (b"\x58\xff", b"\x59\xff\xff", b"\x5a\xff\xff\xff\xff", b"\x5b" + b"\xff" * 8, b"\x5b\x7f" + b"\xff" * 7, b"\x5f", b"\x5c"):
        bad.append(b"\xa3" + cbor("fmt") + cbor("none") + cbor("attStmt") + b"\xa0" + cbor("authData") + length + authdata)
    before = d.rows()
    for data in bad:
        got = finish(browser, good.create(options, browser.origin, attestation=data))
        assert (got.status, got.code) == (400, "BAD_REQUEST_BODY"), data[:80]
    assert d.rows() == before
    assert finish(browser, good.create(options, browser.origin, attestation=whole)).status == 200, "and the challenge is still good"


@pytest.mark.parametrize("client", [b"", b"{}", b"[]", b"null", b"{", b"\xff\xfe", b'{"type":"webauthn.create"}', b"[" * 3000,
                                    b'{"type":["webauthn.create"],"challenge":{},"origin":1}', b'{"a":' * 600 + b"1" + b"}" * 600, b" " * 5000])
def test_WAN16_bytes_that_are_no_client_data(d, client):
    browser, _ = d.signed_in()
    assert register(browser, client=client)[1].code == "BAD_REQUEST_BODY"


def test_WAN16_a_member_twice_is_no_client_data(d):
    browser, _ = d.signed_in()
    options = browser.post("/me/passkeys/register/begin").data["options"]
    client = client_data("webauthn.create", options["publicKey"]["challenge"], browser.origin)
    for more in (b',"origin":"https://evil.example"}', b',"type":"webauthn.get"}'):
        assert finish(browser, Passkey().create(options, browser.origin, client=client[:-1] + more)).code == "BAD_REQUEST_BODY"


FIELDS = ["id", "rawId", "type", "response.clientDataJSON", "response.attestationObject"]


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", [None, "", "=", "AA==", "A", "+/+/", "\u00e9", "AB", "A" * 20000])
def test_WAN16_fields_that_are_none(d, field, value):
    """V-62: every length up to the cap and beyond it, and every spelling that is not the one."""
    browser, _ = d.signed_in()
    options = browser.post("/me/passkeys/register/begin").data["options"]
    body = Passkey().create(options, browser.origin)
    at = body["response"] if "." in field else body
    at.pop(field.split(".")[-1])
    if value is not None:
        at[field.split(".")[-1]] = value
    got = finish(browser, body)
    assert (got.status, got.code) == (400, "BAD_REQUEST_BODY"), got


def test_WAN11_the_longest_id_works(d):
    browser, who = d.signed_in()
    passkey, got = register(browser, Passkey(id_length=1023))
    assert got.status == 200 and sign_in(d.browser(), passkey).data["active_signin"]["user"]["id"] == who.id


def test_WAN11_one_credential_is_one_accounts(d, owner):
    other, _ = d.signed_in()
    for browser in (other, owner[0]):
        before = d.rows()["passkey"]
        assert register(browser, owner[2])[1].code == "BAD_REQUEST_BODY" and d.rows()["passkey"] == before
    owner[2].handle = unb64url(owner[0].post("/me/passkeys/register/begin").data["options"]["publicKey"]["user"]["id"])
    assert sign_in(d.browser(), owner[2]).data["active_signin"]["user"]["id"] == owner[1].id


def test_the_id_outside_is_the_id_inside(d):
    browser, _ = d.signed_in()
    options = browser.post("/me/passkeys/register/begin").data["options"]
    body = Passkey().create(options, browser.origin)
    body["id"] = body["rawId"] = b64url(secrets.token_bytes(32))
    assert finish(browser, body).code == "BAD_REQUEST_BODY"


# ---- WAN-10 ----

def test_WAN10_a_statement_nobody_asked_for_is_not_looked_at(d):
    browser, _ = d.signed_in()
    assert register(browser, fmt="packed", statement={"alg": -7, "sig": b"nonsense"})[1].status == 200
    assert register(browser, fmt="something-new", statement={"x": [1, {"y": b""}]})[1].status == 200


def maker():
    """A certificate with what §8.2.1 demands, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "SE"), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Maker"),
                      x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "Authenticator Attestation"),
                      x509.NameAttribute(NameOID.COMMON_NAME, "A maker")])
    day = datetime.datetime(2024, 1, 1)
    certificate = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
                   .not_valid_before(day).not_valid_after(day.replace(year=2044))
                   .add_extension(x509.BasicConstraints(False, None), True).sign(key, hashes.SHA256()))
    return key, certificate.public_bytes(Encoding.DER)


def test_WAN10_a_statement_that_was_asked_for(server):
    d = server.deployment(passkey_attestation="direct")
    browser, _ = d.signed_in()
    assert browser.post("/me/passkeys/register/begin").data["options"]["publicKey"]["attestation"] == "direct"
    key, certificate = maker()

    def packed(data):
        return {"alg": -7, "sig": sign(key, data), "x5c": [certificate]}
    refused = [{"fmt": "none"}, {"fmt": "something-new"}, {"fmt": "packed"}, {"fmt": "packed", "statement": lambda data: packed(data + b"x")},
               {"fmt": "packed", "statement": lambda data: {**packed(data), "x5c": [b"no certificate"]}},
               {"fmt": "packed", "statement": lambda data: {**packed(data), "x5c": []}},
               {"fmt": "packed", "statement": lambda data: {"alg": -7, "sig": b""}},
               {"fmt": "packed", "statement": lambda data: {"alg": -7, "sig": packed(data)["sig"]}}]
    for tweak in refused:
        assert register(browser, **tweak)[1].code == "BAD_REQUEST_BODY", tweak
    assert browser.get("/me/passkeys").data == []
    for extensions in (None, {"credProtect": 2}, {"hmac-secret": True}, {"credProtect": 3, "hmac-secret": True, "minPinLength": 8}):
        assert register(browser, fmt="packed", statement=packed, extensions=extensions)[1].status == 200, extensions


# ---- signing in: what is not so ----

SIGN_INS_400 = {
    "WAN01 the other type": {"kind": "webauthn.create"},
    "WAN03 a look-alike": {"origin": "https://{host}.evil"},
    "WAN03 plain http": {"origin": "http://{host}"},
    "WAN03 a port": {"origin": "https://{host}:8443"},
    "WAN03 a trailing dot": {"origin": "https://{host}."},
    "WAN03 upper case": {"origin": "https://{HOST}"},
    "WAN03 a homograph": {"origin": "https://\u0430pp.example.com"},
    "WAN04 in a frame of another site": {"crossOrigin": True},
    "WAN04 on top is somebody else": {"topOrigin": "https://top.example"},
    "WAN08 could be backed up all at once": {"flags": UP | UV | BE},
    "WAN08 is backed up all at once": {"flags": UP | UV | BS},
    "WAN16 no JSON": {"client": b"{"},
    "WAN02 no challenge": {"client": b'{"type":"webauthn.get","origin":"x"}'},
}
SIGN_INS_401 = {
    "WAN02 a challenge of its own": {"challenge": b64url(bytes(32))},
    "WAN05 another site": {"rp_id": "other.example"},
    "WAN06 nobody there": {"flags": UV},
    "WAN07 nobody verified": {"flags": UP},
    "WAN12 no handle": {"handle": b""},
    "WAN12 another handle": {"handle": bytes(32)},
    "WAN12 a longer handle": {"handle": bytes(33)},
    "WAN13 no signature to speak of": {"signature": b"\x30\x06\x02\x01\x01\x02\x01\x01"},
    "WAN13 one byte": {"signature": b"\x00"},
    "WAN13 as long as can be": {"signature": bytes(512)},
    "WAN16 data cut short": {"authdata": bytes(36)},
    "WAN16 data of one byte": {"authdata": bytes(1)},
}


@pytest.mark.parametrize("name", {**SIGN_INS_400, **SIGN_INS_401})
def test_a_sign_in_that_is_not_so(d, owner, name):
    tweak = dict({**SIGN_INS_400, **SIGN_INS_401}[name])
    if "origin" in tweak:
        tweak["origin"] = tweak["origin"].format(host=d.frontend_host, HOST=d.frontend_host.upper())
    browser = d.browser()
    options = browser.post("/auth/passkey/login/begin").data["options"]
    before = d.rows()
    got = browser.post("/auth/passkey/login/finish", owner[2].get(options, tweak.pop("origin", browser.origin), **tweak))
    want = (400, "BAD_REQUEST_BODY") if name in SIGN_INS_400 else (401, "INVALID_CREDENTIALS")
    assert (got.status, got.code) == want, got
    assert {**d.rows(), "throttle": 0} == {**before, "throttle": 0} and not browser.is_signed_in
    # What was refused has cost nothing: the challenge still waits for its answer.
    assert browser.post("/auth/passkey/login/finish", owner[2].get(options, browser.origin)).status == 200


def test_WAN05_the_site_above_and_below(server):
    d = server.deployment(frontend_host=f"app.t{secrets.token_hex(3)}.example.com")
    above = d.frontend_host.split(".", 1)[1]
    assert server.try_cli("deployment", "set", d.host, "passkey_rp_id=com").returncode != 0
    assert server.try_cli("deployment", "set", d.host, "passkey_rp_id=other.example.com").returncode != 0
    assert server.try_cli("deployment", "set", d.host, f"passkey_rp_id=deep.{d.frontend_host}").returncode != 0
    assert server.try_cli("deployment", "set", d.host, f"passkey_rp_id={above}:443").returncode != 0
    d.set(passkey_rp_id=above)
    browser, who = d.signed_in()
    passkey, got = register(browser)
    assert got.status == 200 and passkey.rp_id == above
    assert sign_in(d.browser(), passkey, rp_id=d.frontend_host).code == "INVALID_CREDENTIALS"
    assert sign_in(d.browser(), passkey).status == 200


def test_WAN03_origins_of_the_list_and_below(server):
    d = server.deployment(allowed_origins="https://admin.example.org")
    browser, _ = d.signed_in()
    passkey, got = register(browser, origin="https://admin.example.org")
    assert got.status == 200
    assert sign_in(d.browser(), passkey, origin=f"https://deep.{d.frontend_host}").status == 200
    assert sign_in(d.browser(), passkey, origin="https://admin.example.org:8443").code == "BAD_REQUEST_BODY"


def test_WAN03_a_staging_deployment_has_its_own_site_only(staging):
    """Every page may read its answers, but passkeys belong to one domain."""
    browser, _ = staging.signed_in()
    passkey, got = register(browser)
    assert got.status == 200
    for origin, code in [("https://evil.example", "BAD_REQUEST_BODY"), (f"http://{staging.frontend_host}", "BAD_REQUEST_BODY"),
                         (f"https://x.{staging.frontend_host}", None)]:
        assert sign_in(staging.browser(), passkey, origin=origin).code == code, origin


def test_WAN12_another_persons_passkey(d, owner):
    """The credential decides who it is; a handle of somebody else does not."""
    other, _ = d.signed_in()
    passkey, _ = register(other)
    assert sign_in(d.browser(), owner[2], handle=passkey.handle).code == "INVALID_CREDENTIALS"
    unknown = Passkey()
    unknown.handle = passkey.handle
    assert sign_in(d.browser(), unknown).code == "INVALID_CREDENTIALS"
    forged = Passkey()
    forged.id, forged.handle = passkey.id, passkey.handle
    assert sign_in(d.browser(), forged).code == "INVALID_CREDENTIALS"


@pytest.mark.parametrize("algorithm", [ES256, EDDSA, RS256])
def test_WAN13_each_byte_flipped(d, algorithm):
    browser, _ = d.signed_in()
    passkey, _ = register(browser, Passkey(algorithm))
    fresh = d.browser()
    body = passkey.get(fresh.post("/auth/passkey/login/begin").data["options"], fresh.origin)
    for field in ("signature", "authenticatorData", "clientDataJSON"):
        data = unb64url(body[field])
        for at in range(0, len(data), 1 if algorithm == ES256 else 5):
            flipped = data[:at] + bytes([data[at] ^ (1 << at % 8)]) + data[at + 1:]
            got = fresh.post("/auth/passkey/login/finish", {**body, field: b64url(flipped)})
            assert (got.status, got.code) == (401, "INVALID_CREDENTIALS"), (field, at)
    assert fresh.post("/auth/passkey/login/finish", body).status == 200


def test_WAN17_what_is_to_be_put_up_with(d, owner):
    """A BOM, members nobody knows, extensions nobody asked for."""
    passkey = owner[2]
    fresh = d.browser()
    options = fresh.post("/auth/passkey/login/begin").data["options"]
    client = b"\xef\xbb\xbf" + client_data("webauthn.get", options["publicKey"]["challenge"], fresh.origin, other_keys_can_be_added_here="do not compare",
                                           tokenBinding={"status": "supported"}, nested=[{"a": [1]}])
    assert fresh.post("/auth/passkey/login/finish", passkey.get(options, fresh.origin, client=client)).status == 200
    for extensions in ({"hmac-secret": b"x" * 32}, {"appid": True}, {"new": {"a": [1, {"b": b"c"}]}}, {}):
        assert sign_in(d.browser(), passkey, extensions=extensions).status == 200, extensions
    other, _ = d.signed_in()
    assert register(other, extensions={"credProtect": 2, "hmac-secret": True, "unknown": [1, 2]})[1].status == 200


# ---- WAN-02, F-30, V-10, V-55: one challenge ----

def test_WAN02_no_replay(d, owner):
    fresh = d.browser()
    body = owner[2].get(fresh.post("/auth/passkey/login/begin").data["options"], fresh.origin)
    assert fresh.post("/auth/passkey/login/finish", body).status == 200
    fresh.post("/session/sign-out")
    for browser in (fresh, d.browser()):
        assert browser.post("/auth/passkey/login/finish", body).code == "INVALID_CREDENTIALS"


def test_WAN02_of_one_session_and_deed(d, owner):
    browser, _, passkey = owner
    one, two = d.browser(), d.browser()
    mine = one.post("/auth/passkey/login/begin").data["options"]
    two.post("/auth/passkey/login/begin")
    assert two.post("/auth/passkey/login/finish", passkey.get(mine, two.origin)).code == "INVALID_CREDENTIALS"
    # A challenge for signing in registers nothing, and the other way round.
    for_adding = browser.post("/me/passkeys/register/begin").data["options"]
    for_signing_in = browser.post("/auth/passkey/login/begin").data["options"]
    swapped = {"publicKey": {**for_adding["publicKey"], "challenge": for_signing_in["publicKey"]["challenge"]}}
    assert finish(browser, Passkey().create(swapped, browser.origin)).code == "BAD_REQUEST_BODY"
    swapped = {"publicKey": {**for_signing_in["publicKey"], "challenge": for_adding["publicKey"]["challenge"]}}
    assert browser.post("/auth/passkey/login/finish", passkey.get(swapped, browser.origin)).code == "INVALID_CREDENTIALS"


def test_WAN02_of_one_user(server):
    """Two people in one browser: what one began, the other does not finish."""
    d = server.deployment()
    browser, first = d.signed_in()
    one = browser.session()["active_signin"]["id"]
    options = browser.post("/me/passkeys/register/begin").data["options"]
    browser.sign_in(d.person())
    body = Passkey().create(options, browser.origin)
    assert finish(browser, body).code == "BAD_REQUEST_BODY"
    browser.post("/session/switch-sign-in", None, {"sign_in_id": one})
    assert finish(browser, body).status == 200


def test_WAN02_five_minutes(clock_server):
    d = clock_server.deployment()
    browser, _ = d.signed_in()
    passkey, _ = register(browser)
    options = browser.post("/me/passkeys/register/begin").data["options"]
    fresh = d.browser()
    asked = fresh.post("/auth/passkey/login/begin").data["options"]
    clock_server.advance(299)
    assert fresh.post("/auth/passkey/login/finish", passkey.get(asked, fresh.origin)).status == 200
    fresh = d.browser()
    asked = fresh.post("/auth/passkey/login/begin").data["options"]
    clock_server.advance(301)
    assert fresh.post("/auth/passkey/login/finish", passkey.get(asked, fresh.origin)).code == "INVALID_CREDENTIALS"
    assert finish(browser, Passkey().create(options, browser.origin)).code == "BAD_REQUEST_BODY"
    clock_server.sweep()
    assert d.rows()["passkey_challenge"] == 0


def test_WAN02_at_rest_only_a_hash(d):
    browser = d.browser()
    challenge = browser.post("/auth/passkey/login/begin").data["options"]["publicKey"]["challenge"]
    stored = d.server.stored_bytes()
    assert challenge.encode() not in stored and unb64url(challenge) not in stored
    assert challenge not in d.server.log()


@pytest.mark.parametrize("round_", range(5))
def test_F30_one_challenge_one_winner(d, owner, round_):
    fresh = d.browser()
    body = owner[2].get(fresh.post("/auth/passkey/login/begin").data["options"], fresh.origin)
    tabs = [fresh.twin() for _ in range(12)]
    got = race([lambda b=b: b.post("/auth/passkey/login/finish", body) for b in tabs])
    won = [g for g in got if g.status == 200]
    assert len(won) == 1 and {g.code for g in got} <= {None, "INVALID_CREDENTIALS", "UNAUTHORIZED"}, got


def test_F30_V10_one_registration_one_winner(d):
    browser, _ = d.signed_in()
    options = browser.post("/me/passkeys/register/begin").data["options"]
    bodies = [Passkey().create(options, browser.origin) for _ in range(10)]
    got = race([lambda b=b, t=browser.twin(): finish(t, b) for b in bodies])
    assert sorted(g.status for g in got) == [200] + [400] * 9 and len(browser.get("/me/passkeys").data) == 1


# ---- WAN-14: counters ----

def test_WAN14_a_counter_that_does_not_move_on(d):
    browser, who = d.signed_in()
    passkey, _ = register(browser, Passkey(count=5))
    for count, code in [(6, None), (6, "INVALID_CREDENTIALS"), (5, "INVALID_CREDENTIALS"), (0, "INVALID_CREDENTIALS"), (7, None),
                        (2 ** 32 - 1, None), (2 ** 32 - 1, "INVALID_CREDENTIALS")]:
        assert sign_in(d.browser(), passkey, count=count).code == code, count
    assert d.audit().count("passkey.counter") == 4
    # Without a counter there is none to watch.
    plain, _ = register(browser)
    assert [sign_in(d.browser(), plain).status for _ in range(2)] == [200, 200]
    # One that begins to count has to go on.
    assert [sign_in(d.browser(), plain, count=n).status for n in (1, 0)] == [200, 401]


def test_WAN14_two_with_one_count(d):
    """A copy, used at the same instant: one of the two is found out."""
    browser, _ = d.signed_in()
    passkey, _ = register(browser, Passkey(count=1))
    browsers = [d.browser() for _ in range(6)]
    bodies = [passkey.get(b.post("/auth/passkey/login/begin").data["options"], b.origin, count=2) for b in browsers]
    got = race([lambda b=b, x=x: b.post("/auth/passkey/login/finish", x) for b, x in zip(browsers, bodies)])
    assert sorted(g.status for g in got) == [200] + [401] * 5


def test_WAN08_backed_up_is_kept_as_it_is_told(d):
    browser, _ = d.signed_in()
    passkey, got = register(browser, Passkey(flags=UP | UV | BE))
    assert got.data["passkey"]["backed_up"] is False
    assert sign_in(d.browser(), passkey, flags=UP | UV | BE | BS).status == 200
    assert browser.get("/me/passkeys").data[0]["backed_up"] is True
    assert sign_in(d.browser(), passkey, flags=UP | UV).code == "BAD_REQUEST_BODY"


# ---- who is signed in ----

def test_AUT08_a_passkey_is_both_factors_and_only_when_verified(d, owner):
    assert sign_in(d.browser(), owner[2], flags=UP).code == "INVALID_CREDENTIALS"
    got = sign_in(d.browser(), owner[2])
    assert got.attempt["second_method_authentication_required"] is False and got.data["active_signin"] is not None


def test_A18_the_same_person_twice(d, owner):
    browser, _, passkey = owner
    assert sign_in(browser, passkey).code == "USER_ALREADY_SIGNED_IN"
    assert len(browser.session()["signins"]) == 1


def test_A18_a_disabled_account(server):
    d = server.deployment()
    browser, who = d.signed_in()
    passkey, _ = register(browser)
    server.cli("user", "disable", who.email, "--deployment", d.host)
    assert sign_in(d.browser(), passkey).code == "USER_DISABLED"


def test_A18_too_many_in_one_browser(server):
    d = server.deployment(auth_settings__multi_session_support__max_accounts_per_session="1")
    browser, _ = d.signed_in()
    passkey, _ = register(browser)
    other, _ = d.signed_in()
    assert sign_in(other, passkey).code == "LIMIT_REACHED"


def test_a_deleted_account_takes_its_passkeys_along(server):
    """V-58."""
    d = server.deployment()
    browser, who = d.signed_in()
    passkey, _ = register(browser)
    server.cli("user", "delete", who.email, "--deployment", d.host)
    assert d.rows()["passkey"] == 0 and sign_in(d.browser(), passkey).code == "INVALID_CREDENTIALS"


def test_ENU01_nobody_learns_who_has_a_passkey(d, owner):
    """Options come without a name, and every refusal is one."""
    unknown = Passkey()
    unknown.handle = owner[2].handle
    answers = [sign_in(d.browser(), p, **tweak) for p, tweak in
               [(unknown, {}), (owner[2], {"handle": bytes(32)}), (owner[2], {"signature": bytes(70)})]]
    bodies = set()
    for got in answers:
        body = got.json
        body.pop("session", None)
        bodies.add((got.status, json.dumps(body)))
    assert len(bodies) == 1


def test_A18_tries_are_counted_by_source(limited_server):
    d = limited_server.deployment()
    browser, _ = d.signed_in(ip="198.51.100.99")
    passkey, _ = register(browser)
    fresh = d.browser(ip="203.0.113.77")
    body = passkey.get(fresh.post("/auth/passkey/login/begin").data["options"], fresh.origin, signature=bytes(70))
    codes = [fresh.post("/auth/passkey/login/finish", body).code for _ in range(31)]
    assert codes == ["INVALID_CREDENTIALS"] * 30 + ["RATE_LIMITED"]
    # AUT-06: the account itself is not locked.
    assert sign_in(d.browser(ip="203.0.113.78"), passkey).status == 200


def test_A17_costs_are_bounded_by_source(limited_server):
    d = limited_server.deployment()
    fresh = d.browser(ip="203.0.113.79")
    assert [fresh.post("/auth/passkey/login/begin").code for _ in range(31)][-1] == "RATE_LIMITED"


def test_a_signature_over_anything_else(d, owner):
    """Not the hash alone, not the JSON alone, not in the other order."""
    fresh = d.browser()
    options = fresh.post("/auth/passkey/login/begin").data["options"]
    client = client_data("webauthn.get", options["publicKey"]["challenge"], fresh.origin)
    authdata = owner[2].authdata(d.frontend_host, UP | UV, 0)
    for data in (client, authdata, authdata + client, hashlib.sha256(client).digest() + authdata):
        got = fresh.post("/auth/passkey/login/finish", owner[2].get(options, fresh.origin, client=client, authdata=authdata,
                                                                    signature=sign(owner[2].key, data)))
        assert got.code == "INVALID_CREDENTIALS"
