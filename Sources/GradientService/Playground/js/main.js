// Puts the page together: every part draws itself when the state it shows has changed.

import { get } from "./api.js";
import { startCheck } from "./check-table.js";
import { byId } from "./dom.js";
import { startEditor } from "./editor.js";
import { startGraph } from "./graph-view.js";
import { startInspector } from "./inspector.js";
import { startLinks } from "./links.js";
import { open, startMenus } from "./menus.js";
import { startNotations } from "./notations.js";
import { startSession } from "./session.js";
import { startSharing } from "./share.js";
import { startSteps } from "./steps.js";
import { change, listen, state } from "./store.js";
import { startStructure } from "./structure.js";

const byType = (list) => new Map(list.map((entry) => [entry.type, entry]));

function startModes() {
  const choices = byId("mode").querySelectorAll("input");
  for (const choice of choices) choice.addEventListener("change", () => change({ mode: choice.value }));
  listen(["mode"], () => {
    for (const choice of choices) choice.checked = choice.value === state.mode;
    document.body.dataset.mode = state.mode;
  });
}

async function start() {
  startModes();
  for (const begin of [startEditor, startGraph, startInspector, startStructure, startSteps, startNotations, startCheck, startLinks, startSession]) begin();
  const [layers, losses] = await Promise.all([get("/v1/layers"), get("/v1/losses"), startMenus()]);
  change({ catalogue: { layers: byType(layers.layers), losses: byType(losses.losses) } });
  startSharing(open);
  await open(location.hash);
  document.body.dataset.ready = "true";
}

start();
