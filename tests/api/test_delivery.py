"""Mail and text messages on their way: over TLS to a real server, past servers that misbehave, never lost, never told."""
# SPDX-License-Identifier: Apache-2.0
import base64
import hashlib
import hmac
import json
import os
import re
import socket
import time
import urllib.parse

import pytest

import mailbox
from flows import OTP, prepare, start
from mailserver import PASSWORD, USER, SMTPD, FakeSmtp, Webhook, await_true, certificate, running

needs_smtpd = pytest.mark.skipif(SMTPD is None or os.getuid() != 0, reason="OpenSMTPD is not there, or may not be started")
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
SECRET = "whsec_" + base64.b64encode(b"marmot-canary-signing-key-0123456").decode()


@pytest.fixture
def server(clock_server):
    """Its clock is moved here, so that nobody waits for the next try."""
    return clock_server


@pytest.fixture(scope="module")
def smtpd():
    with running() as s:
        yield s


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    directory = tmp_path_factory.mktemp("certificates")
    certificate(directory)
    return directory


@pytest.fixture(scope="module")
def sending_server(new_server, certificates):
    with new_server(["--mail-ca-file", certificates / "ca.pem"]) as s:
        yield s


def to_smtp(deployment, port, security="none", **kw):
    return deployment.set(smtp_host="localhost", smtp_port=port, smtp_security=security, **kw)


def to_fake(deployment, fake):
    return deployment.set(smtp_host="127.0.0.1", smtp_port=fake.port, smtp_security="none")


def put_secret(deployment, name, value):
    deployment.server.cli("deployment", "secret", "set", deployment.host, name, stdin=value + "\n")


def try_message(deployment, to):
    deployment.server.cli("outbox", "test", to, "--deployment", deployment.host)
    return mailbox.messages(deployment, to)[0]


def state(deployment, message):
    return mailbox.show(deployment, message)


def await_state(deployment, message, *states):
    return await_true(lambda: (m := state(deployment, message))["state"] in states and m)


def await_error(deployment, message):
    return await_true(lambda: (m := state(deployment, message))["last_error"] and m)


# ---- a real server ----


def has_arrived(mail, message):
    assert mail["From"].addresses[0].display_name == "Lumen — Größe"
    assert mail["Subject"] == "A test message from Lumen — Größe"
    assert mail["Message-ID"].startswith(f"<{message['id']}@") and mail["Auto-Submitted"] == "auto-generated"
    text, html = mail.get_body(("plain",)).get_content(), mail.get_body(("html",)).get_content()
    assert "Lumen — Größe arrives at this address" in text and "<table" in html and "Lumen — Größe" in html


@needs_smtpd
def test_mail_arrives(server, smtpd):
    d = to_smtp(server.deployment(ui_settings__app_name="Lumen — Größe"), smtpd.plain)
    message = try_message(d, "mira@example.org")
    mail, = smtpd.await_mail("mira@example.org")
    has_arrived(mail, message)
    sent = await_state(d, message, "sent")
    assert sent["vars"] is None and sent["sent_at"] and sent["last_error"] == ""


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_mail_goes_over_tls_to_who_knows_the_password(sending_server, certificates, security):
    fake = FakeSmtp(security=security, directory=certificates)
    d = to_smtp(sending_server.deployment(ui_settings__app_name="Lumen — Größe"), fake.port, security, smtp_username=USER)
    put_secret(d, "smtp_password", PASSWORD)
    message = try_message(d, "mira@example.org")
    await_state(d, message, "sent")
    assert fake.logins == [(USER, PASSWORD)]
    has_arrived(fake.taken[0], message)


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("wrong", ["authority", "name"])
def test_OPS06_a_server_that_cannot_prove_who_it_is_gets_nothing(server, sending_server, tmp_path, certificates, security, wrong):
    """Signed by nobody we know, or for another name: neither mail nor password leave."""
    s, directory = (server, certificates) if wrong == "authority" else (sending_server, tmp_path)
    if wrong == "name":
        certificate(tmp_path, "mail.example.com", authority=certificates)
    fake = FakeSmtp(security=security, directory=directory)
    d = to_smtp(s.deployment(), fake.port, security, smtp_username=USER)
    put_secret(d, "smtp_password", PASSWORD)
    failed = await_error(d, try_message(d, "nobody@example.org"))
    assert failed["state"] == "due" and "certificate" in failed["last_error"].lower()
    assert fake.tries > 0 and not fake.logins and not fake.taken


