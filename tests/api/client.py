"""client.py - HTTP to a deployment: any Host over loopback, a browser's memory, raw bytes."""
# SPDX-License-Identifier: Apache-2.0
import http.client
import json
import secrets
import socket
import threading
import urllib.parse

import claims

# What a stock browser says of itself.
USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
UNSET = object()


class Response:
    """An answer as it came. Enveloped ones give their parts by name."""

    def __init__(self, status, headers, body, request=""):
        self.status, self.headers, self.body, self.request = status, headers, body, request

    def all(self, name):
        return [v for k, v in self.headers if k.lower() == name.lower()]

    def header(self, name):
        values = self.all(name)
        assert len(values) <= 1, f"{name} sent {len(values)} times"
        return values[0] if values else None

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def data(self):
        assert self.status == 200, self
        return self.json["data"]

    @property
    def code(self):
        return self.json["errors"][0]["code"] if self.status >= 400 else None

    @property
    def codes(self):
        return [e["code"] for e in self.json["errors"]]

    @property
    def message(self):
        return self.json["message"]

    @property
    def attempt(self):
        """The one the client adopts: the last of its kind."""
        d = self.data
        return (d["signin_attempts"] or d["signup_attempts"])[-1]

    @property
    def cookie(self):
        """(name, value, {attribute: value}) of the one Set-Cookie, or None."""
        field = self.header("Set-Cookie")
        return claims.parse_set_cookie(field) if field is not None else None

    @property
    def token(self):
        """The session token given out, whichever way."""
        return self.cookie[1] if self.cookie else self.header("X-Development-Session")

    def __repr__(self):
        return f"<{self.request} -> {self.status} {self.body[:600]!r}>"


def exchange(address, method, target, headers, body, conn=None):
    """One request with exactly these fields (plus Content-Length for a body)."""
    own = conn is None
    conn = conn or http.client.HTTPConnection(*address, timeout=60)
    try:
        conn.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            conn.putheader(name, value)
        if body is not None and (body or method != "GET"):
            conn.putheader("Content-Length", str(len(body)))
        conn.endheaders(body or None)
        got = conn.getresponse()
        return got.status, got.getheaders(), got.read()
    finally:
        if own:
            conn.close()


def multipart(fields):
    boundary = "----formdata" + secrets.token_hex(8)
    parts = []
    for name, value in fields:
        parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + _bytes(value) + b"\r\n")
    return b"".join(parts) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def urlencoded(fields):
    return urllib.parse.urlencode(fields).encode(), "application/x-www-form-urlencoded"


def json_object(fields):
    return json.dumps(dict(fields)).encode(), "application/json"


ENCODINGS = {"multipart": multipart, "urlencoded": urlencoded, "json": json_object}


def _bytes(value):
    return value if isinstance(value, bytes) else str(value).encode()


class Browser:
    """A browser at one deployment: it keeps the token it was given, and every answer is held to the claims."""

    def __init__(self, deployment, token=None, origin=UNSET, ip="198.51.100.7", source=None, user_agent=USER_AGENT):
        self.deployment, self.token, self.ip, self.source = deployment, token, ip, source
        self.origin = deployment.origin if origin is UNSET else origin
        self.user_agent = user_agent
        self._local, self._lock = threading.local(), threading.Lock()

    @property
    def staging(self):
        return self.deployment.mode == "staging"

    def _conn(self):
        if getattr(self._local, "conn", None) is None:
            address = ("127.0.0.1", self.deployment.server.port)
            self._local.conn = http.client.HTTPConnection(
                *address, timeout=60, source_address=(self.source, 0) if self.source else None)
        return self._local.conn

    def send(self, method, path, query=None, fields=None, encoding="multipart", body=None, content_type=None,
             headers=(), token=UNSET, cookie=UNSET, keep=True, host=None, check=True):
        """
        token: what to carry instead of the remembered one (None: none). cookie: a whole
        Cookie field instead. keep: remember a token that comes back.
        """
        token = self.token if token is UNSET else token
        query = list(query.items() if isinstance(query, dict) else query or [])
        lines = [("Host", host or self.deployment.host)]
        if self.origin:
            lines.append(("Origin", self.origin))
        if not self.source and self.ip:
            lines.append(("X-Forwarded-For", self.ip))
        if not self.source and not self.deployment.is_loopback:
            lines.append(("X-Forwarded-Proto", "https"))
        if self.user_agent:
            lines.append(("User-Agent", self.user_agent))
        if self.staging:
            query.append(("__dev_session__", token or ""))
        elif cookie is not UNSET:
            lines.append(("Cookie", cookie))
        elif token:
            lines.append(("Cookie", f"__Host-session={token}"))
        if fields is not None:
            fields = list(fields.items() if isinstance(fields, dict) else fields)
            body, content_type = ENCODINGS[encoding](fields)
        if content_type:
            lines.append(("Content-Type", content_type))
        target = path + ("?" + urllib.parse.urlencode(query) if query else "")
        try:
            got = Response(*exchange(None, method, target, [*lines, *headers], body, self._conn()), f"{method} {target}")
        except (http.client.HTTPException, OSError):
            self._local.conn = None
            raise
        if keep and got.token:
            with self._lock:
                self.token = got.token
        if check:
            claims.check(got, method, path, self)
        return got

    def get(self, path, query=None, **kw):
        return self.send("GET", path, query, **kw)

    def post(self, path, fields=None, query=None, **kw):
        """As the stock client does: a multipart form, or nothing at all."""
        return self.send("POST", path, query, fields, **kw)

    def sign_in(self, who, password=None, **fields):
        return self.post("/auth/signin", {"strategy": "plain_email", "email": who.email,
                                          "password": password or who.password, **fields})

    def session(self, **kw):
        return self.get("/session", **kw).data

    @property
    def is_signed_in(self):
        return self.session(keep=False)["active_signin"] is not None

    def twin(self):
        """Another tab: the same token, its own connection and memory."""
        return Browser(self.deployment, self.token, self.origin, self.ip, self.source, self.user_agent)


class Raw:
    """A socket to the public listener, for what no client library would send."""

    def __init__(self, server, source=None, timeout=20):
        self.sock = socket.create_connection(("127.0.0.1", server.port), timeout=timeout,
                                             source_address=(source, 0) if source else None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data)
        return self

    def read_all(self):
        """Everything until the server closes; an abort after its answer is a close too."""
        got = b""
        try:
            while piece := self.sock.recv(65536):
                got += piece
        except ConnectionError:
            pass
        return got

    def read_answer(self, method="GET"):
        """One answer, framed by its Content-Length."""
        got = http.client.HTTPResponse(self.sock, method=method)
        got.begin()
        return Response(got.status, got.getheaders(), got.read())


def answers(stream):
    """The statuses of all answers in a stream of bytes that ended, by their framing."""
    found = []
    while stream:
        head, sep, rest = stream.partition(b"\r\n\r\n")
        assert sep and head.startswith(b"HTTP/1.1 "), f"not an answer: {stream[:200]!r}"
        status = int(head[9:12])
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        assert len(rest) >= length, f"cut short: {stream[:300]!r}"
        if status >= 200:
            found.append(status)
        stream = rest[length:]
    return found
