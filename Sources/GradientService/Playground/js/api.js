// The service, called as any other client would.

import { askForKey, key } from "./key.js";

/** An answer that is not 200: `problem` is the service's own description, with `errors` where it points at places. */
export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail ?? `the service answered ${status}`);
    this.status = status;
    this.problem = problem;
  }
}

async function call(method, path, body, signal) {
  const headers = {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key()) headers.Authorization = `Bearer ${key()}`;
  const response = await fetch(path, { method, headers, body, signal });
  if (response.status === 401 && (await askForKey())) return call(method, path, body, signal);
  if (response.ok) return response;
  const text = await response.text();
  let problem;
  try {
    problem = JSON.parse(text);
  } catch {
    problem = { detail: text.slice(0, 500) || `the service answered ${response.status}` };
  }
  throw new Refused(response.status, problem);
}

/** Fetches a document. */
export const get = async (path) => (await call("GET", path)).json();

/** Posts a JSON text. */
export const post = async (path, body, signal) => (await call("POST", path, body, signal)).json();

/**
 * A slot for one question at a time: asking again gives up what was asked before, so that an old answer never
 * overwrites a new one.
 */
export class Latest {
  #controller = null;

  async post(path, body) {
    this.#controller?.abort();
    const controller = new AbortController();
    this.#controller = controller;
    try {
      const answer = await post(path, body, controller.signal);
      return controller.signal.aborted ? null : answer;
    } catch (error) {
      if (controller.signal.aborted) return null;
      throw error;
    }
  }

  cancel() {
    this.#controller?.abort();
  }
}
