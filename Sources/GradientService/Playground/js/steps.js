// The four steps as a film that can be stopped, stepped through and dragged.

import { announce, byId, wantsStillness } from "./dom.js";
import { linked, matrix, set } from "./formulas.js";
import { letterOf } from "./inspector.js";
import { count, shapeText } from "./numbers.js";
import { MOST_ENTRIES } from "./session.js";
import { Scene, pattern } from "./steps-scene.js";
import { change, listen, state } from "./store.js";
import { indicesOf, read, size } from "./tensor.js";

const NAMES = ["the Jacobian", "transpose", "flatten", "multiply", "reshape"];
const SECONDS = 1.5, PAUSE = 0.9;
let scene = null, playing = 0;

export function startSteps() {
  listen(["derivation"], show);
  listen(["time"], move);
  byId("step-play").addEventListener("click", () => (playing ? pause() : play()));
  byId("step-back").addEventListener("click", () => go(Math.ceil(state.time) - 1));
  byId("step-on").addEventListener("click", () => go(Math.floor(state.time) + 1));
  byId("step-time").addEventListener("input", ({ target }) => { pause(); change({ time: wantsStillness() ? Math.round(target.value) : Number(target.value) }); });
  byId("step-time").addEventListener("change", () => go(Math.round(state.time)));
  for (const button of byId("step-names").querySelectorAll("button")) button.addEventListener("click", () => go(Number(button.value)));
  byId("variable-choice").addEventListener("change", ({ target }) => change({ selected: target.value }));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
  new ResizeObserver(() => resized()).observe(byId("scene"));
}

let width = 0;
function resized() {
  const now = byId("scene").clientWidth;
  if (Math.abs(now - width) > 24 && state.derivation?.variable) show();
  width = now;
}

// MARK: time

function play() {
  if (state.time >= 4) change({ time: 0 });
  byId("step-play").textContent = "Pause";
  byId("step-play").setAttribute("aria-pressed", "true");
  let last = performance.now(), rest = PAUSE;
  const tick = (now) => {
    const passed = Math.min(0.1, (now - last) / 1000);
    last = now;
    if (rest > 0) rest -= passed;
    else {
      const next = Math.floor(state.time + 1e-9) + 1;
      const time = wantsStillness() ? next : Math.min(next, state.time + passed / SECONDS);
      change({ time });
      if (time === next) {
        rest = PAUSE;
        say(time);
        if (time >= 4) return pause();
      }
    }
    playing = requestAnimationFrame(tick);
  };
  playing = requestAnimationFrame(tick);
}

function pause() {
  cancelAnimationFrame(playing);
  playing = 0;
  byId("step-play").textContent = "Play";
  byId("step-play").setAttribute("aria-pressed", "false");
}

/** Goes to a whole time, by a short move unless the reader wants none. */
function go(time) {
  pause();
  const target = Math.max(0, Math.min(4, time));
  say(target);
  if (wantsStillness() || Math.abs(target - state.time) < 0.02) return change({ time: target });
  const start = state.time, begun = performance.now(), length = 420;
  const tick = (now) => {
    const part = Math.min(1, (now - begun) / length);
    change({ time: part === 1 ? target : start + (target - start) * part });
    if (part < 1) playing = requestAnimationFrame(tick);
    else playing = 0;
  };
  playing = requestAnimationFrame(tick);
}

const say = (time) => announce(time === 0 ? "the Jacobian" : `step ${time} of 4: ${NAMES[time]}`);

function move() {
  scene?.show(state.time);
  byId("step-time").value = state.time;
  const step = Math.round(state.time);
  byId("step-time").setAttribute("aria-valuetext", step === 0 ? NAMES[0] : `step ${step} of 4: ${NAMES[step]}`);
  for (const button of byId("step-names").querySelectorAll("button")) {
    if (Number(button.value) === step) button.setAttribute("aria-current", "step");
    else button.removeAttribute("aria-current");
  }
  formulas(step);
}

// MARK: what is shown

function show() {
  const { derivation } = state;
  pause();
  scene = null;
  shownStep = null;
  const has = Boolean(derivation?.variable);
  byId("derivation").hidden = !has;
  byId("no-derivation").hidden = has;
  variables();
  if (!has) {
    byId("no-derivation").textContent = derivation?.reason ?? "";
    return;
  }
  const { layer, variable, edge } = derivation;
  set(byId("derivation-symbol"), variable.symbol);
  byId("derivation-words").textContent = `how the gradient with respect to ${variable.variable === edge.field ? `${edge.layer}.${edge.field}` : state.result.network.byId.get(edge.from).name} comes about in layer ${layer.name}.`;
  const given = numbers(derivation);
  if (given.jacobian) {
    scene = new Scene(given, byId("scene").clientWidth || 600);
    byId("scene").replaceChildren(scene.element);
  } else {
    const shape = variable.jacobian.shape;
    byId("scene").replaceChildren(pattern(variable.jacobian.pattern));
    const words = document.createElement("p");
    words.textContent = `The Jacobian has the shape ${shapeText(shape)}, ${count(size(shape), "entry", "entries")}: more than the ${MOST_ENTRIES.toLocaleString("en")} that are drawn one by one. Its pattern is ${variable.jacobian.pattern}.`;
    byId("scene").append(words);
  }
  move();
}

