"""Profile pictures: contract 4.3 M18, and what is served of them."""
# SPDX-License-Identifier: Apache-2.0
import threading
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

import pytest

import pictures
from harness import race
from pictures import GIF, JPEG, png, upload


def url_of(browser):
    me = browser.get("/me").data
    assert me["image_url"] == me["profile_picture_url"] and me["has_profile_picture"] is bool(me["image_url"])
    assert browser.session()["active_signin"]["user"] == me
    return me["profile_picture_url"]


def fetch(d, url, method="GET"):
    return d.browser().send(method, urllib.parse.urlsplit(url).path, check=False)


@pytest.mark.parametrize("content,size", [(png(), (64, 48)), (png(1600, 900), (512, 288)), (png(100, 2000), (26, 512)), (GIF, (1, 1)), (JPEG, (1, 1))],
                         ids=["small png", "wide png", "high png", "gif", "jpeg"])
def test_M18_makes_a_picture_of_it(deployment, content, size):
    browser, _ = deployment.signed_in()
    got = upload(browser, content)
    assert got.status == 200 and got.data is None, got
    url = url_of(browser)
    assert url.startswith(browser.deployment.server.cli_json("deployment", "show", deployment.host)["base_url"] + "/pictures/picture_")
    names, made = pictures.webp_chunks(fetch(deployment, url).body)
    assert made == size and not {b"EXIF", b"XMP ", b"ICCP"} & set(names)
    assert upload(browser, fetch(deployment, url).body, content_type="image/webp").status == 200, "and takes its own again"


def test_a_picture_is_served_as_one_and_nothing_else(production):
    browser, _ = production.signed_in()
    upload(browser, png())
    url = url_of(browser)
    got = fetch(production, url)
    assert (got.status, got.header("Content-Type")) == (200, "image/webp")
    assert got.header("Cache-Control") == "public, max-age=31536000, immutable"
    assert got.header("X-Content-Type-Options") == "nosniff" and got.header("Content-Disposition") == "inline"
    assert got.header("Content-Security-Policy") == "default-src 'none'; sandbox"
    assert got.header("Access-Control-Allow-Origin") == "*" and got.token is None
    head = fetch(production, url, "HEAD")
    assert head.status == 200 and head.body == b"" and head.header("Content-Length") == str(len(got.body))


def test_pictures_that_are_not_there(server, production):
    browser, _ = production.signed_in()
    upload(browser, png())
    path = urllib.parse.urlsplit(url_of(browser)).path
    elsewhere = server.deployment()
    for d, p in [(elsewhere, path), (production, "/pictures/picture_1.webp"), (production, path[:-5]), (production, path + "x"),
                 (production, path.replace(".webp", ".png")), (production, "/pictures/x.webp"), (production, "/pictures/.webp"), (production, "/pictures/webp")]:
        got = d.browser().send("GET", p, check=False)
        assert (got.status, got.code) == (404, "NOT_FOUND"), p
        assert got.header("Content-Security-Policy") is None


def test_M18_metadata_stays_behind(production):
    browser, _ = production.signed_in()
    secret = b"canary-47.0707N-15.4395E"
    for content in (png(more=pictures.chunk(b"tEXt", b"Comment\0" + secret) + pictures.chunk(b"eXIf", b"MM\0*" + secret)),
                    pictures.jpeg_with_exif(secret), png() + secret, GIF + secret):
        assert upload(browser, content).status == 200
        assert secret not in fetch(production, url_of(browser)).body
    assert secret not in production.server.stored_bytes()


@pytest.mark.parametrize("content", [
    b"x", b"not a picture at all, but long enough", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.4 and so on and so on", b"BM" + b"\0" * 64, b"II*\0" + b"\0" * 64,
    JPEG[:40], GIF[:12], b"\x89PNG\r\n\x1a\n" + b"\0" * 64, b"RIFF\x10\0\0\0WEBPVP8 \xff\xff\xff\x7f", b"\xff\xd8\xff" + b"\xff" * 64])
def test_M18_what_is_no_picture(production, content):
    browser, _ = production.signed_in()
    got = upload(browser, content)
    assert (got.status, got.code) == (400, "BAD_REQUEST_BODY"), got
    assert url_of(browser) == ""


