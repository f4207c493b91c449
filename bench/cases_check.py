# SPDX-License-Identifier: Apache-2.0
"""What reverse proxies ask: against nginx's own constant, and what asking adds to a request that goes through nginx."""

import os
import re
import socket

import rig
import rivals
import seeds
from cases_compare import HOT, interleaved, ratios, warmed
from report import Row

ASK = "/session/check?sign_in=location&set_cookie=1&organization_role=Admin"

NGINX = """
daemon off; master_process on; worker_processes 1; pid {dir}/nginx.pid; error_log stderr error; user root;
events {{ worker_connections 16384; }}
http {{
	access_log off; keepalive_requests 1000000000; keepalive_timeout 600s; tcp_nodelay on; server_tokens off;
	client_body_temp_path {dir}/b; proxy_temp_path {dir}/p; fastcgi_temp_path {dir}/f; uwsgi_temp_path {dir}/u;
	scgi_temp_path {dir}/s;
{servers}
}}
"""

CONSTANT = """
	server {{
		listen 127.0.0.1:{port} backlog=4096;
		types {{ }} default_type "";
		location = /session/check {{
			{fields}
			return 200 "";
		}}
	}}
"""

# The application is nginx itself, over a connection that is kept, as a real one would be.
THROUGH = """
	upstream sessiond {{ server 127.0.0.1:{sessiond}; keepalive 64; keepalive_requests 1000000000; }}
	upstream application {{ server 127.0.0.1:{application}; keepalive 64; keepalive_requests 1000000000; }}
	server {{
		listen 127.0.0.1:{application} backlog=4096;
		location / {{ return 200 "the application"; }}
	}}
	server {{
		listen 127.0.0.1:{port} backlog=4096;
		proxy_http_version 1.1;
		proxy_set_header Connection "";
		proxy_set_header X-User-Id $check_user_id;
		proxy_set_header X-Organization-Id $check_organization_id;
		proxy_set_header X-Organization-Roles $check_organization_roles;
		location = /open {{ set $check_user_id ""; set $check_organization_id ""; set $check_organization_roles ""; proxy_pass http://application; }}
		location = /closed {{
			auth_request /_check;
			auth_request_set $check_user_id $upstream_http_x_user_id;
			auth_request_set $check_organization_id $upstream_http_x_organization_id;
			auth_request_set $check_organization_roles $upstream_http_x_organization_roles;
			proxy_pass http://application;
		}}
		location = /_check {{
			internal;
			proxy_pass http://sessiond{ask};
			proxy_set_header Connection "";
			proxy_set_header Host {host};
			proxy_set_header X-Forwarded-For $remote_addr;
			proxy_set_header X-Forwarded-Proto https;
			proxy_set_header X-Forwarded-Host $host;
			proxy_set_header X-Forwarded-Uri $request_uri;
			proxy_set_header Content-Length "";
			proxy_pass_request_body off;
		}}
	}}
"""


def nginx(servers, name):
    folder = os.path.join(rig.TMP, name)
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "nginx.conf")
    port = rivals.free_port()
    with open(path, "w", encoding="ascii") as f:
        f.write(NGINX.format(dir=folder, servers=servers(port)))
    program = rig.Program(["nginx", "-p", folder, "-c", path], log="nginx.log")
    program.port, program.url = port, f"http://127.0.0.1:{port}"
    rivals.wait_for_port(port, program)
    return program


def raw_answer(port, path):
    """The first request's whole answer; none here has a body."""
    with open(path, "rb") as f:
        request = f.read(int(f.readline()))
    with socket.create_connection(("127.0.0.1", port), 20) as s:
        s.sendall(request)
        got = b""
        while not got.endswith(b"\r\n\r\n"):
            got += s.recv(65536)
    return got


def constant(answer, path):
    """An nginx that answers with the same fields, and with as many bytes: what it says of itself comes off the longest values."""
    own = {"date", "server", "content-length", "connection"}
    fields = [line.split(": ", 1) for line in answer.decode().split("\r\n")[1:] if line]
    fields = [f for f in fields if f[0].lower() not in own]

    def made():
        lines = " ".join(f'add_header {k} "{v}";' for k, v in fields)
        return nginx(lambda port: CONSTANT.format(port=port, fields=lines), "nginx-check")
    with rig.running(made()) as n:
        beyond = len(raw_answer(n.port, path)) - len(answer)
    fields[0][1] += "x" * -beyond
    for _ in range(beyond):
        longest = max(fields, key=lambda f: len(f[1]))
        longest[1] = longest[1][:-1]
    program = made()
    if len(raw_answer(program.port, path)) != len(answer):
        program.stop()
        raise RuntimeError("nginx's answer has another length")
    return program


