"""An organization's domains, proved in the DNS, and who joins by them: contract 3.10, O17-O20, 9.5; TEN-09, F-39, V-57."""
# SPDX-License-Identifier: Apache-2.0
import json
import secrets
import socket
import threading
import time

import pytest

import flows
from harness import race
from members import NOW, fresh as fresh_number, number, write
from test_org_invitations import token_of

NAME = "_sessiond-verification"


@pytest.fixture(params=["production", "staging"])
def place(request, dns_server):
    return dns_server.deployment(request.param)


@pytest.fixture
def owner(place):
    """(browser, path) of somebody who manages an organization."""
    browser, _ = place.signed_in()
    org = browser.post("/organizations", {"name": "Lumen Labs"}).data["organization"]
    return browser, f"/organizations/{org['id']}"


def fresh():
    return f"d{secrets.token_hex(5)}.example.test"


def add(owner, fqdn=None):
    browser, path = owner
    return browser.post(f"{path}/domains", {"domain": fqdn or fresh()}).data


def publish(dns, domain):
    dns.put(f"{domain['verification_dns_record_name']}.{domain['fqdn']}.", domain["verification_dns_record_data"])


def look(owner, domain):
    browser, path = owner
    return browser.post(f"{path}/domains/{domain['id']}/verify")


def proved(dns, owner):
    domain = add(owner)
    publish(dns, domain)
    assert look(owner, domain).status == 200
    return domain


def error(answer):
    return answer.status, answer.json["errors"][0]["code"]


def members(owner):
    browser, path = owner
    return browser.get("/me/organization-memberships").data[0]["organization"]["member_count"]


# ---- the four calls ----

def test_O18_a_claim_names_its_record(owner):
    fqdn = fresh()
    domain = add(owner, f" {fqdn.upper()}. ")
    assert {k: domain[k] for k in ("fqdn", "verified", "verification_dns_record_type", "verification_dns_record_name", "verification_attempts")} == {
        "fqdn": fqdn, "verified": False, "verification_dns_record_type": "TXT", "verification_dns_record_name": NAME, "verification_attempts": 0}
    assert domain["verification_dns_record_data"].startswith("sessiond-verification=") and domain["id"].startswith("domain_")
    browser, path = owner
    assert browser.get(f"{path}/domains").data == [domain]


@pytest.mark.parametrize("text", ["", "example", "exa mple.test", "-a.example.test", "a..example.test", "192.0.2.1", "bücher.test", "*.example.test",
                                  "example.test:443", "https://example.test", "a" * 64 + ".test", ".".join(["a" * 60] * 4), "[::1]"])
def test_O18_what_is_no_domain(owner, text):
    browser, path = owner
    assert error(browser.post(f"{path}/domains", {"domain": text})) == (400, "BAD_REQUEST_BODY")
    assert browser.get(f"{path}/domains").data == []


def test_O19_the_record_proves_it_once_and_for_all(owner, dns):
    domain = add(owner)
    publish(dns, domain)
    data = look(owner, domain).data
    assert data["verified"] is True and data["domain"]["verified"] is True and data["domain"]["id"] == domain["id"]
    again = look(owner, domain)
    assert again.status == 200 and again.data["domain"]["verification_attempts"] == 1


def test_O19_five_looks(owner):
    domain = add(owner)
    for left in (4, 3, 2, 1, 0):
        answer = look(owner, domain)
        assert error(answer) == (400, "BAD_REQUEST_BODY") and f"; {left} look" in answer.json["errors"][0]["message"]
    assert "add it again" in look(owner, domain).json["errors"][0]["message"]
    browser, path = owner
    assert browser.get(f"{path}/domains").data[0]["verification_attempts"] == 5


def test_O19_parallel_looks_count_for_themselves(owner):
    domain = add(owner)
    answers = race([lambda: look(owner, domain) for _ in range(12)])
    assert sum("looks" in a.json["errors"][0]["message"] and "left" in a.json["errors"][0]["message"] or
               "1 look is left" in a.json["errors"][0]["message"] for a in answers) <= 5
    browser, path = owner
    assert browser.get(f"{path}/domains").data[0]["verification_attempts"] <= 5


