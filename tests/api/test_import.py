"""Accounts from other programs: `sessiond user import`."""
# SPDX-License-Identifier: Apache-2.0
import crypt
import hashlib
import json

import pytest

PASSWORD = "violet-otter-climbs-granite"


def pbkdf2(rounds=1000):
    return f"pbkdf2:sha256:{rounds}$somesalt${hashlib.pbkdf2_hmac('sha256', PASSWORD.encode(), b'somesalt', rounds).hex()}"


HASHES = {"bcrypt": lambda: crypt.crypt(PASSWORD, "$2b$04$3LvPwHcmlNooAQvpCQycKu"), "sha512-crypt": lambda: crypt.crypt(PASSWORD, "$6$saltsalt"),
          "yescrypt": lambda: crypt.crypt(PASSWORD, "$y$j75$LdJMENpBABJJ3hIHjB1Bi/"), "pbkdf2": pbkdf2,
          "scrypt": lambda: "scrypt:1024:8:1$s4lt$" + hashlib.scrypt(PASSWORD.encode(), salt=b"s4lt", n=1024, r=8, p=1, dklen=64).hex(),
          "argon2id": lambda: "$argon2id$v=19$m=256,t=3,p=4$D407o3VCUdM7bkO1HQKAtQ$9S3uzwWxEjpw7WNkQPCeaA"}


def bring(d, people, *more):
    lines = "".join(p if isinstance(p, str) else json.dumps(p) + "\n" for p in people)
    return d.server.try_cli("user", "import", "-", "--deployment", d.host, *more, stdin=lines)


def record(d):
    return d.server.sql(f"SELECT password_record FROM account WHERE deployment_id = {d.number}")[0][0]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("scheme", HASHES)
def test_an_imported_hash_signs_in_and_is_ours_from_then_on(production, scheme):
    done = bring(production, [{"emails": [{"email": "mira@example.org", "verified": True}], "password_hash": HASHES[scheme]()}])
    assert done.returncode == 0 and json.loads(done.stdout)["imported"] == 1, done.stderr
    assert record(production).startswith("foreign:")
    wrong = production.browser().post("/auth/signin", {"email": "mira@example.org", "password": PASSWORD + "x"})
    assert (wrong.status, wrong.code) == (401, "INVALID_CREDENTIALS")
    right = production.browser().post("/auth/signin", {"email": "mira@example.org", "password": PASSWORD})
    assert right.data["active_signin"]["user"]["primary_email_address"]["verified"] is True
    assert record(production).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert production.browser().post("/auth/signin", {"email": "mira@example.org", "password": PASSWORD}).status == 200


def test_everything_about_a_person_comes_along(production):
    person = {"id": "user_123456789", "first_name": "Mira", "last_name": "Okafor", "username": "mira_o", "password_hash": pbkdf2(),
              "emails": [{"email": "mira@example.org", "verified": True}, {"email": "second@example.org"}],
              "phones": [{"phone_number": "2065550100", "dial_code": "+1", "verified": True}]}
    assert bring(production, [person]).returncode == 0
    user = production.browser().post("/auth/signin", {"username": "mira_o", "password": PASSWORD}).data["active_signin"]["user"]
    assert (user["id"], user["first_name"], user["email"]) == ("user_123456789", "Mira", "mira@example.org")
    assert [e["verified"] for e in user["user_email_addresses"]] == [True, False]
    assert user["primary_phone_number"]["phone_number"] == "2065550100"


BAD = [('{"username": "mira_o", "admin": true}\n', "admin"), ('{"username": 5}\n', "username"), ("not json\n", "JSON"), ("[]\n", "JSON"),
       ('{"first_name": "Mira"}\n', "nothing to sign in with"), ('{"emails": [{"email": "nonsense"}]}\n', "address"),
       ('{"username": "mira_o", "password_hash": "secret"}\n', "scheme"),
       ('{"username": "mira_o", "password_hash": "$2b$20$3LvPwHcmlNooAQvpCQycKutLJIILOKtFu2UJRu8GWeObjaQSgMCEO"}\n', "too much"),
       ('{"username": "mira_o", "password_hash": "%s"}\n' % pbkdf2().replace("1000", "90000000"), "too much"),
       ('{"username": "good_one"}\n', "somebody has"), ('{"id": "12", "username": "mira_o"}\n', "id")]


@pytest.mark.parametrize("line,why", BAD, ids=range(len(BAD)))
def test_one_bad_line_and_none_of_its_batch_comes_in(production, line, why):
    done = bring(production, [{"username": "good_one"}, "\n", line, {"username": "another"}])
    assert done.returncode == 1 and "line 3" in done.stderr and why in done.stderr, done.stderr
    assert production.rows()["account"] == 0


def test_a_check_tells_every_problem_and_changes_nothing(production):
    done = bring(production, [{"username": "good_one"}, *(b[0] for b in BAD[:4])], "--check")
    told = [json.loads(x) for x in done.stdout.splitlines()]
    assert done.returncode == 0 and [t.get("line") for t in told] == [2, 3, 4, 5, None]
    assert (told[-1]["checked"], told[-1]["refused"]) == (1, 4) and production.rows()["account"] == 0


def test_many_lines_come_in_batches(server, production):
    people = [{"username": f"person_{i}", "emails": [{"email": f"p{i}@example.org"}], "password_hash": pbkdf2()} for i in range(1000)]
    path = server.directory / "people.jsonl"
    path.write_text("".join(json.dumps(p) + "\n" for p in people))
    done = server.try_cli("user", "import", path, "--deployment", production.host)
    told = [json.loads(x) for x in done.stdout.splitlines()]
    assert done.returncode == 0 and sum(t["imported"] for t in told) == 1000 and len(told) >= 5
    assert told[1]["from_line"] == told[0]["imported"] + 1 and production.rows()["account"] == 1000


def test_a_file_that_is_not_there(server, production):
    done = server.try_cli("user", "import", "/nonexistent", "--deployment", production.host)
    assert done.returncode == 1 and "/nonexistent" in done.stderr
