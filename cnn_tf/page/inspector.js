// The right column: why, a map, a node, its pixels, and how one came there.

const MANY_TERMS = 30, SHOWN_GROUPS = 8;
const VIEWS = {why: whyView, cause: causeView, map: mapView, node: nodeView,
               pixels: pixelsView};

function updateInspector() {
  const box = document.getElementById('inspector'), item = selection();
  if (state.hidden && item && (item.a !== undefined || isLogit(item))) {
    replaceChildren(box, [element('p', {}, 'The answer is hidden.')]);
    return;
  }
  replaceChildren(box, item ? [tabs(item), crumbs(), VIEWS[item.view](item)]
                            : [tabs(null), helpView()]);
}

function isLogit({layer}) {
  return layer === contents.logits.name;
}

// --- where one is ---

function tabs(item) {
  const [a, b] = compared();
  const targets = {
    Why: contents.classes.length > 1 && !state.hidden
      ? {view: 'why', a, b} : null,
    Map: item?.layer && {view: 'map', layer: item.layer, map: item.map},
    Node: item?.layer && {view: 'node', ...nodeOf(item)},
    Pixels: item?.layer ? {view: 'pixels', ...nodeOf(item)}
      : item && {view: 'cause', a, b},
  };
  return element('div', {class: 'tabs', role: 'group', 'aria-label': 'View'},
    Object.entries(targets).map(([name, target]) => button(
      name, `tab-${name}`, () => follow(target),
      {disabled: !target, 'aria-pressed': Boolean(item && target
        && item.view === target.view)})));
}

// The node of an item, or of a map: the one with the largest value.
function nodeOf({layer, map, y, x}) {
  if (y !== undefined) return {layer, y, x, map};
  const {last, outputs: [height, width, maps]} = layerNamed(layer);
  const values = range(height * width).map(
    place => view.tensors[last.name][place * maps + map]);
  const place = values.indexOf(Math.max(...values));
  return {layer, y: Math.floor(place / width), x: place % width, map};
}

function crumbs() {
  return element('nav', {class: 'crumbs', 'aria-label': 'Path'},
    button('×', 'close', () => select([]), {'aria-label': 'Close'}),
    state.trail.map((item, index) => [
      index ? ' › ' : '',
      index === state.trail.length - 1
        ? element('span', {'aria-current': 'true'}, titleOf(item))
        : button(titleOf(item), `crumb-${index}`,
                 () => select(state.trail.slice(0, index + 1)),
                 {class: 'link'})]));
}

function titleOf(item) {
  const names = contents.classes;
  switch (item.view) {
    case 'why': return `${names[item.a]}, not ${names[item.b]}`;
    case 'cause': case 'pixels': return 'pixels';
    case 'map': return mapName(item.layer, item.map);
    default: return nodeName(item);
  }
}

function helpView() {
  const steps = [
    'Draw on the pad, or choose a test image: every layer computes it at once.',
    'Ask why: the answer is a sum, and every term of it can be opened.',
    'Click a map or a unit: its kernel, what excites it, and a switch.',
    'Click a node: its window, the kernel, the products and their sum.'];
  return element('div', {class: 'help'},
    element('h2', {}, 'What does it compute?'),
    element('ol', {}, steps.map(text => element('li', {}, text))),
    element('p', {class: 'note'},
      'The address of this page holds the image and the selection: a link ',
      'to what is shown.'));
}

// --- why ---

function whyView({a, b}) {
  const {terms, bias} = termsOfDifference(a, b);
  const [nameA, nameB] = [contents.classes[a], contents.classes[b]];
  const value = difference(view.tensors, a, b);
  const below = contents.logits.input;
  return element('div', {class: 'view'},
    element('h2', {}, 'Why ', classMenu('a', a, b), ' and not ',
            classMenu('b', a, b), '?'),
    element('p', {class: 'equation'},
            `logit ${nameA} ${MINUS} logit ${nameB} = ${number(value)}`),
    element('p', {class: 'note'},
      `Each row is the output of ${below.name}, times its weight to ${nameA} `,
      `minus its weight to ${nameB}. Orange speaks for ${nameA}, purple for `,
      `${nameB}.`),
    below.name === 'image' ? groupDetail(terms, contents.logits.first)
      : sumTable(terms, below, {bias, total: value, effects: null}),
    button('What each pixel does', 'cause', () => follow({view: 'cause', a, b}),
           {class: 'primary'}));
}