def test_without_starttls_nothing_is_sent(server):
    """Somebody in between took STARTTLS out of what the server offers."""
    fake = FakeSmtp()
    d = to_smtp(server.deployment(), fake.port, "starttls")
    assert await_error(d, try_message(d, "stripped@example.org"))["state"] == "due" and not fake.taken


def test_a_wrong_password_is_told_and_tried_again(sending_server, certificates):
    fake = FakeSmtp(security="tls", directory=certificates)
    d = to_smtp(sending_server.deployment(), fake.port, "tls", smtp_username=USER)
    put_secret(d, "smtp_password", "not-" + PASSWORD)
    message = try_message(d, "later@example.org")
    failed = await_error(d, message)
    assert "denied" in failed["last_error"].lower() and PASSWORD not in failed["last_error"]
    put_secret(d, "smtp_password", PASSWORD)
    sending_server.advance(60)
    await_state(d, message, "sent")


@needs_smtpd
def test_API07_a_name_begins_no_header(server, smtpd):
    d = to_smtp(server.deployment(ui_settings__app_name="Evil\r\nBcc: victim@example.org\r\n\r\nbody"), smtpd.plain)
    try_message(d, "only@example.org")
    mail, = smtpd.await_mail("only@example.org")
    assert mail["Bcc"] is None and len(mail["To"].addresses) == 1 and "Evil" in mail["From"].addresses[0].display_name
    assert not smtpd.to("victim@example.org")


# ---- servers that misbehave (F-34) ----


def test_F34_a_message_that_is_greylisted_arrives_later_with_the_same_id(server):
    fake = FakeSmtp({"RCPT": "451 4.7.1 later"})
    d = to_fake(server.deployment(), fake)
    message = try_message(d, "grey@example.org")
    assert "451" in await_error(d, message)["last_error"]
    fake.replies.clear()
    server.advance(5)
    await_state(d, message, "sent")
    assert fake.taken[0]["Message-ID"].startswith(f"<{message['id']}@") and fake.tries >= 2


def test_ENU02_what_is_written_for_nobody_is_dropped(server):
    """It goes the way of what is sent, so that answers take as long, but nobody gets it and it does not stay."""
    fake = FakeSmtp()
    d = to_fake(server.deployment(**OTP), fake)
    who, browser, nobody = d.person(), d.browser(), "abcd.12345678@example.org"
    for email in (nobody, who.email):
        assert browser.post("/auth/forgot-password", {"email": email}).status == 200
        assert prepare(browser, start(browser, email=email).attempt).status == 200
    await_true(lambda: len(fake.taken) == 2 and not server.sql(f"SELECT id FROM message WHERE recipient = '{nobody}'"))
    assert {m["To"] for m in fake.taken} == {who.email} == {m["to"] for m in mailbox.messages(d)}


def test_F34_a_refused_recipient_is_given_up(server):
    fake = FakeSmtp({"RCPT": "550 5.1.1 no such user"})
    d = to_fake(server.deployment(), fake)
    given_up = await_state(d, try_message(d, "gone@example.org"), "given_up")
    assert "550" in given_up["last_error"] and given_up["vars"] is None and fake.tries == 1


@pytest.mark.parametrize("replies", [{"CONNECT": ""}, {"EHLO": ""}, {"END": ""}, {"CONNECT": "554 go away"}, {"MAIL": "421 closing"},
                                     {"DATA": "452 full"}, {"END": "451 try again"}])
def test_F34_whatever_breaks_is_tried_again(server, replies):
    fake = FakeSmtp(replies)
    d = to_fake(server.deployment(), fake)
    message = try_message(d, "again@example.org")
    if replies != {"CONNECT": "554 go away"}:
        assert await_error(d, message)["state"] == "due"
        fake.replies.clear()
        server.advance(5)
        await_state(d, message, "sent")
        assert len({m["Message-ID"] for m in fake.taken}) == 1
    else:
        assert await_state(d, message, "due", "given_up")


