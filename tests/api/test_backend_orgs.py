"""Organizations and workspaces over the Backend API, seen by their members: the next GET /session is right."""
# SPDX-License-Identifier: Apache-2.0
import json
import re
import secrets
import urllib.parse

import pytest

import mailbox
import pictures
from backend import Backend, assert_all_seen, assert_foreign_is_nobodys, nobodys_like
from members import NOW, fresh, number, write


@pytest.fixture(scope="session", autouse=True)
def every_outcome(request):
    """When all of this file has run: every call has succeeded, and given each code that is its own."""
    yield
    assert_all_seen(request.session, __name__, globals(), lambda path: path.startswith(("/v1/organizations", "/v1/workspaces")))


@pytest.fixture
def api(production):
    return Backend(production)


def org(api, **fields):
    made = api.post("/v1/organizations", {"name": "Acme", **fields})
    assert made.status == 201, made
    return made.json


def workspace(api, organization, **fields):
    made = api.post(f"/v1/organizations/{organization['id']}/workspaces", {"name": "Lab", **fields})
    assert made.status == 201, made
    return made.json


def role(api, path, name):
    return next(r["id"] for r in api.get(f"{path}/roles").json["data"] if r["name"] == name)


def belongs(browser):
    """The organizations that the user sees themselves in, by id: the permissions they have there."""
    memberships = browser.get("/me/organization-memberships").data
    return {m["organization"]["id"]: sorted(p for r in m["roles"] for p in r["permissions"]) for m in memberships}


# ---- organizations ----

def test_an_organization_is_made_read_changed_deleted(api):
    browser, who = api.deployment.signed_in()
    made = org(api, name="Acme Corp", created_by=who.id, description="Tools", public_metadata={"plan": "<gold>"})
    path = f"/v1/organizations/{made['id']}"
    assert (made["slug"], made["member_count"], made["public_metadata"]) == ("acme-corp", 1, {"plan": "<gold>"})
    assert belongs(browser) == {made["id"]: ["organization:admin"]}
    assert api.get(path).json == made
    assert org(api, name="Acme Corp")["slug"] == "acme-corp-2"
    got = api.patch(path, {"name": "Acme Inc", "description": None, "public_metadata": {}, "enforce_mfa": True, "ip_restriction": True,
                           "ip_allowlist": ["10.0.0.0/8", "::1"]}).json
    assert (got["name"], got["slug"], got["description"], got["enforce_mfa"]) == ("Acme Inc", "acme-corp", "", True)
    assert got["ip_allowlist"] == ["10.0.0.0/8", "::1"]
    assert browser.get("/me/organization-memberships").data[0]["organization"]["name"] == "Acme Inc"
    place = workspace(api, made)
    assert api.patch(path, {"auto_workspace_id": place["id"]}).json["auto_workspace_id"] == place["id"]
    assert api.delete(f"/v1/workspaces/{place['id']}").code == "FORBIDDEN"
    assert api.patch(path, {"auto_workspace_id": None}).json["auto_workspace_id"] is None
    assert api.delete(path).status == 204
    assert belongs(browser) == {}
    assert api.delete(path).status == api.get(path).status == api.patch(path, {}).status == 404


@pytest.mark.parametrize("fields", [{}, {"name": ""}, {"name": " "}, {"name": "x" * 101}, {"name": "A", "slug": "b"}, {"name": "A\u202eb"},
                                    {"name": "A", "public_metadata": 1}, {"name": "A", "member_count": 3}])
def test_organizations_that_cannot_be_made(api, fields):
    assert api.post("/v1/organizations", fields).code == "BAD_REQUEST_BODY"


@pytest.mark.parametrize("fields", [{"ip_allowlist": ["nowhere"]}, {"ip_allowlist": [1]}, {"name": "\u200b"}, {"auto_workspace_id": "x"},
                                    {"auto_workspace_id": "workspace_1"}, {"enforce_mfa": None}])
def test_changes_that_are_refused(api, fields):
    made = org(api)
    got = api.patch(f"/v1/organizations/{made['id']}", {"description": "changed", **fields})
    assert got.code == "BAD_REQUEST_BODY" and len(got.json["errors"][0]["message"]) > 10
    assert api.get(f"/v1/organizations/{made['id']}").json == made


