// The state of the page, what follows from it, and its text in the address.

let contents = null;  // of data.js

const state = {
  example: null,  // the number of the test image that is shown, or null
  pixels: null,  // another image that is shown, or null
  strokes: [],  // drawn on top of it: [{radius, points}]
  past: [],  // what was on the pad before each change, for undo
  shift: [0, 0],  // by which all of it is moved, down and to the right
  framed: false,  // whether strokes are scaled and centred
  thick: false,  // whether the next stroke is
  kernels: 'trained',
  off: {},  // name of a layer -> the set of its maps that are off
  trail: [],  // what was selected, step by step; the last one is shown
  hidden: false,  // whether the answer is
  open: new Set(),  // the rows of the inspector that are expanded
};

// What follows from the state; `recompute` keeps it up to date.
const view = {image: null, tensors: null, whole: null, milliseconds: 0};

function penRadius() {
  const [height, width] = contents.image.outputs;
  return (state.thick ? 2.6 : 1.1) * Math.min(height, width) / 28;
}

// What is below the strokes, or null for an empty pad.
function basePixels() {
  if (state.example === null) return state.pixels;
  const {images} = contents.examples, size = images.shape[1] * images.shape[2];
  const first = state.example * size;
  return Float32Array.from(
    images.subarray(first, first + size), byte => byte * Math.fround(1 / 255));
}

// The image before it is moved. Pixels are rounded to 1/255, as in a file, so
// the image in a link is the same.
function unmovedImage() {
  const [height, width] = contents.image.outputs, base = basePixels();
  let image = base || new Float32Array(height * width);
  if (state.strokes.length) {
    const framed = state.framed && !base;
    const ink = (framed ? frameStrokes : rasterise)(
      state.strokes, height, width);
    const bytes = ink.map(v => Math.round(255 * v) * Math.fround(1 / 255));
    image = image.map((value, place) => Math.max(value, bytes[place]));
  }
  return image;
}

// The image that the network sees.
function currentImage() {
  const [height, width] = contents.image.outputs, image = unmovedImage();
  return isMoved() ? shifted(image, height, width, state.shift) : image;
}

function isMoved() {
  return state.shift.some(by => by);
}

function parametersNow() {
  return contents.parameters[state.kernels];
}

function layerNamed(name) {
  return contents.layers.find(layer => layer.name === name);
}

// The sets of maps that are off, by the name of the tensor.
function offTensors(off = state.off) {
  return Object.fromEntries(Object.entries(off).map(
    ([name, maps]) => [layerNamed(name).last.name, maps]));
}

function recompute() {
  view.image = currentImage();
  const started = performance.now();
  const tensors = {image: view.image}, {program} = contents;
  view.whole = run(program, parametersNow(), tensors);
  view.tensors = Object.keys(state.off).length
    ? run(program, parametersNow(), tensors, offTensors()) : view.whole;
  view.milliseconds = performance.now() - started;
}

function logitsOf(tensors) {
  return tensors[contents.logits.last.name];
}

// The classes, the largest logit first.
function ranking(tensors = view.tensors) {
  const logits = logitsOf(tensors);
  return range(logits.length).sort((a, b) => logits[b] - logits[a]);
}

function selection() {
  return state.trail[state.trail.length - 1] || null;
}

// The two classes that are compared: those of the last question, or the answer
// and either the label it missed or the second best.
function compared() {
  const asked = state.trail.findLast(item => item.view === 'why');
  if (asked) return [asked.a, asked.b];
  const [first, second] = ranking();
  const label = knownLabel();
  return [first, label !== null && label !== first ? label : second];
}

// Takes what names the answer off the path: two classes, or a logit.
function forgetAnswer() {
  const {name} = contents.logits;
  state.trail = state.trail.filter(
    item => item.a === undefined && item.layer !== name);
}

