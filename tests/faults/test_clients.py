"""Clients that are many, slow, half gone or in a hurry. F-17, F-18, F-20, F-21, F-25."""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import pathlib
import random
import resource
import select
import socket
import struct
import time

import pytest

from client import Raw
from load import Crowd


def cpu_s(server):
    fields = pathlib.Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def ask(deployment, path=b"/session", token=None, method=b"GET", fields=b"", body=None):
    head = method + b" " + path + b" HTTP/1.1\r\nHost: " + deployment.host.encode() + b"\r\n" + fields
    if token:
        head += b"Cookie: __Host-session=" + token.encode() + b"\r\n"
    if body is not None:
        head += b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n" % len(body)
    return head + b"\r\n" + (body or b"")


def read_one(f, has_body=True):
    """(status, body) of the next answer that is not 100."""
    while True:
        status, length = int(f.readline()[9:12]), 0
        while (line := f.readline()) not in (b"\r\n", b""):
            if line.lower().startswith(b"content-length:"):
                length = int(line[15:])
        if status != 100:
            return status, f.read(length) if has_body and status != 204 else b""


# Answered from memory, on the loop, by a worker, refused: whichever comes first out of the server, the order is the asker's.
KINDS = {
    "session": lambda d, t: ask(d, token=t),
    "me": lambda d, t: ask(d, b"/me", t),
    "head": lambda d, t: ask(d, token=t, method=b"HEAD"),
    "anonymous": lambda d, t: ask(d),
    "missing": lambda d, t: ask(d, b"/nowhere"),
    "options": lambda d, t: ask(d, method=b"OPTIONS"),
    "expect": lambda d, t: ask(d, b"/nowhere", method=b"POST", fields=b"Expect: 100-continue\r\n", body=b"a=b"),
    "rename": lambda d, t: ask(d, b"/me", t, b"POST", body=b"first_name=Ines"),
}


def holds(kind, status, body, email):
    if status == 503:
        return True
    if kind in ("missing", "expect"):
        return status == 404
    if kind == "options":
        return status == 204
    if kind in ("head", "rename"):
        return status == 200
    return status == 200 and (email in body) == (kind != "anonymous")


@contextlib.contextmanager
def many_descriptors(n):
    old = resource.getrlimit(resource.RLIMIT_NOFILE)
    if old[1] < n:
        pytest.skip(f"takes {n} descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (old[1], old[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, old)


def test_F21_pipelined_answers_come_in_order(new_server, often):
    with new_server("--queue", "64") as server:
        deployment = server.deployment()
        people = [deployment.signed_in() for _ in range(4)]

        def pipeline(i):
            browser, who = people[i % 4]
            kinds = random.choices(list(KINDS), k=random.randint(2, 24))
            sent = b"".join(KINDS[k](deployment, browser.token) for k in kinds)
            with Raw(server, timeout=60) as raw:
                while sent:
                    n = random.choice((1, 7, 100, 1000, 20000))
                    raw.send(sent[:n])
                    sent = sent[n:]
                if random.random() < 0.3:
                    raw.sock.shutdown(socket.SHUT_WR)
                with raw.sock.makefile("rb") as f:
                    for k in kinds:
                        status, body = read_one(f, k != "head")
                        assert holds(k, status, body, who.email.encode()), (k, status, body)

        def hang_up(i):
            """In a body, behind a request, with a reset or without."""
            with Raw(server) as raw:
                raw.send(random.choice((
                    ask(deployment, b"/auth/signup", method=b"POST", body=b"a=" + b"x" * 9000)[:random.randint(100, 9000)],
                    ask(deployment, token=people[i % 4][0].token) * random.randint(1, 40),
                    KINDS["rename"](deployment, people[i % 4][0].token))))
                if random.random() < 0.5:
                    raw.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

        with Crowd(6, pipeline) as pipelines, Crowd(4, hang_up) as rude:
            pipelines.ended.wait(often(3, 60))
            pipelines.stop()
            rude.stop()


def test_F17_no_descriptors_left(new_server):
    """Twice as many clients as descriptors: those served stay served, nothing spins, and all is well afterwards."""
    with new_server() as server:
        browser, who = server.deployment().signed_in()
        pid, old = server.process.pid, resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
        used = int(server.metric("sessiond_open_descriptors"))
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (used + 100, old[1]))
        crowd = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(300)]
        assert browser.get("/session").status == 200, "a connection that was there before"
        began, used_s = time.monotonic(), cpu_s(server)
        with Raw(server) as waiting:  # behind the others: in the backlog until one of them goes
            assert browser.get("/session").status == 200
            time.sleep(2)
            assert cpu_s(server) - used_s < 0.1 * (time.monotonic() - began) + 0.05
            for c in crowd:
                c.close()
            waiting.sock.settimeout(1)
            waiting.send(ask(browser.deployment, token=browser.token))
            assert who.email in waiting.read_answer().text
        assert int(server.metric("sessiond_open_descriptors")) < used + 20


def test_F20_slow_heads_and_bodies(new_server):
    with new_server("--head-timeout", "1s", "--body-grace", "1s") as server:
        deployment = server.deployment()
        browser, _ = deployment.signed_in()
        slow = [(Raw(server), ask(deployment, method=b"POST", body=b"x" * 5000)) for _ in range(200)]
        for i, (raw, sent) in enumerate(slow):
            # Cut in the path: what drips in goes on with it, and is well-formed however it is read.
            raw.send(sent[:len(b"POST /sess") if i % 2 else -4000])
        began = time.monotonic()
        while time.monotonic() < began + 1.5:
            assert browser.get("/session").status == 200
            for raw, _ in slow[:20]:
                with contextlib.suppress(OSError):
                    raw.send(b"x")
            time.sleep(0.1)
        for raw, _ in slow:
            got = raw.read_all()
            assert got.startswith(b"HTTP/1.1 408 ") and got.count(b"HTTP/1.1 ") == 1, got[:200]
            raw.sock.close()
        assert time.monotonic() < began + 6


def test_F18_unfinished_bodies(new_server):
    """Large bodies from nobody in particular: together they have a limit, and who signs in is not in their way."""
    with new_server("--body-memory", "16MiB") as server:
        deployment = server.deployment()
        who, held = deployment.person(), []
        head = ask(deployment, b"/organizations", method=b"POST", fields=b"Content-Length: 2000000\r\nContent-Type: multipart/form-data; boundary=x\r\n")
        for _ in range(60):
            held.append(Raw(server).send(head))
            with contextlib.suppress(OSError):
                held[-1].send(b"x" * 1999999)
        assert deployment.browser().sign_in(who).status == 200
        refused = select.select([raw.sock for raw in held], [], [], 0)[0]
        assert len(refused) >= 60 - 16 * 1024 * 1024 // 1000000
        assert all(sock.recv(100).startswith(b"HTTP/1.1 503 ") for sock in refused)
        for raw in held:
            raw.sock.close()


def test_F25_idle_connections(new_server, often):
    n = often(2000, 10000)
    with many_descriptors(n + 500), new_server() as server:
        browser, who = server.deployment().signed_in()
        before = server.rss_kib()
        crowd = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(n)]
        for c in crowd:
            c.sendall(ask(browser.deployment, token=browser.token))
        for c in crowd:
            assert who.email.encode() in c.recv(65536)
        assert (server.rss_kib() - before) / n < 10
        idle = cpu_s(server)
        time.sleep(1)
        assert cpu_s(server) - idle < 0.1
        for c in crowd:
            c.close()