def test_whoever_creates_one_has_a_limit(api):
    who = api.deployment.person()
    api.deployment.set(b2b_settings__max_orgs_per_user="1")
    org(api, created_by=who.id)
    assert api.post("/v1/organizations", {"name": "B", "created_by": who.id}).code == "LIMIT_REACHED"
    for nobody in ("user_1", "x"):
        assert api.post("/v1/organizations", {"name": "B", "created_by": nobody}).status == 404
    assert len(list(api.pages("/v1/organizations", 2))) == 1


# ---- members ----

def test_members_of_an_organization(api):
    browser, who = api.deployment.signed_in()
    made = org(api)
    path = f"/v1/organizations/{made['id']}"
    member, admin = role(api, path, "Member"), role(api, path, "Admin")
    added = api.post(f"{path}/members", {"user_id": who.id}).json
    assert added["user_id"] == who.id and added["role_ids"] == [member] and added["email"] == who.email
    assert belongs(browser) == {made["id"]: ["organization:member"]}
    assert api.post(f"{path}/members", {"user_id": who.id, "role_id": admin}).json == added
    assert api.get(f"{path}/members").json == {"data": [added], "next": None}
    named = f"{path}/members/{added['id']}"
    for _ in range(2):
        assert sorted(api.put(f"{named}/roles/{admin}").json["role_ids"]) == sorted([member, admin])
    assert belongs(browser)[made["id"]] == ["organization:admin", "organization:member"]
    # Nobody would be an admin any more.
    assert api.delete(named).code == api.delete(f"{named}/roles/{admin}").code == "FORBIDDEN"
    second = api.post(f"{path}/members", {"user_id": api.deployment.person().id, "role_id": admin}).json
    assert api.delete(f"{named}/roles/{admin}").json["role_ids"] == [member]
    # By the user's id, too.
    assert api.delete(f"{path}/members/{who.id}").status == 204
    assert belongs(browser) == {}
    assert api.delete(named).status == api.put(f"{named}/roles/{admin}").status == api.delete(f"{named}/roles/{admin}").status == 404
    assert [m["id"] for m in api.pages(f"{path}/members", 1)] == [second["id"]]
    assert "organization.member_added" in api.deployment.audit() and "organization.role_granted" in api.deployment.audit()
    api.deployment.set(b2b_settings__max_allowed_org_members="1")
    assert api.post(f"{path}/members", {"user_id": who.id}).code == "LIMIT_REACHED"


def test_pages_of_members(api):
    made = org(api)
    path = f"/v1/organizations/{made['id']}/members"
    added = [api.post(path, {"user_id": api.deployment.person(password="").id}).json for _ in range(5)]
    assert list(api.pages(path, 2)) == added


def test_roles_of_an_organization(api):
    made = org(api)
    path = f"/v1/organizations/{made['id']}"
    billing = api.post(f"{path}/roles", {"name": "Billing", "permissions": ["organization:member"]})
    assert billing.status == 201 and billing.json["own"] is True
    assert billing.json in api.get(f"{path}/roles").json["data"]
    assert api.post(f"{path}/roles", {"name": "bILLING"}).code == "CONFLICT"
    assert api.post(f"{path}/roles", {"name": "Other", "permissions": ["nothing:there"]}).code == "BAD_REQUEST_BODY"
    who = api.deployment.person()
    added = api.post(f"{path}/members", {"user_id": who.id, "role_id": billing.json["id"]}).json
    assert added["role_ids"] == [billing.json["id"]]
    assert api.delete(f"{path}/roles/{role(api, path, 'Member')}").code == "FORBIDDEN"
    assert api.delete(f"{path}/roles/{billing.json['id']}").status == 204
    assert api.delete(f"{path}/roles/{billing.json['id']}").status == 404
    assert api.get(f"{path}/members").json["data"][0]["role_ids"] == []
    for n in range(100):
        assert api.post(f"{path}/roles", {"name": f"Role {n}"}).status == 201
    assert api.post(f"{path}/roles", {"name": "One more"}).code == "LIMIT_REACHED"


# ---- pictures ----

