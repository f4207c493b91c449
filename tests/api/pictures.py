"""pictures.py - small pictures, well-formed and otherwise, and forms that carry them."""
# SPDX-License-Identifier: Apache-2.0
import base64
import secrets
import struct
import zlib

GIF = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
JPEG = base64.b64decode("/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP////////////////////////////////////////////////////////////////////////////////////"
                        "//wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA=")


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width=64, height=48, more=b"", rows=None):
    """Of one colour; more: chunks before the pixels; rows: the unpacked pixels, when they are not what they should be."""
    rows = (b"\0" + b"\x40\x80\xc0" * width) * height if rows is None else rows
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + more
            + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


def jpeg_with_exif(text):
    """As a camera writes it: the segment goes right behind the first marker."""
    tiff = b"II*\0\x08\0\0\0\x01\0\x0e\x01\x02\0" + struct.pack("<II", len(text) + 1, 26) + b"\0\0\0\0" + text + b"\0"
    segment = b"Exif\0\0" + tiff
    return JPEG[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + JPEG[2:]


def form(content, name="file", filename="me.png", content_type="image/png"):
    boundary = "----formdata" + secrets.token_hex(8)
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\nContent-Type: {content_type}\r\n\r\n'
    return {"body": head.encode() + content + f"\r\n--{boundary}--\r\n".encode(), "content_type": f"multipart/form-data; boundary={boundary}"}


def upload(browser, content, **kw):
    return browser.send("POST", "/me/profile-picture", **form(content, **kw))


def webp_chunks(content):
    """(the names of its chunks, width, height)."""
    assert content[:4] == b"RIFF" and content[8:12] == b"WEBP" and struct.unpack("<I", content[4:8])[0] == len(content) - 8
    names, at, size = [], 12, None
    while at < len(content):
        kind, n = content[at:at + 4], struct.unpack("<I", content[at + 4:at + 8])[0]
        if kind == b"VP8 ":
            size = tuple(v & 0x3FFF for v in struct.unpack("<HH", content[at + 14:at + 18]))
        names.append(kind)
        at += 8 + n + n % 2
    return names, size
