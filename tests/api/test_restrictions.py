"""Who may have an account: contract 12.3 (restrictions), A3; lists of the operator's."""
# SPDX-License-Identifier: Apache-2.0
import secrets
import signal

import pytest

import mmdb

PASSWORD = "a-long-enough-passphrase"


def form(**kw):
    tag = secrets.token_hex(4)
    return {"email": f"jonas.{tag}@example.org", "username": f"jonas_{tag}", "password": PASSWORD, **kw}


def sign_up(d, **kw):
    return d.browser().post("/auth/signup", form(**kw))


@pytest.fixture(scope="module")
def listed_server(new_server, tmp_path_factory):
    """With an operator's lists."""
    where = tmp_path_factory.mktemp("lists")
    domains, voip = where / "domains.txt", where / "voip.txt"
    domains.write_text("# ours\nthrow.example\n!yopmail.com\n")
    voip.write_text("+1555\n")
    with new_server(["--disposable-domains", str(domains), "--voip-prefixes", str(voip)]) as s:
        s.domains = domains
        yield s


ADDRESSES = [("mailinator.com", 403), ("sub.mailinator.com", 403), ("MAILINATOR.com", 403), ("throw.example", 403), ("yopmail.com", 200),
             ("example.org", 200)]


@pytest.mark.parametrize("domain,status", ADDRESSES)
def test_throw_away_addresses_are_refused(listed_server, domain, status):
    d = listed_server.deployment(restrictions__block_disposable_emails="true")
    got = sign_up(d, email=f"a.{secrets.token_hex(3)}@{domain}")
    assert (got.status, got.code) == (status, None if status == 200 else "DISPOSABLE_EMAIL_BLOCKED")
    assert sign_up(listed_server.deployment(), email=f"a@{domain}").status == 200, "off by default"


def test_the_list_is_read_again_on_sighup_and_a_bad_one_changes_nothing(listed_server):
    d = listed_server.deployment(restrictions__block_disposable_emails="true")
    before = listed_server.domains.read_text()

    def reload(text):
        seen = listed_server.log().count("event=reload") + listed_server.log().count("config.reload")
        listed_server.domains.write_text(text)
        listed_server.process.send_signal(signal.SIGHUP)
        return seen

    reload(before + "later.example\n")
    for _ in range(200):
        if sign_up(d, email=f"{secrets.token_hex(3)}@later.example").status == 403:
            break
    else:
        raise AssertionError("the new list never came into effect")
    reload("no domain\n")
    for _ in range(200):
        if "is no entry of this list" in listed_server.log():
            break
        d.browser().get("/session")
    assert "is no entry of this list" in listed_server.log()
    assert sign_up(d, email="x@later.example").code == "DISPOSABLE_EMAIL_BLOCKED"
    reload(before)


PHONES = {"auth_settings__phone_number__enabled": "true", "auth_settings__phone_number__required": "true"}


def test_internet_numbers_are_refused(listed_server):
    d = listed_server.deployment(restrictions__block_voip_numbers="true", **PHONES)
    got = sign_up(d, phone_number="5551234567", phone_country_code="+1")
    assert (got.status, got.code) == (403, "VOIP_NUMBER_BLOCKED")
    assert sign_up(d, phone_number="2065550100", phone_country_code="+1").status == 200


def test_without_a_list_of_numbers_the_rule_cannot_be_switched_on(server):
    d = server.deployment()
    done = server.try_cli("deployment", "set", d.host, "restrictions.block_voip_numbers=true")
    assert done.returncode == 1 and "voip-prefixes" in done.stderr


COUNTRIES = [("+31", "612345678", 403), ("+1", "4165550100", 403), ("+1", "2065550100", 200), ("+49", "15112345678", 200), ("+999", "1234567", 403)]


@pytest.mark.parametrize("dial,number,status", COUNTRIES)
def test_countries_are_told_by_the_number(server, dial, number, status):
    d = server.deployment(**PHONES).set(restrictions__country_restrictions__enabled="true",
                                        restrictions__country_restrictions__country_codes="NL,CA")
    got = sign_up(d, phone_number=number, phone_country_code=dial)
    assert (got.status, got.code) == (status, None if status == 200 else "COUNTRY_RESTRICTED")


def test_countries_need_something_to_tell_them_by(server):
    d = server.deployment()
    done = server.try_cli("deployment", "set", d.host, "restrictions.country_restrictions.enabled=true")
    assert done.returncode == 1 and "phone_number" in done.stderr


PLACES = [("203.0.113.7", None, 403), ("192.0.2.1", None, 200), ("198.51.100.1", None, 403), ("198.51.100.1", "2065550100", 200),
          ("203.0.113.7", "2065550100", 403), ("192.0.2.1", "4165550100", 403)]


@pytest.fixture(scope="module")
def placed_server(new_server, tmp_path_factory):
    """Knows two networks: one in Austria, one in Norway."""
    path = tmp_path_factory.mktemp("place") / "country.mmdb"
    path.write_bytes(mmdb.build({"203.0.113.0/24": {"country": {"iso_code": "AT"}}, "192.0.2.0/24": {"country": {"iso_code": "NO"}}}))
    with new_server(["--geoip-file", path]) as s:
        yield s


