"""GET /session/token, its JWT, and the key documents: contract 10; JWT-01 … JWT-12 as far as a caller sees them."""
# SPDX-License-Identifier: Apache-2.0
import base64

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from harness import race


def parts(token):
    return [base64.urlsafe_b64decode(p + "=" * (-len(p) % 4)) for p in token.split(".")]


def keys(deployment):
    return jwt.PyJWKSet.from_dict(deployment.browser().get("/.well-known/jwks.json").json).keys


def verify(deployment, token, **options):
    kid = jwt.get_unverified_header(token)["kid"]
    key = next(k for k in keys(deployment) if k.key_id == kid)
    return jwt.decode(token, key.key, algorithms=["ES256"], options=options)


def mint(browser, **query):
    return browser.get("/session/token", query or None).data


def test_10_1_shape(deployment):
    browser, _ = deployment.signed_in()
    data = mint(browser)
    assert list(data) == ["token", "expires"] and isinstance(data["expires"], int) and data["expires"] > 10**12


@pytest.mark.parametrize("query", [{}, {"template": "default"}, {"template": ""}])
def test_10_2_claims(deployment, query):
    browser, who = deployment.signed_in()
    data = mint(browser, **query)
    claims = verify(deployment, data["token"])
    session = browser.session()["id"]
    assert (claims["sub"], claims["sid"], claims["sess"], claims["session_id"]) == (who.id, session, session, session)
    assert isinstance(claims["iat"], int) and claims["exp"] == claims["iat"] + 60 + 5
    assert data["expires"] == (claims["iat"] + 60) * 1000
    assert claims.get("nbf", claims["iat"] - 5) == claims["iat"] - 5
    assert not {"organization", "workspace", "organization_permissions", "workspace_permissions"} & claims.keys()
    header = jwt.get_unverified_header(data["token"])
    assert header.keys() == {"alg", "typ", "kid"} and (header["alg"], header["typ"]) == ("ES256", "JWT")


def test_10_2_scope_claims(deployment):
    browser, _ = deployment.signed_in()
    org = browser.post("/organizations", {"name": "Lumen"}).data["organization"]["id"]
    room = browser.post("/workspaces", {"organization_id": org, "name": "Optics"}).data["workspace"]["id"]
    claims = verify(deployment, mint(browser)["token"])
    assert claims["organization"] == org and "organization:admin" in claims["organization_permissions"] and "workspace" not in claims
    browser.post("/session/switch-workspace", None, {"workspace_id": room})
    claims = verify(deployment, mint(browser)["token"])
    assert (claims["organization"], claims["workspace"]) == (org, room)
    assert "workspace:admin" in claims["workspace_permissions"]
    assert claims["permissions"] == {"organization": claims["organization_permissions"], "workspace": claims["workspace_permissions"]}


def test_issuer_is_the_origin_in_the_publishable_key(server):
    for d in (server.deployment(), server.deployment("staging"), server.public_deployment(), server.public_deployment(base_url="https://auth.example.net")):
        prefix, kind, encoded = d.publishable_key.split("_")
        origin = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True).decode()
        assert (prefix, kind) == ("pk", "test" if d.mode == "staging" else "live")
        assert verify(d, mint(d.signed_in()[0])["token"])["iss"] == origin
        assert origin == ("http://" + d.host if d.is_loopback else origin) and not origin.endswith("/")
    assert origin == "https://auth.example.net"


def test_lifetime_is_a_deployment_number(server):
    d = server.deployment(jwt_lifetime="300", jwt_clock_skew="0")
    claims = verify(d, mint(d.signed_in()[0])["token"])
    assert claims["exp"] - claims["iat"] == 300


def test_unknown_template(deployment):
    got = deployment.signed_in()[0].get("/session/token", {"template": "no-such"})
    assert (got.status, got.code) == (404, "TEMPLATE_NOT_FOUND")


def test_JWT09_an_ended_sign_in_cannot_mint(deployment):
    browser, _ = deployment.signed_in()
    browser.post("/session/sign-out")
    assert browser.get("/session/token").status == 401


def test_JWT09_revoked_by_the_operator(server, production):
    browser, who = production.signed_in()
    server.cli("session", "revoke", browser.session()["id"], "--deployment", production.host)
    assert browser.get("/session/token").status == 401