function classMenu(which, a, b) {
  const item = {a, b};
  return element('select', {
    'aria-label': which === 'a' ? 'This class' : 'The other class',
    'data-key': `class-${which}`,
    onchange: event => replaceLast({view: 'why', ...item,
                                    [which]: Number(event.target.value)})},
    contents.classes.map((name, k) => element(
      'option', {value: String(k), selected: item[which] === k}, name)));
}

// --- sums ---

// A table of terms, summed by map, that adds up to a total.
function sumTable(terms, below, {bias, total, effects}) {
  const groups = groupsOf(terms), isLong = groups.length > SHOWN_GROUPS + 2;
  const all = state.open.has('all') || !isLong;
  const shown = all ? groups : groups.slice(0, SHOWN_GROUPS);
  const rest = groups.slice(shown.length);
  const largest = Math.abs(groups[0]?.sum) || 1;
  const head = effects && element('tr', {class: 'head'}, element('th', {}, ''),
    element('th', {colspan: '2'}, 'sum of products'),
    element('th', {}, effects.title));
  return element('table', {class: 'sum'}, head,
    shown.flatMap(group => groupRows(group, below, largest, effects)),
    rest.length ? sumRow(
      button(`${rest.length} others`, 'all', () => open('all', true),
             {class: 'link'}),
      rest.reduce((sum, group) => sum + group.sum, 0)) : null,
    isLong && all ? sumRow(button('Show fewer', 'all', () => open('all', false),
                                  {class: 'link'}), null) : null,
    sumRow('bias', bias),
    sumRow('sum', total, 'total'));
}

function groupRows(group, below, largest, effects) {
  const key = `group-${group.map}`, isOpen = state.open.has(key);
  const single = group.terms.length === 1;
  const name = below.name === 'image' ? 'image'
    : mapName(below.name, group.map);
  const target = below.name === 'image' ? null
    : below.units ? {view: 'node', layer: below.name, y: 0, x: 0, map: group.map}
      : {view: 'map', layer: below.name, map: group.map};
  const bar = element('div', {class: group.sum < 0 ? 'term minus' : 'term plus'});
  bar.style.width = `${50 * Math.abs(group.sum) / largest}%`;
  const {value, weight} = group.terms[0];
  const title = single ? `${number(value)} × ${number(weight)}`
    : `${group.terms.length} products`;
  const row = element('tr', {title, class: 'group'},
    element('th', {scope: 'row'},
      single ? null : button(isOpen ? '▾' : '▸', key,
        () => open(key, !isOpen), {class: 'expander', 'aria-expanded': isOpen,
                                   'aria-label': `Products of ${name}`}),
      target ? button(name, `${key}-link`, () => follow(target), {class: 'link'})
        : name),
    element('td', {class: 'term-track'}, bar),
    element('td', {class: 'value'}, signed(group.sum)),
    effects && element('td', {class: 'value'}, effects.of(group.map)));
  if (!isOpen) return [row];
  return [row, element('tr', {}, element('td', {colspan: '4'},
    productGrids(group.terms)))];
}

function sumRow(name, value, kind = '') {
  return element('tr', {class: kind},
    element('th', {scope: 'row', colspan: '2'}, name),
    element('td', {class: 'value'}, value === null ? ''
      : kind ? number(value) : signed(value)));
}

function open(key, isOpen) {
  if (isOpen) state.open.add(key);
  else state.open.delete(key);
  update();
}

// --- grids of numbers ---

