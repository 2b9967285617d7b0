#!/usr/bin/env python3
"""Writes the larger examples of Sources/GradientService/Resources/Examples.

Their numbers follow from seeds and are rounded to a few digits, so that the files stay small and come out the same
on every machine. `scripts/examples.py` writes them all; lecture.json and digits.json are not made here.
"""

import json
import math
import pathlib
import random

FOLDER = pathlib.Path(__file__).parent.parent / "Sources/GradientService/Resources/Examples"


class Numbers:
    """Tensors of uniform numbers within plus and minus `bound`, three digits after the point."""

    def __init__(self, seed):
        self.source = random.Random(seed)

    def tensor(self, *shape, bound=1.0):
        if not shape:
            return round(self.source.uniform(-bound, bound), 3)
        return [self.tensor(*shape[1:], bound=bound) for _ in range(shape[0])]

    def linear(self, outputs, inputs, **members):
        """A linear layer with the usual spread of its weights, 1/sqrt(inputs) up to a factor."""
        bound = math.sqrt(3 / inputs)
        return {
            **members,
            "type": "linear",
            "weight": self.tensor(outputs, inputs, bound=bound),
            "bias": self.tensor(outputs, bound=0.1),
        }


def mlp():
    """Twelve linear layers with activations of several kinds between them."""
    numbers = Numbers(1)
    widths = [6, 8, 8, 8, 7, 7, 7, 6, 6, 6, 5, 5, 3]
    activations = ["tanh", "gelu", "silu", "sigmoid", "softplus", "elu", "mish", "tanh", "softsign", "relu", "tanh"]
    layers = []
    for depth in range(12):
        layers.append(numbers.linear(widths[depth + 1], widths[depth], name=f"dense{depth + 1}"))
        if depth < len(activations):
            layers.append({"name": f"act{depth + 1}", "type": activations[depth]})
    return {
        "network": {"layers": layers},
        "input": numbers.tensor(4, widths[0]),
        "loss": {"type": "mse", "target": numbers.tensor(4, widths[-1])},
    }


def cnn():
    """Two convolutions with normalisation and pooling, then a classifier of two grey images."""
    numbers = Numbers(2)
    layers = [
        {"name": "conv1", "type": "conv2d", "weight": numbers.tensor(4, 1, 3, 3, bound=0.5),
         "bias": numbers.tensor(4, bound=0.1), "padding": 1},
        {"name": "norm", "type": "batch_norm", "weight": [1.0, 0.9, 1.1, 0.8], "bias": numbers.tensor(4, bound=0.1)},
        {"name": "act1", "type": "relu"},
        {"name": "pool1", "type": "max_pool2d", "kernel_size": 2},
        {"name": "conv2", "type": "conv2d", "weight": numbers.tensor(6, 4, 3, 3, bound=0.3),
         "bias": numbers.tensor(6, bound=0.1), "stride": 2, "padding": 1},
        {"name": "act2", "type": "relu"},
        {"name": "pool2", "type": "adaptive_avg_pool2d", "output_size": 1},
        {"name": "flat", "type": "flatten"},
        numbers.linear(3, 6, name="logits"),
    ]
    return {
        "network": {"layers": layers},
        "input": numbers.tensor(2, 1, 8, 8),
        "loss": {"type": "cross_entropy", "target": [2, 0]},
    }


def transformer():
    """One block with layer normalisation before each part: x + attention(x), then that plus its feed-forward part."""
    numbers = Numbers(3)
    width, hidden = 8, 16
    ones = [1.0] * width

    def norm(name, source):
        return {"name": name, "type": "layer_norm", "inputs": [source], "normalized_shape": [width], "weight": ones,
                "bias": numbers.tensor(width, bound=0.1)}

    bound = math.sqrt(3 / width)
    layers = [
        norm("norm1", "tokens"),
        {"name": "attention", "type": "multi_head_attention", "num_heads": 2,
         "in_proj_weight": numbers.tensor(3 * width, width, bound=bound),
         "in_proj_bias": numbers.tensor(3 * width, bound=0.1),
         "out_proj_weight": numbers.tensor(width, width, bound=bound),
         "out_proj_bias": numbers.tensor(width, bound=0.1)},
        {"name": "residual1", "type": "add", "inputs": ["tokens", "attention"]},
        norm("norm2", "residual1"),
        numbers.linear(hidden, width, name="expand"),
        {"name": "act", "type": "gelu"},
        numbers.linear(width, hidden, name="contract"),
        {"name": "residual2", "type": "add", "inputs": ["residual1", "contract"]},
    ]
    return {
        "network": {"layers": layers},
        "inputs": {"tokens": numbers.tensor(2, 5, width)},
        "loss": {"type": "mse", "target": numbers.tensor(2, 5, width), "reduction": "sum"},
    }


def rnn():
    """h_t = tanh(W x_t + U h_{t-1} + b) written out over four steps, W, U and b being shared by all of them."""
    numbers = Numbers(4)
    inputs, hidden, steps = 3, 5, 4
    parameters = {
        "W": numbers.tensor(hidden, inputs, bound=0.8),
        "U": numbers.tensor(hidden, hidden, bound=0.6),
        "b": numbers.tensor(hidden, bound=0.1),
    }
    layers = []
    for step in range(1, steps + 1):
        shared = {name: {"parameter": name} for name in parameters}
        layers += [
            {"name": f"in{step}", "type": "linear", "inputs": [f"x{step}"], "weight": shared["W"],
             "bias": shared["b"]},
            {"name": f"back{step}", "type": "linear", "inputs": [f"h{step - 1}"], "weight": shared["U"]},
            {"name": f"sum{step}", "type": "add", "inputs": [f"in{step}", f"back{step}"]},
            {"name": f"h{step}", "type": "tanh"},
        ]
    layers.append(numbers.linear(2, hidden, name="readout"))
    return {
        "network": {"parameters": parameters, "layers": layers},
        "inputs": {"h0": [[0.0] * hidden] * 2} | {f"x{step}": numbers.tensor(2, inputs) for step in range(1, steps + 1)},
        "loss": {"type": "mse", "target": numbers.tensor(2, 2)},
    }


def text(request):
    """The request with one layer, parameter or input to a line."""
    network = request["network"]
    lines = ['{"network": {']
    if "parameters" in network:
        members = [f"    {json.dumps(name)}: {json.dumps(value)}" for name, value in network["parameters"].items()]
        lines += ['  "parameters": {', ",\n".join(members), "  },"]
    lines += ['  "layers": [', ",\n".join(f"    {json.dumps(layer)}" for layer in network["layers"]), "  ]},"]
    rest = [f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in request.items() if name != "network"]
    return "\n".join(lines + [",\n".join(rest), "}"]) + "\n"


for make in (mlp, cnn, transformer, rnn):
    (FOLDER / f"{make.__name__}.json").write_text(text(make()))
