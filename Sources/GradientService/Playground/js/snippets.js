// What is on the screen as a command, to be run elsewhere and pasted back here.

import { key } from "./key.js";
import { layOut } from "./json-text.js";
import { state } from "./store.js";

const path = () => (state.mode === "forward" ? "/v1/forward" : "/v1/gradients");

/** As a call of curl. */
export function curl() {
  const authority = key() ? "-H \"Authorization: Bearer $NABLA_KEY\" " : "";
  return `curl -s ${authority}--json '${state.text.trim().replaceAll("'", "'\\''")}' '${location.origin}${path()}?pretty=1'\n`;
}

/** As a Python program that needs no package. */
export function python() {
  const headers = key() ? "{\"Content-Type\": \"application/json\", \"Authorization\": \"Bearer \" + os.environ[\"NABLA_KEY\"]}" : "{\"Content-Type\": \"application/json\"}";
  return `import json
${key() ? "import os\n" : ""}import urllib.request

request = json.loads(r'''
${state.text.trim().replaceAll("'''", "\\u0027\\u0027\\u0027")}
''')
call = urllib.request.Request(
    "${location.origin}${path()}",
    data=json.dumps(request).encode(),
    headers=${headers},
)
answer = json.load(urllib.request.urlopen(call))
for name, gradient in answer.get("input_gradients", {}).items():
    print(name, gradient)
for layer in answer["layers"]:
    print(layer["name"], layer.get("gradients", layer.get("output")))
`;
}

/** The request in what was pasted or dropped: JSON as it is, or the body of a curl command; null if there is none. */
export function requestIn(text) {
  const trimmed = text.trim();
  if (trimmed.startsWith("curl")) {
    const body = /(?:--json|--data(?:-raw|-binary)?|-d)\s+'((?:[^']|'\\'')*)'/.exec(trimmed);
    return body && requestIn(body[1].replaceAll("'\\''", "'"));
  }
  try {
    const value = JSON.parse(trimmed);
    if (value && typeof value === "object" && ("network" in value || "model" in value)) return trimmed.includes("\n") ? text : layOut(value);
  } catch {
    return null;
  }
  return null;
}
