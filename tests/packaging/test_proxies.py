"""nginx and Caddy in front of a real server, with the configurations of packaging/: API-03, CKI-11, F-21, TEN-02."""
# SPDX-License-Identifier: Apache-2.0
import http.client
import json
import re
import secrets

import pytest

from client import Raw, Response, urlencoded
from harness import Server
from proxies import HOST, Caddy, Nginx

CLIENT = "127.0.0.9"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("server"), ["--trusted-proxy", "127.0.0.1/32"]) as s:
        yield s


@pytest.fixture(scope="module")
def production(server):
    return server.deployment("production", host=HOST, frontend_host="app.example.com")


@pytest.fixture(scope="module", params=[Nginx, Caddy], ids=["nginx", "caddy"])
def proxy(request, server, production, tmp_path_factory):
    with request.param(tmp_path_factory.mktemp("proxy") / "run", server.port) as p:
        yield p


def send(proxy, method, path, fields=None, headers=(), cookie=None, sock=None):
    """One request by https, with exactly these fields."""
    sock = sock or proxy.connect(CLIENT)
    body, content_type = urlencoded(fields) if fields else (b"", None)
    lines = [("Host", HOST), *headers]
    lines += [("Cookie", cookie)] if cookie else []
    lines += [("Content-Type", content_type), ("Content-Length", str(len(body)))] if fields else []
    sock.sendall(f"{method} {path} HTTP/1.1\r\n".encode() + b"".join(f"{n}: {v}\r\n".encode() for n, v in lines) + b"\r\n" + body)
    got = http.client.HTTPResponse(sock, method=method)
    got.begin()
    return Response(got.status, got.getheaders(), got.read(), f"{method} {path}")


def sign_up(proxy, headers=()):
    tag = secrets.token_hex(4)
    return send(proxy, "POST", "/auth/signup", {
        "first_name": "Jonas", "last_name": "Berg", "email": f"jonas.{tag}@example.org", "username": f"jonas_{tag}",
        "password": "a-long-enough-passphrase"}, [("Origin", "https://app.example.com"), *headers])


def test_sign_up_and_session_by_https(proxy):
    answer = sign_up(proxy)
    assert answer.status == 200, answer
    name, token, attributes = answer.cookie
    assert name == "__Host-session" and {"secure", "httponly"} <= {k.lower() for k in attributes}
    session = send(proxy, "GET", "/session", cookie=f"{name}={token}")
    assert session.data["active_signin"]["user"]["first_name"] == "Jonas"
    assert session.header("Strict-Transport-Security") and session.header("X-Request-Id")


def test_CKI11_without_a_listed_proxys_word_production_does_not_answer(server, production):
    """From an address that is not listed, whatever it says; and from a proxy that says nothing."""
    for source, claim in ((CLIENT, ""), (CLIENT, "X-Forwarded-Proto: https\r\n"), ("127.0.0.1", ""),
                          ("127.0.0.1", "X-Forwarded-Proto: http\r\n")):
        with Raw(server, source=source) as raw:
            got = raw.send(f"GET /session HTTP/1.1\r\nHost: {HOST}\r\n{claim}\r\n".encode()).read_answer()
        assert (got.status, got.code) == (403, "TLS_REQUIRED") and not got.all("Set-Cookie"), (source, claim)
        assert "trusted-proxy" in got.message


SPOOFS = {
    "x-forwarded-for": [("X-Forwarded-For", "203.0.113.99")],
    "two of them": [("X-Forwarded-For", "203.0.113.99"), ("X-Forwarded-For", "203.0.113.98")],
    "a listed proxy": [("X-Forwarded-For", "203.0.113.99, 127.0.0.1")],
    "forwarded": [("Forwarded", "for=203.0.113.99;proto=https")],
    "underscore twin": [("X_Forwarded_For", "203.0.113.99")],
    "x-real-ip": [("X-Real-IP", "203.0.113.99"), ("True-Client-IP", "203.0.113.99"), ("CF-Connecting-IP", "203.0.113.99")],
    "in Connection": [("Connection", "X-Forwarded-For, X-Forwarded-Proto"), ("X-Forwarded-For", "203.0.113.99")],
}


@pytest.mark.parametrize("headers", SPOOFS.values(), ids=SPOOFS)
def test_API03_a_client_cannot_choose_its_address(proxy, headers):
    answer = sign_up(proxy, headers)
    assert answer.data["active_signin"]["ip_address"] == CLIENT, answer


CARELESS = [("proxy_set_header X-Forwarded-For $remote_addr;", "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;"),
            ('proxy_set_header Forwarded "";', "")]


def test_API03_nor_where_the_proxy_is_careless(server, production, tmp_path):
    """
    It appends to X-Forwarded-For: then the right-most address that is no listed proxy counts. It
    hands on Forwarded, as nearly all do: that is the client's word, and not read by default.
    """
    with Nginx(tmp_path / "run", server.port, CARELESS) as proxy:
        for name in ("two of them", "forwarded"):
            assert sign_up(proxy, SPOOFS[name]).data["active_signin"]["ip_address"] == CLIENT, name


