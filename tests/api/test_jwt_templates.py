"""Token templates: an operator's claims and keys in a session's JWT. Contract 10.3, JWT-01, JWT-03, JWT-12, TEN-01."""
# SPDX-License-Identifier: Apache-2.0
import base64
import json

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from test_audit import tamper
from test_jwt import keys, mint, parts, verify
from test_ticket import exchange, impersonation

RESERVED = ["iss", "sub", "iat", "exp", "nbf", "sid", "sess", "session_id", "act", "organization", "organization_permissions",
            "workspace", "workspace_permissions", "permissions"]


def pem(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_pem(key):
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


RSA = rsa.generate_private_key(65537, 2048)
EC256, EC384 = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP384R1())
SECRET = "correct-horse-battery-staple-" * 3
# algorithm → (what the operator gives, what verifies)
KEYS = {**{f"HS{n}": (SECRET, SECRET) for n in (256, 384, 512)}, **{f"RS{n}": (pem(RSA), public_pem(RSA)) for n in (256, 384, 512)},
        "ES256": (pem(EC256), public_pem(EC256)), "ES384": (pem(EC384), public_pem(EC384))}


def put(d, name, claims, **kw):
    return d.server.try_cli("jwt-template", "set", name, "--deployment", d.host, stdin=json.dumps({"template": claims, **kw}))


def template(d, name, claims, **kw):
    done = put(d, name, claims, **kw)
    assert done.returncode == 0, done.stderr
    return d


def own_key(algorithm, key=None, enabled=True):
    return {"enabled": enabled, "key": key or KEYS[algorithm][0], "algorithm": algorithm}


def claims_of(d, browser, name, **kw):
    return verify(d, mint(browser, template=name)["token"], verify_aud=False, **kw)


# ---- what they say ----

def test_10_3_claims_are_merged_and_typed(deployment):
    template(deployment, "app", {
        "aud": "api", "role": "user", "n": 1.5, "list": ["{{user_id}}", True], "metadata": {"plan": "{{user.public_metadata.plan}}"},
        "signin": "{{id}}", "session": "{{session_id}}", "user": "{{user_id}}", "name": "{{user.first_name}} {{user.last_name}}",
        "email": "{{user.primary_email_address.email}}", "email_verified": "{{user.primary_email_address.verified}}",
        "address": "{{user.primary_email_address}}", "nothing": "{{user.no.such}}", "between": "<{{user.no.such}}>", "org": "{{active_organization.id}}"})
    browser, who = deployment.signed_in()
    claims = claims_of(deployment, browser, "app")
    seen = browser.session()
    assert (claims["sub"], claims["sid"], claims["exp"] - claims["iat"]) == (who.id, seen["id"], 65)
    assert (claims["aud"], claims["role"], claims["n"], claims["list"]) == ("api", "user", 1.5, [who.id, True])
    assert (claims["signin"], claims["session"], claims["user"]) == (seen["active_signin"]["id"], seen["id"], who.id)
    assert (claims["name"], claims["email"], claims["email_verified"]) == ("Mira Okafor", who.email, True)
    assert claims["address"] == seen["active_signin"]["user"]["primary_email_address"]
    assert (claims["nothing"], claims["between"], claims["metadata"], claims["org"]) == (None, "<>", {"plan": None}, None)
    assert claims["permissions"] == {}


def test_10_3_lifetime_is_the_templates(deployment):
    template(deployment, "long", {}, token_lifetime=3600, allowed_clock_skew=30)
    data = mint(deployment.signed_in()[0], template="long")
    claims = verify(deployment, data["token"])
    assert claims["exp"] == claims["iat"] + 3630 and data["expires"] == (claims["iat"] + 3600) * 1000


def test_10_3_where_one_is(deployment):
    template(deployment, "where", {"org": "{{active_organization.slug}}", "can": "{{active_organization.permissions}}",
                                   "room": "{{active_workspace.name}}", "may": "{{active_workspace.permissions}}"})
    browser, _ = deployment.signed_in()
    org = browser.post("/organizations", {"name": "Lumen"}).data["organization"]
    room = browser.post("/workspaces", {"organization_id": org["id"], "name": "Optics"}).data["workspace"]["id"]
    browser.post("/session/switch-workspace", None, {"workspace_id": room})
    claims = claims_of(deployment, browser, "where")
    assert (claims["organization"], claims["workspace"]) == (org["id"], room)
    assert (claims["org"], claims["can"], claims["room"], claims["may"]) == (org["slug"], ["organization:admin"], "Optics", ["workspace:admin"])