def test_F34_a_black_hole_delays_nobody_else_and_no_sign_in(server):
    """A server that takes connections and says nothing: other deployments' mail and all sign-ins go on."""
    hole = FakeSmtp({"CONNECT": None})
    stuck = to_fake(server.deployment(), hole)
    for i in range(20):
        try_message(stuck, f"stuck{i}@example.org")
    await_true(lambda: hole.tries > 0)
    fine = FakeSmtp()
    d = to_fake(server.deployment(), fine)
    began = time.monotonic()
    await_state(d, try_message(d, "fine@example.org"), "sent")
    d.signed_in()
    assert time.monotonic() - began < 8 and hole.tries <= 5
    hole.close()


def test_F34_a_message_is_given_up_when_its_time_is_over(server):
    d = server.deployment()
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        d.set(smtp_host="127.0.0.1", smtp_port=closed.getsockname()[1], smtp_security="none")
        message = try_message(d, "late@example.org")
        await_error(d, message)
        server.advance(11 * 60)
        given_up = await_state(d, message, "given_up")
    assert given_up["vars"] is None and given_up["last_error"] == "not delivered in time"


def test_F34_nothing_is_lost_over_kill_9(new_server):
    """Committed, and the process is gone before the mail is: the next start sends it, with the same id."""
    hole, s = FakeSmtp({"EHLO": None}), new_server()
    with s:
        d = to_fake(s.deployment(host="mail.localhost:1"), hole)
        message = try_message(d, "kept@example.org")
        await_true(lambda: hole.tries > 0)
        s.kill()
        hole.replies.clear()
        s.start()
        s.advance(70)
        await_true(lambda: hole.taken)
        await_state(d, message, "sent")
    assert hole.taken[0]["Message-ID"].startswith(f"<{message['id']}@")


def test_F34_what_is_under_way_at_the_end_is_due_again_at_once(new_server):
    hole, s = FakeSmtp({"EHLO": None}), new_server()
    with s:
        d = to_fake(s.deployment(host="mail.localhost:1"), hole)
        try_message(d, "again@example.org")
        await_true(lambda: hole.tries > 0)
        s.stop()
        hole.replies.clear()
        s.start()
        s.advance(5)
        await_true(lambda: hole.taken)


# ---- text messages ----


@pytest.fixture
def webhook():
    w = Webhook()
    yield w
    w.close()


def test_sms_json_is_signed_by_standard_webhooks(server, webhook):
    d = server.deployment(sms_webhook_url=f"http://127.0.0.1:{webhook.port}/sms?a=b", sms_from="Lumen")
    put_secret(d, "sms_secret", SECRET)
    message = try_message(d, "+4915112345678")
    await_state(d, message, "sent")
    path, headers, body = webhook.posts[0]
    said = json.loads(body)
    assert path == "/sms?a=b" and said["to"] == "+4915112345678" and said["from"] == "Lumen" and "arrive at this number" in said["text"]
    assert headers["webhook-id"] == message["id"] == said["id"]
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    assert headers["webhook-signature"] == "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def test_sms_in_twilios_form(server, webhook):
    d = server.deployment(sms_webhook_url=f"http://127.0.0.1:{webhook.port}/Messages.json", sms_from="+15550001111", sms_format="twilio",
                          sms_username="AC0123", ui_settings__app_name="Lumen & Größe")
    put_secret(d, "sms_secret", "twilio-token")
    await_state(d, try_message(d, "+15551234567"), "sent")
    _, headers, body = webhook.posts[0]
    assert dict(urllib.parse.parse_qsl(body.decode())) == {
        "To": "+15551234567", "From": "+15550001111", "Body": "This is a test. Text messages from Lumen & Größe arrive at this number."}
    assert headers["Authorization"] == "Basic " + base64.b64encode(b"AC0123:twilio-token").decode()


@pytest.mark.parametrize("status,becomes", [(500, "due"), (429, "due"), (401, "due"), (302, "due"), (400, "given_up")])
def test_a_webhook_that_refuses(server, webhook, status, becomes):
    """No redirect is followed: a signed message goes where the operator said, and nowhere else."""
    other = Webhook()
    webhook.status, webhook.location = status, f"http://127.0.0.1:{other.port}/"
    d = server.deployment(sms_webhook_url=f"http://127.0.0.1:{webhook.port}/")
    put_secret(d, "sms_secret", SECRET)
    failed = await_error(d, try_message(d, "+15551234567"))
    assert failed["state"] == becomes and str(status) in failed["last_error"] and other.posts == []
    other.close()