def test_pictures_of_an_organization_and_of_a_workspace(api):
    browser, who = api.deployment.signed_in()
    made = org(api, created_by=who.id)
    place = workspace(api, made)
    for path, of in ((f"/v1/organizations/{made['id']}", made), (f"/v1/workspaces/{place['id']}", place)):
        got = api.put(f"{path}/picture", body=pictures.png(), content_type="image/png").json
        assert got["image_url"] and {**got, "image_url": "", "updated_at": ""} == {**of, "image_url": "", "updated_at": ""}
        assert pictures.webp_chunks(browser.send("GET", urllib.parse.urlsplit(got["image_url"]).path, check=False).body)[1] == (64, 48)
        assert api.get(path).json == got
        assert api.put(f"{path}/picture", body=b"no picture", content_type="image/png").code == "BAD_REQUEST_BODY"
        assert api.put(f"{path}/picture", {}).code == "BAD_REQUEST_BODY"
        if path.startswith("/v1/organizations"):
            assert browser.get("/me/organization-memberships").data[0]["organization"]["image_url"] == got["image_url"]
        assert api.delete(f"{path}/picture").json["image_url"] == api.get(path).json["image_url"] == ""
    assert {"organization.updated", "workspace.updated"} <= set(api.deployment.audit())
    assert api.deployment.rows()["org_picture"] == 0


# ---- domains ----

def domain(api, organization):
    made = api.post(f"/v1/organizations/{organization['id']}/domains", {"domain": f"D{secrets.token_hex(5)}.example.test."})
    assert made.status == 201, made
    return made.json


def test_a_domain_is_claimed_proved_and_given_up(dns_server, dns):
    """By the same looks as its members have, whoever takes them."""
    api = Backend(dns_server.deployment())
    made = org(api)
    claimed = domain(api, made)
    path = f"/v1/organizations/{made['id']}/domains"
    one = f"{path}/{claimed['id']}"
    assert (claimed["verified"], claimed["looks_left"], claimed["record_name"]) == (False, 5, f"_sessiond-verification.{claimed['domain']}")
    assert api.get(path).json == {"data": [claimed]} and api.get(one).json == claimed
    refused = api.post(f"{one}/verify")
    assert refused.code == "BAD_REQUEST_BODY" and "looks left: 4" in refused.text and api.get(one).json["looks_left"] == 4
    dns.put(claimed["record_name"] + ".", claimed["record_data"])
    for _ in range(2):
        assert api.post(f"{one}/verify").json["verified"] is True
    assert api.get(one).json["verified_at"] is not None
    # Who proves an address in it is a member from then on.
    browser, who = api.deployment.signed_in()
    address = api.post(f"/v1/users/{who.id}/email-addresses", {"email": f"me@{claimed['domain']}"}).json["email_addresses"][-1]
    api.post(f"/v1/users/{who.id}/email-addresses/{address['id']}/verify")
    events = api.deployment.audit()
    assert {"organization.domain_added", "organization.domain_verified"} <= set(events)
    assert api.delete(one).status == 204
    assert api.delete(one).status == api.get(one).status == api.post(f"{one}/verify").status == 404
    assert api.deployment.audit()[-1] == "organization.domain_deleted"


def test_domains_that_are_refused(dns_server):
    api = Backend(dns_server.deployment())
    made, other = org(api), org(api)
    path = f"/v1/organizations/{made['id']}/domains"
    for bad in ("", "example", "192.0.2.1", "a b.test", "https://a.test/"):
        assert api.post(path, {"domain": bad}).json["errors"][0]["param"] == "domain"
    claimed = domain(api, made)
    assert api.post(path, {"domain": claimed["domain"]}).code == "CONFLICT"
    twin = [api.post(path, {"domain": "twin.example.test"}, key="twin") for _ in range(2)]
    assert [t.status for t in twin] == [201, 201] and twin[0].json == twin[1].json
    # Their own, under another organization's name.
    assert api.get(f"/v1/organizations/{other['id']}/domains/{claimed['id']}").status == 404
    assert api.post(f"/v1/organizations/{other['id']}/domains/{claimed['id']}/verify").status == 404
    for _ in range(5):
        assert api.post(f"{path}/{claimed['id']}/verify").code == "BAD_REQUEST_BODY"
    assert "Delete the domain and add it again" in api.post(f"{path}/{claimed['id']}/verify").text
    for _ in range(18):
        domain(api, made)
    assert api.post(path, {"domain": "more.example.test"}).code == "LIMIT_REACHED"


