"""proxies.py - real reverse proxies, with the configurations of packaging/ and only addresses and paths replaced."""
# SPDX-License-Identifier: Apache-2.0
import http.server
import json
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


def certificate(directory, host):
    """A self-made one for a host: (certificate, key)."""
    cert, key = directory / "cert.pem", directory / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-keyout", key, "-out", cert, "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}"],
                   check=True, capture_output=True)
    return cert, key


class Proxy:
    """A reverse proxy on a free port of 127.0.0.1, in front of `upstream`."""

    host = HOST

    def __init__(self, directory, upstream, change=()):
        self.directory, self.upstream, self.change = directory, upstream, change
        directory.mkdir()
        self.port, self.plain_port = free_port(), free_port()
        self.cert, self.key = certificate(directory, self.host)

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
        return context.wrap_socket(plain, server_hostname=self.host)


class Nginx(Proxy):
    def command(self):
        site = replaced((PACKAGING / "nginx" / "sessiond.conf").read_text(), *self.change,
                        ("server 127.0.0.1:8080;", f"server 127.0.0.1:{self.upstream};"),
                        ("listen 80;", f"listen 127.0.0.1:{self.plain_port};"),
                        ("listen 443 ssl", f"listen 127.0.0.1:{self.port} ssl"),
                        ("/etc/ssl/auth.example.com/fullchain.pem", self.cert),
                        ("/etc/ssl/auth.example.com/privkey.pem", self.key),
                        ("/var/log/nginx/sessiond.log", self.directory / "access.log"))
        return self.run_with(site)

    def run_with(self, site):
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
        return self.run_with(site)

    def run_with(self, site):
        config = self.directory / "Caddyfile"
        config.write_text("{\n\tadmin off\n\tauto_https disable_redirects\n\tdefault_bind 127.0.0.1\n"
                          f"\thttp_port {self.plain_port}\n\thttps_port {self.port}\n\tservers {{\n\t\tprotocols h1 h2\n\t}}\n}}\n{site}")
        return ["caddy", "run", "--adapter", "caddyfile", "--config", config]


class Application:
    """An application that knows nothing of signing in: it says what it was sent, and sets a cookie of its own."""

    def __enter__(self):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = json.dumps({"target": self.path, "method": self.command, "headers": self.headers.items(),
                                   "body": self.rfile.read(length).decode()}).encode()
                self.send_response(200)
                self.send_header("Set-Cookie", "own=1")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_PUT = do_DELETE = do_OPTIONS = do_GET

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class InFront:
    """In front of an application as well as of sessiond: app.example.com."""

    host = "app.example.com"

    def __init__(self, directory, upstream, application):
        self.application = application
        super().__init__(directory, upstream)


class NginxInFront(InFront, Nginx):
    def command(self):
        sessiond = replaced((PACKAGING / "nginx" / "sessiond.conf").read_text(),
                            ("server 127.0.0.1:8080;", f"server 127.0.0.1:{self.upstream};"),
                            ("listen 80;", f"listen 127.0.0.1:{self.plain_port};"),
                            ("listen 443 ssl", f"listen 127.0.0.1:{self.port} ssl"),
                            ("/etc/ssl/auth.example.com/fullchain.pem", self.cert),
                            ("/etc/ssl/auth.example.com/privkey.pem", self.key),
                            ("/var/log/nginx/sessiond.log", self.directory / "access.log"))
        application = replaced((PACKAGING / "nginx" / "application.conf").read_text(),
                               ("server 127.0.0.1:3000;", f"server 127.0.0.1:{self.application};"),
                               ("listen 443 ssl", f"listen 127.0.0.1:{self.port} ssl"),
                               ("/etc/ssl/app.example.com/fullchain.pem", self.cert),
                               ("/etc/ssl/app.example.com/privkey.pem", self.key))
        return self.run_with(f"access_log off;\n{sessiond}\n{application}")


class CaddyInFront(InFront, Caddy):
    def command(self):
        sites = [((PACKAGING / "caddy" / "Caddyfile").read_text(), HOST), ((PACKAGING / "caddy" / "application.Caddyfile").read_text(), self.host)]
        text = "\n".join(replaced(t, (f"{host} {{", f"{host} {{\n\ttls {self.cert} {self.key}")) for t, host in sites)
        return self.run_with(replaced(text, ("127.0.0.1:8080", f"127.0.0.1:{self.upstream}"), ("127.0.0.1:3000", f"127.0.0.1:{self.application}")))


class HaproxyInFront(InFront, Proxy):
    def command(self):
        both = self.directory / "both.pem"
        both.write_text(self.cert.read_text() + self.key.read_text())
        lua, config = self.directory / "sessiond-check.lua", self.directory / "haproxy.cfg"
        lua.write_text(replaced((PACKAGING / "haproxy" / "sessiond-check.lua").read_text(),
                                ("127.0.0.1:8080", f"127.0.0.1:{self.upstream}")))
        config.write_text(replaced((PACKAGING / "haproxy" / "haproxy.cfg").read_text(),
                                   ("/etc/haproxy/sessiond-check.lua", lua),
                                   ("bind :443 ssl crt /etc/haproxy/certs/", f"bind 127.0.0.1:{self.port} ssl crt {both}"),
                                   ("server sessiond 127.0.0.1:8080", f"server sessiond 127.0.0.1:{self.upstream}"),
                                   ("server application 127.0.0.1:3000", f"server application 127.0.0.1:{self.application}")))
        return ["haproxy", "-db", "-f", config]
