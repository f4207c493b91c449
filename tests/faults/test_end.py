"""The end of a server under load. F-41."""
# SPDX-License-Identifier: Apache-2.0
import signal
import time

from harness import SANITIZER
from load import Crowd, SignUps


def end(server, within_s=30):
    """SIGTERM; how long the end took."""
    began = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    code = server.process.wait(within_s)
    server.process = None
    assert code == 0 and not SANITIZER.search(server.log()), server.log()[-6000:]
    return time.monotonic() - began


def test_F41_metrics_are_asked_for_until_the_end(new_server):
    """The workers' pools were gone while the operator's listener still told of them: the answer came from freed memory."""
    with new_server("--hash-threads", "1", "--hash-share", "100", "--drain-timeout", "0s") as server:
        sign_ups = SignUps(server.deployment())
        with Crowd(40, sign_ups), Crowd(4, lambda _: server.admin("GET", "/metrics")):
            while sum(sign_ups.statuses.values()) < 20:
                time.sleep(0.05)
            end(server)


def test_F41_what_was_acknowledged_stays(new_server, often):
    """Again and again: exit 0 within the drain time, and everybody who was told "200" is there after the next start."""
    server = new_server("--hash-share", "100", "--drain-timeout", "10s").start()
    deployment = server.deployment(host="shut.localhost:1")
    told = []
    for _ in range(often(5, 200)):
        sign_ups = SignUps(deployment)
        with Crowd(8, sign_ups):
            while len(sign_ups.acknowledged) < 5:
                time.sleep(0.01)
            assert end(server) < 12
        told += sign_ups.acknowledged
        assert set(sign_ups.statuses) <= {200, 503}, sign_ups.statuses
        server.start()
    assert all(sign_ups.is_kept(email, token) for email, token in told[-500:])
    assert int(server.sql("SELECT count(*) FROM account")[0][0]) >= len(told)
    server.stop()


def test_F41_a_full_hash_queue_does_not_hold_up_the_end(new_server):
    """What waits is not worked on for clients that were cut off: with one hash thread the queue alone is seconds of work."""
    with new_server("--hash-threads", "1", "--hash-workers", "1", "--hash-share", "128", "--drain-timeout", "0s") as server:
        with Crowd(100, SignUps(server.deployment())):
            while server.metric('sessiond_pool_waiting{pool="hash"}') < 90:
                time.sleep(0.02)
            end(server)
    assert server.log().count("the server has ended") > 60
