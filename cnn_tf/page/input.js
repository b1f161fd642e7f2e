// The left column: the pad, the answer, the test images.

cnn.input = (() => {
  const {range, softmax} = cnn.ops;
  const {
    ARROWS, MINUS, PIXELS, button, element, hasModifier, makeCanvas, number,
    percent, replaceChildren, sheetOf, toggle,
  } = cnn.elements;
  const {moveStrokes, pixelsOf, rasterise, rounded, shifted} = cnn.drawing;
  const {
    basePixels, contents, forgetAnswer, isMoved, penRadius, state, storedImage,
  } = cnn.state;
  const {
    compared, difference, knownLabel, logitsOf, ranking, view,
  } = cnn.network;
  const {select, update} = cnn.changes;

  const PAD_SIDE = 224;  // CSS pixels, at most
  const MOST_BARS = 12;  // classes whose probabilities are shown
  const parts = {};  // the elements of the column
  let pointer = null;  // the id of the pointer that draws a stroke

  return {
    MOST_BARS, clearNote, exampleName, hatch, makeInput, putOnPad, setHidden,
    undo, updateInput,
  };

  function makeInput() {
    const [height, width] = contents.image.outputs, scale = padScale();
    parts.pad = makeCanvas(width * scale, height * scale, {
      id: 'pad', tabindex: '0', role: 'application',
      'aria-label': 'Pad: draw with the pointer; the arrow keys move the image',
      onpointerdown: startStroke, onpointermove: continueStroke,
      onpointerup: endStroke, onpointercancel: endStroke, onkeydown: moveByKey,
    });
    parts.controls = element('div', {class: 'controls'});
    parts.answer = element('div', {id: 'answer'});
    parts.note = element('p', {class: 'wrong note-on-file',
                               'aria-live': 'polite'});
    parts.examples = makeExamples();
    document.getElementById('input').append(
      parts.pad, parts.note, parts.controls, parts.answer, parts.examples);
    acceptPictures();
  }

  function updateInput() {
    drawPad();
    updateControls();
    updateAnswer();
    for (const shown of parts.examples.querySelectorAll('.thumbnail')) {
      const isShown = state.example === Number(shown.dataset.example);
      shown.setAttribute('aria-pressed', isShown);
    }
  }

  function padScale() {
    const [height, width] = contents.image.outputs;
    return Math.max(1, Math.floor(PAD_SIDE / Math.max(height, width)));
  }

  function pointAt(event) {
    const box = parts.pad.getBoundingClientRect();
    const [height, width] = contents.image.outputs;
    return {x: (event.clientX - box.left) / box.width * width,
            y: (event.clientY - box.top) / box.height * height};
  }

  function startStroke(event) {
    if (event.button) return;
    event.preventDefault();
    parts.pad.focus({preventScroll: true});
    parts.pad.setPointerCapture(event.pointerId);
    remember();
    if (isMoved()) settle();
    state.strokes.push({radius: penRadius(), points: [pointAt(event)]});
    pointer = event.pointerId;
    update();
  }

  function continueStroke(event) {
    if (pointer !== event.pointerId) return;
    // A browser reports several moves at once; with all of them, a fast stroke
    // stays round.
    const moves = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    const stroke = state.strokes[state.strokes.length - 1];
    stroke.points.push(...(moves.length ? moves : [event]).map(pointAt));
    update();
  }

  function endStroke(event) {
    if (pointer === event.pointerId) pointer = null;
  }

  // Moves the strokes and the pixels themselves by the shift, which becomes 0.
  function settle() {
    const [height, width] = contents.image.outputs, [dy, dx] = state.shift;
    const base = basePixels();
    Object.assign(state, {
      pixels: base && shifted(base, height, width, state.shift), example: null,
      strokes: moveStrokes(state.strokes, 1, dx, dy), shift: [0, 0]});
  }

  // Keeps what is on the pad for undo; to be called before it changes. Ends the
  // stroke that is being drawn.
  function remember() {
    pointer = null;
    clearNote();
    const {example, pixels, strokes, shift} = state;
    state.past.push({example, pixels, strokes: [...strokes], shift});
  }

  // {example} or {pixels}, or an empty pad, in place of what was there.
  function putOnPad({example = null, pixels = null}) {
    remember();
    Object.assign(state, {example, pixels, strokes: [], shift: [0, 0],
                          target: null});
    update();
  }

  function clearNote() {
    parts.note.textContent = '';
  }

  function undo() {
    pointer = null;
    clearNote();
    Object.assign(state, state.past.pop(), {target: null});
    update();
  }

  function moveByKey(event) {
    const by = ARROWS[event.key];
    if (!by || hasModifier(event)) return;
    event.preventDefault();
    remember();
    state.shift = state.shift.map((moved, axis) => moved + by[axis]);
    update();
  }

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
      const pixels = rounded(pixelsOf(bitmap, height, width, state.framed));
      putOnPad({pixels});
      if (!pixels.some(value => value)) {
        parts.note.textContent = `${file.name}: no ink in this picture.`;
      }
    } catch {
      parts.note.textContent = `${file.name}: not a picture that can be read.`;
    }
  }

  function updateControls() {
    const file = element('input', {
      type: 'file', accept: 'image/*', class: 'hidden-file', tabindex: '-1',
      onchange: event => usePicture(event.target.files[0])});
    replaceChildren(parts.controls, [
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

  function drawPad() {
    const [height, width] = contents.image.outputs, scale = padScale();
    const wide = width * scale, tall = height * scale;
    const context = parts.pad.getContext('2d');
    context.fillStyle = '#000';
    context.fillRect(0, 0, wide, tall);
    const base = basePixels();
    if (base) {
      const image = state.strokes.length ? padPixels(base) : view.image;
      const sheet = sheetOf(image, contents.image.outputs, PIXELS);
      context.drawImage(sheet, 0, 0, wide, tall);
    } else {
      drawStrokes(context, scale);
    }
    // Framing moves strokes, so the network sees them elsewhere.
    if (base || !state.framed) hatch(context, scale);
    if (state.strokes.length) return;
    if (!base) writePrompt(context, 'Draw here', wide / 2, tall / 2 + 6);
    else if (!state.past.length) {
      writePrompt(context, 'Draw over it', wide / 2, tall - 4);
    }
  }

  // The strokes on top of an image, not rounded, and moved.
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

  // Light with a dark border, to be read on any image.
  function writePrompt(context, text, across, down) {
    context.font = '15px system-ui, sans-serif';
    context.textAlign = 'center';
    context.lineWidth = 5;
    context.lineJoin = 'round';
    context.strokeStyle = '#000';
    context.strokeText(text, across, down);
    context.fillStyle = '#d0d0d0';
    context.fillText(text, across, down);
  }

  // Thin diagonal lines over the pixels that no logit depends on.
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

  function updateAnswer() {
    const shares = softmax(logitsOf(view.tensors)), order = ranking();
    if (state.hidden) {
      replaceChildren(parts.answer, [
        element('p', {class: 'headline'}, '?'),
        button('Show the answer', 'show', () => setHidden(false))]);
      return;
    }
    if (!view.image.some(value => value)) {
      replaceChildren(parts.answer, [
        element('p', {class: 'headline'}, '–'),
        element('p', {class: 'note'}, 'Nothing is drawn.')]);
      return;
    }
    const [best, other] = compared();
    const shown = order.length <= MOST_BARS ? range(order.length)
      : order.slice(0, MOST_BARS);
    replaceChildren(parts.answer, [
      element('div', {class: 'verdict', role: 'status'},
              element('span', {class: 'headline'}, contents.classes[order[0]]),
              element('span', {class: 'share'}, percent(shares[order[0]])),
              ...labelNote(order[0])),
      order.length > 1 ? button(
        `Why ${contents.classes[order[0]]} and not ${
          contents.classes[best === order[0] ? other : order[1]]}?`, 'why',
        () => select([{view: 'why', a: order[0],
                       b: best === order[0] ? other : order[1]}]),
        {class: 'primary'}) : null,
      element('table', {class: 'bars', 'aria-label': 'Probabilities'},
              shown.map(k => bar(k, shares[k], k === order[0]))),
      offNote(shares),
    ]);
  }

  function labelNote(answer) {
    const label = knownLabel();
    if (label === null) return [];
    const right = label === answer;
    return [element('span', {class: right ? 'right' : 'wrong'},
                    right ? '✓ its label'
                      : `✗ label ${contents.classes[label]}`)];
  }

  function bar(index, share, best) {
    const filled = element('div', {class: best ? 'bar best' : 'bar'});
    filled.style.width = `${100 * share}%`;
    return element('tr', {},
      element('th', {scope: 'row', title: contents.classes[index]},
              contents.classes[index]),
      element('td', {class: 'track'}, filled),
      element('td', {class: 'value'}, percent(share)));
  }

  // What the maps that are off have changed.
  function offNote(shares) {
    const layers = Object.entries(state.off);
    if (!layers.length) return null;
    const all = softmax(logitsOf(view.whole));
    const best = ranking(view.whole)[0];
    const names = layers.map(([name, maps]) => `${maps.size} of ${name}`);
    const [a, b] = compared(), {classes} = contents;
    const logits = b === undefined ? '' : `Logit ${classes[a]} ${MINUS} ${
      classes[b]}: ${number(difference(view.whole, a, b))} → ${
      number(difference(view.tensors, a, b))}. `;
    return element('p', {class: 'off-note'},
      `Off: ${names.join(', ')}. ${logits}${contents.classes[best]}: ${
        percent(all[best])} → ${percent(shares[best])} `,
      button('All on', 'all-on', () => {
        state.off = {};
        update();
      }));
  }

  function setHidden(hidden) {
    state.hidden = hidden;
    if (hidden) forgetAnswer();
    update();
  }

  function makeExamples() {
    const {labels, mistakes} = contents.examples;
    const first = labels.length - mistakes;
    return element('div', {class: 'examples'},
      mistakes ? element('h2', {}, 'Its worst mistakes') : null,
      element('div', {class: 'thumbnails'},
              range(mistakes).map(index => thumbnail(first + index))),
      element('h2', {}, 'Other test images'),
      element('div', {class: 'thumbnails'},
              range(first).map(thumbnail)));
  }

  function thumbnail(index) {
    const sheet = sheetOf(storedImage(contents.examples.images, index),
                          contents.image.outputs, PIXELS);
    sheet.setAttribute('aria-hidden', 'true');
    const name = exampleName(index);
    return element('button', {
      type: 'button', class: 'thumbnail', 'data-example': String(index),
      title: name, 'aria-label': name,
      onclick: () => putOnPad({example: index})}, sheet);
  }

  function exampleName(index) {
    const {labels, numbers} = contents.examples;
    return `test image ${numbers[index]}, label ${
      contents.classes[labels[index]]}`;
  }
})();
