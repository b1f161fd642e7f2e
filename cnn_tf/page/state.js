// The contents of the page, its state, and the text of the state in the
// address.

cnn.state = (() => {
  const {fieldOf, range} = cnn.ops;
  const {
    frameStrokes, packPixels, rasterise, rounded, shifted, toPixels,
    unpackPixels,
  } = cnn.drawing;

  const TYPES = {float32: Float32Array, uint8: Uint8Array, int8: Int8Array,
                 int32: Int32Array};

  const ITEMS = {
    why: ['a', 'b'],
    map: ['layer', 'map'],
    node: ['layer', 'y', 'x', 'map'],
    pixels: ['layer', 'y', 'x', 'map'],
    cause: ['a', 'b'],
    weight: ['layer', 'i', 'j', 'from', 'map'],
    learn: [],
  };

  // What contents.py has written, with its arrays decoded.
  const contents = {};

  const state = {
    example: null,  // the number of the test image that is shown, or null
    pixels: null,  // another image that is shown, or null
    strokes: [],  // drawn on top of it: [{radius, points}]
    past: [],  // what was on the pad before each change, for undo
    shift: [0, 0],  // by which all of it is moved, down and to the right
    framed: false,  // whether strokes are scaled and centred
    thick: false,  // whether the next stroke is thick
    kernels: 'trained',  // or 'initial', or those after the epoch '1', '2', ...
    sheetClass: null,  // whose images a map is shown for, or null: the answer's
    learned: {},  // `kernels` -> {parameters, past}: what steps made of them
    rate: 0.001,  // of these steps
    target: null,  // the class that was chosen in "This is a ...", or null
    off: {},  // name of a layer -> the set of its maps that are off
    trail: [],  // what was selected, step by step; the last one is shown
    hidden: false,  // whether the answer is hidden
    open: new Set(),  // the rows of the inspector that are expanded
    cursor: null,  // the node that the arrow keys have chosen on a large map
    playing: null,  // the timer of "Play", or null
    pressed: false,  // whether a control is being pressed
  };

  return {
    contents, state, basePixels, currentImage, forgetAnswer, isBelow, isMoved,
    itemToText, layerNamed, mapName, nodeName, penRadius, readContents,
    selectedNode, selection, stateFromText, stateToText, storedImage,
    textToItem,
  };

  // To be called once; it fails in browsers that cannot decompress.
  async function readContents() {
    const text = document.getElementById('data').textContent;
    Object.assign(contents, await decodeAll(JSON.parse(text)));
    // What older pages lack, whose sources were renewed.
    contents.epochs ??= {initial: 0, trained: contents.epoch};
    contents.examples.first ??= 0;
    Object.values(contents.parameters).forEach(restoreKernels);
    contents.l2Scale ??= 0;  // older pages, with renewed sources, lack it
    describeLayers();
  }

  // Kernels of 8 bits -> float32, by the scale of each filter.
  function restoreKernels(parameters) {
    for (const layer of Object.values(parameters)) {
      const {kernel, scales} = layer;
      if (!scales) continue;
      layer.kernel = Float32Array.from(
        kernel, (value, index) => value * scales[index % scales.length]);
    }
  }

  // The same JSON with every encoded array in it decoded.
  async function decodeAll(value) {
    if (value === null || typeof value !== 'object') return value;
    if (value.gzip !== undefined) return decodeArray(value);
    if (Array.isArray(value)) return Promise.all(value.map(decodeAll));
    const entries = Object.entries(value).map(
      async ([name, part]) => [name, await decodeAll(part)]);
    return Object.fromEntries(await Promise.all(entries));
  }

  // An array as arrays.py encodes it.
  async function decodeArray({type, shape, gzip}) {
    const packed = Uint8Array.from(atob(gzip), c => c.charCodeAt(0));
    const stream = new Blob([packed]).stream();
    const unpacked = stream.pipeThrough(new DecompressionStream('gzip'));
    const array = new TYPES[type](await new Response(unpacked).arrayBuffer());
    return Object.assign(array, {shape});
  }

  // Adds to the contents the image, which pixels of it no logit depends on, and
  // to every layer
  //   first   the step that multiplies or pools: the pre-activation
  //   last    the step whose tensor is the output of the layer
  //   input   the layer before, or the image
  //   units   whether its maps are single values
  function describeLayers() {
    const image = {name: 'image', outputs: contents.program[0].inputs};
    let previous = image;
    for (const layer of contents.layers) {
      const steps = contents.program.filter(
        step => step.layer === layer.name && step.op !== 'flatten');
      layer.first = steps[0];
      layer.last = steps[steps.length - 1];
      layer.firstIndex = contents.program.indexOf(layer.first);
      layer.lastIndex = contents.program.indexOf(layer.last);
      layer.outputs = layer.last.outputs;
      layer.units = layer.first.op === 'dense';
      layer.input = previous;
      previous = layer;
    }
    contents.image = image;
    contents.logits = previous;
    const [height, width] = image.outputs;
    const {rows, columns} = fieldOf(
      contents.program, contents.program.length - 1,
      {rows: new Set([0]), columns: new Set([0])});
    contents.unseen = range(height * width).map(
      p => !rows.has(Math.floor(p / width)) || !columns.has(p % width));
  }

  function layerNamed(name) {
    return contents.layers.find(layer => layer.name === name);
  }

  function isMap(name, map) {
    const layer = layerNamed(name);
    return Boolean(layer) && isBelow(map, layer.outputs[2]);
  }

  // Whether a layer has a weight at (i, j) from one of its input maps.
  function isWeight({layer, i, j, from}) {
    const {first} = layerNamed(layer), [height, width] = first.window;
    return !first.op.endsWith('pool2d') && isBelow(i, height)
      && isBelow(j, width) && isBelow(from, first.inputs[2]);
  }

  function isBelow(value, end) {
    return Number.isInteger(value) && value >= 0 && value < end;
  }

  // "conv3 map 12", "dense1 unit 7", "logit 4".
  function mapName(layerName, map, withLayer = true) {
    const layer = layerNamed(layerName);
    const isLogits = layer === contents.logits;
    const name = isLogits ? contents.classes[map]
      : `${layer.units ? 'unit' : 'map'} ${map}`;
    return withLayer ? `${isLogits ? 'logit' : layerName} ${name}` : name;
  }

  // "conv3 map 12, node (1, 2)"
  function nodeName({layer, y, x, map}, withLayer = true) {
    const {units} = layerNamed(layer);
    const name = mapName(layer, map, withLayer);
    return units ? name : `${name}, node (${y}, ${x})`;
  }

  // The image that the network sees.
  function currentImage() {
    const [height, width] = contents.image.outputs, image = unmovedImage();
    return isMoved() ? shifted(image, height, width, state.shift) : image;
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
      const drawn = rounded(ink);
      image = image.map((value, place) => Math.max(value, drawn[place]));
    }
    return image;
  }

  function isMoved() {
    return state.shift.some(by => by);
  }

  // What is below the strokes, or null for an empty pad.
  function basePixels() {
    if (state.example === null) return state.pixels;
    return storedImage(contents.examples.images, state.example);
  }

  // The pixels of one of several images, stored as bytes [n, height, width].
  function storedImage(images, index) {
    const size = images.shape[1] * images.shape[2];
    return toPixels(images.subarray(index * size, (index + 1) * size));
  }

  function penRadius() {
    const [height, width] = contents.image.outputs;
    return (state.thick ? 2.6 : 1.1) * Math.min(height, width) / 28;
  }

  function selection() {
    return state.trail[state.trail.length - 1] || null;
  }

  // The node of the selection, or null: {layer, y, x, map}.
  function selectedNode() {
    const item = selection();
    return item && item.y !== undefined ? item : null;
  }

  // Removes what names the answer from the trail: two classes, a logit, or the
  // probabilities.
  function forgetAnswer() {
    const {name} = contents.logits;
    state.trail = state.trail.filter(
      item => item.a === undefined && item.layer !== name
        && item.view !== 'learn');
  }

  function stateToText() {
    const parts = [];
    const {example, shift, off, trail} = state;
    if (example !== null && !state.strokes.length) parts.push(`i=${example}`);
    else if (state.pixels || state.strokes.length || example !== null) {
      parts.push(`p=${packPixels(unmovedImage())}`);
    } else {
      parts.push('i=none');
    }
    if (isMoved()) parts.push(`m=${shift.join(',')}`);
    if (state.framed !== contents.framed) {
      parts.push(`f=${Number(state.framed)}`);
    }
    if (state.kernels !== 'trained') parts.push(`k=${state.kernels}`);
    if (state.sheetClass !== null) parts.push(`c=${state.sheetClass}`);
    if (state.target !== null) parts.push(`t=${state.target}`);
    if (state.hidden) parts.push('h=1');
    const offs = Object.entries(off).map(
      ([name, maps]) => [name, ...maps].join('.'));
    if (offs.length) parts.push(`off=${offs.join('/')}`);
    if (trail.length) parts.push(`s=${trail.map(itemToText).join('/')}`);
    return parts.join('&');
  }

  function itemToText(item) {
    return [item.view, ...ITEMS[item.view].map(name => item[name])].join('.');
  }

  // Sets the state to what the text of an address names. The address may come
  // from anywhere, so what does not exist is left out. Without an address, a
  // test image is shown.
  function stateFromText(text) {
    const given = new URLSearchParams(text || `i=${contents.examples.first}`);
    const [height, width] = contents.image.outputs;
    const numbers = name => (given.get(name) || '').split(',').map(Number);
    const [example] = numbers('i'), shift = numbers('m');
    const [sheetClass] = numbers('c'), [target] = numbers('t');
    const isExample = given.has('i')
      && isBelow(example, contents.examples.labels.length);
    const isShift = shift.length === 2 && shift.every(Number.isInteger);
    Object.assign(state, {
      example: isExample ? example : null, pixels: null, strokes: [],
      shift: isShift ? shift : [0, 0],
      framed: given.has('f') ? given.get('f') === '1' : contents.framed,
      kernels: Object.hasOwn(contents.parameters, given.get('k'))
        ? given.get('k') : 'trained',
      sheetClass: given.has('c') && isBelow(sheetClass, contents.classes.length)
        ? sheetClass : null,
      target: given.has('t') && isBelow(target, contents.classes.length)
        ? target : null,
      hidden: given.get('h') === '1', off: {}, open: new Set(),
    });
    try {
      if (given.has('p')) {
        state.pixels = unpackPixels(given.get('p'), height * width);
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
    if (kind === 'learn') return item;
    if (!isMap(item.layer, item.map)) return null;
    if (kind === 'weight') return isWeight(item) ? item : null;
    const [height, width] = layerNamed(item.layer).outputs;
    const inside = kind === 'map'
      || (isBelow(item.y, height) && isBelow(item.x, width));
    return inside ? item : null;
  }
})();
