// What the last press of "Learn" changed in every kernel, as pictures.

cnn.differences = (() => {
  const {range} = cnn.ops;
  const {
    button, cssOf, element, makeCanvas, number, scaleOf, sheetOf, signed,
    variable,
  } = cnn.elements;
  const {layerNamed} = cnn.state;
  const {parametersNow} = cnn.network;
  const {follow} = cnn.changes;
  const {weightTitle} = cnn.backward;

  // In CSS pixels: a layer, a weight, and what is between two kernels.
  const WIDEST = 330, TALLEST = 264, LARGEST_CELL = 8, GAP = 2;
  // Of the changes of a layer, this share has less than the full colour.
  const FULL_COLOUR = 0.99;

  let found = {};  // of the press that was shown last

  return {changedKernels};

  function changedKernels(press) {
    const now = parametersNow(), before = press.parameters;
    if (found.now !== now || found.before !== before) {
      found = {now, before, layers: Object.keys(now).map(
        name => compare(layerNamed(name), before[name].kernel,
                        now[name].kernel))};
    }
    return element('div', {},
      element('h3', {}, 'What changed in each kernel'),
      element('p', {class: 'note'}, 'By the last press, every weight: new ',
              'minus old. Orange: it rose. Purple: it fell. Click one to see ',
              'its gradient now, for the next step: a sum over all places ',
              'where the weight is used.'),
      found.layers.map(changesOf));
  }

  // The largest change of a layer, and a picture of all changes of filters.
  function compare(layer, before, now) {
    const changes = now.map((weight, place) => weight - before[place]);
    const most = changes.reduce(
      (best, change, place) => (
        Math.abs(change) > Math.abs(changes[best]) ? place : best), 0);
    return {layer, item: weightOf(layer, most), change: changes[most],
            before: before[most], now: now[most],
            picture: layer.units ? null : pictureOf(layer, changes)};
  }

  // The weight at a place of a kernel, as an item of the trail.
  function weightOf({name, first}, place) {
    const {window: [, width], inputs: [, , channels], outputs: [, , maps]} =
      first;
    const spot = Math.floor(place / (channels * maps));
    return {view: 'weight', layer: name, map: place % maps,
            from: Math.floor(place / maps) % channels,
            i: Math.floor(spot / width), j: spot % width};
  }

  // One column per filter, one line per input map. With a single input map, the
  // filters stand in lines of 16.
  function planOf({first: {window: [height, width], inputs: [, , channels],
                           outputs: [, , maps]}}) {
    const wanted = channels === 1 ? Math.min(maps, 16) : maps;
    const fits = Math.min(
      (WIDEST / wanted - GAP) / width, (TALLEST / channels - GAP) / height);
    const cell = Math.min(LARGEST_CELL, Math.max(1, Math.floor(fits)));
    const [wide, tall] = [width * cell + GAP, height * cell + GAP];
    const columns = Math.max(1, Math.min(wanted, Math.floor(WIDEST / wide)));
    const lines = Math.ceil(maps / columns) * channels;
    return {height, width, channels, maps, cell, wide, tall, columns, lines};
  }

  function pictureOf(layer, changes) {
    const {height, width, channels, maps, cell, wide, tall, columns, lines} =
      planOf(layer);
    const sizes = changes.map(Math.abs).sort();
    const high = sizes[Math.floor(FULL_COLOUR * (sizes.length - 1))];
    const scale = scaleOf([high || sizes.at(-1)], true);
    const canvas = makeCanvas(columns * wide, lines * tall);
    const context = canvas.getContext('2d');
    for (const from of range(channels)) {
      const values = Float32Array.from(
        range(height * width * maps), place => changes[
          (Math.floor(place / maps) * channels + from) * maps + place % maps]);
      const sheet = sheetOf(values, [height, width, maps], scale);
      for (const map of range(maps)) {
        const line = Math.floor(map / columns) * channels + from;
        context.drawImage(sheet, map * width, 0, width, height,
                          (map % columns) * wide, line * tall, width * cell,
                          height * cell);
      }
    }
    return {canvas, scale};
  }

  function changesOf({layer, item, change, before, now, picture}) {
    return element('div', {class: 'changes'},
      element('h4', {}, layer.name),
      picture && shown(layer, picture),
      element('p', {class: 'note'}, 'Changed most: ',
        button(`${weightTitle(item)}:`, `most-${layer.name}`,
               () => follow(item), {class: 'link'}), ' ',
        element('span', {class: 'together'}, `${number(before, 5)} → ${
          number(now, 5)} (${signed(change, 5)})`)));
  }

  // A new canvas with the picture: it is replaced at every drawing.
  function shown(layer, {canvas: picture, scale}) {
    const plan = planOf(layer), {channels, maps, wide, tall} = plan;
    const [width, height] = [plan.columns * wide, plan.lines * tall];
    const canvas = makeCanvas(width, height, {
      role: 'img', class: 'differences',
      'aria-label': `Changes of the kernels of ${layer.name}`,
      onclick: event => {
        const item = weightUnder(event, layer, plan);
        if (item) follow(item);
      },
      onpointermove: event => {
        const item = weightUnder(event, layer, plan);
        canvas.title = item ? weightTitle(item) : '';
      }});
    const context = canvas.getContext('2d');
    // Lines between small kernels would hide their colours.
    context.fillStyle = plan.cell > 2 ? variable('--line') : cssOf(0, scale);
    context.fillRect(0, 0, width, height);
    context.drawImage(picture, 0, 0, width, height);
    return element('div', {},
      element('p', {class: 'note'}, channels === 1 ? `${maps} filters`
        : `${maps} filters across, ${channels} input maps down`,
        `; full colour from ${number(scale.high, 4)}`),
      canvas);
  }

  function weightUnder(event, layer, plan) {
    const {height, width, channels, maps, cell, wide, tall, columns} = plan;
    const box = event.target.getBoundingClientRect();
    const x = event.clientX - box.left, y = event.clientY - box.top;
    const line = Math.floor(y / tall), column = Math.floor(x / wide);
    const map = Math.floor(line / channels) * columns + column;
    const within = (value, size) => Math.min(
      size - 1, Math.floor(value / cell));
    if (x < 0 || y < 0 || column >= columns || map >= maps) return null;
    return {view: 'weight', layer: layer.name, map, from: line % channels,
            i: within(y % tall, height), j: within(x % wide, width)};
  }
})();