def test_10_3_one_named_default_is_the_default(production):
    browser, _ = production.signed_in()
    assert "tier" not in verify(production, mint(browser)["token"])
    template(production, "default", {"tier": "gold"}, token_lifetime=120)
    for query in ({}, {"template": "default"}, {"template": ""}):
        claims = verify(production, mint(browser, **query)["token"])
        assert claims["tier"] == "gold" and claims["exp"] - claims["iat"] == 125
    production.server.cli("jwt-template", "delete", "default", "--deployment", production.host)
    assert "tier" not in verify(production, mint(browser)["token"])


def test_a_name_is_only_ever_a_value(production):
    """What a user calls themselves cannot become a claim, a placeholder, or the end of one."""
    evil = '{{user_id}}","sub":"user_1","x":"'
    who = production.person(first_name=evil)
    template(production, "app", {"name": "{{user.first_name}}", "greeting": "Hi {{user.first_name}}!"})
    claims = claims_of(production, production.signed_in(who)[0], "app")
    assert (claims["name"], claims["greeting"], claims["sub"]) == (evil, f"Hi {evil}!", who.id) and "x" not in claims


@pytest.mark.parametrize("name", [*RESERVED, "Sub", "EXP", "\u017fub", "I\u017fS", "wor\u212a\u017fpace"])
def test_10_3_reserved_claims_are_refused_when_saved(server, name):
    d = server.deployment()
    done = put(d, "app", {name: "x"})
    assert done.returncode == 1 and "is the server's own" in done.stderr
    assert server.cli("jwt-template", "list", "--deployment", d.host) == ""


BAD = [
    ({"template": {"a": "{{"}}, "placeholder"),
    ({"template": {"a": "{{#each user}}"}}, "placeholder"),
    ({"template": {"{{id}}": 1}}, "names"),
    ({"template": {"a": "x" * 2050}}, "2048 bytes"),
    ({"template": []}, "JSON object"),
    ({}, "JSON object"),
    ([], "JSON object"),
    ({"template": {}, "lifetime": 5}, "no member"),
    ({"template": {}, "name": "other"}, "name is"),
    ({"template": {}, "token_lifetime": 4}, "seconds"),
    ({"template": {}, "token_lifetime": 86401}, "seconds"),
    ({"template": {}, "token_lifetime": "60"}, "seconds"),
    ({"template": {}, "allowed_clock_skew": 61}, "seconds"),
    ({"template": {}, "custom_signing_key": own_key("HS256", "x" * 31)}, "32 bytes"),
    ({"template": {}, "custom_signing_key": own_key("HS384", "x" * 47)}, "48 bytes"),
    ({"template": {}, "custom_signing_key": own_key("HS512", "x" * 63)}, "64 bytes"),
    ({"template": {}, "custom_signing_key": own_key("HS256", public_pem(EC256))}, "key pair"),
    ({"template": {}, "custom_signing_key": own_key("RS256", pem(rsa.generate_private_key(65537, 1024)))}, "2048"),
    ({"template": {}, "custom_signing_key": own_key("RS256", public_pem(RSA))}, "private key"),
    ({"template": {}, "custom_signing_key": own_key("RS256", pem(EC256))}, "RSA"),
    ({"template": {}, "custom_signing_key": own_key("ES256", pem(EC384))}, "curve"),
    ({"template": {}, "custom_signing_key": own_key("ES384", pem(EC256))}, "curve"),
    ({"template": {}, "custom_signing_key": {"algorithm": "none", "key": SECRET}}, "algorithm"),
    ({"template": {}, "custom_signing_key": {"algorithm": "hs256", "key": SECRET}}, "algorithm"),
    ({"template": {}, "custom_signing_key": {"algorithm": "HS256"}}, "missing"),
]


@pytest.mark.parametrize("given,said", BAD, ids=[f"{i}-{said.replace(' ', '_')}" for i, (_, said) in enumerate(BAD)])
def test_refused_when_saved(server, given, said):
    d = server.deployment()
    done = server.try_cli("jwt-template", "set", "app", "--deployment", d.host, stdin=json.dumps(given))
    assert done.returncode == 1 and said in done.stderr, done.stderr
    assert SECRET not in done.stderr and "PRIVATE KEY" not in done.stderr
    assert server.cli("jwt-template", "list", "--deployment", d.host) == "" and "jwt_template.set" not in d.audit()


