/*
 * challenge-widget.js - solves the proof-of-work challenge of this server in the browser.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A classic script without dependencies. Loaded before the application, under the element
 * id that the client looks for, as
 *   <script id="…-challenge-script" src="https://HOST/captcha/widget.js"></script>
 * it defines window.Cap. Under a Content-Security-Policy it asks for `script-src HOST`,
 * `connect-src HOST` and `worker-src blob:`; without the last one it solves on the page's
 * own thread, in slices, and takes longer.
 */
(function () {
	"use strict";

	/*
	 * The smallest n in [from, from + count) whose SHA-256(salt + n) starts with the hex
	 * digits of target, or -1. Sent to workers as text, so it uses nothing around it.
	 * Its own SHA-256 (FIPS 180-4): crypto.subtle answers one promise a hash, which is far
	 * too slow for millions, and is missing on http origins.
	 */
	function search(salt, target, from, count) {
		if (!search.k) {
			const frac = (x) => ((x - Math.floor(x)) * 4294967296) | 0;
			const primes = [];
			for (let n = 2; primes.length < 64; n++)
				if (primes.every((p) => n % p)) primes.push(n);
			search.k = Int32Array.from(primes, (p) => frac(Math.cbrt(p)));
			search.start = Int32Array.from(primes.slice(0, 8), (p) => frac(Math.sqrt(p)));
			search.w = new Int32Array(64);
		}
		const k = search.k, w = search.w, h = new Int32Array(8);
		const hex = () => Array.from(h, (v) => (v >>> 0).toString(16).padStart(8, "0")).join("");
		const wanted = Math.min(target.length, 8), shift = 32 - 4 * wanted;
		const head = wanted ? parseInt(target.slice(0, wanted), 16) : 0;
		for (let n = from; n < from + count; n++) {
			const text = salt + n, size = text.length, blocks = (size + 72) >> 6;
			h.set(search.start);
			for (let b = 0; b < blocks; b++) {
				w.fill(0, 0, 16);
				for (let i = b * 64, end = Math.min(i + 64, size); i < end; i++)
					w[(i & 63) >> 2] |= text.charCodeAt(i) << (24 - 8 * (i & 3));
				if (size >> 6 === b) w[(size & 63) >> 2] |= 128 << (24 - 8 * (size & 3));
				if (b === blocks - 1) w[15] = size * 8;
				for (let i = 16; i < 64; i++) {
					const x = w[i - 15], y = w[i - 2];
					const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
					const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
					w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
				}
				let A = h[0], B = h[1], C = h[2], D = h[3], E = h[4], F = h[5], G = h[6], H = h[7];
				for (let i = 0; i < 64; i++) {
					const S1 = ((E >>> 6) | (E << 26)) ^ ((E >>> 11) | (E << 21)) ^ ((E >>> 25) | (E << 7));
					const t1 = (H + S1 + ((E & F) ^ (~E & G)) + k[i] + w[i]) | 0;
					const S0 = ((A >>> 2) | (A << 30)) ^ ((A >>> 13) | (A << 19)) ^ ((A >>> 22) | (A << 10));
					const t2 = (S0 + ((A & B) ^ (A & C) ^ (B & C))) | 0;
					H = G; G = F; F = E; E = (D + t1) | 0;
					D = C; C = B; B = A; A = (t1 + t2) | 0;
				}
				h[0] += A; h[1] += B; h[2] += C; h[3] += D;
				h[4] += E; h[5] += F; h[6] += G; h[7] += H;
			}
			if (wanted && h[0] >>> shift !== head) continue;
			if (target.length <= 8 || hex().startsWith(target)) return n;
		}
		return -1;
	}

	/* G(seed, n) of the protocol: FNV-1a, then xorshift, as n hex digits. */
	function generate(seed, n) {
		let h = 2166136261, out = "";
		for (const c of seed) h = Math.imul(h ^ c.charCodeAt(0), 16777619);
		while (out.length < n) {
			h ^= h << 13; h ^= h >>> 17; h ^= h << 5;
			out += (h >>> 0).toString(16).padStart(8, "0");
		}
		return out.slice(0, n);
	}

	/* [salt, target] pairs: given outright, or derived from the token. */
	function puzzlesOf({ challenge, token }) {
		if (Array.isArray(challenge)) return challenge;
		return Array.from({ length: challenge.c }, (_, i) =>
			[generate(token + (i + 1), challenge.s), generate(token + (i + 1) + "d", challenge.d)]);
	}

	function workerLoop() {
		self.onmessage = ({ data: [salt, target] }) => {
			let n = -1;
			for (let from = 0; n < 0; from += 65536) n = search(salt, target, from, 65536);
			self.postMessage(n);
		};
	}

	/* Each worker takes the next puzzle as soon as it is free. Rejects where the page may have none. */
	function solveInWorkers(puzzles, job, solved) {
		return new Promise((resolve, reject) => {
			const source = search + "\n(" + workerLoop + ")();";
			const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
			const cores = (globalThis.navigator && navigator.hardwareConcurrency) || 2;
			const workers = [], solutions = [];
			let next = 0, left = puzzles.length;
			const give = (worker) => {
				const i = next++;
				if (i >= puzzles.length) return;
				worker.onmessage = ({ data }) => {
					solutions[i] = data;
					solved();
					if (--left) give(worker);
					else resolve(solutions);
				};
				worker.postMessage(puzzles[i]);
			};
			job.stop = () => {
				workers.forEach((worker) => worker.terminate());
				URL.revokeObjectURL(url);
				reject(new Error("reset"));
			};
			while (workers.length < Math.min(cores, 4, puzzles.length)) {
				const worker = new Worker(url);
				worker.onerror = () => reject(new Error("no worker"));
				workers.push(worker);
			}
			workers.forEach(give);
		}).finally(() => job.stop && job.stop());
	}

	/* In slices of about a frame, so that the page stays alive. */
	async function solveOnPage(puzzles, job, solved) {
		const solutions = [];
		for (const [salt, target] of puzzles) {
			let n = -1;
			for (let from = 0; n < 0; from += 8192) {
				n = search(salt, target, from, 8192);
				await new Promise((resume) => setTimeout(resume));
				if (job.over) throw new Error("reset");
			}
			solutions.push(n);
			solved();
		}
		return solutions;
	}

	async function post(url, body) {
		const json = body && { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
		const answer = await fetch(url, { method: "POST", credentials: "omit", ...json });
		if (!answer.ok) throw new Error("The challenge was refused (" + answer.status + ").");
		return answer.json();
	}

	window.Cap = class Cap {
		#api;
		#job = null;
		#listeners = { progress: [], solve: [], error: [] };
		token = null;

		constructor({ apiEndpoint } = {}) {
			if (!apiEndpoint) throw new Error("Cap: apiEndpoint is missing.");
			this.#api = String(apiEndpoint).replace(/\/*$/, "/");
		}

		/* "progress" {progress: 0-100}, "solve" {token}, "error" {message}: in event.detail. */
		addEventListener(type, listener) {
			this.#listeners[type]?.push(listener);
		}

		#tell(type, detail) {
			this.#listeners[type].forEach((listener) => listener({ type, detail }));
		}

		/* { success: true, token }; one at a time: a second call joins the first. */
		solve() {
			if (this.#job === null) {
				const job = { over: false, stop: null };
				this.#job = job;
				job.promise = this.#run(job).finally(() => { if (this.#job === job) this.#job = null; });
			}
			return this.#job.promise;
		}

		async #run(job) {
			try {
				const challenge = await post(this.#api + "challenge");
				const solutions = await this.#solutions(puzzlesOf(challenge), job);
				const redeemed = await post(this.#api + "redeem", { token: challenge.token, solutions });
				const life = redeemed.expires - Date.now();
				if (job.over) throw new Error("reset");
				if (!redeemed.success || !(life > 0 && life <= 24 * 3600e3)) throw new Error("The challenge was not passed.");
				this.token = redeemed.token;
				this.#tell("solve", { token: redeemed.token });
				return { success: true, token: redeemed.token };
			} catch (error) {
				if (!job.over) this.#tell("error", { message: error.message });
				throw error;
			}
		}

		async #solutions(puzzles, job) {
			let done = 0;
			const solved = () => this.#tell("progress", { progress: Math.round((100 * ++done) / puzzles.length) });
			try {
				if (job.over) throw new Error("reset");
				return await solveInWorkers(puzzles, job, solved);
			} catch (error) {
				if (job.over) throw error;
				done = 0;
				return solveOnPage(puzzles, job, solved);
			}
		}

		/* Forget the token, and give up what is being solved. */
		reset() {
			this.token = null;
			if (this.#job === null) return;
			this.#job.over = true;
			this.#job.stop?.();
			this.#job = null;
		}
	};
})();
