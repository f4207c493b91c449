"""Request bodies: contract 1.5, API-04, F-22, F-23."""
# SPDX-License-Identifier: Apache-2.0
import json
import unicodedata
import urllib.parse

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from client import ENCODINGS, Response, exchange, multipart

# One route that echoes what it took in, for all encodings: POST /me and then GET /me.


@pytest.fixture(scope="module")
def signed_in(server):
    return server.deployment().signed_in()[0]


def rename(browser, body, content_type, query=None):
    return browser.send("POST", "/me", query, body=body, content_type=content_type)


def first_name(browser):
    return browser.get("/me").data["first_name"]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("name", ["Zoë", "李小龍", "a+b&c=d%41", "quote\"inside", "semi;colon", "  trimmed  ", "back\\slash", "🦦"])
def test_every_encoding_carries_every_text(signed_in, encoding, name):
    assert signed_in.send("POST", "/me", fields={"first_name": name}, encoding=encoding).status == 200
    assert first_name(signed_in) == name.strip()


BOUNDARY = "xYzZy"
GOOD = {
    "form with charset": (b"first_name=Form", "application/x-www-form-urlencoded; charset=UTF-8"),
    "form in another case": (b"first_name=Form", "Application/X-WWW-Form-UrlEncoded"),
    "plus is a space": (b"first_name=Two+Words", "application/x-www-form-urlencoded"),
    "empty pieces": (b"&&first_name=Form&&", "application/x-www-form-urlencoded"),
    "json with charset": (b'{"first_name": "Json"}', "application/json; charset=utf-8"),
    "json with white space": (b' \r\n\t{"first_name"\n:"Json"} ', "application/json"),
    "json escapes": (b'{"first_name": "J\\u0073on"}', "application/json"),
    "json number for text": (b'{"first_name": 42}', "application/json"),
    "json null is absent": (b'{"first_name": "Json", "last_name": null}', "application/json"),
    "quoted boundary": (f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="first_name"\r\n\r\nMulti\r\n--{BOUNDARY}--\r\n'.encode(),
                        f'multipart/form-data; boundary="{BOUNDARY}"'),
    "no final line end": (f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="first_name"\r\n\r\nMulti\r\n--{BOUNDARY}--'.encode(),
                          f"multipart/form-data; boundary={BOUNDARY}"),
    "part with a type": (f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="first_name"\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nMulti\r\n--{BOUNDARY}--\r\n'.encode(),
                         f"multipart/form-data; boundary={BOUNDARY}"),
}


@pytest.mark.parametrize("body,content_type", GOOD.values(), ids=GOOD.keys())
def test_spellings_that_mean_the_same(signed_in, body, content_type):
    assert rename(signed_in, body, content_type).status == 200
    assert first_name(signed_in) in ("Form", "Json", "42", "Multi", "Two Words")


NOTHING = {
    "nothing at all": (None, None), "empty": (b"", None), "empty form": (b"", "application/x-www-form-urlencoded"),
    "empty json object": (b"{}", "application/json"), "empty json body": (b"", "application/json"),
    "no parts": (f"--{BOUNDARY}--\r\n".encode(), f"multipart/form-data; boundary={BOUNDARY}"),
    "empty multipart body": (b"", f"multipart/form-data; boundary={BOUNDARY}"),
}


@pytest.mark.parametrize("body,content_type", NOTHING.values(), ids=NOTHING.keys())
def test_ways_to_send_no_fields(signed_in, body, content_type):
    before = signed_in.get("/me").data
    assert rename(signed_in, body, content_type).status == 200
    after = signed_in.get("/me").data
    assert {k: v for k, v in after.items() if k != "updated_at"} == {k: v for k, v in before.items() if k != "updated_at"}


def part(head, value="x", boundary=BOUNDARY):
    return f"--{boundary}\r\n{head}\r\n\r\n{value}\r\n".encode()