def test_TEN_09_a_domain_is_whose_proof_was_seen(dns_server, dns):
    """Both may claim it. A claim that outlived the other's proof, as those of a crowd do, proves nothing."""
    api = Backend(dns_server.deployment())
    made, other = org(api), org(api)
    path, theirs = (f"/v1/organizations/{of['id']}/domains" for of in (made, other))
    claimed = domain(api, made)
    rival = api.post(theirs, {"domain": claimed["domain"]}).json
    assert rival["record_data"] != claimed["record_data"]
    dns.put(claimed["record_name"] + ".", claimed["record_data"])
    assert api.post(f"{theirs}/{rival['id']}/verify").code == "BAD_REQUEST_BODY"
    assert api.post(f"{path}/{claimed['id']}/verify").json["verified"] is True
    assert api.get(theirs).json == {"data": []} and api.post(theirs, {"domain": claimed["domain"]}).code == "CONFLICT"
    left = fresh()
    write(dns_server, f"INSERT INTO org_domain (deployment_id, id, org_id, fqdn, token, attempts, created_at, updated_at) VALUES"
          f" ({api.deployment.number}, {left}, {number(other['id'])}, '{claimed['domain']}', 't', 0, {NOW}, {NOW})")
    refused = api.post(f"{theirs}/domain_{left}/verify")
    assert refused.code == "CONFLICT" and "Another organization" in refused.text
    assert api.get(f"{theirs}/domain_{left}").json["looks_left"] == 5


def test_an_organizations_looks_are_counted(dns, new_server):
    """Many names, to ask many name servers of others with: the same count as for members. A look that was refused is not used up."""
    with new_server(["--dns-server", dns.address, "--throttle-domain-look", "3"]) as s:
        api = Backend(s.deployment())
        made, other = org(api), org(api)
        one = f"/v1/organizations/{made['id']}/domains/{domain(api, made)['id']}"
        answers = [api.post(f"{one}/verify") for _ in range(4)]
        assert [a.code for a in answers] == ["BAD_REQUEST_BODY"] * 3 + ["RATE_LIMITED"] and int(answers[-1].header("Retry-After")) > 0
        assert api.get(one).json["looks_left"] == 2
        assert api.post(f"/v1/organizations/{other['id']}/domains/{domain(api, other)['id']}/verify").code == "BAD_REQUEST_BODY"


# ---- workspaces ----

def test_a_workspace_and_its_members(api):
    browser, who = api.deployment.signed_in()
    made = org(api)
    place = workspace(api, made, description="Where it happens", public_metadata={"n": 1})
    path = f"/v1/workspaces/{place['id']}"
    assert place["organization_id"] == made["id"] and api.get(path).json == place
    assert api.get(f"/v1/organizations/{made['id']}/workspaces").json == {"data": [place], "next": None}
    assert api.patch(path, {"name": "Lab 2", "enforce_mfa": True, "ip_allowlist": ["10.1.2.3"]}).json["name"] == "Lab 2"
    assert api.patch(path, {"ip_allowlist": ["x"]}).code == "BAD_REQUEST_BODY"
    member, admin = role(api, path, "Member"), role(api, path, "Admin")
    added = api.post(f"{path}/members", {"user_id": who.id}).json
    assert added["role_ids"] == [member] and belongs(browser) == {made["id"]: ["organization:member"]}
    assert [w["workspace"]["id"] for w in browser.get("/me/workspace-memberships").data] == [place["id"]]
    named = f"{path}/members/{added['id']}"
    assert sorted(api.put(f"{named}/roles/{admin}").json["role_ids"]) == sorted([member, admin])
    assert api.delete(f"{named}/roles/{member}").json["role_ids"] == [admin]
    assert api.get(f"{path}/members").json["data"][0]["role_ids"] == [admin]
    for _ in range(2):
        own = api.post(f"{path}/roles", {"name": "Guest", "permissions": ["workspace:member"]})
        assert own.status == 201 and own.json["own"]
    assert api.delete(f"{path}/roles/{own.json['id']}").status == 204
    assert api.delete(f"{path}/roles/{own.json['id']}").status == 404
    assert api.post(f"{path}/roles", {"name": "member"}).code in ("CONFLICT", "FORBIDDEN")
    for n in range(100):
        assert api.post(f"{path}/roles", {"name": f"Role {n}"}).status == 201
    assert api.post(f"{path}/roles", {"name": "One more"}).code == "LIMIT_REACHED"
    second = api.post(f"{path}/members", {"user_id": api.deployment.person().id, "role_id": admin}).json
    assert api.delete(named).status == 204
    assert browser.get("/me/workspace-memberships").data == []
    assert api.delete(named).status == api.put(f"{named}/roles/{admin}").status == api.delete(f"{named}/roles/{admin}").status == 404
    assert [m["id"] for m in api.pages(f"{path}/members", 1)] == [second["id"]]
    api.deployment.set(b2b_settings__max_allowed_workspace_members="1")
    assert api.post(f"{path}/members", {"user_id": who.id}).code == "LIMIT_REACHED"
    assert api.delete(path).status == 204
    assert api.get(path).status == api.delete(path).status == api.patch(path, {}).status == 404


