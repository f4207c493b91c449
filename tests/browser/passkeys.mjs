// passkeys.mjs - one Chromium with an authenticator in software, led through the scenarios that standard input lists.
// SPDX-License-Identifier: Apache-2.0
import { chromium } from "playwright-core";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";

const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
	"--disable-component-update", "--disable-sync"];
const AUTHENTICATOR = { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
	automaticPresenceSimulation: true };

const profile = mkdtempSync(join(tmpdir(), "passkeys-"));
const browser = await chromium.launchPersistentContext(profile, { executablePath: "/usr/bin/chromium", args: FLAGS });

async function openPage() {
	const page = await browser.newPage();
	const cdp = await browser.newCDPSession(page);
	await cdp.send("WebAuthn.enable");
	const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", { options: AUTHENTICATOR });
	return { page, verify: (isUserVerified) => cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified }) };
}

const failure = async (promise) => promise.then(() => null, (e) => e.message.split("\n")[0]);

// Register where the first page is, then sign in with that passkey on every page.
async function run({ pages, api, staging, email, password }) {
	const { page, verify } = await openPage();
	const call = (name, ...args) => page.evaluate(([n, a]) => globalThis.eval(n)(...a), [name, args]);
	const told = { signIns: [] };
	for (const [i, origin] of pages.entries()) {
		await page.goto(`${origin}/page.html?${new URLSearchParams({ api, ...(staging ? { staging } : {}) })}`);
		if (i === 0) {
			await call("signInWithPassword", email, password);
			told.registered = await call("registerPasskey", "This browser");
			told.again = await failure(call("registerPasskey", "Twice"));
			told.renamed = await call("renamePasskey", told.registered.passkey.id, "Laptop");
			await call("signOut");
		}
		const before = await call("whoIsSignedIn");
		const signIn = await call("signInWithPasskey");
		told.signIns.push({ origin, before, ...signIn, after: await call("whoIsSignedIn"), cookie: await call("cookieSeenByScripts") });
		await call("signOut");
	}
	await verify(false);
	told.unverified = await failure(call("signInWithPasskey"));
	told.cookies = (await browser.cookies()).map(({ name, secure, httpOnly, sameSite }) => ({ name, secure, httpOnly, sameSite }));
	await page.close();
	return told;
}

try {
	const told = [];
	for (const scenario of JSON.parse(await text(process.stdin)))
		told.push(await run(scenario));
	console.log(JSON.stringify(told));
} finally {
	await browser.close();
	rmSync(profile, { recursive: true, force: true });
}
