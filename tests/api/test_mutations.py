"""F-43: what a hand slips into a configuration, or into a declared deployment, three hundred times each."""
# SPDX-License-Identifier: Apache-2.0
import os
import random
import re
import signal

from harness import run
from test_apply import ENV, WHOLE, Declared

ROUNDS = 3000 if os.environ.get("NIGHTLY") else 300
SEED = 43
CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

JUNK = ["", " ", "\t", "=", ":", "-1", "0x10", "99999999999999999999", "1e9", "yes", "~", "null", "[", "]", "{", "}", "&a", "*a", "!t", "|", ">", "#", "'", '"',
        "\\", "%", "@", "`", ",", "\x00", "\x1b[31m", "\u202e", "\x85", "\u2028", "\ufeff", "\r", "é", "x" * 3000, "../../etc/passwd", "$(id)", "{{code}}"]


def mutate(rng, text):
    """One or a few slips: lines and characters that go missing, come twice, move, or become something else."""
    lines = text.splitlines(keepends=True)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        at = rng.randrange(len(lines))
        line = lines[at]
        where = rng.randrange(len(line)) if line else 0
        kind = rng.randrange(9)
        if kind == 0:
            lines[at] = ""
        elif kind == 1:
            lines[at] = line * 2
        elif kind == 2:
            other = rng.randrange(len(lines))
            lines[at], lines[other] = lines[other], line
        elif kind == 3:
            lines[at] = line[:where] + line[where + 1:]
        elif kind == 4:
            lines[at] = line[:where] + rng.choice(JUNK) + line[where:]
        elif kind == 5:
            lines[at] = re.sub(r"([:=]) *.*", lambda m: m[1] + " " + rng.choice(JUNK), line.rstrip("\n"), count=1) + "\n"
        elif kind == 6:
            lines[at] = " " * rng.randrange(5) + line
        elif kind == 7:
            lines[at] = line[:where] + chr(rng.choice((rng.randrange(1, 128), rng.randrange(128, 0xD800)))) + line[where + 1:]
        else:
            lines = lines[:at + 1]
    return "".join(lines).encode()


CONFIG = "\n".join(["# a comment", "", "workers = 2", "threads = 2", "listen = 127.0.0.1:8080", "admin-listen = 127.0.0.1:9090",
                    "trusted-proxy = 127.0.0.1/32", "trusted-proxy-header = x-forwarded", "log-level = info", "head-timeout = 10s", ""])


def test_F43_a_mutated_configuration_is_read_or_refused_with_its_line(tmp_path):
    rng, file = random.Random(SEED), tmp_path / "sessiond.conf"
    file.write_text(CONFIG)
    assert run("check-config", "--config", file).returncode == 0, "what is mutated is good"
    refused = 0
    for _ in range(ROUNDS):
        file.write_bytes(mutate(rng, CONFIG))
        done = run("check-config", "--config", file)
        assert done.returncode in (0, 1), (file.read_bytes(), done.returncode)
        if done.returncode == 0:
            continue
        refused += 1
        assert done.stdout == ""
        numbers = re.findall(r":(\d+): ", done.stderr)
        assert numbers and all(1 <= int(n) <= file.read_bytes().count(b"\n") + 1 for n in numbers), (file.read_bytes(), done.stderr)
        assert not CONTROLS.search(done.stderr), done.stderr
    assert refused > ROUNDS / 3


def test_F43_a_mutated_configuration_is_not_reloaded(new_server, tmp_path):
    """The server goes on with what it has, and says why."""
    rng, file = random.Random(SEED), tmp_path / "sessiond.conf"
    file.write_text("log-level = info\n")
    with new_server(["--config", str(file)]) as server:
        d = server.deployment()
        for n in range(1, 13):
            file.write_bytes(mutate(rng, CONFIG) + b"\nno_such_key = 1\n")
            server.process.send_signal(signal.SIGHUP)
            while server.log().count("no_such_key") < n:
                assert d.browser().get("/session").status == 200
            assert server.process.poll() is None


def test_F43_a_mutated_deployment_is_applied_whole_or_refused_whole(server, tmp_path):
    """Most are refused, with a line of the file or the deployment's name; and then nothing at all has changed."""
    rng, declared = random.Random(SEED), Declared(server, tmp_path)
    (tmp_path / "smtp-password").write_text("opensesame\n")
    (tmp_path / "verify.html").write_text("<p>{{code}}</p>\n")
    env = ENV
    text = declared.head() + WHOLE
    assert declared.apply(text, "--yes", env=env).returncode == 0
    refused, stored = 0, declared.stored()
    for _ in range(ROUNDS):
        done = declared.apply(mutate(rng, text), "--yes", env=env)
        assert done.returncode in (0, 1), (declared.file.read_bytes(), done.returncode)
        assert not CONTROLS.search(done.stdout + done.stderr), done
        if done.returncode == 0:
            if done.stdout != "nothing to do\n":
                stored = declared.stored()
            continue
        refused += 1
        assert done.stdout == "" and re.match(rf"{re.escape(str(declared.file))}:\d+: |sessiond: \S+: ", done.stderr), (declared.file.read_bytes(), done.stderr)
        if refused % 10 == 0:
            assert declared.stored() == stored, declared.file.read_bytes()
    assert refused > ROUNDS / 3 and declared.stored() == stored
    assert server.process.poll() is None