@pytest.mark.parametrize("ip,number,status", PLACES)
def test_countries_are_told_by_the_place_too(placed_server, ip, number, status):
    """No number need be required. From nowhere known, only a number tells."""
    d = placed_server.deployment(auth_settings__phone_number__enabled="true").set(
        restrictions__country_restrictions__enabled="true", restrictions__country_restrictions__country_codes="AT,CA")
    phone = {"phone_number": number, "phone_country_code": "+1"} if number else {}
    got = d.browser(ip=ip).post("/auth/signup", form(**phone))
    assert (got.status, got.code) == (status, None if status == 200 else "COUNTRY_RESTRICTED")


@pytest.mark.parametrize("path,fields,code", [
    ("/me/email-addresses", {"email": "a.second@example.org"}, None),
    ("/me/phone-numbers", {"phone_number": "2065550100", "country_code": "+1"}, None),
    ("/me/phone-numbers", {"phone_number": "4165550100", "country_code": "+1"}, "COUNTRY_RESTRICTED"),
    ("/me/phone-numbers", {"phone_number": "5551234567", "country_code": "+1"}, "VOIP_NUMBER_BLOCKED")])
def test_what_is_added_is_judged_by_itself(listed_server, path, fields, code):
    """An address says nothing of a country. It was refused as a sign-up without a number is."""
    d = listed_server.deployment()
    browser, _ = d.signed_in()
    d.set(**PHONES, restrictions__block_voip_numbers="true", restrictions__country_restrictions__enabled="true",
          restrictions__country_restrictions__country_codes="CA")
    assert browser.post(path, fields).code == code


@pytest.mark.parametrize("number,code", [("4165550100", "COUNTRY_RESTRICTED"), ("5551234567", "VOIP_NUMBER_BLOCKED"), ("2065550100", None)])
def test_what_completes_a_profile_is_judged_too(listed_server, number, code):
    """It was not: whoever left the number out of the form could enter any later."""
    d = listed_server.deployment()
    assert d.browser().post("/auth/signup", form(email="late@example.org")).status == 200
    d.set(**PHONES, restrictions__block_voip_numbers="true", restrictions__country_restrictions__enabled="true",
          restrictions__country_restrictions__country_codes="CA")
    browser = d.browser()
    attempt = browser.post("/auth/signin", {"email": "late@example.org", "password": form()["password"]}).attempt
    got = browser.post("/auth/complete-profile", {"phone_number": number, "phone_country_code": "+1"}, {"attempt_id": attempt["id"]})
    assert got.code == code and browser.is_signed_in == (code is None)


BELOW = [("a@deep.blocked.example", 403), ("a@blocked.example", 200), ("a@notblocked.example", 200)]


@pytest.mark.parametrize("email,status", BELOW)
def test_a_star_stands_for_all_domains_below(server, email, status):
    d = server.deployment(restrictions__blocklist_enabled="true", restrictions__blocklisted_resources="*.blocked.example")
    assert (sign_up(d, email=email).status, sign_up(d, email=email).code) == (status, "EMAIL_BLOCKED" if status == 403 else "EMAIL_EXISTS")


COMMON = ["password", "Password1", "ILoveYou", "sunshine", "qwertyuiop", "trustno1", "football1"]


@pytest.mark.parametrize("password", COMMON)
def test_PWD06_what_anybody_tries_first_is_refused(production, password):
    got = sign_up(production, password=password)
    assert (got.status, got.code) == (400, "WEAK_PASSWORD") and got.message.endswith(".")


def test_PWD06_names_and_the_app_are_no_passwords(server):
    d = server.deployment(ui_settings__app_name="Lumen Works")
    for password in ("LumenWorks2024", "lum3n-works!", "jonas.berg99", "JonasBerg1"):
        got = sign_up(d, password=password, email="jonas.berg@example.org")
        assert got.code == "WEAK_PASSWORD", password


def test_PWD06_the_operator_says_how_strong(server):
    d = server.deployment(password_strength_min="4")
    assert sign_up(d, password="tulip-lamp").code == "WEAK_PASSWORD"
    assert sign_up(d, password="violet-otter-climbs-granite").status == 200
    low = server.deployment(password_strength_min="0")
    assert sign_up(low, password="aaaaaaaab").status == 200 and sign_up(low, password="password1").code == "WEAK_PASSWORD"


def test_AUT07_nobody_has_an_account_by_default(production):
    pairs = [(name, word) for name in ("admin", "root", "administrator", "test", "demo", "user", "sessiond", "guest", "operator", "postgres")
             for word in ("admin", "password", "changeme", "sessiond", "123456")]
    got = {production.browser().post("/auth/signin", {"username": n, "password": w}).status for n, w in pairs}
    assert got == {401} and production.rows()["account"] == 0