def test_O19_looks_are_limited_by_the_hour(dns, new_server):
    with new_server(["--dns-server", dns.address, "--throttle-domain-look", "3"]) as s:
        browser, _ = s.deployment().signed_in()
        org = browser.post("/organizations", {"name": "One"}).data["organization"]
        owner = browser, f"/organizations/{org['id']}"
        for _ in range(3):
            assert look(owner, add(owner)).status == 400
        answer = look(owner, add(owner))
        assert error(answer) == (429, "RATE_LIMITED") and answer.header("Retry-After")


def test_O19_looks_are_limited_by_the_hour_for_an_account(dns, new_server):
    """Four threads wait for the DNS of everybody: who makes organization after organization does not get more of them."""
    with new_server(["--dns-server", dns.address, "--throttle-domain-look", "3"]) as s:
        d = s.deployment()
        browser, _ = d.signed_in()
        orgs = [browser.post("/organizations", {"name": "Many"}).data["organization"]["id"] for _ in range(4)]
        owners = [(browser, f"/organizations/{org}") for org in orgs]
        for owner in owners[:3]:
            assert look(owner, add(owner)).status == 400
        claim = add(owners[3])
        answer = look(owners[3], claim)
        assert error(answer) == (429, "RATE_LIMITED") and answer.header("Retry-After")
        assert browser.get(f"{owners[3][1]}/domains").data[0]["verification_attempts"] == 0, "what was refused used up nothing"
        innocent = another(d)
        assert look(innocent, add(innocent)).status == 400


def test_O20_gone_and_added_again_is_another_claim(owner, dns):
    """V-57: a record for the claim before proves nothing."""
    browser, path = owner
    domain = proved(dns, owner)
    answer = browser.post(f"{path}/domains/{domain['id']}/delete")
    assert answer.data["success"] is True and browser.get(f"{path}/domains").data == []
    second = add(owner, domain["fqdn"])
    assert second["verification_dns_record_data"] != domain["verification_dns_record_data"] and second["verified"] is False
    assert look(owner, second).status == 400
    assert error(browser.post(f"{path}/domains/{domain['id']}/delete")) == (403, "FORBIDDEN")


def test_a_name_is_claimed_once(place, owner, dns):
    other, _ = place.signed_in()
    org = other.post("/organizations", {"name": "Other"}).data["organization"]
    domain = proved(dns, owner)
    assert error(other.post(f"/organizations/{org['id']}/domains", {"domain": domain["fqdn"]})) == (409, "CONFLICT")
    browser, path = owner
    assert error(browser.post(f"{path}/domains", {"domain": domain["fqdn"]})) == (409, "CONFLICT")


def another(place, name="Other"):
    """(browser, path) of somebody else, who manages an organization of the same deployment."""
    browser, _ = place.signed_in()
    return browser, f"/organizations/{browser.post('/organizations', {'name': name}).data['organization']['id']}"


def displaced(place):
    return [json.loads(d) for d, in place.server.sql(
        f"SELECT detail FROM audit WHERE deployment_id = {place.number} AND event = 'organization.domain_displaced' ORDER BY id")]


def test_TEN_09_an_unproved_claim_keeps_nobody_out(place, owner, dns):
    """A stranger who added the name, and deleted and added it again every other day, kept it from its owner."""
    squatter = another(place, "Squatter")
    domain = add(squatter)
    assert error(squatter[0].post(f"{squatter[1]}/domains", {"domain": domain["fqdn"]})) == (409, "CONFLICT"), "twice in one organization"
    mine = add(owner, domain["fqdn"])
    assert mine["verification_dns_record_data"] != domain["verification_dns_record_data"]
    squatter[0].post(f"{squatter[1]}/domains/{domain['id']}/delete")
    theirs = add(squatter, domain["fqdn"])
    publish(dns, mine)
    assert look(squatter, theirs).status == 400, "the owner's record proves nothing of theirs"
    assert look(owner, mine).data["verified"] is True
    assert squatter[0].get(f"{squatter[1]}/domains").data == []
    assert error(look(squatter, theirs)) == (403, "FORBIDDEN")
    assert error(squatter[0].post(f"{squatter[1]}/domains", {"domain": domain["fqdn"]})) == (409, "CONFLICT")
    assert displaced(place)[-1] == {"organization_id": squatter[1].rsplit("/", 1)[1], "domain_id": theirs["id"], "fqdn": domain["fqdn"]}


