// The ops of a network as plain loops, each followed by its gradient, and what
// a single node is made of.
//
// `upstream` is the upstream gradient, that of the loss with respect to the
// output of an op; the functions named after a gradient multiply it by the
// derivatives of the op (chain rule), as network/reference.py does.
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

  // Where one is undefined, at 0, it is the value that TensorFlow uses.
  const DERIVATIVES = {
    relu: x => (x > 0 ? 1 : 0),
    elu: x => (x >= 0 ? 1 : Math.exp(x)),
    selu: x => SELU_SCALE * (x >= 0 ? 1 : SELU_ALPHA * Math.exp(x)),
    tanh: x => 1 - Math.tanh(x) ** 2,
    sigmoid: x => ACTIVATIONS.sigmoid(x) * (1 - ACTIVATIONS.sigmoid(x)),
  };

  return {
    ACTIVATIONS, DERIVATIVES, covering, crossEntropy, crossEntropyGradient,
    fieldOf, range, run, runBackward, softmax, termsOf, valueAt, windowOf,
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

  // The gradients with respect to the inputs and the kernel.
  function conv2dGradients(inputs, kernel, step, upstream) {
    const byInputs = new Float64Array(inputs.length);
    const byKernel = new Float64Array(kernel.length);
    const [, width, channels] = step.inputs, maps = step.outputs[2];
    for (const {place, rows, columns} of positions(step)) {
      const here = upstream.subarray(place * maps, (place + 1) * maps);
      // relu and maxima make most of them 0.
      const open = range(maps).filter(o => here[o] !== 0);
      for (const [i, row] of rows) {
        for (const [j, column] of columns) {
          for (let c = 0; c < channels; c++) {
            const input = (row * width + column) * channels + c;
            const first = ((i * step.window[1] + j) * channels + c) * maps;
            const value = inputs[input];
            let sum = 0;
            for (const o of open) {
              sum += here[o] * kernel[first + o];
              byKernel[first + o] += value * here[o];
            }
            byInputs[input] += sum;
          }
        }
      }
    }
    return {inputs: Float32Array.from(byInputs),
            kernel: Float32Array.from(byKernel)};
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

  // The upstream gradient goes to the first maximum of each window.
  function maxPool2dGradient(inputs, step, upstream) {
    const gradient = zeros(step.inputs);
    const [, width, channels] = step.inputs;
    for (const {place, rows, columns} of positions(step)) {
      for (let c = 0; c < channels; c++) {
        let first = null;
        for (const [, row] of rows) {
          for (const [, column] of columns) {
            const input = (row * width + column) * channels + c;
            if (first === null || inputs[input] > inputs[first]) first = input;
          }
        }
        gradient[first] += upstream[place * channels + c];
      }
    }
    return gradient;
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

  // The upstream gradient is divided evenly among the values of each window.
  function avgPool2dGradient(step, upstream) {
    const gradient = zeros(step.inputs);
    const [, width, channels] = step.inputs;
    for (const {place, rows, columns} of positions(step)) {
      const count = rows.length * columns.length;
      for (const [, row] of rows) {
        for (const [, column] of columns) {
          for (let c = 0; c < channels; c++) {
            gradient[(row * width + column) * channels + c]
              += upstream[place * channels + c] / count;
          }
        }
      }
    }
    return gradient;
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

  // The gradients with respect to the inputs and the kernel.
  function denseGradients(inputs, kernel, upstream) {
    const byInputs = new Float32Array(inputs.length);
    const byKernel = new Float32Array(kernel.length);
    const units = upstream.length;
    for (let i = 0; i < inputs.length; i++) {
      let sum = 0;
      for (let u = 0; u < units; u++) {
        sum += upstream[u] * kernel[i * units + u];
        byKernel[i * units + u] = inputs[i] * upstream[u];
      }
      byInputs[i] = sum;
    }
    return {inputs: byInputs, kernel: byKernel};
  }

  // Adds bias[o] to every value of map or unit o.
  function addBias(inputs, bias) {
    return inputs.map((value, index) => value + bias[index % bias.length]);
  }

  // Summed over positions: the bias is added to all of them.
  function addBiasGradient(upstream, maps) {
    const sums = new Float64Array(maps);
    upstream.forEach((value, index) => {
      sums[index % maps] += value;
    });
    return Float32Array.from(sums);
  }

  function activationGradient(inputs, op, upstream) {
    const derivative = DERIVATIVES[op];
    return upstream.map((value, index) => value * derivative(inputs[index]));
  }

  function softmax(logits) {
    const largest = Math.max(...logits);  // keeps exp from overflowing
    const powers = Array.from(logits, z => Math.exp(z - largest));
    const sum = powers.reduce((a, b) => a + b);
    return powers.map(power => power / sum);
  }

  // -log(softmax(logits)[label])
  function crossEntropy(logits, label) {
    const largest = Math.max(...logits);
    const sum = logits.reduce((total, z) => total + Math.exp(z - largest), 0);
    return largest + Math.log(sum) - logits[label];
  }

  // The probabilities, minus 1 at the label.
  function crossEntropyGradient(logits, label) {
    const gradient = Float32Array.from(softmax(logits));
    // By the sum of the others: 1 - p loses its digits where p is near 1.
    gradient[label] = -gradient.reduce(
      (sum, p, k) => (k === label ? sum : sum + p), 0);
    return gradient;
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

  // The gradients with respect to the inputs of one step and its parameters.
  function computeBackward(step, inputs, parameters, upstream) {
    const {kernel, bias} = parameters[step.name] || {};
    switch (step.op) {
      case 'conv2d':
        return {...conv2dGradients(inputs, kernel, step, upstream),
                bias: addBiasGradient(upstream, bias.length)};
      case 'dense':
        return {...denseGradients(inputs, kernel, upstream),
                bias: addBiasGradient(upstream, bias.length)};
      case 'max_pool2d':
        return {inputs: maxPool2dGradient(inputs, step, upstream)};
      case 'avg_pool2d': return {inputs: avgPool2dGradient(step, upstream)};
      case 'flatten': return {inputs: upstream};
      default: return {inputs: activationGradient(inputs, step.op, upstream)};
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

  // Runs the program backwards. Returns the gradients with respect to every
  // tensor, and with respect to the {kernel, bias} of every layer, by name.
  //
  // tensors: what `run` has returned for the same parameters and `off`.
  // upstream: the gradient with respect to the last tensor.
  function runBackward(program, parameters, tensors, upstream, off = {}) {
    const byTensor = {}, byParameters = {};
    let gradient = upstream;
    for (const step of [...program].reverse()) {
      byTensor[step.name] = gradient;
      // A map of zeros does not depend on what it replaces.
      const passed = off[step.name]
        ? withoutMaps(gradient, step.outputs[2], off[step.name]) : gradient;
      const {inputs, kernel, bias} = computeBackward(
        step, tensors[step.input], parameters, passed);
      if (kernel) byParameters[step.name] = {kernel, bias};
      gradient = inputs;
    }
    byTensor[program[0].input] = gradient;
    return {byTensor, byParameters};
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

  // One axis of the windows over an index: [position, index in the window], ...
  function covering(index, positionCount, window, stride, pad) {
    return range(positionCount)
      .map(position => [position, index - (position * stride - pad)])
      .filter(([, i]) => i >= 0 && i < window);
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
