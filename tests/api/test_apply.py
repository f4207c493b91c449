"""`sessiond deployment apply` and `deployment export`: declared deployments."""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import pty
import re
import secrets
import shutil
import subprocess

import jwt
import pytest
import yaml

from harness import ROOT, binary, race, run
from hooks import Receiver, is_signed
from mailserver import await_true

PLAN_SHOWN = 3
EXAMPLE = ROOT / "packaging" / "deployment.yaml"


class Declared:
    """A file of its own, applied to a server that runs."""

    def __init__(self, server, directory):
        self.server, self.file = server, directory / "deploy.yaml"
        self.host = f"api-{secrets.token_hex(5)}.example.net"

    def head(self, mode="production"):
        return f"host: {self.host}\nfrontend_host: app.{self.host}\nmode: {mode}\n"

    def apply(self, text, *flags, env=None, stdin=""):
        self.file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return run("deployment", "apply", self.file, *flags, "--data", self.server.data, env=env, stdin=stdin)

    def make(self, text="", *flags, **kw):
        done = self.apply(self.head() + text, "--yes", *flags, **kw)
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    def refused(self, text, *flags, env=None):
        """Refused with sentences that name the file's lines, and nothing was changed."""
        before = self.stored()
        done = self.apply(text, "--yes", *flags, env=env)
        assert done.returncode == 1 and done.stdout == "", (done.returncode, done.stdout)
        assert self.stored() == before
        return done.stderr.replace(str(self.file), "FILE")

    def show(self):
        return self.server.cli_json("deployment", "show", self.host)

    def settings(self):
        return self.show()["settings"]

    def export(self, *flags):
        return self.server.cli("deployment", "export", self.host, *flags)

    def number(self):
        return self.show()["id"].rsplit("_", 1)[1]

    def audit(self):
        return self.server.sql(f"SELECT event, detail FROM audit WHERE deployment_id = {self.number()} ORDER BY id")

    def stored(self):
        """All that applying writes, in the whole database; the links of the audit chain are written behind."""
        of = {"deployment": "settings, default_orgrole_member_id", "orgrole": "name, permissions", "wsrole": "name, permissions",
              "message_template": "kind, body", "deployment_secret": "name, name", "audit": "event, detail",
              "jwt_template": "claims, algorithm", "hook": "url, types"}
        when = {"audit": "at"}
        selects = [f"SELECT '{t}', deployment_id, {', '.join(f'CAST({c} AS TEXT)' for c in cs.split(', '))}, {when.get(t, 'updated_at')} FROM {t}"
                   for t, cs in of.items()]
        return sorted(self.server.sql(" UNION ALL ".join(selects)))


@pytest.fixture
def server(clock_server):
    """Its clock is moved here, so that another moment would show."""
    return clock_server


@pytest.fixture
def declared(server, tmp_path):
    return Declared(server, tmp_path)


WHOLE = """
name: Example
settings:
  auth_settings:
    password:
      min_length: 12
    session_validity_period: 86400
  restrictions:
    country_restrictions:
      country_codes: [NO, SE]
  b2b_settings.organization_permissions: [organization:admin, organization:member, documents:edit]
  ui_settings:
    theme_tokens: {light: {primary: "#0a7d5a"}, dark: {}}
    signup_terms_statement: |
      By signing up you agree.
      And you smile.
  smtp_host: mail.example.com
  smtp_username: example
  sms_from: +15550001111
  allowed_origins:
  - https://other.example.org
secrets:
  smtp_password: {from_file: smtp-password}
  sms_secret: {from_env: SMS_SECRET}
message_templates:
  verify_email:
    subject: "{{code}}: your code"
    text: |
      Hello {{first_name}},

        {{code}}
    html: {from_file: verify.html}
jwt_templates:
  hasura:
    token_lifetime: 300
    allowed_clock_skew: 0
    template:
      aud: [hasura, "true", null, 1.5e3, -7]
      https://hasura.io/jwt/claims: {x-hasura-user-id: "{{user_id}}", x-hasura-verified: "{{user.has_verified_primary_email_address}}"}
      is_staff: false
      version: "2"
      nothing: {}
    custom_signing_key: {algorithm: HS256, key: {from_env: HASURA_KEY}}
  plain:
    template: {}
webhooks:
- url: https://hooks.example.com/sessiond
  types: [user.*, session.created]
  secret: {from_env: HOOK_SECRET}
- url: https://hooks.example.com/sessiond
  enabled: false
organization_roles:
  Editor: [organization:member, documents:edit]
workspace_roles:
  Guest: []
default_roles:
  organization_member: Editor
  workspace_member: guest
"""
ENV = {"SMS_SECRET": "whsec_c2VjcmV0", "HASURA_KEY": "h" * 40, "HOOK_SECRET": "whsec_" + "aG9v" * 8}


@pytest.fixture
def whole(declared):
    (declared.file.parent / "smtp-password").write_text("opensesame\n")
    (declared.file.parent / "verify.html").write_text("<p>{{code}}</p>\r\n<p>\ttabs</p> \n")
    declared.env = dict(ENV)
    declared.text = declared.head() + WHOLE
    done = declared.apply(declared.text, "--yes", env=declared.env)
    assert done.returncode == 0, done.stderr
    declared.done = done
    return declared


# ---- the plan, and the deed ----

def test_a_plan_changes_nothing_and_says_so_by_its_status(declared):
    before = declared.stored()
    for flags in ((), ("--check",), ("--check", "--yes")):
        done = declared.apply(declared.head(), *flags)
        assert done.returncode == PLAN_SHOWN and done.stderr == ""
        assert re.fullmatch(rf'{declared.host}  deployment: none → production, for "app.{declared.host}"\nplan [0-9a-f]{{16}}: 1 change\n', done.stdout)
    assert declared.stored() == before


def test_a_deployment_is_made_and_its_keys_are_printed_once(declared):
    made = json.loads(declared.make().stdout.splitlines()[-1])
    assert made.keys() == {"host", "id", "publishable_key", "secret_key"} and made["host"] == declared.host
    assert made["id"] == declared.show()["id"] and made["secret_key"].startswith("sk_live_")
    again = declared.make()
    assert again.stdout == "nothing to do\n"
    assert made["secret_key"] not in declared.export("--all")


def test_everything_a_file_can_hold_is_applied(whole):
    s = whole.settings()
    assert s["auth_settings.password.min_length"] == 12 and s["sms_from"] == "+15550001111"
    assert s["restrictions.country_restrictions.country_codes"] == ["NO", "SE"]
    assert s["ui_settings.theme_tokens"] == {"light": {"primary": "#0a7d5a"}, "dark": {}}
    assert s["ui_settings.signup_terms_statement"] == "By signing up you agree.\nAnd you smile.\n"
    # The last line's end is not part of a file's text; `template show` ends with one. Python reads CRLF as LF.
    assert whole.server.cli("deployment", "template", "show", whole.host, "verify_email", "html") == "<p>{{code}}</p>\n<p>\ttabs</p> \n"
    assert [json.loads(x)["name"] for x in whole.server.cli("deployment", "secret", "list", whole.host).splitlines()] == ["sms_secret", "smtp_password"]
    roles = whole.server.sql(f"SELECT name, permissions FROM orgrole WHERE deployment_id = {whole.number()} ORDER BY id")
    assert roles == [("Member", "organization:member"), ("Admin", "organization:admin"), ("Editor", "organization:member documents:edit")]
    assert whole.show()["name"] == "Example"