// Window x kernel = products, for the terms of one input map.
function productGrids(terms, decimals = 2) {
  const parts = [['window', 'value'], ['kernel', 'weight'],
                 ['products', 'product']];
  const grids = parts.map(([title, name]) => figure(
    title, gridOf(
      terms.map(term => ({...term, shown: term[name]})), {decimals})));
  return element('div', {class: 'grids'},
                 grids[0], element('span', {class: 'sign'}, '×'), grids[1],
                 element('span', {class: 'sign'}, '='), grids[2]);
}

function figure(title, content) {
  return element('figure', {}, element('figcaption', {}, title), content);
}

const LARGEST_TABLE = 5;

// Terms {i, j, y, x, shown} at their places: numbers, or colours if there are
// more than fit.
function gridOf(terms, {isWinner = () => false, isSigned, decimals = 2} = {}) {
  const is = terms.map(t => t.i), js = terms.map(t => t.j);
  const top = Math.min(...is), left = Math.min(...js);
  const height = Math.max(...is) - top + 1, width = Math.max(...js) - left + 1;
  const scale = scaleOf(terms.map(term => term.shown), isSigned);
  if (height > LARGEST_TABLE + 2 || width > LARGEST_TABLE) {
    const values = new Float32Array(height * width);
    for (const {i, j, shown} of terms) {
      values[(i - top) * width + j - left] = shown;
    }
    return heatMap(values, height, width, scale, 108);
  }
  const lines = range(height).map(() => []);
  for (const term of terms) {
    lines[term.i - top].push(gridCell(term, scale, isWinner(term), decimals));
  }
  return element('table', {class: 'grid'},
                 lines.map(cells => element('tr', {}, cells)));
}

function gridCell(term, scale, isWinner, decimals) {
  const cell = element('td', {title: `(${term.y}, ${term.x}): ${term.shown}`,
                              class: isWinner ? 'winner' : ''},
                       number(term.shown, decimals));
  cell.style.background = cssOf(term.shown, scale);
  cell.style.color = inkOn(term.shown, scale);
  return cell;
}

// Colours, with the number under the pointer in its title.
function heatMap(values, height, width, scale, side, attributes = {}) {
  const cell = Math.max(1, Math.floor(side / Math.max(height, width)));
  const canvas = makeCanvas(width * cell, height * cell, attributes);
  canvas.getContext('2d').drawImage(
    sheetOf(values, [height, width, 1], scale), 0, 0, width * cell,
    height * cell);
  canvas.addEventListener('pointermove', event => {
    const box = canvas.getBoundingClientRect();
    const x = Math.floor((event.clientX - box.left) / cell);
    const y = Math.floor((event.clientY - box.top) / cell);
    canvas.title = `(${y}, ${x}): ${values[y * width + x]}`;
  });
  canvas.cell = cell;
  return canvas;
}

// --- a node ---

function nodeView(node) {
  const layer = layerNamed(node.layer), {first} = layer;
  const isPool = first.op.endsWith('pool2d');
  const value = valueAt(view.tensors[layer.last.name], layer.outputs, node);
  return element('div', {class: 'view'},
    element('h2', {}, nodeName(node)),
    element('p', {class: 'equation'}, equation(node, layer, value)),
    isPool ? poolTerms(node, layer, value) : productTerms(node, layer),
    element('div', {class: 'buttons'},
      layer.units ? null : playButtons(node, layer),
      button('Which pixels?', 'pixels',
             () => follow({...node, view: 'pixels'}), {class: 'primary'})),
    state.off[layer.name]?.has(node.map)
      ? element('p', {class: 'note'}, 'This map is off: its value is replaced by 0.')
      : null);
}

function equation(node, layer, value) {
  const {first, last} = layer;
  if (first === last) return `= ${number(value)}`;
  const before = valueAt(view.tensors[first.name], first.outputs, node);
  return `${last.op}(${number(before)}) = ${
    number(valueOfOn(layer, node))}`;
}