END = f"--{BOUNDARY}--\r\n".encode()
DISPOSITION = 'Content-Disposition: form-data; name="first_name"'
FORM, JSON, MULTI = "application/x-www-form-urlencoded", "application/json", f"multipart/form-data; boundary={BOUNDARY}"
BAD = {
    "API-04 duplicate in a form": (b"first_name=a&first_name=b", FORM),
    "API-04 duplicate in multipart": (part(DISPOSITION, "a") + part(DISPOSITION, "b") + END, MULTI),
    "API-04 duplicate in json": (b'{"first_name": "a", "first_name": "b"}', JSON),
    "API-04 duplicate by escape": (b'{"first_name": "a", "first\\u005fname": "b"}', JSON),
    "API-04 byte order mark": (b'\xef\xbb\xbf{"first_name": "a"}', JSON),
    "API-04 UTF-16": ('{"first_name": "a"}'.encode("utf-16"), JSON),
    "API-04 UTF-16 without mark": ('{"first_name": "a"}'.encode("utf-16-le"), JSON),
    "API-04 NUL in json": (b'{"first_name": "a\\u0000b"}', JSON),
    "API-04 raw NUL in json": (b'{"first_name": "a\x00b"}', JSON),
    "API-04 NUL in a form": (b"first_name=a%00b", FORM),
    "API-04 NUL in multipart": (part(DISPOSITION, "a\0b") + END, MULTI),
    "API-04 huge number": (b'{"first_name": 1e999}', JSON),
    "API-04 number beyond 64 bits": (b'{"first_name": 123456789012345678901234567890}', JSON),
    "API-04 depth 33": (b'{"x": ' + b"[" * 33 + b"]" * 33 + b"}", JSON),
    "API-04 lone surrogate": (b'{"first_name": "\\ud800"}', JSON),
    "json array": (b"[]", JSON), "json text": (b'"x"', JSON), "json cut": (b'{"first_name": "a', JSON),
    "json then more": (b'{"first_name": "a"}{}', JSON), "json with comment": (b'{/**/"first_name": "a"}', JSON),
    "json single quotes": (b"{'first_name': 'a'}", JSON), "json trailing comma": (b'{"first_name": "a",}', JSON),
    "json NaN": (b'{"first_name": NaN}', JSON), "json not UTF-8": (b'{"first_name": "\xff"}', JSON),
    "json overlong UTF-8": (b'{"first_name": "\xc0\xaf"}', JSON), "json raw control": (b'{"first_name": "a\nb"}', JSON),
    "json object for text": (b'{"first_name": {"a": "b"}}', JSON), "json list for text": (b'{"first_name": ["a", "b"]}', JSON),
    "form bad escape": (b"first_name=%zz", FORM), "form cut escape": (b"first_name=%4", FORM), "form not UTF-8": (b"first_name=%ff", FORM),
    "form raw not UTF-8": (b"first_name=\xff", FORM),
    "multipart without boundary": (part(DISPOSITION) + END, "multipart/form-data"),
    "multipart empty boundary": (part(DISPOSITION) + END, "multipart/form-data; boundary="),
    "multipart long boundary": (part(DISPOSITION) + END, "multipart/form-data; boundary=" + "b" * 71),
    "multipart two boundaries": (part(DISPOSITION) + END, f"multipart/form-data; boundary={BOUNDARY}; boundary=other"),
    "multipart other boundary": (part(DISPOSITION) + END, "multipart/form-data; boundary=other"),
    "multipart never ends": (part(DISPOSITION), MULTI),
    "multipart cut in a head": (f"--{BOUNDARY}\r\nContent-Disp".encode(), MULTI),
    "multipart without a name": (part("Content-Disposition: form-data") + END, MULTI),
    "multipart without disposition": (part("Content-Type: text/plain") + END, MULTI),
    "multipart not form-data": (part('Content-Disposition: attachment; name="first_name"') + END, MULTI),
    "multipart bare line feeds": ((part(DISPOSITION) + END).replace(b"\r\n", b"\n"), MULTI),
    "multipart encoded part": (part(DISPOSITION + "\r\nContent-Transfer-Encoding: base64", "eA==") + END, MULTI),
    "multipart not UTF-8": (f"--{BOUNDARY}\r\n{DISPOSITION}\r\n\r\n".encode() + b"\xff\r\n" + END, MULTI),
    "multipart with a preamble": (b"before\r\n" + part(DISPOSITION) + END, MULTI),
    "multipart with an epilogue": (part(DISPOSITION) + END + b"after", MULTI),
    "multipart mixed": (part(DISPOSITION) + END, f"multipart/mixed; boundary={BOUNDARY}"),
    "text": (b"first_name=a", "text/plain"), "xml": (b"<first_name/>", "application/xml"), "json by another name": (b"{}", "text/json"),
    "no type": (b"first_name=a", None), "two types": (b"first_name=a", f"{FORM}, {JSON}"), "other charset": (b"first_name=a", FORM + "; charset=utf-16"),
    "too many fields": (b"&".join(b"f%d=1" % i for i in range(300)), FORM),
    "too many keys": (b"{" + b",".join(b'"f%d":1' % i for i in range(300)) + b"}", JSON),
    "too many parts": (b"".join(part(f'Content-Disposition: form-data; name="f{i}"') for i in range(300)) + END, MULTI),
}


