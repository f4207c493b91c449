"""nameserver.py - Debian's knot on a loopback port: the zone example.test, and records that tests put there."""
# SPDX-License-Identifier: Apache-2.0
import pathlib
import shutil
import subprocess

from mailserver import await_true, free_port

KNOTD = shutil.which("knotd", path="/usr/sbin:/usr/bin")
HEAD = "@ 60 SOA ns.example.test. hostmaster.example.test. {serial} 3600 600 86400 60\n@ 60 NS ns\nns 60 A 127.0.0.1\n"


class NameServer:
    def __init__(self, directory):
        self.directory, self.port = pathlib.Path(directory), free_port()
        self.zone, self.config = self.directory / "example.test.zone", self.directory / "knot.conf"
        self.records, self.serial = [], 1

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def __enter__(self):
        self.config.write_text(f"""
server:
    rundir: {self.directory}
    listen: 127.0.0.1@{self.port}
database:
    storage: {self.directory}
control:
    listen: {self.directory}/knot.sock
zone:
  - domain: example.test
    file: {self.zone}
    zonefile-sync: -1
    journal-content: none
""")
        self.write()
        with open(self.directory / "knot.log", "wb") as log:
            self.process = subprocess.Popen([KNOTD, "-c", self.config], stdout=log, stderr=log)
        await_true(lambda: self.control("status", check=False).returncode == 0)
        self.reload()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)

    def control(self, *args, check=True):
        return subprocess.run([shutil.which("knotc", path="/usr/sbin:/usr/bin"), "-c", self.config, "-b", *args], capture_output=True, check=check)

    def write(self):
        lines = [f'{name} 60 TXT "{text}"\n' for name, text in self.records]
        self.zone.write_text(HEAD.format(serial=self.serial) + "".join(lines))

    def reload(self):
        self.serial += 1
        self.write()
        self.control("zone-reload", "example.test")

    def put(self, name, *texts):
        """TXT records of one name below example.test, beside those that are there."""
        self.records += [(name, text) for text in texts]
        self.reload()
