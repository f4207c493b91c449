/*
 * widget_test.js - the challenge widget against a server made of a few lines: node tests/widget_test.js
 * SPDX-License-Identifier: Apache-2.0
 */
"use strict";
const assert = require("node:assert");
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const test = require("node:test");
const threads = require("node:worker_threads");

const source = fs.readFileSync(path.join(__dirname, "../web/challenge-widget.js"), "utf8");
const TOKEN = "0123456789abcdef";
const VECTOR = ["75209df8b56a7857b67c4987d6da7201", "5e47"];	// of TOKEN, puzzle 1; solved first by 44101

/* The protocol again, written apart from the widget. */
function generate(seed, n) {
	let h = 2166136261n, out = "";
	const cut = (v) => v & 0xffffffffn;
	for (const byte of Buffer.from(seed)) h = cut((h ^ BigInt(byte)) * 16777619n);
	while (out.length < n) {
		h ^= cut(h << 13n); h ^= h >> 17n; h ^= cut(h << 5n);
		out += h.toString(16).padStart(8, "0");
	}
	return out.slice(0, n);
}
const isSolved = (salt, target, n) => createHash("sha256").update(salt + n).digest("hex").startsWith(target);

/* A server that keeps what it was asked. */
function serve({ challenge, token = TOKEN, redeem }) {
	const asked = [];
	globalThis.fetch = async (url, options) => {
		asked.push({ url, ...options });
		const body = url.endsWith("challenge") ? { challenge, token, expires: Date.now() + 600e3 }
			: redeem ?? { success: true, token: "proof", expires: Date.now() + 1200e3 };
		return { ok: true, status: 200, json: async () => body };
	};
	return asked;
}

/* What node lacks of a page: workers from a blob's text. */
const blobs = new Map();
class PageWorker {
	constructor(url) {
		const shim = `const { parentPort } = require("node:worker_threads"); globalThis.self = globalThis;
			globalThis.postMessage = (v) => parentPort.postMessage(v);
			parentPort.on("message", (data) => self.onmessage({ data }));`;
		this.thread = new threads.Worker(shim + blobs.get(url), { eval: true });
		this.thread.on("message", (data) => this.onmessage({ data }));
		this.thread.on("error", () => this.onerror());
	}
	postMessage(v) { this.thread.postMessage(v); }
	terminate() { this.thread.terminate(); }
}
class RefusedWorker {	// a Content-Security-Policy without worker-src blob:
	constructor() { setTimeout(() => this.onerror()); }
	postMessage() {}
	terminate() {}
}

function page({ Worker }) {
	globalThis.window = globalThis;
	globalThis.Worker = Worker;
	globalThis.Blob = class { constructor(parts) { this.text = parts.join(""); } };
	URL.createObjectURL = (blob) => { const url = "blob:" + blobs.size; blobs.set(url, blob.text); return url; };
	URL.revokeObjectURL = () => {};
	delete globalThis.Cap;
	(0, eval)(source);
	return globalThis.Cap;
}

for (const [name, Worker] of [["workers", PageWorker], ["no workers", undefined], ["refused workers", RefusedWorker]]) {
	test(name + ": an explicit puzzle has its smallest solution", async () => {
		const Cap = page({ Worker });
		const asked = serve({ challenge: [VECTOR] });
		const cap = new Cap({ apiEndpoint: "https://a.example/captcha/" });
		const told = [];
		for (const type of ["progress", "solve", "error"]) cap.addEventListener(type, (e) => told.push([type, e.detail]));
		assert.deepStrictEqual(await cap.solve(), { success: true, token: "proof" });
		assert.strictEqual(cap.token, "proof");
		assert.deepStrictEqual(asked.map((a) => a.url), ["https://a.example/captcha/challenge", "https://a.example/captcha/redeem"]);
		assert.ok(asked.every((a) => a.method === "POST" && a.credentials === "omit"));
		assert.strictEqual(asked[0].body, undefined);
		assert.deepStrictEqual(JSON.parse(asked[1].body), { token: TOKEN, solutions: [44101] });
		assert.deepStrictEqual(told, [["progress", { progress: 100 }], ["solve", { token: "proof" }]]);
	});
}

test("all fifty puzzles of a token", async () => {
	for (const Worker of [PageWorker, undefined]) {
		const Cap = page({ Worker }), before = Date.now();
		const asked = serve({ challenge: { c: 50, s: 32, d: 4 } });
		await new Cap({ apiEndpoint: "/captcha" }).solve();
		const { solutions } = JSON.parse(asked[1].body);
		assert.strictEqual(solutions.length, 50);
		assert.strictEqual(solutions[0], 44101);
		solutions.forEach((n, i) => assert.ok(isSolved(generate(TOKEN + (i + 1), 32), generate(TOKEN + (i + 1) + "d", 4), n)));
		console.log(`${Worker ? "workers" : "page"}: ${Date.now() - before} ms`);
	}
});

/* Salts and targets of other sizes than this server's: block edges, targets beyond a word. */
test("other sizes", async () => {
	const Cap = page({ Worker: undefined });
	for (const size of [0, 1, 54, 55, 56, 62, 63, 64, 65, 119, 120, 200]) {
		const salt = "ab".repeat(200).slice(0, size);
		const asked = serve({ challenge: [[salt, createHash("sha256").update(salt + 3).digest("hex").slice(0, 12)], [salt, "a"], [salt, ""]] });
		await new Cap({ apiEndpoint: "/captcha/" }).solve();
		const { solutions } = JSON.parse(asked[1].body);
		assert.strictEqual(solutions[0], 3);
		assert.ok(isSolved(salt, "a", solutions[1]));
		assert.strictEqual(solutions[2], 0);
	}
});

test("refusals reach the caller and the listener", async () => {
	const Cap = page({ Worker: undefined });
	const redeems = [{ success: false }, { success: true, token: "t" }, { success: true, token: "t", expires: Date.now() - 1 },
		{ success: true, token: "t", expires: Date.now() + 25 * 3600e3 }];
	for (const redeem of redeems) {
		serve({ challenge: [["x", ""]], redeem });
		const cap = new Cap({ apiEndpoint: "/captcha/" });
		let told = 0;
		cap.addEventListener("error", () => told++);
		await assert.rejects(cap.solve());
		assert.strictEqual(told, 1);
		assert.strictEqual(cap.token, null);
	}
	globalThis.fetch = async () => ({ ok: false, status: 503 });
	await assert.rejects(new Cap({ apiEndpoint: "/captcha/" }).solve(), /503/);
	assert.throws(() => new Cap({}));
});

test("one at a time, and reset gives up", async () => {
	for (const Worker of [PageWorker, undefined]) {
		const Cap = page({ Worker });
		const asked = serve({ challenge: [["x", "ffffffffffff"]] });	// not in this life
		const cap = new Cap({ apiEndpoint: "/captcha/" });
		const first = cap.solve();
		assert.strictEqual(cap.solve(), first);
		await new Promise((r) => setTimeout(r, 20));
		cap.reset();
		await assert.rejects(first, /reset/);
		assert.strictEqual(asked.length, 1);
		serve({ challenge: [["x", "a"]] });
		assert.strictEqual((await cap.solve()).token, "proof");
		cap.reset();
		assert.strictEqual(cap.token, null);
	}
});
