"""Where a sign-in came from: contract 3.2, by a file that the operator supplies."""
# SPDX-License-Identifier: Apache-2.0
import signal

import pytest

import mmdb
from harness import run

GRAZ = mmdb.city("Graz", "Styria", "6", "Austria", "AT")
LYON = mmdb.city("Lyon", "Auvergne-Rhône-Alpes", "ARA", "France", "FR")
PLACE = ("city", "region", "region_code", "country", "country_code")


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("place") / "city.mmdb"
    path.write_bytes(mmdb.build({"203.0.113.0/24": GRAZ, "2001:db8:1::/48": LYON, "192.0.2.0/24": {"country": {"iso_code": "NO"}},
                                 "198.18.0.0/16": {"country": {"iso_code": b"\xff\xfe"}, "city": "x", "subdivisions": []},
                                 "198.19.0.0/16": {"country": {"iso_code": "AT", "names": {"en": "x" * 200}}}}))
    return path


@pytest.fixture(scope="module")
def placed(new_server, file):
    with new_server(["--geoip-file", file]) as server:
        yield server


def place_of(d, ip):
    browser, _ = d.signed_in(ip=ip)
    signin = browser.get("/me/signins").data[0]
    active = browser.session()["active_signin"]
    assert {k: signin[k] for k in PLACE} == {k: active[k] for k in PLACE}
    assert (signin["regionCode"], signin["countryCode"]) == (signin["region_code"], signin["country_code"])
    return tuple(signin[k] for k in PLACE)


@pytest.mark.parametrize("ip,place", [
    ("203.0.113.7", ("Graz", "Styria", "6", "Austria", "AT")), ("2001:db8:1::7", ("Lyon", "Auvergne-Rhône-Alpes", "ARA", "France", "FR")),
    ("192.0.2.1", ("", "", "", "", "NO")), ("198.51.100.1", ("",) * 5), ("198.18.0.1", ("",) * 5), ("198.19.0.1", ("", "", "", "", "AT"))])
def test_M24_has_the_place(placed, ip, place):
    assert place_of(placed.deployment(), ip) == place


def test_without_a_file_it_is_empty(production):
    assert place_of(production, "203.0.113.7") == ("",) * 5


def reload(server, result):
    before = server.log().count(" server.reload ")
    server.process.send_signal(signal.SIGHUP)
    for _ in range(2000):
        if server.log().count(" server.reload ") > before:
            break
        server.admin("GET", "/healthz")
    assert result in server.log()[server.log().rindex(" server.reload "):]


def test_a_replaced_file_is_read_on_reload(new_server, tmp_path):
    path, other = tmp_path / "city.mmdb", tmp_path / "new.mmdb"
    path.write_bytes(mmdb.build({"203.0.113.0/24": GRAZ}))
    with new_server(["--geoip-file", path]) as server:
        d = server.deployment()
        other.write_bytes(mmdb.build({"203.0.113.0/24": LYON}))
        other.rename(path)
        assert place_of(d, "203.0.113.7")[0] == "Graz", "not before"
        reload(server, "result=ok")
        assert place_of(d, "203.0.113.7")[0] == "Lyon"
        other.write_bytes(b"no database")
        other.rename(path)
        reload(server, "kept=old")
        assert place_of(d, "203.0.113.7")[0] == "Lyon", "all or nothing"


@pytest.mark.parametrize("content", [None, b"", b"x" * 1000, b"\0" * 64 + mmdb.MARKER + b"\xff" * 64])
def test_a_file_that_is_none_stops_the_start(tmp_path, content):
    path = tmp_path / "x.mmdb"
    if content is not None:
        path.write_bytes(content)
    done = run("serve", "--data", tmp_path / "data", "--listen", "127.0.0.1:0", "--geoip-file", path)
    assert done.returncode == 1 and "geoip-file" in done.stderr


def test_a_damaged_file_gives_no_place_and_no_harm(new_server, tmp_path):
    path = tmp_path / "city.mmdb"
    good = mmdb.build({"203.0.113.0/24": GRAZ})
    at = good.index(b"\0" * 16) + 16
    path.write_bytes(good[:at] + bytes(b ^ 0x5A for b in good[at:at + 60]) + good[at + 60:])
    with new_server(["--geoip-file", path]) as server:
        assert place_of(server.deployment(), "203.0.113.7")[0] in ("", "Graz")
