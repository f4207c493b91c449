#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the generator makes of .sql files, and how it refuses wrong ones: with file, line and reason."""

import contextlib
import io
import os
import tempfile
import unittest

import sqlgen

HERE = os.path.dirname(os.path.abspath(__file__))
IDS = os.path.join(HERE, "..", "src", "base", "id.h")


def generate(migration="", statements="", name="0001_first.sql"):
    """(exit status, header, source, standard error) of one run; file names are cut to their last part."""
    with tempfile.TemporaryDirectory() as d:
        paths = [os.path.join(d, n) for n in (name, "x.sql", "x.gen.h", "x.gen.c")]
        for path, text in zip(paths, (migration, statements)):
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            status = sqlgen.main(["--schema", "s", "--ids", IDS, "--migration", paths[0], "--statements", paths[1],
                                  "--header", paths[2], "--source", paths[3]])
        return status, read(paths[2]), read(paths[3]), said.getvalue().replace(d + os.sep, "")


def read(path):
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as f:
        return f.read()


SELECT = "SELECT a FROM x WHERE deployment_id = :d;\n"
HEAD = "-- :name f :one\n-- :in deployment_id d\n-- :out int a\n"

# statement file → the complaint
WRONG_STATEMENTS = [
    ("SELECT 1;\n", "x.sql:1: SQL before any :name"),
    ("-- :in int a\n", "x.sql:1: :in before any :name"),
    ("-- :name F :one\n", "x.sql:1: :name needs a name of a-z, 0-9 and _"),
    ("-- :name f :some\n", "x.sql:1: f: its kind is one of :exec :rows :one :many :each"),
    ("-- :name f :exec g\n", "x.sql:1: f: 'g' does not belong here"),
    ("-- :name f :one g\n", "x.sql:1: f: no statement follows"),
    ("-- :name f :one\n-- :in deployment_id d\n" + SELECT, "x.sql:1: f: :one needs :out"),
    ("-- :name f :rows\n-- :in deployment_id d\n-- :out int a\n" + SELECT, "x.sql:1: f: :rows gives no columns"),
    ("-- :name f :rows\n-- :in deployment_id d\n" + SELECT, "x.sql:1: f: :rows counts changed rows"),
    (HEAD + SELECT[:-2] + "\n", "x.sql:1: f: the statement does not end with ;"),
    (HEAD + SELECT[:-2] + "\n-- :pg\n", "x.sql:5: f: :pg inside the statement, which has no ; yet"),
    (HEAD + SELECT + "SELECT 2;\n", "x.sql:5: f: a second statement under one name"),
    (HEAD + SELECT[:-1] + " SELECT 2;\n", "x.sql:4: f: one ; at the end of one statement"),
    (HEAD + SELECT + "-- :out int b\n", "x.sql:5: f: :out belongs above the statement"),
    (HEAD + "-- :oops\n" + SELECT, "x.sql:4: f: :oops is no directive"),
    (HEAD + "-- :in integer b\n" + SELECT, "x.sql:4: f: unknown type integer; there are int bool time text"),
    (HEAD + "-- :in int\n" + SELECT, "x.sql:4: f: 'int' is not `type name`"),
    (HEAD + "-- :in int d\n" + SELECT, "x.sql:4: f: d is declared twice"),
    (HEAD + "-- :out text switch\n" + SELECT, "x.sql:4: f: switch cannot be a name in C"),
    (HEAD + "-- :in text rows\n" + SELECT, "x.sql:4: f: rows cannot be a name in C"),
    (HEAD + "-- :in int b\n" + SELECT, "x.sql:5: f: declared but unused :b"),
    (HEAD + "SELECT a FROM x\nWHERE deployment_id = :d AND b = :b;\n", "x.sql:5: f: undeclared :b"),
    (HEAD + "SELECT a FROM x WHERE deployment_id = :d AND b = 'it;\n", "x.sql:4: unexpected \"'\""),
    (HEAD + "SELECT a FROM x WHERE deployment_id = ?1;\n", "x.sql:4: unexpected '?'"),
    (HEAD + "SELECT a FROM x WHERE deployment_id = $1;\n", "x.sql:4: unexpected '$'"),
    (HEAD + "PRAGMA x = :d;\n", "x.sql:4: f: a statement is SELECT, INSERT, UPDATE or DELETE"),
    (HEAD + SELECT + HEAD + SELECT, "x.sql:5: f: also at x.sql:1"),
    (HEAD + SELECT + "-- :name g :one\n-- :in deployment_id e\n-- :out int b\nSELECT a\n  FROM x WHERE deployment_id = :e;\n",
     "x.sql:5: g: the same as f at x.sql:1"),
    (HEAD + SELECT + "-- :name g :one f_row\n-- :in deployment_id d\n-- :out text a\n" + SELECT,
     "x.sql:5: g: struct f_row has other columns at x.sql:1"),
    (HEAD + SELECT + "-- :pg\nDELETE FROM x WHERE deployment_id = :d RETURNING a;\n",
     "x.sql:1: f: one body writes and the other does not"),
    (HEAD + SELECT + "-- :pg\nSELECT a FROM x WHERE deployment_id = 1;\n", "x.sql:6: f: declared but unused :d"),
    (HEAD + "-- :any-deployment\n" + SELECT, "x.sql:4: f: :any-deployment needs its reason"),
    (HEAD + "-- :any-deployment because\n" + SELECT, "x.sql:1: f: :any-deployment is not needed here"),
]

