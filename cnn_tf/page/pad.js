// The left column: the pad, the answer, the test images.

const PAD_SIDE = 224;  // CSS pixels, at most
const input = {};  // its elements

function padScale() {
  const [height, width] = contents.image.outputs;
  return Math.max(1, Math.floor(PAD_SIDE / Math.max(height, width)));
}

function makeInput() {
  const [height, width] = contents.image.outputs, scale = padScale();
  input.pad = makeCanvas(width * scale, height * scale, {
    id: 'pad', tabindex: '0', role: 'application',
    'aria-label': 'Pad: draw with the pointer; the arrow keys move the image',
    onpointerdown: startStroke, onpointermove: continueStroke,
    onpointerup: endStroke, onpointercancel: endStroke, onkeydown: moveByKey,
  });
  input.controls = element('div', {class: 'controls'});
  input.answer = element('div', {id: 'answer'});
  input.note = element('p', {class: 'wrong note-on-file',
                             'aria-live': 'polite'});
  input.examples = makeExamples();
  document.getElementById('input').append(
    input.pad, input.note, input.controls, input.answer, input.examples);
  acceptPictures();
}

function updateInput() {
  drawPad();
  updateControls();
  updateAnswer();
  for (const shown of input.examples.querySelectorAll('.thumbnail')) {
    const isShown = state.example === Number(shown.dataset.example);
    shown.setAttribute('aria-pressed', isShown);
  }
}

// --- strokes ---

function pointAt(event) {
  const box = input.pad.getBoundingClientRect();
  const [height, width] = contents.image.outputs;
  return {x: (event.clientX - box.left) / box.width * width,
          y: (event.clientY - box.top) / box.height * height};
}

function startStroke(event) {
  if (event.button) return;
  event.preventDefault();
  input.pad.focus({preventScroll: true});
  input.pad.setPointerCapture(event.pointerId);
  remember();
  if (isMoved()) settle();
  state.strokes.push({radius: penRadius(), points: [pointAt(event)]});
  input.pointer = event.pointerId;
  update();
}

function continueStroke(event) {
  if (input.pointer !== event.pointerId) return;
  // A browser reports several moves at once, so that a fast stroke stays round.
  const moves = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
  const stroke = state.strokes[state.strokes.length - 1];
  stroke.points.push(...(moves.length ? moves : [event]).map(pointAt));
  update();
}

function endStroke(event) {
  if (input.pointer === event.pointerId) input.pointer = null;
}

// Moves what is on the pad itself by the shift, which becomes 0.
function settle() {
  const [height, width] = contents.image.outputs, [dy, dx] = state.shift;
  const base = basePixels();
  Object.assign(state, {
    pixels: base && shifted(base, height, width, state.shift), example: null,
    strokes: moveStrokes(state.strokes, 1, dx, dy), shift: [0, 0]});
}

// Keeps what is on the pad for undo; to be called before it changes. A stroke
// that is being drawn ends.
function remember() {
  input.pointer = null;
  input.note.textContent = '';
  const {example, pixels, strokes, shift} = state;
  state.past.push({example, pixels, strokes: [...strokes], shift});
}

// {example} or {pixels}, or nothing, in place of what was there.
function putOnPad({example = null, pixels = null}) {
  remember();
  Object.assign(state, {example, pixels, strokes: [], shift: [0, 0]});
  update();
}

function undo() {
  input.pointer = null;
  input.note.textContent = '';
  Object.assign(state, state.past.pop());
  update();
}

const ARROWS = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1],
                ArrowRight: [0, 1]};

function moveByKey(event) {
  const by = ARROWS[event.key];
  if (!by) return;
  event.preventDefault();
  remember();
  state.shift = state.shift.map((moved, axis) => moved + by[axis]);
  update();
}

// --- pictures ---

function acceptPictures() {
  const body = document.body;
  body.addEventListener('dragover', event => event.preventDefault());
  body.addEventListener('drop', event => {
    event.preventDefault();
    usePicture(event.dataTransfer.files[0]);
  });
  body.addEventListener('paste', event => {
    usePicture(event.clipboardData.files[0]);
  });
}

