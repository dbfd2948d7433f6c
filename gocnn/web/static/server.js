/**
 * Asking the server. The token comes in the address, in the part that is never sent; it is kept for
 * this tab alone and taken out of the address.
 */

const TOKEN = "gocnn-token";
const PAGE = crypto.randomUUID?.() ?? String(Math.random());
const PING_SECONDS = 20;

/** An answer that is no success; `code` says what it is, see `error-...` in lang/. */
export class ServerError extends Error {
  constructor(message, code) {
    super(message);
    this.code = code;
  }
}

let token = "";

/** Take the token from the address, or the one of this tab. */
export async function signIn() {
  const given = new URLSearchParams(location.hash.slice(1));
  history.replaceState(null, "", location.pathname);
  token = given.get("token") ?? sessionStorage.getItem(TOKEN) ?? "";
  if (given.has("code")) {
    const answer = await ask("session", { code: given.get("code") });
    token = answer.token;
  }
  sessionStorage.setItem(TOKEN, token);
}

/**
 * The answer to a request.
 * @param {string} name of the request
 * @param {Object|Blob|null} body an object is sent as JSON; null asks by GET
 * @param {RequestInit} [options]
 */
export async function ask(name, body = null, options = {}) {
  const response = await send(name, body, options);
  return response.json();
}

/** As `ask`, for an answer that is a file. */
export async function askFile(name) {
  const response = await send(name, null, {});
  return response.blob();
}

async function send(name, body, options) {
  const headers = { "X-Gocnn-Token": token };
  const raw = body instanceof Blob;
  if (body && !raw) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(`/api/${name}`, {
      method: body ? "POST" : "GET",
      headers,
      body: raw ? body : body && JSON.stringify(body),
      ...options,
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ServerError(String(error.message), "ended");
  }
  if (response.ok) return response;
  const answer = await response.json().catch(() => ({}));
  throw new ServerError(answer.error ?? response.statusText, answer.code ?? "fault");
}

/** Tell the server now and then that this page is open, and when it is closed. */
export function keepAlive(onEnd) {
  const ping = (closing = false) =>
    ask("ping", { page: PAGE, closing }, { keepalive: closing });
  const beat = () => ping().catch((error) => onEnd(error));
  beat();
  setInterval(beat, PING_SECONDS * 1000);
  addEventListener("pagehide", () => ping(true).catch(() => {}));
  addEventListener("pageshow", (event) => { if (event.persisted) beat(); });
}
