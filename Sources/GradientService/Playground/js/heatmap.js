// A tensor as a table of coloured numbers: a window on it where it is large, walked by the arrow keys.

import { cellColour } from "./colours.js";
import { el } from "./dom.js";
import { count, exact, short, subscript } from "./numbers.js";
import { indicesOf, size, summary } from "./tensor.js";

const ROWS = 14, COLUMNS = 10;

export class HeatMap {
  #root;
  #onPick;
  #tensor = null;
  #options = {};
  #cursor = 0;
  #corner = { row: 0, column: 0 };

  /**
   * A heat map in an element; `onPick(position, wantsEdit)` is called with the row-major position of the cell that is
   * pointed at, and with whether it is to be edited.
   */
  constructor(root, onPick = () => {}) {
    this.#root = root;
    this.#onPick = onPick;
  }

  get position() {
    return this.#cursor;
  }

  /** Shows a tensor: {letter, label, link, isEditable, cells(position)}, `cells` naming what a cell is linked with. */
  show(tensor, options) {
    if (!this.#tensor || this.#tensor.shape.join() !== tensor.shape.join()) {
      this.#cursor = 0;
      this.#corner = { row: 0, column: 0 };
    }
    this.#tensor = tensor;
    this.#options = options;
    this.#draw();
  }

  get #shape() {
    const { shape } = this.#tensor;
    const columns = shape.at(-1) ?? 1, rows = shape.length > 1 ? shape.at(-2) : 1;
    return { rows, columns, slices: size(shape) / (rows * columns) };
  }

  #draw() {
    const hadFocus = this.#root.querySelector("table")?.contains(document.activeElement);
    const { rows, columns, slices } = this.#shape;
    const slice = Math.floor(this.#cursor / (rows * columns));
    this.#scroll();
    const { row: top, column: left } = this.#corner;
    const { largest } = summary(this.#tensor);
    const shown = { rows: Math.min(rows, ROWS), columns: Math.min(columns, COLUMNS) };
    const body = [];
    for (let row = top; row < top + shown.rows; row++) {
      const cells = [];
      for (let column = left; column < left + shown.columns; column++) {
        cells.push(this.#cell((slice * rows + row) * columns + column, column, largest));
      }
      body.push(el("tr", { role: "row", "aria-rowindex": row + 1 }, el("th", { role: "rowheader", scope: "row", text: row + 1 }), ...cells));
    }
    const heads = Array.from({ length: shown.columns }, (_, index) => el("th", { role: "columnheader", scope: "col", text: left + index + 1 }));
    const table = el("table", {
      role: "grid", class: "cells", "aria-label": this.#options.label, "aria-rowcount": rows, "aria-colcount": columns,
      "aria-readonly": this.#options.isEditable ? "false" : "true", "data-link": this.#options.link,
      onkeydown: (event) => this.#key(event),
    }, el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, el("td", {}), ...heads)), el("tbody", { role: "rowgroup" }, ...body));
    const isPart = shown.rows < rows || shown.columns < columns;
    this.#root.replaceChildren(
      ...(slices > 1 ? [this.#sliceChooser(slice, slices)] : []),
      el("div", { class: "cells-frame" }, table),
      ...(isPart ? [el("p", { class: "note", text: `rows ${top + 1}–${top + shown.rows} of ${rows}, columns ${left + 1}–${left + shown.columns} of ${columns}; the arrow keys go on` })] : []),
      legend(largest, count(this.#tensor.data.length, "number")),
    );
    if (hadFocus) this.#root.querySelector("[tabindex='0']")?.focus();
  }

  #cell(position, column, largest) {
    const value = this.#tensor.data[position];
    const { paper, ink } = cellColour(value, largest);
    const isCursor = position === this.#cursor;
    const cell = el("td", {
      role: "gridcell", tabindex: isCursor ? 0 : -1, "aria-colindex": column + 1, "data-position": position,
      "data-cell": this.#options.cells?.(position), class: isCursor ? "cursor" : "", text: short(value, 3),
      onclick: () => this.#move(position, false), ondblclick: () => this.#onPick(position, true),
      onpointerenter: () => this.#onPick(position, false, true), onfocus: () => { if (position !== this.#cursor) this.#move(position, false); },
    });
    cell.style.background = paper;
    cell.style.color = ink;
    return cell;
  }

  #sliceChooser(slice, slices) {
    const { rows, columns } = this.#shape;
    const outer = this.#tensor.shape.slice(0, -2);
    const choose = el("select", { onchange: ({ target }) => this.#move(Number(target.value) * rows * columns, false) },
      ...Array.from({ length: Math.min(slices, 500) }, (_, index) => el("option", { value: index, selected: index === slice, text: indicesOf(index, outer).map((part) => part + 1).join(", ") })));
    return el("label", { class: "slice" }, `slice (of ${slices.toLocaleString("en")}) `, choose);
  }

  /** Keeps the cursor within the window. */
  #scroll() {
    const { rows, columns } = this.#shape;
    const row = Math.floor(this.#cursor / columns) % rows, column = this.#cursor % columns;
    const keep = (corner, at, shown, length) => Math.max(0, Math.min(length - shown, Math.min(at, Math.max(corner, at - shown + 1))));
    this.#corner = { row: keep(this.#corner.row, row, Math.min(ROWS, rows), rows), column: keep(this.#corner.column, column, Math.min(COLUMNS, columns), columns) };
  }

  #move(position, wantsFocus) {
    this.#cursor = position;
    this.#draw();
    if (wantsFocus) this.#root.querySelector("[tabindex='0']")?.focus();
    this.#onPick(position, false);
  }

  #key(event) {
    const { rows, columns } = this.#shape;
    const slice = Math.floor(this.#cursor / (rows * columns));
    let row = Math.floor(this.#cursor / columns) % rows, column = this.#cursor % columns;
    switch (event.key) {
      case "ArrowRight": column++; break;
      case "ArrowLeft": column--; break;
      case "ArrowDown": row++; break;
      case "ArrowUp": row--; break;
      case "PageDown": row += ROWS; break;
      case "PageUp": row -= ROWS; break;
      case "Home": column = 0; if (event.ctrlKey) row = 0; break;
      case "End": column = columns - 1; if (event.ctrlKey) row = rows - 1; break;
      case "Enter": this.#onPick(this.#cursor, true); event.preventDefault(); return;
      default:
        if (this.#options.isEditable && /^[-0-9.]$/.test(event.key)) {
          this.#onPick(this.#cursor, true);
        }
        return;
    }
    event.preventDefault();
    row = Math.max(0, Math.min(rows - 1, row));
    column = Math.max(0, Math.min(columns - 1, column));
    this.#move((slice * rows + row) * columns + column, true);
  }
}

/** What the colours mean, with numbers. */
export function legend(largest, words = "") {
  return el("div", { class: "legend" },
    el("span", { text: short(-largest) }), el("span", { class: "ramp", role: "img", "aria-label": "orange for negative, paper for zero, blue for positive" }),
    el("span", { text: short(largest) }), el("span", { class: "note", text: words }));
}

/** An entry by name and indices, with all of its digits: W₁₃ = −0.25. */
export const entryText = (letter, tensor, position) =>
  `${letter}${subscript(indicesOf(position, tensor.shape))} = ${exact(tensor.data[position])}`;
