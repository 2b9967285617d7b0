// What the page knows: one object, changed in one way, heard by whoever draws a part of it.

const listeners = new Map();

export const state = {
  /** The request as text, as it stands in the editor, and as it was parsed; null while it is not JSON. */
  text: "",
  request: null,
  /** What the service said to the text: [{detail, pointer, line, column}], empty if all is well. */
  faults: [],
  /** The last good result: {request, network, answer}; `isStale` says that the text has moved on. */
  result: null,
  isStale: false,
  /** "forward", "backward" or "both". */
  mode: "both",
  /** The wire whose tensors are shown: an edge's id in the network. */
  selected: null,
  /** "value" or "gradient". */
  aspect: "value",
  /** The derivation of the selected wire's gradient, as /v1/explain has it, or why there is none. */
  derivation: null,
  /** Where the four steps stand: 0 is the Jacobian, 4 the gradient; between whole numbers they are moving. */
  time: 4,
  /** The gradient check: {tensors, passed} or why there is none. */
  check: null,
  /** Which layers of a long network are shown one by one: the keys of the groups that were opened. */
  opened: new Set(),
  /** The seed of random numbers for new layers. */
  seed: 1,
  /** The types of layers and losses by name. */
  catalogue: { layers: new Map(), losses: new Map() },
};

/** Changes members of the state and tells those who listen to any of them. */
export function change(members) {
  const changed = Object.keys(members).filter((name) => state[name] !== members[name]);
  Object.assign(state, members);
  const heard = new Set(changed.flatMap((name) => [...(listeners.get(name) ?? [])]));
  for (const listener of heard) listener();
}

/** Calls back after any of the members has changed. */
export function listen(names, listener) {
  for (const name of names) {
    if (!listeners.has(name)) listeners.set(name, new Set());
    listeners.get(name).add(listener);
  }
}
