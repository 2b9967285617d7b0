// Tensors as the service writes them, in one form: {shape, data}, row-major.

/** The number of elements of a shape. */
export const size = (shape) => shape.reduce((product, length) => product * length, 1);

/** Reads a tensor from JSON: nested arrays, or an object with shape and data or base64; null for anything else. */
export function read(value) {
  if (isNumber(value)) return { shape: [], data: [value] };
  if (Array.isArray(value)) return readNested(value);
  if (value && typeof value === "object" && Array.isArray(value.shape)) {
    if (Array.isArray(value.data)) return whole({ shape: value.shape, data: value.data });
    if (typeof value.base64 === "string") return readBase64(value);
  }
  return null;
}

// Non-finite numbers come as their names.
const isNumber = (value) => typeof value === "number" || ["NaN", "Infinity", "-Infinity"].includes(value);

const whole = (tensor) => (tensor.data.length === size(tensor.shape) ? tensor : null);

function readNested(value) {
  const shape = [];
  for (let row = value; Array.isArray(row); row = row[0]) shape.push(row.length);
  const data = value.flat(shape.length - 1);
  return data.every(isNumber) ? whole({ shape, data }) : null;
}

function readBase64({ shape, dtype, base64 }) {
  try {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const numbers = dtype === "float32" ? new Float32Array(bytes.buffer) : new Float64Array(bytes.buffer);
    return whole({ shape, data: Array.from(numbers) });
  } catch {
    return null;
  }
}

/** The tensor as nested arrays. */
export function nested({ shape, data }) {
  if (shape.length === 0) return data[0];
  let rows = data;
  for (let axis = shape.length - 1; axis > 0; axis--) {
    const length = shape[axis];
    rows = Array.from({ length: rows.length / length }, (_, row) => rows.slice(row * length, (row + 1) * length));
  }
  return rows;
}

/** A tensor of one number. */
export const filled = (shape, value) => ({ shape, data: new Array(size(shape)).fill(value) });

/** The indices of the element at a row-major position. */
export function indicesOf(position, shape) {
  const indices = new Array(shape.length);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    indices[axis] = position % shape[axis];
    position = Math.floor(position / shape[axis]);
  }
  return indices;
}

/** Smallest, largest, largest magnitude and Euclidean norm; what is not finite counts as such. */
export function summary(tensor) {
  let [least, most, squares] = [Infinity, -Infinity, 0];
  for (const entry of tensor.data) {
    const value = Number(entry);
    if (value < least) least = value;
    if (value > most) most = value;
    squares += value * value;
  }
  return { least, most, largest: Math.max(Math.abs(least), Math.abs(most)), norm: Math.sqrt(squares) };
}

/** The largest difference between two tensors' entries; NaN where one of them is not finite. */
export function largestDifference(one, other) {
  let largest = 0;
  for (let index = 0; index < one.data.length; index++) {
    const difference = Math.abs(one.data[index] - other.data[index]);
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}

/**
 * How a tensor lies on paper: the last dimension runs along a row, the one before it down, the one before that along
 * a row of blocks, and so on; `place(position)` gives the row and column of an element, with the gaps between blocks
 * counted apart.
 */
export function paper(shape) {
  const dimensions = shape.length ? shape : [1];
  const across = [], down = [];
  dimensions.toReversed().forEach((length, order) => (order % 2 === 0 ? across : down).unshift({ length, axis: dimensions.length - 1 - order }));
  const product = (list) => list.reduce((all, { length }) => all * length, 1);
  const locate = (indices, list) => {
    let [cell, gaps, within] = [0, 0, product(list)];
    list.forEach(({ length, axis }, level) => {
      within /= length;
      cell += indices[axis] * within;
      if (level < list.length - 1) gaps += indices[axis] * (list.length - 1 - level);
    });
    return { cell, gaps };
  };
  const extent = (list) => locate(dimensions.map((length) => length - 1), list);
  return {
    rows: product(down), columns: product(across), rowGaps: extent(down).gaps, columnGaps: extent(across).gaps,
    place(position) {
      const indices = indicesOf(position, dimensions);
      return { row: locate(indices, down), column: locate(indices, across) };
    },
  };
}
