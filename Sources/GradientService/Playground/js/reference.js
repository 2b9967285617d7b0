// What scripts add to the reference: formulas set by KaTeX, a search, copying, and trying an operation. The page reads
// without all of it.

import { Refused, post } from "./api.js";
import { byId, el } from "./dom.js";
import { set } from "./formulas.js";

/** A longer answer is saved and not shown: laying it out would stop the tab. */
const MOST = 200_000;

function setFormulas() {
  // Those on the screen first, the rest while they come near it.
  const watch = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      watch.unobserve(target);
      set(target, target.dataset.tex, { display: true });
    }
  }, { rootMargin: "800px" });
  for (const formula of document.querySelectorAll("[data-tex]")) watch.observe(formula);
}

function addCopying() {
  for (const block of document.querySelectorAll(".calls pre")) {
    const button = el("button", { type: "button", class: "copy", text: "Copy", onclick: async () => {
      await navigator.clipboard?.writeText(block.textContent.replaceAll("http://127.0.0.1:8080", location.origin));
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    } });
    block.after(button);
  }
}

// MARK: search

function addSearch() {
  const entries = [...document.querySelectorAll("section[id] > h2, section[id] > h3")].map((heading) => ({
    id: heading.parentElement.id, name: heading.textContent.trim(), words: `${heading.textContent} ${heading.parentElement.querySelector("p")?.textContent ?? ""}`.toLowerCase(),
  }));
  const list = el("ul", { class: "found", id: "found" });
  const field = el("input", { type: "search", id: "search-field", autocomplete: "off", "aria-controls": "found" });
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = words.length ? entries.filter((entry) => words.every((word) => entry.words.includes(word))).slice(0, 12) : [];
    list.replaceChildren(...found.map(({ id, name }) => el("li", {}, el("a", { href: `#${id}`, text: name, onclick: () => { field.value = ""; list.replaceChildren(); } }))));
  });
  field.addEventListener("keydown", ({ key }) => {
    if (key === "Enter") list.querySelector("a")?.click();
    if (key === "ArrowDown") list.querySelector("a")?.focus();
    if (key === "Escape") { field.value = ""; list.replaceChildren(); }
  });
  byId("search").append(el("label", { for: "search-field", text: "Search " }), field, el("kbd", { text: "Ctrl K" }), list);
  addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    field.focus();
  });
}

// MARK: trying

function addTrials() {
  for (const calls of document.querySelectorAll("[data-try]")) calls.append(trial(calls));
}

function trial(calls) {
  const path = calls.dataset.try;
  const example = /--json '([\s\S]*?)' '/.exec(calls.querySelector("code").textContent)?.[1] ?? "{}";
  const field = el("textarea", { rows: 8, spellcheck: "false", "aria-label": `The request to ${path}` });
  field.value = example;
  const answer = el("div", { class: "answer", role: "status" });
  const button = el("button", { type: "button", class: "primary", text: "Send", onclick: async () => {
    answer.replaceChildren("…");
    const start = performance.now();
    try {
      const result = await post(path, field.value);
      show(answer, JSON.stringify(result), `200 after ${Math.round(performance.now() - start)} ms`);
    } catch (error) {
      if (!(error instanceof Refused)) return answer.replaceChildren(error.message);
      show(answer, JSON.stringify(error.problem, null, 2), String(error.status));
    }
  } });
  return el("details", { class: "trial" }, el("summary", { text: "Try it" }), field, el("p", {}, button), answer);
}

function show(place, text, words) {
  const address = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const save = el("a", { href: address, download: "answer.json", text: `Save all ${text.length.toLocaleString("en")} characters` });
  const isLong = text.length > MOST;
  const note = isLong ? el("p", { class: "note", text: "The answer is long; this is its beginning." }) : null;
  place.replaceChildren(el("p", {}, `${words}. `, save), ...(note ? [note] : []),
    el("pre", { tabindex: 0, role: "group", "aria-label": "The answer" }, el("code", { text: isLong ? `${text.slice(0, 4000)} …` : text })));
}

setFormulas();
addSearch();
addCopying();
addTrials();
