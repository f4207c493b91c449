"""The HTTP edge: one reading of every message, or none. F-20, F-21, F-22, API-02, contract 4.9."""
# SPDX-License-Identifier: Apache-2.0
import time

import pytest

from client import Raw, answers
from harness import race

# What a smuggler hopes to have read as a second request.
PREFIX = b"GET /smuggled HTTP/1.1\r\nHost: %H\r\n\r\n"


@pytest.fixture(scope="module")
def place(server):
    return server.deployment()


def talk(place, message, **kw):
    """All statuses that one message gets until the server closes the connection."""
    with Raw(place.server, **kw) as raw:
        raw.send(message.replace(b"%H", place.host.encode()))
        raw.sock.shutdown(1)
        return answers(raw.read_all())


def get(*fields, target=b"/session", version=b"HTTP/1.1", method=b"GET"):
    return b"%s %s %s\r\n" % (method, target, version) + b"".join(f + b"\r\n" for f in (b"Host: %H", *fields)) + b"\r\n"


def post(*fields, body=b"", target=b"/auth/identify"):
    return get(*fields, target=target, method=b"POST") + body


CHUNKED = b"Transfer-Encoding: chunked"
FORM = b"Content-Type: application/x-www-form-urlencoded"

# Everything here may be read in two ways by two readers: 400 (or the status named) and close, and never a second answer.
REFUSED = {
    "two lengths that differ": post(b"Content-Length: 0", b"Content-Length: 44"),
    "two lengths alike": post(b"Content-Length: 0", b"Content-Length: 0"),
    "a list of lengths": post(b"Content-Length: 0, 0"),
    "a list of different lengths": post(b"Content-Length: 0, 44"),
    "length and chunked": post(b"Content-Length: 5", CHUNKED, body=b"0\r\n\r\n"),
    "chunked and length": post(CHUNKED, b"Content-Length: 5", body=b"0\r\n\r\n"),
    "length with plus": post(b"Content-Length: +0"),
    "length with minus": post(b"Content-Length: -0"),
    "length in hex": post(b"Content-Length: 0x0"),
    "length empty": post(b"Content-Length:"),
    "length with a leading zero": post(b"Content-Length: 00"),
    "length with blank inside": post(b"Content-Length: 0 0"),
    "length with underscore": post(b"Content-Length: 1_0"),
    "length beyond 64 bits": post(b"Content-Length: 18446744073709551616"),
    "length that wraps": post(b"Content-Length: 18446744073709551617"),
    "length as a fraction": post(b"Content-Length: 0.0"),
    "length quoted": post(b'Content-Length: "0"'),
    "chunked twice": post(b"Transfer-Encoding: chunked, chunked", body=b"0\r\n\r\n"),
    "chunked in two fields": post(CHUNKED, CHUNKED, body=b"0\r\n\r\n"),
    "chunked then identity": post(b"Transfer-Encoding: chunked, identity", body=b"0\r\n\r\n"),
    "identity": post(b"Transfer-Encoding: identity"),
    "gzip": post(b"Transfer-Encoding: gzip", body=b"0\r\n\r\n"),
    "gzip, chunked": post(b"Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n"),
    "xchunked": post(b"Transfer-Encoding: xchunked", body=b"0\r\n\r\n"),
    "chunked with parameter": post(b"Transfer-Encoding: chunked;q=1", body=b"0\r\n\r\n"),
    "chunked with vertical tab": post(b"Transfer-Encoding: \x0bchunked", body=b"0\r\n\r\n"),
    "chunked quoted": post(b'Transfer-Encoding: "chunked"', body=b"0\r\n\r\n"),
    "transfer encoding empty": post(b"Transfer-Encoding:", body=b"0\r\n\r\n"),
    "chunked in HTTP/1.0": get(CHUNKED, version=b"HTTP/1.0", method=b"POST") + b"0\r\n\r\n",
    "blank before the colon": post(b"Content-Length : 0"),
    "tab before the colon": post(b"Transfer-Encoding\t: chunked", body=b"0\r\n\r\n"),
    "folded field": get(b"X-A: b\r\n c"),
    "folded transfer encoding": post(b"Transfer-Encoding:\r\n chunked", body=b"0\r\n\r\n"),
    "blank before the first field": b"GET /session HTTP/1.1\r\n Host: %H\r\n\r\n",
    "bare line feed between fields": b"GET /session HTTP/1.1\nHost: %H\n\n",
    "bare line feed after the request line": b"GET /session HTTP/1.1\nHost: %H\r\n\r\n",
    "bare line feed at the end of the head": b"GET /session HTTP/1.1\r\nHost: %H\r\n\n",
    "bare carriage return in a value": get(b"X-A: b\rTransfer-Encoding: chunked"),
    "bare carriage return as line end": b"GET /session HTTP/1.1\rHost: %H\r\r",
    "NUL in a value": get(b"X-A: b\0c"),
    "NUL in a name": get(b"X-\0A: b"),
    "control in a value": get(b"X-A: \x01"),
    "DEL in a value": get(b"X-A: \x7f"),
    "field without a colon": get(b"X-A b"),
    "field with an empty name": get(b": b"),
    "blank inside a name": get(b"X A: b"),
    "non-ASCII name": get("É: b".encode()),
    "parenthesis in a name": get(b"X(A): b"),
    "no host": b"GET /session HTTP/1.1\r\nX-A: b\r\n\r\n",
    "no host in HTTP/1.0": b"GET /session HTTP/1.0\r\n\r\n",
    "two hosts": get(b"Host: %H"),
    "two hosts in two cases": get(b"hOST: other.example"),
    "empty host": b"GET /session HTTP/1.1\r\nHost:\r\n\r\n",
    "host with userinfo": b"GET /session HTTP/1.1\r\nHost: user@%H\r\n\r\n",
    "host with path": b"GET /session HTTP/1.1\r\nHost: %H/x\r\n\r\n",
    "absolute target of another host": get(target=b"http://other.example/session"),
    "absolute target with userinfo": get(target=b"http://user@%H/session"),
    "authority target": get(target=b"%H"),
    "star with GET": get(target=b"*"),
    "relative target": get(target=b"session"),
    "target with fragment": get(target=b"/session#x"),
    "target with blank": get(target=b"/ses sion"),
    "target with tab": get(target=b"/ses\tsion"),
    "target with control": get(target=b"/session\x01"),
    "target not ASCII": get(target="/séssion".encode()),
    "target with NUL": get(target=b"/session\0"),
    "two blanks after the method": b"GET  /session HTTP/1.1\r\nHost: %H\r\n\r\n",
    "tab after the method": b"GET\t/session HTTP/1.1\r\nHost: %H\r\n\r\n",
    "blank before the method": b" GET /session HTTP/1.1\r\nHost: %H\r\n\r\n",
    "blank after the version": b"GET /session HTTP/1.1 \r\nHost: %H\r\n\r\n",
    "HTTP/0.9": b"GET /session\r\n\r\n",
    "HTTP/1.2": get(version=b"HTTP/1.2"),
    "HTTP/1.10": get(version=b"HTTP/1.10"),
    "HTTP/2.0": get(version=b"HTTP/2.0"),
    "http/1.1": get(version=b"http/1.1"),
    "HTTP/1": get(version=b"HTTP/1"),
    "HTTP/ 1.1": get(version=b"HTTP/ 1.1"),
    "the HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS to the plain port": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 60 + b"\r\n\r\n",
    "method that is no token": get(method=b"G@ET"),
    "empty request line": b"\r\n \r\n",
    "an empty line before the request": b"\r\n" + get(),
    "expectation unknown": post(b"Expect: 200-ok", b"Content-Length: 0"),
    "chunk size with 0x": post(CHUNKED, body=b"0x1\r\na\r\n0\r\n\r\n"),
    "chunk size with plus": post(CHUNKED, body=b"+1\r\na\r\n0\r\n\r\n"),
    "chunk size with minus": post(CHUNKED, body=b"-1\r\na\r\n0\r\n\r\n"),
    "chunk size with leading blank": post(CHUNKED, body=b" 1\r\na\r\n0\r\n\r\n"),
    "chunk size with trailing blank": post(CHUNKED, body=b"1 \r\na\r\n0\r\n\r\n"),
    "chunk size empty": post(CHUNKED, body=b"\r\na\r\n0\r\n\r\n"),
    "chunk size beyond 64 bits": post(CHUNKED, body=b"10000000000000001\r\na\r\n0\r\n\r\n"),
    "chunk size with underscore": post(CHUNKED, body=b"0_1\r\na\r\n0\r\n\r\n"),
    "chunk line ends with a bare line feed": post(CHUNKED, body=b"1\na\r\n0\r\n\r\n"),
    "chunk data ends with a bare line feed": post(CHUNKED, body=b"1\r\na\n0\r\n\r\n"),
    "chunk longer than said": post(CHUNKED, body=b"1\r\nab\r\n0\r\n\r\n"),
    "chunk shorter than said": post(CHUNKED, body=b"5\r\na\r\n0\r\n\r\n"),
    "chunk with two line feeds": post(CHUNKED, body=b"1\r\na\r\r\n0\r\n\r\n"),
    "chunk extension": post(CHUNKED, body=b"1;x=y\r\na\r\n0\r\n\r\n"),
    "chunk extension with a bare line feed": post(CHUNKED, body=b"1;x\n\r\na\r\n0\r\n\r\n"),
    "chunk extension with NUL": post(CHUNKED, body=b"1;\0\r\na\r\n0\r\n\r\n"),
    "trailer that folds": post(CHUNKED, body=b"0\r\nX-A: b\r\n c\r\n\r\n"),
    "trailer with a bare line feed": post(CHUNKED, body=b"0\r\nX-A: b\n\r\n"),
}