def test_TEN02_a_host_that_the_proxy_does_not_name_reaches_nobody(proxy):
    for target, host in (("/session", "other.example.com"), ("https://other.example.com/session", HOST)):
        sock = proxy.connect(CLIENT)
        sock.sendall(f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        got = http.client.HTTPResponse(sock, method="GET")
        got.begin()
        body = got.read()
        assert got.status != 200 or not body, (target, host, body)


def test_connections_to_the_server_are_kept(server, proxy):
    before = server.metric("sessiond_connections_accepted_total")
    sock = proxy.connect(CLIENT)
    for _ in range(30):
        assert send(proxy, "GET", "/session", sock=sock).status == 200
    assert server.metric("sessiond_connections_accepted_total") - before <= 2


def test_API09_no_query_string_in_the_proxys_log(server, proxy):
    token = secrets.token_urlsafe(32)
    assert send(proxy, "GET", f"/session?__dev_session__={token}", headers=[("X-Development-Session", token)],
                cookie=f"__Host-session={token}").status == 200
    assert token not in proxy.log()


# ---- F-21: what a smuggler sends, with the request it hopes to smuggle ----

SMUGGLED = b"GET /session?smuggled HTTP/1.1\r\nHost: " + HOST.encode() + b"\r\nX-Forwarded-Proto: https\r\n\r\n"
LAST = b"0\r\n\r\n"
IN_A_CHUNK = b"%x\r\n%s\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED)
ALL = b"Content-Length: %d" % len(LAST + SMUGGLED)
CHUNKED = b"Transfer-Encoding: chunked"
VECTORS = {
    "CL.TE": ([ALL, CHUNKED], LAST + SMUGGLED),
    "TE.CL": ([CHUNKED, b"Content-Length: 4"], IN_A_CHUNK),
    "CL.0": ([b"Content-Length: %d" % len(SMUGGLED)], SMUGGLED),
    "TE.0": ([CHUNKED], IN_A_CHUNK),
    "CL.CL, the first short": ([b"Content-Length: 0", ALL], LAST + SMUGGLED),
    "CL.CL, the last short": ([ALL, b"Content-Length: 0"], LAST + SMUGGLED),
    "a list of lengths": ([b"Content-Length: 0, %d" % len(LAST + SMUGGLED)], LAST + SMUGGLED),
    "blank before the colon": ([ALL, b"Transfer-Encoding : chunked"], LAST + SMUGGLED),
    "folded": ([ALL, b"Transfer-Encoding:\r\n chunked"], LAST + SMUGGLED),
    "xchunked": ([ALL, b"Transfer-Encoding: xchunked"], LAST + SMUGGLED),
    "chunked, identity": ([ALL, b"Transfer-Encoding: chunked, identity"], LAST + SMUGGLED),
    "identity, chunked": ([ALL, b"Transfer-Encoding: identity, chunked"], LAST + SMUGGLED),
    "vertical tab": ([ALL, b"Transfer-Encoding: \x0bchunked"], LAST + SMUGGLED),
    "quoted": ([ALL, b'Transfer-Encoding: "chunked"'], LAST + SMUGGLED),
    "two of them": ([ALL, CHUNKED, b"Transfer-Encoding: identity"], LAST + SMUGGLED),
    "lone line feed hides the field": ([ALL, b"X: y\nTransfer-Encoding: chunked"], LAST + SMUGGLED),
    "lone carriage return hides the field": ([ALL, b"X: y\rTransfer-Encoding: chunked"], LAST + SMUGGLED),
    "underscore twin": ([ALL, b"Transfer_Encoding: chunked"], LAST + SMUGGLED),
    "chunk size in 0x": ([CHUNKED], b"0x0\r\n\r\n" + SMUGGLED),
    "extension with a line feed": ([CHUNKED], b"1;\nxx\r\n1\r\ny\r\n" + LAST),
    "chunk longer than said": ([CHUNKED], b"1\r\nabc\r\n" + LAST + SMUGGLED),
    "in a trailer": ([CHUNKED], b"0\r\nContent-Length: 0\r\nX: y\r\n\r\n"),
    "expect": ([b"Expect: 100-continue", b"Content-Length: %d" % len(SMUGGLED)], SMUGGLED),
    "expect twice": ([b"Expect: 100-continue", b"Expect: 100-continue", b"Content-Length: %d" % len(SMUGGLED)], SMUGGLED),
    "upgrade": ([b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABkAAQAAP__",
                 b"Content-Length: %d" % len(SMUGGLED)], SMUGGLED),
}


def talk(proxy, message):
    """All that comes back until the proxy closes."""
    sock, got = proxy.connect(CLIENT), b""
    sock.settimeout(20)
    try:
        sock.sendall(message)
        while piece := sock.recv(65536):
            got += piece
    except (ConnectionError, TimeoutError):
        pass
    return got


def read_by(server):
    return server.metric("sessiond_http_requests_total") + server.metric("sessiond_http_refused_total")


@pytest.mark.parametrize("method", [b"POST", b"GET"])
@pytest.mark.parametrize("vector", VECTORS)
def test_F21_proxy_and_server_read_the_same_messages(server, proxy, vector, method):
    """
    Every request that the server reads is one that the proxy sent as such, and whose answer
    the proxy gave to this client. nginx never even answers twice.
    """
    fields, body = VECTORS[vector]
    before = read_by(server)
    got = talk(proxy, b"\r\n".join([method + b" /session/sign-out HTTP/1.1", b"Host: " + HOST.encode(), b"Connection: close",
                                    *fields, b"", body]))
    ours = len(re.findall(rb"(?im)^x-request-id: ", got))
    assert read_by(server) - before == ours, got
    if isinstance(proxy, Nginx):
        assert len(re.findall(rb"HTTP/1\.1 (?!100)\d\d\d ", got)) <= 1, got
