"""What another node of one PostgreSQL commits while a request waits for its rows: psql is the other node. F-30, AUT-10, V-58."""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

import pgserver
import totp
from conftest import TRUSTED, new_database
from flows import verify
from harness import PASSWORD, Server, run
from mailserver import await_true
from test_second_step import SETTINGS

WAITING = ("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
           " AND pid <> pg_backend_pid()")


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    with pgserver.server() as url, Server(tmp_path_factory.mktemp("held"), TRUSTED, database=new_database(url)) as server:
        yield server


@contextlib.contextmanager
def transaction(node, *statements):
    """Open until the block ends, and committed then."""
    other = subprocess.Popen(["psql", node.database, "-qXAtv", "ON_ERROR_STOP=1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    other.stdin.write("BEGIN;" + ";".join(statements) + ";SELECT 1;\n")
    other.stdin.flush()
    assert other.stdout.readline() == "1\n"
    try:
        yield
        other.stdin.write("COMMIT;\n")
    finally:
        other.stdin.close()
        assert other.wait(10) == 0


def while_held(node, call, *statements):
    """What the call comes to that waits for what those statements hold, when they are committed."""
    with ThreadPoolExecutor(1) as pool:
        with transaction(node, *statements):
            waiting = pool.submit(call)
            await_true(lambda: waiting.done() or node.sql(WAITING) != [("0",)])
            assert not waiting.done(), "it waits"
        return waiting.result()


def signed_out(d, who):
    """As "this was not me" and "sign out everywhere" do it: the account's row first."""
    number = who.id.rsplit("_", 1)[1]
    return (f"UPDATE account SET updated_at = updated_at WHERE deployment_id = {d.number} AND id = {number}",
            f"DELETE FROM signin WHERE deployment_id = {d.number} AND user_id = {number}")


def kept(d):
    """What an account has, and what was told: not who is signed in, nor who tried."""
    return {table: n for table, n in d.rows().items() if table not in ("signin", "session", "auth_log", "audit", "throttle")}


@pytest.mark.parametrize("path,body", [
    ("/me/email-addresses", {"email": "thief@example.org"}), ("/me/update-password", {"current_password": PASSWORD, "new_password": "amber-walrus-sings"}),
    ("/me/backup-codes", None), ("/me/authenticator", None), ("/me", {"second_factor_policy": "optional"})])
def test_AUT10_who_is_being_signed_out_changes_nothing_any_more(node, path, body):
    """A thief asked again and again, so that one of their requests had begun when the owner pressed "this was not me"."""
    d = node.deployment(auth_settings__auth_factors_enabled__backup_code="true", auth_settings__auth_factors_enabled__authenticator="true")
    browser, who = d.signed_in()
    before = kept(d)
    got = while_held(node, lambda: browser.post(path, body), *signed_out(d, who))
    assert got.code == "UNAUTHORIZED", got
    assert kept(d) == before


def exposed(d, who):
    """As "this was not me" has it, and `user expose-password`; what was entered is older than that."""
    number = who.id.rsplit("_", 1)[1]
    return f"UPDATE account SET password_standing = 3, password_changed_at = 253370764800000000 WHERE deployment_id = {d.number} AND id = {number}"


def test_PWD13_a_password_that_is_being_exposed_opens_nothing_any_more(node):
    """It was looked at before the account's row was waited for: whoever knew it was signed in after everybody was signed out."""
    d = node.deployment()
    who, browser = d.person(), d.browser()
    assert while_held(node, lambda: browser.sign_in(who), exposed(d, who)).code == "PASSWORD_CHANGE_REQUIRED"
    assert d.rows()["signin"] == 0


def test_PWD13_nor_does_the_second_step_of_whoever_had_entered_it(node):
    d = node.deployment(**SETTINGS)
    browser, who = d.signed_in()
    app = totp.enrol(browser)
    thief = d.browser()
    attempt = thief.sign_in(who).attempt
    assert attempt["current_step"] == "verify_second_factor"
    got = while_held(node, lambda: verify(thief, attempt, app.code()), exposed(d, who))
    assert got.code == "BAD_SIGN_IN_ATTEMPT" and d.rows()["signin"] == 1


def declared(node, d, directory, text):
    path = directory / "deploy.yaml"
    path.write_text(f"host: {d.host}\n{text}")
    return lambda: run("deployment", "apply", path, "--yes", "--prune", "--data", node.data)


ROLES = "{Member: [organization:member], Admin: [organization:admin]%s}"


def test_a_role_that_is_being_given_to_somebody_is_not_pruned(node, tmp_path):
    """It was counted before it was given, and whoever had just been given it lost it silently."""
    d = node.deployment()
    assert declared(node, d, tmp_path, f"organization_roles: {ROLES % ', Editor: [organization:member]'}\n")().returncode == 0
    browser, _ = d.signed_in()
    assert browser.post("/organizations", {"name": "Lumen"}).status == 200
    given = ("INSERT INTO orgmem_role SELECT m.deployment_id, m.id, r.id FROM orgmem m JOIN orgrole r USING (deployment_id)"
             f" WHERE r.name = 'Editor' AND m.deployment_id = {d.number}")
    done = while_held(node, declared(node, d, tmp_path, f"organization_roles: {ROLES % ''}\n"), given)
    assert done.returncode == 1 and 'organization_roles."Editor" stays: 1 members of organizations hold it' in done.stderr, done
    assert node.sql(f"SELECT count(*) FROM orgmem_role x JOIN orgrole r ON r.id = x.role_id WHERE r.name = 'Editor' AND x.deployment_id = {d.number}") == [("1",)]


def test_a_role_that_is_becoming_the_default_is_not_pruned(node, tmp_path):
    d = node.deployment()
    assert declared(node, d, tmp_path, f"organization_roles: {ROLES % ', Editor: [organization:member]'}\n")().returncode == 0
    default = (f"UPDATE deployment SET default_orgrole_member_id = (SELECT r.id FROM orgrole r WHERE r.name = 'Editor' AND r.deployment_id = {d.number})"
               f" WHERE deployment_id = {d.number}")
    done = while_held(node, declared(node, d, tmp_path, f"organization_roles: {ROLES % ''}\n"), default)
    assert done.returncode == 1 and "default_roles.organization_member is that role" in done.stderr, done


def test_what_a_plan_shows_as_old_is_what_is_replaced(node, tmp_path):
    """Somebody else sets the same key between the comparison and the change: that is another plan."""
    d = node.deployment()
    apply = declared(node, d, tmp_path, "settings: {jwt_lifetime: 40}\n")
    node.cli("deployment", "set", d.host, "jwt_lifetime=50")
    theirs = f"UPDATE deployment SET settings = replace(settings::text, '50', '45')::jsonb WHERE deployment_id = {d.number}"
    if node.sql("SELECT data_type FROM information_schema.columns WHERE table_name = 'deployment' AND column_name = 'settings'") != [("jsonb",)]:
        theirs = theirs.replace("::jsonb", "")
    done = while_held(node, apply, theirs)
    assert done.returncode == 0 and "settings.jwt_lifetime: 45 → 40" in done.stdout, done
