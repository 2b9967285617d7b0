// The same network in PyTorch, so that anyone can check the numbers.

import { nested, read } from "./tensor.js";

/** PyTorch's function for each type, and the fields that it takes by name. */
const CALLS = {
  relu: "F.relu", relu6: "F.relu6", leaky_relu: "F.leaky_relu(negative_slope)", hardtanh: "F.hardtanh(min_val,max_val)", hardsigmoid: "F.hardsigmoid",
  hardswish: "F.hardswish", elu: "F.elu(alpha)", celu: "F.celu(alpha)", selu: "F.selu", sigmoid: "torch.sigmoid", logsigmoid: "F.logsigmoid",
  softplus: "F.softplus(beta,threshold)", tanh: "torch.tanh", softsign: "F.softsign", silu: "F.silu", mish: "F.mish", gelu: "F.gelu(approximate)",
  neg: "torch.neg", exp: "torch.exp", log: "torch.log", sqrt: "torch.sqrt", square: "torch.square", abs: "torch.abs", sin: "torch.sin", cos: "torch.cos",
  pow: "torch.pow(exponent)", softmax: "F.softmax(dim)", log_softmax: "F.log_softmax(dim)", sub: "torch.sub", div: "torch.div", matmul: "torch.matmul",
  flatten: "torch.flatten(start_dim,end_dim)", reshape: "torch.reshape(shape)", transpose: "torch.transpose(dim0,dim1)", permute: "torch.permute(dims)",
  squeeze: "torch.squeeze(dim)", unsqueeze: "torch.unsqueeze(dim)", sum: "torch.sum(dim,keepdim)", mean: "torch.mean(dim,keepdim)",
  linear: "F.linear(weight,bias)", prelu: "F.prelu(weight)", embedding: "F.embedding(weight,padding_idx)",
  conv1d: "F.conv1d(weight,bias,stride,padding,dilation,groups)", conv2d: "F.conv2d(weight,bias,stride,padding,dilation,groups)",
  conv3d: "F.conv3d(weight,bias,stride,padding,dilation,groups)",
  conv_transpose1d: "F.conv_transpose1d(weight,bias,stride,padding,output_padding,groups,dilation)",
  conv_transpose2d: "F.conv_transpose2d(weight,bias,stride,padding,output_padding,groups,dilation)",
  max_pool1d: "F.max_pool1d(kernel_size,stride,padding,dilation,ceil_mode)", max_pool2d: "F.max_pool2d(kernel_size,stride,padding,dilation,ceil_mode)",
  avg_pool1d: "F.avg_pool1d(kernel_size,stride,padding,ceil_mode,count_include_pad)",
  avg_pool2d: "F.avg_pool2d(kernel_size,stride,padding,ceil_mode,count_include_pad,divisor_override)", adaptive_avg_pool2d: "F.adaptive_avg_pool2d(output_size)",
  layer_norm: "F.layer_norm(normalized_shape,weight,bias,eps)", group_norm: "F.group_norm(num_groups,weight,bias,eps)",
  instance_norm: "F.instance_norm(weight,bias,eps)", rms_norm: "F.rms_norm(normalized_shape,weight,eps)",
  scaled_dot_product_attention: "F.scaled_dot_product_attention(is_causal,scale)",
};

const LOSSES = {
  mse: "F.mse_loss(reduction)", l1: "F.l1_loss(reduction)", smooth_l1: "F.smooth_l1_loss(reduction,beta)", huber: "F.huber_loss(reduction,delta)",
  cross_entropy: "F.cross_entropy(weight,ignore_index,reduction,label_smoothing)", nll: "F.nll_loss(weight,ignore_index,reduction)",
  bce: "F.binary_cross_entropy(weight,reduction)", bce_with_logits: "F.binary_cross_entropy_with_logits(weight,reduction,pos_weight)",
  kl_div: "F.kl_div(reduction,log_target)", poisson_nll: "F.poisson_nll_loss(log_input,full,eps,reduction)",
  gaussian_nll: "F.gaussian_nll_loss(var,full,eps,reduction)", hinge_embedding: "F.hinge_embedding_loss(margin,reduction)",
};

const RECURRENT = { rnn: "RNN", lstm: "LSTM", gru: "GRU" };
const LISTS = new Set(["normalized_shape", "shape", "dims"]);
const INTEGERS = new Set(["embedding"]);

