"""TLS on the way to PostgreSQL: asked for, it is there, and a server that cannot prove itself is refused at the start. F-15."""
# SPDX-License-Identifier: Apache-2.0
import os
import pathlib
import pwd
import socket
import subprocess

import pytest

from database import Database
from harness import binary


def certificate(name, cert, key, *more):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-keyout", key, "-out", cert, "-subj", f"/CN={name}", *more], check=True, capture_output=True)


class Authority:
    """One that was made for this test: `root` is its certificate."""

    def __init__(self, directory):
        directory.mkdir()
        self.root, self.key = directory / "root.pem", directory / "root.key"
        certificate(directory.name, self.root, self.key)

    def sign(self, name, cert, key):
        certificate(name, cert, key, "-CA", self.root, "-CAkey", self.key, "-addext", f"subjectAltName=DNS:{name}",
                    "-addext", "basicConstraints=critical,CA:FALSE")


def listening(*settings):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    return port, Database("listen_addresses=127.0.0.1", f"port={port}", *settings)


class Encrypted:
    """A PostgreSQL with TLS, whose certificate is for localhost and from `ours`."""

    def __init__(self, directory):
        self.ours, self.others = Authority(directory / "ours"), Authority(directory / "others")
        self.port, self.database = listening("ssl=on")
        cert, key = (os.path.join(self.database.data, name) for name in ("server.crt", "server.key"))
        self.ours.sign("localhost", cert, key)
        if os.geteuid() == 0:
            for path in (cert, key):
                os.chown(path, pwd.getpwnam("postgres").pw_uid, -1)
        self.database.start()

    def url(self, sslmode, root=None, host="localhost"):
        return (f"postgresql://postgres@{host}:{self.port}/postgres?hostaddr=127.0.0.1&sslmode={sslmode}"
                + (f"&sslrootcert={root}" if root else ""))


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory):
    made = Encrypted(tmp_path_factory.mktemp("tls"))
    yield made
    made.database.remove()


@pytest.fixture(scope="module")
def plain():
    port, database = listening()
    database.start()
    yield port
    database.remove()


def test_F15_every_connection_is_encrypted(new_server, tmp_path, encrypted):
    for url in (encrypted.url("require"), encrypted.url("verify-full", encrypted.ours.root)):
        with new_server(env={"HOME": str(tmp_path)}, database=url) as server:
            assert server.deployment().signed_in()[0].get("/me").status == 200
            assert server.sql("SELECT DISTINCT s.ssl FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) "
                              "WHERE a.application_name = 'sessiond'") == [("t",)]


def refusal(tmp_path, url):
    """What the server says when it does not start."""
    done = subprocess.run([binary(), "serve", "--data", str(tmp_path / "data"), "--database", url, "--listen", "127.0.0.1:0",
                           "--admin-listen", "127.0.0.1:0"], env={**os.environ, "HOME": str(tmp_path)},
                          capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1 and done.stdout == "", done
    return done.stderr


def test_F15_a_certificate_from_somebody_else_is_refused(tmp_path, encrypted):
    for sslmode in ("verify-ca", "verify-full"):
        said = refusal(tmp_path, encrypted.url(sslmode, encrypted.others.root))
        assert "SSL error: certificate verify failed" in said, said


def test_F15_a_certificate_for_another_host_is_refused(tmp_path, encrypted):
    said = refusal(tmp_path, encrypted.url("verify-full", encrypted.ours.root, host="db.example.com"))
    assert 'server certificate for "localhost" does not match host name "db.example.com"' in said, said


def test_F15_without_authorities_nothing_can_be_verified(tmp_path, encrypted):
    said = refusal(tmp_path, encrypted.url("verify-full"))
    assert f'root certificate file "{tmp_path}/.postgresql/root.crt" does not exist' in said, said


def test_F15_each_server_that_was_tried_is_accounted_for(tmp_path, encrypted):
    """The first one's account alone would hide what is wrong with the one that is there."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and does not listen
        hosts = f"127.0.0.1:{nobody.getsockname()[1]},127.0.0.1:{encrypted.port}"
        said = refusal(tmp_path, f"postgresql://postgres@{hosts}/postgres?sslmode=verify-ca&sslrootcert={encrypted.others.root}")
    assert "Connection refused; connection to server" in said and "certificate verify failed" in said, said


def test_F15_no_encryption_where_it_was_asked_for(tmp_path, plain):
    said = refusal(tmp_path, f"postgresql://postgres@127.0.0.1:{plain}/postgres?sslmode=require")
    assert "server does not support SSL, but SSL was required" in said, said
