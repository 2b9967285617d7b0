// One gradient in three notations, each computed in its own way, side by side.

import { byId, el } from "./dom.js";
import { linked, matrix, set } from "./formulas.js";
import { HeatMap } from "./heatmap.js";
import { gradientOn } from "./network.js";
import { latex, short } from "./numbers.js";
import { letterOf } from "./inspector.js";
import { marks, numbers } from "./steps.js";
import { listen, state } from "./store.js";
import { indicesOf, largestDifference } from "./tensor.js";

export function startNotations() {
  listen(["derivation"], show);
}

function show() {
  const { derivation } = state;
  byId("notations").hidden = !derivation?.variable;
  if (!derivation?.variable) return;
  const symbols = marks(derivation);
  const { variable, edge } = derivation;
  const given = numbers(derivation);
  const backward = gradientOn(edge, state.result) ?? given.gradient;
  const sum = given.jacobian ? indexSum(given) : null;
  const columns = [
    { title: "Index form", by: "each entry summed up here, in your browser", formula: variable.index_form, result: sum, extra: sum && ((position) => entrySum(given, position, derivation)) },
    { title: "Matrix form", by: "the service's backward pass", formula: variable.matrix_form, result: backward },
    { title: "Jacobian form", by: "the four steps, multiplied out by the service", formula: `\\operatorname{vec}\\left(\\frac{\\partial ${objective(variable)}}{\\partial ${own(variable)}}\\right) = \\left(\\frac{\\partial ${derivation.layer.symbol}}{\\partial ${own(variable)}}\\right)^{\\top} \\operatorname{vec}\\left(\\frac{\\partial ${objective(variable)}}{\\partial ${derivation.layer.symbol}}\\right)`, result: given.gradient },
  ];
  byId("notation-columns").replaceChildren(...columns.map((column) => panel(column, symbols, edge, given)));
  verdict(columns.filter(({ result }) => result));
}

const own = (variable) => variable.symbol.split("/\\partial ")[1];
const objective = (variable) => variable.symbol.split("/")[0].replace("\\partial ", "").trim();

/** ∂C/∂v entry by entry: the sum over the outputs of ∂C/∂z times ∂z/∂v. */
function indexSum({ jacobian, outputGradient, variableShape, gradient }) {
  const count = gradient.data.length;
  const data = Array.from({ length: count }, (_, position) =>
    outputGradient.data.reduce((sum, factor, output) => sum + Number(factor) * Number(jacobian.data[output * count + position]), 0));
  return { shape: variableShape, data };
}

function panel({ title, by, formula, result, extra }, symbols, edge, given) {
  const math = el("div", { class: "formula" }), worked = el("div", { class: "formula worked" }), cells = el("div", {});
  set(math, linked(formula, symbols), { display: true });
  const section = el("section", { class: "notation" }, el("h3", { text: title }), el("p", { class: "note", text: by }), math);
  if (!result) return section.append(el("p", { class: "note", text: "too large to be summed up here" })), section;
  const map = new HeatMap(cells, (position) => extra && set(worked, extra(position), { display: true }));
  map.show(result, { label: `${title}: the gradient`, link: edge.key, cells: (position) => `v${position}` });
  if (extra) set(worked, extra(0), { display: true });
  else if (result.data.length <= 64) set(worked, `= ${result.shape.length === 1 ? `${matrix(result, { asColumn: true })}` : matrix(result)}`, { display: true });
  section.append(cells, worked);
  return section;
}

/** One entry's sum with its numbers, the terms that are zero left out where there are many. */
function entrySum({ jacobian, outputGradient, gradient, variableShape }, position, { edge }) {
  const count = gradient.data.length;
  const letter = letterOf(state.result.network.byId.get(edge.from));
  const index = indicesOf(position, variableShape).map((part) => part + 1).join("");
  const terms = outputGradient.data.map((factor, output) => [jacobian.data[output * count + position], factor]);
  const shown = terms.length > 4 ? terms.filter(([slope]) => slope !== 0).slice(0, 4) : terms;
  const dots = shown.length < terms.filter(([slope]) => slope !== 0).length ? " + \\cdots" : "";
  const bracket = (value) => (Number(value) < 0 ? `(${latex(value, 3)})` : latex(value, 3));
  const sum = shown.map(([slope, factor]) => `${bracket(slope)}\\cdot${bracket(factor)}`).join(" + ") || "0";
  const name = letter.length === 1 ? letter : `\\text{${letter.replaceAll("_", "\\_")}}`;
  return `\\frac{\\partial C}{\\partial ${name}_{${index}}} = ${sum}${dots} = ${latex(gradient.data[position], 4)}`;
}

function verdict(columns) {
  const results = columns.map(({ result }) => result);
  const largest = Math.max(...results.map((result) => largestDifference(results[0], result)));
  const scale = Math.max(1, ...results[0].data.map((value) => Math.abs(Number(value))));
  const isEqual = largest <= 1e-9 * scale || (state.request?.dtype === "float32" && largest <= 1e-4 * scale);
  const text = byId("notation-verdict");
  text.className = isEqual ? "verdict good" : "verdict bad";
  text.textContent = Number.isNaN(largest)
    ? "Some entries are not finite, so nothing can be compared."
    : `${isEqual ? "✓ Equal" : "✗ Not equal"}: the largest difference between the ${columns.length === 3 ? "three" : "two"} is ${short(largest, 2)}.`;
}

