"""The proof of work: contract 4.10 and 15.3; one redemption (F-30), many uses."""
# SPDX-License-Identifier: Apache-2.0
import hashlib
import re
import time

import pytest

from captcha import puzzle, puzzles, redeem, solution, solutions, solve
from harness import race


@pytest.fixture(scope="module")
def place(server):
    return server.deployment()


@pytest.fixture(scope="module")
def solved(place):
    """A challenge of this deployment and its solutions, not redeemed yet."""
    challenge = place.browser().post("/captcha/challenge").json
    return challenge, solutions(challenge)


def test_15_3_vector():
    assert (puzzle("0123456789abcdef1", 32), puzzle("0123456789abcdef1d", 4)) == ("75209df8b56a7857b67c4987d6da7201", "5e47")
    assert (puzzle("0123456789abcdef2", 32), puzzle("0123456789abcdef2d", 4)) == ("3aacce76cf29a727826a62e108f29aba", "472f")
    assert solution("75209df8b56a7857b67c4987d6da7201", "5e47") == 44101
    assert hashlib.sha256(b"75209df8b56a7857b67c4987d6da720144101").hexdigest() == "5e47ec3a77ec5e99c58016ea49f02f40c908b7406d13b1507fd1b3c7fb531157"


def test_C1_a_challenge(deployment):
    before = deployment.rows()
    got = deployment.browser().post("/captcha/challenge")
    assert got.status == 200 and list(got.json) == ["challenge", "token", "expires"] and got.token is None
    assert got.json["challenge"] == {"c": 50, "s": 32, "d": 4} and re.fullmatch(r"[0-9a-f]{50}", got.json["token"])
    assert abs(got.json["expires"] / 1000 - time.time() - 600) < 30
    assert deployment.rows() == before, "nothing is stored before it is redeemed"
    assert len(puzzles(got.json)) == 50


def test_C2_one_redemption_in_a_race(place, solved):
    """F-30: one challenge, twelve redemptions at one instant, one winner; and the losers hear the ordinary no."""
    challenge, answers = solved
    browsers = [place.browser() for _ in range(12)]
    got = race([lambda b=b: redeem(b, challenge, answers) for b in browsers])
    won = [g.json for g in got if g.json["success"]]
    assert len(won) == 1, [g.status for g in got]
    assert not [g for g in got if not g.json["success"] and "token" in g.json]
    assert {g.status for g in got} <= {200, 400}
    assert time.time() * 1000 < won[0]["expires"] <= (time.time() + 86400) * 1000
    assert won[0]["expires"] >= (time.time() + 1140) * 1000, "it outlives a slow user"


@pytest.mark.parametrize("spelling", ["solutions", "solutions[]", "solutions[{i}]"])
def test_1_5_lists_in_a_form(place, spelling):
    """Beside the JSON array: a repeated name, with brackets, with an index."""
    browser = place.browser()
    challenge = browser.post("/captcha/challenge").json
    fields = [("token", challenge["token"])] + [(spelling.format(i=i), n) for i, n in enumerate(solutions(challenge))]
    encoding = "multipart" if spelling == "solutions" else "urlencoded"
    assert browser.send("POST", "/captcha/redeem", fields=fields, encoding=encoding).json["success"] is True


@pytest.mark.parametrize("spoil", [
    lambda c, a: (c, a[:-1]), lambda c, a: (c, a + [1]), lambda c, a: (c, []), lambda c, a: (c, [0] * 50), lambda c, a: (c, a[::-1]),
    lambda c, a: (c, [-1] * 50), lambda c, a: (c, [a[0] + 0.5] + a[1:]), lambda c, a: (c, ["x"] * 50), lambda c, a: (c, None),
    lambda c, a: ({**c, "token": "0" * 50}, a), lambda c, a: ({**c, "token": c["token"][:-1]}, a), lambda c, a: ({**c, "token": c["token"].upper()}, a),
    lambda c, a: ({**c, "token": ""}, a), lambda c, a: (c, [2**53] * 50), lambda c, a: (c, [[n] for n in a])])
def test_C2_wrong_answers(place, solved, spoil):
    challenge, answers = spoil(*solved)
    got = redeem(place.browser(), challenge, answers)
    assert got.status in (200, 400) and got.json["success"] is False and "token" not in got.json


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"token": 1, "solutions": 1}', b"\xff", b'{"token":"x","token":"y","solutions":[]}'])
def test_C2_malformed(place, body):
    got = place.browser().send("POST", "/captcha/redeem", body=body, content_type="application/json")
    assert got.status == 400 and got.json["success"] is False


def test_a_challenge_of_another_deployment(server, place, solved):
    challenge, answers = solved
    assert redeem(server.deployment().browser(), challenge, answers).json["success"] is False


def test_a_challenge_ends_after_ten_minutes(clock_server):
    browser = clock_server.deployment().browser()
    challenge = browser.post("/captcha/challenge").json
    answers = solutions(challenge)
    clock_server.advance(605)
    assert redeem(browser, challenge, answers).json["success"] is False


def test_the_proof_is_used_many_times_and_only_here(server):
    d = server.deployment(challenge_required="true")
    browser, who = d.browser(), d.person()
    proof = solve(browser)
    assert browser.post("/auth/identify", {"identifier": who.email, "challenge_token": proof}).status == 200
    got = [browser.sign_in(who, "not-the-password", challenge_token=proof).code for _ in range(3)]
    assert got == ["INVALID_CREDENTIALS"] * 3 and browser.sign_in(who, challenge_token=proof).status == 200
    other = server.deployment(challenge_required="true")
    assert other.browser().post("/auth/identify", {"identifier": who.email, "challenge_token": proof}).code == "CHALLENGE_FAILED"
    for bad in (proof[:-1], proof + "x", proof.swapcase() if proof.swapcase() != proof else "x"):
        assert browser.post("/auth/identify", {"identifier": who.email, "challenge_token": bad}).code == "CHALLENGE_FAILED"


def test_the_proof_ends(clock_server):
    d = clock_server.deployment(challenge_required="true")
    browser = d.browser()
    proof = solve(browser)
    fields = {"identifier": "a@example.org", "challenge_token": proof}
    clock_server.advance(1140)
    assert browser.post("/auth/identify", fields).status == 200
    clock_server.advance(120)
    assert browser.post("/auth/identify", fields).code == "CHALLENGE_FAILED"


def test_uses_are_bounded(server):
    d = server.deployment(challenge_required="true")
    browser = d.browser()
    fields = {"identifier": "a@example.org", "challenge_token": solve(browser)}
    got = [browser.post("/auth/identify", fields).code for _ in range(60)]
    assert got[:45] == [None] * 45 and got[-1] == "CHALLENGE_FAILED"


def test_widget_is_served_and_sets_the_class(deployment):
    got = deployment.browser().get("/captcha/widget.js")
    assert got.status == 200 and "javascript" in got.header("Content-Type") and "Cap" in got.text and "apiEndpoint" in got.text
    assert got.token is None


@pytest.mark.parametrize("path", ["/captcha/challenge", "/captcha/redeem"])
def test_no_envelope_on_errors_either(deployment, path):
    got = deployment.browser().get(path)
    assert got.status == 405 and got.json.get("success", False) is False
