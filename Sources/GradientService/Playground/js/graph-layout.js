// Where things stand in the drawing: layers from left to right in lines, as words in a text, parameters above and
// below the layer that uses them, wires at right angles. Pure, so that it can run beside the page.

export const BOX = { width: 104, height: 50, satellite: 34, gap: 184, wire: 62, port: 58, side: 132 };
/** Below this width wires are shorter, and names stand to the left of the wires that run down. */
export const NARROW = 440;
const NARROW_GAP = 150, MARGIN = 14, LANE = 13, CHANNEL = 16, LABEL = 84;

/** Lays out {nodes, edges} within a width: {width, height, nodes: {id: box}, edges: [{id, points, label}]}. */
export function layOut({ nodes, edges }, width) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const satellites = attach(nodes, edges, byId);
  const ranks = rank(nodes.filter(({ id }) => !satellites.owner.has(id)), edges, satellites);
  const blocks = new Map();
  for (const list of ranks) for (const node of list) blocks.set(node.id, block(node, edges, satellites));
  const lines = breakLines(ranks, blocks, edges, width);
  const owner = ({ from }) => satellites.owner.get(from) ?? from;
  const isShort = (edge) => satellites.owner.get(edge.from) === edge.to || isNext(blocks.get(edge.from), blocks.get(edge.to));
  const boxes = new Map();
  let top = MARGIN, widest = 0;
  for (const line of lines) {
    const wires = edges.filter((edge) => line.ranks.has(blocks.get(owner(edge))?.rank) && !isShort(edge));
    // Boxes of a line stand on one axis, whatever hangs above and below them.
    const stacks = line.columns.map(({ nodes }) => stack(nodes.map(({ id }) => blocks.get(id))));
    const axis = top + Math.max(...stacks.map(({ above }) => above));
    line.columns.forEach((column, index) => {
      let y = axis - stacks[index].above;
      for (const { id } of column.nodes) {
        place(blocks.get(id), column, y, boxes, width < NARROW);
        y += blocks.get(id).height;
      }
      widest = Math.max(widest, column.x + column.gap + column.width + column.reach);
    });
    const bottom = axis + Math.max(...stacks.map(({ below }) => below));
    Object.assign(line, { top, bottom, lanes: 0 });
    top = bottom + 10 + LANE * wires.length;
  }
  const routes = edges.map((edge) => route(edge, boxes, lines, satellites, width < NARROW));
  const reach = Math.max(widest, ...routes.flatMap(({ points }) => points.map(([x]) => x)));
  return { width: reach + 8, height: top + MARGIN, nodes: Object.fromEntries(boxes), edges: routes };
}

/** Parameters and constants stand with the first layer that uses them. */
function attach(nodes, edges, byId) {
  const owner = new Map(), of = new Map();
  for (const { from, to } of edges) {
    if (!["parameter", "constant"].includes(byId.get(from)?.kind) || owner.has(from)) continue;
    owner.set(from, to);
    if (!of.has(to)) of.set(to, []);
    of.get(to).push(from);
  }
  return { owner, of };
}

/** Columns by the longest way from an input. */
function rank(nodes, edges, satellites) {
  const known = new Set(nodes.map(({ id }) => id));
  const flow = edges.filter(({ from, to }) => known.has(from) && known.has(to));
  const into = new Map(), out = new Map();
  for (const edge of flow) {
    if (!into.has(edge.to)) into.set(edge.to, []);
    if (!out.has(edge.from)) out.set(edge.from, []);
    into.get(edge.to).push(edge.from);
    out.get(edge.from).push(edge.to);
  }
  const waiting = new Map(nodes.map(({ id }) => [id, into.get(id)?.length ?? 0]));
  const level = new Map();
  const ready = nodes.filter(({ id }) => waiting.get(id) === 0).map(({ id }) => id);
  for (const id of ready) level.set(id, 0);
  for (let next = 0; next < ready.length; next++) {
    for (const to of out.get(ready[next]) ?? []) {
      level.set(to, Math.max(level.get(to) ?? 0, level.get(ready[next]) + 1));
      waiting.set(to, waiting.get(to) - 1);
      if (waiting.get(to) === 0) ready.push(to);
    }
  }
  // An input that is used late stands just before its use.
  for (const { id } of nodes) {
    const uses = (out.get(id) ?? []).map((to) => level.get(to));
    if (!into.has(id) && uses.length) level.set(id, Math.min(...uses) - 1);
  }
  const ranks = [];
  for (const node of nodes) (ranks[level.get(node.id) ?? 0] ??= []).push(node);
  const filled = ranks.filter((list) => list?.length);
  const order = new Map();
  for (const list of filled) {
    const centre = ({ id }) => {
      const from = (into.get(id) ?? []).map((source) => order.get(source) ?? 0);
      return from.length ? from.reduce((sum, value) => sum + value, 0) / from.length : 0;
    };
    list.sort((one, other) => centre(one) - centre(other));
    list.forEach(({ id }, index) => order.set(id, index));
  }
  return filled;
}

