"""The admin listener, and how a process starts, reloads and ends: OPS-09, F-41, F-43."""
# SPDX-License-Identifier: Apache-2.0
import os
import re
import signal
import threading

import pytest

from client import Raw, Response, exchange
from harness import run

@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_admin_paths(server, path):
    got = server.admin("GET", path)
    assert got.status == 200 and got.body


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/test/clock?advance=1", "/deployments", "/users"])
def test_OPS09_none_of_it_is_public(production, path):
    for method in ("GET", "POST"):
        assert production.browser().send(method, path).status == 404, (method, path)


@pytest.mark.parametrize("path", ["/session", "/deployment", "/me", "/auth/signin", "/"])
def test_the_public_api_is_not_on_the_admin_listener(server, production, path):
    got = server.admin("GET", path, [("X-Forwarded-Host", production.host)])
    assert got.status in (401, 404)


def test_TEN11_a_session_is_no_admin_credential(server, production):
    browser, _ = production.signed_in()
    for headers in ([("Cookie", f"__Host-session={browser.token}")], [("Authorization", f"Bearer {browser.token}")]):
        assert server.admin("GET", "/users", headers).status in (401, 404)


def test_metrics_are_prometheus_text(server, production):
    production.browser().get("/session")
    got = server.admin("GET", "/metrics")
    assert got.header("Content-Type").startswith("text/plain")
    lines = [x for x in got.text.splitlines() if x and not x.startswith("#")]
    assert len(lines) > 10
    for line in lines:
        assert re.fullmatch(r'[a-zA-Z_:][a-zA-Z0-9_:]*(\{([a-z_]+="[^"\n]*",?)*\})? [0-9.eE+-]+|.* \+?(Inf|NaN)', line), line
    helps = set(re.findall(r"# HELP (\S+) ", got.text))
    types = dict(re.findall(r"# TYPE (\S+) (counter|gauge|histogram|summary)", got.text))
    assert helps and helps == types.keys() and all(n.startswith(("sessiond_", "process_")) for n in types)
    assert all(n.endswith("_total") for n, kind in types.items() if kind == "counter")


def test_metrics_count_what_happens(server, production):
    names = [n for n in re.findall(r"# TYPE (\S+) counter", server.admin("GET", "/metrics").text) if "request" in n]
    assert names
    before = {n: server.metric(n) for n in names}
    browser = production.browser()
    for _ in range(20):
        browser.get("/session")
    assert any(server.metric(n) - before[n] >= 20 for n in names)


@pytest.mark.parametrize("host,status", [("rebound.example", 403), ("rebound.example:9090", 403), ("127.0.0.1.rebound.example", 403), ("[::1]:9090", 200),
                                         ("localhost:9090", 200), ("127.0.0.1", 200)])
def test_metrics_on_loopback_are_not_for_a_page_whose_name_leads_there(server, host, status):
    """They were: DNS rebinding let any page in the operator's browser read how busy the server is."""
    assert Response(*exchange(("127.0.0.1", server.admin_port), "GET", "/metrics", [("Host", host)], None)).status == status


def test_metrics_tell_no_tenant_secrets(server, production):
    browser, who = production.signed_in()
    text = server.admin("GET", "/metrics").text
    assert not [s for s in (browser.token, who.email, production.secret_key) if s in text]


def test_the_clock_is_only_for_tests(new_server):
    with new_server(env={"SESSIOND_TEST_CLOCK": ""}) as s:
        assert s.admin("POST", "/test/clock?advance=1").status == 404


def test_ready_lines_are_exactly_one_per_listener(server):
    assert [x for x in server.stdout if x.strip()] == [f"listening on http://127.0.0.1:{server.port}", f"admin on http://127.0.0.1:{server.admin_port}"]


# ---- F-41 ----

def test_F41_sigterm_under_load_loses_nothing_it_acknowledged(new_server):
    """Answers until the end are whole, idle connections get a FIN, and what was answered is there afterwards."""
    server = new_server()
    for round_ in range(10 if os.environ.get("NIGHTLY") else 2):
        server.start()
        d = server.deployment(host=f"api{round_}.example.net")
        browsers = [d.signed_in()[0] for _ in range(4)]
        kept, broken, began = {}, [], threading.Semaphore(0)

        def work(i, b):
            for n in range(100_000):
                try:
                    if b.post("/me", {"first_name": f"N{n}"}).status == 200:
                        kept[i] = n
                        began.release()
                except OSError:
                    return    # closed: allowed between answers
                except Exception as e:    # half an answer
                    if "RemoteDisconnected" not in type(e).__name__:
                        broken.append(e)
                    return
        threads = [threading.Thread(target=work, args=x) for x in enumerate(browsers)]
        with Raw(server) as idle:
            idle.send(f"GET /session HTTP/1.1\r\nHost: {d.host}\r\nX-Forwarded-Proto: https\r\n\r\n".encode()).read_answer()
            for t in threads:
                t.start()
            for _ in range(20):
                began.acquire()
            server.stop(timeout=12)
            assert idle.sock.recv(1) == b"", "a FIN, not a reset"
        for t in threads:
            t.join()
        assert not broken
        server.start()
        for i, n in kept.items():
            # The one after the last answered may have been committed as well.
            assert browsers[i].twin().session()["user"]["first_name"] in (f"N{n}", f"N{n + 1}")
        server.stop()


def test_F41_a_second_sigterm_does_no_harm(new_server):
    server = new_server().start()
    server.process.send_signal(signal.SIGTERM)
    try:
        server.process.send_signal(signal.SIGTERM)
    except ProcessLookupError:
        pass
    assert server.process.wait(15) == 0
    server.process = None


def test_sigint_ends_it_too(new_server):
    server = new_server().start()
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(15) == 0
    server.process = None


def test_sigpipe_and_sighup_do_not(new_server):
    with new_server() as server:
        d = server.deployment()
        for s in (signal.SIGPIPE, signal.SIGHUP):
            server.process.send_signal(s)
            assert d.browser().get("/session").status == 200
        assert server.process.poll() is None


# ---- F-43 ----

BROKEN = ["nonsense", "workers", "workers =", "workers = many", "workers = -1", "workers = 0x10", "workers = 99999999999999999999", "no_such_key = 1",
          "listen = nowhere", "listen = 127.0.0.1", "listen = 127.0.0.1:99999", "trusted-proxy = 10.0.0.0/99", "trusted-proxy = example.org", "= 1",
          "workers = 1\nworkers = 2", "\x00", "workers = 1 2", "[section", "threads = 1025", "config = x", "head-timeout = 5"]


@pytest.mark.parametrize("line", BROKEN)
def test_F43_a_broken_configuration_is_refused_with_its_line(tmp_path, line):
    config = tmp_path / "sessiond.conf"
    config.write_text("# a comment\n\n" + line + "\n")
    for command in ("check-config", "serve"):
        done = run(command, "--config", config, "--data", tmp_path / "data")
        assert done.returncode not in (0, -6, -11), (command, done.stdout)
        assert re.search(r":[34]\b|line [34]", done.stderr), done.stderr


def test_F43_a_reload_is_all_or_nothing(new_server, tmp_path):
    config = tmp_path / "sessiond.conf"
    config.write_text("# nothing yet\n")
    with new_server(["--config", str(config)]) as server:
        d = server.deployment()
        config.write_text("no_such_key = 1\n")
        server.process.send_signal(signal.SIGHUP)
        while not server.log_contains("no_such_key"):
            assert d.browser().get("/session").status == 200
        assert server.process.poll() is None
