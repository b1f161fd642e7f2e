// The ops of a network as plain loops, and what a single node is made of.
//
// A tensor is a Float32Array of [height, width, channels], the last axis
// changing fastest. A step is one line of the program that program.py writes:
// an op, the shapes of its inputs and outputs, and its window.
//
// Every file is one closure: it names what it takes from the files above it,
// its constants and variables, and what it gives to the files below.

'use strict';

const cnn = {};

cnn.ops = (() => {
  const SELU_ALPHA = 1.6732632423543772, SELU_SCALE = 1.0507009873554805;
  const elu = x => (x > 0 ? x : Math.expm1(x));

  const ACTIVATIONS = {
    relu: x => Math.max(x, 0),
    elu,
    selu: x => SELU_SCALE * (x > 0 ? x : SELU_ALPHA * elu(x)),
    tanh: x => Math.tanh(x),
    sigmoid: x => 1 / (1 + Math.exp(-x)),
  };

  return {
    ACTIVATIONS, fieldOf, range, run, softmax, termsOf, valueAt, windowOf,
  };

  function range(count) {
    return Array.from({length: count}, (_, index) => index);
  }

  // Every position of a window: its place in the flat output, and the rows and
  // columns of the inputs that it covers. Each row is a pair: i in the window,
  // and its row of the inputs. Padding is left out.
  function* positions({inputs, outputs, window, stride, pads}) {
    for (let y = 0; y < outputs[0]; y++) {
      const rows = covered(y, inputs[0], window[0], stride[0], pads[0]);
      for (let x = 0; x < outputs[1]; x++) {
        const columns = covered(x, inputs[1], window[1], stride[1], pads[1]);
        yield {place: y * outputs[1] + x, rows, columns};
      }
    }
  }

  // One axis of a window: [index in the window, index in the inputs], ...
  function covered(position, size, window, stride, pad) {
    const pairs = [];
    for (let i = 0; i < window; i++) {
      const index = position * stride - pad + i;
      if (index >= 0 && index < size) pairs.push([i, index]);
    }
    return pairs;
  }

  function zeros([height, width, channels]) {
    return new Float32Array(height * width * channels);
  }

  // Every filter of an HWIO kernel, slid over the inputs.
  function conv2d(inputs, kernel, step) {
    const output = zeros(step.outputs);
    const [, width, channels] = step.inputs, maps = step.outputs[2];
    const sums = new Float64Array(maps);
    for (const {place, rows, columns} of positions(step)) {
      sums.fill(0);
      for (const [i, row] of rows) {
        for (const [j, column] of columns) {
          for (let c = 0; c < channels; c++) {
            const value = inputs[(row * width + column) * channels + c];
            const first = ((i * step.window[1] + j) * channels + c) * maps;
            if (value === 0) continue;  // relu makes many of them
            for (let o = 0; o < maps; o++) sums[o] += value * kernel[first + o];
          }
        }
      }
      output.set(sums, place * maps);
    }
    return output;
  }

  // The maximum of each window, for each map separately.
  function maxPool2d(inputs, step) {
    const output = zeros(step.outputs).fill(-Infinity);
    const [, width, channels] = step.inputs;
    for (const {place, rows, columns} of positions(step)) {
      for (const [, row] of rows) {
        for (const [, column] of columns) {
          for (let c = 0; c < channels; c++) {
            const value = inputs[(row * width + column) * channels + c];
            const o = place * channels + c;
            if (value > output[o]) output[o] = value;
          }
        }
      }
    }
    return output;
  }

  // The mean of each window, over the values that are not padding.
  function avgPool2d(inputs, step) {
    const output = zeros(step.outputs);
    const [, width, channels] = step.inputs;
    for (const {place, rows, columns} of positions(step)) {
      const count = rows.length * columns.length;
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (const [, row] of rows) {
          for (const [, column] of columns) {
            sum += inputs[(row * width + column) * channels + c];
          }
        }
        output[place * channels + c] = sum / count;
      }
    }
    return output;
  }

  // inputs @ kernel.
  function dense(inputs, kernel, step) {
    const units = step.outputs[2], sums = new Float64Array(units);
    for (let i = 0; i < inputs.length; i++) {
      const value = inputs[i];
      for (let u = 0; u < units; u++) sums[u] += value * kernel[i * units + u];
    }
    return Float32Array.from(sums);
  }

  // Adds bias[o] to every value of map or unit o.
  function addBias(inputs, bias) {
    return inputs.map((value, index) => value + bias[index % bias.length]);
  }

  function softmax(logits) {
    const largest = Math.max(...logits);  // keeps exp from overflowing
    const powers = Array.from(logits, z => Math.exp(z - largest));
    const sum = powers.reduce((a, b) => a + b);
    return powers.map(power => power / sum);
  }

  // The output of one step.
  function compute(step, inputs, parameters) {
    const {kernel, bias} = parameters[step.name] || {};
    switch (step.op) {
      case 'conv2d': return addBias(conv2d(inputs, kernel, step), bias);
      case 'dense': return addBias(dense(inputs, kernel, step), bias);
      case 'max_pool2d': return maxPool2d(inputs, step);
      case 'avg_pool2d': return avgPool2d(inputs, step);
      case 'flatten': return inputs;  // the same values in the same order
      default: return inputs.map(ACTIVATIONS[step.op]);
    }
  }

  // Runs the program from step `first` up to, but without, step `end`. Returns
  // every tensor by name.
  //
  // tensors: what is known before, at least the inputs of step `first`.
  // off: name of a tensor -> the set of its maps that are set to zero.
  function run(program, parameters, tensors, off = {}, first = 0,
               end = program.length) {
    const known = {...tensors};
    for (const step of program.slice(first, end)) {
      const output = compute(step, known[step.input], parameters);
      known[step.name] = off[step.name]
        ? withoutMaps(output, step.outputs[2], off[step.name]) : output;
    }
    return known;
  }

  function withoutMaps(tensor, maps, off) {
    return tensor.map((value, index) => (off.has(index % maps) ? 0 : value));
  }

  function valueAt(tensor, shape, {y, x, map}) {
    return tensor[(y * shape[1] + x) * shape[2] + map];
  }

  // What a node of a step is computed from: one term for every value in its
  // window, in the order of the kernel. For a convolution or a dense layer, the
  // products and the bias add up to the node.
  function termsOf(step, inputs, parameters, {y, x, map}) {
    const [, width, channels] = step.inputs;
    const [rows, columns] = windowOf(step, {y, x});
    const {kernel} = parameters[step.name] || {};
    const maps = kernel ? range(channels) : [map];  // pooling stays in its map
    const terms = [];
    for (const [i, row] of rows) {
      for (const [j, column] of columns) {
        for (const c of maps) {
          const value = inputs[(row * width + column) * channels + c];
          const filter = (i * step.window[1] + j) * channels + c;
          const weight = kernel ? kernel[filter * step.outputs[2] + map] : 1;
          const product = value * weight;
          terms.push({i, j, y: row, x: column, map: c, value, weight, product});
        }
      }
    }
    return terms;
  }

  // The rows and the columns of the inputs that a node covers.
  function windowOf({inputs, window, stride, pads}, {y, x}) {
    return [covered(y, inputs[0], window[0], stride[0], pads[0]),
            covered(x, inputs[1], window[1], stride[1], pads[1])];
  }

  // The receptive field on the image: the rows and columns from which a path
  // leads to the rows and columns `reached` of step `last`.
  function fieldOf(program, last, reached) {
    let {rows, columns} = reached;
    for (const step of program.slice(0, last + 1).reverse()) {
      if (step.op === 'flatten') continue;  // the window of its dense layer
      const {inputs, window, stride, pads} = step;
      rows = coveredByAny(rows, inputs[0], window[0], stride[0], pads[0]);
      columns = coveredByAny(
        columns, inputs[1], window[1], stride[1], pads[1]);
    }
    return {rows, columns};
  }

  // The inputs that the windows at several positions cover.
  function coveredByAny(nodes, size, window, stride, pad) {
    const found = new Set();
    for (const position of nodes) {
      for (const [, index] of covered(position, size, window, stride, pad)) {
        found.add(index);
      }
    }
    return found;
  }
})();
