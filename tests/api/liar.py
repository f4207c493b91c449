"""liar.py - a name server that answers what a test says, and servers that ask nobody else."""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import ipaddress
import os
import pathlib
import secrets
import shutil
import socket
import struct
import subprocess
import threading

from harness import binary

A, CNAME, AAAA = 1, 5, 28


def may_have_one():
    """Port 53, and a resolv.conf that only one process sees: for root, where the kernel lets it."""
    return os.getuid() == 0 and shutil.which("unshare") and subprocess.run(
        ["unshare", "-m", "true"], capture_output=True, check=False).returncode == 0


def encoded(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def record(kind, value):
    data = encoded(value) if kind == CNAME else ipaddress.ip_address(value).packed
    # The name is the question's; nobody may remember it.
    return b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 0, len(data)) + data


class Liar:
    """`names` has a list of answers for each name and kind; each question gets the next one, and the last one stays."""

    def __init__(self, names):
        self.names, self.asked = {k: list(v) for k, v in names.items()}, []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        # Whichever tests run beside this one have their own.
        self.address = f"127.{secrets.randbelow(255)}.{secrets.randbelow(255)}.77"
        self.socket.bind((self.address, 53))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                question, who = self.socket.recvfrom(4096)
                self.socket.sendto(self._answer(question), who)

    def _answer(self, question):
        labels, at = [], 12
        while question[at]:
            labels.append(question[at + 1:at + 1 + question[at]].decode())
            at += question[at] + 1
        kind, = struct.unpack(">H", question[at + 1:at + 3])
        name = ".".join(labels).lower()
        self.asked.append((name, kind))
        answers = self.names.get((name, kind), [[]])
        records = answers.pop(0) if len(answers) > 1 else answers[0]
        known = any(n == name for n, _ in self.names)
        flags = 0x8180 if known else 0x8183
        return (question[:2] + struct.pack(">HHHHH", flags, 1, len(records), 0, 0) + question[12:at + 5]
                + b"".join(record(CNAME if kind == CNAME else kind, r) for r in records))

    def close(self):
        self.socket.close()


def program(directory, address):
    """A sessiond that asks the name server there: what SESSIOND names, in a mount namespace of its own."""
    directory = pathlib.Path(directory)
    (directory / "resolv.conf").write_text(f"nameserver {address}\noptions timeout:1 attempts:1\n")
    script = directory / "sessiond"
    script.write_text(f"""#!/bin/sh
exec unshare -m sh -c 'mount --bind {directory}/resolv.conf /etc/resolv.conf && exec {binary()} "$@"' sessiond "$@"
""")
    script.chmod(0o755)
    return str(script)
