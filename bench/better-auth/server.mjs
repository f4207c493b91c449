// SPDX-License-Identifier: Apache-2.0
// server.mjs - better-auth as its documentation sets it up for node: SQLite, e-mail and password.
// Usage: node server.mjs PORT STORED. Prints "ready" and a JSON list of the cookies to ask with.
import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import Database from "better-sqlite3";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";

const port = Number(process.argv[2]);
const stored = Number(process.argv[3]);
const secret = "a secret of the bench, at least thirty-two characters long";
const cookieName = "better-auth.session_token";

const database = new Database("auth.db");
database.pragma("journal_mode = WAL");
const options = {
	database,
	secret,
	baseURL: `http://localhost:${port}`,
	emailAndPassword: { enabled: true },
	rateLimit: { enabled: false },
	telemetry: { enabled: false },
	logger: { disabled: true },
};
const auth = betterAuth(options);
await (await getMigrations(options)).runMigrations();

await auth.api.signUpEmail({
	body: { email: "john.doe@example.com", password: "correct-horse-battery-staple", name: "John Doe" },
});

// Rows like the ones that sign-up made, for other people.
const copy = (table, change) => {
	const row = database.prepare(`SELECT * FROM "${table}" ORDER BY rowid LIMIT 1`).get();
	const columns = Object.keys(row);
	const insert = database.prepare(
		`INSERT INTO "${table}" (${columns.map((c) => `"${c}"`)}) VALUES (${columns.map(() => "?")})`);
	for (let i = 0; i < stored; i++) {
		const made = { ...row, ...change(i) };
		insert.run(columns.map((c) => made[c]));
	}
};
database.transaction(() => {
	copy("user", (i) => ({ id: `user${i}`, email: `john.doe.${i}@example.com` }));
	copy("session", (i) => ({ id: `session${i}`, userId: `user${i}`, token: `token${String(i).padStart(27, "0")}` }));
})();

// Signed as better-auth signs them: HMAC-SHA256 over the token, in base64.
const signed = (token) => {
	const mac = createHmac("sha256", secret).update(token).digest("base64");
	return `${cookieName}=${encodeURIComponent(`${token}.${mac}`)}`;
};
const tokens = database.prepare("SELECT token FROM session ORDER BY rowid LIMIT 10000").all().map((r) => r.token);

createServer(toNodeHandler(auth)).listen(port, "127.0.0.1", () => {
	console.log(`ready ${JSON.stringify(tokens.map(signed))}`);
});
