// The four steps as moving cells: each entry of the Jacobian keeps its identity from its place in J to the place where
// it is multiplied, and each product goes on to its place in the gradient.

import { cellColour } from "./colours.js";
import { svg } from "./dom.js";
import { short, subscript } from "./numbers.js";
import { indicesOf, paper, size, summary } from "./tensor.js";

const GAP = 0.5;

export class Scene {
  #cells = [];
  #sums = [];
  #factors = [];
  #captions = [];
  #signs = [];

  /**
   * A scene for a Jacobian of numbers.
   *
   * derivation: {jacobian, outputShape, variableShape, outputGradient, gradient, outputLetter, variableLetter, links}
   */
  constructor(derivation, width) {
    this.given = derivation;
    this.#measure(width);
    this.element = svg("svg", {
      class: "scene", viewBox: `0 0 ${this.width} ${this.height}`, width: this.width, height: this.height, role: "img",
      "aria-label": "The entries of the Jacobian on their way to the gradient; the formulas beside say the same",
    });
    this.#make();
  }

  /** Where the cells stand at each whole time, in units of a cell. */
  #measure(width) {
    const { outputShape, variableShape } = this.given;
    const outputs = size(outputShape), variables = size(variableShape);
    this.outputs = outputs;
    this.variables = variables;
    const whole = paper([...outputShape, ...variableShape]), turned = paper([...variableShape, ...outputShape]);
    const flat = paper([variables, outputs]), result = paper(variableShape);
    const extent = ({ rows, columns, rowGaps, columnGaps }) => ({ rows: rows + rowGaps * GAP, columns: columns + columnGaps * GAP });
    // The third step shows the matrix, the vector and their product side by side.
    const product = { rows: Math.max(variables, outputs), columns: outputs + 4.4 };
    this.stages = [whole, turned, flat, flat, result];
    this.extents = [extent(whole), extent(turned), extent(flat), product, extent(result)];
    const most = { rows: Math.max(...this.extents.map(({ rows }) => rows)) + 1.4, columns: Math.max(...this.extents.map(({ columns }) => columns)) + 2 };
    this.cell = Math.max(7, Math.min(46, Math.floor(width / most.columns), Math.floor(460 / most.rows)));
    this.width = Math.max(120, Math.ceil(most.columns * this.cell));
    this.height = Math.ceil(most.rows * this.cell) + 8;
  }

  /** The corner of a stage's drawing, which stands in the middle. */
  #origin(stage) {
    const { rows, columns } = this.extents[stage];
    return { x: (this.width - columns * this.cell) / 2 + this.cell * 0.3, y: (this.height - rows * this.cell) / 2 + this.cell * 0.35 };
  }

  #at(stage, position) {
    const { row, column } = this.stages[stage].place(position);
    const { x, y } = this.#origin(stage);
    return { x: x + (column.cell + column.gaps * GAP) * this.cell, y: y + (row.cell + row.gaps * GAP) * this.cell };
  }

  /** The columns of the third step's vector and product, to the right of the matrix. */
  #beside(row, column) {
    const { x, y } = this.#origin(3);
    const rows = column === 0 ? this.outputs : this.variables;
    const top = (this.extents[3].rows - rows) / 2;
    return { x: x + (this.outputs + (column === 0 ? 1 : 3.2)) * this.cell, y: y + (top + row) * this.cell };
  }

  #make() {
    const { jacobian, outputGradient, gradient } = this.given;
    const largest = summary(jacobian).largest, largestFactor = summary(outputGradient).largest, largestSum = summary(gradient).largest;
    for (let output = 0; output < this.outputs; output++) {
      for (let variable = 0; variable < this.variables; variable++) {
        const position = output * this.variables + variable, turned = variable * this.outputs + output;
        const cell = this.#cell(jacobian.data[position], largest, `v${variable} o${output}`);
        const stops = [this.#at(0, position), this.#at(1, turned), this.#at(2, turned), this.#at(3, turned)];
        stops[3].y += ((this.extents[3].rows - this.variables) / 2) * this.cell;
        this.#cells.push({ ...cell, stops });
      }
    }
    for (let output = 0; output < this.outputs; output++) {
      this.#factors.push({ ...this.#cell(outputGradient.data[output], largestFactor, `o${output}`, this.given.links.output), place: this.#beside(output, 0) });
    }
    for (let variable = 0; variable < this.variables; variable++) {
      const cell = this.#cell(gradient.data[variable], largestSum, `v${variable}`, this.given.links.variable);
      this.#sums.push({ ...cell, from: this.#beside(variable, 1), to: this.#at(4, variable) });
    }
    const sign = (text, column) => svg("text", { class: "sign", x: this.#beside(0, 0).x + column * this.cell, y: this.height / 2 + 5, "text-anchor": "middle", text });
    this.#signs = [sign("·", -0.5), sign("=", 1.6)];
    this.element.append(...this.#signs);
    this.#captions = this.#caption();
  }

  #cell(value, largest, name, link) {
    const side = this.cell - Math.max(1, this.cell * 0.05);
    const { paper: fill, ink } = cellColour(value, largest);
    const group = svg("g", { class: "entry", "data-cell": name, "data-link": link ?? this.given.links.jacobian });
    group.append(svg("rect", { width: side, height: side, rx: Math.min(4, side / 8), fill }));
    if (this.cell >= 22) {
      const text = short(value, this.cell >= 38 ? 3 : 2);
      const fontSize = Math.min(this.cell * 0.36, (this.cell * 1.55) / Math.max(3, text.length));
      group.append(svg("text", { x: side / 2, y: side / 2 + fontSize * 0.36, "text-anchor": "middle", "font-size": fontSize.toFixed(1), fill: ink, text }));
    }
    group.append(svg("title", { text: String(value) }));
    this.element.append(group);
    return { group };
  }

  /** Names of rows and columns: entries of the variable and of the output. */
  #caption() {
    const { outputShape, variableShape, outputLetter, variableLetter } = this.given;
    if (this.cell < 24) return [];
    const name = (letter, shape, position) => letter + (shape.length ? subscript(indicesOf(position, shape)) : "");
    const texts = (stage, list) => list.map(({ text, x, y, anchor }) => {
      const node = svg("text", { class: "caption", x, y, "text-anchor": anchor, text });
      this.element.append(node);
      return { node, stage };
    });
    const rowNames = (stage, count, letter, shape, at) => Array.from({ length: count }, (_, index) => {
      const place = at(index);
      return { text: name(letter, shape, index), x: place.x - 6, y: place.y + this.cell / 2 + 4, anchor: "end" };
    });
    const columnNames = (count, letter, shape, at) => Array.from({ length: count }, (_, index) => {
      const place = at(index);
      return { text: name(letter, shape, index), x: place.x + this.cell / 2, y: place.y - 6, anchor: "middle" };
    });
    const captions = [];
    if (outputShape.length + variableShape.length <= 2 && outputShape.length === 1) {
      captions.push(...texts(0, rowNames(0, this.outputs, outputLetter, outputShape, (row) => this.#at(0, row * this.variables))));
      captions.push(...texts(0, columnNames(this.variables, variableLetter, variableShape, (column) => this.#at(0, column))));
    } else if (outputShape.length === 1) {
      // One block for each output.
      captions.push(...texts(0, columnNames(this.outputs, outputLetter, outputShape, (output) => this.#at(0, output * this.variables))));
    }
    for (const stage of [1, 2]) {
      if (stage === 1 && variableShape.length !== 1) continue;
      captions.push(...texts(stage, rowNames(stage, this.variables, variableLetter, variableShape, (row) => this.#at(stage, row * this.outputs))));
      captions.push(...texts(stage, columnNames(this.outputs, outputLetter, outputShape, (column) => this.#at(stage, column))));
    }
    captions.push(...texts(3, rowNames(3, this.variables, variableLetter, variableShape, (row) => this.#cells[row].stops[3])));
    return captions;
  }

  /** Moves everything to a time from 0 to 4. */
  show(time) {
    const stage = Math.min(3, Math.floor(time)), part = eased(time - stage);
    const move = (group, from, to, opacity) => {
      group.setAttribute("transform", `translate(${(from.x + (to.x - from.x) * part).toFixed(2)} ${(from.y + (to.y - from.y) * part).toFixed(2)})`);
      group.setAttribute("opacity", opacity);
      group.classList.toggle("gone", opacity < 0.02);
    };
    const leaving = 1 - part;
    for (const { group, stops } of this.#cells) {
      const [from, to] = stage < 3 ? [stops[stage], stops[stage + 1]] : [stops[3], stops[3]];
      move(group, from, to, stage < 3 ? 1 : leaving);
    }
    const arriving = stage < 2 ? 0 : stage === 2 ? part : leaving;
    for (const { group, place } of this.#factors) move(group, place, place, arriving);
    for (const { group, from, to } of this.#sums) {
      if (stage === 3) move(group, from, to, 1);
      else move(group, from, from, stage === 2 ? Math.max(0, 2 * part - 1) : 0);
    }
    for (const sign of this.#signs) sign.setAttribute("opacity", arriving);
    for (const { node, stage } of this.#captions) node.setAttribute("opacity", Math.max(0, 1 - 4 * Math.abs(time - stage)));
  }
}

const eased = (part) => (part < 0.5 ? 4 * part ** 3 : 1 - (-2 * part + 2) ** 3 / 2);

/** A Jacobian too large to draw, by the pattern of its entries that are not zero. */
export function pattern(kind) {
  const cells = [];
  for (let row = 0; row < 12; row++) {
    for (let column = 0; column < 12; column++) {
      const isFilled = kind === "dense" || (kind === "diagonal" && row === column) || (kind === "block" && Math.floor(row / 3) === Math.floor(column / 3));
      cells.push(svg("rect", { x: column * 14 + 4, y: row * 14 + 4, width: 12, height: 12, rx: 2, class: isFilled ? "filled" : "empty" }));
    }
  }
  return svg("svg", { class: "pattern", width: 174, height: 174, viewBox: "0 0 174 174", role: "img", "aria-label": `pattern: ${kind}` }, ...cells);
}