def test_a_webhook_is_not_led_to_what_only_the_server_can_reach(server, webhook):
    """A public name that leads to a private address; an address of the private network."""
    for url in (f"https://10.0.0.1:{webhook.port}/", "https://169.254.169.254/latest/"):
        d = server.deployment(sms_webhook_url=url)
        put_secret(d, "sms_secret", SECRET)
        assert "address that is not allowed" in await_error(d, try_message(d, "+15551234567"))["last_error"]
    done = server.try_cli("deployment", "set", d.host, "sms_webhook_url=http://example.com/")
    assert done.returncode != 0 and "loopback" in done.stderr


# ---- without a transport ----


def test_without_a_transport_the_outbox_is_where_it_stays(server):
    d = server.deployment()
    d.server.cli("outbox", "test", "dev@example.org", "--deployment", d.host)
    kept = await_true(lambda: (m := mailbox.latest(d, "dev@example.org"))["state"] == "sent" and m)
    assert kept["vars"]["at"] and "arrives at this address" in kept["text"] and kept["subject"] and "<table" in kept["html"]
    d.server.cli("outbox", "test", "+15551234567", "--deployment", d.host)
    assert "arrive at this number" in mailbox.latest(d, "+15551234567", "test_sms")["text"]


def test_what_was_kept_is_forgotten_when_it_is_worth_nothing(clock_server):
    d = clock_server.deployment()
    message = try_message(d, "dev@example.org")
    await_state(d, message, "sent")
    clock_server.advance(11 * 60)
    clock_server.sweep()
    assert state(d, message)["vars"] is None
    clock_server.advance(8 * 86400)
    clock_server.sweep()
    assert mailbox.messages(d) == []


def test_verification_waits_for_a_transport_in_production(server, production, staging):
    for key, needs in (("email", "smtp_host"), ("phone_number", "sms_webhook_url")):
        done = server.try_cli("deployment", "set", production.host, f"auth_settings.verification_policy.{key}=true")
        assert done.returncode != 0 and needs in done.stderr
        server.cli("deployment", "set", staging.host, f"auth_settings.verification_policy.{key}=true")
    production.set(smtp_host="mail.example.com", auth_settings__verification_policy__email="true")
    done = server.try_cli("deployment", "set", production.host, "smtp_host=")
    assert done.returncode != 0 and "smtp_host" in done.stderr
    done = server.try_cli("deployment", "set", production.host, "smtp_security=none")
    assert done.returncode != 0 and "loopback" in done.stderr


# ---- secrets ----


def test_F38_no_secret_and_no_content_is_told(new_server, webhook):
    """Neither in logs nor in stored bytes after delivery, nor in what the command line shows."""
    s = new_server(["--log-level", "debug"])
    with s:
        d = s.deployment(sms_webhook_url=f"http://127.0.0.1:{webhook.port}/", ui_settings__app_name="Wombat-canary-4711")
        put_secret(d, "sms_secret", SECRET)
        put_secret(d, "smtp_password", PASSWORD)
        fake = FakeSmtp()
        to_fake(d, fake).set(smtp_username=USER)
        message = try_message(d, "+15551234567")
        await_state(d, message, "sent")
        listed = s.cli("deployment", "secret", "list", d.host)
        assert [json.loads(x)["name"] for x in listed.splitlines()] == ["sms_secret", "smtp_password"]
        shown = listed + s.cli("deployment", "show", d.host) + s.cli("outbox", "list", "--deployment", d.host)
        stored, log = s.stored_bytes(), s.log()
        for canary in (SECRET, SECRET.removeprefix("whsec_"), PASSWORD):
            assert canary not in shown and canary not in log and canary.encode() not in stored
        assert "arrive at this number" not in log and b"arrive at this number" not in stored and "+15551234567" not in log
        s.cli("deployment", "secret", "delete", d.host, "sms_secret")
        assert s.try_cli("deployment", "secret", "delete", d.host, "sms_secret").returncode != 0
    assert s.try_cli("deployment", "secret", "set", d.host, PASSWORD, stdin="x").stderr.count(PASSWORD) == 0


# ---- own words ----


def template(server, verb, *args, stdin=""):
    return server.try_cli("deployment", "template", verb, *args, stdin=stdin)


