"""captcha.py - the proof-of-work protocol, as a browser's widget does it (contract 4.10)."""
# SPDX-License-Identifier: Apache-2.0
import hashlib
import itertools


def puzzle(seed, length):
    """G(seed, n): FNV-1a-32 over the seed, then xorshift, as hex digits."""
    h = 2166136261
    for byte in seed.encode():
        h = (h ^ byte) * 16777619 & 0xFFFFFFFF
    digits = ""
    while len(digits) < length:
        h ^= h << 13 & 0xFFFFFFFF
        h ^= h >> 17
        h ^= h << 5 & 0xFFFFFFFF
        digits += f"{h:08x}"
    return digits[:length]


def puzzles(challenge):
    shape = challenge["challenge"]
    if isinstance(shape, list):
        return [tuple(pair) for pair in shape]
    token = challenge["token"]
    return [(puzzle(f"{token}{i}", shape["s"]), puzzle(f"{token}{i}d", shape["d"])) for i in range(1, shape["c"] + 1)]


def solution(salt, target):
    began = hashlib.sha256(salt.encode())
    # Compare bytes, which is cheaper; an odd hex digit at the end is looked at last.
    whole = bytes.fromhex(target[:len(target) // 2 * 2])
    for n in itertools.count():
        h = began.copy()
        h.update(b"%d" % n)
        digest = h.digest()
        if digest.startswith(whole) and digest.hex().startswith(target):
            return n


def solutions(challenge):
    return [solution(*p) for p in puzzles(challenge)]


def redeem(browser, challenge, answers, **kw):
    return browser.send("POST", "/captcha/redeem", fields={"token": challenge["token"], "solutions": answers},
                        encoding="json", **kw)


def solve(browser):
    """A token that proves the work."""
    challenge = browser.post("/captcha/challenge").json
    got = redeem(browser, challenge, solutions(challenge)).json
    assert got["success"] is True, got
    return got["token"]