# ---- invitations ----

def link_to(api, email):
    """The token in the newest mail to them."""
    return re.search(r"token=([\w-]+)", json.dumps(mailbox.latest(api.deployment, email)))[1]


def test_invitations_to_an_organization(api):
    made = org(api)
    place = workspace(api, made)
    path = f"/v1/organizations/{made['id']}/invitations"
    admin = role(api, f"/v1/organizations/{made['id']}", "Admin")
    got = api.post(path, {"email": "guest@example.org", "role_id": admin, "workspace_id": place["id"]}).json
    assert (got["role_id"], got["workspace_id"], got["invited_by"]) == (admin, place["id"], None)
    assert mailbox.messages(api.deployment, "guest@example.org")
    assert api.post(path, {"email": "guest@example.org", "workspace_id": place["id"]}).code == "EMAIL_EXISTS"
    for bad in ({"email": "x"}, {"email": "a@b.example", "role_id": "x"}, {"email": "a@b.example", "workspace_id": "workspace_1"},
                {"email": "a@b.example", "workspace_id": "x"}, {"email": "a@b.example", "workspace_role_id": "x"}):
        assert api.post(path, bad).code == "BAD_REQUEST_BODY"
    assert list(api.pages(path, 1)) == [got]
    # Another link, which is worth something, in the place of the one before, which is not.
    links = [link_to(api, "guest@example.org")]
    again = api.post(f"{path}/{got['id']}/resend").json
    assert {**again, "expires_at": ""} == {**got, "expires_at": ""} and again["expires_at"] >= got["expires_at"]
    links.append(link_to(api, "guest@example.org"))
    assert links[0] != links[1]
    browser, _ = api.deployment.signed_in(api.deployment.person(email="guest@example.org"))
    accepted = [browser.post("/organizations/invitations/accept", {"token": link}).data for link in links]
    assert accepted[0]["error_code"] == "INVITATION_NOT_FOUND" and accepted[1]["organization"]["id"] == made["id"]
    assert api.deployment.audit().count("organization.invitation_resent") == 1
    assert api.post(f"{path}/invitation_1/resend").status == api.post(f"{path}/{got['id']}/resend").status == 404
    got = api.post(path, {"email": "other@example.org"}).json
    assert api.delete(f"{path}/{got['id']}").status == 204
    assert api.delete(f"{path}/{got['id']}").status == 404
    api.deployment.set(b2b_settings__max_allowed_org_members="1")
    api.post(f"/v1/organizations/{made['id']}/members", {"user_id": api.deployment.person().id})
    assert api.post(path, {"email": "late@example.org"}).code == "LIMIT_REACHED"


# ---- another tenant's ----

def everything(api):
    who = api.deployment.person()
    made = org(api, created_by=who.id)
    place = workspace(api, made)
    at, in_it = f"/v1/organizations/{made['id']}", f"/v1/workspaces/{place['id']}"
    return {"org": made["id"], "workspace": place["id"], "user": who.id, "orgmem": api.get(f"{at}/members").json["data"][0]["id"],
            "wsmem": api.post(f"{in_it}/members", {"user_id": who.id}).json["id"],
            "orgrole": api.post(f"{at}/roles", {"name": "Own"}).json["id"], "wsrole": api.post(f"{in_it}/roles", {"name": "Own"}).json["id"],
            "invitation": api.post(f"{at}/invitations", {"email": "inv@example.org"}).json["id"], "domain": domain(api, made)["id"]}


