// The kernels of one epoch or another: a slider, "Play", and below them the
// accuracy after every epoch, with a dot for the one that is shown.

cnn.epochs = (() => {
  const {range} = cnn.ops;
  const {button, element, makeCanvas, percent, variable} = cnn.elements;
  const {contents, state} = cnn.state;
  const {isChanged} = cnn.network;
  const {update} = cnn.changes;

  const PLAY_MILLISECONDS = 900;
  // CSS pixels; the middle of the slider's thumb is THUMB / 2 from its ends.
  const WIDTH = 240, HEIGHT = 44, THUMB = 16, EDGE = 5;
  const CURVES = [['training', '--blue'], ['validation', '--orange']];
  const LINES = [0.9, 0.99, 0.999];  // accuracies that are marked

  const parts = {};  // the elements
  let timer = null;  // of "Play"

  return {epochText, makeEpochs, updateEpochs};

  function makeEpochs() {
    const last = String(names().length - 1);
    parts.slider = element('input', {
      type: 'range', min: '0', max: last, step: '1', 'aria-label': 'Epoch',
      'data-key': 'epoch', oninput: () => {
        stop();
        show(Number(parts.slider.value));
      }});
    parts.play = button('Play', 'play-epochs', play, {class: 'small'});
    parts.curve = makeCanvas(WIDTH, HEIGHT, {role: 'img'});
    parts.text = element('p', {class: 'epoch-text', title: 'Training: the '
      + 'mean over an epoch, with augmentation and dropout where they are on. '
      + 'Validation: at its end, without.'});
    document.getElementById('epochs').append(
      element('div', {class: 'epoch-controls'}, parts.play, parts.slider),
      contents.accuracies ? parts.curve : '', parts.text);
  }

  function updateEpochs() {
    const place = names().indexOf(state.kernels);
    const changed = isChanged() ? ', changed by you' : '';
    const known = accuraciesNow().map(
      ([set, accuracy]) => [set, `${set} ${percent(accuracy)}`]);
    const text = [name() + changed, ...known.map(([, part]) => part)];
    parts.slider.value = String(place);
    parts.slider.setAttribute('aria-valuetext', text.join(', '));
    parts.play.textContent = timer ? 'Pause' : isCalm() ? 'Next' : 'Play';
    parts.text.replaceChildren(
      element('span', {}, text[0]),
      ...known.map(([set, part]) => element('span', {class: set}, part)));
    if (!contents.accuracies) return;
    drawCurves(parts.curve.getContext('2d'), place);
    parts.curve.setAttribute(
      'aria-label', `Accuracy after each epoch; ${text.join(', ')}`);
  }

  // The names of all kernels, from the initial ones on.
  function names() {
    const {epochs} = contents;
    return Object.keys(epochs).sort((a, b) => epochs[a] - epochs[b]);
  }

  function name() {
    return state.kernels === 'initial' ? 'initial'
      : `epoch ${contents.epochs[state.kernels]}`;
  }

  // The kernels that compute, in words.
  function epochText() {
    switch (state.kernels) {
      case 'initial': return 'untrained';
      case 'trained': return name();
      default: return `${name()}, its kernels rounded to 8 bits`;
    }
  }

  function show(place) {
    state.kernels = names()[place];
    update();
  }

  // Whether the reader has asked for less motion; then "Play" is one epoch.
  function isCalm() {
    return matchMedia('(prefers-reduced-motion: reduce)').matches;
  }

  // From the first epoch, if the last one is shown.
  function play() {
    if (timer) {
      stop();
      update();
      return;
    }
    const all = names(), place = all.indexOf(state.kernels);
    show((place + 1) % all.length);
    if (!isCalm()) timer = setInterval(showNext, PLAY_MILLISECONDS);
  }

  function showNext() {
    const next = names().indexOf(state.kernels) + 1;
    if (next >= names().length - 1) stop();
    show(Math.min(next, names().length - 1));
  }

  function stop() {
    clearInterval(timer);
    timer = null;
  }

  // [set, accuracy] of the kernels that compute, where they are known.
  function accuraciesNow() {
    const {accuracies, epochs} = contents;
    if (!accuracies || isChanged()) return [];
    const index = accuracies.epochs.indexOf(epochs[state.kernels]);
    return CURVES.map(([set]) => [set, accuracies[set][index]])
      .filter(([, accuracy]) => typeof accuracy === 'number');
  }

  function drawCurves(context, place) {
    const {accuracies} = contents;
    context.clearRect(0, 0, WIDTH, HEIGHT);
    const known = CURVES.flatMap(([set]) => accuracies[set]).filter(
      accuracy => accuracy < 1);
    const high = heightOf(Math.max(0.9, ...known)) + 0.15;
    const down = accuracy => HEIGHT - EDGE
      - Math.min(1, heightOf(accuracy) / high) * (HEIGHT - 2 * EDGE);
    drawLines(context, down, high);
    drawMark(context, acrossAt(place));
    for (const [set, colour] of CURVES) {
      const points = accuracies.epochs
        .map((epoch, index) => [epoch, accuracies[set][index]])
        .filter(([, accuracy]) => typeof accuracy === 'number')
        .map(([epoch, accuracy]) => [epoch, acrossOf(epoch), down(accuracy)]);
      drawCurve(context, points, variable(colour));
    }
  }

  // On a scale on which 90 %, 99 % and 99.9 % have the same distance: at a
  // constant one, the curve of a good network is a flat line.
  function heightOf(accuracy) {
    return -Math.log10(1 - accuracy);
  }

  // The position of a stop of the slider, and of any epoch between two stops.
  function acrossAt(place) {
    return THUMB / 2 + place / (names().length - 1) * (WIDTH - THUMB);
  }

  function acrossOf(epoch) {
    const stops = names().map(key => contents.epochs[key]);
    const next = Math.max(1, stops.findIndex(other => other >= epoch));
    const [from, to] = [stops[next - 1], stops[next]];
    return acrossAt(next - 1 + (epoch - from) / (to - from));
  }

  function drawLines(context, down, high) {
    context.font = '10px system-ui, sans-serif';
    context.lineWidth = 1;
    for (const accuracy of LINES.filter(line => heightOf(line) < high)) {
      const y = Math.round(down(accuracy)) + 0.5;
      context.strokeStyle = variable('--line');
      context.beginPath();
      context.moveTo(0, y);
      context.lineTo(WIDTH, y);
      context.stroke();
      context.fillStyle = variable('--quiet');
      context.fillText(percent(accuracy).replace('.0', ''), 0, y - 2);
    }
  }

  function drawMark(context, across) {
    context.strokeStyle = variable('--line');
    context.beginPath();
    context.moveTo(across, 0);
    context.lineTo(across, HEIGHT);
    context.stroke();
  }

  function drawCurve(context, points, colour) {
    context.strokeStyle = context.fillStyle = colour;
    context.lineWidth = 1.5;
    context.beginPath();
    for (const [, x, y] of points) context.lineTo(x, y);
    context.stroke();
    const now = points.find(
      ([epoch]) => epoch === contents.epochs[state.kernels]);
    if (!now || isChanged()) return;
    context.beginPath();
    context.arc(now[1], now[2], 3.5, 0, 2 * Math.PI);
    context.fill();
  }
})();
