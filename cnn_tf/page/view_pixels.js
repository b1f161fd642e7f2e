// The pixels of a value: what each of them adds to it.

function pixelsView(node) {
  const layer = layerNamed(node.layer), {first} = layer;
  const valueOf = tensors => valueAt(tensors[first.name], first.outputs, node);
  const what = layer.last === first ? nodeName(node)
    : `${nodeName(node)}, before ${layer.last.op}`;
  return pixelEffects(what, fieldOfNode(node), layer.firstIndex + 1, valueOf);
}

function causeView({a, b}) {
  const {logits, classes} = contents;
  const field = fieldOfNode({layer: logits.name, y: 0, x: 0});
  return pixelEffects(`logit ${classes[a]} ${MINUS} logit ${classes[b]}`, field,
                      contents.program.length,
                      tensors => difference(tensors, a, b));
}

let pixelJob = null;  // the newest one; an older one stops

function pixelEffects(what, field, end, valueOf) {
  const place = element('div', {class: 'pixel-effects'});
  const job = {};
  pixelJob = job;
  effectsOfPixels(field, end, valueOf, (effects, isDone) => {
    if (pixelJob === job) showEffects(place, effects, field, isDone);
  }, () => pixelJob === job);
  return element('div', {class: 'view'},
    element('h2', {}, 'Which pixels?'),
    element('p', {class: 'equation'},
            `${what} = ${number(valueOf(view.tensors))}`),
    element('p', {class: 'note'},
      'Each pixel was set to 0, one at a time. Orange: ',
      'the pixel raises the value. Purple: it lowers it. Without ink it does ',
      'neither.'),
    place);
}

// The effect of setting a pixel to 0 is the opposite of what the pixel adds.
function showEffects(place, effects, field, isDone) {
  const [height, width] = contents.image.outputs;
  const adds = effects.map(effect => -effect);
  const canvas = heatMap(adds, height, width, scaleOf([...adds], true), 308,
                         {role: 'img', 'aria-label':
                           `What each pixel adds, ${spanOf(adds)}`});
  const context = canvas.getContext('2d'), {cell} = canvas;
  hatch(context, cell);
  frameField(context, field, cell);
  const largest = range(adds.length).filter(p => adds[p])
    .sort((p, q) => Math.abs(adds[q]) - Math.abs(adds[p])).slice(0, 6);
  const row = p => sumRow(`pixel (${Math.floor(p / width)}, ${p % width}), ${
    number(view.image[p])}`, adds[p]);
  place.replaceChildren(canvas, element('p', {class: 'note'},
    isDone ? 'The pixels that change it most:' : 'Computing …'),
    element('table', {class: 'sum', 'data-done': String(isDone)},
            largest.map(row)));
}
