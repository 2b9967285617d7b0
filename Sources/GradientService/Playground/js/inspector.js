// The tensors on the selected wire: exact numbers, edited in place where they are the user's own.

import { announce, byId, el } from "./dom.js";
import { HeatMap, entryText } from "./heatmap.js";
import { gradientOn, isEditable, valueOn } from "./network.js";
import { count, shapeText, short } from "./numbers.js";
import { setAt } from "./session.js";
import { change, listen, state } from "./store.js";
import { indicesOf, nested, read, summary } from "./tensor.js";
import { set } from "./formulas.js";

const LETTERS = { weight: "W", bias: "b", input: "x", target: "t" };
let map, edited = null;

export function startInspector() {
  map = new HeatMap(byId("tensor"), pick);
  listen(["result", "selected", "aspect", "mode", "derivation"], show);
  listen(["isStale"], () => byId("inspector").classList.toggle("stale", state.isStale));
  for (const choice of byId("aspect").querySelectorAll("input")) {
    choice.addEventListener("change", () => change({ aspect: choice.value }));
  }
  byId("entry-number").addEventListener("input", ({ target }) => edit(target.value));
  byId("entry-slider").addEventListener("input", ({ target }) => edit(target.value));
  byId("paste-open").addEventListener("click", () => byId("paste-dialog").showModal());
  byId("paste-dialog").addEventListener("close", ({ target }) => target.returnValue === "use" && replace(byId("paste-text").value));
  byId("tensor").addEventListener("paste", (event) => {
    event.preventDefault();
    event.stopPropagation();
    replace(event.clipboardData.getData("text"));
  });
}

/** The selected wire, the node that it comes from, and what lies on it. */
function selection() {
  const edge = state.result?.network.edgeById.get(state.selected);
  if (!edge) return null;
  const node = state.result.network.byId.get(edge.from);
  return { edge, node, value: valueOn(edge, state.result), gradient: gradientOn(edge, state.result) };
}

export const letterOf = (node) => LETTERS[node.name] ?? node.name;

function show() {
  const chosen = selection();
  byId("inspector").hidden = !chosen;
  if (!chosen) return;
  const { edge, node, value, gradient } = chosen;
  const isGradient = state.aspect === "gradient";
  for (const choice of byId("aspect").querySelectorAll("input")) choice.checked = choice.value === state.aspect;
  const consumer = state.result.network.byId.get(edge.to);
  byId("tensor-title").textContent = node.kind === "parameter" && node.layer ? `${node.layer}.${node.name}` : node.name;
  byId("tensor-words").textContent = `${kindOf(node)}, ${value ? shapeText(value.shape) : "not known"}${consumer.name ? `, into ${consumer.name}` : ""}`;
  symbol(edge, isGradient);
  const isUnknown = isGradient && (state.mode === "forward" || !gradient);
  byId("not-computed").hidden = !isUnknown;
  byId("not-computed").textContent = state.mode === "forward" || state.result.mode === "forward" ? "not computed: only the forward pass was run" : edge.isConstant ? "not computed: a constant has no gradient" : "not computed: integers have no gradient";
  byId("tensor").hidden = isUnknown || !(isGradient ? gradient : value);
  if (!byId("tensor").hidden) draw(isGradient ? gradient : value, chosen, isGradient);
  else byId("entry").hidden = true;
  byId("checked-note").textContent = isGradient ? checkWords(edge, node) : "";
}

function kindOf(node) {
  if (node.kind === "layer") return `output of a ${node.type} layer`;
  if (node.kind === "parameter") return node.layer ? `parameter of ${node.layer}` : "shared parameter";
  return node.kind === "input" ? "network input" : "constant";
}

function symbol(edge, isGradient) {
  const known = state.derivation?.edge === edge ? state.derivation.variable.symbol : null;
  const latex = known && (isGradient ? known : known.split("/\\partial ")[1]);
  byId("tensor-symbol").hidden = !latex;
  if (latex) set(byId("tensor-symbol"), latex);
}

function draw(tensor, { edge, node }, isGradient) {
  map.show(tensor, {
    label: `${isGradient ? "gradient with respect to" : "value of"} ${node.name}, ${shapeText(tensor.shape)}`,
    link: isGradient ? edge.key : node.key,
    isEditable: !isGradient && isEditable(node),
    cells: (position) => `v${position}`,
  });
  pick(map.position, false);
}

/** A cell is pointed at: says what it is, and offers to change it. */
function pick(position, wantsEdit, isHover = false) {
  const chosen = selection();
  if (!chosen) return;
  const { edge, node, value, gradient } = chosen;
  if (!value || position >= value.data.length) return;
  const letter = letterOf(node);
  const index = indicesOf(position, value.shape);
  const both = [entryText(letter, value, position)];
  if (state.mode !== "forward" && gradient) both.push(`∂C/∂${entryText(letter, gradient, position)}`);
  else if (state.mode === "forward") both.push("gradient not computed");
  byId("entry-words").textContent = both.join("   ");
  if (isHover) return;
  const canEdit = isEditable(node) && state.aspect === "value";
  byId("entry").hidden = !canEdit;
  byId("paste-open").hidden = !isEditable(node);
  if (!canEdit) return;
  edited = { path: node.pointer, value, position };
  const number = byId("entry-number"), slider = byId("entry-slider");
  byId("entry-label").textContent = `row ${(index.at(-2) ?? 0) + 1}, column ${(index.at(-1) ?? 0) + 1}`;
  if (document.activeElement !== number) number.value = value.data[position];
  if (document.activeElement !== slider) {
    const reach = Math.max(3, Math.ceil(2 * summary(value).largest));
    Object.assign(slider, { min: -reach, max: reach, step: isWhole(edge, node) ? 1 : reach / 100 });
    slider.value = value.data[position];
  }
  if (wantsEdit) {
    number.focus();
    number.select();
  }
}

/** Whether only integers make sense: class labels and indices. */
const isWhole = (edge, node) => node.kind === "constant" && ["cross_entropy", "nll"].includes(state.request?.loss?.type);

function edit(text) {
  const number = Number(text);
  if (!edited || text.trim() === "" || !Number.isFinite(number)) return;
  const data = edited.value.data.slice();
  data[edited.position] = number;
  edited.value = { shape: edited.value.shape, data };
  for (const field of [byId("entry-number"), byId("entry-slider")]) if (document.activeElement !== field) field.value = number;
  setAt(edited.path, nested(edited.value));
}

/** Puts a pasted matrix, JSON or separated by commas, tabs or blanks, in the place of the whole tensor. */
function replace(text) {
  const chosen = selection();
  if (!chosen || !isEditable(chosen.node)) return;
  const tensor = parsed(text);
  if (!tensor) return announce("What was pasted is not a matrix of numbers");
  setAt(chosen.node.pointer, nested(tensor));
  announce(`${count(tensor.data.length, "number")} pasted`);
}

export function parsed(text) {
  try {
    return read(JSON.parse(text));
  } catch {
    const rows = text.trim().split(/\r?\n/).map((line) => line.trim().split(/[,;\t ]+/).map(Number));
    return read(rows.length === 1 ? rows[0] : rows);
  }
}

function checkWords(edge, node) {
  const found = state.check?.tensors?.find(({ layer, variable }) => variable === node.name && (layer ?? undefined) === node.layer);
  return found ? `Against central differences, ${count(found.checked, "entry", "entries")}: largest error ${short(found.max_absolute_error, 2)}.` : "";
}
