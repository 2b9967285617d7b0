// Long networks are drawn with runs of layers folded into boxes that open: the drawing stays small whatever comes.

/** The most layers that are drawn one by one without being asked for. */
const MOST = 24;
/** The most parts that a folded run opens into. */
const PARTS = 8;

/**
 * The part of a network that is drawn: {nodes, edges, isFolded}. A folded run is a node of kind "group" with the
 * layers from `first` to `last`; its key is what `opened` holds to open it.
 */
export function drawn(network, opened) {
  const layers = network.nodes.filter(({ kind }) => kind === "layer");
  if (layers.length <= MOST) return { nodes: network.nodes, edges: network.edges, isFolded: false };
  const holder = new Map();
  const groups = [];
  const split = (first, last) => {
    if (last - first < PARTS) return;
    const length = Math.ceil((last - first + 1) / PARTS);
    for (let start = first; start <= last; start += length) fold(start, Math.min(last, start + length - 1));
  };
  const fold = (first, last) => {
    if (last - first < 2) return;
    const key = `${first}-${last}`;
    if (opened.has(key)) return split(first, last);
    groups.push({ id: `group:${key}`, kind: "group", key, first, last, name: `${last - first + 1} layers` });
    for (let index = first; index <= last; index++) holder.set(layers[index].id, `group:${key}`);
  };
  // The two ends are what one looks at first.
  fold(3, layers.length - 4);
  return withGroups(network, groups, holder);
}

function withGroups(network, groups, holder) {
  const place = (id) => holder.get(id) ?? id;
  const consumers = new Map();
  for (const { from, to } of network.edges) {
    if (!consumers.has(from)) consumers.set(from, new Set());
    consumers.get(from).add(place(to));
  }
  // A parameter that only folded layers use is folded with them.
  const isHidden = ({ id, kind }) =>
    holder.has(id) || (kind === "parameter" && [...(consumers.get(id) ?? [])].every((to) => to.startsWith("group:")));
  const nodes = network.nodes.filter((node) => !isHidden(node)).concat(groups);
  const known = new Set(nodes.map(({ id }) => id));
  const edges = new Map();
  for (const edge of network.edges) {
    const [from, to] = [place(edge.from), place(edge.to)];
    if (from === to || !known.has(from)) continue;
    const isInner = from !== edge.from || to !== edge.to;
    const key = isInner ? `${from}>${to}` : edge.id;
    if (!edges.has(key)) edges.set(key, { ...edge, from, to, shows: edge.id });
  }
  return { nodes, edges: [...edges.values()], isFolded: groups.length > 0 };
}
