"""Tables and exponents of what was measured, and their place in a document."""
import math

# How a series is told of: its title, what grows in it, and the limit that its last point stays below.
SERIES = {
    "batch": ("Batch", "samples", "MLP 784-32-10, ReLU, cross entropy; up to `--max-body`"),
    "width": ("Width", "width", "two square linear layers, ReLU, 16 samples; up to `--max-body`"),
    "depth": ("Depth", "layers", "linear 8-8 and tanh in turns, 4 samples; up to `--max-layers`"),
    "both": (
        "Batch and width together", "samples and width",
        "as width, with as many samples as a layer is wide; up to `--max-body`",
    ),
    "sequence": ("Sequence", "tokens", "multi-head attention, one head of 16; bounded by `--compute-timeout` alone"),
    "small": ("Connections, small requests", "connections", "MLP 3-4-2-1, one sample; up to `--max-connections`"),
    "medium": ("Connections, larger requests", "connections", "MLP 16-64-64-8, tanh, 32 samples; past `--queue`"),
}
ALONE = ["batch", "width", "depth", "both", "sequence"]
# What has an exponent, in the table's order.
PARTS = ["cpu", "wall", "read", "compute", "write", "first", "memory", "reply"]
MARKERS = ("<!-- growth: written by Benchmarks/growth.py -->", "<!-- end of growth -->")


def exponent(points, x, y):
    """The slope of log y over log x by least squares, over the upper half of the points."""
    upper = [p for p in points[len(points) // 2:] if p[x] > 0 and p[y] > 0]
    if len(upper) < 2:
        return math.nan
    xs, ys = [math.log(p[x]) for p in upper], [math.log(p[y]) for p in upper]
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((a - mean_x) * (b - mean_y) for a, b in zip(xs, ys)) / sum((a - mean_x) ** 2 for a in xs)


def digits(value):
    """Three digits that count."""
    if value == 0:
        return "0"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.{1 if value >= 10 else 2 if value >= 1 else 3}f}"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + " ---: |" * len(head)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


def alone(points, name):
    """The table of a series of requests one after another."""
    head = [
        SERIES[name][1], "numbers in", "MB in", "MB out", "CPU ms", "passed ms", "read ms", "computed ms", "printed ms",
        "MB once", "MB after many", "CPU ns a number in", "bytes a number in, once",
    ]
    rows = [
        [f"{p['x']:,}", f"{p['numbers']:,}", digits(p["body"] / 1e6), digits(p["reply"] / 1e6)]
        + [digits(p[key] * 1e3) for key in ("cpu", "wall", "read", "compute", "write")]
        + [digits(p["first"] / 1e6), digits(p["memory"] / 1e6)]
        + [digits(p["cpu"] / p["numbers"] * 1e9), digits(p["first"] / p["numbers"])]
        for p in points
    ]
    return table(head, rows)


def together(points):
    """The table of a series of connections."""
    head = ["connections", "answers a second", "CPU µs a request", "median ms", "p99 ms", "turned away", "memory MB",
            "kB a connection"]
    rows = [
        [
            f"{p['x']:,}", f"{p['rate']:,.0f}", digits(p["cpu"] * 1e6), digits(p["wall"] * 1e3),
            digits(p["tail"] * 1e3), f"{100 * p['refused']:.0f} %", digits(p["memory"] / 1e6),
            digits(p["memory"] / p["x"] / 1e3),
        ]
        for p in points
    ]
    return table(head, rows)


def exponents(results):
    """The table of how time and memory grow with what grows."""
    head = [
        "", "range of the fit", "CPU", "time that passes", "reading", "computing", "printing", "memory once",
        "after many", "answer",
    ]
    rows = []
    for name in ALONE:
        points = results[name]
        first = points[len(points) // 2]
        fit = f"{first['numbers']:,} to {points[-1]['numbers']:,} numbers"
        rows.append(
            [SERIES[name][0].lower(), fit]
            + [f"{exponent(points, 'numbers', key):.2f}" for key in PARTS]
        )
    for name in ("small", "medium"):
        # Beyond the queue requests are turned away, which costs less.
        points = [p for p in results[name] if p["refused"] < 0.01]
        fit = f"{points[len(points) // 2]['x']:,} to {points[-1]['x']:,} connections"
        found = {key: f"{exponent(points, 'x', key):.2f}" for key in ("cpu", "wall", "memory")}
        rows.append([SERIES[name][0].lower(), fit] + [found.get(key, "") for key in PARTS])
    lines = table(head, rows)
    lines[1] = "| --- | --- |" + " ---: |" * len(PARTS)
    return lines


def section(results):
    """The part of the document that is made from what was measured."""
    lines = ["![Time and memory over what a request holds, and over connections](performance.svg)", ""]
    lines += ["### Exponents", ""] + exponents(results)
    for name, (title, _, what) in SERIES.items():
        lines += ["", f"### {title}", "", what[0].upper() + what[1:] + ".", ""]
        lines += alone(results[name], name) if name in ALONE else together(results[name])
    return "\n".join(lines)


def replace(document, text):
    """Puts the text between the document's markers."""
    before, found, rest = document.partition(MARKERS[0])
    _, end, after = rest.partition(MARKERS[1])
    if not found or not end:
        raise SystemExit("the document has no markers for the figures")
    return f"{before}{MARKERS[0]}\n\n{text}\n\n{MARKERS[1]}{after}"
