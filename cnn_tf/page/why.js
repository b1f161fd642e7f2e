// What makes a value: sums of terms, and what switching off a map or a pixel
// does to it.

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
  return [...groups.values()].sort((a, b) => Math.abs(b.sum) - Math.abs(a.sum));
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
  const [of, other] = [a, b].map(map => termsOfNode({layer, y: 0, x: 0, map}));
  const terms = of.terms.map((term, index) => {
    const weight = term.weight - other.terms[index].weight;
    return {...term, weight, product: term.value * weight};
  });
  return {terms, bias: of.bias - other.bias};
}

function difference(tensors, a, b) {
  const logits = logitsOf(tensors);
  return logits[a] - logits[b];
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
