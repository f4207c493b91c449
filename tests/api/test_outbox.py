"""The outbox: what is written to people, as the operator sees it."""
# SPDX-License-Identifier: Apache-2.0
import mailbox


def test_an_empty_outbox_lists_nothing(production):
    assert mailbox.messages(production) == []


def test_the_outbox_refuses_what_it_does_not_have(production):
    for args, words in ((["show", "message_1"], "there is no message message_1"), (["show", "1"], "is not a message_"),
                        (["list", "--before", "x"], "is not a message_"), (["list", "--limit", "0"], "--limit")):
        done = production.server.try_cli("outbox", *args, "--deployment", production.host)
        assert done.returncode != 0 and words in done.stderr and done.stdout == ""
