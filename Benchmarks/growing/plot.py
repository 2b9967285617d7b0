"""A drawing of what was measured: small panels of curves on logarithmic axes, readable on light and on dark pages."""
import math

STYLE = """
svg {
  --page: #ffffff; --ink: #1f2328; --faint: #656d76; --grid: #e3e6ea; --a: #0b65c2; --b: #b4540a; --guide: #8c959f;
}
@media (prefers-color-scheme: dark) {
  svg {
    --page: #0d1117; --ink: #e6edf3; --faint: #9198a1; --grid: #252b33; --a: #58a6ff; --b: #f0883e; --guide: #6e7681;
  }
}
text { font: 11px system-ui, sans-serif; fill: var(--faint); }
.title { font-size: 13px; font-weight: 600; fill: var(--ink); }
.page { fill: var(--page); }
.grid { stroke: var(--grid); }
.a, .b, .guide { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.a { stroke: var(--a); } .b { stroke: var(--b); stroke-dasharray: 1 4; }
.guide { stroke: var(--guide); stroke-width: 1; stroke-dasharray: 5 4; }
.dot-a { fill: var(--a); } .dot-b { fill: var(--b); }
.name-a { fill: var(--a); } .name-b { fill: var(--b); }
"""
TITLES = {"batch": "Batch", "width": "Width", "depth": "Depth", "both": "Batch and width", "sequence": "Sequence"}
WIDTH, HEIGHT = 228, 176
LEFT, TOP, GAP_X, GAP_Y = 48, 62, 62, 74


def short(value):
    """A power of ten as an axis says it."""
    for size, letter in [(1e6, "M"), (1e3, "k")]:
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


class Panel:
    """A frame with two logarithmic axes, whole powers of ten at its ends."""

    def __init__(self, column, row, title, curves, guide=None):
        self.left, self.top = LEFT + column * (WIDTH + GAP_X), TOP + row * (HEIGHT + GAP_Y)
        self.title, self.curves, self.guide = title, curves, guide
        xs = [x for _, points in curves for x, _ in points]
        ys = [y for _, points in curves for _, y in points]
        self.x, self.y = bounds(xs), bounds(ys)

    def place(self, x, y):
        (low, high), (bottom, top) = self.x, self.y
        across = (math.log10(x) - low) / (high - low)
        up = (math.log10(y) - bottom) / (top - bottom)
        return self.left + across * WIDTH, self.top + (1 - up) * HEIGHT

    def draw(self):
        yield f'<text class="title" x="{self.left}" y="{self.top - 26}">{self.title}</text>'
        for power in range(self.x[0], self.x[1] + 1):
            x, _ = self.place(10.0 ** power, 10.0 ** self.y[0])
            yield f'<path class="grid" d="M{x:.1f} {self.top}v{HEIGHT}"/>'
            yield f'<text x="{x:.1f}" y="{self.top + HEIGHT + 15}" text-anchor="middle">{short(10.0 ** power)}</text>'
        for power in range(self.y[0], self.y[1] + 1):
            _, y = self.place(10.0 ** self.x[0], 10.0 ** power)
            yield f'<path class="grid" d="M{self.left} {y:.1f}h{WIDTH}"/>'
            yield f'<text x="{self.left - 6}" y="{y + 4:.1f}" text-anchor="end">{short(10.0 ** power)}</text>'
        if self.guide:
            yield from self.draw_guide()
        offset = self.left
        for (name, points), letter in zip(self.curves, "ab"):
            places = [self.place(x, y) for x, y in points]
            path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
            yield f'<path class="{letter}" d="{path}"/>'
            for x, y in places:
                yield f'<circle class="dot-{letter}" cx="{x:.1f}" cy="{y:.1f}" r="2.5"/>'
            yield f'<text class="name-{letter}" x="{offset}" y="{self.top - 9}">{name}</text>'
            offset += 7 * len(name) + 14

    def draw_guide(self):
        """A line through the last point of the first curve that grows as what is on the horizontal axis."""
        x, y = self.curves[0][1][-1]
        low = max(10.0 ** self.x[0], x * 10.0 ** self.y[0] / y)
        (x1, y1), (x2, y2) = self.place(low, y * low / x), self.place(x, y)
        yield f'<path class="guide" d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"/>'


def bounds(values):
    """The powers of ten around values."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def curve(points, x, y, scale):
    return [(p[x], p[y] * scale) for p in points if p[y] > 0]


def drawing(results):
    """The whole drawing as SVG."""
    panels = []
    for index, (name, title) in enumerate(TITLES.items()):
        column, row = index % 3, index // 3 * 2
        points = results[name]
        time = [("CPU", curve(points, "numbers", "cpu", 1e3)), ("passed", curve(points, "numbers", "wall", 1e3))]
        panels.append(Panel(column, row, f"{title}: ms over numbers in", time, guide=True))
        memory = [
            ("first request", curve(points, "numbers", "first", 1e-6)),
            ("after many", curve(points, "numbers", "memory", 1e-6)),
        ]
        panels.append(Panel(column, row + 1, f"{title}: MB over numbers in", memory, guide=True))
    kinds = [("small requests", "small"), ("larger requests", "medium")]
    time = [(label, curve(results[name], "x", "cpu", 1e6)) for label, name in kinds]
    panels.append(Panel(2, 2, "Connections: µs of CPU a request", time))
    memory = [(label, curve(results[name], "x", "memory", 1e-6)) for label, name in kinds]
    panels.append(Panel(2, 3, "Connections: MB", memory, guide=True))
    width, height = LEFT + 3 * (WIDTH + GAP_X) - GAP_X + 30, TOP + 4 * (HEIGHT + GAP_Y) - GAP_Y + 52
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'role="img" aria-label="How time and memory grow">',
        f"<style>{STYLE}</style>",
        f'<rect class="page" width="{width}" height="{height}"/>',
    ]
    for panel in panels:
        lines += panel.draw()
    y = height - 14
    lines.append(f'<path class="guide" d="M{LEFT} {y - 4}h28"/>')
    lines.append(f'<text x="{LEFT + 36}" y="{y}">grows as what is on the horizontal axis</text>')
    return "\n".join(lines + ["</svg>"]) + "\n"
