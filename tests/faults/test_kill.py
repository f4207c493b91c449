"""kill -9 in the middle of writes, then a restart. F-01."""
# SPDX-License-Identifier: Apache-2.0
import secrets
import sqlite3
import time

from load import Crowd, Renames, SignUps


def check_database(server):
    """What SQLite itself says of its file, and that nobody is half there."""
    with sqlite3.connect(f"file:{server.database_file()}?mode=ro", uri=True) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    db.close()
    # A person, an address, a session, a sign-in: all of it or nothing.
    for table in ("email_address", "signin"):
        assert server.sql(f"SELECT count(*) FROM account a WHERE NOT EXISTS (SELECT 1 FROM {table} b WHERE"
                          " b.deployment_id = a.deployment_id AND b.user_id = a.id)") == [("0",)], table


def test_F01_kill_while_writing(new_server, often):
    """After each kill: ready at once, everybody acknowledged is there and signed in, and the last name told is the last name."""
    server = new_server("--hash-share", "100").start()
    deployment = server.deployment(host="kill.localhost:1")
    renames, told, slowest = Renames(deployment, 6), [], 0.0
    for _ in range(often(6, 100)):
        sign_ups = SignUps(deployment)
        with Crowd(6, sign_ups), Crowd(6, renames):
            time.sleep(0.05 + secrets.randbelow(700) / 1000)
            server.kill()
        began = time.monotonic()
        server.start()
        slowest = max(slowest, time.monotonic() - began)
        told += sign_ups.acknowledged
        assert all(sign_ups.is_kept(email, token) for email, token in sign_ups.acknowledged)
        assert all(renames.is_kept(i) for i in range(6))
    check_database(server)
    assert told and slowest < 10
    assert all(sign_ups.is_kept(email, token) for email, token in told)
    print(f"{len(told)} people told, slowest start {slowest:.2f} s, {renames.statuses}")
    server.stop()
