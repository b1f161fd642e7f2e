// What the network computes for the state: all tensors, the answer, what a
// value is the sum of, and what switching off a map or a pixel does to it.

cnn.network = (() => {
  const {fieldOf, range, run, termsOf} = cnn.ops;
  const {contents, currentImage, layerNamed, state} = cnn.state;

  // What follows from the state; `recompute` keeps it up to date.
  const view = {image: null, tensors: null, whole: null, milliseconds: 0};

  return {
    compared, difference, effectOfMap, effectsOfPixels, fieldOfNode, groupsOf,
    isChanged, knownLabel, logitsOf, nodeOf, offTensors, parametersNow, ranking,
    recompute, runsParameters, termsOfDifference, termsOfNode, view, withMap,
  };

  function recompute() {
    view.image = currentImage();
    const started = performance.now();
    const tensors = {image: view.image}, {program} = contents;
    view.whole = run(program, parametersNow(), tensors);
    view.tensors = Object.keys(state.off).length
      ? run(program, parametersNow(), tensors, offTensors()) : view.whole;
    view.milliseconds = performance.now() - started;
  }

  // The chosen kernels and biases, as the run has them.
  function runsParameters() {
    return contents.parameters[state.kernels];
  }

  // Those that compute: the chosen ones, or what "Learn" has made of them.
  function parametersNow() {
    return state.learned[state.kernels]?.parameters ?? runsParameters();
  }

  function isChanged() {
    return Boolean(state.learned[state.kernels]);
  }

  // The sets of maps that are off, by the name of the tensor.
  function offTensors(off = state.off) {
    return Object.fromEntries(Object.entries(off).map(
      ([name, maps]) => [layerNamed(name).last.name, maps]));
  }

  function logitsOf(tensors) {
    return tensors[contents.logits.last.name];
  }

  // The classes, the largest logit first.
  function ranking(tensors = view.tensors) {
    const logits = logitsOf(tensors);
    return range(logits.length).sort((a, b) => logits[b] - logits[a]);
  }

  // The two classes that are compared: those of the last question, or the
  // answer and either the label that it missed or the second best.
  function compared() {
    const asked = state.trail.findLast(item => item.view === 'why');
    if (asked) return [asked.a, asked.b];
    const [first, second] = ranking();
    const label = knownLabel();
    return [first, label !== null && label !== first ? label : second];
  }

  // The label of the test image, if nothing was drawn on it.
  function knownLabel() {
    const isPlain = state.example !== null && !state.strokes.length;
    return isPlain ? contents.examples.labels[state.example] : null;
  }

  // The node of an item, or of a map: the one with the largest value.
  function nodeOf({layer, map, y, x}) {
    if (y !== undefined) return {layer, y, x, map};
    const {last, outputs: [height, width, maps]} = layerNamed(layer);
    const values = range(height * width).map(
      place => view.tensors[last.name][place * maps + map]);
    const place = values.indexOf(Math.max(...values));
    return {layer, y: Math.floor(place / width), x: place % width, map};
  }

  // The receptive field of a node on the image.
  function fieldOfNode({layer, y, x}) {
    return fieldOf(contents.program, layerNamed(layer).lastIndex,
                   {rows: new Set([y]), columns: new Set([x])});
  }

  // The terms of a node, and the bias that is added to them.
  function termsOfNode({layer, y, x, map}) {
    const {first} = layerNamed(layer), parameters = parametersNow();
    const inputs = view.tensors[first.input];
    const {bias} = parameters[first.name] || {};
    return {terms: termsOf(first, inputs, parameters, {y, x, map}),
            bias: bias ? bias[map] : 0};
  }

  // The terms of logit a minus logit b: the same inputs, with the difference of
  // the weights.
  function termsOfDifference(a, b) {
    const layer = contents.logits.name;
    const [ofA, ofB] = [a, b].map(
      map => termsOfNode({layer, y: 0, x: 0, map}));
    const terms = ofA.terms.map((term, index) => {
      const weight = term.weight - ofB.terms[index].weight;
      return {...term, weight, product: term.value * weight};
    });
    return {terms, bias: ofA.bias - ofB.bias};
  }

  // Logit a minus logit b.
  function difference(tensors, a, b) {
    const logits = logitsOf(tensors);
    return logits[a] - logits[b];
  }

  // The terms of a step summed by the map that they come from, largest first.
  function groupsOf(terms) {
    const groups = new Map();
    for (const term of terms) {
      if (!groups.has(term.map)) {
        groups.set(term.map, {map: term.map, sum: 0, terms: []});
      }
      const group = groups.get(term.map);
      group.sum += term.product;
      group.terms.push(term);
    }
    return [...groups.values()].sort(
      (a, b) => Math.abs(b.sum) - Math.abs(a.sum));
  }

  // All tensors with one more map set to zero, or with it on again.
  function withMap(layer, map, isOff) {
    const {off} = state, maps = new Set(off[layer.name] || []);
    if (isOff) maps.add(map);
    else maps.delete(map);
    const masks = offTensors({...off, [layer.name]: maps});
    // The steps before are not affected.
    return run(contents.program, parametersNow(), view.tensors, masks,
               layer.lastIndex);
  }

  // By how much the difference of two logits changes if a map is set to zero.
  function effectOfMap(layer, map, a, b) {
    return difference(withMap(layer, map, true), a, b)
      - difference(view.tensors, a, b);
  }

  // By how much a value changes if a pixel is set to zero, for every pixel: a
  // pass through the network for each one with ink in it, a few per frame.
  //
  // Calls report(effects, isDone) now and then; stops when isWanted() is false.
  async function effectsOfPixels(field, end, valueOf, report, isWanted) {
    const [, width] = contents.image.outputs;
    const effects = new Float32Array(view.image.length);
    const before = valueOf(view.tensors), image = view.image;
    let started = performance.now();
    for (const place of pixelsIn(field, width)) {
      if (image[place] === 0) continue;
      const changed = image.slice();
      changed[place] = 0;
      const tensors = run(contents.program, parametersNow(), {image: changed},
                          offTensors(), 0, end);
      effects[place] = valueOf(tensors) - before;
      if (performance.now() - started < 12) continue;
      report(effects, false);
      await new Promise(requestAnimationFrame);
      if (!isWanted()) return;
      started = performance.now();
    }
    report(effects, true);
  }

  function pixelsIn(field, width) {
    return [...field.rows].sort((a, b) => a - b).flatMap(
      y => [...field.columns].sort((a, b) => a - b).map(x => y * width + x));
  }
})();