// The value of a node if its map is on.
function valueOfOn({first, last}, node) {
  const before = valueAt(view.tensors[first.name], first.outputs, node);
  return first === last ? before : ACTIVATIONS[last.op](before);
}

function productTerms(node, layer) {
  const {terms, bias} = termsOfNode(node), {first, input: below} = layer;
  const total = terms.reduce((sum, {product}) => sum + product, bias);
  if (terms.length <= MANY_TERMS && !below.units) {
    const products = terms.reduce((sum, {product}) => sum + product, 0);
    return element('div', {},
      groupsOf(terms).map(group => element('div', {},
        below.name === 'image' ? windowNote(node, layer)
          : element('h3', {}, mapName(below.name, group.map)),
        productGrids(group.terms, 3))),
      element('table', {class: 'sum'},
        sumRow(`sum of ${terms.length} products`, products),
        sumRow('bias', bias), sumRow('sum', total, 'total')));
  }
  if (below.name === 'image') return imageTerms(terms, bias, total, first);
  return element('div', {}, layer.units ? null : windowNote(node, layer),
    sumTable(terms, below, {bias, total, effects: mapEffects(below)}));
}

function windowNote(node, layer) {
  const [down, across] = windowOf(layer.first, node);
  const span = pairs => `${pairs[0][1]}–${pairs[pairs.length - 1][1]}`;
  return element('p', {class: 'note'},
    `The window covers rows ${span(down)} and columns ${span(across)} of `,
    `${layer.input.name}.`);
}

function imageTerms(terms, bias, total, step) {
  return element('div', {}, groupDetail(terms, step),
    element('table', {class: 'sum'},
      sumRow(`sum of ${terms.length} products`, total - bias),
      sumRow('bias', bias), sumRow('sum', total, 'total')));
}

// The terms of the image, too many for numbers: colours, and the largest ones.
function groupDetail(terms) {
  const largest = [...terms].sort(
    (a, b) => Math.abs(b.product) - Math.abs(a.product)).slice(0, SHOWN_GROUPS);
  return element('div', {}, productGrids(terms),
    element('h3', {}, `The largest of ${terms.length} products`),
    element('table', {class: 'sum'}, largest.map(term => sumRow(
      `pixel (${term.y}, ${term.x}): ${number(term.value)} × ${
        number(term.weight)}`, term.product))));
}

// What switching off the maps of a layer does to the answer.
function mapEffects(below) {
  if (below.name === 'image' || state.hidden
      || contents.classes.length < 2) return null;
  const [a, b] = compared();
  return {title: `if off, ${contents.classes[a]} ${MINUS} ${contents.classes[b]}`,
          of: map => signed(effectOfMap(below, map, a, b))};
}

function poolTerms(node, layer, value) {
  const {terms} = termsOfNode(node);
  const isMax = layer.first.op === 'max_pool2d';
  const largest = Math.max(...terms.map(term => term.value));
  const winner = terms.find(term => term.value === largest);
  const shown = terms.map(term => ({...term, shown: term.value}));
  const {high, signed: isSigned} = layer.scales[state.kernels];
  const target = {view: 'node', layer: layer.input.name, map: node.map,
                  y: winner.y, x: winner.x};
  const sum = terms.reduce((total, term) => total + term.value, 0);
  return element('div', {}, windowNote(node, layer),
    figure('window', gridOf(shown, {
      isWinner: term => isMax && term === shown[terms.indexOf(winner)],
      isSigned: isSigned || high < 0})),
    element('p', {}, isMax
      ? `The largest of ${terms.length} values is at (${winner.y}, ${winner.x}).`
      : `${number(sum)} / ${terms.length} = ${number(sum / terms.length)}`),
    layer.input.name === 'image' ? null : button(
      `Open ${nodeName(target)}`, 'winner', () => follow(target),
      {class: 'link'}));
}

// --- play ---

const PLAY_MILLISECONDS = 350;
let playing = null;

