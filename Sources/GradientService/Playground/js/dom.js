// Making elements without markup in strings: what a user typed is always text.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "text") node.textContent = value;
    else if (name === "class" && node instanceof HTMLElement) node.className = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat()) if (child !== null && child !== undefined) node.append(child);
  return node;
}

/** An HTML element: el("p", {class: "note"}, "text", otherElement). */
export const el = (name, attributes, ...children) => fill(document.createElement(name), attributes, children);

/** An SVG element. */
export const svg = (name, attributes, ...children) => fill(document.createElementNS(SVG, name), attributes, children);

/** The element of the page with an id. */
export const byId = (id) => document.getElementById(id);

/** Calls back once the calls have paused for some milliseconds. */
export function debounced(milliseconds, action) {
  let timer = 0;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...values), milliseconds);
  };
}

/** Says something to screen readers. */
export function announce(text) {
  byId("announcer").textContent = text;
}

/** Whether the reader wants things to stand still. */
export const wantsStillness = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
