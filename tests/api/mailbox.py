"""mailbox.py - what a deployment has written to people, as its operator sees it in the outbox."""
# SPDX-License-Identifier: Apache-2.0


def messages(deployment, to=None, kind=None):
    """The newest first, without their content."""
    listed = deployment.server.cli_json("outbox", "list", "--deployment", deployment.host)["messages"]
    return [m for m in listed if to in (None, m["to"]) and kind in (None, m["kind"])]


def show(deployment, message):
    """A message with its "vars": what its template is filled with."""
    return deployment.server.cli_json("outbox", "show", message["id"], "--deployment", deployment.host)


def latest(deployment, to, kind=None):
    """The newest message to that address or number."""
    found = messages(deployment, to, kind)
    assert found, f"nothing was written to {to} (kind {kind})"
    return show(deployment, found[0])


def notices(deployment, to):
    """What that address was told about its account's security, the newest first."""
    return [show(deployment, m)["vars"]["what"] for m in messages(deployment, to, "security_notice")]