def test_TEN_09_of_many_who_prove_it_at_one_instant_one_does(place, owner, dns):
    """The record of each of them is there (four: as many as wait for the DNS at one time). The name is one
    organization's, and nobody else has a claim left."""
    fqdn = fresh()
    them = [owner] + [another(place) for _ in range(3)]
    claims = [add(who, fqdn) for who in them]
    dns.put(f"{NAME}.{fqdn}.", *[c["verification_dns_record_data"] for c in claims])
    answers = race([lambda who=who, claim=claim: look(who, claim) for who, claim in zip(them, claims)])
    winner, = [i for i, a in enumerate(answers) if a.status == 200]
    assert {a.status for i, a in enumerate(answers) if i != winner} <= {403, 409}
    lists = [browser.get(f"{path}/domains").data for browser, path in them]
    assert [[d["verified"] for d in of_one] for of_one in lists] == [[True] if i == winner else [] for i in range(len(them))]
    assert {e["domain_id"] for e in displaced(place) if e["fqdn"] == fqdn} == {c["id"] for i, c in enumerate(claims) if i != winner}
    browser, path = them[winner]
    browser.post(f"{path}/domains/{claims[winner]['id']}/delete")
    assert add(them[winner - 1], fqdn)["verified"] is False, "given up, it is anybody's to claim again"


def test_TEN_09_what_a_crowd_claimed_proves_nothing(place, owner, dns):
    """A hundred and five claims: a hundred go with the proof, and the others are dead where they are."""
    domain = add(owner)
    publish(dns, domain)
    crowd, d, at = another(place), place.number, f"{NOW}, {NOW}"
    last = add(crowd, domain["fqdn"])
    ids = [fresh_number() for _ in range(104)]
    write(place.server, *[statement for i in ids for statement in (
        f"INSERT INTO organization (deployment_id, id, name, slug, image_url, description, public_metadata, enforce_mfa, ip_restriction, ip_allowlist,"
        f" created_at, updated_at) VALUES ({d}, {i}, 'C', 'crowd-{i}', '', '', '{{}}', 0, 0, '', {at})",
        f"INSERT INTO org_domain (deployment_id, id, org_id, fqdn, token, attempts, created_at, updated_at)"
        f" VALUES ({d}, {i}, {i}, '{domain['fqdn']}', 't', 0, {at})")])
    assert all(i < number(last["id"]) for i in ids), "the browser's is the last of them"
    assert look(owner, domain).status == 200
    assert len([e for e in displaced(place) if e["fqdn"] == domain["fqdn"]]) == 100
    answer = look(crowd, last)
    assert error(answer) == (409, "CONFLICT") and "Another organization" in answer.json["errors"][0]["message"]
    dns.put(f"{NAME}.{domain['fqdn']}.", last["verification_dns_record_data"])
    assert error(look(crowd, last)) == (409, "CONFLICT"), "whatever the DNS says now"
    browser, path = crowd
    assert [(x["verified"], x["verification_attempts"]) for x in browser.get(f"{path}/domains").data] == [(False, 0)]
    assert browser.post(f"{path}/domains/{last['id']}/delete").data["success"] is True


def test_twenty_domains(owner):
    for _ in range(20):
        add(owner)
    browser, path = owner
    assert error(browser.post(f"{path}/domains", {"domain": fresh()})) == (403, "LIMIT_REACHED")


# ---- who may ----

def test_strangers_and_unknown_ids(place, owner, dns):
    domain = add(owner)
    stranger, _ = place.signed_in()
    mine = stranger.post("/organizations", {"name": "Mine"}).data["organization"]
    browser, path = owner
    for answer in (stranger.get(f"{path}/domains"), stranger.post(f"{path}/domains", {"domain": fresh()}), look((stranger, path), domain),
                   look((stranger, f"/organizations/{mine['id']}"), domain), look(owner, {"id": "domain_1"}), look(owner, {"id": "x"}),
                   stranger.post(f"/organizations/{mine['id']}/domains/{domain['id']}/delete")):
        assert error(answer) == (403, "FORBIDDEN")
    assert browser.get(f"{path}/domains").data == [domain]
    assert error(place.browser().get(f"{path}/domains")) == (401, "UNAUTHORIZED")


def test_every_deed_is_written_down(place, owner, dns):
    domain = proved(dns, owner)
    browser, path = owner
    browser.post(f"{path}/domains/{domain['id']}/delete")
    events = [e for e in place.audit() if e.startswith("organization.domain_")]
    assert events[-3:] == ["organization.domain_added", "organization.domain_verified", "organization.domain_deleted"]


