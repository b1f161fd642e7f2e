// Backwards through the network of the state: the gradient of the loss with
// respect to every node and every weight, and the sums that these are.
//
// The loss is that of one image: the cross-entropy of the class that is named
// in "This is a ...", plus the L2 penalty of the run. It has no dropout and no
// label smoothing, so it depends on what is shown only.

cnn.gradients = (() => {
  const {
    covering, crossEntropy, crossEntropyGradient, range, runBackward, valueAt,
    windowOf,
  } = cnn.ops;
  const {contents, layerNamed, state} = cnn.state;
  const {
    knownLabel, logitsOf, offTensors, parametersNow, ranking, view,
  } = cnn.network;

  let known = null;  // what `gradientsNow` has returned last

  return {
    backward, feedsOf, gradientOfNode, gradientsNow, isGuess, layerAbove,
    penalty, target, termsOfWeight, weightAt,
  };

  // The class of "This is a ...": the chosen one, the label of the test image,
  // or the answer.
  function target() {
    return state.target ?? knownLabel() ?? ranking()[0];
  }

  // Whether it is the answer, as nothing is known of what was drawn.
  function isGuess() {
    return state.target === null && knownLabel() === null;
  }

  // What is shown, backwards: see `backward`. Computed once per drawing.
  function gradientsNow() {
    const label = target(), {tensors} = view;
    if (known?.tensors !== tensors || known.label !== label) {
      known = {tensors, label, ...backward(parametersNow(), tensors, label)};
    }
    return known;
  }

  // The cross-entropy of a class, and its gradients `byTensor` and
  // `byParameters`.
  function backward(parameters, tensors, label) {
    const logits = logitsOf(tensors);
    return {crossEntropy: crossEntropy(logits, label),
            ...runBackward(contents.program, parameters, tensors,
                           crossEntropyGradient(logits, label), offTensors())};
  }

  // l2Scale * sum(kernel ** 2) / 2, over all kernels.
  function penalty(parameters) {
    let sum = 0;
    for (const {kernel} of Object.values(parameters)) {
      for (const weight of kernel) sum += weight * weight;
    }
    return contents.l2Scale * sum / 2;
  }

  // The layer that a layer feeds; undefined for the logits.
  function layerAbove(layer) {
    return contents.layers[contents.layers.indexOf(layer) + 1];
  }

  // With respect to the output of a node, and to its sum, before the activation
  // function.
  function gradientOfNode(node) {
    const {first, last} = layerNamed(node.layer), {byTensor} = gradientsNow();
    return {output: valueAt(byTensor[last.name], last.outputs, node),
            sum: valueAt(byTensor[first.name], first.outputs, node)};
  }

  // The gradient of a node as a sum: for every node of the next layer that it
  // feeds, the upstream gradient times the weight between the two. In pooling,
  // the weight is the share of the node in the result.
  function feedsOf({layer: name, y, x, map}) {
    const step = layerAbove(layerNamed(name)).first;
    const upstream = gradientsNow().byTensor[step.name];
    const isPool = step.op.endsWith('pool2d');
    const maps = isPool ? [map] : range(step.outputs[2]);
    const [rows, columns] = [y, x].map((index, axis) => covering(
      index, step.outputs[axis], step.window[axis], step.stride[axis],
      step.pads[axis]));
    const terms = [];
    for (const [row, i] of rows) {
      for (const [column, j] of columns) {
        for (const above of maps) {
          const node = {y: row, x: column, map: above};
          const value = valueAt(upstream, step.outputs, node);
          const weight = isPool ? shareOf(step, node, {y, x})
            : weightAt(step, {i, j, from: map, map: above});
          terms.push({...node, i: row, j: column, value, weight,
                      product: value * weight});
        }
      }
    }
    return terms;
  }

  // 1 for the first maximum of a window, and 0 for its other values; 1 / n for
  // every value of a mean of n.
  function shareOf(step, node, {y, x}) {
    const [rows, columns] = windowOf(step, node);
    if (step.op === 'avg_pool2d') return 1 / (rows.length * columns.length);
    const inputs = view.tensors[step.input];
    const places = rows.flatMap(
      ([, row]) => columns.map(([, column]) => [row, column]));
    const values = places.map(([row, column]) => valueAt(
      inputs, step.inputs, {y: row, x: column, map: node.map}));
    const [row, column] = places[values.indexOf(Math.max(...values))];
    return row === y && column === x ? 1 : 0;
  }

  function weightAt(step, weight) {
    return parametersNow()[step.name].kernel[kernelIndex(step, weight)];
  }

  // The place of a weight in its HWIO kernel.
  function kernelIndex({window, inputs, outputs}, {i, j, from, map}) {
    return ((i * window[1] + j) * inputs[2] + from) * outputs[2] + map;
  }

  // The gradient of a weight as a sum: at every position of its window, the
  // input that it is multiplied by (`value`), times the upstream gradient of
  // the node that it adds to (`weight`). The term is named after that node; the
  // input is at (row, column).
  function termsOfWeight({layer, i, j, from, map}) {
    const {first: step} = layerNamed(layer);
    const inputs = view.tensors[step.input];
    const upstream = gradientsNow().byTensor[step.name];
    const [height, width] = step.outputs, terms = [];
    for (const y of range(height)) {
      for (const x of range(width)) {
        const row = y * step.stride[0] - step.pads[0] + i;
        const column = x * step.stride[1] - step.pads[1] + j;
        const isPadding = row < 0 || row >= step.inputs[0]
          || column < 0 || column >= step.inputs[1];
        if (isPadding) continue;  // 0, whatever the weight is
        const value = valueAt(
          inputs, step.inputs, {y: row, x: column, map: from});
        const weight = valueAt(upstream, step.outputs, {y, x, map});
        terms.push({i: y, j: x, y, x, row, column, value, weight,
                    product: value * weight});
      }
    }
    return terms;
  }
})();