// The label of the test image, if nothing was drawn on it.
function knownLabel() {
  const isPlain = state.example !== null && !state.strokes.length;
  return isPlain ? contents.examples.labels[state.example] : null;
}

function stateToText() {
  const parts = [];
  const {example, shift, off, trail} = state;
  if (example !== null && !state.strokes.length) parts.push(`i=${example}`);
  else if (state.pixels || state.strokes.length || example !== null) {
    parts.push(`p=${packPixels(unmovedImage())}`);
  }
  if (isMoved()) parts.push(`m=${shift.join(',')}`);
  if (state.framed !== contents.framed) parts.push(`f=${Number(state.framed)}`);
  if (state.kernels === 'initial') parts.push('k=initial');
  if (state.hidden) parts.push('h=1');
  const offs = Object.entries(off).map(
    ([name, maps]) => [name, ...maps].join('.'));
  if (offs.length) parts.push(`off=${offs.join('/')}`);
  if (trail.length) parts.push(`s=${trail.map(itemToText).join('/')}`);
  return parts.join('&');
}

const ITEMS = {
  why: ['a', 'b'],
  map: ['layer', 'map'],
  node: ['layer', 'y', 'x', 'map'],
  pixels: ['layer', 'y', 'x', 'map'],
  cause: ['a', 'b'],
};

function itemToText(item) {
  return [item.view, ...ITEMS[item.view].map(name => item[name])].join('.');
}

// Reads the text of an address. It may be from anywhere, so what it names is
// checked, and what does not exist is left out.
function stateFromText(text) {
  const given = new URLSearchParams(text);
  const [height, width] = contents.image.outputs;
  const numbers = name => (given.get(name) || '').split(',').map(Number);
  const [example] = numbers('i'), shift = numbers('m');
  const isExample = given.has('i') && Number.isInteger(example)
    && example >= 0 && example < contents.examples.labels.length;
  Object.assign(state, {
    example: isExample ? example : null, pixels: null, strokes: [],
    shift: shift.length === 2 && shift.every(Number.isInteger) ? shift : [0, 0],
    framed: given.has('f') ? given.get('f') === '1' : contents.framed,
    kernels: given.get('k') === 'initial' ? 'initial' : 'trained',
    hidden: given.get('h') === '1', off: {}, open: new Set(),
  });
  try {
    if (given.has('p')) {
      state.pixels = unpackPixels(given.get('p'), height * width)
        .map(value => Math.round(255 * value) * Math.fround(1 / 255));
    }
  } catch {
    // A link that was cut off shows an empty pad.
  }
  for (const part of (given.get('off') || '').split('/')) {
    const [name, ...maps] = part.split('.');
    const known = maps.map(Number).filter(map => isMap(name, map));
    if (known.length) state.off[name] = new Set(known);
  }
  state.trail = (given.get('s') || '').split('/').map(textToItem)
    .filter(Boolean);
  if (state.hidden) forgetAnswer();
}

function isMap(name, map) {
  const layer = layerNamed(name);
  return Boolean(layer) && isBelow(map, layer.outputs[2]);
}

function isBelow(value, end) {
  return Number.isInteger(value) && value >= 0 && value < end;
}

function textToItem(text) {
  const [kind, ...words] = text.split('.');
  const names = Object.hasOwn(ITEMS, kind) ? ITEMS[kind] : null;
  if (!names || words.length !== names.length) return null;
  const item = {view: kind};
  names.forEach((name, index) => {
    item[name] = name === 'layer' ? words[index] : Number(words[index]);
  });
  if (names.includes('a')) {
    const count = contents.classes.length;
    return isBelow(item.a, count) && isBelow(item.b, count) ? item : null;
  }
  if (!isMap(item.layer, item.map)) return null;
  const [height, width] = layerNamed(item.layer).outputs;
  const inside = kind === 'map'
    || (isBelow(item.y, height) && isBelow(item.x, width));
  return inside ? item : null;
}