function playButtons(node, layer) {
  return [button(playing ? 'Stop' : 'Play', 'play',
                 () => (playing ? stopPlaying() : startPlaying()),
                 {title: 'Let the window slide over the map'}),
          button('◂', 'back', () => slide(-1), {'aria-label': 'One step back'}),
          button('▸', 'forward', () => slide(1), {'aria-label': 'One step on'})];
}

function startPlaying() {
  playing = setInterval(() => slide(1), PLAY_MILLISECONDS);
  update();
}

function stopPlaying() {
  clearInterval(playing);
  playing = null;
  update();
}

// The next node of the map, row by row.
function slide(by) {
  const item = selection();
  if (item?.view !== 'node') {
    stopPlaying();
    return;
  }
  const [height, width] = layerNamed(item.layer).outputs;
  const place = (item.y * width + item.x + by + height * width)
    % (height * width);
  replaceLast({...item, y: Math.floor(place / width), x: place % width});
}

// --- a map ---

function mapView({layer: name, map}) {
  const layer = layerNamed(name);
  return element('div', {class: 'view'},
    element('h2', {}, mapName(name, map)),
    layer.units ? element('p', {class: 'equation'},
      `= ${number(view.tensors[layer.last.name][map])}`) : bigMap(layer, map),
    switches(layer, map),
    kernelOf(layer, map),
    excites(layer, map),
    classMeans(layer, map));
}

function bigMap(layer, map) {
  const [height, width, maps] = layer.outputs;
  const tensor = view.tensors[layer.last.name];
  const values = Float32Array.from(
    range(height * width), place => tensor[place * maps + map]);
  const canvas = heatMap(values, height, width, scaleOfLayer(layer), 208, {
    tabindex: '0', role: 'application', 'data-key': 'big-map', class: 'big-map',
    'aria-label': `The nodes of ${mapName(layer.name, map)}; Enter opens one`,
    onkeydown: event => event.key === 'Enter' && follow(
      {view: 'node', ...nodeOf({layer: layer.name, map})})});
  canvas.addEventListener('click', event => {
    const box = canvas.getBoundingClientRect();
    follow({view: 'node', layer: layer.name, map,
            y: Math.min(height - 1, Math.floor((event.clientY - box.top) / canvas.cell)),
            x: Math.min(width - 1, Math.floor((event.clientX - box.left) / canvas.cell))});
  });
  return element('div', {class: 'big'}, canvas, element('div', {},
    element('p', {class: 'note'}, `${height}x${width} nodes, from ${
      number(Math.min(...values))} to ${number(Math.max(...values))}. `,
      'Click a node.'),
    button('PNG', 'png-map', () => savePng(canvas, `${layer.name}_${map}`),
           {class: 'small', 'aria-label': 'Save this map as a PNG file'})));
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
  const logits = b === undefined ? '' : ` The logit of ${names[a]} minus that of ${
    names[b]}: ${number(difference(on, a, b))} → ${
    number(difference(off, a, b))}.`;
  return element('p', {class: 'effect'}, `Off, ${names[best]} ${
    isOff ? 'is' : 'would be'} at ${shares[1]} instead of ${shares[0]}.`,
    turn, logits);
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
      ? `${channels} weights, one per unit of ${layer.input.name}`
      : channels === 1 ? `${size} weights`
        : `${size} weights for each map of ${layer.input.name}`,
      `; bias ${number(bias)}`),
    channels === 1 ? gridOf(range(height * width).map(index => ({
      i: Math.floor(index / width), j: index % width, y: Math.floor(index / width),
      x: index % width, shown: values[index]})), {isSigned: true})
      : kernelTiles(values, height, width, channels, layer));
}

