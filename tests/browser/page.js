// page.js - a page of an app, as far as passkeys go: what the stock client does, in few lines.
// SPDX-License-Identifier: Apache-2.0
const settings = Object.fromEntries(new URLSearchParams(location.search));
let token = "";

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

// In staging the token travels in the query, in production the browser sends its cookie.
async function api(method, path, body, type) {
	const url = new URL(path, settings.api);
	if (settings.staging)
		url.searchParams.set("__dev_session__", token);
	const answer = await fetch(url, { method, body, credentials: settings.staging ? "same-origin" : "include", headers: type ? { "Content-Type": type } : {} });
	token = answer.headers.get("X-Development-Session") || token;
	const { data, errors } = await answer.json();
	if (!answer.ok)
		throw new Error(errors[0].code);
	return data;
}

function form(fields) {
	const f = new FormData();
	for (const [name, value] of Object.entries(fields))
		f.append(name, value);
	return f;
}

const signInWithPassword = (email, password) => api("POST", "/auth/signin", form({ strategy: "plain_email", email, password }));
const signOut = () => api("POST", "/session/sign-out");
const whoIsSignedIn = async () => (await api("GET", "/session")).active_signin?.user.id ?? null;
const cookieSeenByScripts = () => document.cookie;

async function registerPasskey(name) {
	const { options } = await api("POST", "/me/passkeys/register/begin");
	const o = options.publicKey;
	const made = await navigator.credentials.create({ publicKey: {
		...o, challenge: bytes(o.challenge), user: { ...o.user, id: bytes(o.user.id) },
		excludeCredentials: o.excludeCredentials.map((c) => ({ ...c, id: bytes(c.id) })),
	} });
	const body = {
		id: made.id, rawId: text(made.rawId), type: made.type,
		response: {
			clientDataJSON: text(made.response.clientDataJSON), attestationObject: text(made.response.attestationObject),
			transports: made.response.getTransports(),
		},
	};
	const { passkey } = await api("POST", "/me/passkeys/register/finish?name=" + encodeURIComponent(name), JSON.stringify(body), "application/json");
	return { passkey, body };
}

async function signInWithPasskey() {
	const { options } = await api("POST", "/auth/passkey/login/begin");
	const o = options.publicKey;
	const got = await navigator.credentials.get({ publicKey: {
		...o, challenge: bytes(o.challenge), allowCredentials: o.allowCredentials.map((c) => ({ ...c, id: bytes(c.id) })),
	} });
	const body = {
		id: got.id, rawId: text(got.rawId), type: got.type, clientDataJSON: text(got.response.clientDataJSON),
		authenticatorData: text(got.response.authenticatorData), signature: text(got.response.signature),
		userHandle: text(got.response.userHandle),
	};
	const session = await api("POST", "/auth/passkey/login/finish", form(body));
	return { user: session.active_signin.user.id, body };
}

const renamePasskey = (id, name) => api("PATCH", "/me/passkeys/" + id, JSON.stringify({ name }), "application/json");