def calls_about(ids):
    at, in_it = f"/v1/organizations/{ids['org']}", f"/v1/workspaces/{ids['workspace']}"
    for path in (at, in_it):
        yield from (("GET", path, None), ("PATCH", path, {"name": "X"}), ("DELETE", path, None), ("GET", f"{path}/members", None),
                    ("POST", f"{path}/members", {"user_id": ids["user"]}), ("GET", f"{path}/roles", None), ("POST", f"{path}/roles", {"name": "New"}))
    for path, member, role_id in ((at, ids["orgmem"], ids["orgrole"]), (in_it, ids["wsmem"], ids["wsrole"])):
        yield from (("DELETE", f"{path}/members/{member}", None), ("DELETE", f"{path}/roles/{role_id}", None),
                    ("PUT", f"{path}/members/{member}/roles/{role_id}", None), ("DELETE", f"{path}/members/{member}/roles/{role_id}", None))
    yield from (("GET", f"{at}/workspaces", None), ("POST", f"{at}/workspaces", {"name": "X"}), ("GET", f"{at}/invitations", None),
                ("POST", f"{at}/invitations", {"email": "x@example.org"}), ("DELETE", f"{at}/invitations/{ids['invitation']}", None),
                ("POST", f"{at}/invitations/{ids['invitation']}/resend", None),
                ("GET", f"{at}/domains", None), ("POST", f"{at}/domains", {"domain": "x.example.test"}), ("GET", f"{at}/domains/{ids['domain']}", None),
                ("POST", f"{at}/domains/{ids['domain']}/verify", None), ("DELETE", f"{at}/domains/{ids['domain']}", None),
                ("PUT", f"{at}/picture", None), ("DELETE", f"{at}/picture", None), ("PUT", f"{in_it}/picture", None), ("DELETE", f"{in_it}/picture", None),
                ("POST", "/v1/organizations", {"name": "X", "created_by": ids["user"]}))


def test_TEN04_what_another_tenant_has_is_what_nobody_has(server):
    mine, theirs = Backend(server.deployment()), Backend(server.deployment())
    foreign = everything(theirs)
    assert_foreign_is_nobodys(mine, theirs, foreign, calls_about)


def test_TEN04_nothing_of_theirs_gets_into_ones_own(server):
    """Their user, role or workspace in an organization of one's own: the same as none."""
    mine, theirs = Backend(server.deployment()), Backend(server.deployment())
    foreign, own = everything(theirs), everything(mine)
    nobodys = nobodys_like(foreign)
    at, in_it = f"/v1/organizations/{own['org']}", f"/v1/workspaces/{own['workspace']}"
    for ids in (foreign, nobodys):
        fresh = mine.deployment.person(password="").id
        for method, path, fields, status in (
                ("POST", f"{at}/members", {"user_id": ids["user"]}, 404), ("POST", f"{in_it}/members", {"user_id": ids["user"]}, 404),
                ("POST", f"{at}/members", {"user_id": fresh, "role_id": ids["orgrole"]}, 404),
                ("POST", f"{in_it}/members", {"user_id": fresh, "role_id": ids["wsrole"]}, 404),
                ("PUT", f"{at}/members/{own['orgmem']}/roles/{ids['orgrole']}", None, 404),
                ("PUT", f"{in_it}/members/{own['wsmem']}/roles/{ids['wsrole']}", None, 404),
                ("DELETE", f"{at}/members/{ids['orgmem']}", None, 404), ("DELETE", f"{at}/invitations/{ids['invitation']}", None, 404),
                ("POST", f"{at}/invitations/{ids['invitation']}/resend", None, 404), ("POST", f"{at}/domains/{ids['domain']}/verify", None, 404),
                ("DELETE", f"{at}/domains/{ids['domain']}", None, 404),
                ("PATCH", at, {"auto_workspace_id": ids["workspace"]}, 400),
                ("POST", f"{at}/invitations", {"email": "y@example.org", "workspace_id": ids["workspace"]}, 400),
                ("POST", f"{at}/invitations", {"email": "y@example.org", "role_id": ids["orgrole"]}, 400)):
            assert mine.send(method, path, fields).status == status, (method, path, fields)
