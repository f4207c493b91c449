"""hooks.py - endpoints that are told what happens: receivers, and how they check what they are told."""
# SPDX-License-Identifier: Apache-2.0
import base64
import contextlib
import dataclasses
import hashlib
import hmac
import http.server
import json
import socket
import ssl
import threading
import time

from mailserver import await_true


def server_now(server):
    """What its clock says, which other tests may have put forward."""
    return time.time() + server.ahead


def is_signed(post, secret, now=None, tolerance=300):
    """As https://www.standardwebhooks.com has it, written from its text: any of the signatures will do."""
    event_id, at, signatures = (post.headers[f"webhook-{k}"] for k in ("id", "timestamp", "signature"))
    if abs((now or time.time()) - int(at)) > tolerance:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    mac = hmac.new(key, f"{event_id}.{at}.".encode() + post.body, hashlib.sha256).digest()
    return any(version == "v1" and hmac.compare_digest(base64.b64decode(signature), mac)
               for version, _, signature in (s.partition(",") for s in signatures.split(" ")))


@dataclasses.dataclass
class Post:
    path: str
    headers: dict
    body: bytes

    @property
    def said(self):
        return json.loads(self.body)

    @property
    def type(self):
        return self.said["type"]

    @property
    def data(self):
        return self.said["data"]

    @property
    def id(self):
        return self.headers["webhook-id"]


class Receiver:
    """Keeps what is posted; `answer` is a status, or what makes one of a post. None: never."""

    def __init__(self, answer=200, tls_directory=None):
        self.posts, self.answer, self.lock = [], answer, threading.Lock()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                post = Post(self.path, {k.lower(): v for k, v in self.headers.items()}, body)
                with outer.lock:
                    outer.posts.append(post)
                status = outer.answer(post) if callable(outer.answer) else outer.answer
                if status is None:
                    outer.held.wait(60)
                    return
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.held = threading.Event()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if tls_directory:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls_directory / "server.pem", tls_directory / "server.key")
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hooks"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def of(self, *types, about=None):
        """The posts of these types, about this user, organization or workspace, in order of arrival."""
        with self.lock:
            posts = list(self.posts)
        return [p for p in posts if (not types or p.type in types) and (not about or about in (
            p.data.get("user_id"), p.data.get("organization_id"), p.data.get("workspace_id")))]

    def await_posts(self, n, *types, about=None):
        return await_true(lambda: (found := self.of(*types, about=about)) and len(found) >= n and found)

    def close(self):
        self.held.set()
        self.server.shutdown()
        self.server.server_close()


class RawReceiver:
    """Reads a request, then does what `speak(connection)` does; counts what it could send."""

    def __init__(self, speak):
        self.connections, self.sent = 0, 0
        self.ended = threading.Event()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/"
        self.speak = speak
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.socket.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with contextlib.suppress(OSError), connection:
            connection.recv(65536)
            self.speak(self, connection)
        self.ended.set()

    def send(self, connection, data):
        connection.sendall(data)
        self.sent += len(data)

    def close(self):
        self.socket.close()


class Endpoint:
    """One that a deployment tells, by its operator's commands."""

    def __init__(self, deployment, url, types=None):
        self.deployment = deployment
        made = self.cli_json("create", url, *(["--types", types] if types else []))
        self.id, self.secret, self.made = made["id"], made["secret"], made

    def args(self, *args):
        return "webhook", *args, "--deployment", self.deployment.host

    def cli_json(self, *args):
        return self.deployment.server.cli_json(*self.args(*args))

    def show(self):
        return self.cli_json("show", self.id)

    def update(self, *args):
        return self.cli_json("update", self.id, *args)

    def rotate(self, *args):
        return self.cli_json("rotate", self.id, *args)["secret"]

    def replay(self, *args):
        return self.cli_json("replay", self.id, *args)["replayed"]

    def deliveries(self, *args):
        """The newest first."""
        return [json.loads(x) for x in self.deployment.server.cli(*self.args("deliveries", self.id, *args)).splitlines()]

    def delivery(self, event_id=None):
        return next(d for d in self.deliveries() if event_id in (None, d["event_id"]))

    def await_delivery(self, event_id, *states, tries=0):
        return await_true(lambda: (d := self.delivery(event_id))["state"] in states and d["tries"] >= tries and d)

    def await_error(self, event_id=None, tries=1):
        """It has failed so often, and that is written down."""
        return await_true(lambda: (d := self.delivery(event_id))["last_error"] and d["tries"] >= tries and d)

    def test(self):
        return self.cli_json("test", self.id)["event_id"]
