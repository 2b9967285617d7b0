#!/usr/bin/env python3
"""Gradients of a batch that is too large for one request: split, answered by many replicas, added.

    pip install distributed
    Examples/sharded_batch.py request.json --url http://127.0.0.1:8080 --shards 16 > answer.json

REQUEST is a body for POST /v1/gradients with a batch in the first dimension of its inputs. Dask sends its parts to the
address of the load balancer, here or, with --scheduler, from the workers of a cluster. The answer has the loss, the
output and the gradients of inputs and parameters, equal to what one request would give but for rounding. A network that
mixes the samples of a batch (batch_norm in training, for example) is refused: its gradients do not add. A network that
each part would carry anew is better stored once, and named: {"model": "name", ...}.
"""
import argparse
import json
import sys
import time
import urllib.error
import urllib.request

from distributed import Client, LocalCluster, as_completed


class NotSplittable(Exception):
    """Why a request can't be answered in parts."""


# ---- splitting

def inputs_of(request):
    """The names and values of a request's inputs."""
    if "inputs" in request:
        return request["inputs"]
    if "input" not in request:
        raise NotSplittable("the request has no input")
    return {"input": request["input"]}


def batch_of(request):
    """The number of samples, which every input must have as many of."""
    values = inputs_of(request) | {
        name: value for name, value in (
            ("target", (request.get("loss") or {}).get("target")), ("output_gradient", request.get("output_gradient"))
        ) if value is not None
    }
    for name, value in values.items():
        if not isinstance(value, list):
            raise NotSplittable(f"{name} must be nested lists, so that its samples can be told apart")
    counts = {len(value) for value in inputs_of(request).values()}
    if len(counts) != 1 or 0 in counts:
        raise NotSplittable(f"the inputs have batches of {sorted(counts)}, not of one size")
    return counts.pop()


def part(request, samples):
    """The request for some of the samples, a slice."""
    some = dict(request)
    if "inputs" in request:
        some["inputs"] = {name: value[samples] for name, value in request["inputs"].items()}
    else:
        some["input"] = request["input"][samples]
    if request.get("output_gradient") is not None:
        some["output_gradient"] = request["output_gradient"][samples]
    if loss := request.get("loss"):
        # These have the output's shape; a weight for each class has not.
        fields = ["target", "var"] + (["weight"] if loss["type"].startswith("bce") else [])
        some["loss"] = loss | {
            name: loss[name][samples] for name in fields
            if isinstance(loss.get(name), list) and len(loss[name]) == len(loss["target"])
        }
    if "network" in request:
        layers = [
            layer | {"mask": layer["mask"][samples]} if isinstance(layer.get("mask"), list) else layer
            for layer in request["network"]["layers"]
        ]
        some["network"] = request["network"] | {"layers": layers}
    return some


def parts_of(request, bounds):
    """The requests for the parts between the bounds, and the share of each in a mean."""
    slices = [slice(start, end) for start, end in zip(bounds, bounds[1:])]
    parts, shares = [part(request, samples) for samples in slices], [share(request, samples) for samples in slices]
    if not any(shares):
        raise NotSplittable("the loss ignores every sample")
    for one, weight in zip(parts, shares):
        if weight == 0:
            # A mean over nothing is not a number; the sum over nothing is 0, and so is what it adds.
            one["loss"] = one["loss"] | {"reduction": "sum"}
    return parts, shares


def share(request, samples):
    """What the loss of some of the samples is divided by, as far as it is divided by anything."""
    loss = request.get("loss") or {}
    target = loss.get("target")
    if loss.get("type") in ("cross_entropy", "nll") and is_labels(target):
        weight, ignored = loss.get("weight"), loss.get("ignore_index", -100)
        return sum(
            (weight[int(label)] if weight else 1) for label in flat(target[samples]) if label != ignored
        )
    return samples.stop - samples.start


def is_labels(target):
    """Whether a target is class indices rather than probabilities."""
    return all(isinstance(label, int) for label in flat(target))


def flat(value):
    """The numbers of nested lists."""
    if isinstance(value, list):
        for one in value:
            yield from flat(one)
    else:
        yield value


# ---- asking

def ask(url, request, key=None, tries=5):
    """The answer to one part; a replica that is full, or going, is asked again."""
    fields = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    for attempt in range(tries):
        body = json.dumps(request).encode()
        try:
            with urllib.request.urlopen(urllib.request.Request(url + "/v1/gradients", body, fields), timeout=600) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code not in (429, 502, 503, 504) or attempt == tries - 1:
                detail = json.load(error) if "json" in error.headers.get("Content-Type", "") else {}
                raise RuntimeError(f"{error.code}: {detail.get('detail', error.reason)} {detail.get('errors', '')}") from None
            time.sleep(float(error.headers.get("Retry-After", 1)))
        except (ConnectionError, urllib.error.URLError):
            if attempt == tries - 1:
                raise
            time.sleep(1)


# ---- adding

def scaled(value, factor):
    """Nested lists times a number; null stays."""
    if isinstance(value, list):
        return [scaled(one, factor) for one in value]
    return None if value is None else value * factor


