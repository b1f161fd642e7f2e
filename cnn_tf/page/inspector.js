// The right column: the view of the selected item, and the trail that led to
// it.

cnn.inspector = (() => {
  const {button, element, isNarrow, replaceChildren} = cnn.elements;
  const {contents, layerNamed, mapName, nodeName, selection, state} = cnn.state;
  const {compared, nodeOf} = cnn.network;
  const {follow, select} = cnn.changes;
  const {causeView, nodeView, pixelsView, whyView} = cnn.sums;
  const {backwardView, weightTitle, weightView} = cnn.backward;
  const {mapView} = cnn.map;
  const {learnView} = cnn.learn;

  const VIEWS = {why: whyView, cause: causeView, map: mapView,
                 node: item => [nodeView(item), backwardView(item)],
                 pixels: pixelsView, weight: weightView, learn: learnView};

  const WORDS = {
    node: 'One number of a map: the sum of its window times a kernel.',
    unit: 'One number of a dense layer, computed from all numbers below it.',
    bias: 'A trained number that is added to the sum of products.',
    relu: 'Keeps positive numbers, and replaces negative ones by 0.',
    logit: 'The score of a class; softmax turns scores into percentages.',
    loss: 'How wrong the answer is: minus the natural logarithm of the '
      + 'probability of the right class, plus a small penalty on large weights '
      + '(L2).',
    gradient: 'How fast the loss changes with a number. Positive: the loss '
      + 'rises when the number rises. Negative: it falls.',
    upstream: 'The gradient that arrives from the layer after: how fast the '
      + 'loss rises with a sum that this number is part of.'};

  let wordsAreOpen = false;

  return {updateInspector};

  function updateInspector() {
    const box = document.getElementById('inspector'), item = selection();
    replaceChildren(box, item
      ? [tabs(item), crumbs(), VIEWS[item.view](item), words()]
      : [tabs(null), helpView(), words()]);
  }

  function tabs(item) {
    const [a, b] = compared();
    const targets = {
      Why: contents.classes.length > 1 && !state.hidden
        ? {view: 'why', a, b} : null,
      Map: item?.layer && {view: 'map', layer: item.layer, map: item.map},
      Node: item?.layer && {view: 'node', ...nodeOf(item)},
      Pixels: item?.layer ? {view: 'pixels', ...nodeOf(item)}
        : item?.a !== undefined ? {view: 'cause', a, b} : null,
      Learn: state.hidden ? null : {view: 'learn'},
    };
    return element('div', {class: 'tabs', role: 'group', 'aria-label': 'View'},
      Object.entries(targets).map(([name, target]) => button(
        name, `tab-${name}`, () => follow(target),
        {disabled: !target, 'aria-pressed': Boolean(item && target
          && item.view === target.view)})));
  }

  function crumbs() {
    return element('nav', {class: 'crumbs', 'aria-label': 'Path'},
      button('×', 'close', () => select([]), {'aria-label': 'Close'}),
      isNarrow() ? button('↑ Image', 'up', () => scrollTo(0, 0),
                          {class: 'up'}) : null,
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
      case 'learn': return 'learn';
      case 'weight': return weightTitle(item);
      case 'map': return mapName(item.layer, item.map);
      // The item of a unit has the same name as its map view.
      default: return nodeName(item)
        + (layerNamed(item.layer).units ? ', its sum' : '');
    }
  }

  function words() {
    const box = element('details', {class: 'words', open: wordsAreOpen,
                                    ontoggle: () => {
                                      wordsAreOpen = box.open;
                                    }},
      element('summary', {'data-key': 'words'}, `? ${
        Object.keys(WORDS).join(', ')}`),
      Object.entries(WORDS).map(([word, meaning]) => element(
        'p', {class: 'note'}, element('strong', {}, word), `: ${meaning}`)));
    return box;
  }

  function helpView() {
    const steps = [
      'Draw on the pad, or choose a test image: every layer is computed at '
        + 'once.',
      'Ask why: the answer is a sum, and every term of it can be opened.',
      'Click a map or a unit: its kernel, what excites it, a switch.',
      'Click a node: its window, the kernel, the products and their sum.',
      'Learn: say what it is, and watch one step of training change every '
        + 'kernel.'];
    return element('div', {class: 'help'},
      element('h2', {}, 'What does it compute?'),
      element('ol', {}, steps.map(text => element('li', {}, text))),
      element('p', {class: 'note'},
        'The address of this page contains the image and the selection: it is ',
        'a link to what is shown.'));
  }
})();
