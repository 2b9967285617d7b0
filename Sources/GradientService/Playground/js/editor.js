// The request as text, with its faults at the lines where they are.

import { byId, debounced, el } from "./dom.js";
import { setRequest, setText } from "./session.js";
import { change, listen, state } from "./store.js";

/** A longer text is shown and not edited here: a browser's text field grows slow with it. */
const MOST = 200_000;

let field, gutter, list;

export function startEditor() {
  field = byId("request");
  gutter = byId("gutter");
  list = byId("faults");
  field.addEventListener("input", debounced(60, () => setText(field.value)));
  field.addEventListener("scroll", () => { gutter.scrollTop = field.scrollTop; });
  // Tab goes on to the next control, as everywhere; two spaces are as quick to type.
  listen(["text"], show);
  listen(["faults"], () => { lines(); faults(); });
  listen(["isStale", "faults"], () => byId("stale-note").toggleAttribute("hidden", !(state.isStale && state.result && state.faults.length)));
}

function show() {
  const isLong = state.text.length > MOST;
  field.readOnly = isLong;
  byId("long-note").hidden = !isLong;
  const text = isLong ? `${state.text.slice(0, 20_000)}\n…` : state.text;
  if (field.value !== text) field.value = text;
  lines();
}

function lines() {
  const faulty = new Set(state.faults.map(({ line }) => line));
  const total = Math.min(field.value.split("\n").length, 5000);
  gutter.replaceChildren(...Array.from({ length: total }, (_, index) =>
    el("span", { class: faulty.has(index + 1) ? "faulty" : "", text: faulty.has(index + 1) ? `▸${index + 1}` : index + 1 })));
  gutter.scrollTop = field.scrollTop;
}

function faults() {
  field.setAttribute("aria-invalid", state.faults.length > 0);
  list.hidden = state.faults.length === 0;
  list.replaceChildren(...state.faults.map((fault) => {
    const place = fault.line ? `line ${fault.line}` : "the request";
    const what = [
      fault.line ? el("button", { type: "button", class: "place", text: place, onclick: () => goTo(fault) }) : el("strong", { text: place }),
      fault.pointer ? el("code", { text: fault.pointer }) : null,
      el("span", { text: fault.detail }),
    ];
    return el("li", {}, ...what, ...remedies(fault));
  }));
}

/** Selects the faulty text. */
function goTo(fault) {
  const starts = field.value.split("\n").slice(0, fault.line - 1).reduce((sum, line) => sum + line.length + 1, 0);
  const start = fault.start ?? starts + (fault.column ?? 1) - 1;
  field.focus();
  field.setSelectionRange(start, fault.end ?? start + 1);
  field.scrollTop = Math.max(0, (fault.line - 4) * parseFloat(getComputedStyle(field).lineHeight));
}

/** What can be done about a fault in one step. */
function remedies({ detail, pointer }) {
  const suggestion = /did you mean "?([\w.]+)"?/i.exec(detail);
  const steps = [];
  if (suggestion && pointer) steps.push(["Use " + suggestion[1], () => respell(pointer, suggestion[1])]);
  if (/output_gradient/.test(detail) && state.mode !== "forward") steps.push(["Show the forward pass alone", () => change({ mode: "forward" })]);
  return steps.map(([text, action]) => el("button", { type: "button", class: "remedy", text, onclick: action }));
}

/** Puts the right word where a wrong one stands: a value, or a member's name. */
function respell(pointer, word) {
  const path = pointer.slice(2).split("/").map((part) => decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~"));
  const last = path.at(-1);
  const fix = (holder, [name, ...rest]) => {
    if (Array.isArray(holder)) return holder.map((entry, index) => (String(index) === name ? (rest.length ? fix(entry, rest) : word) : entry));
    return Object.fromEntries(Object.entries(holder).map(([key, entry]) => {
      if (key !== name) return [key, entry];
      if (rest.length) return [key, fix(entry, rest)];
      return typeof entry === "string" && key === last && ["type", "output"].includes(key) ? [key, word] : [word, entry];
    }));
  };
  setRequest(fix(state.request, path));
}