@pytest.mark.parametrize("message", REFUSED.values(), ids=REFUSED.keys())
def test_F21_ambiguous_messages_are_refused_and_the_connection_ends(place, message):
    got = talk(place, message + PREFIX)
    assert len(got) == 1 and got[0] in (400, 405, 414, 417, 431, 501, 505), got


FLOODS = {
    "chunk extensions": (post(CHUNKED, body=b"1;" + b"x" * 20000 + b"\r\na\r\n0\r\n\r\n"), {400, 413, 431}),
    "many small extensions": (post(CHUNKED, body=b"1;xxxxxxxxxxxxxxxxxxxx\r\na\r\n" * 5000 + b"0\r\n\r\n"), {400, 413, 431}),
    "one-byte chunks beyond the limit": (post(CHUNKED, body=b"1\r\na\r\n" * 70000 + b"0\r\n\r\n"), {400, 413}),
    "trailers": (post(CHUNKED, body=b"0\r\n" + b"X-A: bbbbbbbbbbbbbbbbbbbb\r\n" * 3000 + b"\r\n"), {400, 413, 431}),
    "empty lines before the request": (b"\r\n" * 10000 + get(), {400, 431}),
    "65 fields": (get(*[b"X-%d: y" % i for i in range(65)]), {431}),
    "request line": (get(target=b"/" + b"x" * 9000), {414}),
    "method": (get(method=b"X" * 9000), {400, 405, 414, 501}),
    "header": (get(b"X-A: " + b"y" * 17000), {431}),
    "header name": (get(b"X" * 17000 + b": y"), {400, 431}),
    "length": (post(b"Content-Length: 65537", body=b"x" * 65537), {413}),
    "length, without the body": (post(b"Content-Length: 9999999999"), {413}),
}