@pytest.mark.parametrize("name", ["", "a b", "../x", "x" * 65, "na\u00efve"])
def test_names(server, name):
    assert put(server.deployment(), name, {}).returncode in (1, 2)


# ---- keys of their own ----

@pytest.mark.parametrize("algorithm", KEYS)
def test_JWT01_every_algorithm_verifies_and_no_other_does(server, algorithm):
    """A verifier that pins the algorithm, as all must, reads it; no other algorithm and no other key does."""
    d = template(server.deployment(), "app", {"a": "{{user_id}}"}, custom_signing_key=own_key(algorithm))
    browser, who = d.signed_in()
    token = mint(browser, template="app")["token"]
    assert jwt.get_unverified_header(token) == {"alg": algorithm, "typ": "JWT", "kid": "app"}
    assert jwt.decode(token, KEYS[algorithm][1], algorithms=[algorithm])["a"] == who.id
    for other in set(KEYS) - {algorithm}:
        with pytest.raises(jwt.InvalidTokenError):
            jwt.decode(token, KEYS[other][1], algorithms=[other])
    with pytest.raises((jwt.InvalidTokenError, ValueError, TypeError)):
        jwt.decode(token, keys(d)[0].key, algorithms=["ES256"])


def test_JWT12_a_key_of_ones_own_is_published_nowhere(production):
    before = production.browser().get("/.well-known/jwks.json").body
    template(production, "app", {}, custom_signing_key=own_key("ES256"))
    assert production.browser().get("/.well-known/jwks.json").body == before
    assert jwt.get_unverified_header(mint(production.signed_in()[0])["token"])["kid"] != "app"


def test_a_key_is_sealed_and_never_shown(server):
    secret = "hunter2-is-not-a-secret-of-sufficient-length-but-this-one-is-good"
    d = template(server.deployment(), "app", {}, custom_signing_key=own_key("HS256", secret))
    mint(d.signed_in()[0], template="app")
    assert secret.encode() not in server.stored_bytes() and not server.log_contains(secret)
    for words in (["list"], ["show", "app"]):
        shown = server.cli_json("jwt-template", *words, "--deployment", d.host)
        assert shown["custom_signing_key"] == {"enabled": True, "algorithm": "HS256"}


def test_what_is_shown_can_be_changed_and_set_again(server):
    """Without a key in it the one that is stored stays, for the algorithm that it is for."""
    d = template(server.deployment(), "app", {"v": 1}, token_lifetime=90, custom_signing_key=own_key("RS256"))
    browser, _ = d.signed_in()
    shown = server.cli_json("jwt-template", "show", "app", "--deployment", d.host)
    assert (shown["name"], shown["token_lifetime"], shown["allowed_clock_skew"], shown["template"]) == ("app", 90, 5, {"v": 1})
    server.cli("jwt-template", "set", "app", "--deployment", d.host, stdin=json.dumps({**shown, "template": {"v": 2}}))
    assert jwt.decode(mint(browser, template="app")["token"], KEYS["RS256"][1], algorithms=["RS256"])["v"] == 2
    shown["custom_signing_key"]["algorithm"] = "RS512"
    done = server.try_cli("jwt-template", "set", "app", "--deployment", d.host, stdin=json.dumps(shown))
    assert done.returncode == 1 and "another algorithm" in done.stderr
    shown["custom_signing_key"] = {"enabled": False, "algorithm": "RS256"}
    server.cli("jwt-template", "set", "app", "--deployment", d.host, stdin=json.dumps(shown))
    assert verify(d, mint(browser, template="app")["token"])["v"] == 1


def test_TEN01_a_template_and_its_key_are_one_deployments(server):
    one, two = server.deployment(), server.deployment()
    template(one, "app", {"a": 1}, custom_signing_key=own_key("HS256"))
    assert two.signed_in()[0].get("/session/token", {"template": "app"}).code == "TEMPLATE_NOT_FOUND"
    template(two, "app", {"b": 1}, custom_signing_key=own_key("HS256", SECRET[::-1]))
    claims = jwt.decode(mint(one.signed_in()[0], template="app")["token"], SECRET, algorithms=["HS256"])
    assert claims["a"] == 1 and "b" not in claims
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(mint(two.signed_in()[0], template="app")["token"], SECRET, algorithms=["HS256"])