@pytest.mark.parametrize("body,content_type", BAD.values(), ids=BAD.keys())
def test_F23_malformed_bodies_are_refused_whole(signed_in, body, content_type):
    before = first_name(signed_in)
    got = rename(signed_in, body, content_type)
    assert (got.status, got.code) == (400, "BAD_REQUEST_BODY"), got
    assert first_name(signed_in) == before


def test_API04_a_hundred_thousand_keys_are_too_large(signed_in):
    body = b"{" + b",".join(b'"k%d":1' % i for i in range(100_000)) + b"}"
    assert rename(signed_in, body, JSON).status == 413


def test_API04_query_and_body_do_not_mix(signed_in):
    """A body field in the query is no field, and a query parameter in the body is none."""
    signed_in.post("/me", {"first_name": "Body"})
    signed_in.post("/me", {"last_name": "x"}, {"first_name": "Query"})
    assert first_name(signed_in) == "Body"
    mine = signed_in.session()["active_signin"]["id"]
    assert signed_in.post("/session/switch-sign-in", {"sign_in_id": mine}).status == 400
    assert signed_in.post("/session/switch-sign-in", None, {"sign_in_id": mine}).status == 200


@pytest.mark.parametrize("query", [[("sign_in_id", "signin_1"), ("sign_in_id", "signin_2")], [("sign_in_id", "")], []])
def test_API04_queries_are_held_to_the_same(signed_in, query):
    got = signed_in.post("/session/switch-sign-in", None, query)
    assert (got.status, got.code) == (400, "BAD_REQUEST_BODY")


@pytest.mark.parametrize("query", ["", "?", "?&", "?&&x", "?x=%41", "?__dev_session__=", "?unknown=1"])
def test_odd_queries_are_nothing(signed_in, query):
    assert signed_in.get("/session" + query).status == 200


@pytest.mark.parametrize("query", ["?template=%zz", "?template=%00", "?template=%ff", "?template=a&template=b"])
def test_broken_queries_are_refused(signed_in, query):
    assert signed_in.get("/session/token" + query).code == "BAD_REQUEST_BODY"


def test_staging_strips_its_parameter_anywhere(staging):
    browser, _ = staging.signed_in()
    mine = browser.session()["active_signin"]["id"]
    for target in (f"/session/switch-sign-in?__dev_session__={browser.token}&sign_in_id={mine}",
                   f"/session/switch-sign-in?sign_in_id={mine}&__dev_session__={browser.token}",
                   f"/session/switch-sign-in?&__dev_session__={browser.token}&sign_in_id={mine}"):
        assert raw_post(staging, target).status == 200, target


def raw_post(deployment, target):
    return Response(*exchange(("127.0.0.1", deployment.server.port), "POST", target, [("Host", deployment.host)], b""))


