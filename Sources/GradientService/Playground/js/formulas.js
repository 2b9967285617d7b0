// Formulas in LaTeX, set by KaTeX, their symbols tied to the tensors that they stand for.

import { latex, shapeText } from "./numbers.js";

/* global katex */

/** Sets a formula into an element; one that KaTeX can't set is shown as it is written. */
export function set(element, source, { display = false } = {}) {
  // Only marks that this page itself puts in may become attributes.
  const trust = ({ command, attributes }) => command === "\\htmlData" && Object.keys(attributes).every((name) => name === "data-link");
  katex.render(source, element, { displayMode: display, throwOnError: false, strict: "ignore", trust, maxExpand: 1000, maxSize: 20 });
}

/** A formula with each symbol marked by what it stands for: `symbols` is [{head, sup, link}]. */
export function linked(source, { derivative, symbols }) {
  let result = "", at = 0;
  for (const fraction of fractions(source)) {
    result += marked(source.slice(at, fraction.start), symbols);
    const link = derivative(fraction.top, fraction.bottom);
    result += link ? `\\htmlData{link=${link}}{${fraction.text}}` : fraction.text;
    at = fraction.end;
  }
  return result + marked(source.slice(at), symbols);
}

/** The derivatives \frac{\partial a}{\partial b} of a formula. */
function* fractions(source) {
  const opening = "\\frac{\\partial ";
  for (let start = source.indexOf(opening); start >= 0; start = source.indexOf(opening, start + 1)) {
    const top = braced(source, start + "\\frac".length);
    const bottom = braced(source, top.end);
    if (!bottom.text.startsWith("\\partial ")) continue;
    const plain = (text) => text.slice("\\partial ".length).replace(/_\{[^{}]*\}/g, "").trim();
    yield { start, end: bottom.end, text: source.slice(start, bottom.end), top: plain(top.text), bottom: plain(bottom.text) };
  }
}

function braced(source, start) {
  let depth = 0;
  for (let at = start; at < source.length; at++) {
    if (source[at] === "{") depth++;
    if (source[at] === "}" && --depth === 0) return { text: source.slice(start + 1, at), end: at + 1 };
  }
  return { text: "", end: source.length };
}

function marked(text, symbols) {
  for (const { head, sup, link } of symbols) {
    const literal = (part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
    const power = sup ? `\\^\\{${literal(sup)}(?:\\\\top)?\\}` : "(?:\\^\\{\\\\top\\})?";
    const pattern = new RegExp(`(?<![\\\\A-Za-z{=])${literal(head)}(?:_\\{[^{}]*\\})?${power}(?![A-Za-z])`, "g");
    text = text.replace(pattern, (found) => `\\htmlData{link=${link}}{${found}}`);
  }
  return text;
}

const MOST = { rows: 8, columns: 8 };

/** A matrix or vector in LaTeX, its middle left out where it is long. */
export function matrix(tensor, { digits = 3, asColumn = false } = {}) {
  const { shape, data } = tensor;
  if (shape.length === 0) return latex(data[0], digits);
  const columns = shape.length === 1 ? (asColumn ? 1 : shape[0]) : shape.at(-1);
  const rows = data.length / columns;
  if (shape.length > 2) return `\\underbrace{\\left[\\;\\cdots\\;\\right]}_{${shapeText(shape)}}`;
  const line = (row) => {
    const cells = pick(columns, MOST.columns).map((column) => (column < 0 ? "\\cdots" : latex(data[row * columns + column], digits)));
    return cells.join(" & ");
  };
  const dots = Array(Math.min(columns, MOST.columns)).fill("\\vdots").join(" & ");
  const lines = pick(rows, MOST.rows).map((row) => (row < 0 ? dots : line(row)));
  return `\\begin{pmatrix} ${lines.join(" \\\\ ")} \\end{pmatrix}`;
}

/** The indices that are shown of so many: −1 stands for those left out. */
function pick(length, most) {
  if (length <= most) return Array.from({ length }, (_, index) => index);
  const head = Math.ceil((most - 1) / 2), tail = most - 1 - head;
  return [...Array.from({ length: head }, (_, index) => index), -1, ...Array.from({ length: tail }, (_, index) => length - tail + index)];
}
