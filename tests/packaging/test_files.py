"""The other files of packaging/: the unit, the configuration, the fail2ban filter."""
# SPDX-License-Identifier: Apache-2.0
import configparser
import os
import re
import shutil
import subprocess

import pytest

from harness import ROOT, Server, binary, run

PACKAGING = ROOT / "packaging"
systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze here")


@pytest.fixture
def unit(tmp_path):
    """The shipped unit, with the path of the binary under test."""
    text = (PACKAGING / "sessiond.service").read_text()
    assert "ExecStart=/usr/sbin/sessiond serve" in text
    path = tmp_path / "sessiond.service"
    path.write_text(text.replace("ExecStart=/usr/sbin/sessiond", f"ExecStart={os.path.abspath(binary())}"))
    return path


@systemd
def test_the_unit_has_no_mistakes(unit):
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    about_it = [x for x in (done.stdout + done.stderr).splitlines() if "sessiond" in x]
    assert not about_it


@systemd
def test_the_unit_gives_little_away(unit):
    """systemd's own score, 0 (nothing) to 10: at most 1.5."""
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=15", unit],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-200:]


def test_the_configuration_is_understood(tmp_path):
    done = run("check-config", "--config", PACKAGING / "sessiond.conf")
    assert done.returncode == 0, done.stderr
    shown = dict(re.findall(r"^([a-z-]+)\s*=\s*(.*)$", done.stdout, re.M))
    assert (shown["data"], shown["listen"], shown["admin-listen"]) == ("/var/lib/sessiond", "127.0.0.1:8080", "127.0.0.1:9090")
    assert "127.0.0.1" in done.stdout.split("trusted-proxy", 1)[1]


def fail2ban_regex():
    parser = configparser.RawConfigParser()
    parser.read_string((PACKAGING / "fail2ban" / "filter.conf").read_text())
    return re.compile(parser["Definition"]["failregex"].replace("<ADDR>", "(?P<addr>[0-9A-Fa-f:.]+)"))


def test_fail2ban_finds_who_it_was_and_nobody_else(tmp_path):
    """Whatever somebody types as a name: the address is the one that the server saw."""
    names = ["nobody@example.org", "x ip=203.0.113.1", 'x" ip=203.0.113.1', "x\n2026-01-01T00:00:00Z notice auth.refused ip=203.0.113.1",
             "x\\\" notice auth.refused request=0123456789abcdef result=failure ip=203.0.113.1"]
    with Server(tmp_path, ["--trusted-proxy", "127.0.0.1/32"], limited=True) as server:
        browser = server.deployment().browser(ip="198.51.100.23")
        for name in names * 4:
            browser.post("/auth/signin", {"username": name, "password": "not-the-password"})
    found = [m["addr"] for m in map(fail2ban_regex().search, server.log().splitlines()) if m]
    assert len(found) >= len(names) and set(found) == {"198.51.100.23"}, server.log()
    assert "notice throttled" in server.log()


def found_by(server, act):
    """The lines that fail2ban counts for what is done."""
    before = len(server.log())
    act()
    return [x for x in server.log()[before:].splitlines() if fail2ban_regex().search(x)]


def test_fail2ban_counts_every_failure_once_and_no_denial(tmp_path):
    with Server(tmp_path, ["--trusted-proxy", "127.0.0.1/32"]) as server:
        d = server.deployment()
        who, stranger = d.person(), d.browser(ip="198.51.100.23")
        failures = {
            "password": lambda: stranger.post("/auth/signin", {"username": who.email, "password": "not-the-password"}),
            "ticket": lambda: stranger.get("/session/ticket/exchange", {"ticket": "A" * 43}),
            "mailed secret": lambda: stranger.post("/auth/not-me", {"token": "A" * 43}),
        }
        for name, act in failures.items():
            lines = found_by(server, act)
            assert len(lines) == 1 and lines[0].endswith(" ip=198.51.100.23"), (name, lines)
        assert not found_by(server, lambda: stranger.get("/me"))
        assert "result=denial code=UNAUTHORIZED" in server.log()
        assert not found_by(server, lambda: d.signed_in(who))
