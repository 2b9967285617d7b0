#!/usr/bin/env python3
"""Measures how time and memory of POST /v1/gradients grow with batch, width, depth and connections, up to the limits.

    Benchmarks/growth.py --binary .build/release/nabla

Each point has a server of its own. The tables go between the markers of Documentation/performance.md, the drawing to
Documentation/performance.svg. Needs Linux and Python's standard library, four minutes a round and 2 GB of memory.
"""
import argparse
import json
import pathlib
import sys

from growing import bodies, plot, report, server

DOCUMENTATION = pathlib.Path(__file__).resolve().parent.parent / "Documentation"

# What grows in each series; the last points lie just below the limits of the server.
POINTS = {
    "batch": [1, 4, 16, 64, 128, 256, 512, 1024, 2048, 4096],
    "width": [4, 16, 32, 64, 128, 256, 512, 724, 1024, 1216],
    "depth": [2, 8, 32, 128, 256, 512, 1024, 2048, 4096, 10_000],
    "both": [8, 16, 32, 64, 128, 256, 362, 512, 724, 864],
    "sequence": [4, 16, 64, 128, 256, 512, 1024, 2048, 4096],
    "small": [1, 4, 16, 64, 256, 1024, 4096],
    "medium": [1, 4, 16, 64, 256, 512],
}
BODIES = {
    "batch": bodies.classifier, "width": bodies.square, "depth": bodies.chain, "both": bodies.cube,
    "sequence": bodies.attention,
}


def measure(binary, series, x, seconds):
    """One point of a series."""
    numbers = bodies.Numbers()
    warm, _ = bodies.small(numbers)
    if series in BODIES:
        body, count = BODIES[series](numbers, x)
        point = server.one_after_another(binary, body, warm, seconds)
    else:
        body, count = bodies.small(numbers) if series == "small" else bodies.medium(numbers)
        point = server.side_by_side(binary, body, warm, x, seconds)
    return dict(point, x=x, numbers=count, body=len(body))


def measure_all(options):
    """Every point of every series once."""
    results = {}
    for series, points in POINTS.items():
        # The last point is the one at the limit.
        for x in points[::-1][::options.thin][::-1]:
            point = measure(options.binary, series, x, options.seconds)
            results.setdefault(series, []).append(point)
            milliseconds, megabytes = point["cpu"] * 1e3, point["memory"] / 1e6
            print(f"{series} {x}: {milliseconds:.3f} ms of CPU, {megabytes:.1f} MB", file=sys.stderr, flush=True)
    return results


def least_disturbed(rounds):
    """Of each point the round whose requests passed quickest: other work on the machine comes and goes."""
    return {
        series: [min(points, key=lambda point: point["wall"]) for points in zip(*(found[series] for found in rounds))]
        for series in rounds[0]
    }


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=".build/release/nabla", help="a release build of the server")
    parser.add_argument("--seconds", type=float, default=2, help="how long for each point, five requests at least")
    parser.add_argument("--rounds", type=int, default=3, help="how often each point is measured; the quickest counts")
    parser.add_argument("--thin", type=int, default=1, help="measure only every so many points, and write no document")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="also write what was measured here")
    parser.add_argument("--from", type=pathlib.Path, metavar="FILE", dest="source", help="read such a file instead")
    parser.add_argument("--output", type=pathlib.Path, default=DOCUMENTATION, metavar="FOLDER")
    return parser.parse_args()


def main():
    options = arguments()
    if options.source:
        results = json.loads(options.source.read_text())
    else:
        results = least_disturbed([measure_all(options) for _ in range(options.rounds)])
    if options.json:
        options.json.write_text(json.dumps(results))
    text = report.section(results)
    if options.thin > 1:
        return print(text)
    document = options.output / "performance.md"
    document.write_text(report.replace(document.read_text(), text))
    (options.output / "performance.svg").write_text(plot.drawing(results))


if __name__ == "__main__":
    main()
