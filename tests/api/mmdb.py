"""mmdb.py - writes a MaxMind DB file (format 2.0): networks, and what is said of each."""
# SPDX-License-Identifier: Apache-2.0
import ipaddress

MARKER = b"\xab\xcd\xefMaxMind.com"
STRING, UINT16, UINT32, MAP, UINT64, ARRAY = 2, 5, 6, 7, 9, 11


def control(kind, size):
    """The byte or bytes before a value; sizes below 285 are all that is needed here."""
    head, extended = (kind << 5, b"") if kind <= 7 else (0, bytes([kind - 7]))
    if size < 29:
        return bytes([head | size]) + extended
    assert size < 285
    return bytes([head | 29]) + extended + bytes([size - 29])


def encode(value, kind=UINT32):
    if isinstance(value, dict):
        return control(MAP, len(value)) + b"".join(encode(k) + encode(v, kind) for k, v in value.items())
    if isinstance(value, list):
        return control(ARRAY, len(value)) + b"".join(encode(v, kind) for v in value)
    if isinstance(value, (str, bytes)):
        raw = value.encode() if isinstance(value, str) else value
        return control(STRING, len(raw)) + raw
    raw = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return control(kind, len(raw)) + raw


def bits(network):
    """The way down the tree; IPv4 is at ::/96."""
    n = ipaddress.ip_network(network)
    value, length = int(n.network_address), n.prefixlen
    if n.version == 4:
        length += 96
    return [(value >> (127 - i)) & 1 for i in range(length)]


def build(networks):
    """networks: {"203.0.113.0/24": {...}}; none inside another."""
    nodes, data = [[None, None]], b""
    for network, record in networks.items():
        at, way = 0, bits(network)
        for bit in way[:-1]:
            if nodes[at][bit] is None:
                nodes.append([None, None])
                nodes[at][bit] = len(nodes) - 1
            at = nodes[at][bit]
        nodes[at][way[-1]] = ("data", len(data))
        data += encode(record)
    count = len(nodes)

    def number(entry):
        if entry is None:
            return count
        return entry if isinstance(entry, int) else count + 16 + entry[1]
    tree = b"".join(number(e).to_bytes(3, "big") for node in nodes for e in node)
    about = control(MAP, 9) + b"".join(encode(k) + v for k, v in {
        "node_count": encode(count), "record_size": encode(24, UINT16), "ip_version": encode(6, UINT16),
        "database_type": encode("Test-City"), "languages": encode(["en"]), "binary_format_major_version": encode(2, UINT16),
        "binary_format_minor_version": encode(0, UINT16), "build_epoch": encode(1700000000, UINT64),
        "description": encode({"en": "a test"})}.items())
    return tree + b"\0" * 16 + data + MARKER + about


def city(name, region, region_code, country, country_code):
    """A record as city databases have it."""
    return {"city": {"names": {"en": name}}, "subdivisions": [{"names": {"en": region}, "iso_code": region_code}],
            "country": {"names": {"en": country}, "iso_code": country_code}}