def test_a_sealed_key_opens_only_where_it_was_sealed(new_server):
    """Moved to another template's row it signs nothing, and no other key takes its place."""
    server = new_server()
    server.start()
    d = template(server.public_deployment(), "app", {}, custom_signing_key=own_key("HS256"))
    template(d, "other", {}, custom_signing_key=own_key("HS256", SECRET[::-1]))
    browser, _ = d.signed_in()
    server.stop()
    tamper(server, "UPDATE jwt_template SET sealed_key = (SELECT o.sealed_key FROM jwt_template o WHERE o.name = 'other') WHERE name = 'app'")
    with server:
        browser = browser.twin()
        assert browser.get("/session/token", {"template": "app"}).status == 500
        assert mint(browser, template="other") and mint(browser)["token"]


# ---- who and where, whatever the template ----

def test_act_stays(production):
    """An impersonated sign-in is told as one by every token; with the longest name of an operator."""
    template(production, "app", {"a": 1}, custom_signing_key=own_key("HS256"))
    browser, who, actor = production.browser(), production.person(), "x" * 100
    assert exchange(browser, impersonation(production, who, actor)).status == 200
    claims = jwt.decode(mint(browser, template="app")["token"], SECRET, algorithms=["HS256"])
    assert (claims["sub"], claims["act"], claims["a"]) == (who.id, {"sub": actor}, 1)


def test_JWT09_an_ended_sign_in_mints_by_no_template(deployment):
    template(deployment, "app", {})
    browser, _ = deployment.signed_in()
    browser.post("/session/sign-out")
    assert browser.get("/session/token", {"template": "app"}).code == "UNAUTHORIZED"


def test_audit_and_events(server):
    d = template(server.deployment(), "app", {}, custom_signing_key=own_key("ES384"))
    server.cli("jwt-template", "delete", "app", "--deployment", d.host)
    done = server.try_cli("jwt-template", "delete", "app", "--deployment", d.host)
    assert done.returncode == 1 and "there is no token template" in done.stderr
    rows = server.sql(f"SELECT event, detail FROM audit WHERE deployment_id = {d.number} ORDER BY id")[1:]
    assert [(e, json.loads(x)) for e, x in rows] == [
        ("jwt_template.set", {"name": "app", "algorithm": "ES384"}), ("jwt_template.deleted", {"name": "app"})]


def test_how_many(server):
    d = server.deployment()
    for i in range(64):
        template(d, f"t{i}", {})
    assert "64 token templates" in put(d, "one-more", {}).stderr and put(d, "t7", {"a": 1}).returncode == 0


# ---- how long ----

def test_a_token_fits_a_header(server):
    """4096 bytes at most, whatever stands in a profile; beyond, nothing is signed."""
    d = template(server.deployment(), "big", {"a": "x" * 2000}, custom_signing_key=own_key("RS512"))
    template(d, "bigger", {f"a{i}": "{{user}}" for i in range(10)})
    template(d, "mixed", {"a": "{{user.first_name}}" * 100})
    browser, _ = d.signed_in(d.person(first_name="M" * 100))
    assert len(mint(browser, template="big")["token"]) <= 4096
    for name in ("bigger", "mixed"):
        got = browser.get("/session/token", {"template": name})
        assert (got.status, got.code) == (403, "LIMIT_REACHED"), got


MANY = " ".join(f"documents:operation-{i:03}" for i in range(200))


@pytest.fixture(scope="module")
def crowded(new_server):
    """A person in a hundred organizations; roles that grant 200 permissions at one deployment, few at another; closed doors at a third."""
    server = new_server()
    server.start()
    made = {name: server.public_deployment() for name in ("many", "few", "closed")}
    people = {}
    for name, d in made.items():
        template(d, "app", {"org": "{{active_organization.id}}", "can": "{{active_organization.permissions}}", "room": "{{active_workspace}}"})
        browser, _ = d.signed_in()
        orgs = [browser.post("/organizations", {"name": f"O {i}"}).data["organization"]["id"] for i in range(100 if name == "many" else 2)]
        room = browser.post("/workspaces", {"organization_id": orgs[-1], "name": "Optics"}).data["workspace"]["id"]
        browser.post("/session/switch-workspace", None, {"workspace_id": room})
        people[name] = (d, browser, orgs, room)
    server.stop()
    number = {name: d.number for name, d in made.items()}
    for table in ("orgrole", "wsrole"):
        tamper(server, f"UPDATE {table} SET permissions = '{MANY}' WHERE deployment_id = {number['many']}")
        tamper(server, f"UPDATE {table} SET permissions = 'a:b a:b documents:read c:d' WHERE deployment_id = {number['few']}")
    tamper(server, f"UPDATE organization SET ip_restriction = 1, ip_allowlist = '192.0.2.1' WHERE deployment_id = {number['closed']}")
    with server:
        yield {name: (d, browser.twin(), orgs, room) for name, (d, browser, orgs, room) in people.items()}