def test_the_second_time_there_is_nothing_to_do(whole):
    """No audit event, no other time of change, and no other ciphertext of the secrets."""
    before = whole.stored()
    whole.server.advance(5)
    for flags in ((), ("--yes",), ("--check",)):
        done = whole.apply(whole.text, *flags, env=whole.env)
        assert (done.returncode, done.stdout, done.stderr) == (0, "nothing to do\n", "")
    assert whole.stored() == before


@pytest.mark.parametrize("flags", [(), ("--all",)])
@pytest.mark.parametrize("how", [(), ("--prune",)])
def test_what_is_exported_applies_as_nothing_to_do(whole, flags, how):
    """Without the secrets at hand: an export says that they are unchanged."""
    exported = whole.export(*flags)
    done = whole.apply(exported, "--yes", *how)
    assert (done.returncode, done.stdout, done.stderr) == (0, "nothing to do\n", "")
    assert not [x for x in ("opensesame", "whsec", "h" * 40) if x in exported]


def test_an_export_is_yaml_to_others_too(whole):
    for flags in ((), ("--all",)):
        read = yaml.safe_load(whole.export(*flags))
        assert read["host"] == whole.host and read["settings"]["auth_settings"]["password"]["min_length"] == 12
        assert read["secrets"] == {"smtp_password": "unchanged", "sms_secret": "unchanged"}
        assert read["message_templates"]["verify_email"]["html"] == "<p>{{code}}</p>\r\n<p>\ttabs</p> "
    assert len(str(read["settings"])) > 3000, "every setting"


def test_a_fresh_deployment_exports_as_nothing_to_do(server, declared, deployment):
    for flags in ((), ("--all",)):
        done = declared.apply(server.cli("deployment", "export", deployment.host, *flags), "--yes", "--prune")
        assert done.stdout == "nothing to do\n", (done.stdout, done.stderr)


def test_one_audit_event_tells_the_keys_and_no_values(whole):
    events = whole.audit()
    assert [e for e, _ in events] == ["deployment.created", "deployment.changed"]
    keys = json.loads(events[1][1])["keys"]
    assert {"settings.auth_settings.password.min_length", "secrets.smtp_password", "message_templates.verify_email.html",
            "organization_roles.Editor", "default_roles.organization_member", "jwt_templates.hasura.template",
            "jwt_templates.hasura.custom_signing_key.key", "webhooks.https://hooks.example.com/sessiond.secret"} <= set(keys)
    whole.apply(whole.text.replace("min_length: 12", "min_length: 14"), "--yes", env=whole.env)
    assert whole.audit()[2:] == [("deployment.changed", '{"keys":["settings.auth_settings.password.min_length"]}')]


def test_a_change_is_in_force_at_once(declared, server):
    declared.make("settings: {ui_settings: {app_name: Before}}\n")
    d = server.deployment()
    declared.host, declared_host = d.host, declared.host
    head = f"host: {d.host}\n"
    assert d.browser().get("/.well-known/meta").json["app_name"] != "Lumen"
    done = declared.apply(head + "settings: {ui_settings: {app_name: Lumen}}\n", "--yes")
    assert done.returncode == 0, done.stderr
    assert d.browser().get("/.well-known/meta").json["app_name"] == "Lumen"
    assert declared_host != d.host


def test_the_plan_has_one_line_a_change_with_old_and_new(whole):
    done = whole.apply(whole.head() + """
settings:
  smtp_host: null
  auth_settings.password.min_length: 10
  restrictions: {country_restrictions: {country_codes: []}}
secrets: {smtp_password: {from_file: verify.html}, sms_secret: null}
message_templates: {verify_email: {subject: null}}
organization_roles: {EDITOR: [documents:edit]}
default_roles: {organization_member: Member}
""")
    lines = [x.removeprefix(whole.host + "  ") for x in done.stdout.splitlines()]
    assert done.returncode == PLAN_SHOWN and lines[:-1] == [
        'settings.auth_settings.password.min_length: 12 → 10',
        'settings.restrictions.country_restrictions.country_codes: ["NO","SE"] → []',
        'settings.smtp_host: "mail.example.com" → ""',
        'secrets.smtp_password: another value → what is in the file "verify.html"',
        'secrets.sms_secret: set → not set',
        'message_templates.verify_email.subject: "{{code}}: your code" → the built-in words',
        'organization_roles.Editor: "Editor" (organization:member documents:edit) → "EDITOR" (documents:edit)',
        'default_roles.organization_member: "EDITOR" → "Member"']
    assert re.fullmatch(r"plan [0-9a-f]{16}: 8 changes", lines[-1])


def test_what_is_the_default_already_is_not_pinned(declared):
    declared.make("settings: {jwt_lifetime: 60, smtp_port: 587}\n")
    assert declared.show()["overrides"] == {}


def test_a_plan_that_was_looked_at_is_applied_by_its_id(declared):
    text = declared.head() + "settings: {jwt_lifetime: 30}\n"
    plan = re.search(r"^plan (\S+):", declared.apply(text).stdout, re.M)[1]
    other = declared.refused(text, "--plan", "0" * 16)
    assert other == f"sessiond: what is to be changed is something else by now than in that plan: look at it again\n"
    assert declared.apply(text, "--plan", plan).stdout.splitlines()[-2].startswith(f"applied {plan}: 2 changes")
    assert declared.settings()["jwt_lifetime"] == 30


LONG = "{{code}} " + "x" * 200


@pytest.mark.parametrize("change", ["template", "secret", "before"])
def test_a_plan_is_that_of_one_content_to_the_last_byte(declared, change):
    """Lines are cut and show no secret: another file with the same lines had the same plan."""
    template, secret = declared.file.parent / "mail.txt", declared.file.parent / "s"
    template.write_text(LONG + "a"), secret.write_text("first")
    text = declared.head() + "message_templates: {verify_email: {text: {from_file: mail.txt}}}\nsecrets: {smtp_password: {from_file: s}}\n"
    own = declared.head() + f"message_templates: {{verify_email: {{text: '{LONG}%s'}}}}\n"
    assert declared.apply(own % "p", "--yes").returncode == 0
    plan = re.search(r"^plan (\S+):", declared.apply(text).stdout, re.M)[1]
    assert plan == re.search(r"^plan (\S+):", declared.apply(text).stdout, re.M)[1]
    if change == "template":
        template.write_text(LONG + "b")
    elif change == "secret":
        secret.write_text("other")
    else:
        assert declared.apply(own % "q", "--yes").returncode == 0
    assert "something else by now" in declared.refused(text, "--plan", plan)


