"""The command line of the fixed interface, with and without a running server."""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import re
import stat
import subprocess

import pytest

from harness import PASSWORD, binary, run


@pytest.fixture
def offline(new_server):
    """A data directory that no server holds."""
    return new_server()


def cli(server, *args, stdin=""):
    where = ["--database", server.database] if server.database else []
    return run(*args, "--data", server.data, *where, stdin=stdin)


def create(server, host="api.example.net", mode="production", *extra):
    return cli(server, "deployment", "create", "--host", host, "--frontend-host", "app.example.net", "--mode", mode, *extra)


def test_deployment_create_prints_json(offline):
    done = create(offline)
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert {"id", "publishable_key", "secret_key"} <= made.keys()
    assert re.fullmatch(r"deployment_\d+", made["id"]) and made["publishable_key"].startswith("pk_live_") and made["secret_key"].startswith("sk_live_")
    staging = json.loads(create(offline, "dev.example.net", "staging").stdout)
    assert staging["publishable_key"].startswith("pk_test_") and staging["secret_key"].startswith("sk_test_")


def test_an_answer_that_is_lost_is_told(offline):
    """Keys are shown once. Written to a full disk they were gone, and nothing was said."""
    where = ["--database", offline.database] if offline.database else []
    args = ["deployment", "create", "--host", "lost.example.net", "--frontend-host", "app.example.net", "--mode", "production", "--data", offline.data, *where]
    with open("/dev/full", "wb") as full:
        done = subprocess.run([binary(), *args], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "sessiond: standard output: No space left on device: the command has run, and its answer is lost"
    assert "lost.example.net" in cli(offline, "deployment", "list").stdout


def test_the_secret_key_is_shown_once_and_stored_hashed(offline):
    secret = json.loads(create(offline).stdout)["secret_key"]
    assert secret not in cli(offline, "deployment", "show", "api.example.net").stdout
    assert secret.encode() not in offline.stored_bytes()


@pytest.mark.parametrize("args", [
    ["--host", "x.example"], ["--host", "http://x.example", "--frontend-host", "y.example", "--mode", "production"],
    ["--host", "x.example/path", "--frontend-host", "y.example", "--mode", "production"], ["--host", "", "--frontend-host", "y.example", "--mode", "production"],
    ["--host", "x.example", "--frontend-host", "y.example", "--mode", "testing"], ["--host", "x y.example", "--frontend-host", "y.example", "--mode", "staging"],
    ["--host", "x.example", "--frontend-host", "y.example", "--mode", "production", "--base-url", "ftp://x.example"],
    ["--host", "x.example", "--frontend-host", "y.example", "--mode", "production", "--base-url", "https://x.example/"],
    ["--host", "x.example", "--frontend-host", "y.example", "--mode", "production", "--unknown", "1"]])
def test_deployment_create_refuses_nonsense_with_a_sentence(offline, args):
    done = cli(offline, "deployment", "create", *args)
    assert done.returncode not in (0, -6, -11) and done.stderr.strip() and done.stdout == ""


def test_a_host_is_given_once(offline):
    assert create(offline).returncode == 0
    again = create(offline, "API.example.net")
    assert again.returncode != 0 and "api.example.net" in again.stderr.lower()


def test_deployment_list_show_set(offline):
    for host in ("one.example.net", "two.example.net"):
        create(offline, host)
    listed = cli(offline, "deployment", "list").stdout
    assert "one.example.net" in listed and "two.example.net" in listed
    assert cli(offline, "deployment", "set", "one.example.net", "ui_settings.app_name=Lumen Labs", "auth_settings.password.min_length=12").returncode == 0
    shown = cli(offline, "deployment", "show", "one.example.net").stdout
    assert "Lumen Labs" in shown and "12" in shown
    for command in (["show"], ["set", "ui_settings.app_name=x"]):
        missing = cli(offline, "deployment", command[0], "nowhere.example.net", *command[1:])
        assert missing.returncode != 0 and "nowhere.example.net" in missing.stderr


def user(server, *args, stdin=""):
    return cli(server, "user", *args, "--deployment", "api.example.net", stdin=stdin)


MIRA = ["--email", "mira@example.org", "--username", "mira", "--first-name", "Mira", "--last-name", "Okafor"]


def test_users(offline):
    create(offline)
    made = user(offline, "create", *MIRA, stdin=PASSWORD + "\n")
    assert made.returncode == 0, made.stderr
    who = json.loads(made.stdout)
    assert re.fullmatch(r"user_\d+", who["id"])
    assert "mira@example.org" in user(offline, "list").stdout
    for name in (who["id"], "mira@example.org", "mira", "MIRA@example.org"):
        shown = user(offline, "show", name)
        assert shown.returncode == 0 and who["id"] in shown.stdout and "argon2" not in shown.stdout, name
    assert [user(offline, v, "mira@example.org").returncode for v in ("disable", "disable", "enable", "enable")] == [0] * 4
    assert user(offline, "delete", who["id"]).returncode == 0
    gone = user(offline, "show", who["id"])
    assert gone.returncode != 0 and who["id"] in gone.stderr


@pytest.mark.parametrize("args,stdin", [(MIRA, "short\n"), (["--email", "nonsense"], PASSWORD + "\n"), ([*MIRA, "--password", PASSWORD], PASSWORD + "\n"),
                                        ([], PASSWORD + "\n"), (MIRA, "")])
def test_user_create_refuses(offline, args, stdin):
    """Too weak, not an address, a password as an argument, nobody, no password on standard input."""
    create(offline)
    done = user(offline, "create", *args, stdin=stdin)
    if (args, stdin) != (MIRA, ""):
        assert done.returncode != 0 and done.stderr.strip()
    assert PASSWORD not in done.stdout + done.stderr


def test_user_names_are_unique(offline):
    create(offline)
    user(offline, "create", *MIRA, stdin=PASSWORD + "\n")
    again = user(offline, "create", "--email", "MIRA@example.org", "--username", "other", stdin=PASSWORD + "\n")
    assert again.returncode != 0 and again.stderr.strip()


def test_sessions(server, production):
    browser, who = production.signed_in()
    other, _ = production.signed_in(who)
    session = browser.session()["id"]
    listed = server.cli("session", "list", "--deployment", production.host)
    assert session in listed and browser.token not in listed
    server.cli("session", "revoke", session, "--deployment", production.host)
    assert not browser.is_signed_in and other.is_signed_in
    missing = server.try_cli("session", "revoke", "session_1", "--deployment", production.host)
    assert missing.returncode != 0 and "session_1" in missing.stderr


def test_a_running_server_sees_what_the_command_line_did_at_once(server):
    d = server.deployment()
    assert d.browser().get("/session").status == 200
    browser, who = d.signed_in()
    server.cli("user", "delete", who.email, "--deployment", d.host)
    assert browser.get("/me").status == 401


def test_commands_need_no_server(offline):
    create(offline, "t.example.net")
    with offline:
        assert "t.example.net" in offline.cli("deployment", "list")
    assert "t.example.net" in cli(offline, "deployment", "list").stdout


def test_migrate_status(offline):
    create(offline)
    done = cli(offline, "migrate", "--status")
    assert done.returncode == 0 and re.search(r"schema (\d+) of \1: up to date", done.stdout)
    assert cli(offline, "migrate").returncode == 0, "again is nothing"


def test_version():
    done = run("version")
    assert done.returncode == 0 and re.search(r"sessiond \d+\.\d+", done.stdout)


def test_check_config_prints_the_effective_one(offline):
    done = run("check-config", "--data", offline.data, "--listen", "127.0.0.1:8080")
    assert done.returncode == 0 and "127.0.0.1:8080" in done.stdout and str(offline.data) in done.stdout


def test_flags_win_over_environment_and_environment_over_file(tmp_path):
    config = tmp_path / "sessiond.conf"
    config.write_text("workers = 11\nthreads = 12\nhash-threads = 13\n")
    done = run("check-config", "--config", config, "--workers", "31", "--data", tmp_path / "data", env={"SESSIOND_WORKERS": "21", "SESSIOND_THREADS": "22"})
    assert done.returncode == 0, done.stderr
    found = dict(re.findall(r"^([a-z-]+)\s*=\s*(\d+)", done.stdout, re.M))
    assert [found[k] for k in ("workers", "threads", "hash-threads")] == ["31", "22", "13"]


@pytest.mark.parametrize("args", [[], ["help"], ["nonsense"], ["serve", "--nonsense"], ["serve", "--listen"], ["deployment"], ["deployment", "nonsense"],
                                  ["user", "create"], ["serve", "--listen", "nowhere"], ["serve", "--threads", "many"], ["serve", "--trusted-proxy", "10.0.0.0/99"]])
def test_wrong_usage_is_answered_with_a_sentence(args, tmp_path):
    done = run(*args, *(["--data", tmp_path] if args and args[0] != "help" else []))
    assert (done.returncode != 0 or args in ([], ["help"])) and (done.stderr + done.stdout).strip()
    assert done.returncode not in (-6, -11)


def test_the_master_key_is_private_and_made_once(offline):
    if offline.database:
        with offline:
            pass
    else:
        create(offline)
    key = offline.data / "master.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    first = key.read_bytes()
    with offline:
        assert key.read_bytes() == first
        assert stat.S_IMODE((offline.data / "admin.sock").stat().st_mode) == 0o600


@pytest.mark.parametrize("damage", ["missing", "wrong"])
def test_a_missing_or_wrong_master_key_refuses_to_start(offline, damage):
    """Never a silent second key."""
    create(offline)
    key = offline.data / "master.key"
    content = key.read_bytes()
    key.unlink()
    if damage == "wrong":
        other = bytearray(content)
        other[0] = ord("b") if other[0:1] != b"b" else ord("c")
        key.write_bytes(other)
        os.chmod(key, 0o600)
    done = cli(offline, "serve", "--listen", "127.0.0.1:0", "--admin-listen", "off")
    assert done.returncode not in (0, -6, -11) and "key" in done.stderr
    assert damage == "wrong" or not key.exists()


def test_one_process_holds_a_data_directory(offline):
    if offline.database:
        return
    with offline:
        second = run("serve", "--data", offline.data, "--listen", "127.0.0.1:0", "--admin-listen", "off")
        assert second.returncode not in (0, -6, -11) and second.stderr.strip()


def test_a_taken_port_is_noticed(offline, server):
    done = cli(offline, "serve", "--listen", f"127.0.0.1:{server.port}", "--admin-listen", "off")
    assert done.returncode not in (0, -6, -11) and str(server.port) in done.stderr