WHERE = "deployment_id = … is not the first term of WHERE"
INSERT = "deployment_id is not the first column of INSERT"
JOIN = "deployment_id = … is not the first term of a join"
OR = "OR beside deployment_id needs parentheses"

# body, all with :d and nothing else → the complaint, or None
TENANTS = [
    ("SELECT a FROM x WHERE deployment_id = :d", None),
    ("SELECT a FROM x y WHERE y.deployment_id = :d AND (b = 1 OR c = 2)", None),
    ("SELECT a FROM x WHERE b = 1 AND deployment_id = :d", WHERE),
    ("SELECT a FROM x WHERE deployment_id > :d", WHERE),
    ("SELECT a FROM x WHERE (deployment_id = :d OR b = 1)", WHERE),
    ("SELECT a FROM x WHERE deployment_id = :d AND b = 1 OR c = 2", OR),
    ("SELECT a, :d FROM x", WHERE),
    ("SELECT a FROM x JOIN y ON y.deployment_id = x.deployment_id AND y.i = x.i WHERE x.deployment_id = :d", None),
    ("SELECT a FROM x JOIN y USING (deployment_id, i) WHERE x.deployment_id = :d", None),
    ("SELECT a FROM x JOIN y ON y.i = x.i WHERE x.deployment_id = :d", JOIN),
    ("SELECT a FROM x JOIN y USING (i) WHERE x.deployment_id = :d", JOIN),
    ("SELECT a FROM x LEFT JOIN y ON y.i = x.i AND y.deployment_id = :d WHERE x.deployment_id = :d", JOIN),
    ("SELECT a FROM x WHERE deployment_id = :d AND i IN (SELECT i FROM y WHERE b = 1)", WHERE),
    ("SELECT a FROM x WHERE deployment_id = :d UNION ALL SELECT a FROM y", WHERE),
    ("SELECT a FROM x WHERE deployment_id = :d UNION ALL SELECT a FROM y WHERE deployment_id = :d", None),
    ("SELECT CASE WHEN EXISTS (SELECT 1 FROM x WHERE deployment_id = :d) THEN 1 ELSE 0 END", None),
    ("SELECT CASE WHEN EXISTS (SELECT 1 FROM x WHERE a = :d) THEN 1 ELSE 0 END", WHERE),
    ("WITH y AS (SELECT a FROM x WHERE deployment_id = :d) SELECT a FROM y", None),
    ("WITH y AS (SELECT a FROM x WHERE a = :d) SELECT a FROM y", WHERE),
    ("WITH y (a) AS (SELECT a FROM x WHERE deployment_id = :d) SELECT a FROM z", WHERE),
    ("SELECT count(*) FILTER (WHERE b = 1) FROM x WHERE deployment_id = :d", None),
    ("UPDATE x SET a = 1 WHERE deployment_id = :d RETURNING a", None),
    ("UPDATE x SET a = 1, b = :d RETURNING a", WHERE),
    ("DELETE FROM x WHERE a = :d RETURNING a", WHERE),
    ("INSERT INTO x (deployment_id, a) VALUES (:d, 1) RETURNING a", None),
    ("INSERT INTO x (a, deployment_id) VALUES (1, :d) RETURNING a", INSERT),
    ("INSERT INTO x VALUES (1, :d) RETURNING a", INSERT),
    ("INSERT INTO x (deployment_id, a) VALUES (:d, 1) ON CONFLICT (deployment_id) DO UPDATE SET a = 2 WHERE x.a < 1 "
     "RETURNING a", None),
    ("INSERT INTO x (deployment_id, a) SELECT y.deployment_id, 1 FROM y WHERE y.deployment_id = :d "
     "ON CONFLICT DO NOTHING RETURNING a", None),
    ("INSERT INTO x (deployment_id, a) SELECT :d, a FROM y WHERE b = 1 ON CONFLICT DO NOTHING RETURNING a", WHERE),
    ("INSERT INTO x (deployment_id, a) SELECT :d, 1 WHERE NOT EXISTS (SELECT 1 FROM x WHERE deployment_id = :d) "
     "RETURNING a", None),
]

