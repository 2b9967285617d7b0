// Numbers as text: few digits where one reads, all of them where one looks something up.

const MINUS = "\u2212";

/** A number in few digits, with a real minus sign: −0.1235, 1.2e−7. */
export function short(value, digits = 4) {
  if (typeof value === "string") return value === "NaN" ? "NaN" : value.replace("-", MINUS).replace("Infinity", "∞");
  if (value === null || value === undefined) return "–";
  if (Object.is(value, -0)) return "0";
  const size = Math.abs(value);
  const text = size !== 0 && (size < 1e-3 || size >= 1e6)
    ? value.toExponential(Math.max(0, digits - 2)).replace(/\.?0+e/, "e").replace("e+", "e")
    : String(Number(value.toPrecision(digits)));
  return text.replaceAll("-", MINUS);
}

/** A number with every digit that tells it from its neighbours. */
export const exact = (value) => (typeof value === "string" ? value : String(value)).replaceAll("-", MINUS);

/** A number for LaTeX. */
export function latex(value, digits = 4) {
  if (typeof value === "string") return `\\text{${value}}`;
  const text = short(value, digits).replaceAll(MINUS, "-");
  const [mantissa, exponent] = text.split("e");
  if (exponent === undefined) return mantissa;
  return `${mantissa}\\cdot10^{${exponent}}`;
}

/** A shape: (4, 3). */
export const shapeText = (shape) => `(${shape.join(", ")})`;

/** A number of things with its unit. */
export const count = (number, one, many = one + "s") => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;

/** 1, 2 … as subscripts, for indices that are counted from 1 as in formulas. */
export function subscript(indices) {
  const text = indices.map((index) => index + 1).join(indices.every((index) => index < 9) ? "" : ",");
  return text.replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]).replaceAll(",", "\u200A‚");
}
