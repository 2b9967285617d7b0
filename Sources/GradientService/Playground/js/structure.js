// Layers and the loss by menus: another type, one more, one fewer.

import { announce, byId, el } from "./dom.js";
import { setAt, setRequest } from "./session.js";
import { change, listen, state } from "./store.js";
import { nested, read } from "./tensor.js";
import { insertable, layerFor, lossFor, randomNumbers } from "./templates.js";

export function startStructure() {
  listen(["result", "catalogue"], show);
  listen(["selected"], follow);
  byId("layer-choice").addEventListener("change", show);
  byId("layer-type").addEventListener("change", ({ target }) => retype(target.value));
  byId("layer-insert").addEventListener("click", insert);
  byId("layer-remove").addEventListener("click", remove);
  byId("loss-type").addEventListener("change", ({ target }) => setLoss(target.value));
  byId("seed").addEventListener("change", ({ target }) => change({ seed: Number(target.value) || 1 }));
  byId("reseed").addEventListener("click", reseed);
}

const options = (select, values, chosen) =>
  select.replaceChildren(...values.map(([value, text]) => el("option", { value, text: text ?? value, selected: value === chosen })));

const layers = () => state.result.request.network?.layers ?? [];
const nameOf = (layer, index) => layer.name ?? `${layer.type}_${index}`;
const index = () => Number(byId("layer-choice").value);

function show() {
  if (!state.result) return;
  const chosen = Math.min(Math.max(index() || 0, 0), layers().length - 1);
  options(byId("layer-choice"), layers().map((layer, at) => [String(at), `${at + 1}. ${nameOf(layer, at)} (${layer.type})`]), String(chosen));
  const type = layers()[chosen]?.type;
  const types = insertable(state.catalogue);
  options(byId("layer-type"), (types.includes(type) ? types : [type, ...types]).map((name) => [name]), type);
  options(byId("insert-type"), types.map((name) => [name]), byId("insert-type").value || "tanh");
  byId("layer-remove").disabled = layers().length < 2;
  options(byId("loss-type"), [["", "none"], ...[...state.catalogue.losses.keys()].map((name) => [name])], state.result.request.loss?.type ?? "");
  byId("seed").value = state.seed;
}

/** The menus turn to the layer whose wire is selected. */
function follow() {
  const edge = state.result?.network.edgeById.get(state.selected);
  if (edge?.index === undefined) return;
  byId("layer-choice").value = String(edge.index);
  show();
}

/** The shape of a layer's output, and of what goes into it. */
const shapeAfter = (at) => read(state.result.answer.layers[at]?.output)?.shape ?? [1];
function shapeBefore(at) {
  const edge = state.result.network.edges.find(({ index, position }) => index === at && position === 0);
  const from = state.result.network.byId.get(edge?.from);
  return from?.kind === "layer" ? shapeAfter(from.index) : read(from?.value)?.shape ?? [1];
}

/** Names are kept written out, so that what refers to a layer by its name still does. */
function named(list) {
  const isReferredTo = state.result.request.network.output !== undefined || list.some((layer) => layer.inputs);
  return isReferredTo ? list.map((layer, at) => ({ name: nameOf(layer, at), ...layer })) : list;
}

function retype(type) {
  const at = index(), old = layers()[at];
  const { name, inputs } = old;
  const fresh = layerFor(type, shapeBefore(at), state.seed);
  const kept = Object.fromEntries(Object.entries({ name: name === undefined || name === nameOf({ type: old.type }, at) ? undefined : name, inputs }).filter(([, value]) => value !== undefined));
  setLayers(named(layers()).with(at, { ...kept, ...fresh }));
  announce(`Layer ${at + 1} is now ${type}`);
}

function insert() {
  const at = index(), type = byId("insert-type").value;
  const list = named(layers());
  const fresh = layerFor(type, shapeAfter(at), state.seed);
  if (list[at].name === undefined || !list.some((layer) => layer.inputs)) return setLayers(list.toSpliced(at + 1, 0, fresh));
  // What took the layer's output takes the new one's.
  const taken = new Set(list.map(({ name }) => name));
  let name = type;
  for (let number = 2; taken.has(name); number++) name = `${type}_${number}`;
  const before = list[at].name;
  const moved = list.map((layer, other) => (other > at && layer.inputs ? { ...layer, inputs: layer.inputs.map((input) => (input === before ? name : input)) } : layer));
  setLayers(moved.toSpliced(at + 1, 0, { name, ...fresh }));
}

function remove() {
  const at = index(), list = named(layers());
  const gone = list[at];
  const source = gone.inputs?.[0] ?? (at > 0 ? list[at - 1].name : "input");
  const mended = list.map((layer) => (layer.inputs?.includes(gone.name) ? { ...layer, inputs: layer.inputs.map((input) => (input === gone.name ? source : input)) } : layer));
  setLayers(mended.toSpliced(at, 1));
  announce(`Layer ${at + 1} removed`);
}

function setLayers(list) {
  const { request } = state.result;
  setRequest({ ...request, network: { ...request.network, layers: list } });
}

function setLoss(type) {
  const { request, answer } = state.result;
  if (!type) return setAt(["loss"], undefined);
  const rest = Object.fromEntries(Object.entries(request).filter(([name]) => name !== "output_gradient" && name !== "output_gradients"));
  setRequest({ ...rest, loss: lossFor(type, read(answer.output).shape) });
}

/** Every weight and bias anew, from the next seed. */
function reseed() {
  const seed = state.seed + 1;
  change({ seed });
  byId("seed").value = seed;
  let turn = 0;
  const fresh = (value) => {
    const tensor = read(value);
    if (!tensor) return value;
    return refill(tensor, seed * 1000 + turn++);
  };
  const list = layers().map((layer) => {
    const learnable = state.catalogue.layers.get(layer.type)?.fields.filter((field) => field.learnable).map(({ name }) => name) ?? [];
    return { ...layer, ...Object.fromEntries(learnable.filter((name) => layer[name] !== undefined).map((name) => [name, fresh(layer[name])])) };
  });
  setLayers(list);
}

const refill = (tensor, seed) => nested({ shape: tensor.shape, data: randomNumbers(seed, tensor.data.length) });