# migration → the complaint
WRONG_MIGRATIONS = [
    ("CREATE TABLE x (\n\ta INTEGER\n);\n", "0001_first.sql:2: column a: INTEGER is no type; there are ID INT TIME"),
    ("CREATE TABLE x (\n\ta int\n);\n", "0001_first.sql:2: column a: int is no type"),
    ("CREATE TABLE x (\n\ta\n);\n", "0001_first.sql:2: column a: nothing is no type"),
    ("CREATE TABLE x (a INT\n", "0001_first.sql:1: a statement does not end with ;"),
    ("CREATE TABLE x (a INT;\n", "0001_first.sql:1: this parenthesis is never closed"),
    ("CREATE TABLE x (a INT) WITHOUT ROWID;\n", "0001_first.sql:1: nothing may follow the columns: WITHOUT ROWID"),
    ("CREATE TABLE x (a INT,);\n", "0001_first.sql:1: an empty column"),
    ("\nPRAGMA x;\n", "0001_first.sql:2: a migration cannot hold PRAGMA X"),
    ("CREATE TRIGGER x;\n", "0001_first.sql:1: a migration cannot hold CREATE TRIGGER X"),
    ("ALTER TABLE x ADD COLUMN a DATE;\n", "0001_first.sql:1: column a: DATE is no type"),
    (";\n", "0001_first.sql:1: an empty statement"),
]


class Statements(unittest.TestCase):
    def test_wrong_files_are_refused_with_file_and_line(self):
        for text, complaint in WRONG_STATEMENTS:
            with self.subTest(text=text):
                status, header, source, said = generate(statements=text)
                self.assertEqual(status, 1)
                self.assertTrue(said.startswith(complaint), said)
                self.assertEqual(header + source, "")

    def test_deployment_comes_first_everywhere(self):
        for body, complaint in TENANTS:
            with self.subTest(body=body):
                status, _, _, said = generate(statements=HEAD + body + ";\n")
                self.assertEqual(status, 1 if complaint else 0, said)
                self.assertIn(complaint or "", said)

    def test_parameters_become_positions_for_each_engine(self):
        """SQLite must get ?2, never $2; casts, strings and quoted names hold no parameters."""
        status, _, source, said = generate(statements=(
            "-- :name f :many\n-- :in deployment_id d, text a\n-- :in int b\n-- :out int n, text s\n"
            "SELECT n, 'it''s :a' AS \":b\" -- :a remark\n  FROM x /* :b */\n"
            " WHERE deployment_id = :d AND a = :a\n   AND b = :b AND c = :b;\n"
            "-- :pg\nSELECT n, ':a' FROM x WHERE deployment_id=:d::bigint AND a = :a AND b = :b;\n"))
        self.assertEqual(status, 0, said)
        flat = source.replace('"\n\t\t    "', "")
        self.assertIn("SELECT n, 'it''s :a' AS \\\":b\\\" FROM x WHERE deployment_id = ?1 AND a = ?2 AND b = ?3 "
                      "AND c = ?3\"", flat)
        self.assertIn("SELECT n, ':a' FROM x WHERE deployment_id=$1::bigint AND a = $2 AND b = $3\"", flat)

    def test_calls_are_typed_and_described(self):
        status, header, _, said = generate(statements=(
            "-- A remark of the file.\n\n"
            "-- :name f :one thing\n-- :in deployment_id d, user_id u, hash h, bool b\n"
            "-- :out org_id o, hash x, bytes y, key z\n-- First line\n-- and second.\n"
            "SELECT o, x, y, z FROM x WHERE deployment_id = :d AND u = :u AND h = :h AND b = :b;\n\n"
            "-- A remark between statements.\n"
            "-- :name g :exec\n-- :any-deployment it is the sweep\nDELETE FROM x;\n"))
        self.assertEqual(status, 0, said)
        self.assertIn("struct thing {\n\tstruct org_id o;\n\tuint8_t x[32];\n\tstruct str y;\n\tstruct str z;\n};", header)
        self.assertIn("/* First line and second. */\nenum status sql_f(struct task *t, struct deployment_id d, "
                      "struct user_id u, const uint8_t h[32],\n    bool b, struct thing *ret_row) MUST_CHECK;", header)
        self.assertIn("/* g. Spans deployments: it is the sweep. */\nenum status sql_g(struct task *t) MUST_CHECK;",
                      header)

    def test_each_row_is_given_as_the_engine_has_it(self):
        """Text of rows that nobody keeps is not copied; that of an array's is."""
        status, header, source, said = generate(statements=(
            "-- :name f :each thing\n-- :in deployment_id d\n-- :out org_id o, text s\nSELECT o, s FROM x WHERE deployment_id = :d;\n"
            "-- :name g :many thing\n-- :in deployment_id d\n-- :out org_id o, text s\nSELECT o, s FROM x WHERE deployment_id = :d;\n"))
        self.assertEqual(status, 0, said)
        self.assertIn("enum status sql_f(struct task *t, struct deployment_id d,\n    enum status (*fn)(struct task *t, "
                      "const struct thing *row, void *arg), void *arg) MUST_CHECK;", header)
        self.assertIn("view_thing(const struct row *r, void *ret_row)\n{\n\tstruct thing *row = ret_row;\n\n"
                      "\trow->o.v = row_int(r, 0);\n\trow->s = row_view(r, 1);", source)
        self.assertIn("\trow->s = row_str(r, 1);", source)


