"""load.py - clients that go on until told to stop, and remember what they were promised."""
# SPDX-License-Identifier: Apache-2.0
import http.client
import secrets
import threading

PASSWORD = "a-long-enough-passphrase"


class Crowd:
    """Threads that each repeat work(i) until stop(). A lost connection is no error; anything else is, and is kept."""

    def __init__(self, n, work):
        self.ended, self.errors = threading.Event(), []
        self.threads = [threading.Thread(target=self._run, args=(work, i), daemon=True) for i in range(n)]

    def _run(self, work, i):
        while not self.ended.is_set():
            try:
                work(i)
            except (OSError, http.client.HTTPException):
                self.ended.wait(0.01)
            except BaseException as error:
                self.errors.append(error)
                return

    def __enter__(self):
        for t in self.threads:
            t.start()
        return self

    def stop(self):
        self.ended.set()
        for t in self.threads:
            t.join(60)
        assert not self.errors, self.errors[0]

    def __exit__(self, *_):
        self.ended.set()
        for t in self.threads:
            t.join(60)


class SignUps:
    """Signs new people up, each in a browser of its own, and knows who was told that it worked."""

    def __init__(self, deployment):
        self.deployment, self.acknowledged, self.statuses, self.lock = deployment, [], {}, threading.Lock()

    def __call__(self, _):
        tag = secrets.token_hex(6)
        browser = self.deployment.browser(ip=None, origin=None)
        got = browser.post("/auth/signup", {"first_name": "Ada", "last_name": "Nilsen", "username": f"ada_{tag}",
                                            "email": f"ada.{tag}@example.org", "password": PASSWORD}, check=False)
        with self.lock:
            self.statuses[got.status] = self.statuses.get(got.status, 0) + 1
            if got.status == 200:
                self.acknowledged.append((f"ada.{tag}@example.org", browser.token))

    def is_kept(self, email, token):
        """The session answers, and with this very person."""
        browser = self.deployment.browser(token=token, ip=None, origin=None)
        active = browser.get("/session", keep=False, check=False).data["active_signin"]
        return active is not None and active["user"]["email"] == email


class Renames:
    """One signed-in person a client, who changes the first name again and again."""

    def __init__(self, deployment, n):
        self.people = [deployment.signed_in() for _ in range(n)]
        # The name last acknowledged, and those asked for since, of which any may have been written.
        self.said, self.asked, self.statuses = [""] * n, [[] for _ in range(n)], {}

    def __call__(self, i):
        name = "N" + secrets.token_hex(6)
        self.asked[i].append(name)
        got = self.people[i][0].post("/me", {"first_name": name}, check=False)
        self.statuses[got.status] = self.statuses.get(got.status, 0) + 1
        if got.status == 200:
            self.said[i], self.asked[i] = name, []

    def is_kept(self, i):
        name = self.now(i).data["first_name"]
        return name == self.said[i] or name in self.asked[i] or not self.said[i]

    def now(self, i):
        return self.people[i][0].twin().get("/me", keep=False, check=False)