/** The derivation's tensors, with the letters and keys that its cells are shown by. */
export function numbers({ layer, variable, edge }) {
  const { network } = state.result;
  const gradient = read(variable.gradient), outputGradient = read(layer.output_gradient);
  const jacobian = variable.jacobian.pattern ? null : read(variable.jacobian);
  const after = network.edges.find(({ from }) => from === edge.to);
  return {
    jacobian, gradient, outputGradient, outputShape: outputGradient.shape, variableShape: gradient.shape,
    outputLetter: layer.name.length <= 3 ? layer.name : "z", variableLetter: shortLetter(network.byId.get(edge.from)),
    links: { jacobian: "J", variable: edge.key, output: after?.key ?? "" },
  };
}

function shortLetter(node) {
  const letter = letterOf(node);
  return letter.length <= 3 ? letter : "x";
}

function variables() {
  const { network } = state.result ?? {};
  if (!network) return;
  const choice = byId("variable-choice");
  const list = network.edges.filter((edge) => !edge.isEnd && !edge.isConstant).slice(0, 400);
  choice.replaceChildren(...list.map((edge) => {
    const from = network.byId.get(edge.from);
    const option = document.createElement("option");
    option.value = edge.id;
    option.textContent = edge.field ? `${edge.layer}.${edge.field}` : `${from.name} into ${edge.layer}`;
    option.selected = edge.id === state.selected;
    return option;
  }));
}

let shownStep = null;

/** The formula of a step, and the same with the user's numbers. */
function formulas(step) {
  const { derivation } = state;
  if (!derivation?.variable || shownStep === step) return;
  shownStep = step;
  const symbols = marks(derivation);
  const { variable } = derivation;
  const source = step === 0
    ? `J = \\frac{\\partial ${derivation.layer.symbol}}{\\partial ${variable.symbol.split("/\\partial ")[1]}}`
    : variable.steps[step - 1].latex;
  set(byId("step-formula"), linked(source, symbols), { display: true });
  byId("step-title").textContent = step === 0 ? "The Jacobian" : `Step ${step} of 4: ${NAMES[step]}`;
  byId("step-words").textContent = words(step, derivation);
  const filled = step === 0 ? null : withNumbers(step, derivation);
  byId("step-numbers").hidden = !filled;
  if (filled) set(byId("step-numbers"), filled, { display: true });
}

function words(step, { variable, layer }) {
  const shapes = [variable.jacobian.shape ?? read(variable.jacobian).shape, ...variable.steps.map(({ shape }) => shape)].map(shapeText);
  return [
    `One entry for each output and each entry of the variable: ${shapes[0]}.`,
    `The variable's dimensions come first: ${shapes[0]} becomes ${shapes[1]}.`,
    `A matrix, a row for each entry of the variable and a column for each output: ${shapes[2]}.`,
    `The matrix times the gradient at the output of ${layer.name}: one number for each row.`,
    `The numbers go back to the variable's shape ${shapes[4]}.`,
  ][step];
}

/** What a formula's symbols stand for. */
export function marks({ layer, variable, variables, edge }) {
  const split = (symbol) => /^(.*?)(?:\^\{(.*)\})?$/.exec(symbol);
  const { network } = state.result;
  const symbols = [];
  for (const { variable: operand, symbol } of variables) {
    const [, head, sup] = split(symbol.split("/\\partial ")[1] ?? "");
    const wire = network.edges.find((other) => other.to === edge.to && other.operand === operand);
    if (head && wire) symbols.push({ head, sup, link: network.byId.get(wire.from).key });
  }
  const own = variable.symbol.split("/\\partial ")[1], objective = variable.symbol.split("/")[0].replace("\\partial ", "").trim();
  const after = network.edges.find(({ from }) => from === edge.to);
  const isSame = (one, other) => one.replace(/\s|\^\{\}/g, "") === other.replace(/\s/g, "");
  const derivative = (top, bottom) => {
    if (isSame(top, objective) && isSame(bottom, own)) return edge.key;
    if (isSame(top, objective) && isSame(bottom, layer.symbol)) return after?.key;
    return isSame(top, layer.symbol) && isSame(bottom, own) ? "J" : null;
  };
  return { derivative, symbols };
}

function withNumbers(step, { layer, variable }) {
  if (variable.jacobian.pattern) return null;
  const values = variable.steps.map(({ value }) => read(value));
  const [jacobian, gradient] = [read(variable.jacobian), read(layer.output_gradient)];
  const flat = { shape: [gradient.data.length], data: gradient.data };
  switch (step) {
    case 1: return `${slices(jacobian)}^{\\top} = ${slices(values[0])}`;
    case 2: return `${slices(values[0])} \\longmapsto ${matrix(values[1])}`;
    case 3: return `${matrix(values[1])} ${matrix(flat, { asColumn: true })} = ${matrix(values[2], { asColumn: true })}`;
    default: return `${matrix(values[2], { asColumn: true })} \\longmapsto ${matrix(values[3])}`;
  }
}

/** A tensor as a list of its matrices. */
export function slices(tensor) {
  const { shape, data } = tensor;
  if (shape.length <= 2) return matrix(tensor);
  const inner = shape.slice(-2), length = size(inner), total = data.length / length;
  if (total > 4) return matrix({ shape, data });
  return `\\left[${Array.from({ length: total }, (_, index) => {
    const indices = indicesOf(index, shape.slice(0, -2)).map((part) => part + 1).join("");
    return `${matrix({ shape: inner, data: data.slice(index * length, (index + 1) * length) })}_{${indices}}`;
  }).join(",\\;")}\\right]`;
}

