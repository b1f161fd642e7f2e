// The view of a map: its nodes, its switch, its kernel, and what excites it.

cnn.map = (() => {
  const {range, softmax, valueAt, windowOf} = cnn.ops;
  const {
    ARROWS, PIXELS, button, element, ends, figure, fitsTable, frameField,
    gridOf, hasModifier, heatMap, makeCanvas, number, percent, savePng, scaleOf,
    sheetOf, spanOf, toggle, variable,
  } = cnn.elements;
  const {
    contents, isBelow, layerNamed, mapName, nodeName, state, storedImage,
  } = cnn.state;
  const {
    compared, difference, fieldOfNode, isChanged, logitsOf, nodeOf,
    parametersNow, ranking, view, withMap,
  } = cnn.network;
  const {lastPress} = cnn.descent;
  const {follow, update} = cnn.changes;
  const {putOnPad} = cnn.input;
  const {scaleOfLayer} = cnn.layers;
  const {sheetOfClass} = cnn.sheet;

  return {mapView};

  function mapView({layer: name, map}) {
    const layer = layerNamed(name);
    return element('div', {class: 'view'},
      element('h2', {}, mapName(name, map)),
      layer.units ? element('p', {class: 'equation'},
        `= ${number(view.tensors[layer.last.name][map])}`) : bigMap(layer, map),
      switches(layer, map),
      kernelOf(layer, map),
      sheetOfClass(layer, map),
      excites(layer, map),
      classMeans(layer, map));
  }

  function bigMap(layer, map) {
    const [height, width, maps] = layer.outputs;
    const tensor = view.tensors[layer.last.name];
    const values = Float32Array.from(
      range(height * width), place => tensor[place * maps + map]);
    const node = cursorOn(layer, map);
    const chosen = `${nodeName(node, false)} = ${
      number(valueAt(tensor, layer.outputs, node))}`;
    const canvas = heatMap(values, height, width, scaleOfLayer(layer), 208, {
      tabindex: '0', role: 'application', 'data-key': 'big-map',
      class: 'big-map',
      'aria-label': `${chosen}; the arrow keys choose a node, Enter opens it`,
      onkeydown: event => walkMap(layer, node, event)});
    frameCaller(canvas, layer);
    if (state.cursor) {
      frameField(canvas.getContext('2d'), {
        rows: new Set([node.y]), columns: new Set([node.x])}, canvas.cell);
    }
    canvas.addEventListener('click', event => {
      const box = canvas.getBoundingClientRect();
      const down = Math.floor((event.clientY - box.top) / canvas.cell);
      const across = Math.floor((event.clientX - box.left) / canvas.cell);
      follow({view: 'node', layer: layer.name, map,
              y: Math.min(height - 1, down), x: Math.min(width - 1, across)});
    });
    return element('div', {class: 'big'}, canvas, element('div', {},
      element('p', {class: 'note'},
        `${height}x${width} nodes, ${spanOf(values)}. `,
        state.cursor ? `Chosen: ${chosen}.` : 'Click a node.'),
      button('PNG', 'png-map', () => savePng(canvas, `${layer.name}_${map}`),
             {class: 'small', 'aria-label': 'Save this map as a PNG file'})));
  }

  // The node of the cursor; on another map, or at first, the largest one.
  function cursorOn(layer, map) {
    const {cursor} = state;
    if (cursor?.layer !== layer.name || cursor.map !== map) state.cursor = null;
    return state.cursor || nodeOf({layer: layer.name, map});
  }

  function walkMap(layer, node, event) {
    if (event.key === 'Enter') follow({view: 'node', ...node});
    const by = ARROWS[event.key];
    if (!by || hasModifier(event)) return;
    event.preventDefault();
    const [y, x] = [node.y + by[0], node.x + by[1]];
    const [height, width] = layer.outputs;
    if (!isBelow(y, height) || !isBelow(x, width)) return;
    state.cursor = {...node, y, x};
    update();
  }

  // Frames the window of the node whose view led to this map.
  function frameCaller(canvas, layer) {
    const node = state.trail[state.trail.length - 2];
    const above = node?.view === 'node' && layerNamed(node.layer);
    if (!above || above.units || above.input !== layer) return;
    const [rows, columns] = windowOf(above.first, node).map(
      pairs => new Set(pairs.map(([, place]) => place)));
    frameField(canvas.getContext('2d'), {rows, columns}, canvas.cell);
  }

  // Turning maps off, and what that does to the answer.
  function switches(layer, map) {
    if (layer === contents.logits) return null;
    const off = state.off[layer.name] || new Set(), isOff = off.has(map);
    const maps = range(layer.outputs[2]);
    const kind = layer.units ? 'unit' : 'map';
    return element('div', {class: 'switches'},
      toggle(`Turn this ${kind} off`, 'off', isOff, on => setOff(
        layer, on ? [...off, map] : [...off].filter(other => other !== map))),
      button(`Only this ${kind}`, 'only', () => setOff(
        layer, maps.filter(other => other !== map)),
        {title: `Turn all other ${kind}s of ${layer.name} off`}),
      off.size ? button('All on', 'on', () => setOff(layer, [])) : null,
      state.hidden ? null : effectNote(layer, map, isOff));
  }

  function setOff(layer, maps) {
    if (maps.length) state.off[layer.name] = new Set(maps);
    else delete state.off[layer.name];
    update();
  }

  function effectNote(layer, map, isOff) {
    const other = withMap(layer, map, !isOff);
    const [on, off] = isOff ? [other, view.tensors] : [view.tensors, other];
    const best = ranking(on)[0], now = ranking(off)[0];
    const [a, b] = compared(), names = contents.classes;
    const shares = [on, off].map(t => percent(softmax(logitsOf(t))[best]));
    const turn = now === best ? '' : ` The answer becomes ${names[now]}.`;
    // The logits first: percentages close to 100 hide what has changed.
    const logits = b === undefined ? '' : `If off, the logit of ${
      names[a]} minus that of ${names[b]}: ${number(difference(on, a, b))} → ${
      number(difference(off, a, b))}. `;
    const isAlone = Object.entries(state.off).every(([name, maps]) => (
      name === layer.name && [...maps].every(one => one === map)));
    return element('p', {class: 'effect'}, logits, `Off, ${names[best]} ${
      isOff ? 'is' : 'would be'} at ${shares[1]} instead of ${shares[0]}.`,
      turn, isAlone ? '' : ' Other maps that are off stay off.');
  }

  // The weights of a map: one small kernel for every input map.
  function kernelOf(layer, map) {
    const kernel = parametersNow()[layer.name]?.kernel;
    if (!kernel) return null;
    const {inputs: [, , channels], window: [height, width]} = layer.first;
    const maps = layer.outputs[2];
    const values = Float32Array.from(
      range(height * width * channels), index => kernel[index * maps + map]);
    const size = `${height}x${width}`;
    const bias = parametersNow()[layer.name].bias[map];
    return element('div', {}, element('h3', {}, 'Kernel'),
      element('p', {class: 'note'}, height * width === 1
        ? `${channels} weights, one per ${
          layer.input.units ? 'unit' : 'map'} of ${layer.input.name}`
        : channels === 1 ? `${size} weights`
          : `${size} weights for each map of ${layer.input.name}`,
        `; bias ${number(bias)}. Click a weight to see its gradient. `,
        button('The largest one', 'weight', () => openWeight(
          layer, map, largestOf(values)), {class: 'link'})),
      channels === 1 && fitsTable(height, width)
        ? kernelTable(values, width, layer, map)
        : kernelTiles(values, height, width, channels, layer, map),
      kernelChange(values, layer, map));
  }

  function kernelTable(values, width, layer, map) {
    const terms = Array.from(values, (shown, index) => {
      const i = Math.floor(index / width), j = index % width;
      return {i, j, shown, y: i, x: j};
    });
    return gridOf(terms, {
      isSigned: true,
      onTerm: ({i, j}) => openWeight(layer, map, i * width + j)});
  }

  // What the last press of "Learn" has changed in the kernel.
  function kernelChange(values, layer, map) {
    const before = lastPress()?.parameters[layer.name].kernel;
    if (!before) return null;
    const {inputs: [, , channels], window} = layer.first;
    const changes = values.map(
      (weight, place) => weight - before[place * layer.outputs[2] + map]);
    return element('div', {},
      element('p', {class: 'note'}, 'What learning changed, ',
              `${spanOf(changes)}:`),
      kernelTiles(changes, ...window, channels, layer, map, 'Changes'));
  }

  function largestOf(values) {
    const sizes = values.map(Math.abs);
    return sizes.indexOf(sizes.reduce((a, b) => Math.max(a, b)));
  }

  // Opens a weight by its place among those of a map.
  function openWeight({name, first}, map, place) {
    const {window: [, width], inputs: [, , channels]} = first;
    const spot = Math.floor(place / channels);
    follow({view: 'weight', layer: name, i: Math.floor(spot / width),
            j: spot % width, from: place % channels, map});
  }

  function kernelTiles(values, height, width, channels, layer, map,
                       what = 'Weights') {
    const room = 320, gap = height * width === 1 ? 1 : 2;
    const perLine = height * width === 1 ? 25 : 16;
    const columns = Math.min(channels, perLine);
    const cell = Math.max(1, Math.floor((room / columns - gap) / width));
    const [wide, tall] = [width * cell + gap, height * cell + gap];
    const scale = scaleOf(values, true);
    const sheet = sheetOf(values, [height, width, channels], scale);
    const lines = Math.ceil(channels / columns);
    const canvas = makeCanvas(columns * wide, lines * tall, {
      role: 'img', class: 'weights',
      'aria-label': `${what} by input map, ${spanOf(values)}`});
    const context = canvas.getContext('2d');
    context.fillStyle = variable('--line');
    context.fillRect(0, 0, columns * wide, lines * tall);
    for (let c = 0; c < channels; c++) {
      context.drawImage(sheet, c * width, 0, width, height,
                        (c % columns) * wide, Math.floor(c / columns) * tall,
                        width * cell, height * cell);
    }
    const weightUnder = event => {
      const box = canvas.getBoundingClientRect();
      const across = event.clientX - box.left, down = event.clientY - box.top;
      const from = Math.floor(down / tall) * columns
        + Math.floor(across / wide);
      const i = Math.min(height - 1, Math.floor((down % tall) / cell));
      const j = Math.min(width - 1, Math.floor((across % wide) / cell));
      return {from, place: (i * width + j) * channels + from};
    };
    canvas.addEventListener('pointermove', event => {
      const {from} = weightUnder(event);
      canvas.title = from < channels && layer.input.name !== 'image'
        ? mapName(layer.input.name, from) : '';
    });
    canvas.addEventListener('click', event => {
      const {from, place} = weightUnder(event);
      if (from < channels) openWeight(layer, map, place);
    });
    return canvas;
  }

  function excites(layer, map) {
    if (state.kernels !== 'trained' || isChanged()) {
      return element('p', {class: 'note'}, 'What excites a map was measured ',
                     'with the trained kernels only.');
    }
    return element('div', {}, patternsOf(layer, map), patchesOf(layer, map));
  }

  function patternsOf(layer, map) {
    const found = contents.patterns?.[layer.name];
    const index = found ? found.numbers.indexOf(map) : -1;
    if (index < 0) return null;
    const what = layer.units ? 'value' : 'mean of the map';
    const parts = [['images', found.scores, what],
                   ['patches', found.patchScores, 'one node']];
    return element('div', {}, element('h3', {}, 'What would excite it most'),
      element('p', {class: 'note'}, 'Found by gradient ascent on the pixels: ',
              found.statuses[index], '.'),
      element('div', {class: 'tiles'}, parts.filter(
        ([name]) => found[name]).map(
        ([name, scores, title]) => figure(
          `${title}: ${number(scores[index], 1)}`,
          picture(found[name], index, 84, `pattern: ${title}`)))));
  }

  // One of several stored images, or the part `crop` of it, in grey.
  function picture(images, index, side, label, crop = null) {
    const [, height, width] = images.shape;
    const pixels = storedImage(images, index);
    const [top, bottom] = crop ? crop.rows : [0, height];
    const [left, right] = crop ? crop.columns : [0, width];
    const [tall, wide] = [bottom - top, right - left];
    const values = Float32Array.from(range(tall * wide), place => {
      const y = top + Math.floor(place / wide), x = left + place % wide;
      return pixels[y * width + x];
    });
    return heatMap(values, tall, wide, PIXELS, side,
                   {role: 'img', 'aria-label': label});
  }

  function patchesOf(layer, map) {
    const {patches} = contents, found = patches?.layers[layer.name];
    if (!found) return null;
    const count = found.scores.shape[1];
    return element('div', {},
      element('h3', {}, 'What excites it most in the training set'),
      element('p', {class: 'note'}, `Best of ${
        patches.searched.toLocaleString('en')} images; click one to load it.`),
      element('div', {class: 'tiles'}, range(count).map(
        rank => patch(layer, map, found, rank, map * count + rank))));
  }

  function patch(layer, map, found, rank, place) {
    const {patches} = contents, index = found.images[place];
    const node = {layer: layer.name, map, y: found.nodes[2 * place],
                  x: found.nodes[2 * place + 1]};
    const field = fieldOfNode(node);
    const crop = {rows: ends(field.rows), columns: ends(field.columns)};
    const label = contents.classes[patches.labels[index]];
    return element('button', {
      type: 'button', class: 'patch', 'data-key': `patch-${rank}`,
      title: `training image of class ${label}, ${number(found.scores[place])}`,
      onclick: () => {
        putOnPad({pixels: storedImage(patches.images, index)});
        follow({view: 'node', ...node});
      }},
      picture(patches.images, index, 52, `its best patch ${rank + 1}`, crop));
  }

  function classMeans(layer, map) {
    const found = contents.means?.layers[layer.name];
    if (!found || state.kernels !== 'trained' || isChanged()) return null;
    const maps = found.shape[1];
    const means = contents.classes.map((_, k) => found[k * maps + map]);
    const largest = Math.max(...means.map(Math.abs)) || 1;
    return element('div', {}, element('h3', {}, 'Its mean for each class'),
      element('p', {class: 'note'}, `Over ${
        contents.means.images.toLocaleString('en')} validation images.`),
      element('table', {class: 'bars'}, means.map((mean, k) => {
        const filled = element('div', {class: mean < 0 ? 'bar minus' : 'bar'});
        filled.style.width = `${100 * Math.abs(mean) / largest}%`;
        return element('tr', {},
          element('th', {scope: 'row'}, contents.classes[k]),
          element('td', {class: 'track'}, filled),
          element('td', {class: 'value'}, number(mean)));
      })));
  }
})();
