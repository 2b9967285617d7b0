// Pointing at a symbol, a cell or a wire lights up everything on the page that stands for the same quantity.

function keysOf(target) {
  const holder = target.closest?.("[data-link]");
  const keys = holder ? holder.dataset.link.split(" ") : [];
  const cell = target.closest?.("[data-cell]");
  return { keys, cells: cell ? cell.dataset.cell.split(" ") : [] };
}

function light({ keys, cells }) {
  for (const lit of document.querySelectorAll(".linked, .linked-cell")) lit.classList.remove("linked", "linked-cell");
  for (const key of keys) {
    for (const one of document.querySelectorAll(`[data-link~="${CSS.escape(key)}"]`)) one.classList.add("linked");
  }
  for (const cell of cells) {
    for (const one of document.querySelectorAll(`[data-cell~="${CSS.escape(cell)}"]`)) one.classList.add("linked-cell");
  }
}

export function startLinks() {
  for (const name of ["pointerover", "focusin"]) addEventListener(name, ({ target }) => light(keysOf(target)));
  document.documentElement.addEventListener("pointerleave", () => light({ keys: [], cells: [] }));
}