def payload(token):
    return parts(token)[1]


def test_the_default_token_is_short_whatever_the_memberships(crowded):
    """512 bytes of claims: a hundred organizations and hundreds of permissions do not make a header that no proxy takes."""
    d, browser, orgs, room = crowded["many"]
    token = mint(browser)["token"]
    claims = verify(d, token)
    assert len(payload(token)) <= 512 and len(token) <= 512 * 4 / 3 + 2 + 2 * 108
    assert (claims["organization"], claims["workspace"], claims["permissions"]) == (orgs[-1], room, {})
    # Not told is not the same as none.
    assert not {"organization_permissions", "workspace_permissions"} & claims.keys()
    # A template can ask for them, as far as they fit a header.
    assert browser.get("/session/token", {"template": "app"}).code == "LIMIT_REACHED"


def test_permissions_are_told_twice_once_or_not(crowded):
    d, browser, _, _ = crowded["few"]
    claims = verify(d, mint(browser)["token"])
    told = ["a:b", "documents:read", "c:d"]
    assert claims["permissions"] == {"organization": told, "workspace": told}
    assert len(payload(mint(browser)["token"])) <= 512
    d.set(jwt_claims_max="1536")
    claims = verify(d, mint(browser)["token"])
    assert claims["organization_permissions"] == claims["workspace_permissions"] == told and claims["permissions"]["organization"] == told
    assert claims_of(d, browser, "app")["can"] == told


def test_9_4_a_scope_that_one_may_not_enter_is_not_vouched_for(crowded):
    """Not by the claims, and not by a placeholder either; the scope stays active."""
    d, browser, orgs, room = crowded["closed"]
    assert browser.session()["organization"]["id"] == orgs[-1]
    for name in ("default", "app"):
        claims = claims_of(d, browser, name)
        assert not {"organization", "workspace", "organization_permissions", "workspace_permissions"} & claims.keys()
        assert claims["permissions"] == {} and orgs[-1] not in json.dumps(claims) and room not in json.dumps(claims)
    assert (claims["org"], claims["can"], claims["room"]) == (None, None, None)


def test_9_4_nor_by_the_ids_of_its_memberships(crowded):
    """{{active_organization_membership_id}} named the organization that the claims left out."""
    d, browser, _, _ = crowded["closed"]
    template(d, "pointers", {"o": "{{active_organization_membership_id}}", "w": "{{active_workspace_membership_id}}"})
    claims = claims_of(d, browser, "pointers")
    assert (claims["o"], claims["w"]) == (None, None) and browser.session()["active_signin"]["active_organization_membership_id"]


@pytest.mark.parametrize("off,gone", [("workspaces_enabled", ["workspace"]), ("organizations_enabled", ["organization", "workspace"])])
def test_TEN12_V40_what_is_switched_off_is_vouched_for_no_more(server, off, gone):
    """Claims went on to say where somebody acts, and with which permissions, after the operator had switched it off."""
    d = template(server.deployment(), "app", {"org": "{{active_organization.id}}", "room": "{{active_workspace.id}}"})
    browser, _ = d.signed_in()
    org = browser.post("/organizations", {"name": "Lumen"}).data["organization"]["id"]
    room = browser.post("/workspaces", {"organization_id": org, "name": "Optics"}).data["workspace"]["id"]
    browser.post("/session/switch-workspace", None, {"workspace_id": room})
    assert claims_of(d, browser, "app")["room"] == room
    d.set(**{f"b2b_settings__{off}": "false"})
    for name in ("default", "app"):
        claims = claims_of(d, browser, name)
        assert not any(kind in claims or f"{kind}_permissions" in claims or kind in claims["permissions"] for kind in gone), claims
        assert room not in json.dumps(claims) and ("organization" in gone) == (org not in json.dumps(claims))


def test_tokens_are_base64url_of_compact_json(production):
    template(production, "app", {"a": {"b": [1, "\u00e9"]}})
    token = mint(production.signed_in()[0], template="app")["token"]
    assert base64.urlsafe_b64encode(payload(token)).decode().rstrip("=") == token.split(".")[1]
    assert payload(token).endswith('"a":{"b":[1,"é"]}}'.encode())
