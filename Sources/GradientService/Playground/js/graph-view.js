// The drawing of the network: every wire with its shape, its value above and its gradient below.

import { announce, byId, el, svg, wantsStillness } from "./dom.js";
import { drawn } from "./graph-groups.js";
import { NARROW, layOut } from "./graph-layout.js";
import { edgeOf, gradientOn, valueOn } from "./network.js";
import { count, shapeText, short } from "./numbers.js";
import { change, listen, state } from "./store.js";
import { summary } from "./tensor.js";

/** More boxes than this are laid out beside the page. */
const LARGE = 60;
let worker = null, turn = 0, current = null;

export function startGraph() {
  listen(["result", "mode", "opened"], draw);
  listen(["selected", "isStale", "faults"], mark);
  byId("graph").addEventListener("keydown", walk);
  let width = 0;
  new ResizeObserver(([{ contentRect }]) => {
    if (Math.abs(contentRect.width - width) > 1) draw();
    width = contentRect.width;
  }).observe(byId("graph"));
}

async function draw() {
  if (!state.result) return;
  const { network } = state.result;
  const graph = drawn(network, state.opened);
  const mine = ++turn;
  const laidOut = await layout(graph, byId("graph").clientWidth);
  if (mine !== turn) return;
  current = { graph, laidOut };
  paint(graph, laidOut);
}

/** The layout, from a worker where the drawing is large; asking again gives up the one before. */
function layout({ nodes, edges }, width) {
  worker?.terminate();
  worker = null;
  const slim = {
    nodes: nodes.map(({ id, kind }) => ({ id, kind })),
    edges: edges.map(({ id, from, to }) => ({ id, from, to })),
  };
  if (nodes.length <= LARGE) return layOut(slim, width);
  byId("graph-busy").hidden = false;
  worker = new Worker("/assets/js/graph-worker.js", { type: "module" });
  const mine = worker;
  byId("graph-cancel").onclick = () => {
    mine.terminate();
    byId("graph-busy").hidden = true;
    change({ opened: new Set() });
  };
  mine.postMessage({ graph: slim, width });
  return new Promise((resolve) => {
    mine.onmessage = ({ data }) => {
      byId("graph-busy").hidden = true;
      resolve(data);
    };
  });
}

function paint(graph, { width, height, nodes, edges }) {
  const edgeOfId = new Map(graph.edges.map((edge) => [edge.id, edge]));
  const focused = document.activeElement?.closest?.("#graph [data-edge]")?.dataset.edge;
  const drawing = svg("svg", {
    class: `network mode-${state.mode}`, width, height, viewBox: `0 0 ${width} ${height}`, role: "group",
    "aria-label": "The network: arrow keys go from wire to wire, Enter shows the tensors of one",
  });
  drawing.append(marker("value"), marker("gradient"));
  drawing.append(...edges.map((route) => wire(route, edgeOfId.get(route.id), graph)));
  drawing.append(...graph.nodes.filter(({ kind }) => kind !== "end").map((node) => box(node, nodes[node.id])));
  byId("graph").replaceChildren(drawing);
  mark();
  byId("graph-fold").hidden = state.opened.size === 0;
  if (focused) drawing.querySelector(`[data-edge="${CSS.escape(focused)}"]`)?.focus();
}

const marker = (kind) =>
  svg("defs", {}, svg("marker", {
    id: `arrow-${kind}`, class: kind, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse",
    markerUnits: "userSpaceOnUse",
  }, svg("path", { d: "M0 0.5 L8 4 L0 7.5 Z" })));

// MARK: wires

function wire(route, edge, graph) {
  const original = edge.shows ?? edge.id;
  const { network } = state.result;
  const shown = network.edgeById.get(original);
  const value = valueOn(shown, state.result);
  const gradient = state.mode === "forward" ? null : gradientOn(shown, state.result);
  const words = labels(shown, value, gradient);
  const line = path(route.points);
  const flow = state.mode === "backward" ? " flows-back" : state.mode === "forward" ? " flows-on" : "";
  const group = svg("g", {
    class: `wire${flow}`, role: "button", tabindex: -1, "data-edge": original, "data-link": links(shown),
    "aria-label": words.spoken, onclick: () => select(original), onkeydown: press(() => select(original)),
  });
  const ends = state.mode === "backward" ? { "marker-start": "url(#arrow-gradient)" } : { "marker-end": "url(#arrow-value)" };
  group.append(svg("path", { class: "reach", d: line }));
  group.append(svg("path", { class: "line", d: line, ...ends, "stroke-width": thickness(state.mode === "backward" ? gradient : value) }));
  if (!wantsStillness()) group.append(svg("path", { class: "flow", d: line }));
  group.append(...label(route.label, words));
  return group;
}

/** What hovering a wire points at: the tensors that lie on it. */
const links = (edge) => `${state.result.network.byId.get(edge.from).key} ${edge.key}`;

function labels(edge, value, gradient) {
  const from = state.result.network.byId.get(edge.from);
  const shape = value ? shapeText(value.shape) : "";
  const isConstant = edge.isConstant;
  const forward = value ? inWords(value) : "not known";
  const back = state.mode === "forward" ? "not computed" : gradient ? inWords(gradient) : isConstant ? "none: constant" : "none: integers";
  return {
    name: `${from.name} ${shape}`,
    value: forward, gradient: isConstant ? null : back,
    spoken: `${from.name} to ${state.result.network.byId.get(edge.to).name || "the output"}, shape ${shape}, value ${forward}, gradient ${back}`,
  };
}