# ---- who joins ----

def verifying(place):
    place.set(smtp_host="127.0.0.1", smtp_port="9", smtp_security="none", auth_settings__verification_policy__email="true", **flows.OTP)


def sign_up(place, email):
    browser = place.browser()
    attempt = browser.post("/auth/signup", {"email": email, "password": "violet-otter-climbs-granite", "first_name": "Ada",
                                            "last_name": "L", "username": "u" + secrets.token_hex(5)}).attempt
    assert flows.prepare(browser, attempt).status == 200
    return browser, attempt


def test_TEN_09_sign_up_joins_by_a_proved_domain(place, owner, dns):
    verifying(place)
    domain = proved(dns, owner)
    browser, attempt = sign_up(place, f"ada@{domain['fqdn']}")
    assert flows.verify(browser, attempt, flows.code_to(place, f"ada@{domain['fqdn']}")).status == 200
    data = browser.get("/me/organization-memberships").data
    assert [m["organization"]["name"] for m in data] == ["Lumen Labs"]
    assert [r["name"] for r in data[0]["roles"]] == ["Member"] and members(owner) == 2


def test_TEN_09_unproved_domain_unverified_address_and_name_below_join_nobody(place, owner, dns):
    unproved = add(owner)
    place.set(auth_settings__verification_policy__email="false")
    domain = proved(dns, owner)
    for email in (f"ada@{unproved['fqdn']}", f"bob@{domain['fqdn']}"):  # nothing of theirs was proved
        browser = place.browser()
        assert browser.post("/auth/signup", {"email": email, "password": "violet-otter-climbs-granite", "first_name": "A", "last_name": "B",
                                             "username": "u" + secrets.token_hex(5)}).status == 200
        assert browser.get("/me/organization-memberships").data == []
    verifying(place)
    browser, attempt = sign_up(place, f"eve@sub.{domain['fqdn']}")
    assert flows.verify(browser, attempt, flows.code_to(place, f"eve@sub.{domain['fqdn']}")).status == 200
    assert browser.get("/me/organization-memberships").data == [] and members(owner) == 1


def test_TEN_09_a_domain_that_only_folds_to_it_joins_nobody(place, owner, dns):
    """straße.de and strasse.de are two people's names in the DNS, and one key here: case folding makes "ss" of "ß"."""
    verifying(place)
    domain = add(owner, "strasse-" + fresh())
    publish(dns, domain)
    assert look(owner, domain).status == 200
    lookalike = domain["fqdn"].replace("strasse", "straße")
    browser, attempt = sign_up(place, f"eve@{lookalike}")
    assert flows.verify(browser, attempt, flows.code_to(place, f"eve@{lookalike}")).status == 200
    assert browser.get("/me/organization-memberships").data == [] and members(owner) == 1
    browser, _ = place.signed_in()
    added = browser.post("/me/email-addresses", {"email": f"mallory@{lookalike}"}).data
    path = f"/me/email-addresses/{added['id']}"
    assert browser.post(f"{path}/prepare-verification").status == 200
    assert browser.post(f"{path}/attempt-verification", {"code": flows.code_to(place, f"mallory@{lookalike}")}).status == 200
    assert browser.get("/me/organization-memberships").data == [] and members(owner) == 1


def test_TEN_09_an_invitation_proves_the_mailbox_that_got_it_alone(place, owner, dns):
    """Whoever reads mail at straße.de has not shown strasse.de to be theirs, though both have one key."""
    domain = add(owner, "strasse-" + fresh())
    publish(dns, domain)
    assert look(owner, domain).status == 200
    browser, path = another(place)
    invited, other = f"eve@{domain['fqdn'].replace('strasse', 'straße')}", f"eve@{domain['fqdn']}"
    verifying(place)
    assert browser.post(f"{path}/invitations", {"email": invited}).status == 200
    form = {"password": "violet-otter-climbs-granite", "first_name": "E", "last_name": "V", "username": "u" + secrets.token_hex(5),
            "invite_token": token_of(place, invited)}
    assert place.browser().post("/auth/signup", {"email": other, **form}).code == "EMAIL_NOT_ALLOWED"
    taken = place.browser()
    assert taken.post("/auth/signup", {"email": invited.capitalize(), **form}).status == 200
    assert taken.get("/me/organization-memberships").data == [] and members(owner) == 1