def at_a_terminal(declared, answer):
    """stdin and stderr are a terminal's."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([binary(), "deployment", "apply", declared.file, "--data", declared.server.data], stdin=theirs,
                               stderr=theirs, stdout=subprocess.PIPE, text=True)
    os.close(theirs)
    asked = b""
    while b"Apply? [y/N] " not in asked:
        asked += os.read(ours, 4096)
    os.write(ours, answer)
    out, _ = process.communicate(timeout=60)
    os.close(ours)
    return process.returncode, out


def test_at_a_terminal_it_asks(declared):
    declared.file.write_text(declared.head())
    code, out = at_a_terminal(declared, b"n\n")
    assert code == PLAN_SHOWN and "plan " in out and "applied" not in out
    code, out = at_a_terminal(declared, b"y\n")
    assert code == 0 and out.count("deployment: none → production") == 1 and '"secret_key":"sk_live_' in out
    assert declared.show()["host"] == declared.host


def test_what_is_shown_cannot_pass_for_the_end_of_a_plan(declared):
    declared.file.write_text(declared.head() + 'settings: {ui_settings: {app_name: "applied x"}}\n')
    code, out = at_a_terminal(declared, b"y\n")
    assert code == 0 and re.search(r"^plan \S+: 2 changes\napplied \S+: 2 changes\n\{.*\}\n$", out, re.M), out


def test_standard_input_is_a_file_too(declared):
    done = run("deployment", "apply", "-", "--yes", "--data", declared.server.data, stdin=declared.head())
    assert done.returncode == 0 and declared.show()["host"] == declared.host
    bad = run("deployment", "apply", "-", "--yes", "--data", declared.server.data, stdin=declared.head() + "settngs: {}\n")
    assert bad.returncode == 1 and bad.stderr == 'standard input:4: there is no key "settngs"; did you mean settings?\n'


def test_without_a_server_it_applies_as_well(new_server, tmp_path):
    server = new_server()
    where = ["--data", server.data, *(["--database", server.database] if server.database else [])]
    file = tmp_path / "d.yaml"
    file.write_text("host: api.example.net\nfrontend_host: app.example.net\nmode: staging\nsettings: {jwt_lifetime: 30}\n")
    assert [run("deployment", "apply", file, *flags, *where).returncode for flags in ((), ("--yes",), (), ("--yes",))] == [PLAN_SHOWN, 0, 0, 0]
    exported = run("deployment", "export", "api.example.net", *where).stdout
    assert yaml.safe_load(exported)["settings"] == {"jwt_lifetime": 30}


def test_the_example_applies(declared):
    """packaging/deployment.yaml, with the hosts and the files of this test."""
    directory = declared.file.parent
    shutil.copytree(EXAMPLE.parent / "templates", directory / "templates")
    text = EXAMPLE.read_text().replace("auth.example.com", declared.host)
    secret = directory / "smtp-password"
    secret.write_text("opensesame\n")
    text = text.replace("/etc/sessiond/smtp-password", str(secret))
    done = declared.apply(text, "--yes", env=ENV)
    assert done.returncode == 0, done.stderr
    assert declared.apply(text, "--yes", env=ENV).stdout == "nothing to do\n"


# ---- several deployments ----

def test_several_documents_are_applied_as_one(declared):
    second = declared.host.replace("api-", "second-")
    both = declared.head() + f"---\nhost: {second}\nfrontend_host: app.{second}\nmode: staging\n"
    wrong = both + "settings: {auth_settings: {first_factor: phone_otp}}\n"
    sentence = declared.refused(wrong)
    assert sentence == f"sessiond: {second}: auth_settings.first_factor must be one that auth_settings.auth_factors_enabled has on\n"
    done = declared.apply(both, "--yes")
    assert done.returncode == 0, done.stderr
    assert [json.loads(x)["host"] for x in done.stdout.splitlines() if x.startswith("{")] == [declared.host, second]
    assert declared.apply(both + "---\n", "--yes").stdout == "nothing to do\n"


def test_one_host_has_one_document(declared):
    text = declared.head() + f"---\nhost: {declared.host.upper()}\n"
    assert declared.refused(text) == f'FILE:5: "{declared.host.upper()}" has a document in line 1 already\n'


def test_two_who_apply_the_same_file_make_one_deployment(declared):
    declared.file.write_text(declared.head() + "settings: {jwt_lifetime: 30}\norganization_roles: {Editor: [organization:member]}\n")
    done = race([lambda: run("deployment", "apply", declared.file, "--yes", "--data", declared.server.data)] * 4)
    made = [d for d in done if '"secret_key"' in d.stdout]
    assert len(made) == 1 and made[0].returncode == 0
    for other in done:
        assert other in made or other.stdout == "nothing to do\n" or f"{declared.host}: " in other.stderr, other
    assert [e for e, _ in declared.audit()] == ["deployment.created", "deployment.changed"]


# ---- pruning ----

def test_what_a_section_does_not_name_stays_until_it_is_pruned(whole):
    less = whole.head() + "settings: {jwt_lifetime: 30}\nsecrets: {sms_secret: unchanged}\nmessage_templates: {}\n" \
        "organization_roles: {Member: [organization:member], Admin: [organization:admin]}\ndefault_roles: {organization_member: Member}\n"
    whole.apply(less, "--yes")
    assert whole.settings()["auth_settings.password.min_length"] == 12
    done = whole.apply(less, "--yes", "--prune")
    assert done.returncode == 0, done.stderr
    assert whole.show()["overrides"] == {"jwt_lifetime": 30}
    read = yaml.safe_load(whole.export())
    assert list(read["jwt_templates"]) == ["hasura", "plain"] and len(read["webhooks"]) == 2
    assert read["secrets"] == {"sms_secret": "unchanged"} and read["message_templates"] == {} and list(read["organization_roles"]) == ["Member", "Admin"]
    assert "Guest" in read["workspace_roles"], "a section that the file does not have is left alone"
    assert whole.apply(less, "--yes", "--prune").stdout == "nothing to do\n"


def test_a_default_role_is_not_pruned(whole):
    text = whole.head() + "organization_roles: {Member: [organization:member], Admin: [organization:admin]}\n"
    assert whole.refused(text, "--prune") == (f'sessiond: {whole.host}: organization_roles."Editor" stays: '
                                              "default_roles.organization_member is that role, so name another one there\n")


def test_a_role_that_somebody_holds_is_not_pruned(declared, server):
    d = server.deployment()
    declared.host = d.host
    roles = "organization_roles: {Editor: [organization:member, organization:admin], Member: [organization:member], Admin: [organization:admin]}\n"
    head = f"host: {d.host}\n"
    assert declared.apply(head + roles + "default_roles: {organization_creator: Editor}\n", "--yes").returncode == 0
    browser, _ = d.signed_in()
    assert browser.post("/organizations", {"name": "Lumen"}).status == 200
    less = head + "organization_roles: {Member: [organization:member], Admin: [organization:admin]}\ndefault_roles: {organization_creator: Admin}\n"
    assert declared.refused(less, "--prune") == (f'sessiond: {d.host}: organization_roles."Editor" stays: '
                                                 "1 members of organizations hold it, so give them another role first\n")


def test_a_role_that_changes_is_seen_in_sessions_at_once(declared, server):
    d = server.deployment()
    declared.host = d.host
    browser, _ = d.signed_in()
    assert browser.post("/organizations", {"name": "Lumen"}).status == 200
    assert "organization:manage" not in browser.get("/me/organization-memberships").text
    done = declared.apply(f"host: {d.host}\norganization_roles: {{Admin: [organization:admin, organization:manage]}}\n", "--yes")
    assert done.returncode == 0, done.stderr
    assert "organization:manage" in browser.get("/me/organization-memberships").text


def test_a_role_that_grants_what_the_catalogue_has_no_more_stays(whole):
    """What is exported applies, whatever was set between."""
    whole.server.cli("deployment", "set", whole.host, "b2b_settings.organization_permissions=organization:member,organization:admin")
    assert whole.apply(whole.export(), "--yes", "--prune").stdout == "nothing to do\n"
    text = whole.head() + "organization_roles: {Editor: [documents:edit]}\n"
    assert "grants" in whole.refused(text)


# ---- token templates, webhooks ----

def claims_of(declared, name):
    return json.loads(declared.server.cli("jwt-template", "show", name, "--deployment", declared.host))["template"]


def hooks_of(declared):
    return [json.loads(x) for x in declared.server.cli("webhook", "list", "--deployment", declared.host).splitlines()]


def test_what_a_claim_is_written_as_is_what_it_is(whole):
    assert claims_of(whole, "hasura") == {
        "aud": ["hasura", "true", None, 1500.0, -7], "is_staff": False, "version": "2", "nothing": {},
        "https://hasura.io/jwt/claims": {"x-hasura-user-id": "{{user_id}}", "x-hasura-verified": "{{user.has_verified_primary_email_address}}"}}
    read = yaml.safe_load(whole.export())["jwt_templates"]
    assert read["hasura"]["template"] == claims_of(whole, "hasura") and read["plain"] == {"template": {}}
    assert read["hasura"]["custom_signing_key"] == {"algorithm": "HS256", "key": "unchanged"}
    assert yaml.safe_load(whole.export("--all"))["jwt_templates"]["plain"] == {"template": {}, "token_lifetime": 60, "allowed_clock_skew": 5}


def test_claims_of_every_kind_come_back(declared):
    """Words that YAML takes for something else than a text are written in quotes."""
    texts = ["", "true", "no", "Yes", "~", "NULL", "1", "1.0", "0x10", "-", "+1", ".5", ".inf", "2026-01-31", "a: b", " a", "é\n\u2028", "*", "{{user_id}}"]
    claims = {"t": texts, "n": [0, -1, 1.5, 1e300, 9007199254740993], "v": [True, False, None, {}, []], "true": {"no": "1"}}
    declared.make()
    where = ("--deployment", declared.host)
    declared.server.cli("jwt-template", "set", "t", *where, stdin=json.dumps({"template": claims}))
    for flags in ((), ("--all",)):
        exported = declared.export(*flags)
        assert declared.apply(exported, "--yes", "--prune").stdout == "nothing to do\n", exported
        assert yaml.safe_load(exported)["jwt_templates"]["t"]["template"]["t"] == texts
    declared.server.cli("jwt-template", "delete", "t", *where)
    assert declared.apply(exported, "--yes").returncode == 0 and claims_of(declared, "t") == claims


def is_signed_with(token, secret):
    try:
        return bool(jwt.decode(token, secret, algorithms=["HS256"], options={f"verify_{claim}": False for claim in ("aud", "exp", "iat")}))
    except jwt.InvalidTokenError:
        return False


def test_a_template_signs_with_the_key_that_was_named(declared, server):
    d = server.deployment()
    declared.host = d.host
    head = f"host: {d.host}\n"
    browser, _ = d.signed_in()
    own = head + "jwt_templates: {x: {template: {aud: one}, custom_signing_key: {algorithm: HS256, key: {from_env: K}}}}\n"
    assert declared.apply(own, "--yes", env={"K": "k" * 40}).returncode == 0

    def token():
        text = browser.get("/session/token", {"template": "x"}).data["token"]
        claims = jwt.decode(text, options={"verify_signature": False})
        return next((k for k in ("k" * 40, "l" * 40) if is_signed_with(text, k)), None), claims["aud"]

    assert token() == ("k" * 40, "one")
    # The key stays while the claims change, and the other way round.
    assert declared.apply(head + "jwt_templates: {x: {template: {aud: two}}}\n", "--yes").returncode == 0
    assert token() == ("k" * 40, "two")
    told = declared.apply(own.replace("one", "two"), "--yes", env={"K": "l" * 40}).stdout
    assert told.splitlines()[0] == f'{d.host}  jwt_templates.x.custom_signing_key.key: another value → what is in the variable K'
    assert token() == ("l" * 40, "two")
    assert declared.apply(own.replace("one", "two"), "--yes", env={"K": "l" * 40}).stdout == "nothing to do\n"
    # By a key of another algorithm only with another key.
    sentence = declared.refused(head + "jwt_templates: {x: {custom_signing_key: {algorithm: HS512}}}\n").replace(d.host, "HOST")
    assert sentence == 'sessiond: HOST: jwt_templates."x": the key that is stored is for HS256: another algorithm takes another key\n'
    assert declared.apply(head + "jwt_templates: {x: {custom_signing_key: {algorithm: HS256, enabled: false}}}\n", "--yes").returncode == 0
    assert token()[0] is None
    assert declared.apply(head + "jwt_templates: {x: null}\n", "--yes").stdout.splitlines()[0] == f'{d.host}  jwt_templates.x: {{"aud":"two"}} → none'
    assert browser.get("/session/token", {"template": "x"}).code == "TEMPLATE_NOT_FOUND"


def test_a_key_that_is_none_is_refused_with_its_line(declared):
    for key in ("short", "-----BEGIN PUBLIC KEY-----\nMFk=\n-----END PUBLIC KEY-----"):
        text = declared.head() + "jwt_templates:\n  x:\n    template: {}\n    custom_signing_key:\n      algorithm: HS256\n      key: {from_env: K}\n"
        sentence = declared.refused(text, env={"K": key})
        assert re.match(r"FILE:9: key: (a secret for HS256 has 32 bytes or more|HS256 takes a secret)", sentence) and key not in sentence
    (declared.file.parent / "k").write_text("x" * 9000)
    assert declared.refused(text.replace("from_env: K", "from_file: k")) == 'FILE:9: "k": too long\n'
    many = "jwt_templates:\n" + "".join(f"  t{i}: {{template: {{}}}}\n" for i in range(66))
    assert declared.refused(declared.head() + many) == "FILE:69: jwt_templates: more than 64 templates\n"


def test_longer_lived_tokens_keep_their_keys_published(declared):
    declared.make("jwt_templates: {x: {template: {}, token_lifetime: 7200}}\n")
    [(longest,)] = declared.server.sql(f"SELECT max(longest_s) FROM signing_key WHERE deployment_id = {declared.number()}")
    assert int(longest) >= 7200


def test_a_plan_for_templates_and_webhooks(whole):
    done = whole.apply(whole.head() + """