function kernelTiles(values, height, width, channels, layer) {
  const room = 320, gap = height * width === 1 ? 1 : 2;
  const perLine = height * width === 1 ? 25 : 16;
  const columns = Math.min(channels, perLine);
  const cell = Math.max(1, Math.floor((room / columns - gap) / width));
  const [wide, tall] = [width * cell + gap, height * cell + gap];
  const scale = scaleOf(values, true);
  const sheet = sheetOf(values, [height, width, channels], scale);
  const canvas = makeCanvas(columns * wide, Math.ceil(channels / columns) * tall,
                            {role: 'img', 'aria-label': 'Weights by input map'});
  const context = canvas.getContext('2d');
  for (let c = 0; c < channels; c++) {
    context.drawImage(sheet, c * width, 0, width, height,
                      (c % columns) * wide, Math.floor(c / columns) * tall,
                      width * cell, height * cell);
  }
  canvas.addEventListener('pointermove', event => {
    const box = canvas.getBoundingClientRect();
    const c = Math.floor((event.clientY - box.top) / tall) * columns
      + Math.floor((event.clientX - box.left) / wide);
    canvas.title = c < channels ? mapName(layer.input.name, c) : '';
  });
  return canvas;
}

// --- what was measured with the trained kernels ---

function excites(layer, map) {
  if (state.kernels !== 'trained') {
    return element('p', {class: 'note'}, 'What excites the map was measured ',
                   'with the trained kernels.');
  }
  return element('div', {}, patternsOf(layer, map), patchesOf(layer, map));
}

function patternsOf(layer, map) {
  const found = contents.patterns?.[layer.name];
  const index = found ? found.numbers.indexOf(map) : -1;
  if (index < 0) return null;
  const parts = [['images', found.scores, layer.units ? '' : 'mean of the map'],
                 ['patches', found.patchScores, 'one node']];
  return element('div', {}, element('h3', {}, 'What would excite it most'),
    element('p', {class: 'note'}, 'Found by gradient ascent on the pixels: ',
            found.statuses[index], '.'),
    element('div', {class: 'tiles'}, parts.filter(([name]) => found[name]).map(
      ([name, scores, what]) => figure(
        `${what} ${number(scores[index], 1)}`,
        picture(found[name], index, 84)))));
}

// One of several stored images [n, height, width], in grey.
function picture(images, index, side, crop = null) {
  const [, height, width] = images.shape, first = index * height * width;
  const [top, bottom] = crop ? crop.rows : [0, height];
  const [left, right] = crop ? crop.columns : [0, width];
  const [tall, wide] = [bottom - top, right - left];
  const values = Float32Array.from(range(tall * wide), place => images[
    first + (top + Math.floor(place / wide)) * width + left + place % wide] / 255);
  return heatMap(values, tall, wide, PIXELS, side);
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
  const [, height, width] = patches.images.shape, size = height * width;
  return element('button', {
    type: 'button', class: 'patch', 'data-key': `patch-${rank}`,
    title: `training image of class ${label}, ${number(found.scores[place])}`,
    onclick: () => {
      Object.assign(state, {
        example: null, strokes: [], shift: [0, 0],
        pixels: Float32Array.from(
          patches.images.subarray(index * size, (index + 1) * size),
          byte => byte * Math.fround(1 / 255))});
      follow({view: 'node', ...node});
    }}, picture(patches.images, index, 52, crop));
}

function classMeans(layer, map) {
  const found = contents.means?.layers[layer.name];
  if (!found || state.kernels !== 'trained') return null;
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

// --- pixels ---

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
    element('p', {class: 'equation'}, `${what} = ${number(valueOf(view.tensors))}`),
    element('p', {class: 'note'}, 'Each pixel was set to 0, one at a time. Orange: ',
      'the pixel raises the value. Purple: it lowers it. Without ink it does ',
      'neither.'),
    place);
}

// The effect of setting a pixel to 0 is the opposite of what the pixel adds.
function showEffects(place, effects, field, isDone) {
  const [height, width] = contents.image.outputs;
  const adds = effects.map(effect => -effect);
  const canvas = heatMap(adds, height, width, scaleOf([...adds], true), 308);
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
