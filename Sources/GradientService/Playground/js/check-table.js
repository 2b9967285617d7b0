// The gradient check: beside each gradient what central differences give.

import { byId, el } from "./dom.js";
import { edgeOf } from "./network.js";
import { count, exact, short } from "./numbers.js";
import { runCheck } from "./session.js";
import { change, listen, state } from "./store.js";

export function startCheck() {
  listen(["check"], show);
  byId("check-run").addEventListener("click", () => runCheck({ samples: 16 }));
}

function show() {
  const { check } = state;
  byId("check-run").hidden = !check?.isAsked;
  const table = byId("check-table"), words = byId("check-words");
  table.hidden = !check?.tensors;
  words.className = "verdict";
  if (check?.isRunning) return;
  if (!check?.tensors) {
    words.textContent = check?.isAsked ? "This network is large, so it is checked when you ask for it." : check?.reason ?? "";
    return;
  }
  words.className = check.passed ? "verdict good" : "verdict bad";
  words.textContent = check.passed
    ? `✓ Every gradient agrees with central differences; the largest error is ${short(Math.max(...check.tensors.map((one) => one.max_absolute_error)), 2)}.`
    : "✗ Some gradients differ from central differences.";
  table.tBodies[0].replaceChildren(...check.tensors.map(row));
}

function row(found) {
  const name = found.layer ? `${found.layer}.${found.variable}` : found.variable;
  const isGood = found.near_kink || Number(found.max_relative_error) < 1e-4 || Number(found.max_absolute_error) < 1e-6;
  return el("tr", {},
    el("th", { scope: "row" }, el("button", { type: "button", class: "place", text: name, onclick: () => choose(found) })),
    el("td", { text: count(found.checked, "entry", "entries") }),
    el("td", { text: found.at.map((index) => index + 1).join(", ") || "–" }),
    el("td", { class: "number gradient", text: exact(found.analytic) }),
    el("td", { class: "number", text: exact(found.numeric) }),
    el("td", { class: "number", text: short(found.max_absolute_error, 2) }),
    el("td", { text: found.near_kink ? "at a kink" : isGood ? "✓" : "✗" }));
}

function choose({ layer, variable }) {
  const { network } = state.result;
  const id = layer ? `parameter:${layer}.${variable}` : network.byId.has(`input:${variable}`) ? `input:${variable}` : `shared:${variable}`;
  const edge = edgeOf(network, id);
  if (edge) change({ selected: edge.id, aspect: "gradient" });
}
