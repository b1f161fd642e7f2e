// Gradient descent on what is shown, and the way back. A step makes new
// kernels, so those of the run and of every step before keep their bytes.

cnn.descent = (() => {
  const {range, run, softmax} = cnn.ops;
  const {contents, state, storedImage} = cnn.state;
  const {
    isChanged, logitsOf, offTensors, parametersNow, ranking, runsParameters,
    view,
  } = cnn.network;
  const {backward, penalty, target} = cnn.gradients;

  const MOST_UNDO = 50;  // presses that can be undone; each keeps all kernels

  // Kernels -> the class that they answer for each test image, all maps on.
  const answers = new WeakMap();
  let isAnswering = false;

  return {
    answersOf, answerTestImages, forget, lastPress, learn, measure, undoPress,
  };

  // Makes steps of plain gradient descent on what is shown:
  //
  //   w <- w - rate * (gradient of the cross-entropy + l2Scale * w)
  //
  // without the L2 term for biases. Returns false, and changes nothing, if the
  // numbers overflow.
  function learn(count) {
    const start = parametersNow(), label = target();
    let parameters = start;
    for (let n = 0; n < count; n++) parameters = stepped(parameters, label);
    if (!Number.isFinite(measure(parameters, label).loss)) return false;
    const past = state.learned[state.kernels]?.past ?? [];
    past.push({parameters: start, count});
    state.learned[state.kernels] = {parameters, past: past.slice(-MOST_UNDO)};
    return true;
  }

  function stepped(parameters, label) {
    const {byParameters} = backward(parameters, forward(parameters), label);
    const {rate} = state, {l2Scale} = contents;
    return Object.fromEntries(Object.entries(parameters).map(
      ([name, {kernel, bias}]) => {
        const by = byParameters[name];
        return [name, {
          kernel: kernel.map((w, p) => w - rate * (by.kernel[p] + l2Scale * w)),
          bias: bias.map((w, p) => w - rate * by.bias[p])}];
      }));
  }

  function forward(parameters) {
    return run(contents.program, parameters, {image: view.image}, offTensors());
  }

  // The press of "Learn" that is undone next: {parameters, count}, where the
  // parameters are those before it; or null.
  function lastPress() {
    return state.learned[state.kernels]?.past.at(-1) ?? null;
  }

  function undoPress() {
    if (!lastPress()) return;
    const {past} = state.learned[state.kernels];
    const {parameters} = past.at(-1);
    state.learned[state.kernels] = {parameters, past: past.slice(0, -1)};
    if (parameters === runsParameters()) forget();
  }

  // Back to the kernels of the run.
  function forget() {
    delete state.learned[state.kernels];
  }

  // The loss of what is shown and its parts, the probabilities, and the norm of
  // the gradient of every layer, the L2 term included.
  function measure(parameters, label) {
    const tensors = forward(parameters), {l2Scale} = contents;
    const found = backward(parameters, tensors, label);
    const norms = Object.entries(parameters).map(([name, {kernel, bias}]) => {
      const by = found.byParameters[name];
      const square = by.kernel.reduce(
        (sum, g, p) => sum + (g + l2Scale * kernel[p]) ** 2, 0);
      return [name, Math.sqrt(by.bias.reduce((sum, g) => sum + g * g, square))];
    });
    const {crossEntropy} = found, l2Penalty = penalty(parameters);
    return {crossEntropy, l2Penalty, loss: crossEntropy + l2Penalty,
            probabilities: softmax(logitsOf(tensors)),
            norms: Object.fromEntries(norms)};
  }

  // The answers of kernels to the test images; null until they are computed.
  function answersOf(parameters) {
    return answers.get(parameters) ?? null;
  }

  // If learning has changed the kernels: finds their answers and those of the
  // kernels of the run, a few per frame; calls report() when one is complete.
  async function answerTestImages(report) {
    if (isAnswering || !isChanged()) return;
    const missing = [runsParameters(), parametersNow()].find(
      parameters => !answers.has(parameters));
    if (!missing) return;
    isAnswering = true;
    const found = [];
    let started = performance.now();
    for (const index of range(contents.examples.labels.length)) {
      const image = storedImage(contents.examples.images, index);
      found.push(ranking(run(contents.program, missing, {image}))[0]);
      if (performance.now() - started < 12) continue;
      await new Promise(requestAnimationFrame);
      started = performance.now();
    }
    answers.set(missing, found);
    isAnswering = false;
    report();
  }
})();
