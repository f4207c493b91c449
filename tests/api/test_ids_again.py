"""TEN-07, V-35: made and deleted, again and again: no id comes a second time, and what was given to the ones before is dead.

Two hundred rounds by day; script/test --nightly says a hundred thousand, in a step of its own without sanitizers.
"""
# SPDX-License-Identifier: Apache-2.0
import http.client
import json
import os
import re
from concurrent.futures import ThreadPoolExecutor

import claims
from client import exchange

ROUNDS = int(os.environ.get("ROUNDS", "200"))
THREADS = 4
# What a round makes anew; the deployment and its roles are the same in all of them.
MADE = re.compile(r'"((?:user|email|session|signin|org|orgmem|workspace|wsmem)_\d+)"')


class Caller:
    """One thread's connections, to the product's own door and to the browsers' one, without all that Browser looks at."""

    def __init__(self, d):
        self.d, self.token = d, None
        self.inner = http.client.HTTPConnection("127.0.0.1", d.server.admin_port, timeout=60)
        self.outer = http.client.HTTPConnection("127.0.0.1", d.server.port, timeout=60)

    def operator(self, method, path, fields=None):
        status, _, body = exchange(None, method, path, [
            ("Host", f"127.0.0.1:{self.d.server.admin_port}"), ("Authorization", f"Bearer {self.d.secret_key}"), ("Content-Type", "application/json")],
            json.dumps(fields).encode() if fields else b"", self.inner)
        assert status in (200, 201, 204), body
        return body.decode()

    def person(self, method, path, fields=None, token=None):
        headers = [("Host", self.d.host), ("Origin", self.d.origin), ("X-Forwarded-Proto", "https"), ("X-Forwarded-For", "198.51.100.7")]
        if token:
            headers.append(("Cookie", f"__Host-session={token}"))
        if fields:
            headers.append(("Content-Type", "application/json"))
        status, got, body = exchange(None, method, path, headers, json.dumps(fields).encode() if fields else None, self.outer)
        cookies = [claims.parse_set_cookie(v)[1] for k, v in got if k.lower() == "set-cookie"]
        return status, (cookies or [token])[0], body.decode()


def one_round(c, who):
    """Somebody is made, signs in, makes an organization with a workspace; all of it is deleted. (ids, the token)"""
    texts = [c.operator("POST", "/v1/users", {"username": who, "email": f"{who}@example.org"})]
    user = json.loads(texts[0])["id"]
    ticket = json.loads(c.operator("POST", "/v1/tickets", {"user_id": user}))["ticket"]
    status, token, text = c.person("GET", f"/session/ticket/exchange?ticket={ticket}")
    assert status == 200 and token, text
    texts.append(text)
    status, _, text = c.person("POST", "/organizations", {"name": who}, token)
    assert status == 200, text
    org = json.loads(text)["data"]["organization"]["id"]
    status, _, room = c.person("POST", "/workspaces", {"organization_id": org, "name": who}, token)
    assert status == 200, room
    texts += [text, room]
    c.operator("DELETE", f"/v1/organizations/{org}")
    c.operator("DELETE", f"/v1/users/{user}")
    return set(MADE.findall("".join(texts))), token


def test_TEN07_V35_no_id_comes_again_and_old_tokens_are_dead(server):
    d = server.deployment("production")

    def rounds(n):
        c = Caller(d)
        return [one_round(c, f"phoenix_{n}") for _ in range(ROUNDS // THREADS)]

    def alive(tokens):
        c = Caller(d)
        return [token for token in tokens if c.person("GET", "/me", token=token)[0] != 401]

    with ThreadPoolExecutor(THREADS) as pool:
        made = [one for of_thread in pool.map(rounds, range(THREADS)) for one in of_thread]
        tokens = [token for _, token in made]
        living = [token for some in pool.map(alive, [tokens[n::THREADS] for n in range(THREADS)]) for token in some]
    assert min(len(ids) for ids, _ in made) == 8, "one of each kind"
    assert len(set().union(*(ids for ids, _ in made))) == sum(len(ids) for ids, _ in made) == 8 * ROUNDS
    assert len(set(tokens)) == ROUNDS and living == []
