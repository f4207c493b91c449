"""mailserver.py - Debian's OpenSMTPD on a loopback port, servers that speak TLS or misbehave, and a webhook's receiver."""
# SPDX-License-Identifier: Apache-2.0
import base64
import contextlib
import email
import email.policy
import fcntl
import http.server
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time

USER, PASSWORD = "sessiond", "spruce-canary-password"
SMTPD = shutil.which("smtpd", path="/usr/sbin:/usr/bin")


def await_true(what, seconds=30):
    """What another process does, as soon as it has done it."""
    deadline = time.monotonic() + seconds
    while True:
        got = what()
        if got:
            return got
        assert time.monotonic() < deadline, "it did not come about"
        threading.Event().wait(0.02)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def certificate(directory, name="localhost", authority=None):
    """An authority, or that of another directory, and a server's certificate of its making."""
    def openssl(*args):
        subprocess.run(["openssl", *map(str, args)], cwd=directory, check=True, capture_output=True)

    ec = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    if authority is None:
        openssl("req", "-x509", *ec, "-days", "2", "-subj", "/CN=test authority", "-keyout", "ca.key", "-out", "ca.pem")
    authority = authority or directory
    openssl("req", *ec, "-subj", f"/CN={name}", "-keyout", "server.key", "-out", "server.csr")
    address = ",IP:127.0.0.1" if name == "localhost" else ""
    (directory / "ext").write_text(f"subjectAltName=DNS:{name}{address}\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", authority / "ca.pem", "-CAkey", authority / "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", "ext", "-out", "server.pem")


class MailServer:
    """
    OpenSMTPD in the clear; what arrives is in a maildir. Debian 12's cannot sign a TLS handshake with
    OpenSSL 3 ("EVP lib" in its log), so that STARTTLS, TLS and AUTH are FakeSmtp's.
    """

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.box = self.directory / "box"
        self.plain = free_port()

    def write_config(self):
        (self.directory / "virtual").write_text("@\tnobody\n")
        self.box.mkdir()
        shutil.chown(self.box, "nobody")
        config = self.directory / "smtpd.conf"
        config.write_text(f"""
table people file:{self.directory}/virtual
listen on 127.0.0.1 port {self.plain} hostname localhost
action box maildir "{self.box}" virtual <people>
match from any for any action box
""")
        config.chmod(0o600)
        return config

    def messages(self):
        """Everything that has arrived, as Python reads it."""
        return [email.message_from_bytes(p.read_bytes(), policy=email.policy.default)
                for p in sorted((self.box / "new").glob("*"))]

    def to(self, address):
        return [m for m in self.messages() if m["To"] == address]

    def await_mail(self, address, n=1):
        return await_true(lambda: (found := self.to(address)) and len(found) >= n and found)


@contextlib.contextmanager
def running():
    """One at a time on a machine: OpenSMTPD has its queue and its socket where it has them."""
    with tempfile.TemporaryDirectory(prefix="sessiond-smtpd-") as directory:
        # It delivers as nobody, who must get as far as the maildir.
        os.chmod(directory, 0o711)
        with in_directory(pathlib.Path(directory)) as server:
            yield server


@contextlib.contextmanager
def in_directory(directory):
    server = MailServer(directory)
    config = server.write_config()
    with open("/tmp/sessiond-test-smtpd.lock", "w", encoding="ascii") as lock, open(directory / "smtpd.log", "wb") as log:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = subprocess.Popen([SMTPD, "-d", "-f", str(config)], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            await_true(lambda: process.poll() is not None or listens(server.plain))
            assert process.poll() is None, (directory / "smtpd.log").read_text()
            yield server
        finally:
            process.terminate()
            process.wait(30)


def listens(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


class FakeSmtp:
    """
    An SMTP server that answers as `replies` says: {"RCPT": "450 later"}; None hangs, "" hangs up.
    With security "starttls" or "tls", certificates from a directory; it then demands USER's PASSWORD.
    """

    def __init__(self, replies=None, security=None, directory=None):
        self.replies, self.security = dict(replies or {}), security
        self.logins, self.context = [], None
        if security:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(directory / "server.pem", directory / "server.key")
        self.taken, self.tries = [], 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.held = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.socket.accept()
                self.tries += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _say(self, connection, word, usual):
        reply = self.replies.get(word, usual)
        if reply is None:
            self.held.append(connection)
            return False
        if reply == "":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            connection.close()
            return False
        connection.sendall(reply.encode() + b"\r\n")
        return True

    def _login(self, connection, lines):
        connection.sendall(b"334 \r\n")
        user, password = base64.b64decode(lines.readline()).decode().split("\0")[1:]
        self.logins.append((user, password))
        return "235 welcome" if (user, password) == (USER, PASSWORD) else "535 no"

    def _serve(self, connection):
        with contextlib.suppress(OSError, ValueError):
            if self.security == "tls":
                connection = self.context.wrap_socket(connection, server_side=True)
            self._speak(connection, self.security == "tls")

    def _speak(self, connection, is_tls):
        lines = connection.makefile("rb")
        needs_login = bool(self.security)
        if self._say(connection, "CONNECT", "220 fake"):
            while line := lines.readline():
                word = line.split(b" ")[0].strip().upper().decode()
                if self.security == "starttls" and not is_tls:
                    if word == "STARTTLS":
                        connection.sendall(b"220 go on\r\n")
                        connection = self.context.wrap_socket(connection, server_side=True)
                        lines, is_tls = connection.makefile("rb"), True
                    else:
                        connection.sendall(b"250-fake\r\n250 STARTTLS\r\n" if word == "EHLO" else b"530 STARTTLS first\r\n")
                    continue
                if word == "AUTH":
                    said = self._login(connection, lines)
                    needs_login = not said.startswith("235")
                    connection.sendall(said.encode() + b"\r\n")
                    continue
                if word == "EHLO" and self.security:
                    connection.sendall(b"250-fake\r\n250 AUTH PLAIN\r\n")
                    continue
                if word == "MAIL" and needs_login:
                    connection.sendall(b"530 who are you\r\n")
                    continue
                if not self._say(connection, word, {"DATA": "354 go on", "QUIT": "221 bye"}.get(word, "250 yes")):
                    return
                if word == "DATA" and self.replies.get("DATA", "354").startswith("354"):
                    body = b"".join(iter(lines.readline, b".\r\n"))
                    self.taken.append(email.message_from_bytes(body, policy=email.policy.default))
                    if not self._say(connection, "END", "250 taken"):
                        return

    def close(self):
        self.socket.close()


class Webhook:
    """Takes posts; `status` is what it answers, None never does."""

    def __init__(self, tls_directory=None):
        self.posts, self.status, self.location = [], 200, None
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.posts.append((self.path, dict(self.headers.items()), body))
                self.send_response(outer.status)
                if outer.location:
                    self.send_header("Location", outer.location)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls_directory:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls_directory / "server.pem", tls_directory / "server.key")
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
