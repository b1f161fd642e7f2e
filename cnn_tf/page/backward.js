// Backpropagation, number by number: the gradient of a node as a sum over the
// nodes that it feeds, and that of a weight as a sum over all of its positions.

cnn.backward = (() => {
  const {DERIVATIVES, crossEntropy, range, softmax, valueAt} = cnn.ops;
  const {MINUS, button, element, number, percent, productGrids, signed} =
    cnn.elements;
  const {contents, layerNamed, mapName, nodeName, state} = cnn.state;
  const {logitsOf, parametersNow, view} = cnn.network;
  const {
    feedsOf, gradientOfNode, isGuess, layerAbove, penalty, target,
    termsOfWeight, weightAt,
  } = cnn.gradients;
  const {follow, replaceLast, update} = cnn.changes;
  const {SHOWN_GROUPS, barCell, setOpen, sumRow, sumTable} = cnn.sums;

  return {backwardView, lossLine, targetMenu, weightTitle, weightView};

  // "This is a [4]": the class whose loss is differentiated.
  function targetMenu() {
    return element('select', {
      'aria-label': 'The class that this is', 'data-key': 'target',
      onchange: event => {
        state.target = Number(event.target.value);
        update();
      }},
      contents.classes.map((name, k) => element(
        'option', {value: String(k), selected: k === target()}, name)));
  }

  // The loss as a number that one can check.
  function lossLine() {
    const shares = softmax(logitsOf(view.tensors)), share = shares[target()];
    const others = shares.reduce(
      (sum, other, k) => (k === target() ? sum : sum + other), 0);
    // Enough digits to compute the logarithm from them.
    const digits = share > 0.999 ? `1 ${MINUS} ${others.toPrecision(3)}`
      : share > 0.9 ? share.toFixed(6) : share.toPrecision(4);
    const ofImage = crossEntropy(logitsOf(view.tensors), target());
    const l2 = penalty(parametersNow());
    return element('p', {class: 'note'},
      isGuess() ? 'Say what it is: until then, it is the network\'s answer. '
        : '',
      `The network gives this class ${percent(share)}, so the cross-entropy `,
      `is ${MINUS}ln(${digits}) = ${number(ofImage)}. `,
      l2 ? `The loss is this plus the L2 penalty, ${contents.l2Scale} / 2 `
        + `times the sum of all squared weights, ${number(l2)}: ${
          number(ofImage + l2)}.` : 'This is the loss.');
  }

  // The second half of the view of a node.
  function backwardView(node) {
    if (state.hidden) return null;
    const layer = layerNamed(node.layer), {output} = gradientOfNode(node);
    return element('div', {class: 'view backward'},
      element('h2', {}, 'Backward: its gradient'),
      element('p', {}, 'This is a ', targetMenu()),
      lossLine(),
      element('p', {class: 'equation'}, `gradient = ${
        output === 0 ? '0' : number(output)}`),
      element('p', {class: 'note'}, output === 0
        ? 'A small change of this output does not change the loss.'
        : `If this output rose by 0.01, the loss would ${
          output > 0 ? 'rise' : 'fall'} by about ${
          number(0.01 * Math.abs(output))}.`),
      layer === contents.logits ? ofLogit(node) : ofFed(node, layer),
      toTheSum(node, layer));
  }

  function ofLogit({map}) {
    const share = softmax(logitsOf(view.tensors))[map];
    const isTarget = map === target(), name = contents.classes[map];
    return element('div', {},
      element('p', {class: 'note'}, 'The gradient of a logit is the ',
              'probability of its class, minus 1 for the class that it is.'),
      element('table', {class: 'sum'},
        sumRow(`probability of ${name}`, share),
        sumRow(isTarget ? `this is a ${name}` : `this is not a ${name}`,
               isTarget ? -1 : 0),
        sumRow('gradient', share - isTarget, 'total')));
  }

  function ofFed(node, layer) {
    const above = layerAbove(layer), terms = feedsOf(node);
    if (!terms.length) {
      return element('p', {class: 'note'}, `No window of ${above.name} covers `,
                     'this node, so the loss does not depend on it.');
    }
    if (above.first.op.endsWith('pool2d')) return pooledTerms(terms, above);
    const {output} = gradientOfNode(node), {first: step} = above;
    const openWeight = term => follow({
      view: 'weight', layer: above.name, from: node.map, map: term.map,
      i: node.y - (term.y * step.stride[0] - step.pads[0]),
      j: node.x - (term.x * step.stride[1] - step.pads[1])});
    return element('div', {},
      element('p', {class: 'note'}, above.units
        ? `It feeds all units of ${above.name}. Each row is a unit: the `
          + 'gradient of its sum (upstream), times the weight between the two.'
        : `It feeds ${spans(terms)} of every map of ${above.name}. Each row `
          + 'is a map: the gradients of the sums there (upstream), times the '
          + 'weights between them and this node.'),
      sumTable(terms, above, {
        total: output, name: 'back-', titles: ['upstream', 'kernel'],
        open: {weight: openWeight}}));
  }

  // "rows 3–5 and columns 2–4"
  function spans(terms) {
    const of = values => {
      const [first, last] = [Math.min(...values), Math.max(...values)];
      return first === last ? `${first}` : `${first}–${last}`;
    };
    return `rows ${of(terms.map(({y}) => y))} and columns ${
      of(terms.map(({x}) => x))}`;
  }

  // One row for every window that covers the node.
  function pooledTerms(terms, above) {
    const isMax = above.first.op === 'max_pool2d';
    const total = terms.reduce((sum, {product}) => sum + product, 0);
    const largest = Math.max(...terms.map(t => Math.abs(t.product))) || 1;
    return element('div', {},
      element('p', {class: 'note'}, isMax
        ? 'A maximum passes its gradient to the largest value of its window, '
          + 'and nothing to the others.'
        : 'A mean of n values passes 1 / n of its gradient to each.'),
      element('table', {class: 'sum'},
        terms.map(term => [
          termRow(
            term, {layer: above.name, y: term.y, x: term.x, map: term.map},
            largest),
          isMax ? element('tr', {}, element(
            'td', {class: 'note', colspan: '3'}, term.weight
              ? 'This node is the largest of its window: the way is open.'
              : 'It is not the largest of its window: the way is closed.'))
            : null]),
        sumRow('gradient', total, 'total')));
  }

  // A term with a link to the node that it comes through.
  function termRow(term, node, largest, input = null) {
    const key = `term-${node.y}-${node.x}`, value = number(term.value);
    return element('tr', {class: 'group'},
      element('th', {scope: 'row'},
        button(nodeName(node), key, () => follow({view: 'node', ...node}),
               {class: 'link'}),
        element('div', {class: 'factors'},
          input ? button(value, `${key}-input`,
                         () => follow({view: 'node', ...input}),
                         {class: 'link', title: nodeName(input)}) : value,
          ` × ${number(term.weight)} =`)),
      barCell(term.product, largest),
      element('td', {class: 'value'}, signed(term.product)));
  }

  // What reaches the sum of the node, through its activation function.
  function toTheSum(node, layer) {
    const {first, last} = layer, {op} = last;
    if (state.off[layer.name]?.has(node.map)) {
      return element('p', {}, 'This map is off: 0 stands in its place, so no ',
                     'gradient reaches what it was computed from.');
    }
    if (first === last) return poolsDown(layer);
    const {output, sum} = gradientOfNode(node);
    const before = valueAt(view.tensors[first.name], first.outputs, node);
    const slope = DERIVATIVES[op](before);
    if (op !== 'relu') {
      return element('p', {}, `The slope of ${op} at ${number(before)} is ${
        number(slope)}, so the sum of this node gets ${number(output)} × ${
        number(slope)} = ${number(sum)}.`);
    }
    return element('p', {}, slope
      ? `relu: the sum ${number(before)} is above 0, so the gradient passes `
        + `unchanged: ${number(sum)}.`
      : `relu: the sum ${number(before)} is not above 0, so the way is closed: `
        + 'the gradient of the sum is 0, and none reaches the weights.');
  }

  function poolsDown({first: {op}}) {
    const texts = {
      max_pool2d: 'All of it goes to the largest value of its own window.',
      avg_pool2d: 'It is shared evenly among the values of its own window.'};
    return texts[op] ? element('p', {}, texts[op]) : null;
  }

  // "conv2 map 5, weight (1, 2) from pool1 map 3"
  function weightTitle({layer: name, i, j, from, map}) {
    const {input, units} = layerNamed(name);
    const isImage = input.name === 'image';
    const place = input.units ? '' : ` (${i}, ${j})`;
    const source = isImage ? (units ? ' from the image' : '')
      : ` from ${mapName(input.name, from)}`;
    return `${mapName(name, map)}, weight${place}${source}`;
  }

  function weightView(item) {
    if (state.hidden) {
      return element('div', {class: 'view'}, element('p', {class: 'note'},
        'The gradient would show the answer, which is hidden.'));
    }
    const layer = layerNamed(item.layer), {first: step} = layer;
    const terms = termsOfWeight(item), weight = weightAt(step, item);
    const sum = terms.reduce((total, {product}) => total + product, 0);
    const l2 = contents.l2Scale * weight, gradient = sum + l2;
    const open = layer.units ? {} : {
      weight: ({y, x}) => follow(
        {view: 'node', layer: item.layer, y, x, map: item.map})};
    return element('div', {class: 'view'},
      element('h2', {}, weightTitle(item)),
      weightMenus(item, layer),
      element('p', {class: 'equation'}, `weight = ${number(weight)}`),
      element('p', {}, 'This is a ', targetMenu()),
      lossLine(),
      element('p', {class: 'equation'}, `gradient = ${number(gradient)}`),
      element('p', {class: 'note'}, whyASum(layer, terms.length)),
      layer.units ? null
        : productGrids(terms, {titles: ['input', 'upstream'], open}),
      closedNote(terms),
      weightTable(item, layer, terms, {sum, l2, gradient}),
      element('p', {}, 'A step of learning moves the weight against its ',
        `gradient: ${number(weight, 6)} ${MINUS} ${state.rate} × ${
          number(gradient, 6)} = ${
          number(weight - state.rate * gradient, 6)}, `,
        `with the rate ${state.rate}.`),
      element('div', {class: 'buttons'}, button(
        'Make a step', 'to-learn', () => follow({view: 'learn'}),
        {class: 'primary'})));
  }

  function whyASum({units}, count) {
    if (units) {
      return 'This weight is used once: it multiplies one input, and the '
        + 'product is added to the sum of one unit. Its gradient is that '
        + 'input, times the upstream gradient, which is how fast the loss '
        + 'rises with that sum.';
    }
    return `This one weight is used ${count} times: at each of ${count} places `
      + 'of the window, it multiplies another input. A change '
      + 'of the weight acts through all of them, so its gradient is a sum: at '
      + 'every place, the input, by which the sum there grows if the weight '
      + 'grows by 1, times the upstream gradient, which is how fast the loss '
      + 'rises with that sum.';
  }

  // Menus that go to other weights of the kernel.
  function weightMenus(item, {first: step, input, units}) {
    const menu = (name, label, values) => (values.length < 2 ? null : element(
      'label', {}, `${label} `, element('select', {
        'data-key': `weight-${name}`,
        onchange: event => replaceLast(
          {...item, [name]: Number(event.target.value)})},
        values.map(value => element(
          'option', {value: String(value), selected: value === item[name]},
          String(value))))));
    const [height, width] = step.window;
    return element('p', {class: 'menus note'},
      menu('map', units ? 'unit' : 'map', range(step.outputs[2])),
      menu('i', 'row', range(height)), menu('j', 'column', range(width)),
      menu('from', `from ${input.units ? 'unit' : 'map'}`,
           range(step.inputs[2])));
  }

  function closedNote(terms) {
    const closed = terms.filter(({weight}) => weight === 0).length;
    const black = terms.filter(
      ({value, weight}) => value === 0 && weight !== 0).length;
    if (terms.length < 2 || !closed) return null;
    return element('p', {class: 'note'},
      `At ${closed} of ${terms.length} places the upstream gradient is 0`,
      closed < terms.length ? ': relu or a maximum closed the way from there '
        + 'to the loss, or no window covers the node' : '',
      black ? `. At ${black} others the input is 0.` : '.');
  }

  function weightTable(item, {name, input}, terms, {sum, l2, gradient}) {
    const isSum = terms.length > 1;
    const sorted = terms.filter(({product}) => product || !isSum).sort(
      (a, b) => Math.abs(b.product) - Math.abs(a.product));
    const isLong = sorted.length > SHOWN_GROUPS + 2;
    const all = state.open.has('all') || !isLong;
    const shown = all ? sorted : sorted.slice(0, SHOWN_GROUPS);
    const rest = sorted.slice(shown.length);
    const largest = Math.abs(sorted[0]?.product) || 1;
    const inputOf = ({row, column}) => (input.name === 'image' ? null
      : {layer: input.name, y: row, x: column, map: item.from});
    return element('table', {class: 'sum'},
      shown.map(term => termRow(
        term, {layer: name, y: term.y, x: term.x, map: item.map}, largest,
        inputOf(term))),
      isLong ? sumRow(
        button(all ? 'Show fewer' : `${rest.length} others`, 'all',
               () => setOpen('all', !all), {class: 'link'}),
        all ? null : rest.reduce((total, {product}) => total + product, 0))
        : null,
      isSum ? sumRow(`sum of ${terms.length} products`, sum) : null,
      contents.l2Scale
        ? sumRow(`L2: ${contents.l2Scale} × weight`, l2) : null,
      sumRow('gradient', gradient, 'total'));
  }
})();