/** A small tensor by its numbers, a large one by its norm. */
function inWords(tensor) {
  const { shape, data } = tensor;
  if (shape.length === 0) return short(data[0]);
  const numbers = data.slice(0, 5).map((value) => short(value, 3)).join(", ");
  if (shape.length === 1 && data.length <= 5 && numbers.length <= (byId("graph").clientWidth < NARROW ? 15 : 20)) return `[${numbers}]`;
  return `norm ${short(summary(tensor).norm, 4)}`;
}

function label({ x, y, isBeside, isLeft }, words) {
  const line = (kind, text, dy, title) => text === null ? null
    : svg("text", { class: kind, x, y: y + dy, "text-anchor": isBeside && !isLeft ? "start" : "end" }, title ? svg("tspan", { class: "sign", text: `${title} ` }) : null, text);
  const offsets = isBeside ? [-12, 3, 18] : [-21, -7, 16];
  return [
    line("name", words.name, offsets[0]),
    state.mode === "backward" ? null : line("value", words.value, offsets[1], "val"),
    line("gradient", words.gradient, state.mode === "backward" ? offsets[1] : offsets[2], "∇"),
  ].filter(Boolean);
}

function thickness(tensor) {
  if (!tensor) return 1.3;
  const { norm } = summary(tensor);
  return Number.isFinite(norm) && norm > 0 ? Math.min(4, Math.max(1.3, 1.6 + Math.log10(norm))) : 1.3;
}

/** Corners as a path, each rounded off. */
function path(points) {
  let d = `M${points[0].join(" ")}`;
  for (let index = 1; index < points.length - 1; index++) {
    const [[ax, ay], [bx, by], [cx, cy]] = points.slice(index - 1, index + 2);
    const cut = (x, y) => {
      const length = Math.hypot(x - bx, y - by);
      const part = length === 0 ? 0 : Math.min(7, length / 2) / length;
      return `${bx + (x - bx) * part} ${by + (y - by) * part}`;
    };
    d += ` L${cut(ax, ay)} Q${bx} ${by} ${cut(cx, cy)}`;
  }
  return `${d} L${points.at(-1).join(" ")}`;
}

// MARK: boxes

function box(node, { x, y, width, height }) {
  if (node.kind === "group") return groupBox(node, { x, y, width, height });
  const lines = texts(node);
  const open = () => select(edgeOf(state.result.network, node.id)?.id);
  return svg("g", { class: `node ${node.kind}`, "data-node": node.id, "data-link": node.key, onclick: open },
    svg("rect", { x, y, width, height, rx: ["input", "constant"].includes(node.kind) ? height / 2 : 7 }),
    ...lines.map((text, index) => svg("text", {
      class: index ? "type" : "name", x: x + width / 2, y: y + height / 2 + 5 + (lines.length > 1 ? index * 17 - 8 : 0), "text-anchor": "middle",
    }, clipped(text, width))));
}

function texts(node) {
  if (node.kind === "layer") return node.name === `${node.type}_${node.index}` ? [node.type] : [node.name, node.type];
  if (node.kind === "loss") return [node.type, `= ${short(state.result.answer.loss ?? null)}`];
  return [node.name];
}

function clipped(text, width) {
  const most = Math.floor((width - 8) / 7.4);
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function groupBox(node, { x, y, width, height }) {
  const open = () => {
    change({ opened: new Set([...state.opened, node.key]) });
    announce(`Layers ${node.first + 1} to ${node.last + 1} opened`);
  };
  return svg("g", {
    class: "node group", role: "button", tabindex: 0, "aria-label": `Open layers ${node.first + 1} to ${node.last + 1}`,
    onclick: open, onkeydown: press(open),
  },
  svg("rect", { x: x + 5, y: y - 5, width, height, rx: 7, class: "behind" }), svg("rect", { x, y, width, height, rx: 7 }),
  svg("text", { class: "name", x: x + width / 2, y: y + height / 2 - 3, "text-anchor": "middle" }, `⊕ ${count(node.last - node.first + 1, "layer")}`),
  svg("text", { class: "type", x: x + width / 2, y: y + height / 2 + 14, "text-anchor": "middle" }, `${node.first + 1} … ${node.last + 1}`));
}

const press = (action) => (event) => {
  if (event.key !== "Enter" && event.key !== " ") return;
  event.preventDefault();
  action();
};

// MARK: what is chosen

function select(id) {
  if (id) change({ selected: id });
}

/** Arrow keys go along the wires in their order. */
function walk(event) {
  const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  const wires = [...byId("graph").querySelectorAll(".wire")];
  const index = wires.indexOf(document.activeElement);
  if (index < 0 || !(event.key in steps)) return;
  event.preventDefault();
  const next = wires[(index + steps[event.key] + wires.length) % wires.length];
  for (const one of wires) one.setAttribute("tabindex", one === next ? 0 : -1);
  next.focus();
}

/** Shows what is selected, stale or at fault, on the drawing that is there. */
function mark() {
  const figure = byId("graph");
  figure.classList.toggle("stale", state.isStale);
  const wires = [...figure.querySelectorAll(".wire")];
  for (const one of wires) {
    const isSelected = one.dataset.edge === state.selected;
    one.classList.toggle("selected", isSelected);
    one.setAttribute("aria-pressed", isSelected);
    one.setAttribute("tabindex", isSelected ? 0 : -1);
  }
  if (wires.length && !wires.some((one) => one.getAttribute("tabindex") === "0")) wires[0].setAttribute("tabindex", 0);
  const faulty = new Set(state.faults.map(({ node }) => node));
  for (const one of figure.querySelectorAll("[data-node]")) one.classList.toggle("faulty", faulty.has(one.dataset.node));
}

/** The drawing as it stands, for the export. */
export const drawing = () => byId("graph").querySelector("svg");
