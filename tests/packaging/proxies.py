"""proxies.py - real reverse proxies, with the configurations of packaging/ and only addresses and paths replaced."""
# SPDX-License-Identifier: Apache-2.0
import pathlib
import socket
import ssl
import subprocess
import threading

PACKAGING = pathlib.Path(__file__).resolve().parents[2] / "packaging"
HOST = "auth.example.com"
READY_S = 30


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def replaced(text, *pairs):
    """Each must be there: a test of a configuration that nobody ships shows nothing."""
    for old, new in pairs:
        assert old in text, f"{old!r} is not in the shipped configuration"
        text = text.replace(old, str(new))
    return text


def certificate(directory):
    """A self-made one for HOST: (certificate, key)."""
    cert, key = directory / "cert.pem", directory / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-keyout", key, "-out", cert, "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}"],
                   check=True, capture_output=True)
    return cert, key


class Proxy:
    """A reverse proxy on a free port of 127.0.0.1, in front of `upstream`."""

    def __init__(self, directory, upstream, change=()):
        self.directory, self.upstream, self.change = directory, upstream, change
        directory.mkdir()
        self.port, self.plain_port = free_port(), free_port()
        self.cert, self.key = certificate(directory)

    def __enter__(self):
        with open(self.directory / "proxy.log", "wb") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=self.env())
        try:
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(READY_S)

    def _wait(self):
        pause = threading.Event()
        for _ in range(READY_S * 50):
            assert self.process.poll() is None, self.log()
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except ConnectionRefusedError:
                pause.wait(0.02)
        raise TimeoutError(self.log())

    def log(self):
        return "".join(p.read_text(errors="replace") for p in sorted(self.directory.glob("*.log")))

    def env(self):
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(self.directory)}

    def connect(self, source="127.0.0.9"):
        """A TLS connection as a browser has it, from an address that is no listed proxy."""
        context = ssl.create_default_context(cafile=self.cert)
        context.set_alpn_protocols(["http/1.1"])
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=30, source_address=(source, 0))
        return context.wrap_socket(plain, server_hostname=HOST)


class Nginx(Proxy):
    def command(self):
        site = replaced((PACKAGING / "nginx" / "sessiond.conf").read_text(), *self.change,
                        ("server 127.0.0.1:8080;", f"server 127.0.0.1:{self.upstream};"),
                        ("listen 80;", f"listen 127.0.0.1:{self.plain_port};"),
                        ("listen 443 ssl", f"listen 127.0.0.1:{self.port} ssl"),
                        ("/etc/ssl/auth.example.com/fullchain.pem", self.cert),
                        ("/etc/ssl/auth.example.com/privkey.pem", self.key),
                        ("/var/log/nginx/sessiond.log", self.directory / "access.log"))
        paths = "".join(f"{kind}_temp_path {self.directory}/{kind};\n"
                        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        config = self.directory / "nginx.conf"
        config.write_text(f"daemon off;\nmaster_process off;\npid {self.directory}/pid;\nerror_log {self.directory}/error.log;\n"
                          f"events {{ worker_connections 256; }}\nhttp {{\n{paths}{site}\n}}\n")
        return ["nginx", "-e", self.directory / "error.log", "-p", self.directory, "-c", config]


class Caddy(Proxy):
    def command(self):
        site = replaced((PACKAGING / "caddy" / "Caddyfile").read_text(), *self.change,
                        (f"{HOST} {{", f"{HOST} {{\n\ttls {self.cert} {self.key}"),
                        ("127.0.0.1:8080", f"127.0.0.1:{self.upstream}"))
        config = self.directory / "Caddyfile"
        config.write_text("{\n\tadmin off\n\tauto_https disable_redirects\n\tdefault_bind 127.0.0.1\n"
                          f"\thttp_port {self.plain_port}\n\thttps_port {self.port}\n\tservers {{\n\t\tprotocols h1 h2\n\t}}\n}}\n{site}")
        return ["caddy", "run", "--adapter", "caddyfile", "--config", config]
