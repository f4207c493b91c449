# SPDX-License-Identifier: Apache-2.0
"""What sessiond is compared with, each set up as its own documentation says for production."""

import base64
import gzip
import hashlib
import http.cookiejar
import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import time
import urllib.request

import rig
import seeds


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for_port(port, program):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if program.process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(f"{program.process.args} does not answer; see {program.log.name}")


# ---- nginx, which returns a constant ----

NGINX = """
daemon off; master_process on; worker_processes 1; pid {dir}/nginx.pid; error_log stderr error; user root;
events {{ worker_connections 16384; }}
http {{
	access_log off; keepalive_requests 1000000000; keepalive_timeout 600s; tcp_nodelay on;
	client_body_temp_path {dir}/b; proxy_temp_path {dir}/p; fastcgi_temp_path {dir}/f; uwsgi_temp_path {dir}/u;
	scgi_temp_path {dir}/s;
	server {{
		listen 127.0.0.1:{port} backlog=4096;
		default_type "application/json; charset=utf-8";
		location /files/ {{ alias {dir}/files/; }}
		location = /session {{
			add_header X-Request-Id ad78d967da5d9f5a;
			add_header Cache-Control no-store;
			add_header X-Content-Type-Options nosniff;
			add_header Vary Origin;
			{sets}
			return 200 "{all}";
		}}
	}}
}}
"""


def nginx(body_length):
    """A body of the same length; it refuses literals over 4,096 bytes, so it is put together from two."""
    folder = os.path.join(rig.TMP, "nginx")
    os.makedirs(folder, exist_ok=True)
    parts = [4000] * (body_length // 4000) + [body_length % 4000]
    sets = "\n".join(f'set $p{i} "{"x" * n}";' for i, n in enumerate(parts) if n)
    port = free_port()
    path = os.path.join(folder, "nginx.conf")
    with open(path, "w", encoding="ascii") as f:
        f.write(NGINX.format(dir=folder, port=port, sets=sets, all="".join(f"$p{i}" for i, n in enumerate(parts) if n)))
    program = rig.Program(["nginx", "-p", folder, "-c", path], log="nginx.log")
    program.port, program.url = port, f"http://127.0.0.1:{port}"
    wait_for_port(port, program)
    return program


def file_of_nginx(name, length):
    """The path of a file that it serves, of so many bytes. As Debian's nginx is set up: it copies, 32 KiB at a time."""
    folder = os.path.join(rig.TMP, "nginx", "files")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as f:
        f.write(b"x" * length)
    return f"/files/{name}"


# ---- Glewlwyd ----

GLEWLWYD_SQL = "/usr/share/doc/glewlwyd/database/init.sqlite3.sql.gz"
GLEWLWYD_CONF = "/etc/glewlwyd/glewlwyd.conf"


def glewlwyd_conf(folder, port):
    """Debian's own file, with a port, a log and a database of ours."""
    with open(GLEWLWYD_CONF, encoding="utf-8") as f:
        text = f.read()
    for key, value in {"port": str(port), "external_url": f'"http://localhost:{port}/"', "log_mode": '"file"',
                       "log_level": '"ERROR"', "log_file": f'"{folder}/glewlwyd.log"'}.items():
        text = re.sub(rf"(?m)^{key}\s*=.*$", f"{key}={value}", text)
    db = f'database =\n{{\n  type = "sqlite3"\n  path = "{folder}/glewlwyd.db"\n}}\n'
    text = re.sub(r"(?m)^@include.*glewlwyd-db.*$", lambda _: db, text)
    path = os.path.join(folder, "glewlwyd.conf")
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def glewlwyd(stored=0):
    """Signed in as the administrator that its script makes; `stored` sessions more beside that one."""
    folder = os.path.join(rig.TMP, "glewlwyd")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    with gzip.open(GLEWLWYD_SQL, "rt", encoding="utf-8") as f, sqlite3.connect(f"{folder}/glewlwyd.db") as db:
        db.executescript(f.read())
    port = free_port()
    program = rig.Program(["glewlwyd", f"--config-file={glewlwyd_conf(folder, port)}"], log="glewlwyd.log")
    wait_for_port(port, program)
    program.port, program.url = port, f"http://127.0.0.1:{port}"
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    body = json.dumps({"username": "admin", "password": "password"}).encode()
    opener.open(urllib.request.Request(f"{program.url}/api/auth/", body, {"Content-Type": "application/json"}), timeout=20)
    cookie = "; ".join(f"{c.name}={c.value}" for c in jar)
    if stored:
        glewlwyd_fill(f"{folder}/glewlwyd.db", stored)
    program.path = seeds.write_requests("glewlwyd.req", [("GET", "/api/profile_list", {"Cookie": cookie}, b"")],
                                        host=f"localhost:{port}")
    return program


def glewlwyd_fill(path, stored):
    """More rows like the one that its own sign-in made, under other hashes."""
    with sqlite3.connect(path, timeout=30) as db:
        columns = [r[1] for r in db.execute("PRAGMA table_info(g_user_session)") if r[1] != "gus_id"]
        row = dict(zip(columns, db.execute(f"SELECT {','.join(columns)} FROM g_user_session LIMIT 1").fetchone()))

        def like(i):
            digest = hashlib.sha512(b"%d" % i).digest()
            return [base64.b64encode(digest).decode() if c == "gus_session_hash" else row[c] for c in columns]
        db.executemany(f"INSERT INTO g_user_session ({','.join(columns)}) VALUES ({','.join('?' * len(columns))})",
                       (like(i) for i in range(stored)))


# ---- better-auth ----

def better_auth_installed():
    folder = os.path.join(rig.TMP, "better-auth")
    os.makedirs(folder, exist_ok=True)
    for name in ("package.json", "server.mjs"):
        shutil.copy(os.path.join(rig.HERE, "better-auth", name), folder)
    if not os.path.exists(os.path.join(folder, "node_modules", "better-auth")):
        # The database module is compiled here; with node's own headers where they lie beside it.
        env = {**os.environ, **({"npm_config_nodedir": "/usr"} if os.path.exists("/usr/include/node/node.h") else {})}
        subprocess.run(["npm", "install", "--no-audit", "--no-fund"], cwd=folder, env=env, check=True,
                       stdout=subprocess.DEVNULL)
    return folder


def better_auth(stored=0):
    folder = better_auth_installed()
    for name in ("auth.db", "auth.db-wal", "auth.db-shm"):
        path = os.path.join(folder, name)
        if os.path.exists(path):
            os.unlink(path)
    port = free_port()
    program = rig.Program(["node", "server.mjs", str(port), str(stored)], cwd=folder, log="better-auth.log",
                          env={"NODE_ENV": "production", "BETTER_AUTH_TELEMETRY": "0"}, ready=("ready",))
    program.port, program.url = port, f"http://127.0.0.1:{port}"
    cookies = json.loads(program.said[-1].partition(" ")[2])
    program.path = seeds.write_requests("better-auth.req", (
        ("GET", "/api/auth/get-session", {"Cookie": c}, b"") for c in cookies), host=f"localhost:{port}")
    return program