@pytest.mark.parametrize("message,statuses", FLOODS.values(), ids=FLOODS.keys())
def test_F22_floods_are_refused_and_the_connection_ends(place, message, statuses):
    got = talk(place, message + PREFIX)
    assert len(got) == 1 and got[0] in statuses, got


ACCEPTED = {
    "white space around a value": (get(b"X-A: \t b \t "), [200]),
    "empty value": (get(b"X-A:"), [200]),
    "field names in any case": (b"GET /session HTTP/1.1\r\nhOsT: %H\r\n\r\n", [200]),
    "absolute target of the same host": (get(target=b"http://%H/session"), [200]),
    "HTTP/1.0": (get(version=b"HTTP/1.0"), [200]),
    "non-ASCII value": (get("X-A: é".encode()), [200]),
    "close": (get(b"Connection: close"), [200]),
    "pipeline of three": (get() + get(target=b"/deployment") + get(target=b"/nothing"), [200, 200, 404]),
    "chunked": (post(CHUNKED, FORM, body=b"b\r\nidentifier=\r\n5\r\na@b.c\r\n0\r\n\r\n"), [200]),
    "chunked, upper case": (post(b"Transfer-Encoding: Chunked", FORM, body=b"10\r\nidentifier=a@b.c\r\n0\r\n\r\n"), [200]),
    "chunked with leading zeros": (post(CHUNKED, FORM, body=b"0010\r\nidentifier=a@b.c\r\n000\r\n\r\n"), [200]),
    "chunked with trailers that mean nothing": (post(CHUNKED, FORM, body=b"10\r\nidentifier=a@b.c\r\n0\r\nHost: other\r\nContent-Length: 5\r\n\r\n"), [200]),
    "length": (post(b"Content-Length: 16", FORM, body=b"identifier=a@b.c"), [200]),
    "GET with a body that is not read": (get(b"Content-Length: 3") + b"abc" + get(), [200, 200]),
    "then another on the same connection": (post(b"Content-Length: 16", FORM, body=b"identifier=a@b.c") + get(), [200, 200]),
    "unknown method": (get(method=b"BREW"), [405]),
    "TRACE": (get(method=b"TRACE"), [405]),
    "OPTIONS *": (get(method=b"OPTIONS", target=b"*"), [204]),
}