async function usePicture(file) {
  if (!file) return;
  const [height, width] = contents.image.outputs;
  try {
    const bitmap = await createImageBitmap(file);
    const pixels = pixelsOf(bitmap, height, width, state.framed);
    const bytes = pixels.map(v => Math.round(255 * v) * Math.fround(1 / 255));
    putOnPad({pixels: bytes});
    if (!bytes.some(value => value)) {
      input.note.textContent = `${file.name}: no ink in this picture.`;
    }
  } catch {
    input.note.textContent = `${file.name}: not a picture that can be read.`;
  }
}

function updateControls() {
  const file = element('input', {
    type: 'file', accept: 'image/*', class: 'hidden-file', tabindex: '-1',
    onchange: event => usePicture(event.target.files[0])});
  replaceChildren(input.controls, [
    button('Clear', 'clear', () => putOnPad({})),
    button('Undo', 'undo', undo, {disabled: !state.past.length}),
    button('Thick pen', 'pen', () => {
      state.thick = !state.thick;
      update();
    }, {'aria-pressed': state.thick, title: 'For the next strokes'}),
    button('Picture…', 'picture', () => file.click(),
           {title: 'Open a picture, or drop or paste one anywhere'}),
    file,
    toggle('Scale and centre', 'framed', state.framed, on => {
      state.framed = on;
      update();
    }, {disabled: Boolean(basePixels())}),
  ]);
}

// --- the pad itself ---

function drawPad() {
  const [height, width] = contents.image.outputs, scale = padScale();
  const context = input.pad.getContext('2d');
  context.fillStyle = '#000';
  context.fillRect(0, 0, width * scale, height * scale);
  const base = basePixels();
  const isEmpty = !base && !state.strokes.length;
  if (base) {
    const image = base && !state.strokes.length ? view.image : padPixels(base);
    const sheet = sheetOf(image, contents.image.outputs, PIXELS);
    context.drawImage(sheet, 0, 0, width * scale, height * scale);
  } else {
    drawStrokes(context, scale);
  }
  // Framing moves strokes, so what is drawn here is seen elsewhere.
  if (base || !state.framed) hatch(context, scale);
  if (isEmpty) writePrompt(context, width * scale, height * scale);
}

function padPixels(base) {
  const [height, width] = contents.image.outputs;
  const ink = rasterise(state.strokes, height, width);
  const image = ink.map((v, p) => Math.max(v, base[p]));
  return shifted(image, height, width, state.shift);
}

function drawStrokes(context, scale) {
  context.strokeStyle = '#fff';
  context.lineCap = context.lineJoin = 'round';
  const [dy, dx] = state.shift;
  for (const {radius, points} of moveStrokes(state.strokes, 1, dx, dy)) {
    context.lineWidth = 2 * radius * scale;
    context.beginPath();
    context.moveTo(points[0].x * scale, points[0].y * scale);
    for (const {x, y} of points) context.lineTo(x * scale, y * scale + 0.01);
    context.stroke();
  }
}

function writePrompt(context, width, height) {
  context.fillStyle = '#9a9a9a';
  context.font = '16px system-ui, sans-serif';
  context.textAlign = 'center';
  context.fillText('Draw here', width / 2, height / 2 + 6);
}

// Thin diagonal lines over the pixels that nothing sees.
function hatch(context, scale) {
  const [height, width] = contents.image.outputs;
  context.save();
  context.beginPath();
  contents.unseen.forEach((unseen, place) => {
    if (!unseen) return;
    const y = Math.floor(place / width), x = place % width;
    context.rect(x * scale, y * scale, scale, scale);
  });
  context.clip();
  context.beginPath();
  for (let start = -height * scale; start < width * scale; start += 5) {
    context.moveTo(start, 0);
    context.lineTo(start + height * scale, height * scale);
  }
  context.strokeStyle = '#8c8c8c';
  context.lineWidth = 1;
  context.stroke();
  context.restore();
}
