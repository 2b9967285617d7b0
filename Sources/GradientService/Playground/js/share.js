// The state of the page in the address: a link or a reload gives the same network, numbers and place.

import { debounced } from "./dom.js";
import { change, listen, state } from "./store.js";
import { setText } from "./session.js";

/** A longer address is refused by too many programs that links pass through. */
const MOST = 100_000;

async function through(bytes, stream) {
  const response = new Response(new Blob([bytes]).stream().pipeThrough(stream));
  return new Uint8Array(await response.arrayBuffer());
}

const toText = (bytes) => {
  let text = "";
  for (let start = 0; start < bytes.length; start += 8192) text += String.fromCharCode(...bytes.subarray(start, start + 8192));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
};
const toBytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));

/** The page's state as a fragment. */
export async function fragment() {
  const { text, mode, selected, aspect, seed } = state;
  const time = Math.round(state.time);
  const packed = await through(new TextEncoder().encode(JSON.stringify({ text, mode, selected, aspect, seed, time })), new CompressionStream("deflate-raw"));
  return `#z=${toText(packed)}`;
}

/** Reads a fragment: the whole state (z), a request alone (j), or the name of an example. Null for anything else. */
export async function read(hash) {
  try {
    if (hash.startsWith("#z=")) return JSON.parse(new TextDecoder().decode(await through(toBytes(hash.slice(3)), new DecompressionStream("deflate-raw"))));
    if (hash.startsWith("#j=")) return { text: new TextDecoder().decode(toBytes(hash.slice(3))) };
    if (hash.startsWith("#example=")) return { example: decodeURIComponent(hash.slice(9)) };
  } catch {
    return null;
  }
  return null;
}

/** Shows a state that was read. */
export async function restore({ text, mode, selected, aspect, seed, time }) {
  change({
    mode: ["forward", "backward", "both"].includes(mode) ? mode : "both", aspect: aspect === "gradient" ? "gradient" : "value",
    selected: typeof selected === "string" ? selected : null, seed: Number(seed) || 1,
    time: Number.isInteger(time) && time >= 0 && time <= 4 ? time : 4,
  });
  await setText(String(text));
}

let own = "";

export function startSharing(isOther) {
  const write = debounced(250, async () => {
    if (state.text.length > MOST) return;
    own = await fragment();
    history.replaceState(null, "", own);
  });
  listen(["text", "mode", "selected", "aspect", "seed", "time"], write);
  addEventListener("hashchange", () => { if (location.hash !== own) isOther(location.hash); });
}