@pytest.mark.parametrize("value,status", [("true", 200), ("false", 200), ("1", 200), ("0", 200), ("", 200), ("yes", 400), ("TRUE", 400), ("2", 400)])
def test_booleans(signed_in, value, status):
    assert signed_in.post("/me", {"remove_profile_picture": value}).status == status


@pytest.mark.parametrize("value,status", [(True, 200), (False, 200), (1, 200), (0, 200), ("true", 200), (None, 200), (2, 400), ([True], 400)])
def test_json_booleans(signed_in, value, status):
    assert signed_in.send("POST", "/me", fields={"remove_profile_picture": value}, encoding="json").status == status


# ---- sizes ----

def test_F22_body_limit_is_64_kib(signed_in):
    fits = urllib.parse.urlencode({"unknown": "x" * (64 * 1024 - 8)}).encode()
    assert len(fits) == 64 * 1024
    assert rename(signed_in, fits, FORM).status == 200
    over = rename(signed_in, fits + b"x", FORM)
    assert (over.status, over.code) == (413, "PAYLOAD_TOO_LARGE")


def test_F22_request_line_limit(signed_in):
    assert signed_in.get("/session", {"x": "y" * 8000}).status == 200
    got = signed_in.get("/session", {"x": "y" * 8300})
    assert (got.status, got.code) == (414, "URI_TOO_LONG")


def test_F22_header_limits(signed_in):
    assert signed_in.get("/session", headers=[("X-Filler", "y" * 15000)]).status == 200
    for headers in ([("X-Filler", "y" * 17000)], [(f"X-F{i}", "y") for i in range(65)]):
        got = signed_in.get("/session", headers=headers)
        assert (got.status, got.code) == (431, "HEADERS_TOO_LARGE")


def test_F22_long_values_of_fields(signed_in):
    for name in ("first_name", "last_name", "username"):
        assert signed_in.post("/me", {name: "x" * 5000}).code == "BAD_REQUEST_BODY"


# ---- F-23 by generation: whatever comes, an answer in the envelope and never a 5xx ----

BOUNDED = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)


@BOUNDED
@given(body=st.binary(max_size=300), kind=st.sampled_from([FORM, JSON, MULTI]))
def test_F23_any_bytes(signed_in, body, kind):
    assert rename(signed_in, body, kind).status in (200, 400)


@BOUNDED
@given(data=st.data())
def test_F23_damaged_multipart(signed_in, data):
    body, kind = multipart([("first_name", "Mira"), ("last_name", "Okafor")])
    at = data.draw(st.integers(0, len(body) - 1))
    cut = data.draw(st.integers(0, 3))
    body = body[:at] + data.draw(st.binary(max_size=3)) + body[at + cut:]
    assert rename(signed_in, body, kind).status in (200, 400)


@BOUNDED
@given(value=st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=60),
                          lambda kids: st.lists(kids, max_size=4) | st.dictionaries(st.text(max_size=12), kids, max_size=4), max_leaves=12))
def test_F23_any_json(signed_in, value):
    assert rename(signed_in, json.dumps({"first_name": value}).encode(), JSON).status in (200, 400)


@BOUNDED
@given(pairs=st.lists(st.tuples(st.text(max_size=20), st.text(max_size=40)), max_size=8))
def test_F23_any_form_round_trips_or_is_refused(signed_in, pairs):
    assert rename(signed_in, urllib.parse.urlencode(pairs, errors="replace").encode(), FORM).status in (200, 400)


@BOUNDED
@given(name=st.text(alphabet=st.characters(blacklist_categories=("Cs", "Cc", "Cf", "Zl", "Zp", "Co", "Cn")), min_size=1, max_size=50))
def test_any_printable_name_comes_back_in_normal_form(signed_in, name):
    got = signed_in.post("/me", {"first_name": name})
    if got.status == 200 and name.strip():
        assert first_name(signed_in) == unicodedata.normalize("NFC", name.strip())
    else:
        assert got.status in (200, 400)