@pytest.mark.parametrize("content", [png()[:60], png(rows=b"\0" * 10), png()[:-20]])
def test_M18_one_that_is_cut_short_does_no_harm(production, content):
    """What there is of it may be shown."""
    browser, _ = production.signed_in()
    assert upload(browser, content).status in (200, 400)
    assert upload(browser, png()).status == 200


@pytest.mark.parametrize("width,height", [(60000, 60000), (2**31 - 1, 1), (100000, 1000), (65535, 65535)])
def test_M18_a_bomb_is_not_unpacked(production, width, height):
    """A few bytes that announce gigabytes: the header decides."""
    browser, _ = production.signed_in()
    got = upload(browser, png(width, height, rows=b"\0" * 100000))
    assert (got.status, got.code) == (400, "BAD_REQUEST_BODY")


def test_M18_a_real_bomb_ends_its_own_process_only(production):
    """49 million pixels in a few kilobytes: just below the limit, whatever becomes of it."""
    browser, _ = production.signed_in()
    got = upload(browser, png(7000, 7000, rows=b"\0" * (7000 * 3 + 1) * 7000))
    assert got.status in (200, 400)
    assert browser.is_signed_in and upload(browser, png()).status == 200


def test_M18_too_large(production):
    browser, _ = production.signed_in()
    got = upload(browser, png() + b"\0" * (2 << 20))
    assert (got.status, got.code) == (413, "PAYLOAD_TOO_LARGE")
    assert upload(browser, png() + b"\0" * ((2 << 20) - len(png()))).status == 200, "the last that fits"


def test_M18_a_file_it_has_to_be(production):
    browser, _ = production.signed_in()
    for got in (browser.post("/me/profile-picture"), browser.post("/me/profile-picture", {"file": "text"}), upload(browser, b""),
                upload(browser, png(), name="image")):
        assert (got.status, got.code) == (400, "BAD_REQUEST_BODY")
    assert upload(production.browser(), png()).code == "UNAUTHORIZED"


def test_M18_another_one_replaces_it_and_M2_removes_it(deployment):
    browser, _ = deployment.signed_in()
    upload(browser, png())
    first = url_of(browser)
    upload(browser, png(32, 32))
    second = url_of(browser)
    assert first != second and fetch(deployment, first).status == 404 and fetch(deployment, second).status == 200
    assert deployment.rows()["picture"] == 1
    assert browser.post("/me", {"remove_profile_picture": "true"}).status == 200
    assert url_of(browser) == "" and fetch(deployment, second).status == 404 and deployment.rows()["picture"] == 0


def test_M28_takes_the_picture_along(production):
    browser, _ = production.signed_in()
    upload(browser, png())
    url = url_of(browser)
    assert browser.post("/me/account/delete").status == 200
    assert fetch(production, url).status == 404


def test_M18_many_at_once(production):
    """More than two at once are told to come again; nobody else waits for them."""
    browser, _ = production.signed_in()
    tabs = [browser.twin() for _ in range(6)]
    got = race([lambda t=t: upload(t, png(3000, 3000)) for t in tabs])
    assert {g.status for g in got} <= {200, 503} and 200 in {g.status for g in got}
    assert production.rows()["picture"] == 1 and fetch(production, url_of(browser)).status == 200


def test_M18_one_account_leaves_room_for_others(production):
    """However many it uploads at once, and however long they take."""
    browser, _ = production.signed_in()
    other, _ = production.signed_in()
    heavy, over = png(5000, 5000), threading.Event()

    def upload_for_ever(tab):
        while not over.is_set():
            assert upload(tab, heavy).status in (200, 503)

    with ThreadPoolExecutor(4) as pool:
        busy = [pool.submit(upload_for_ever, browser.twin()) for _ in range(4)]
        got = [upload(other, png()).status for _ in range(10)]
        over.set()
        for b in busy:
            b.result()
    assert got == [200] * 10


def test_M18_pictures_are_counted_by_source(limited_server):
    browser, _ = limited_server.deployment().signed_in()
    got = [upload(browser, png()).code for _ in range(11)]
    assert got == [None] * 10 + ["RATE_LIMITED"]


def test_no_helper_is_left_behind(production):
    browser, _ = production.signed_in()
    for content in (png(), b"x" * 100, png()[:60]):
        upload(browser, content)
    children = open(f"/proc/{production.server.process.pid}/task/{production.server.process.pid}/children", encoding="ascii").read().split()
    assert children == []
