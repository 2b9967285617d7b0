// Layers and losses as they can be put into a network whose shapes are known.

import { filled, nested, size } from "./tensor.js";

/** Layers that take one input and keep its shape, so that they fit anywhere. */
const FITTING = [
  "linear", "relu", "tanh", "sigmoid", "gelu", "silu", "softplus", "leaky_relu", "elu", "selu", "prelu", "softsign", "mish",
  "hardtanh", "square", "exp", "sin", "cos", "abs", "neg", "pow", "scale", "softmax", "log_softmax", "layer_norm", "rms_norm",
];

/** Random numbers between −1 and 1 in steps of 0.05, the same for the same seed (mulberry32). */
export function randomNumbers(seed, count) {
  let state = seed >>> 0;
  return Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.round((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * 40 - 20) / 20;
  });
}

/** The types that can be inserted, those that the service knows. */
export const insertable = (catalogue) => FITTING.filter((type) => catalogue.layers.has(type));

/** A new layer for an operand of a shape; weights are random by the seed. */
export function layerFor(type, shape, seed) {
  const last = shape.at(-1) ?? 1;
  const random = (dimensions) => nested({ shape: dimensions, data: randomNumbers(seed, size(dimensions)) });
  switch (type) {
    case "linear": return { type, weight: random([last, last]), bias: random([last]) };
    case "prelu": return { type, weight: [0.25] };
    case "pow": return { type, exponent: 2 };
    case "scale": return { type, factor: 0.5 };
    case "softmax": case "log_softmax": return { type, dim: -1 };
    case "layer_norm": case "rms_norm": return { type, normalized_shape: [last] };
    default: return { type };
  }
}

/** A loss for an output of a shape, with a target to be changed. */
export function lossFor(type, shape) {
  const zeros = nested(filled(shape, 0)), half = nested(filled(shape, 0.5)), ones = nested(filled(shape, 1));
  switch (type) {
    case "cross_entropy": case "nll": {
      const classes = shape.length > 1 ? shape.filter((_, axis) => axis !== 1) : [];
      return { type, target: nested(filled(classes, 0)) };
    }
    case "bce": case "bce_with_logits": case "kl_div": return { type, target: half };
    case "poisson_nll": case "hinge_embedding": return { type, target: ones };
    case "gaussian_nll": return { type, target: zeros, var: ones };
    default: return { type, target: zeros };
  }
}
