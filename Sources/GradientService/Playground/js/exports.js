// Taking things away: the drawing, the derivation, the request, the answer.

import { post } from "./api.js";
import { announce, byId, el } from "./dom.js";
import { slices } from "./steps.js";
import { drawing } from "./graph-view.js";
import { body } from "./session.js";
import { state } from "./store.js";
import { read } from "./tensor.js";

/** Saves a text as a file. */
export function save(name, type, text) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = el("a", { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
  announce(`${name} saved`);
}

/** Puts a text onto the clipboard; where the browser does not let it, shows it to be copied by hand. */
export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    toast(`${what} copied`);
  } catch {
    byId("copy-text").value = text;
    byId("copy-dialog").showModal();
    byId("copy-text").select();
  }
}

let fading = 0;
export function toast(text) {
  announce(text);
  const note = byId("toast");
  note.textContent = text;
  note.hidden = false;
  clearTimeout(fading);
  fading = setTimeout(() => { note.hidden = true; }, 2500);
}

const PROPERTIES = ["fill", "stroke", "stroke-width", "stroke-dasharray", "font-family", "font-size", "font-style", "font-weight", "opacity", "text-anchor"];

/** The drawing as a file that needs no style sheet. */
export function svgText() {
  const original = drawing(), copied = original.cloneNode(true);
  const from = original.querySelectorAll("*"), to = copied.querySelectorAll("*");
  from.forEach((node, index) => {
    const style = getComputedStyle(node);
    for (const property of PROPERTIES) to[index].setAttribute(property, style.getPropertyValue(property));
  });
  for (const node of copied.querySelectorAll(".reach, .flow")) node.remove();
  for (const node of copied.querySelectorAll("*")) for (const name of ["tabindex", "role", "class", "data-edge", "data-link", "data-node", "aria-pressed"]) node.removeAttribute(name);
  copied.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(copied)}\n`;
}

const escaped = (text) => text.replace(/[\\{}$&#^_%~]/g, (character) => ({ "\\": "\\textbackslash{}", "^": "\\^{}", "~": "\\~{}" }[character] ?? `\\${character}`));

/** The whole derivation as a LaTeX document. */
export async function latexText() {
  const answer = await post("/v1/explain", body({ max_elements: 256 }));
  const lines = ["\\documentclass{article}", "\\usepackage{amsmath,amssymb}", "\\setcounter{MaxMatrixCols}{20}", "\\begin{document}", "\\section*{How the gradients come about}"];
  const display = (source) => lines.push("\\[", `  ${source}`, "\\]");
  for (const layer of answer.layers) {
    lines.push(`\\subsection*{Layer ${escaped(layer.name)} (${escaped(layer.type)})}`);
    display(layer.formula);
    for (const variable of layer.steps_for) {
      lines.push(`\\paragraph{$${variable.symbol}$}`);
      for (const step of variable.steps) display(step.latex);
      display(variable.sum_form);
      display(variable.index_form);
      display(variable.matrix_form);
      const gradient = read(variable.gradient);
      if (gradient && gradient.data.length <= 400) display(`${variable.symbol} = ${slices(gradient)}`);
    }
  }
  return [...lines, "\\end{document}", ""].join("\n");
}

/** The answer, laid out line by line. */
export const answerText = () => `${JSON.stringify(state.result.answer)}\n`;
