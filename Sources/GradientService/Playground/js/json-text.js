// JSON as text: laid out for reading, and where in a text each value stands.

const WIDTH = 62;

/** Lays a value out: what fits stands on one line, a matrix has a line for each row. */
export function layOut(value, indent = "", room = WIDTH) {
  const line = oneLine(value);
  if (line.length <= room - indent.length || value === null || typeof value !== "object") return line;
  const inner = indent + "  ";
  const isNumbers = Array.isArray(value) && value.every((entry) => typeof entry !== "object");
  if (isNumbers) return `[${wrapped(value, inner)}]`;
  const parts = Array.isArray(value)
    ? value.map((entry) => inner + layOut(entry, inner, room))
    : Object.entries(value).map(([name, entry]) => `${inner}${JSON.stringify(name)}: ${layOut(entry, inner, room)}`);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  return `${open}\n${parts.join(",\n")}\n${indent}${close}`;
}

function oneLine(value) {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(", ")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "null";
  return `{${Object.entries(value).map(([name, entry]) => `${JSON.stringify(name)}: ${oneLine(entry)}`).join(", ")}}`;
}

function wrapped(numbers, indent) {
  const lines = [""];
  numbers.forEach((number, index) => {
    const text = JSON.stringify(number) + (index < numbers.length - 1 ? ", " : "");
    if (lines.at(-1).length + text.length > WIDTH) lines.push("");
    lines[lines.length - 1] += text;
  });
  return lines.map((line) => line.trimEnd()).join(`\n${indent}`);
}

/**
 * Where the value that a JSON Pointer names stands: {start, end} in the text. A pointer past what is there gives the
 * nearest value around it; null if the text is not JSON up to there.
 */
export function placeOf(text, pointer) {
  const wanted = pointer.replace(/^#/, "").split("/").slice(1)
    .map((part) => decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~"));
  let at = 0;
  const space = () => { while (/\s/.test(text[at] ?? "")) at++; };
  const string = () => {
    const start = at++;
    while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
    at++;
    return JSON.parse(text.slice(start, at));
  };
  // Skips a value, or descends into the wanted part of it; the innermost one found is kept.
  let found = null;
  const value = (depth) => {
    space();
    const start = at;
    const isWanted = depth !== null;
    if (text[at] === "{" || text[at] === "[") container(isWanted ? depth : null);
    else if (text[at] === '"') string();
    else while (at < text.length && !/[\s,\]}]/.test(text[at])) at++;
    if (isWanted && (found === null || depth > found.depth)) found = { start, end: at, depth };
  };
  const container = (depth) => {
    const isObject = text[at++] === "{";
    for (let index = 0; at < text.length; index++) {
      space();
      if (text[at] === "}" || text[at] === "]") break;
      let name = String(index);
      if (isObject) {
        name = string();
        space();
        at++;
      }
      value(depth !== null && wanted[depth] === name ? depth + 1 : null);
      space();
      if (text[at] !== ",") break;
      at++;
    }
    at++;
  };
  try {
    value(0);
  } catch {
    return null;
  }
  return found && { start: found.start, end: Math.min(found.end, text.length) };
}

/** The line and column, both from 1, of an offset in a text. */
export function lineOf(text, offset) {
  const before = text.slice(0, offset);
  return { line: before.split("\n").length, column: offset - before.lastIndexOf("\n") };
}