@pytest.mark.parametrize("message,statuses", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_F21_what_has_one_reading_is_read(place, message, statuses):
    assert talk(place, message) == statuses


def test_F21_CL0_a_body_is_never_the_next_request(place):
    """CL.0: a GET's declared body is consumed, not answered."""
    hidden = PREFIX.replace(b"%H", place.host.encode())
    for target in (b"/session", b"/nothing", b"/.well-known/jwks.json", b"/me", b"/captcha/widget.js"):
        message = get(b"Content-Length: %d" % len(hidden), target=target) + hidden
        assert len(talk(place, message)) == 1, target
        message = post(b"Content-Length: %d" % len(hidden), target=target, body=hidden)
        assert len(talk(place, message)) == 1, target


def test_F21_a_close_is_kept(place):
    """After Connection: close nothing more is read."""
    assert talk(place, get(b"Connection: close") + get()) == [200]
    assert talk(place, get(version=b"HTTP/1.0") + get()) == [200]


def test_expect_100_continue(place):
    with Raw(place.server) as raw:
        raw.send(post(b"Content-Length: 16", FORM, b"Expect: 100-continue").replace(b"%H", place.host.encode()))
        assert raw.sock.recv(4096).startswith(b"HTTP/1.1 100 ")
        raw.send(b"identifier=a@b.c")
        assert raw.read_answer("POST").status == 200


def test_expect_100_continue_of_what_is_too_large(place):
    with Raw(place.server) as raw:
        raw.send(post(b"Content-Length: 999999", FORM, b"Expect: 100-continue").replace(b"%H", place.host.encode()))
        assert raw.sock.recv(4096).startswith(b"HTTP/1.1 413 ")


def test_a_request_in_single_bytes_is_one_request(place):
    with Raw(place.server) as raw:
        for byte in post(CHUNKED, FORM, body=b"10\r\nidentifier=a@b.c\r\n0\r\n\r\n").replace(b"%H", place.host.encode()):
            raw.send(bytes([byte]))
        assert raw.read_answer("POST").status == 200


def test_pipelining_beyond_the_depth_is_answered_in_order(place):
    targets = [b"/session", b"/nothing"] * 20
    got = talk(place, b"".join(get(target=t) for t in targets))
    assert got == [200, 404] * 20


# ---- methods ----

PATHS = {"/session": "GET", "/session/switch-sign-in": "POST", "/session/sign-out": "POST", "/session/switch-organization": "POST",
         "/session/switch-workspace": "POST", "/session/token": "GET", "/auth/identify": "POST", "/auth/signin": "POST", "/auth/signup": "POST",
         "/auth/identifier-availability": "GET", "/auth/oauth2/init": "POST", "/captcha/challenge": "POST", "/captcha/redeem": "POST",
         "/captcha/widget.js": "GET", "/organizations": "POST", "/workspaces": "POST", "/me": "GET POST", "/me/organization-memberships": "GET",
         "/me/workspace-memberships": "GET", "/me/signins": "GET", "/me/signins/signin_1/signout": "POST", "/deployment": "GET",
         "/.well-known/jwks.json": "GET", "/.well-known/jwk": "GET", "/.well-known/meta": "GET"}


@pytest.mark.parametrize("path", PATHS)
def test_API02_only_declared_methods(production, path):
    declared = set(PATHS[path].split())
    browser = production.browser()
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "get", "FOO"):
        if method in declared or method == "CONNECT":
            continue
        got = browser.send(method, path)
        assert got.status == 405, (method, got)
        allow = {m.strip() for m in got.header("Allow").split(",")}
        assert allow >= declared and not allow & {"TRACE", "CONNECT", "FOO"}, got.headers


@pytest.mark.parametrize("path", [p for p, m in PATHS.items() if "GET" in m and not p.startswith("/me") and p != "/session/token"
                                  and "availability" not in p])
