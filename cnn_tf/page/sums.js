// The views that explain a value: why one class and not another, the terms of a
// node, and what each pixel adds.

cnn.sums = (() => {
  const {ACTIVATIONS, range, valueAt, windowOf} = cnn.ops;
  const {
    MINUS, button, element, figure, frameField, gridOf, heatMap, number,
    productGrids, scaleOf, signed, spanOf,
  } = cnn.elements;
  const {contents, layerNamed, mapName, nodeName, state} = cnn.state;
  const {
    compared, difference, effectOfMap, effectsOfPixels, fieldOfNode, groupsOf,
    ranking, termsOfDifference, termsOfNode, view,
  } = cnn.network;
  const {
    follow, replaceLast, slide, startPlaying, stopPlaying, update,
  } = cnn.changes;
  const {hatch} = cnn.input;

  // More terms than this are summed by input map; more maps than this wait
  // behind a button.
  const MANY_TERMS = 30, SHOWN_GROUPS = 8;

  let pixelJob = null;  // the newest one; an older one stops

  return {
    SHOWN_GROUPS, barCell, causeView, nodeView, pixelsView, setOpen, sumRow,
    sumTable, whyView,
  };

  function whyView({a, b}) {
    const {terms, bias} = termsOfDifference(a, b);
    const [nameA, nameB] = [contents.classes[a], contents.classes[b]];
    const value = difference(view.tensors, a, b);
    const below = contents.logits.input;
    return element('div', {class: 'view'},
      element('h2', {}, 'Why ', classMenu('a', a, b), ' and not ',
              element('span', {class: 'together'}, classMenu('b', a, b), '?')),
      newAnswer(a),
      element('p', {class: 'equation'},
              `logit ${nameA} ${MINUS} logit ${nameB} = ${number(value)}`),
      element('p', {class: 'note'},
        `So the network gives ${nameA} a probability that is e^${
          number(value)} = ${number(Math.exp(value))} times that of ${nameB}.`),
      element('p', {class: 'note'},
        `Each ${partOf(below)}, times the difference `,
        `between its weights to ${nameA} and to ${nameB}. Orange favours `,
        `${nameA}, purple favours ${nameB}.`),
      below.name === 'image' ? imageTerms(terms)
        : sumTable(terms, below, {bias, total: value}),
      button('What each pixel does', 'cause',
             () => follow({view: 'cause', a, b}), {class: 'primary'}));
  }

  // What a row of the sum of the logits is about.
  function partOf({name, units}) {
    if (name === 'image') return 'product is a pixel';
    return units ? `row is one output of ${name}`
      : `row is a map of ${name}, the sum over its nodes: each node`;
  }

  // The question stays when the image changes; the answer may not.
  function newAnswer(a) {
    const [best] = ranking();
    if (best === a) return null;
    const name = contents.classes[best];
    return element('p', {class: 'new-answer'}, `The answer is ${name}. `,
      button(`Why ${name} and not ${contents.classes[a]}?`, 'new-why',
             () => replaceLast({view: 'why', a: best, b: a}), {class: 'link'}));
  }

  function classMenu(which, a, b) {
    const chosen = which === 'a' ? a : b, other = which === 'a' ? b : a;
    return element('select', {
      'aria-label': which === 'a' ? 'This class' : 'The other class',
      'data-key': `class-${which}`,
      onchange: event => replaceLast({view: 'why', a, b,
                                      [which]: Number(event.target.value)})},
      contents.classes.map((name, k) => element(
        'option', {value: String(k), selected: k === chosen,
                    disabled: k === other}, name)));
  }

  function nodeView(node) {
    const layer = layerNamed(node.layer), {first} = layer;
    const isPool = first.op.endsWith('pool2d');
    return element('div', {class: 'view'},
      element('h2', {}, nodeName(node)),
      element('p', {class: 'equation'}, equation(node, layer)),
      isPool ? poolTerms(node, layer) : productTerms(node, layer),
      element('div', {class: 'buttons'},
        layer.units ? null : playButtons(),
        button('Which pixels?', 'pixels',
               () => follow({...node, view: 'pixels'}), {class: 'primary'})),
      state.off[layer.name]?.has(node.map)
        ? element('p', {class: 'note'},
                  'This map is off: its value is replaced by 0.') : null);
  }

  // The value of a node; after an activation function, that which it would have
  // if its map were on.
  function equation(node, {first, last}) {
    const value = valueAt(view.tensors[first.name], first.outputs, node);
    if (first === last) return `= ${number(value)}`;
    return `${last.op}(${number(value)}) = ${
      number(ACTIVATIONS[last.op](value))}`;
  }

  function productTerms(node, layer) {
    const {terms, bias} = termsOfNode(node), below = layer.input;
    const products = terms.reduce((sum, {product}) => sum + product, 0);
    const total = products + bias;
    const table = element('table', {class: 'sum'},
      sumRow(`sum of ${terms.length} products`, products),
      sumRow('bias', bias), sumRow('sum', total, 'total'));
    const open = {weight: term => follow(
      {view: 'weight', layer: layer.name, i: term.i, j: term.j,
       from: term.map, map: node.map})};
    if (terms.length <= MANY_TERMS && !below.units) {
      return element('div', {},
        groupsOf(terms).map(group => element('div', {},
          below.name === 'image' ? windowNote(node, layer)
            : element('h3', {}, mapName(below.name, group.map)),
          productGrids(group.terms, {open}))),
        table);
    }
    if (below.name === 'image') {
      return element('div', {}, imageTerms(terms), table);
    }
    const effects = mapEffects(below);
    return element('div', {}, layer.units ? null : windowNote(node, layer),
      sumTable(terms, below, {bias, total, effects, open}),
      effects && element('p', {class: 'note'}, effects.note));
  }

  function windowNote(node, layer) {
    const [down, across] = windowOf(layer.first, node);
    const span = pairs => `${pairs[0][1]}–${pairs[pairs.length - 1][1]}`;
    return element('p', {class: 'note'},
      `The window covers rows ${span(down)} and columns ${span(across)} of `,
      `${layer.input.name}.`);
  }

  // The products of the pixels, too many for numbers: as colours, and the
  // largest ones in a table.
  function imageTerms(terms) {
    const largest = [...terms].sort(
      (a, b) => Math.abs(b.product) - Math.abs(a.product));
    return element('div', {}, productGrids(terms),
      element('h3', {}, `The largest of ${terms.length} products`),
      element('table', {class: 'sum'}, largest.slice(0, SHOWN_GROUPS).map(
        term => sumRow(
          `pixel (${term.y}, ${term.x}): ${number(term.value)} × ${
            number(term.weight)}`, term.product))));
  }

  // What switching off the maps of a layer does to the answer.
  function mapEffects(below) {
    const [a, b] = compared(), names = contents.classes;
    if (state.hidden || names.length < 2) return null;
    return {title: `change of ${names[a]} ${MINUS} ${names[b]} if off`,
            note: `Last column: by how much the logit of ${names[a]} minus `
              + `that of ${names[b]} changes if the map is turned off.`,
            of: map => signed(effectOfMap(below, map, a, b))};
  }

  function poolTerms(node, layer) {
    const {terms} = termsOfNode(node);
    const isMax = layer.first.op === 'max_pool2d';
    const largest = Math.max(...terms.map(term => term.value));
    const winner = terms.find(term => term.value === largest);
    const shown = terms.map(term => ({...term, shown: term.value}));
    const target = {view: 'node', layer: layer.input.name, map: node.map,
                    y: winner.y, x: winner.x};
    const sum = terms.reduce((total, term) => total + term.value, 0);
    return element('div', {}, windowNote(node, layer),
      figure('window', gridOf(shown, {
        isWinner: term => isMax && term === shown[terms.indexOf(winner)],
        isSigned: layer.scales[state.kernels].signed})),
      element('p', {}, isMax
        ? `The largest of ${terms.length} values is at (${winner.y}, ${
          winner.x}).`
        : `${number(sum)} / ${terms.length} = ${number(sum / terms.length)}`),
      layer.input.name === 'image' ? null : button(
        `Open ${nodeName(target)}`, 'winner', () => follow(target),
        {class: 'link'}));
  }

  function playButtons() {
    const {playing} = state;
    return [button(playing ? 'Stop' : 'Play', 'play',
                   () => (playing ? stopPlaying() : startPlaying()),
                   {title: 'Let the window slide over the map'}),
            button('◂', 'back', () => slide(-1),
                   {'aria-label': 'One step back'}),
            button('▸', 'forward', () => slide(1),
                   {'aria-label': 'One step on'})];
  }

  // A table of terms, summed by map, that adds up to a total.
  //
  // name: tells the controls of two tables of a view apart.
  // titles, open: as for `productGrids`.
  function sumTable(terms, below, {bias = null, total, effects, name = '',
                                   titles, open = {}}) {
    const groups = groupsOf(terms), isLong = groups.length > SHOWN_GROUPS + 2;
    const allKey = `${name}all`;
    const all = state.open.has(allKey) || !isLong;
    const shown = all ? groups : groups.slice(0, SHOWN_GROUPS);
    const rest = groups.slice(shown.length);
    const largest = Math.abs(groups[0]?.sum) || 1;
    // The effects are a fourth column, which these rows leave empty.
    const line = (...cells) => {
      const row = sumRow(...cells);
      if (effects) row.append(element('td'));
      return row;
    };
    const head = effects && element('tr', {class: 'head'},
      element('th', {}, ''),
      element('th', {colspan: '2'}, 'sum of products'),
      element('th', {}, effects.title));
    return element('table', {class: 'sum'}, head,
      shown.flatMap(group => groupRows(
        group, below, largest, {effects, name, titles, open})),
      rest.length ? line(
        button(`${rest.length} others`, allKey, () => setOpen(allKey, true),
               {class: 'link'}),
        rest.reduce((sum, group) => sum + group.sum, 0)) : null,
      isLong && all ? line(
        button('Show fewer', allKey, () => setOpen(allKey, false),
               {class: 'link'}),
        null) : null,
      bias === null ? null : line('bias', bias),
      line('sum', total, 'total'));
  }

  // A cell whose text takes a pass through the network: it is computed after
  // the page has been drawn, so that strokes do not wait for it. A cell that is
  // no longer on the page is skipped.
  function lateCell(textOf) {
    const cell = element('td', {class: 'value late'}, '…');
    setTimeout(() => {
      if (!cell.isConnected) return;
      cell.textContent = textOf();
      cell.classList.remove('late');
    }, 60);
    return cell;
  }

  function groupRows(group, below, largest, {effects, name: table, titles,
                                             open}) {
    const key = `${table}group-${group.map}`, isOpen = state.open.has(key);
    const single = group.terms.length === 1;
    const name = mapName(below.name, group.map);
    const place = {layer: below.name, map: group.map};
    const target = below.units ? {view: 'node', ...place, y: 0, x: 0}
      : {view: 'map', ...place};
    const [term] = group.terms, weight = number(term.weight);
    const factors = single ? element('div', {class: 'factors'},
      `${number(term.value)} × `,
      open.weight ? button(weight, `${key}-weight`, () => open.weight(term),
                           {class: 'link'}) : weight, ' =') : null;
    const row = element('tr', {class: 'group'},
      element('th', {scope: 'row'},
        single ? null : button(
          isOpen ? '▾' : '▸', key, () => setOpen(key, !isOpen),
          {class: 'expander', 'aria-expanded': isOpen,
           'aria-label': `Products of ${name}`}),
        button(name, `${key}-link`, () => follow(target), {class: 'link'}),
        factors),
      barCell(group.sum, largest),
      element('td', {class: 'value'}, signed(group.sum)),
      effects && lateCell(() => effects.of(group.map)));
    if (!isOpen) return [row];
    return [row, element('tr', {}, element('td', {colspan: '4'},
      productGrids(group.terms, {titles, open}),
      element('p', {class: 'note group-sum'},
              `sum of ${group.terms.length} products: ${signed(group.sum)}`)))];
  }

  // A bar from the middle: to the right for positive values.
  function barCell(value, largest) {
    const side = value < 0 ? 'minus' : 'plus';
    const bar = element('div', {class: `term ${side}`});
    bar.style.width = `${50 * Math.abs(value) / largest}%`;
    return element('td', {class: 'term-track'}, bar);
  }

  function sumRow(name, value, kind = '') {
    return element('tr', {class: kind},
      element('th', {scope: 'row', colspan: '2'}, name),
      element('td', {class: 'value'}, value === null ? ''
        : kind ? number(value) : signed(value)));
  }

  function setOpen(key, isOpen) {
    if (isOpen) state.open.add(key);
    else state.open.delete(key);
    update();
  }

  function pixelsView(node) {
    const layer = layerNamed(node.layer), {first} = layer;
    const valueOf = tensors => valueAt(
      tensors[first.name], first.outputs, node);
    const what = layer.last === first ? nodeName(node)
      : `${nodeName(node)}, before ${layer.last.op}`;
    return pixelEffects(what, fieldOfNode(node), layer.firstIndex + 1, valueOf);
  }

  function causeView({a, b}) {
    const {logits, classes} = contents;
    const field = fieldOfNode({layer: logits.name, y: 0, x: 0});
    return pixelEffects(
      `logit ${classes[a]} ${MINUS} logit ${classes[b]}`, field,
      contents.program.length, tensors => difference(tensors, a, b));
  }

  function pixelEffects(what, field, end, valueOf) {
    const place = element('div', {class: 'pixel-effects'});
    const job = {};
    pixelJob = job;
    effectsOfPixels(field, end, valueOf, (effects, isDone) => {
      if (pixelJob === job) showEffects(place, effects, field, isDone);
    }, () => pixelJob === job && place.isConnected);
    return element('div', {class: 'view'},
      element('h2', {}, 'Which pixels?'),
      element('p', {class: 'equation'},
              `${what} = ${number(valueOf(view.tensors))}`),
      element('p', {class: 'note'},
        'Each pixel was set to 0, one at a time. Orange: ',
        'the pixel raises the value. Purple: it lowers it. Pixels without ',
        'ink change nothing.'),
      place);
  }

  // The effect of setting a pixel to 0 is the opposite of what the pixel adds.
  function showEffects(place, effects, field, isDone) {
    const [height, width] = contents.image.outputs;
    const adds = effects.map(effect => -effect);
    const canvas = heatMap(adds, height, width, scaleOf([...adds], true), 308,
                           {role: 'img', 'aria-label':
                             `What each pixel adds, ${spanOf(adds)}`});
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
})();
