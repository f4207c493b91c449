"""GET /deployment: the complete tree of contract 12, and nothing else."""
# SPDX-License-Identifier: Apache-2.0
import base64
import json
import re

import pytest

from harness import FIXTURES
from shapes import follows

TREE = json.loads((FIXTURES / "deployment.json").read_text())
TREE["ui_settings"]["theme_tokens"]["light"] = {}    # its colours are the example's own


def tree(d):
    return d.browser().get("/deployment").data


def test_12_3_the_complete_tree(deployment):
    got = tree(deployment)
    example = {**TREE, "social_connections": []}
    follows(example, got, ordered=False)
    assert (got["id"], got["mode"], got["frontend_host"], got["deleted_at"]) == (deployment.id, deployment.mode, deployment.frontend_host, None)
    assert got["backend_host"] == deployment.host and got["publishable_key"] == deployment.publishable_key
    assert isinstance(got["social_connections"], list)


def test_12_3_in_the_contract_s_order(production):
    got = tree(production)
    assert [k for k in got if k in TREE] == list(TREE)
    for name in ("auth_settings", "b2b_settings", "restrictions", "ui_settings"):
        assert [k for k in got[name] if k in TREE[name]] == list(TREE[name]), name


def test_12_3_types_of_every_leaf(production):
    got = tree(production)

    def walk(example, mine, where):
        for key, value in example.items():
            if isinstance(value, dict):
                walk(value, mine[key], f"{where}.{key}")
            elif value is not None:
                assert type(mine[key]) is type(value), f"{where}.{key}"
    walk({k: v for k, v in TREE.items() if k != "social_connections"}, got, "$")


def test_defaults_of_a_new_deployment(production):
    auth, b2b = tree(production)["auth_settings"], tree(production)["b2b_settings"]
    assert auth["verification_policy"] == {"email": False, "phone_number": False}, "nobody could finish without a transport"
    assert (auth["session_token_lifetime"], auth["session_validity_period"], auth["session_inactive_timeout"]) == (1800, 2592000, 604800)
    assert auth["multi_session_support"] == {"enabled": True, "max_accounts_per_session": 5, "max_sessions_per_account": 5}
    assert auth["password"]["min_length"] == 8 and auth["first_factor"] == "email_password"
    assert not [k for k, v in auth["password"].items() if k.startswith("require_") and v], "no composition rules"
    assert b2b["organization_permissions"] == TREE["b2b_settings"]["organization_permissions"]
    assert tree(production)["restrictions"]["sign_up_mode"] == "public"
    for name in ("default_org_creator_role_id", "default_org_member_role_id"):
        assert re.fullmatch(r"orgrole_\d+", b2b[name])
    for name in ("default_workspace_creator_role_id", "default_workspace_member_role_id"):
        assert re.fullmatch(r"wsrole_\d+", b2b[name])


def test_ui_redirects_are_absolute(production):
    """One screen calls new URL() on these without a base."""
    ui = tree(production)["ui_settings"]
    for name in ("sign_in_page_url", "sign_up_page_url", "after_signin_redirect_url", "after_signup_redirect_url"):
        assert re.match(r"https?://", ui[name]), name


CHANGES = [("auth_settings.password.min_length", "12", 12), ("auth_settings.phone_number.enabled", "true", True), ("b2b_settings.workspaces_enabled", "false", False),
           ("restrictions.sign_up_mode", "waitlist", "waitlist"), ("ui_settings.app_name", "Lumen", "Lumen"), ("auth_settings.session_token_lifetime", "600", 600),
           ("auth_settings.auth_factors_enabled.email_otp", "false", False), ("b2b_settings.max_orgs_per_user", "7", 7), ("auth_settings.first_factor", "username_password", "username_password"),
           ("ui_settings.sign_in_page_url", "https://x.example/in", "https://x.example/in"), ("auth_settings.second_factor_policy", "none", "none")]


def test_settings_are_seen_at_once(server, production):
    server.cli("deployment", "set", production.host, *[f"{k}={v}" for k, v, _ in CHANGES])
    got = tree(production)
    for key, _, value in CHANGES:
        node = got
        for step in key.split("."):
            node = node[step]
        assert node == value, key


@pytest.mark.parametrize("pair", ["no.such.key=1", "auth_settings.password.min_lenght=9", "auth_settings.password.min_length=many", "auth_settings.password.min_length=-1",
                                  "restrictions.sign_up_mode=open", "auth_settings.password=1", "auth_settings.password.enabled=maybe", "novalue", "=x", "id=deployment_1", "mode=staging"])
def test_a_wrong_setting_changes_nothing_and_is_named(server, production, pair):
    before = tree(production)
    done = server.try_cli("deployment", "set", production.host, "ui_settings.app_name=Changed", pair)
    assert done.returncode != 0 and done.stderr.strip()
    assert pair.split("=")[0] in done.stderr or pair in ("=x",)
    assert tree(production) == before


@pytest.mark.parametrize("key,word", [("auth_settings.phone_number.whatsapp_verification_allowed", "WhatsApp"), ("auth_settings.verification_policy.email", "mail"),
                                      ("auth_settings.auth_factors_enabled.sso", "single sign-on"), ("auth_settings.second_factor_policy=enforced", "authenticator")])
def test_what_this_release_cannot_do_cannot_be_switched_on(server, production, key, word):
    """Or nobody could sign in any more; the sentence says why."""
    done = server.try_cli("deployment", "set", production.host, key if "=" in key else f"{key}=true")
    assert done.returncode != 0 and word in done.stderr


def test_a_misspelt_key_is_answered_with_the_nearest(server, production):
    assert "auth_settings.password.min_length" in server.try_cli("deployment", "set", production.host, "auth_settings.password.min_lenght=9").stderr


def test_policy_internals_and_secrets_stay_inside(server):
    d = server.deployment(restrictions__banned_keywords="hush,hush2", restrictions__blocklisted_resources="blocked.example",
                          restrictions__allowlisted_resources="allowed.example")
    text = d.browser().get("/deployment").text
    assert not [w for w in ("hush", "blocked.example", "allowed.example", d.secret_key, "sealed", "private", "template", "dns", "secret") if w in text]


def test_12_1_publishable_key(server):
    for d in (server.deployment(), server.deployment("staging")):
        parts = d.publishable_key.split("_")
        assert len(parts) == 3, "the browser splits on the underscore"
        assert base64.b64decode(parts[2] + "=" * (-len(parts[2]) % 4), validate=True).decode() == f"http://{d.host}"
        assert re.match(r"sk_(test|live)_", d.secret_key)
    public = server.public_deployment()
    encoded = public.publishable_key.split("_")[2]
    assert base64.b64decode(encoded + "=" * (-len(encoded) % 4)).decode() == f"https://{public.host}"