def test_a_deployment_has_its_own_words(server):
    d = server.deployment(ui_settings__app_name="<b>Lumen</b>")
    shown = template(server, "show", d.host, "test_mail", "text").stdout
    assert "{{app_name}}" in shown
    assert template(server, "set", d.host, "test_mail", "subject", stdin="Hallo von {{app_name}}\n").returncode == 0
    assert template(server, "set", d.host, "test_mail", "html", stdin="<p>{{app_name}}</p>{{#at}}<i>{{at}}</i>{{/at}}").returncode == 0
    said = mailbox.show(d, try_message(d, "dev@example.org"))
    assert said["subject"] == "Hallo von <b>Lumen</b>" and said["html"].startswith("<p>&lt;b&gt;Lumen&lt;/b&gt;</p><i>20")
    assert template(server, "reset", d.host, "test_mail", "html").returncode == 0
    assert "<table" in mailbox.show(d, try_message(d, "dev2@example.org"))["html"]
    other = server.deployment()
    assert "Hallo" not in mailbox.show(other, try_message(other, "dev@example.org"))["subject"], "each deployment has its own"


@pytest.mark.parametrize("kind,part,text,words", [
    ("sign_in_code", "text", "Your code: {{cod}}", "there is no {{cod}} here"),
    ("sign_in_code", "text", "line one\n{{code", "line 2"),
    ("sign_in_code", "text", "{{#code}}{{code}}", "has no end"),
    ("sign_in_code", "text", "{{code}}{{/code}}", "ends no section"),
    ("sign_in_code", "text", "{{#code}}{{#at}}{{code}}{{/at}}{{/code}}", "inside the section"),
    ("sign_in_code", "html", "<p>Hello</p>", "{{code}} is missing"),
    ("sign_in_link", "text", "{{code}}", "there is no {{code}} here"),
    ("sign_in_code", "subject", "one\ntwo", "one line"),
    ("sms_code", "html", "{{code}}", "has a text and no html"),
    ("no_such_kind", "text", "x", "there are sign_in_code"),
    ("sign_in_code", "body", "x", "subject, text and html")])
def test_a_template_that_cannot_work_is_refused_with_a_sentence(server, production, kind, part, text, words):
    done = template(server, "set", production.host, kind, part, stdin=text)
    assert done.returncode != 0 and words in done.stderr


# ---- watching ----


def test_metrics_tell_how_messages_end(server):
    before = server.metric("sessiond_messages_total")
    d = server.deployment()
    await_state(d, try_message(d, "dev@example.org"), "sent")
    await_true(lambda: server.metric("sessiond_messages_total") > before)
    text = server.admin("GET", "/metrics").text
    assert re.search(r'sessiond_messages_total\{channel="mail",result="kept"\} [1-9]', text)
    assert "sessiond_messages_due " in text and "sessiond_messages_oldest_due_seconds " in text


# ---- the developer's page ----


def test_the_page_shows_what_staging_wrote_and_nothing_of_production(server):
    staging, production = server.deployment("staging", ui_settings__app_name="<script>alert(1)</script>"), server.deployment("production")
    message = try_message(staging, "dev@example.org")
    hidden = try_message(production, "real@example.org")
    page = server.admin("GET", "/outbox")
    assert page.status == 200 and message["id"] in page.text and "dev@example.org" in page.text
    assert hidden["id"] not in page.text and "real@example.org" not in page.text
    one = server.admin("GET", f"/outbox/{message['id']}?deployment={staging.id}")
    assert one.status == 200 and "arrives at this address" in one.text and "<script" not in one.text
    for answer in (page, one):
        headers = {k.lower(): v for k, v in answer.headers}
        assert "default-src 'none'" in headers["content-security-policy"] and headers["cache-control"] == "no-store"
    for path in (f"/outbox/{hidden['id']}?deployment={production.id}", f"/outbox/{hidden['id']}?deployment={staging.id}",
                 "/outbox/message_1?deployment=deployment_1", f"/outbox/{message['id']}", "/outbox/x", "/outboxes"):
        assert server.admin("GET", path).status == 404, path


def test_the_page_is_not_for_a_name_that_dns_led_here(server):
    from client import exchange
    status, *_ = exchange(("127.0.0.1", server.admin_port), "GET", "/outbox", [("Host", "rebound.example.com")], b"")
    assert status == 403
