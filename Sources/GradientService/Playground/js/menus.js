// What goes in and out: examples, files, links, snippets.

import { get } from "./api.js";
import { announce, byId, el } from "./dom.js";
import { answerText, copy, latexText, save, svgText, toast } from "./exports.js";
import { layOut } from "./json-text.js";
import { pytorch } from "./pytorch.js";
import { setText } from "./session.js";
import { fragment, read, restore } from "./share.js";
import { curl, python, requestIn } from "./snippets.js";
import { change, state } from "./store.js";

/** What the page was opened with, to go back to. */
let baseline = null;

export async function startMenus() {
  const { examples } = await get("/v1/examples");
  byId("example").replaceChildren(...examples.map(({ name, title }) => el("option", { value: name, text: `${name}: ${title}` })));
  byId("example").addEventListener("change", ({ target }) => load(target.value));
  byId("reset").addEventListener("click", () => baseline && restore(baseline));
  byId("file").addEventListener("change", async ({ target }) => { if (target.files[0]) take(await target.files[0].text()); target.value = ""; });
  const actions = {
    "copy-link": async () => copy(location.href.split("#")[0] + (await fragment()), "Link"),
    "copy-curl": () => copy(curl(), "curl command"),
    "copy-python": () => copy(python(), "Python program"),
    "copy-pytorch": () => copy(pytorch(state.result.request, state.catalogue), "PyTorch program"),
    "save-svg": () => save("network.svg", "image/svg+xml", svgText()),
    "save-latex": async () => save("derivation.tex", "application/x-tex", await latexText()),
    "save-request": () => save("request.json", "application/json", state.text),
    "save-answer": () => save("answer.json", "application/json", answerText()),
  };
  for (const [id, action] of Object.entries(actions)) {
    byId(id).addEventListener("click", async ({ target }) => {
      target.closest("details")?.removeAttribute("open");
      try {
        await action();
      } catch (error) {
        toast(error.message);
      }
    });
  }
  closing();
  dropping();
}

/** Menus close by Escape and by a click elsewhere. */
function closing() {
  const close = (besides) => document.querySelectorAll("details.menu[open]").forEach((menu) => menu !== besides && menu.removeAttribute("open"));
  addEventListener("click", ({ target }) => close(target.closest("details.menu")));
  addEventListener("keydown", (event) => {
    const open = document.querySelector("details.menu[open]");
    if (event.key !== "Escape" || !open) return;
    open.removeAttribute("open");
    open.querySelector("summary").focus();
  });
}

function dropping() {
  addEventListener("dragover", (event) => { event.preventDefault(); document.body.classList.add("dropping"); });
  addEventListener("dragleave", ({ relatedTarget }) => { if (!relatedTarget) document.body.classList.remove("dropping"); });
  addEventListener("drop", async (event) => {
    event.preventDefault();
    document.body.classList.remove("dropping");
    const [file] = event.dataTransfer.files;
    take(file ? await file.text() : event.dataTransfer.getData("text"));
  });
  addEventListener("paste", (event) => {
    const isCommand = event.clipboardData.getData("text").trim().startsWith("curl");
    const isField = event.target.closest?.("input, textarea");
    // A command is never what one wants as the text of the request.
    if (isField && !(isCommand && event.target.id === "request")) return;
    event.preventDefault();
    take(event.clipboardData.getData("text"));
  });
}

function take(text) {
  const request = requestIn(text);
  if (request === null) return toast("That is not a request: JSON with a network, or a curl command with one");
  change({ selected: null, opened: new Set() });
  setText(request);
  announce("Request loaded");
}

async function load(name) {
  const response = await fetch(`/v1/examples/${encodeURIComponent(name)}`);
  const text = await response.text();
  // As it was written, unless its lines are too long to be read.
  const isWide = text.split("\n").some((line) => line.length > 74);
  begin({ text: isWide ? layOut(JSON.parse(text)) : text, mode: state.mode });
}

/** Opens what an address names, or the lecture network. */
export async function open(hash) {
  const found = (await read(hash)) ?? { example: "lecture" };
  if (found.text !== undefined) return begin(found);
  byId("example").value = found.example;
  return load(found.example);
}

async function begin(opened) {
  baseline = { ...opened };
  change({ opened: new Set() });
  await restore(opened);
}
