// The key of a service that asks for one: kept for this tab alone.

import { byId } from "./dom.js";

const PLACE = "nabla-key";
let asking = null;

/** The key, if one was given. */
export const key = () => sessionStorage.getItem(PLACE);

/** Asks for a key; several questions at once share one dialog. Resolves to whether one was given. */
export function askForKey() {
  asking ??= new Promise((resolve) => {
    const dialog = byId("key-dialog");
    byId("key-again").hidden = !key();
    dialog.addEventListener("close", () => {
      const given = dialog.returnValue === "use" ? byId("key-field").value.trim() : "";
      if (given) sessionStorage.setItem(PLACE, given);
      byId("key-field").value = "";
      asking = null;
      resolve(given !== "");
    }, { once: true });
    dialog.returnValue = "";
    dialog.showModal();
  });
  return asking;
}
