// The middle column: one row per layer, with all of its maps on one canvas, and
// frames around what is selected.

cnn.layers = (() => {
  const {fieldOf, range, valueAt} = cnn.ops;
  const {
    ARROWS, PIXELS, button, cssOf, element, ends, frameField, hasModifier,
    inkOn, isNarrow, makeCanvas, number, savePng, scaleFor, sheetOf, variable,
  } = cnn.elements;
  const {
    contents, layerNamed, nodeName, selectedNode, selection, state,
  } = cnn.state;
  const {fieldOfNode, view} = cnn.network;
  const {select} = cnn.changes;
  const {MOST_BARS, hatch} = cnn.input;

  const GAP = 2;  // CSS pixels between maps
  const UNIT_HEIGHT = 14, LOGIT_HEIGHT = 24;
  const rows = {};  // name of a layer -> the elements of its row

  return {layOut, makeLayers, scaleOfLayer, updateLayers};

  function makeLayers() {
    const section = document.getElementById('layers');
    rows.image = makeImageRow();
    section.append(rows.image.box);
    for (const layer of contents.layers) {
      const readout = element('span', {class: 'readout'});
      const scale = element('span', {class: 'scale'});
      const head = element('div', {class: 'row-head'},
        element('strong', {}, layer.name),
        element('span', {class: 'what'}, `${layer.what} → ${layer.shape}`),
        readout, scale,
        button('PNG', `png-${layer.name}`, () => savePng(
          rows[layer.name].canvas, layer.name),
          {class: 'small', title: `Save the maps of ${layer.name} as a picture`,
           'aria-label': `Save the maps of ${layer.name} as a PNG file`}));
      const place = element('div', {class: 'atlas'});
      const box = element('div', {class: 'row', id: `row-${layer.name}`},
                          head, place);
      rows[layer.name] = {box, place, readout, scale, canvas: null};
      section.append(box);
    }
  }

  function makeImageRow() {
    const [height, width] = contents.image.outputs;
    const scale = Math.max(1, Math.floor(72 / Math.max(height, width)));
    const canvas = makeCanvas(width * scale, height * scale, {
      role: 'img', 'aria-label': 'The image that the network sees'});
    const note = element('p', {class: 'note'});
    const box = element('div', {class: 'row image-row', id: 'row-image'},
                        canvas, note, element('div', {id: 'epochs'}));
    return {box, canvas, note, scale};
  }

  // Makes the canvases anew for the width of the window.
  function layOut() {
    const section = document.getElementById('layers');
    const focused = document.activeElement?.dataset?.layer;
    const room = section.clientWidth - 24;
    const sliding = contents.layers.filter(layer => !layer.units);
    const strips = contents.layers.length - sliding.length;
    const taken = 110 + 26 * contents.layers.length + 34 * strips;
    const budget = isNarrow() ? 72 : Math.max(
      72, (section.clientHeight - taken) / Math.max(1, sliding.length));
    for (const layer of contents.layers) {
      const row = rows[layer.name], [height, width, maps] = layer.outputs;
      row.plan = layer.units ? arrangeUnits(maps, room)
        : arrange(layer.outputs, room, budget);
      const {cell, columns, lines} = row.plan;
      const isLogits = layer === contents.logits;
      const tall = isLogits ? LOGIT_HEIGHT : UNIT_HEIGHT;
      row.pitch = layer.units ? [tall + 1, cell]
        : [height * cell + GAP, width * cell + GAP];
      row.tile = layer.units ? [tall, cell - 1] : [height * cell, width * cell];
      row.canvas = makeCanvas(columns * row.pitch[1], lines * row.pitch[0], {
        tabindex: '0', role: 'application', 'data-layer': layer.name,
        'aria-label': `${layer.name}: ${maps} ${layer.units ? 'units' : 'maps'
          }; the arrow keys show one`,
        onclick: event => clickAtlas(layer, event),
        onpointermove: event => readAtlas(layer, event),
        onpointerleave: () => readAtlas(layer, null),
        onkeydown: event => walkAtlas(layer, event),
      });
      row.place.replaceChildren(row.canvas);
      row.hovered = null;
    }
    rows[focused]?.canvas.focus({preventScroll: true});
  }

  // The size of a node in CSS pixels, and the columns of an atlas: as large as
  // the width and the height of a row allow.
  function arrange([height, width, maps], room, budget) {
    const fit = cell => {
      const most = Math.max(1, Math.min(
        maps, Math.floor((room + GAP) / (width * cell + GAP))));
      const lines = Math.ceil(maps / most);
      const columns = Math.ceil(maps / lines);  // lines of equal length
      return {cell, columns, lines, tall: lines * (height * cell + GAP)};
    };
    let best = fit(1);
    for (let cell = 2; cell <= 24; cell++) {
      const next = fit(cell);
      const wide = next.columns * (width * cell + GAP);
      if (next.tall > budget || wide > room + GAP) break;
      best = next;
    }
    return best;
  }

  // Units are cells of equal width, in as few lines as leave them wide enough
  // to click.
  function arrangeUnits(units, room) {
    const perLine = units <= MOST_BARS ? units
      : Math.max(1, Math.floor(room / 11));
    const lines = Math.ceil(units / perLine);
    const columns = Math.ceil(units / lines);
    return {cell: Math.floor(room / columns), columns, lines};
  }

  function updateLayers() {
    drawImageRow();
    contents.layers.forEach(drawAtlas);
    drawMarks();
  }

  function drawImageRow() {
    const {canvas, note, scale} = rows.image;
    const [height, width] = contents.image.outputs;
    const context = canvas.getContext('2d');
    const sheet = sheetOf(view.image, contents.image.outputs, PIXELS);
    context.drawImage(sheet, 0, 0, width * scale, height * scale);
    hatch(context, scale);
    const node = selectedNode();
    if (node) frameField(context, fieldOfNode(node), scale);
    note.replaceChildren(...noteOn(node));
  }

  function noteOn(node) {
    const [height, width] = contents.image.outputs;
    const size = element('strong', {}, 'image');
    if (!node) {
      const hatched = contents.unseen.filter(Boolean).length;
      return [size, ` What the network sees: ${height}x${width} pixels. `,
              hatched ? `The ${hatched} hatched ones cannot change the answer. `
                : '',
              'Click a map or a unit to look into it.'];
    }
    const {rows: down, columns: across} = fieldOfNode(node);
    return [size, ` The frame is the receptive field of ${nodeName(node)}: ${
      down.size}x${across.size} pixels. No other pixel can change it.`];
  }

  function drawAtlas(layer) {
    const row = rows[layer.name], [height, width, maps] = layer.outputs;
    const context = row.canvas.getContext('2d');
    const values = view.tensors[layer.last.name], scale = scaleOfLayer(layer);
    const [tall, wide] = row.tile;
    context.clearRect(0, 0, row.canvas.width, row.canvas.height);
    const isHidden = state.hidden && layer === contents.logits;
    const sheet = layer.units ? null : sheetOf(values, layer.outputs, scale);
    for (let map = 0; map < maps; map++) {
      const {left, top} = tileOf(layer, map);
      if (sheet) {
        context.drawImage(sheet, map * width, 0, width, height,
                          left, top, wide, tall);
      } else {
        context.fillStyle = isHidden ? '#888' : cssOf(values[map], scale);
        context.fillRect(left, top, wide, tall);
      }
      if (state.off[layer.name]?.has(map)) {
        crossOut(context, left, top, row.tile);
      }
      if (layer === contents.logits && wide > 15) {
        nameUnit(context, map, left, top, row.tile, isHidden ? 0 : values[map],
                 scale);
      }
    }
    drawScale(row.scale, scale);
    showHovered(layer);
  }

  function scaleOfLayer(layer) {
    const {high, signed: isSigned} = layer.scales[state.kernels];
    return scaleFor(high, isSigned);
  }

  function tileOf(layer, map) {
    const {plan: {columns}, pitch} = rows[layer.name];
    return {left: (map % columns) * pitch[1],
            top: Math.floor(map / columns) * pitch[0]};
  }

  function crossOut(context, left, top, [tall, wide]) {
    context.fillStyle = '#7a7a7acc';
    context.fillRect(left, top, wide, tall);
    context.strokeStyle = '#fff';
    context.lineWidth = 1.5;
    context.beginPath();
    context.moveTo(left, top);
    context.lineTo(left + wide, top + tall);
    context.moveTo(left + wide, top);
    context.lineTo(left, top + tall);
    context.stroke();
  }

  function nameUnit(context, map, left, top, [tall, wide], value, scale) {
    context.font = '12px system-ui, sans-serif';
    context.fillStyle = inkOn(value, scale);
    context.textAlign = 'center';
    context.fillText(contents.classes[map], left + wide / 2, top + tall / 2 + 4,
                     wide - 4);
  }

  // Colours from the smallest to the largest value, with these values.
  function drawScale(place, {table, low, high}) {
    const strip = element('canvas', {width: 64, height: 1, class: 'strip',
                                     'aria-hidden': 'true'});
    const context = strip.getContext('2d');
    range(64).forEach(x => {
      context.fillStyle = `rgb(${table[Math.round(255 * x / 63)].join(' ')})`;
      context.fillRect(x, 0, 1, 1);
    });
    place.replaceChildren(number(low, low ? 1 : 0), strip, number(high, 1));
  }

  // Frames: the selected map, the node, and its window on every layer below.
  function drawMarks() {
    const item = selection();
    if (!item || !item.layer) return;
    const layer = layerNamed(item.layer);
    frameTile(layer, item.map);
    const node = selectedNode();
    if (!node) return;
    if (!layer.units) {
      frameNodes(layer, item.map, [node.y, node.y + 1], [node.x, node.x + 1],
                 '--mark');
    }
    let reached = {rows: new Set([node.y]), columns: new Set([node.x])};
    const index = contents.layers.indexOf(layer);
    for (let i = index; i > 0; i--) {
      const {first, input: lower} = contents.layers[i];
      reached = fieldOf([first], 0, reached);
      if (lower.units) continue;
      const maps = i === index && first.op.endsWith('pool2d') ? [item.map]
        : i === index ? range(lower.outputs[2]) : [];
      const isWhole = reached.rows.size === lower.outputs[0]
        && reached.columns.size === lower.outputs[1];
      for (const map of isWhole ? [] : maps) {
        frameNodes(lower, map, ends(reached.rows), ends(reached.columns),
                   '--window');
      }
    }
  }

  function frameTile(layer, map) {
    const row = rows[layer.name], {left, top} = tileOf(layer, map);
    const [tall, wide] = row.tile, context = row.canvas.getContext('2d');
    context.strokeStyle = variable('--mark');
    context.lineWidth = 2;
    context.strokeRect(left + 1, top + 1, wide - 2, tall - 2);
  }

  function frameNodes(layer, map, [top, bottom], [left, right], colour) {
    const row = rows[layer.name], tile = tileOf(layer, map), {cell} = row.plan;
    const context = row.canvas.getContext('2d');
    context.strokeStyle = variable(colour);
    context.lineWidth = 1;
    context.strokeRect(
      tile.left + left * cell + 0.5, tile.top + top * cell + 0.5,
      (right - left) * cell - 1, (bottom - top) * cell - 1);
  }

  function nodeAt(layer, event) {
    const row = rows[layer.name], {columns, cell} = row.plan;
    const box = row.canvas.getBoundingClientRect();
    const [height, width, maps] = layer.outputs;
    const down = event.clientY - box.top, across = event.clientX - box.left;
    const column = Math.min(columns - 1, Math.floor(across / row.pitch[1]));
    const map = Math.floor(down / row.pitch[0]) * columns + column;
    if (column < 0 || map < 0 || map >= maps) return null;
    if (layer.units) return {layer: layer.name, y: 0, x: 0, map};
    const tile = tileOf(layer, map);
    const clamp = (value, size) => Math.min(size - 1, Math.max(0, value));
    return {layer: layer.name, map,
            y: clamp(Math.floor((down - tile.top) / cell), height),
            x: clamp(Math.floor((across - tile.left) / cell), width)};
  }

  // A unit is a node, so its terms are shown; a map is shown first as a whole,
  // unless nodes are being looked at.
  function clickAtlas(layer, event) {
    const node = nodeAt(layer, event);
    if (node && !(state.hidden && layer === contents.logits)) openMap(node);
  }

  function openMap(node) {
    const {layer, map} = node;
    const isNode = layerNamed(layer).units || selection()?.view === 'node';
    select([isNode ? {view: 'node', ...node} : {view: 'map', layer, map}]);
  }

  function readAtlas(layer, event) {
    rows[layer.name].hovered = event && nodeAt(layer, event);
    showHovered(layer);
  }

  // The value of the node under the pointer, as it is now.
  function showHovered(layer) {
    const node = rows[layer.name].hovered;
    const isHidden = state.hidden && layer === contents.logits;
    const tensor = view.tensors[layer.last.name];
    rows[layer.name].readout.textContent = node && !isHidden
      ? `${nodeName(node, false)} = ${number(
        valueAt(tensor, layer.outputs, node))}` : '';
  }

  function walkAtlas(layer, event) {
    if (hasModifier(event)) return;
    const row = rows[layer.name], by = ARROWS[event.key];
    const item = selection();
    const isHere = item && item.layer === layer.name;
    if (!by && event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    if (state.hidden && layer === contents.logits) return;
    const step = isHere && by ? by[0] * row.plan.columns + by[1] : 0;
    const map = (isHere ? item.map : 0) + step;
    if (map < 0 || map >= layer.outputs[2]) return;
    const node = {layer: layer.name, map, y: isHere && item.y || 0,
                  x: isHere && item.x || 0};
    openMap(node);
  }
})();