class Migrations(unittest.TestCase):
    def test_wrong_files_are_refused_with_file_and_line(self):
        for text, complaint in WRONG_MIGRATIONS:
            with self.subTest(text=text):
                status, _, _, said = generate(migration=text)
                self.assertEqual(status, 1)
                self.assertTrue(said.startswith(complaint), said)

    def test_versions_count_up_from_one(self):
        for name, complaint in (("0002_x.sql", "0002_x.sql:1: migration 0002 should be 0001"),
                                ("1_x.sql", "1_x.sql:1: a migration is named 0001_what_it_does.sql")):
            with self.subTest(name=name):
                status, _, _, said = generate(name=name)
                self.assertEqual(status, 1)
                self.assertTrue(said.startswith(complaint), said)

    def test_types_are_spelt_out_for_each_engine(self):
        status, _, source, said = generate(migration=(
            "CREATE TABLE x (\n\ts SEQ,\n\ti ID NOT NULL, -- a, remark\n\tb BOOL NOT NULL DEFAULT 0,\n\tt TIME,\n"
            "\tj JSON DEFAULT '(,;',\n\ty BYTES,\n\tPRIMARY KEY (i, t),\n\tCHECK (t IN (1, 2))\n);\n"
            "CREATE UNIQUE INDEX x_t ON x (i, t) WHERE t IS NOT NULL;\nALTER TABLE x ADD c BOOL;\n"
            "ALTER TABLE x RENAME COLUMN c TO d;\n"))
        self.assertEqual(status, 0, said)
        flat = source.replace('"\n\t\t    "', "").replace("\\n", "\n").replace("\\t", "\t").replace('\\"', '"')
        for want in (
            "CREATE TABLE x (\n\ts INTEGER PRIMARY KEY AUTOINCREMENT,\n\ti INTEGER NOT NULL,\n"
            "\tb INTEGER NOT NULL DEFAULT 0 CHECK (b IN (0, 1)),\n\tt INTEGER,\n\tj TEXT DEFAULT '(,;',\n\ty BLOB,\n"
            "\tPRIMARY KEY (i, t),\n\tCHECK (t IN (1, 2))\n) STRICT;",
            "CREATE TABLE x (\n\ts BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n\ti BIGINT NOT NULL,\n"
            "\tb BIGINT NOT NULL DEFAULT 0 CHECK (b IN (0, 1)),\n\tt BIGINT,\n"
            "\tj TEXT COLLATE \"C\" DEFAULT '(,;',\n\ty BYTEA,\n\tPRIMARY KEY (i, t),\n\tCHECK (t IN (1, 2))\n);",
            "CREATE UNIQUE INDEX x_t ON x (i, t) WHERE t IS NOT NULL;",
            "ALTER TABLE x ADD c BIGINT CHECK (c IN (0, 1));",
            "ALTER TABLE x RENAME COLUMN c TO d;",
        ):
            self.assertIn(want, flat)


if __name__ == "__main__":
    unittest.main()
