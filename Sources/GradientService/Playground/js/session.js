// From a text to numbers: what is typed is sent as it stands, and whatever comes back last is shown.

import { Latest, Refused } from "./api.js";
import { debounced } from "./dom.js";
import { layOut, lineOf, placeOf } from "./json-text.js";
import { edgeOf, networkOf, nodeAt } from "./network.js";
import { change, listen, state } from "./store.js";

/** Members that thin out or reshape an answer; the page needs all of it. */
const SHAPING = ["return", "layers", "wrt", "encoding", "graph", "whole_network", "of", "output_gradients", "claimed"];
/** Entries of a Jacobian that are drawn one by one. */
export const MOST_ENTRIES = 1024;
/** Larger networks are checked when asked for. */
const CHECKED_BY_ITSELF = { numbers: 6000, layers: 40 };

const main = new Latest(), derivation = new Latest(), check = new Latest();

export function startSession() {
  listen(["mode"], compute);
  listen(["selected", "result"], derive);
  listen(["result"], debounced(150, checkIfSmall));
}

/** Takes a text, from the editor or from outside. */
export function setText(text) {
  let request = null;
  try {
    request = JSON.parse(text);
  } catch {
    // The service says where it is not JSON.
  }
  change({ text, request: request && typeof request === "object" ? request : null, isStale: true });
  return compute();
}

/** Takes a request that was changed on the page. */
export const setRequest = (request) => setText(layOut(request));

/** Changes one value of the request: the path's names lead to it; undefined removes it. */
export function setAt(path, value) {
  if (!state.request) return;
  const put = (holder, [name, ...rest]) => {
    const copy = Array.isArray(holder) ? [...holder] : { ...holder };
    if (rest.length) copy[name] = put(copy[name] ?? {}, rest);
    else if (value === undefined) delete copy[name];
    else copy[name] = value;
    return copy;
  };
  setRequest(put(state.request, path));
}

/**
 * The body of a call: the text itself where nothing in it shapes the answer, so that its faults are found in it. What
 * follows from a result is asked of the text that led to it, whatever has been typed since.
 */
export function body(more = {}, { request, text } = state.result) {
  if (!request || Array.isArray(request)) return text;
  const isPlain = SHAPING.every((name) => !(name in request));
  if (isPlain && Object.keys(more).length === 0) return text;
  const rest = Object.fromEntries(Object.entries(request).filter(([name]) => !SHAPING.includes(name)));
  if (request.output_gradients) rest.output_gradient = request.output_gradients[0];
  return JSON.stringify({ ...rest, ...more });
}

async function compute() {
  if (state.text === "") return;
  const { request, text } = state;
  const path = state.mode === "forward" ? "/v1/forward" : "/v1/gradients";
  try {
    const answer = await main.post(path, body({}, { request, text }));
    if (answer === null) return;
    const network = networkOf(request, state.catalogue);
    const selected = network.edgeById.has(state.selected) ? state.selected : firstChoice(network);
    change({ result: { request, text, network, answer, mode: state.mode }, selected, faults: [], isStale: false });
  } catch (error) {
    change({ faults: faultsOf(error), isStale: true });
  }
}

/** The wire to begin with: the weight of a layer in the middle, whose Jacobian has most to show. */
function firstChoice(network) {
  const weights = network.edges.filter(({ field }) => field === "weight");
  return (weights[Math.floor(weights.length / 2)] ?? network.edges[0])?.id ?? null;
}

function faultsOf(error) {
  if (!(error instanceof Refused)) return [{ detail: `the service can't be reached: ${error.message}` }];
  const { detail, errors } = error.problem;
  if (errors?.length) return errors.map(placed);
  const place = /line (\d+), column (\d+)/.exec(detail);
  return [place ? { detail, line: Number(place[1]), column: Number(place[2]) } : { detail }];
}

/** A fault with its place in the text and its node in the drawing. */
function placed({ detail, pointer }) {
  const place = placeOf(state.text, pointer);
  return {
    detail, pointer, ...(place && { ...lineOf(state.text, place.start), start: place.start, end: place.end }),
    node: drawnAt(pointer),
  };
}

/**
 * The node of the last good drawing that a place in the text stands for: the one of the same name, else the one at the
 * same place, since a layer without a name is named after its type, which may be what is wrong.
 */
function drawnAt(pointer) {
  const drawn = state.result?.network;
  if (!drawn) return null;
  const id = state.request && nodeAt(networkOf(state.request, state.catalogue), pointer)?.id;
  return (drawn.nodes.some((node) => node.id === id) ? id : nodeAt(drawn, pointer)?.id) ?? null;
}

/** Asks how the selected wire's gradient comes about. */
async function derive() {
  const { result, selected, mode } = state;
  const edge = result?.network.edgeById.get(selected);
  derivation.cancel();
  if (!edge || mode === "forward" || result.mode === "forward") return change({ derivation: { reason: "Gradients are not computed in forward mode." } });
  if (edge.isConstant) return change({ derivation: { reason: "A target is a constant: there is no gradient for it." } });
  if (edge.isEnd) return change({ derivation: { reason: "This is where back-propagation starts: the gradient at the output comes from the loss or from the request." } });
  try {
    const answer = await derivation.post("/v1/explain", body({ layers: [edge.layer], max_elements: MOST_ENTRIES }));
    if (answer === null) return;
    const layer = answer.layers[0];
    const variable = layer?.steps_for.find(({ variable }) => variable === edge.operand);
    change({ derivation: variable ? { edge, layer, variable, variables: layer.steps_for } : { reason: "Integers have no gradient." } });
  } catch (error) {
    change({ derivation: { reason: error.message } });
  }
}

function checkIfSmall() {
  check.cancel();
  if (!state.result || state.mode === "forward") return change({ check: { reason: "Gradients are not computed in forward mode." } });
  const numbers = (state.result.text.match(/[0-9][,\]}\s]/g) ?? []).length;
  const layers = state.result.request.network?.layers?.length ?? 0;
  if (numbers > CHECKED_BY_ITSELF.numbers || layers > CHECKED_BY_ITSELF.layers) return change({ check: { isAsked: true } });
  return runCheck({});
}

/** Compares the gradients with central differences. */
export async function runCheck(options) {
  change({ check: { isRunning: true } });
  try {
    const answer = await check.post("/v1/check", body(options));
    if (answer !== null) change({ check: answer });
  } catch (error) {
    change({ check: { reason: error.message } });
  }
}

/** The wire of a node is shown. */
export const selectNode = (id) => change({ selected: edgeOf(state.result.network, id)?.id ?? state.selected });