def test_TEN_09_an_added_address_joins_once_it_is_proved(place, owner, dns):
    domain = proved(dns, owner)
    browser, _ = place.signed_in()
    added = browser.post("/me/email-addresses", {"email": f"ada@{domain['fqdn']}"}).data
    assert members(owner) == 1
    path = f"/me/email-addresses/{added['id']}"
    assert browser.post(f"{path}/prepare-verification").status == 200
    assert browser.post(f"{path}/attempt-verification", {"code": flows.code_to(place, f"ada@{domain['fqdn']}")}).status == 200
    assert members(owner) == 2 and len(browser.get("/me/organization-memberships").data) == 1


def test_TEN_09_another_deployments_domain_is_nobodys_here(dns_server, place, owner, dns):
    domain = proved(dns, owner)
    other = dns_server.deployment()
    verifying(other)
    browser, attempt = sign_up(other, f"ada@{domain['fqdn']}")
    assert flows.verify(browser, attempt, flows.code_to(other, f"ada@{domain['fqdn']}")).status == 200
    assert browser.get("/me/organization-memberships").data == []


def test_a_full_organization_does_not_keep_anybody_out_of_their_account(place, owner, dns):
    domain = proved(dns, owner)
    place.set(b2b_settings__max_allowed_org_members="1")
    verifying(place)
    browser, attempt = sign_up(place, f"ada@{domain['fqdn']}")
    assert flows.verify(browser, attempt, flows.code_to(place, f"ada@{domain['fqdn']}")).data["active_signin"]
    assert members(owner) == 1


# ---- name servers that are slow, or change their mind ----

class Slow(threading.Thread):
    """Hears questions and holds them until it is told to go on; then passes them to the real one."""

    def __init__(self, upstream):
        super().__init__(daemon=True)
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.port, self.upstream = self.sock.getsockname()[1], upstream
        self.asked, self.go = threading.Event(), threading.Event()
        self.start()

    def run(self):
        while True:
            question, client = self.sock.recvfrom(512)
            if not question:
                return
            self.asked.set()
            self.go.wait(10)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as up:
                up.settimeout(5)
                up.sendto(question, ("127.0.0.1", self.upstream))
                self.sock.sendto(up.recv(4096), client)

    def close(self):
        self.go.set()
        self.sock.sendto(b"", ("127.0.0.1", self.port))
        self.join(10)


def test_TEN_09_V57_deleted_and_added_again_while_the_DNS_is_asked(dns, new_server):
    slow = Slow(dns.port)
    with new_server(["--dns-server", f"127.0.0.1:{slow.port}"]) as s:
        browser, _ = s.deployment().signed_in()
        org = browser.post("/organizations", {"name": "One"}).data["organization"]
        owner = browser, f"/organizations/{org['id']}"
        domain = add(owner)
        publish(dns, domain)
        answers = []
        looking = threading.Thread(target=lambda: answers.append(look(owner, domain)))
        looking.start()
        assert slow.asked.wait(10)
        browser.post(f"{owner[1]}/domains/{domain['id']}/delete")
        second = add(owner, domain["fqdn"])
        slow.go.set()
        looking.join(20)
        assert error(answers[0]) == (409, "CONFLICT")
        assert browser.get(f"{owner[1]}/domains").data == [second] and second["verified"] is False
    slow.close()


def test_F39_a_mute_name_server_holds_up_nobody(new_server):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        check_mute(new_server, mute.getsockname()[1])


def check_mute(new_server, port):
    """Twelve at once, of whom four wait for the DNS; the other eight workers are everybody's."""
    with new_server(["--dns-server", f"127.0.0.1:{port}", "--workers", "8"]) as s:
        browser, _ = s.deployment().signed_in()
        org = browser.post("/organizations", {"name": "One"}).data["organization"]
        owner = browser, f"/organizations/{org['id']}"
        domain = add(owner)
        looks = threading.Thread(target=lambda: answers.extend(race([lambda: error(look(owner, domain)) for _ in range(12)])))
        answers = []
        looks.start()
        while looks.is_alive():
            began = time.monotonic()
            assert browser.get("/me").status == 200 and time.monotonic() - began < 1
        assert set(answers) <= {(400, "BAD_REQUEST_BODY"), (503, "OVERLOADED")}
        assert browser.get(f"{owner[1]}/domains").data[0]["verification_attempts"] == 0
