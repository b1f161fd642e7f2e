// A node: what its window covers, its terms and their sum; and "Play".

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
      ? element('p', {class: 'note'},
                'This map is off: its value is replaced by 0.') : null);
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
        productGrids(group.terms))),
      element('table', {class: 'sum'},
        sumRow(`sum of ${terms.length} products`, products),
        sumRow('bias', bias), sumRow('sum', total, 'total')));
  }
  if (below.name === 'image') return imageTerms(terms, bias, total, first);
  const effects = mapEffects(below);
  return element('div', {}, layer.units ? null : windowNote(node, layer),
    sumTable(terms, below, {bias, total, effects}),
    effects && element('p', {class: 'note'}, effects.note));
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
  const names = contents.classes;
  return {title: `if off, change of ${names[a]} ${MINUS} ${names[b]}`,
          note: `If off: what is added to the logit of ${names[a]} minus that `
            + `of ${names[b]} by turning the map off.`,
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
      ? `The largest of ${terms.length} values is at (${winner.y}, ${
        winner.x}).`
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
          button('◂', 'back', () => slide(-1),
                 {'aria-label': 'One step back'}),
          button('▸', 'forward', () => slide(1),
                 {'aria-label': 'One step on'})];
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