def test_JWT02_signatures_are_64_raw_bytes_and_JWT10_never_repeat(production):
    browser, _ = production.signed_in()
    got = [parts(mint(browser)["token"])[2] for _ in range(100)]
    assert {len(s) for s in got} == {64} and len({s[:32] for s in got}) == 100


def test_JWT01_a_changed_token_does_not_verify(production):
    """The key says ES256; a verifier that pins it (as SDKs do) refuses every other header."""
    browser, _ = production.signed_in()
    token = mint(browser)["token"]
    head, body, signature = token.split(".")
    forged = base64.urlsafe_b64encode(parts(token)[1].replace(b"user_", b"user_9")).decode().rstrip("=")
    with pytest.raises(jwt.InvalidSignatureError):
        verify(production, f"{head}.{forged}.{signature}")


def test_JWT12_keys_are_per_deployment(server):
    one, two = server.deployment(), server.deployment()
    kids = [{k.key_id for k in keys(d)} for d in (one, two)]
    assert kids[0].isdisjoint(kids[1])
    token = mint(one.signed_in()[0])["token"]
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(token, keys(two)[0].key, algorithms=["ES256"])


def test_JWT11_jwks_has_public_members_only(deployment):
    got = deployment.browser().get("/.well-known/jwks.json")
    assert got.header("Content-Type").startswith("application/json") and list(got.json) == ["keys"]
    for key in got.json["keys"]:
        assert key.keys() == {"kty", "crv", "alg", "use", "sig", "kid", "x", "y"} - {"sig"}
        assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("EC", "P-256", "ES256", "sig")
        assert len(key["x"]) == len(key["y"]) == 43 and key["kid"]


def test_10_4_jwk_is_the_union_of_three_readings(deployment):
    got = deployment.browser().get("/.well-known/jwk").json
    flat = {k: got[k] for k in ("deployment_id", "public_key", "saml_public_key")}
    assert got["data"] == flat and (got["status"], got["message"], got["session"], got["errors"]) == (200, "", None, [])
    assert flat["deployment_id"] == deployment.id and flat["saml_public_key"] == ""
    pem = load_pem_public_key(flat["public_key"].encode())
    assert pem.public_numbers() == keys(deployment)[0].key.public_numbers()


def test_K3_meta_is_the_ui_settings_raw(deployment):
    browser = deployment.browser()
    assert browser.get("/.well-known/meta").json == browser.get("/deployment").data["ui_settings"]


@pytest.mark.parametrize("path", ["/.well-known/jwks.json", "/.well-known/jwk", "/.well-known/meta"])
def test_well_known_makes_no_session(deployment, path):
    before = deployment.rows()
    got = deployment.browser().get(path)
    assert got.status == 200 and got.token is None and deployment.rows() == before


def test_minting_in_parallel(deployment):
    browser, who = deployment.signed_in()
    got = race([lambda: mint(browser.twin()) for _ in range(16)])
    assert {verify(deployment, g["token"])["sub"] for g in got} == {who.id}


def test_2_7_an_advisory_address_is_heard_on_the_token_exchange_only(server):
    d = server.deployment(forwarded_for_header="X-Acme-Forwarded-For")
    browser, _ = d.signed_in(ip="203.0.113.4")
    assert browser.get("/session/token", headers=[("X-Acme-Forwarded-For", "198.51.100.77")]).status == 200
    assert browser.get("/session/token", headers=[("X-Acme-Forwarded-For", "not an address")]).status == 200
    other = d.browser(ip="203.0.113.5")
    other.post("/auth/signin", {"email": d.person(username="with_header").email, "password": "x"})
    assert other.post("/auth/signin", {"username": "with_header", "password": "violet-otter-climbs-granite"},
                      headers=[("X-Acme-Forwarded-For", "198.51.100.77")]).data["active_signin"]["ip_address"] == "203.0.113.5"


def test_the_key_document_is_stable_and_holds_no_secret(production):
    browser = production.browser()
    first = browser.get("/.well-known/jwks.json")
    assert first.body == browser.get("/.well-known/jwks.json").body and production.secret_key not in first.text
