// The layout of a large drawing, beside the page so that the page never stands still.

import { layOut } from "./graph-layout.js";

addEventListener("message", ({ data }) => postMessage(layOut(data.graph, data.width)));