/** Python's form of a JSON value. */
function literal(value) {
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string") return ["NaN", "Infinity", "-Infinity"].includes(value) ? `float("${value.toLowerCase()}")` : JSON.stringify(value);
  return String(value);
}

/** A program for a request. */
export function pytorch(request, catalogue) {
  const program = new Program(request, catalogue);
  return program.text();
}

class Program {
  #taken = new Set(["torch", "F", "loss", "print", "None", "True", "False", "lambda", "in", "is", "if", "for", "as", "class", "def", "not", "or", "and", "with", "from", "import", "return", "pass"]);
  #names = new Map();
  #lines = [];
  #shown = [];

  constructor(request, catalogue) {
    this.request = request;
    this.catalogue = catalogue;
  }

  text() {
    const { request } = this;
    this.#say("import torch", "import torch.nn.functional as F", "", `torch.set_default_dtype(torch.${request.dtype ?? "float64"})`, "");
    const layers = request.network.layers;
    const indexed = new Set(layers.filter(({ type }) => INTEGERS.has(type)).flatMap((layer, index) => layer.inputs ?? (index ? [] : ["input"])));
    for (const [name, value] of Object.entries(request.inputs ?? { input: request.input })) this.#tensor(name, name, value, !indexed.has(name));
    for (const [name, value] of Object.entries(request.network.parameters ?? {})) this.#tensor(`parameter ${name}`, name, value, true);
    this.#say("");
    let previous = "input";
    layers.forEach((layer, index) => {
      const name = layer.name ?? `${layer.type}_${index}`;
      const inputs = (layer.inputs ?? [previous]).map((input) => this.#names.get(input));
      const expression = this.#layer(layer, name, inputs);
      const variable = this.#name(name, name);
      this.#say(`${variable} = ${expression}`, `${variable}.retain_grad()`);
      this.#shown.push(variable);
      previous = name;
    });
    this.#finish(this.#names.get(request.network.output ?? previous));
    return `${this.#lines.join("\n")}\n`;
  }

  #say(...lines) {
    this.#lines.push(...lines);
  }

  /** A Python name for one of the network's, unused so far. */
  #name(key, wanted) {
    const base = wanted.replace(/\W/g, "_").replace(/^(?=\d|$)/, "v");
    let name = base;
    for (let number = 2; this.#taken.has(name); number++) name = `${base}_${number}`;
    this.#taken.add(name);
    this.#names.set(key, name);
    return name;
  }

