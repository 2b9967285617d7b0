// A request's network as nodes and wires, and the tensors that lie on a wire.

import { read } from "./tensor.js";

/** What a layer's field is called in a JSON Pointer. */
const escaped = (name) => name.replaceAll("~", "~0").replaceAll("/", "~1");

/**
 * Reads a request: {nodes, edges, byId, edgeById, output}. A node is an input, a parameter, a constant, a layer, the
 * loss or the open end behind the output; an edge leads from an operand to what is computed from it.
 */
export function networkOf(request, catalogue) {
  const nodes = [], edges = [];
  const layers = request.network?.layers ?? [];
  const inputs = request.inputs ?? ("input" in request ? { input: request.input } : {});
  const add = (node) => (nodes.push(node), node);
  const connect = (from, to, operand, members) =>
    edges.push({ id: `${from}>${to}.${operand}`, from, to, operand, ...members });

  const sources = new Map();
  for (const [name, value] of Object.entries(inputs)) {
    const pointer = request.inputs ? ["inputs", name] : ["input"];
    add({ id: `input:${name}`, kind: "input", name, value, pointer });
    sources.set(name, `input:${name}`);
  }
  for (const [name, value] of Object.entries(request.network?.parameters ?? {})) {
    add({ id: `shared:${name}`, kind: "parameter", name, value, pointer: ["network", "parameters", name] });
  }
  let previous = sources.has("input") ? "input" : null;
  layers.forEach((layer, index) => {
    const name = layer.name ?? `${layer.type}_${index}`;
    const id = `layer:${name}`;
    const node = add({ id, kind: "layer", name, type: layer.type, index, pointer: ["network", "layers", index] });
    (layer.inputs ?? (previous === null ? [] : [previous])).forEach((source, position) => {
      if (sources.has(source)) connect(sources.get(source), id, `inputs[${position}]`, { layer: name, index, position });
    });
    for (const field of learnable(catalogue, layer)) {
      const value = layer[field];
      const shared = value?.parameter;
      const from = typeof shared === "string" ? `shared:${shared}` : `parameter:${name}.${field}`;
      if (shared === undefined) {
        add({ id: from, kind: "parameter", name: field, layer: name, value, pointer: [...node.pointer, field] });
      }
      connect(from, id, field, { layer: name, index, field });
    }
    sources.set(name, id);
    previous = name;
  });
  const outputName = request.network?.output ?? previous;
  const output = nodes.find(({ id }) => id === `layer:${outputName}`);
  if (output) finish(request, output, add, connect);
  // Short keys without a user's text, by which symbols, cells and wires point at one another.
  nodes.forEach((node, index) => { node.key = `v${index}`; });
  edges.forEach((edge, index) => { edge.key = `g${index}`; });
  return {
    nodes, edges, output,
    byId: new Map(nodes.map((node) => [node.id, node])), edgeById: new Map(edges.map((edge) => [edge.id, edge])),
  };
}

function learnable(catalogue, layer) {
  const fields = catalogue.layers.get(layer.type)?.fields ?? [];
  return fields.filter(({ name, learnable }) => learnable && layer[name] !== undefined && layer[name] !== null)
    .map(({ name }) => name);
}

/** What stands behind the output: the loss with its target, or an open end. */
function finish(request, output, add, connect) {
  if (!request.loss) {
    add({ id: "end", kind: "end", name: "", pointer: ["output_gradient"] });
    connect(output.id, "end", "output", { isEnd: true });
    return;
  }
  add({ id: "loss", kind: "loss", name: "loss", type: request.loss.type, pointer: ["loss"] });
  connect(output.id, "loss", "output", { isEnd: true });
  if (request.loss.target !== undefined) {
    const pointer = ["loss", "target"];
    add({ id: "target", kind: "constant", name: "target", value: request.loss.target, pointer });
    connect("target", "loss", "target", { isConstant: true });
  }
}

/** Whether a node's tensor is a part of the request and so can be edited. */
export const isEditable = (node) => ["input", "parameter", "constant"].includes(node.kind) && read(node.value) !== null;

/** The tensor that a wire carries forward; null while it is not known. */
export function valueOn(edge, { network, answer }) {
  const from = network.byId.get(edge.from);
  if (from.kind !== "layer") return (from.tensor ??= read(from.value));
  return tensorIn(answer?.layers[from.index], "output");
}

/** The gradient that it carries back: the contribution of this one use. Null for constants and what is not computed. */
export function gradientOn(edge, { network, answer }) {
  if (edge.isConstant) return null;
  if (edge.isEnd) return tensorIn(answer?.layers[network.output.index]?.gradients, "output");
  const gradients = answer?.layers[edge.index]?.gradients;
  if (!gradients) return null;
  return edge.field ? tensorIn(gradients.parameters, edge.field) : tensorIn(gradients.inputs, edge.position);
}

// An answer is read once, tensor by tensor as each is wanted.
const seen = new WeakMap();
function tensorIn(holder, name) {
  if (!holder || holder[name] === undefined || holder[name] === null) return null;
  if (!seen.has(holder)) seen.set(holder, new Map());
  const tensors = seen.get(holder);
  if (!tensors.has(name)) tensors.set(name, read(holder[name]));
  return tensors.get(name);
}

/** A path of names as a JSON Pointer. */
export const pointerTo = (path) => "#" + path.map((name) => `/${escaped(String(name))}`).join("");

/** The node that a JSON Pointer lies in, if it lies in one. */
export function nodeAt(network, pointer) {
  const fits = network.nodes.filter((node) => node.pointer && `${pointer}/`.startsWith(`${pointerTo(node.pointer)}/`));
  return fits.sort((one, other) => other.pointer.length - one.pointer.length)[0] ?? null;
}

/** The wire that shows a node's tensor: the first that leaves it, or the first that enters where none does. */
export const edgeOf = (network, id) =>
  network.edges.find((edge) => edge.from === id) ?? network.edges.find((edge) => edge.to === id);
