// The contents of the page: JSON -> typed arrays and a list of layers.

const TYPES = {float32: Float32Array, uint8: Uint8Array, int32: Int32Array};

// An array as arrays.py encodes it.
async function decodeArray({type, shape, gzip}) {
  const packed = Uint8Array.from(atob(gzip), c => c.charCodeAt(0));
  const stream = new Blob([packed]).stream();
  const unpacked = stream.pipeThrough(new DecompressionStream('gzip'));
  const array = new TYPES[type](await new Response(unpacked).arrayBuffer());
  return Object.assign(array, {shape});
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

// Adds to every layer what the page asks of it:
//   first   the step that multiplies or pools; its tensor is the pre-activation
//   last    the step whose tensor is the output of the layer
//   input   the layer before, or the image
//   units   whether its maps are single values
function describeLayers(contents) {
  const image = {name: 'image', outputs: contents.program[0].inputs};
  let input = image;
  for (const layer of contents.layers) {
    const steps = contents.program.filter(
      step => step.layer === layer.name && step.op !== 'flatten');
    layer.first = steps[0];
    layer.last = steps[steps.length - 1];
    layer.firstIndex = contents.program.indexOf(layer.first);
    layer.lastIndex = contents.program.indexOf(layer.last);
    layer.outputs = layer.last.outputs;
    layer.units = layer.first.op === 'dense';
    layer.input = input;
    input = layer;
  }
  contents.image = image;
  contents.logits = input;
  const [height, width] = image.outputs;
  const all = {rows: new Set(range(input.outputs[0])),
               columns: new Set(range(input.outputs[1]))};
  const seen = fieldOf(contents.program, contents.program.length - 1, all);
  contents.unseen = range(height * width).map(
    p => !seen.rows.has(Math.floor(p / width)) || !seen.columns.has(p % width));
  return contents;
}

async function readContents() {
  const text = document.getElementById('data').textContent;
  return describeLayers(await decodeAll(JSON.parse(text)));
}