/** A node with its parameters: every other one above, the rest below. */
function block(node, edges, satellites) {
  const own = satellites.of.get(node.id) ?? [];
  const above = own.filter((_, index) => index % 2 === 0), below = own.filter((_, index) => index % 2 === 1);
  const ports = edges.filter(({ to, from }) => to === node.id && satellites.owner.get(from) !== node.id);
  const height = Math.max(BOX.height, BOX.port * Math.max(ports.length - 1, 0) + BOX.height);
  const width = node.kind === "end" ? 0 : Math.max(BOX.width, BOX.side * Math.max(above.length, below.length) - 28);
  const side = (list) => (list.length ? BOX.satellite + BOX.wire : 0);
  const pad = 20;
  return {
    node, above, below, ports, width, boxHeight: height,
    height: pad + Math.max(side(above), 22) + height + Math.max(side(below), 22) + pad, pad, top: Math.max(side(above), 22),
  };
}

/** How far the blocks of a column reach above and below the middle between their first and last box. */
function stack(blocks) {
  const height = blocks.reduce((sum, block) => sum + block.height, 0);
  const first = blocks[0].pad + blocks[0].top + blocks[0].boxHeight / 2;
  const last = height - blocks.at(-1).height + blocks.at(-1).pad + blocks.at(-1).top + blocks.at(-1).boxHeight / 2;
  return { above: (first + last) / 2, below: height - (first + last) / 2 };
}

/** As many columns in a line as its width holds, the lines filled evenly. */
function breakLines(ranks, blocks, edges, width) {
  const columns = ranks.map((nodes, rank) => {
    const own = nodes.map(({ id }) => blocks.get(id));
    const gap = own.some(({ ports }) => ports.length) ? (width < NARROW ? NARROW_GAP : BOX.gap) : CHANNEL;
    // Names beside parameters reach past the box.
    const reach = width >= NARROW && own.some(({ above, below }) => above.length + below.length) ? LABEL : CHANNEL;
    return { nodes, rank, gap, reach, width: Math.max(...own.map(({ width }) => width)) };
  });
  const most = Math.ceil(columns.length / fill(columns, width, columns.length).length);
  const lines = fill(columns, width, most);
  lines.forEach((line, index) => {
    line.ranks = new Set(line.columns.map(({ rank }) => rank));
    for (const { nodes, rank } of line.columns) for (const { id } of nodes) Object.assign(blocks.get(id), { rank, line: index });
  });
  return lines;
}

function fill(columns, width, most) {
  const lines = [];
  let end = Infinity;
  for (const column of columns) {
    if (end + column.gap + column.width + column.reach > width || lines.at(-1).columns.length >= most) {
      lines.push({ columns: [] });
      end = MARGIN;
    }
    column.x = end;
    end += column.gap + column.width;
    lines.at(-1).columns.push(column);
  }
  return lines;
}

const isNext = (from, to) => from !== undefined && from.line === to.line && from.rank === to.rank - 1;

function place(block, column, y, boxes, isNarrow) {
  const x = column.x + column.gap + (column.width - block.width) / 2;
  const { width, boxHeight: height, rank, line } = block;
  const box = { x, y: y + block.pad + block.top, width, height, rank, line, columnX: column.x, reach: block.below.length && !isNarrow ? LABEL : CHANNEL };
  box.ports = block.ports.map(({ id }) => id);
  boxes.set(block.node.id, box);
  const spread = (list, satelliteY) => list.forEach((id, index) => {
    const step = block.width / list.length;
    boxes.set(id, { x: x + step * (index + 0.5) - 46, y: satelliteY, width: 92, height: BOX.satellite, isSatellite: true });
  });
  spread(block.above, box.y - BOX.wire - BOX.satellite);
  spread(block.below, box.y + box.height + BOX.wire);
}

/** A wire's corners, and where its label stands: beside it if it runs down, above and below it if it runs across. */
function route(edge, boxes, lines, satellites, isNarrow) {
  const from = boxes.get(edge.from), to = boxes.get(edge.to);
  if (satellites.owner.get(edge.from) === edge.to) {
    const x = from.x + from.width / 2, isAbove = from.y < to.y;
    const [start, end] = isAbove ? [from.y + from.height, to.y] : [from.y, to.y + to.height];
    return { ...edge, points: [[x, start], [x, end]], label: { x: isNarrow ? x - 9 : x + 9, y: (start + end) / 2, isBeside: true, isLeft: isNarrow } };
  }
  const port = to.ports.indexOf(edge.id);
  const y = to.y + (to.height - BOX.port * (to.ports.length - 1)) / 2 + BOX.port * port;
  const startX = from.x + from.width, startY = from.y + from.height / 2;
  const label = { x: to.x - 10, y, isBeside: false };
  const inX = to.columnX + CHANNEL / 2 + (to.ports.length > 1 ? 5 * port : 0);
  const isStraight = isNext(from, to);
  if (isStraight && Math.abs(startY - y) < 1) return { ...edge, points: [[startX, y], [to.x, y]], label };
  if (isStraight) return { ...edge, points: [[startX, startY], [inX, startY], [inX, y], [to.x, y]], label };
  const line = lines[from.line ?? to.line];
  const laneY = line.bottom + 6 + LANE * line.lanes++;
  const outX = startX + (from.reach ?? CHANNEL) - CHANNEL / 2;
  return { ...edge, points: [[startX, startY], [outX, startY], [outX, laneY], [inX, laneY], [inX, y], [to.x, y]], label };
}
