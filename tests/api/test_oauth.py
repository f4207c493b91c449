"""Social and enterprise sign-in while no provider can be configured: contract A4, A5, A13 … A16, M29 … M31."""
# SPDX-License-Identifier: Apache-2.0
import pytest

STATE = {"code": "x", "state": "c2lnbl9pbnwx.eA.eA"}


@pytest.mark.parametrize("method,path,query,code", [
    ("POST", "/auth/oauth2/init", {}, "PROVIDER_REQUIRED"), ("POST", "/auth/oauth2/init", {"provider": "google_oauth"}, "PROVIDER_NOT_CONFIGURED"),
    ("GET", "/auth/oauth2/callback", {"state": "x"}, "CODE_REQUIRED"), ("GET", "/auth/oauth2/callback", {"code": "x"}, "INVALID_STATE"),
    ("GET", "/auth/oauth2/callback", STATE, "INVALID_STATE"),
    ("POST", "/auth/sso/login", {}, "PROVIDER_REQUIRED"), ("POST", "/auth/sso/login", {"connection_id": "conn_1"}, "PROVIDER_NOT_CONFIGURED")])
def test_signed_out(deployment, method, path, query, code):
    got = deployment.browser().send(method, path, query)
    assert (got.status, got.code) == (400, code)


@pytest.mark.parametrize("path,query,status,code", [
    ("/me/init-sso-connection", {}, 400, "PROVIDER_REQUIRED"), ("/me/init-sso-connection", {"provider": "github_oauth"}, 400, "PROVIDER_NOT_CONFIGURED"),
    ("/me/sso-connection-callback", {"state": "x"}, 400, "CODE_REQUIRED"), ("/me/sso-connection-callback", {"code": "x"}, 400, "INVALID_STATE"),
    ("/me/sso-connection-callback", STATE, 400, "INVALID_STATE"), ("/me/social-connections/social_1/disconnect", {}, 404, "NOT_FOUND")])
def test_signed_in(deployment, path, query, status, code):
    browser, _ = deployment.signed_in()
    got = browser.post(path, None, query)
    assert (got.status, got.code) == (status, code)
    assert deployment.browser().post(path, None, query).code == "UNAUTHORIZED"


@pytest.mark.parametrize("method,path", [("POST", "/auth/sso/callback"), ("GET", "/auth/sso/oidc/callback"), ("GET", "/auth/sso/metadata")])
def test_what_is_not_there(production, method, path):
    assert production.browser().send(method, path).code == "NOT_FOUND"


def test_WEB05_a_followed_link_completes_nothing(production):
    got = production.browser().get("/auth/oauth2/callback", STATE, headers=[("Sec-Fetch-Mode", "navigate")])
    assert (got.status, got.code) == (403, "FORBIDDEN")