def added(left, right):
    """The sum of nested lists."""
    if isinstance(left, list):
        return [added(one, other) for one, other in zip(left, right, strict=True)]
    return None if left is None else left + right


class Sum:
    """The answer to the whole, made of the answers to its parts."""

    def __init__(self, count):
        self.parts = [None] * count
        self.total = None

    def add(self, index, answer, factor):
        """Adds the answer to one part; parameters at once, so that memory does not grow with the number of parts."""
        self.parts[index] = (
            answer["output"], {name: scaled(value, factor) for name, value in answer["input_gradients"].items()}
        )
        layers = [
            {"name": layer["name"], "type": layer["type"], "gradients": {"parameters": {
                name: scaled(value, factor) for name, value in layer["gradients"].get("parameters", {}).items()
            }}}
            for layer in answer["layers"]
        ]
        mine = {
            "loss": scaled(answer["loss"], factor),
            "parameter_gradients": {
                name: scaled(value, factor) for name, value in answer["parameter_gradients"].items()
            },
        }
        if self.total is None:
            self.total = mine | {"layers": layers}
            return
        self.total["loss"] = added(self.total["loss"], mine["loss"])
        for name, value in mine["parameter_gradients"].items():
            self.total["parameter_gradients"][name] = added(self.total["parameter_gradients"][name], value)
        for before, layer in zip(self.total["layers"], layers, strict=True):
            known = before["gradients"]["parameters"]
            for name, value in layer["gradients"]["parameters"].items():
                known[name] = added(known[name], value)

    def whole(self, batch, reduction):
        """The answer, once every part has come."""
        return {
            "loss": self.total["loss"],
            "output": [sample for output, _ in self.parts for sample in output],
            "input_gradients": {
                name: None if value is None else [sample for _, of in self.parts for sample in of[name]]
                for name, value in self.parts[0][1].items()
            },
            "parameter_gradients": self.total["parameter_gradients"],
            "layers": self.total["layers"],
            "batch": batch,
            "reduction": reduction,
        }


def gradients(request, url, client, shards, key=None, progress=lambda done, count: None):
    """The gradients of a request whose batch is split into so many parts."""
    batch = batch_of(request)
    shards = max(1, min(shards, batch))
    bounds = [batch * index // shards for index in range(shards + 1)]
    parts, shares = parts_of(request | {"return": ["gradients"]}, bounds)

    # One part, in which the loss looks at something, tells whether the rest may be asked for.
    probe = next(index for index, weight in enumerate(shares) if weight)
    first = ask(url, parts[probe], key)
    if first["couples_samples"]:
        names = ", ".join(first["couples_samples"])
        raise NotSplittable(f"{names} mix the samples of a batch, so the gradients of its parts do not add")
    count = bounds[probe + 1] - bounds[probe]
    if first["batch"] != count:
        raise NotSplittable(f"the service sees {first['batch']} samples where the inputs have {count}")
    if first["reduction"] in (None, "sum"):
        factors = [1.0] * shards
    elif first["reduction"] in ("mean", "batchmean"):
        factors = [weight / sum(shares) for weight in shares]
    else:
        raise NotSplittable(f"nothing is known of the reduction {first['reduction']}")

    total = Sum(shards)
    total.add(probe, first, factors[probe])
    progress(1, shards)
    # A pure function: a part that was lost is sent again, and never twice for one sum.
    futures = {
        client.submit(ask, url, one, key, pure=False, retries=3): index
        for index, one in enumerate(parts) if index != probe
    }
    for done, (future, answer) in enumerate(as_completed(list(futures), with_results=True), start=2):
        total.add(futures[future], answer, factors[futures[future]])
        progress(done, shards)
    return total.whole(batch, first["reduction"])


def bar(done, count):
    """Shows how far it is, where somebody looks."""
    filled = 40 * done // count
    end = "\n" if done == count else ""
    print(f"\r[{'#' * filled}{'.' * (40 - filled)}] {done} of {count}", end=end, file=sys.stderr, flush=True)


def main():
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("request", help="a file with a body for POST /v1/gradients; - for standard input")
    parser.add_argument("--url", default="http://127.0.0.1:8080", help="the service or its load balancer")
    parser.add_argument("--shards", type=int, default=8, help="the number of parts (8)")
    parser.add_argument("--workers", type=int, default=4, help="requests at once, without --scheduler (4)")
    parser.add_argument("--scheduler", help="the address of a Dask cluster's scheduler")
    parser.add_argument("--key", help="an API key, where the service asks for one")
    options = parser.parse_args()
    with sys.stdin if options.request == "-" else open(options.request, encoding="utf-8") as file:
        request = json.load(file)
    # Workers only wait for answers, so threads do.
    cluster = options.scheduler or LocalCluster(
        n_workers=1, threads_per_worker=options.workers, processes=False, dashboard_address=None
    )
    try:
        with Client(cluster) as client:
            answer = gradients(request, options.url.rstrip("/"), client, options.shards, options.key, bar)
    except (NotSplittable, RuntimeError, OSError) as error:
        print(f"\nsharded_batch: {error}", file=sys.stderr)
        return 1
    finally:
        if not options.scheduler:
            cluster.close()
    json.dump(answer, sys.stdout)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