def against_nginx(c):
    with rig.running(warmed(c.big)) as s:
        s.path = seeds.write_requests("check.req", (("GET", ASK, seeds.cookie(i), b"") for i in range(1, HOT + 1)))
        rig.load(s.port, s.path, "-1", "-d", 300, "-w", 0)
        answer = raw_answer(s.port, s.path)
        if not re.match(rb"HTTP/1.1 200 .*X-Workspace-Permissions: ", answer, re.S):
            raise RuntimeError(f"not the answer to measure: {answer}")
        with rig.running(constant(answer, s.path)) as n:
            n.path = s.path
            ours, theirs = interleaved(c, [s, n], c.pick(6, 2), c.pick(7, 3))
    note = (f"{rig.median([g['cpu_us'] for g in ours]):.2f} µs ÷ {rig.median([g['cpu_us'] for g in theirs]):.2f} µs; "
            f"server core {min(g['busy'] for g in ours):.0%} and {min(g['busy'] for g in theirs):.0%} busy at least; "
            f"{len(answer)} bytes in all, of headers only; {sum(g['errors'] for g in ours)} errors")
    c.add(Row("check-cpu", "Server CPU time per check ÷ nginx's per constant of the same fields and length",
              rig.median(ratios(ours, theirs, "cpu_us")), "", "≤", 1, note))
    c.add(Row("check-rate", "Checks a second ÷ nginx's constants", rig.median(ratios(ours, theirs, "rate")), "", "≥", 1,
              f"{rig.median([g['rate'] for g in ours]):,.0f}/s ÷ {rig.median([g['rate'] for g in theirs]):,.0f}/s"))


def through_nginx(c):
    """nginx, the application and sessiond on one core, at a pace that leaves it idle half of the time."""
    rate, seconds = 5000, c.pick(8, 4)
    with rig.running(warmed(c.big, "--trusted-proxy", "127.0.0.1")) as s:
        with rig.running(nginx(lambda port: THROUGH.format(port=port, sessiond=s.port, application=rivals.free_port(), host=seeds.HOST, ask=ASK),
                               "nginx-through")) as n:
            paths = {name: seeds.write_requests(f"{name}.req", (("GET", f"/{name}", seeds.cookie(i), b"") for i in range(1, HOT + 1)))
                     for name in ("open", "closed")}
            for path in paths.values():
                got = rig.load(n.port, path, "-1", "-d", 300, "-w", 0)
                if got["ok"] != HOT:
                    raise RuntimeError(f"{HOT - got['ok']} of {HOT} did not reach the application")
            rounds = {name: [] for name in paths}
            for i in range(c.pick(9, 5)):
                for name in sorted(paths, reverse=i % 2 == 1):
                    rounds[name].append(rig.load(n.port, paths[name], "-r", rate, "-d", seconds))
                c.say(" ".join(f"{name} p99 {r[-1]['p99_us']:.0f} µs" for name, r in rounds.items()))
    added = [b["p99_us"] - a["p99_us"] for a, b in zip(rounds["open"], rounds["closed"])]
    c.add(Row("check-p99", f"What auth_request adds to the p99 through nginx, at {rate:,}/s", rig.median(added) / 1e3, "ms", "≤", 0.5,
              f"{rig.median([r['p99_us'] for r in rounds['closed']]):.0f} µs − {rig.median([r['p99_us'] for r in rounds['open']]):.0f} µs"))


def cached_size(c):
    """What a session takes that was asked for both ways."""
    n = c.pick(50000, 20000)
    cold = seeds.write_requests("cold-check.req", (("GET", ASK, seeds.cookie(i), b"") for i in range(1, n + 1)))
    with rig.running(seeds.Server(c.big, "--cache-memory", "2GiB")) as s:
        length = len(s.ask(("GET", "/session", seeds.cookie(1)))[2])
        rig.load(s.port, seeds.session_requests("some.req", n + 1, 2000), "-1", "-d", 60, "-w", 0)
        before, rss = s.metrics(), s.rss()
        got = rig.load(s.port, cold, "-1", "-d", 300, "-w", 0)
        after, grown = s.metrics(), s.rss() - rss
    if got["ok"] != n:
        raise RuntimeError(f"{n - got['ok']} of {n} checks were not answered with 200")
    entries = after["sessiond_cache_entries"] - before["sessiond_cache_entries"]
    counted = (after["sessiond_cache_bytes"] - before["sessiond_cache_bytes"]) / entries
    c.add(Row("check-cached", f"Memory of one cached session with what a check answers, whose JSON is {length:,} bytes: growth of the process ÷ {n:,}",
              grown / entries, "B", "≤", 1.3 * length + 256, f"{counted:,.0f} bytes by its own count"))


CASES = {"check": against_nginx, "check-through": through_nginx, "check-cached": cached_size}