jwt_templates:
  hasura: {token_lifetime: null, template: {aud: other}, custom_signing_key: null}
  plain: null
  more: {template: {a: 1}, allowed_clock_skew: 5}
webhooks:
- {url: https://hooks.example.com/sessiond, types: null, secret: {from_env: OTHER}}
- {url: https://hooks.example.com/sessiond, types: [user.*], enabled: true}
- {url: https://other.example.com/, enabled: false, types: [user.created]}
""", env={"OTHER": "whsec_" + "b3Ro" * 8})
    lines = [x.removeprefix(whole.host + "  ") for x in done.stdout.splitlines()]
    url = "webhooks.https://hooks.example.com/sessiond"
    assert done.returncode == PLAN_SHOWN, done.stderr
    assert re.fullmatch(r'jwt_templates.hasura.template: \{"aud":.*… \(\d+ bytes\) → \{"aud":"other"\}', lines[0]), lines[0]
    assert lines[1:-1] == [
        'jwt_templates.hasura.token_lifetime: 300 → 60',
        'jwt_templates.hasura.custom_signing_key: HS256 → the deployment\'s own',
        'jwt_templates.plain: {} → none',
        'jwt_templates.more.template: none → {"a":1}',
        f'{url}.types: user.* session.created → all events',
        f'{url}.secret: another value, which signs as well for a day → what is in the variable OTHER',
        f'{url}.types: all events → user.*',
        f'{url}.enabled: false, by its operator → true',
        'webhooks.https://other.example.com/: none → user.created, disabled',
        'webhooks.https://other.example.com/.secret: not set → one that is made, and shown once']


def test_a_webhook_is_made_told_and_taken_away(new_server, tmp_path):
    """Its secret is what was named, or is made and printed once; the one before signs as well after a change.

    A server of its own: its clock is the command's.
    """
    with new_server() as server:
        declared = Declared(server, tmp_path)
        d, receiver = server.deployment(), Receiver()
        declared.host = d.host
        head = f"host: {d.host}\n"
        one = f"webhooks: [{{url: '{receiver.url}', types: [user.*], secret: {{from_env: S}}}}]\n"
        first, second = "whsec_" + "Zmly" * 8, "whsec_" + "c2Vj" * 8
        assert declared.apply(head + one, "--yes", env={"S": first}).stdout.endswith(": 2 changes\n")
        d.signed_in()
        [post] = receiver.await_posts(1, "user.created")
        assert is_signed(post, first)
        [hook] = hooks_of(declared)
        assert declared.apply(head + one, "--yes", env={"S": second}).returncode == 0
        d.signed_in()
        post = receiver.await_posts(2, "user.created")[-1]
        assert is_signed(post, first) and is_signed(post, second)
        made = json.loads(declared.apply(head + "webhooks: [{url: https://other.example.com/}]\n", "--yes").stdout.splitlines()[-1])
        assert made.keys() == {"host", "webhook_id", "url", "secret"} and made["secret"].startswith("whsec_")
        assert [h["id"] for h in hooks_of(declared)] == [hook["id"], made["webhook_id"]]
        assert made["secret"] not in declared.export("--all") + server.log()
        # What the file does not name goes only when it is pruned, with what is on its way.
        done = declared.apply(head + "webhooks: [{url: https://other.example.com/}]\n", "--yes", "--prune")
        assert done.stdout.splitlines()[0] == f"{d.host}  webhooks.{receiver.url}: user.* → none", done
        assert [h["id"] for h in hooks_of(declared)] == [made["webhook_id"]]
        assert not server.sql(f"SELECT 1 FROM hook_delivery WHERE deployment_id = {d.number}")
        receiver.close()


def test_sections_of_many_are_replaced_whole(declared):
    """There is a most of each: what goes makes room for what comes."""
    def text(tag):
        hooks = "".join(f"- url: https://{tag}{i}.example.com/\n" for i in range(16))
        return declared.head() + "jwt_templates:\n" + "".join(f"  {tag}{i}: {{template: {{}}}}\n" for i in range(64)) + "webhooks:\n" + hooks

    assert declared.apply(text("a"), "--yes").returncode == 0
    assert "at most" in declared.refused(text("b"))
    assert declared.apply(text("b"), "--yes", "--prune").returncode == 0
    assert len(hooks_of(declared)) == 16 and declared.apply(text("b"), "--yes", "--prune").stdout == "nothing to do\n"
    assert declared.refused(text("b") + "- url: https://more.example.com/\n") == "FILE:86: webhooks: more than 16\n"


def test_what_was_disabled_by_its_answers_exports_as_nothing_to_do(declared, server):
    d, receiver = server.deployment(), Receiver(answer=410)
    declared.host = d.host
    head = f"host: {d.host}\n"
    assert declared.apply(head + f"webhooks: [{{url: '{receiver.url}'}}]\n", "--yes").returncode == 0
    d.signed_in()
    await_true(lambda: hooks_of(declared)[0]["state"] == "gone")
    assert declared.apply(declared.export(), "--yes", "--prune").stdout == "nothing to do\n"
    again = declared.apply(head + f"webhooks: [{{url: '{receiver.url}', enabled: true}}]\n", "--yes")
    assert again.stdout.splitlines()[0] == f"{d.host}  webhooks.{receiver.url}.enabled: false, it said 410 Gone → true"
    assert hooks_of(declared)[0]["state"] == "enabled"
    receiver.close()


# ---- refusals: golden sentences ----

def lines(*expected):
    return "".join(f"FILE:{x}\n" for x in expected)


@pytest.mark.parametrize("text,expected", [
    ("settngs: {}\n", lines('4: there is no key "settngs"; did you mean settings?')),
    ("base_url: https://a.example/\n", lines("4: base_url must be an origin such as https://api.example.com, without a slash at the end")),
    ("name:\n", lines("4: name: this is to be a text, not nothing")),
    ("quux: 1\n", lines('4: there is no key "quux"')),
    ("host: x\n", lines('4: "host" is given twice, here and in line 1')),
    ("settings:\n  auth_setings:\n    password: {min_length: 9}\n", lines('5: there is no setting "auth_setings"; did you mean auth_settings?')),
    ("settings:\n  auth_settings:\n    password:\n      min_lenght: 9\n",
     lines('7: there is no setting "auth_settings.password.min_lenght"; did you mean auth_settings.password.min_length?')),
    ("settings:\n  first_factor: email_otp\n", lines('5: there is no setting "first_factor"; did you mean auth_settings.first_factor?')),
    ("settings:\n  jwt_lifetime: 4\n", lines("5: jwt_lifetime must be a whole number from 5 to 86400")),
    ("settings:\n  jwt_lifetime: '30'\n", lines("5: jwt_lifetime must be a whole number from 5 to 86400")),
    ("settings:\n  jwt_lifetime: 0x1E\n", lines("5: jwt_lifetime must be a whole number from 5 to 86400")),
    ("settings:\n  maintenance_mode: yes\n", lines("5: maintenance_mode must be true or false")),
    ("settings:\n  maintenance_mode: [true]\n", lines("5: maintenance_mode must be true or false")),
    ("settings:\n  allowed_origins: https://a.example\n",
     lines("5: allowed_origins must be a list of up to 1000 items, each an origin such as https://app.example.com (http:// only on a loopback host)")),
    ("settings:\n  cookie_same_site: strict\n", lines("5: cookie_same_site must be lax or none")),
    ("settings:\n  jwt_lifetime: 30\n  jwt_lifetime: 31\n", lines('6: "jwt_lifetime" is given twice, here and in line 5')),
    ("settings:\n  auth_settings: {first_factor: email_otp}\n  auth_settings.first_factor: email_otp\n",
     lines("6: auth_settings.first_factor is given twice, here and in line 5")),
    ("settings:\n  mode: staging\n", lines("5: mode cannot be set: production or staging, fixed at creation.")),
    ("settings: []\n", lines("4: settings: this is to hold keys with values, not a list")),
    ("settings:\n", lines("4: settings: this is to hold keys with values, not nothing")),
    ("settings: {auth_settings: true}\n", lines("4: auth_settings: this is to hold keys with values, not a text")),
    ("secrets: {smtp_pasword: {from_env: X}}\n", lines('4: there is no secret "smtp_pasword"; did you mean smtp_password?')),
    ("secrets: {smtp_password: opensesame}\n",
     lines("4: smtp_password is not written here: say {from_file: PATH}, {from_env: NAME}, unchanged or null")),
    ("secrets: {smtp_password: {from_env: NOT_SET_ANYWHERE}}\n", lines('4: there is no environment variable "NOT_SET_ANYWHERE"')),
    ("secrets: {smtp_password: {from_fil: x}}\n", lines('4: there is no kind of reference "from_fil"; did you mean from_file?')),
    ("secrets: {smtp_password: {from_env: A, from_file: b}}\n", lines('4: "smtp_password": a reference has one key, from_file or from_env')),
    ("secrets: {smtp_password: {from_file: nowhere}}\n", lines('4: "nowhere": No such file or directory')),
    ("message_templates: {verify_mail: {}}\n", lines('4: there is no kind of message "verify_mail"; did you mean verify_email?')),
    ("message_templates: {verify_email: {body: x}}\n", lines('4: there is no part of a message "body"')),
    ("message_templates:\n  verify_email:\n    text: Hello\n",
     lines("6: message_templates.verify_email.text: {{code}} is missing: without it the message is of no use")),
    ("message_templates:\n  sms_code:\n    html: x\n    text: '{{cod}}'\n",
     lines("6: message_templates.sms_code.html: a text message has a text and no html",
           "7: message_templates.sms_code.text: line 1: there is no {{cod}} here; there are app_name logo_url support_url code minutes")),
    ("jwt_templates: {a b: {template: {}}}\n", lines('4: "a b": a template\'s name is 1 to 64 of a-z, A-Z, 0-9, -, _ and .')),
    ("jwt_templates:\n  x:\n    token_lifetme: 5\n", lines('6: there is no part of a token template "token_lifetme"; did you mean token_lifetime?')),
    ("jwt_templates:\n  x:\n    template: {}\n    token_lifetime: 4\n",
     lines('7: "token_lifetime": token_lifetime is a number of seconds from 5 to 86400')),
    ("jwt_templates:\n  x:\n    template: {}\n    token_lifetime: '60'\n",
     lines('7: "token_lifetime": token_lifetime is a number of seconds from 5 to 86400')),
    ("jwt_templates:\n  x:\n    template:\n      aud: a\n      Iss: me\n      who: '{{user'\n",
     lines('8: "Iss": the claim "Iss" is the server\'s own', '9: "who": "{{user": a placeholder is {{name}} or {{name.name}}, at most 8 names of letters, digits, _ and -')),
    ("jwt_templates:\n  x:\n    template:\n      admin: no\n      at: 2026-01-31\n",
     lines('7: "no": if this is a text, put it into quotes; otherwise write true, false, null, or a number as JSON has it',
           '8: "2026-01-31": if this is a text, put it into quotes; otherwise write true, false, null, or a number as JSON has it')),
    ("jwt_templates:\n  x:\n    template:\n" + "".join(f"      c{i}: {'v' * 500}\n" for i in range(5)),
     lines('6: "template": a template has at most 2048 bytes, this one 2541')),
    ("jwt_templates:\n  x:\n    template:\n      a: " + "v" * 40_000 + "\n",
     lines('7: "a": a token template with all that belongs to it is 32768 bytes at most')),
    ("jwt_templates: {x: {template: [a]}}\n", lines("4: template: this is to hold keys with values, not a list")),
    ("jwt_templates: {x: {template: {}, custom_signing_key: {algorithm: none}}}\n",
     lines('4: "custom_signing_key": custom_signing_key.algorithm is HS256, HS384, HS512, RS256, RS384, RS512, ES256 or ES384')),
    ("jwt_templates: {x: {template: {}, custom_signing_key: {algorithm: HS256, key: verysecret}}}\n",
     lines("4: key is not written here: say {from_file: PATH}, {from_env: NAME} or unchanged")),
    ("jwt_templates: {x: {template: {}, custom_signing_key: {algoritm: HS256}}}\n",
     lines('4: there is no part of a signing key "algoritm"; did you mean algorithm?')),
    ("webhooks: {url: https://a.example/}\n", lines("4: webhooks: this is to be a list of webhooks, each with its url, not keys with values")),
    ("webhooks:\n- types: []\n", lines("5: url is missing: which webhook is this?")),
    ("webhooks:\n- url: https://a.example/\n  typs: []\n", lines('6: there is no part of a webhook "typs"; did you mean types?')),
    ("webhooks:\n- url: https://10.0.0.1/\n", lines('5: url: "https://10.0.0.1/" leads to an address that is not on the internet')),
    ("webhooks:\n- url: http://a.example/\n", lines('5: url: "http://a.example/" is not https://; http:// only on a loopback host')),
    ("webhooks:\n- url: https://a.example/\n  types: [user.*,\n    user.creatd]\n",
     lines('7: there is no type of event, or group such as user.*, "user.creatd"; did you mean user.created?')),
    ("webhooks:\n- url: https://a.example/\n  enabled: yes\n  secret: whsec_x\n",
     lines("6: enabled must be true or false", "7: secret is not written here: say {from_file: PATH}, {from_env: NAME} or unchanged")),
    ("webhooks:\n- url: https://a.example/\n  secret: {from_env: HOME}\n",
     lines("6: secret: a webhook's secret is whsec_ and 24 to 64 bytes in base64")),
    ("organization_roles: {Editor: documents:edit}\n", lines('4: "Editor": a role is a list of permissions, such as [documents:edit]')),
    ("organization_roles: {Editor: [a b]}\n", lines('4: "a b" is not a permission such as documents:edit')),
    ("organization_roles: {Editor: [a, a]}\n", lines('4: "a" is given twice')),
    ("organization_roles:\n  Editor: [a]\n  EDITOR: [a]\n", lines('6: "EDITOR" is the same name as "Editor" in line 5')),
    ("organization_roles:\n  ' Editor': []\n",
     lines('5: " Editor" cannot be a role\'s name: that is 2 to 50 visible characters, without spaces around them')),
    ("default_roles: {organization_creater: Admin}\n",
     lines('4: there is no default role "organization_creater"; did you mean organization_creator?')),
    ("settngs: {}\nsecretes: {}\n",
     lines('4: there is no key "settngs"; did you mean settings?', '5: there is no key "secretes"; did you mean secrets?')),
    ("a: b: c\n", lines("4: this is not YAML: mapping values are not allowed in this context")),
    ("settings: {\n", lines("5: this is not YAML: did not find expected node content")),
    ("settings:\n\tjwt_lifetime: 30\n", lines("5: this is not YAML: found character that cannot start any token")),
])
def test_refusals_of_a_file_name_the_line(declared, text, expected):
    assert declared.refused(declared.head() + text) == expected


@pytest.mark.parametrize("text,expected", [
    ("settings: {auth_settings: {first_factor: email_otp}}\n",
     "auth_settings.first_factor must be one that auth_settings.auth_factors_enabled has on"),
    ("settings: {auth_settings: {verification_policy: {email: true}}}\n",
     "auth_settings.verification_policy.email needs a mail server: set smtp_host first"),
    ("settings: {passkey_rp_id: other.example.org}\n", "passkey_rp_id must be app.HOST or a domain above it"),
    ("secrets: {smtp_password: unchanged}\n", "secrets.smtp_password is to stay unchanged, but none is set"),
    ("jwt_templates: {x: {token_lifetime: 60}}\n", 'jwt_templates."x": template is a JSON object of claims'),
    ("jwt_templates: {x: {template: {}, custom_signing_key: {algorithm: HS256, key: unchanged}}}\n",
     'jwt_templates."x": custom_signing_key.key is missing: none is stored that could stay unchanged'),
    ("webhooks: [{url: https://a.example/, secret: unchanged}]\n",
     'webhooks."https://a.example/": its secret is to stay unchanged, but there is no such webhook'),
    ("organization_roles: {Editor: [documents:edit]}\n",
     'organization_roles."Editor" grants "documents:edit", which settings.b2b_settings.organization_permissions does not list'),
    ("default_roles: {organization_creator: Owner}\n", 'default_roles.organization_creator: there is no role "Owner"'),
])
def test_refusals_of_the_whole_name_the_deployment(declared, text, expected):
    assert declared.refused(declared.head() + text).replace(declared.host, "HOST") == f"sessiond: HOST: {expected}\n"


@pytest.mark.parametrize("line,expected", [
    ("mode: staging", 'mode is "production": it is fixed when a deployment is made'),
    ("frontend_host: other.example.org", 'frontend_host is "app.HOST": it is fixed when a deployment is made'),
    ("base_url: https://other.example.org", 'base_url is "https://HOST": it is fixed when a deployment is made'),
    ("name: Other", 'name is "HOST": it is fixed when a deployment is made'),
])
def test_what_is_fixed_is_compared(declared, line, expected):
    declared.make()
    assert declared.refused(f"host: {declared.host}\n{line}\n").replace(declared.host, "HOST") == f"sessiond: HOST: {expected}\n"


def test_a_deployment_that_is_not_there_needs_its_facts(declared):
    assert declared.refused(f"host: {declared.host}\n").replace(declared.host, "HOST") == (
        "sessiond: HOST: there is no such deployment yet, and frontend_host and mode are needed to make it\n")
    assert declared.refused("mode: staging\n") == "FILE:1: host is missing: which deployment is this?\n"
    assert declared.refused("host: a b\nfrontend_host: http://x.example\nmode: test\n") == lines(
        "1: host must be a host such as api.example.com or localhost:8080",
        "2: frontend_host must be a host such as app.example.com or localhost:3000", "3: mode must be production or staging")
    assert declared.refused("") == "FILE:1: there is no deployment in this file\n"
    assert declared.refused("- a\n") == "FILE:1: a deployment: this is to hold keys with values, not a list\n"


def test_a_file_that_is_not_there(declared):
    done = run("deployment", "apply", "/nowhere/d.yaml", "--data", declared.server.data)
    assert (done.returncode, done.stderr) == (1, "sessiond: /nowhere/d.yaml: No such file or directory\n")


# ---- a file of somebody else's making ----

def bomb(levels, width):
    out = "a0: &a0 [lol, lol]\n"
    for i in range(1, levels):
        out += f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * width)}]\n"
    return out


@pytest.mark.parametrize("text,expected", [
    (bomb(9, 9), "FILE:1: anchors (&name) are not taken: write the value where it belongs\n"),
    ("a: *b\n", "FILE:1: aliases (*name) are not taken: write the value where it belongs\n"),
    ("&a host: x\n", "FILE:1: anchors (&name) are not taken: write the value where it belongs\n"),
    ("host: !!python/object:os.system x\n", "FILE:1: tags (!name) are not taken: what type a value is, its key says\n"),
    ("!!map {host: x}\n", "FILE:1: tags (!name) are not taken: what type a value is, its key says\n"),
    ("<<: {host: x}\n", 'FILE:1: host is missing: which deployment is this?\nFILE:1: there is no key "<<"\n'),
    ("host: x\nsettings: " + "{a: " * 1000 + "1" + "}" * 1000, "FILE:2: nested deeper than anything that belongs here\n"),
    ("host: x\nsettings: " + "[" * 100000, "FILE:2: nested deeper than anything that belongs here\n"),
    ("? [a, b]\n: c\n", "FILE:1: a key is a text\n"),
    (b"host: x\nname: \xff\n", "FILE:2: this is not UTF-8 text\n"),
    ("host: x\n".encode("utf-16"), "FILE:1: this is not UTF-8 text\n"),
    (b"host: x\n\nname: \x1b[31m\n", "FILE:3: this is not YAML: control characters are not allowed\n"),
    (b"host: x\nname: a\x00b\n", "FILE:2: this is not UTF-8 text\n"),
    ('host: x\nname: "a\\0b"\n', "FILE:2: this is not text\n"),
    ("host: x\n# " + "x" * 300_000, "FILE:1: more than 262144 bytes\n"),
    ("host: x\nsettings: {allowed_origins: [" + "a," * 20_000 + "]}\n", "FILE:2: more than 10000 values\n"),
    ('host: x\n"k\\e[31m\\u202e": 1\n', 'FILE:2: there is no key "k\\x1b[31m\\xe2\\x80\\xae"\n'),
], ids=lambda v: None if len(v) < 60 else "long")
def test_hostile_yaml_is_refused_at_once(declared, text, expected):
    assert declared.refused(text) == expected


def test_a_bomb_of_every_size_costs_no_memory(declared):
    """Ten levels of ten would be 10^10 values."""
    declared.file.write_text(declared.head() + bomb(30, 10))
    with open(declared.file.parent / "said", "w+", encoding="utf-8") as said:
        applying = subprocess.Popen([binary(), "deployment", "apply", declared.file, "--data", declared.server.data], stderr=said)
        _, status, used = os.wait4(applying.pid, 0)
        applying.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        assert applying.returncode == 1 and "anchors" in said.read()
    assert used.ru_maxrss < 200 * 1024 and used.ru_utime + used.ru_stime < 5


def test_there_are_bounds_to_what_one_transaction_does(declared):
    many = "".join(f"---\nhost: h{i}.{declared.host}\n" for i in range(101))
    assert declared.refused(many) == "FILE:202: more than 100 deployments: apply them in several files\n"
    roles = "organization_roles:\n" + "".join(f"  Role{i}: []\n" for i in range(102))
    assert declared.refused(declared.head() + roles) == "FILE:105: organization_roles: more than 100 roles\n"


def test_problems_are_cut_after_twenty(declared):
    told = declared.refused(declared.head() + "".join(f"zzzz{i}zzzz: 1\n" for i in range(500))).splitlines()
    assert len(told) == 21 and told[-1] == "FILE: and 480 more"


def test_the_plan_shows_no_control_characters(declared):
    """Escapes, line ends, C1 controls and turned text, in everything that a plan repeats."""
    nasty = r'"a\e[31mb\r\nc\x9bd\u202ee\u2028f"'
    done = declared.apply(declared.head() + f"settings: {{ui_settings: {{app_name: {nasty}, signup_terms_statement: {nasty}}}}}\n"
                          f"message_templates: {{test_mail: {{text: {nasty}}}}}\n")
    assert done.returncode == PLAN_SHOWN
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]", done.stdout), done.stdout
    assert r'"a\u001b[31mb\u000d\u000ac\u{9B}d\u{202E}e\u{2028}f"' in done.stdout
    assert declared.apply(declared.head().replace("host:", 'host: "x\\e[31m"\n#', 1)).returncode == 1


def test_nasty_texts_come_back_to_the_byte(declared):
    texts = ["a\r\nb", " lead", "trail ", "\n\nx", "x\n\n\n", "tab\there", "a\x85b\u2028c", "~", "null", "Null", "true", "- a", "a: b", "#x", "'\"",
             "\x1b[31m", "é\U0001f600\u200d", "x" * 1500, " \n", "\n", "a\n b\n  c\n", "--- a\n...\n", "%x", "!x", "&x", "*x", "{a", "[b", "@", "`", "? x", ""]
    for text in texts:
        quoted = "".join(c if " " <= c <= "~" and c not in '"\\' else f"\\U{ord(c):08X}" for c in text)
        told = declared.apply(declared.head() + f'settings: {{ui_settings: {{signup_terms_statement: "{quoted}"}}}}\n', "--yes")
        assert told.returncode == 0, (text, told.stderr)
        assert declared.settings()["ui_settings.signup_terms_statement"] == text
        exported = declared.export()
        assert declared.apply(exported, "--yes", "--prune").stdout == "nothing to do\n", (text, exported)


def test_a_template_cannot_take_what_lies_elsewhere(declared):
    """Whoever writes the file would have it mailed."""
    outside = declared.file.parent.parent / f"outside-{secrets.token_hex(4)}"
    outside.write_text("{{code}} secret")
    (declared.file.parent / "link").symlink_to(outside)
    for path in (str(outside), f"../{outside.name}", "link", "/etc/passwd", "/proc/self/environ"):
        sentence = declared.refused(declared.head() + f"message_templates: {{verify_email: {{text: {{from_file: {path}}}}}}}\n")
        assert sentence.startswith(f'FILE:4: "{path[:64]}'), sentence
        assert sentence.endswith(": a template's file lies in this file's directory, or below it\n"), sentence
    assert "no kind of reference" in declared.refused(declared.head() + "message_templates: {verify_email: {text: {from_env: HOME}}}\n")


def test_the_master_key_is_nobodys_secret(declared):
    key = declared.server.data / "master.key"
    (declared.file.parent / "link").symlink_to(key)
    for path in (key, "link"):
        sentence = declared.refused(declared.head() + f"secrets: {{smtp_password: {{from_file: {path}}}}}\n")
        assert sentence.endswith(": this is the server's master key, which goes nowhere\n"), sentence


def test_the_master_key_is_no_template_where_it_lies_beside_the_file(declared):
    """It was read, and would have been mailed to whoever asked for a code."""
    (declared.file.parent / "beside").hardlink_to(declared.server.data / "master.key")
    sentence = declared.refused(declared.head() + "message_templates: {verify_email: {text: {from_file: beside}}}\n")
    assert sentence == 'FILE:4: "beside": this is the server\'s master key, which goes nowhere\n'


@pytest.mark.parametrize("content,expected", [
    (b"", 'FILE:4: "s": there is nothing in it\n'), (b"\n", 'FILE:4: "s": there is nothing in it\n'), (b"\xff\xfe", 'FILE:4: "s": there is no UTF-8 text in it\n'),
    (b"a\0b", 'FILE:4: "s": there is no UTF-8 text in it\n'), (b"x" * 600, 'FILE:4: "s": too long\n')])
def test_secrets_are_short_texts(declared, content, expected):
    (declared.file.parent / "s").write_bytes(content)
    assert declared.refused(declared.head() + "secrets: {smtp_password: {from_file: s}}\n") == expected


def test_a_secret_of_every_length_is_taken_or_refused(declared):
    for n in range(508, 520):
        for end in (b"", b"\n", b"\r\n"):
            (declared.file.parent / "s").write_bytes(b"x" * n + end)
            done = declared.apply(declared.head() + "secrets: {smtp_password: {from_file: s}}\n")
            assert done.returncode == (PLAN_SHOWN if n <= 512 else 1), (n, end, done.stderr)
    assert declared.refused(declared.head() + "secrets: {smtp_password: {from_env: LONG}}\n", env={"LONG": "x" * 513}) == "FILE:4: smtp_password: more than 512 bytes\n"


def test_a_secret_may_come_through_a_pipe_of_the_shell(declared):
    declared.file.write_text(declared.head() + "secrets: {smtp_password: {from_file: /dev/fd/9}}\n")
    done = subprocess.run(["bash", "-c", 'exec 9< <(echo piped); exec "$1" deployment apply "$2" --data "$3"', "bash", binary(), declared.file,
                           declared.server.data], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == PLAN_SHOWN and 'secrets.smtp_password: not set → what is in the file "/dev/fd/9"' in done.stdout, done


@pytest.mark.parametrize("path,why", [("/dev/zero", "too long"), (".", "Is a directory"), ("/dev/null", "there is nothing in it")])
def test_secrets_from_strange_files(declared, path, why):
    assert declared.refused(declared.head() + f"secrets: {{smtp_password: {{from_file: {path}}}}}\n") == f'FILE:4: "{path}": {why}\n'


def test_a_secret_is_told_nowhere(whole):
    """Not in the plan, the log, the audit, an export, or what is stored."""
    whole.env["SMS_SECRET"] = "whsec_b3RoZXI="
    (whole.file.parent / "smtp-password").write_text("another-opensesame")
    done = whole.apply(whole.text, "--yes", env=whole.env)
    assert done.stdout.count("secrets.") == 2
    told = whole.done.stdout + whole.done.stderr + done.stdout + done.stderr + whole.server.log() + whole.export("--all") + str(whole.audit())
    stored = whole.server.stored_bytes()
    for secret in ("opensesame", "whsec_c2VjcmV0", "whsec_b3RoZXI=", ENV["HOOK_SECRET"], ENV["HASURA_KEY"]):
        assert secret not in told and secret.encode() not in stored


