// Questions to the control plane, with the token where it wants one. The token is kept for this tab, as long as it is open.

const TOKEN = 'pagecast-token';

/** It answered, and would not. */
export class Refused extends Error {
  /** @param {number} status @param {string} detail */
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

export function hasToken() {
  return sessionStorage.getItem(TOKEN) !== null;
}

/** @param {string | undefined} token */
export function keepToken(token) {
  if (token === undefined) sessionStorage.removeItem(TOKEN);
  else sessionStorage.setItem(TOKEN, token);
}

/**
 * @param {string} path @param {{ readonly method?: string, readonly content?: object, readonly signal?: AbortSignal }} [options]
 * @returns {Promise<Response>} of a status below 400.
 * @throws {Refused | TypeError} the latter where it did not answer.
 */
export async function ask(path, { method = 'GET', content, signal } = {}) {
  const token = sessionStorage.getItem(TOKEN);
  const headers = { ...(token !== null && { Authorization: `Bearer ${token}` }), ...(content && { 'Content-Type': 'application/json' }) };
  const response = await fetch(path, { method, headers, cache: 'no-store', ...(content && { body: JSON.stringify(content) }), ...(signal && { signal }) });
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  throw new Refused(response.status, typeof problem.detail === 'string' ? problem.detail : `the answer is ${response.status}`);
}