def test_HEAD_is_GET_without_the_body(production, path):
    browser = production.browser()
    browser.get("/session")
    got, head = browser.get(path), browser.send("HEAD", path)
    assert head.status == got.status and head.body == b"" and head.header("Content-Length") == str(len(got.body))
    assert head.header("Content-Type") == got.header("Content-Type")


@pytest.mark.parametrize("path", ["/", "/nothing", "/session/", "/session/nothing", "//session", "/me/signins/x", "/me/signins//signout", "/.well-known",
                                  "/.well-known/nothing", "/healthz", "/readyz", "/metrics", "/test/clock", "/captcha", "/..", "/../etc/passwd",
                                  "/%2e%2e/", "/session%00", "/Session", "/notifications/x", "/ai", "/webhook", "/api-auth", "/oauth/x", "/scim/v2",
                                  "/me/signins/signin_1/signout/x", "/robots.txt", "/favicon.ico"])
def test_4_9_unknown_paths_are_404_with_the_envelope(production, path):
    got = production.browser().get(path)
    assert (got.status, got.code) == (404, "NOT_FOUND") or (got.status == 400 and "%" in path)


def test_no_version_is_told(place):
    with Raw(place.server) as raw:
        answer = raw.send(get().replace(b"%H", place.host.encode())).read_answer()
    assert not [v for k, v in answer.headers if k.lower() in ("server", "x-powered-by") and any(c.isdigit() for c in v)]


def test_sniffing_is_off(production):
    """WEB-03."""
    for path in ("/session", "/deployment", "/captcha/widget.js", "/.well-known/jwks.json", "/nothing"):
        assert production.browser().get(path).header("X-Content-Type-Options") == "nosniff", path


def test_request_ids_differ(production):
    browser = production.browser()
    ids = [browser.get("/session").header("X-Request-Id") for _ in range(50)]
    assert len(set(ids)) == 50


# ---- F-20: slow ones, against short limits; the socket's own time-out is the clock ----

@pytest.fixture(scope="module")
def hasty(new_server):
    with new_server(env={"SESSIOND_HEAD_TIMEOUT": "2s", "SESSIOND_IDLE_TIMEOUT": "3s", "SESSIOND_BODY_GRACE": "1s"}) as s:
        yield s.deployment()


def ends_with(place, first, more=b"", pause=0.25):
    """(statuses, seconds) of a client that sends `first`, and then a byte of `more` again and again."""
    began = time.monotonic()
    with Raw(place.server, timeout=pause) as raw:
        raw.send(first.replace(b"%H", place.host.encode()))
        got = b""
        while time.monotonic() - began < 15:
            try:
                piece = raw.sock.recv(65536)
                if not piece:
                    break
                got += piece
            except TimeoutError:
                if more:
                    raw.send(more)
            except ConnectionError:
                break
        return answers(got), time.monotonic() - began


@pytest.mark.parametrize("first,more,statuses", [
    (b"", b"", ([], [408])), (b"GET /sess", b"", ([408],)), (b"GET /session HTTP/1.1\r\nHost: %H\r\nX-A: ", b"y", ([408],)),
    (post(b"Content-Length: 60000", FORM), b"", ([408],)), (post(b"Content-Length: 60000", FORM), b"a", ([408],)),
    (post(CHUNKED, FORM), b"", ([408],))], ids=["nothing", "half a line", "a byte now and then", "no body", "body by the byte", "no chunk"])
def test_F20_slow_requests_are_cut(hasty, first, more, statuses):
    got, seconds = ends_with(hasty, first, more)
    assert got in statuses and seconds < 8, (got, seconds)


def test_F20_idle_connections_are_closed(hasty):
    got, seconds = ends_with(hasty, get())
    assert got == [200] and seconds < 8


def test_F20_a_crowd_of_slow_ones_does_not_stop_the_others(hasty):
    crowd = [Raw(hasty.server).send(b"GET /session HTTP/1.1\r\nX-A: ") for _ in range(200)]
    browser = hasty.browser()
    spent = []
    for _ in range(100):
        began = time.monotonic()
        assert browser.get("/session").status == 200
        spent.append(time.monotonic() - began)
    for raw in crowd:
        raw.sock.close()
    assert sorted(spent)[90] < 0.2, spent


def test_F20_a_reader_that_takes_nothing_holds_nobody(place):
    with Raw(place.server) as stuck:
        stuck.sock.setsockopt(1, 8, 4096)
        stuck.send(get(target=b"/deployment").replace(b"%H", place.host.encode()) * 16)
        got = race([lambda: place.browser().get("/session").status for _ in range(8)])
    assert got == [200] * 8