  #tensor(key, wanted, value, isLearnt) {
    const name = this.#name(key, wanted);
    const tensor = read(value);
    const numbers = literal(tensor ? nested(tensor) : value);
    this.#say(`${name} = torch.tensor(${numbers}, ${isLearnt ? "dtype=torch.get_default_dtype(), requires_grad=True" : "dtype=torch.long"})`);
    if (isLearnt) this.#shown.push(name);
    return name;
  }

  /** A field as an argument: a learnable tensor by its variable, a constant one written out. */
  #argument(layer, layerName, field) {
    const value = layer[field];
    if (value?.parameter !== undefined) return this.#names.get(`parameter ${value.parameter}`);
    const isLearnt = this.catalogue.layers.get(layer.type)?.fields.some(({ name, learnable }) => name === field && learnable);
    if (isLearnt) return value === undefined || value === null ? null : this.#tensor(`${layerName}.${field}`, `${layerName}_${field}`, value, true);
    if (value === undefined || value === null) return null;
    return literal(LISTS.has(field) && !Array.isArray(value) ? [value] : value);
  }

  #layer(layer, name, inputs) {
    const argument = (field) => this.#argument(layer, name, field);
    switch (layer.type) {
      case "add": return inputs.join(" + ");
      case "mul": return inputs.join(" * ");
      case "scale": return `${argument("factor")} * ${inputs[0]}`;
      case "concat": return `torch.cat([${inputs.join(", ")}], dim=${argument("dim") ?? 0})`;
      case "max": return `torch.max(${inputs[0]}, dim=${argument("dim")}, keepdim=${argument("keepdim") ?? "False"}).values`;
      case "flatten": return `torch.flatten(${inputs[0]}, ${argument("start_dim") ?? 1}, ${argument("end_dim") ?? -1})`;
      case "dropout": return layer.training === false ? `${inputs[0]} * 1` : `${inputs[0]} * torch.tensor(${argument("mask")}) / (1 - ${argument("p") ?? 0.5})`;
      case "batch_norm": return this.#batchNorm(layer, argument, inputs[0]);
      case "rnn": case "lstm": case "gru": return this.#recurrent(layer, argument, inputs[0]);
      case "multi_head_attention": return this.#attention(layer, argument, inputs);
      default: {
        const all = layer.type === "scaled_dot_product_attention" && inputs.length === 1 ? [inputs[0], inputs[0], inputs[0]] : inputs;
        return this.#call(CALLS[layer.type] ?? `F.${layer.type}`, all, argument);
      }
    }
  }

  #call(pattern, first, argument) {
    const [, name, list] = /^([\w.]+)(?:\((.*)\))?$/.exec(pattern);
    const named = (list ? list.split(",") : []).map((field) => [field, argument(field)]).filter(([, value]) => value !== null);
    const rename = name === "torch.pow" ? { exponent: "exponent" } : {};
    return `${name}(${[...first, ...named.map(([field, value]) => `${rename[field] ?? field}=${value}`)].join(", ")})`;
  }

  #batchNorm(layer, argument, input) {
    const isTraining = layer.training !== false;
    const statistic = (field) => (isTraining ? "None" : `torch.tensor(${argument(field)})`);
    return `F.batch_norm(${input}, ${statistic("running_mean")}, ${statistic("running_var")}, weight=${argument("weight") ?? "None"}, bias=${argument("bias") ?? "None"}, training=${isTraining ? "True" : "False"}, eps=${layer.eps ?? 1e-5})`;
  }

  #recurrent(layer, argument, input) {
    const fields = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"].map((field) => [field, argument(field)]).filter(([, value]) => value !== null);
    const state = fields.map(([field, value]) => `"${field}_l0": ${value}`).join(", ");
    const [ih, hh] = [fields[0][1], fields[1][1]];
    const kind = layer.nonlinearity ? `, nonlinearity=${literal(layer.nonlinearity)}` : "";
    const module = `torch.nn.${RECURRENT[layer.type]}(${ih}.shape[1], ${hh}.shape[1], bias=${fields.length > 2 ? "True" : "False"}, batch_first=True${kind})`;
    return `torch.func.functional_call(${module}, {${state}}, (${input},))[0]`;
  }

  #attention(layer, argument, inputs) {
    const [query, key, value] = inputs.length === 3 ? inputs : [inputs[0], inputs[0], inputs[0]];
    const fields = [["in_proj_weight", "in_proj_weight"], ["in_proj_bias", "in_proj_bias"], ["out_proj_weight", "out_proj.weight"], ["out_proj_bias", "out_proj.bias"]]
      .map(([field, name]) => [name, argument(field)]).filter(([, given]) => given !== null);
    const module = `torch.nn.MultiheadAttention(${query}.shape[-1], ${argument("num_heads")}, bias=${fields.length > 2 ? "True" : "False"}, batch_first=True)`;
    return `torch.func.functional_call(${module}, {${fields.map(([name, given]) => `"${name}": ${given}`).join(", ")}}, (${query}, ${key}, ${value}))[0]`;
  }

  #finish(output) {
    const { loss, output_gradient: given } = this.request;
    if (loss) {
      const isLabels = ["cross_entropy", "nll"].includes(loss.type) && read(loss.target)?.data.every(Number.isInteger);
      const tensors = { weight: true, pos_weight: true, var: true };
      const argument = (field) => {
        if (loss[field] === undefined || loss[field] === null) return null;
        return tensors[field] ? `torch.tensor(${literal(loss[field])}, dtype=torch.get_default_dtype())` : literal(loss[field]);
      };
      const tensor = read(loss.target);
      const isShaped = isLabels && tensor.shape.length < 3;
      this.#say("", `target = torch.tensor(${literal(tensor ? nested(tensor) : loss.target)}${isShaped ? "" : ", dtype=torch.get_default_dtype()"})`);
      this.#say(`loss = ${this.#call(LOSSES[loss.type] ?? `F.${loss.type}_loss(reduction)`, [output, "target"], argument)}`, "loss.backward()", "print(\"loss\", loss.item())");
    } else {
      const tensor = given === undefined ? null : read(given);
      this.#say("", tensor ? `${output}.backward(torch.tensor(${literal(nested(tensor))}, dtype=torch.get_default_dtype()))` : `${output}.sum().backward()`);
    }
    for (const name of this.#shown) this.#say(`print("d/d${name}", ${name}.grad)`);
  }
}
