"""test_browser.py - passkeys in a real Chromium: pages on other origins, cookies and sessions without them."""
# SPDX-License-Identifier: Apache-2.0
import functools
import http.server
import json
import pathlib
import subprocess
import sys
import threading

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "api")]

from harness import Server  # noqa: E402


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def pages():
    """Two origins with the same page."""
    servers = [http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=HERE)) for _ in range(2)]
    for s in servers:
        threading.Thread(target=s.serve_forever, daemon=True).start()
    yield [f"http://localhost:{s.server_port}" for s in servers]
    for s in servers:
        s.shutdown()
        s.server_close()


@pytest.fixture(scope="module")
def told(pages, tmp_path_factory):
    """What happened in the browser: with cookies, and in staging without."""
    with Server(tmp_path_factory.mktemp("server")) as server:
        frontend = pages[0].removeprefix("http://")
        production = server.deployment(host=f"localhost:{server.port}", frontend_host=frontend)
        staging = server.deployment("staging", host=f"staging.localhost:{server.port}", frontend_host=frontend)
        people = [production.person(), staging.person()]
        scenarios = [{"pages": pages, "api": f"http://{d.host}", "staging": "1" if d is staging else "", "email": who.email,
                      "password": who.password} for d, who in zip((production, staging), people)]
        done = subprocess.run(["node", HERE / "passkeys.mjs"], input=json.dumps(scenarios), text=True, capture_output=True,
                              timeout=120, cwd=HERE, check=False)
        assert done.returncode == 0, done.stderr[-4000:] + server.log()[-2000:]
        return list(zip(json.loads(done.stdout), people))


def check_passkeys(told, who, pages):
    passkey = told["registered"]["passkey"]
    assert (passkey["name"], passkey["device_type"]) == ("This browser", "platform")
    assert "InvalidStateError" in told["again"], "excludeCredentials: this authenticator has one already"
    assert told["renamed"]["name"] == "Laptop"
    assert [s["origin"] for s in told["signIns"]] == pages
    assert [(s["before"], s["user"], s["after"]) for s in told["signIns"]] == [(None, who.id, who.id)] * len(pages)
    assert "NotAllowedError" in told["unverified"], "a passkey without a verified user is no way in"


def test_with_cookies_from_two_other_origins(told, pages):
    got, who = told[0]
    check_passkeys(got, who, pages)
    assert got["cookies"] == [{"name": "__Host-session", "secure": True, "httpOnly": True, "sameSite": "Lax"}]
    assert [s["cookie"] for s in got["signIns"]] == ["", ""], "no script sees it"


def test_in_staging_without_cookies(told, pages):
    got, who = told[1]
    check_passkeys(got, who, pages)
    assert len(got["cookies"]) == 1, "still the one of the other deployment, and none of this"
