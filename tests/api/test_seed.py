"""The demo answers GET /session as the seed document prints it."""
# SPDX-License-Identifier: Apache-2.0
import json
import re
import subprocess

import pytest

from client import Browser
from harness import FIXTURES, Server, Deployment
from shapes import follows

SEED = json.loads((FIXTURES / "get-session.json").read_text())


@pytest.fixture(scope="module")
def demo(new_server):
    server = new_server(["--demo"])
    server.args.remove("--trusted-proxy"), server.args.remove("127.0.0.1/32")
    with server:
        yield server


def demo_browser(demo, host, mode):
    made = {"id": "deployment_0", "publishable_key": "", "secret_key": ""}
    return Browser(Deployment(demo, f"{host}:{demo.port}", f"localhost:{demo.port}", mode, made), origin=None)


@pytest.fixture(params=[("localhost", "production"), ("127.0.0.1", "staging")], ids=["production", "staging"])
def john(request, demo):
    """A browser in which the seed's John Doe has just signed in."""
    browser = demo_browser(demo, *request.param)
    answer = browser.post("/auth/signin", {"strategy": "plain_email", "email": "john.doe@example.com",
                                           "password": "correct-horse-battery-staple"})
    assert answer.attempt["completed"] is True
    return browser


def test_seed_document_is_followed_key_by_key(john):
    answer = john.get("/session").json
    follows(SEED, answer)
    for name in ("user", "organization", "workspace"):
        assert list(answer["data"][name]) == list(SEED["data"][name])
    assert len(answer["session"]["signins"]) == 1
    assert answer["session"]["active_signin"] == answer["session"]["signins"][0]


def test_seed_people_and_names(john):
    data = john.session()
    assert {k: data["user"][k] for k in ("first_name", "last_name", "email", "username")} == {
        "first_name": "John", "last_name": "Doe", "email": "john.doe@example.com", "username": "johndoe"}
    assert (data["organization"]["name"], data["organization"]["slug"]) == ("Acme Corporation", "acme-corp")
    assert (data["workspace"]["name"], data["workspace"]["slug"]) == ("Development Team", "dev-team")


def test_seed_sign_in_by_username(demo):
    browser = demo_browser(demo, "localhost", "production")
    assert browser.post("/auth/signin", {"username": "johndoe", "password": "correct-horse-battery-staple"}).attempt["completed"]


def curl_lines(demo):
    text = "\n".join(demo.stdout + demo.log().splitlines()).replace("\\\n", " ")
    return [line.strip() for line in text.splitlines() if re.match(r"\s*(\w+=\$\()?curl\b", line)]


def test_demo_prints_curl_lines_that_sign_in_and_show_the_session(demo, tmp_path):
    """The first minute: paste what it printed, see John Doe."""
    lines = curl_lines(demo)
    assert len(lines) >= 2, demo.stdout
    done = subprocess.run(["sh", "-e"], input="\n".join(lines), text=True, capture_output=True, cwd=tmp_path, timeout=60,
                          check=False)
    assert done.returncode == 0, done.stderr
    assert '"john.doe@example.com"' in done.stdout.replace(" ", "").replace("\n", ""), done.stdout
    assert '"active_signin":null' not in done.stdout.replace(" ", "").splitlines()[-1]


def test_demo_rows_are_not_served_without_demo(new_server):
    server = new_server(["--demo"])
    with server:
        assert demo_browser(server, "localhost", "production").get("/session").status == 200
    server.args.remove("--demo")
    with server:
        host = f"localhost:{server.port}"
        assert host not in server.cli("deployment", "list")
        assert demo_browser(server, "localhost", "production").get("/session").status == 404


def test_demo_moves_its_hosts_to_the_listening_port(new_server):
    server = new_server(["--demo"])
    for _ in range(2):
        with server:
            assert demo_browser(server, "localhost", "production").get("/session").status == 200


def test_demo_refuses_a_listener_that_others_can_reach(new_server):
    from harness import run
    server: Server = new_server()
    done = run("serve", "--demo", "--data", server.data, "--listen", "0.0.0.0:0", "--admin-listen", "off")
    assert done.returncode != 0 and "loopback" in done.stderr
