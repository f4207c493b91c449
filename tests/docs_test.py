#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the documents name is there: files, links, tests, metrics, settings, commands."""

import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[1]
FILES = subprocess.run(["git", "-C", ROOT, "ls-files"], capture_output=True, text=True, check=True).stdout.split("\n")[:-1]
# The others are written by programs, whose tests compare them.
BY_HAND = [f for f in FILES if re.fullmatch(r"(\w+/)*[\w-]+\.md", f) and not f.startswith("src/")
           and f not in ("docs/API.md", "docs/CONFIG.md", "docs/EVENTS.md")]


def text(*suffixes, below=""):
    return "\n".join((ROOT / f).read_text() for f in FILES if f.startswith(below) and f.endswith(suffixes))


def documents(pattern):
    """(document, match) of every match in a document written by hand."""
    return [(doc, m) for doc in BY_HAND for m in re.findall(pattern, (ROOT / doc).read_text())]


def headings(path):
    """What a link may name of a document, as forges make it from its headings."""
    return {re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in re.findall(r"(?m)^#+ (.*)$", path.read_text())}


class Documents(unittest.TestCase):
    def check(self, found):
        missing = [f"{doc}: {what}" for doc, what, there in found if not there]
        self.assertFalse(missing, "\n" + "\n".join(missing))

    def test_links_lead_somewhere(self):
        for doc, link in documents(r"\]\(((?!https?:)[^)]+)\)"):
            file, _, part = link.partition("#")
            path = (ROOT / doc).parent / file if file else ROOT / doc
            self.check([(doc, link, path.exists() and (not part or part in headings(path)))])

    def test_files_exist(self):
        """A program stands for its source; what git ignores comes and goes."""
        paths = documents(r"`((?:src|tests|script|docs|packaging|tools|bench|web)/[\w./-]*\w)`")
        ignored = (ROOT / ".gitignore").read_text()
        self.check((doc, path, (ROOT / path).exists() or (ROOT / f"{path}.c").exists() or f"{path}/\n" in ignored)
                   for doc, path in paths)

    def test_files_in_short_exist(self):
        """`net/loop.c` for src/net/loop.c."""
        folders = "|".join(sorted({f.split("/")[1] for f in FILES if f.count("/") > 1 and f.startswith("src/")}))
        self.check((doc, path, (ROOT / "src" / path).exists()) for doc, path in documents(rf"`((?:{folders})/\w+\.[ch])`"))

    def test_tests_exist(self):
        tests = text(".py", ".c", below="tests/") + text("_test.c", "_test.h", below="src/")
        self.check((doc, name, name in tests) for doc, name in documents(r"`(test_\w+)`"))

    def test_functions_exist(self):
        source = text(".c", ".h", below="src/") + text(".sql", below="src/")
        self.check((doc, name, name.removeprefix("sql_") in source) for doc, name in documents(r"`([a-z]+_[a-z_]+)\("))

    def test_metrics_exist(self):
        source = text(".c", below="src/")
        self.check((doc, name, f'"{name}"' in source or f"sessiond_{name}" in source)
                   for doc, name in documents(r"`sessiond_([a-z_]+)[`{ ]"))

    def test_settings_and_keys_exist(self):
        known = (ROOT / "docs" / "CONFIG.md").read_text()
        for pattern in (r"^([a-z]+(?:-[a-z]+)*) = ", r"deployment set \S+ ([a-z_.]+)=", r" --((?:listen|admin|trusted|master|database|hash|log)[a-z-]*)"):
            self.check((doc, key, f"`{key}`" in known) for doc, key in documents(f"(?m){pattern}"))

    def test_events_exist(self):
        known = (ROOT / "src" / "base" / "log.h").read_text()
        self.check((doc, name, f'"{name}"' in known)
                   for doc, name in documents(r"(?:error|warn|notice|info) ([a-z]+(?:\.[a-z]+)?) [a-z_]+="))


if __name__ == "__main__":
    unittest.main()
