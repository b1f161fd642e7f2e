// Learning from one image: steps of gradient descent on what is shown, and what
// they change: the loss, the answer, the gradients, and every kernel.

cnn.learn = (() => {
  const {range} = cnn.ops;
  const {PIXELS, button, element, number, percent, sheetOf} = cnn.elements;
  const {contents, state, stateToText, storedImage} = cnn.state;
  const {isChanged, parametersNow, runsParameters} = cnn.network;
  const {target} = cnn.gradients;
  const {
    answersOf, answerTestImages, forget, lastPress, learn, measure, undoPress,
  } = cnn.descent;
  const {update} = cnn.changes;
  const {MOST_BARS, exampleName, putOnPad} = cnn.input;
  const {lossLine, targetMenu} = cnn.backward;
  const {changedKernels} = cnn.differences;

  const RATES = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05,
                 0.1, 0.2, 0.5, 1];

  let inVain = '';  // the situation in which the last press was in vain

  return {learnView, markTestImages};

  function learnView() {
    const press = lastPress();
    return element('div', {class: 'view learn'},
      element('h2', {}, 'This is a ', targetMenu()),
      lossLine(),
      element('p', {class: 'note'}, 'Learning makes the loss smaller. For ',
        'every weight, the gradient says how fast the loss rises with it, and ',
        'a step moves the weight the other way: new weight = weight − rate × ',
        'gradient.'),
      rateSlider(),
      buttons(),
      inVain === situation() ? element(
        'p', {class: 'wrong'}, 'At this rate the numbers overflow. Nothing ',
        'was changed.') : null,
      comparison(press),
      press ? changedKernels(press) : null,
      changedAnswers(),
      element('p', {class: 'note'}, 'The changes are not part of the address, ',
              'and last until the page is closed.'));
  }

  function rateSlider() {
    const shown = element('output', {}, String(state.rate));
    const slider = element('input', {
      type: 'range', min: '0', max: String(RATES.length - 1), step: '1',
      value: String(RATES.indexOf(state.rate)), 'data-key': 'rate',
      'aria-label': 'Learning rate', 'aria-valuetext': String(state.rate),
      oninput: () => {
        state.rate = RATES[Number(slider.value)];
        shown.textContent = String(state.rate);
        slider.setAttribute('aria-valuetext', String(state.rate));
        update();
      }});
    return element('label', {class: 'rate'}, 'rate', slider, shown);
  }

  // All that decides what a press does, but the kernels.
  function situation() {
    return `${state.rate} ${stateToText()}`;
  }

  function buttons() {
    const press = count => () => {
      inVain = learn(count) ? '' : situation();
      update();
    };
    const back = undo => () => {
      inVain = '';
      undo();
      update();
    };
    return element('div', {class: 'buttons'},
      button('Learn', 'learn', press(1), {
        class: 'primary', title: 'One step'}),
      button('Ten times', 'learn-ten', press(10), {title: 'Ten steps'}),
      button('Undo', 'learn-undo', back(undoPress), {
        disabled: !lastPress(), title: 'Back to before the last press'}),
      button('Forget', 'learn-forget', back(forget), {
        disabled: !isChanged(), title: 'Back to the kernels of the run'}));
  }

  // Loss, probabilities and gradients, before and after the last press.
  function comparison(press) {
    const now = measure(parametersNow(), target());
    const sides = press ? [measure(press.parameters, target()), now]
      : [now, null];
    const isOne = (press?.count ?? 1) === 1;
    const heads = [press ? 'before' : 'now',
                   `after ${isOne ? 'a step' : `${press.count} steps`}`];
    const row = (name, textOf, kind = '') => element('tr', {class: kind},
      element('th', {scope: 'row'}, name),
      sides.map(side => element('td', {class: 'value', colspan: '2'},
                                side ? textOf(side) : '–')));
    const heading = text => element('tr', {class: 'part'},
      element('th', {colspan: '5'}, text));
    return element('table', {class: 'bars comparison'},
      element('tr', {class: 'head'}, element('th'), heads.map(text => element(
        'th', {scope: 'col', colspan: '2'}, text))),
      row('loss', side => number(side.loss), 'total'),
      contents.l2Scale ? [
        row('cross-entropy', side => number(side.crossEntropy)),
        row('L2 penalty', side => number(side.l2Penalty))] : null,
      heading('Probabilities'),
      shownClasses(sides).map(k => probabilityRow(k, sides)),
      heading('Length of the gradient of each layer'),
      Object.keys(now.norms).map(
        name => row(name, side => number(side.norms[name]))));
  }

  // All classes, or those with the largest probabilities.
  function shownClasses(sides) {
    const most = k => Math.max(
      ...sides.map(side => side?.probabilities[k] ?? 0));
    const all = range(contents.classes.length);
    if (all.length <= MOST_BARS) return all;
    return all.sort((a, b) => most(b) - most(a)).slice(0, MOST_BARS);
  }

  function probabilityRow(k, sides) {
    return element('tr', {class: k === target() ? 'target' : ''},
      element('th', {scope: 'row', title: contents.classes[k]},
              contents.classes[k]),
      sides.map(side => {
        const share = side?.probabilities[k] ?? 0;
        const filled = element('div', {
          class: k === target() ? 'bar best' : 'bar'});
        filled.style.width = `${100 * share}%`;
        return [element('td', {class: 'track'}, side ? filled : null),
                element('td', {class: 'value'}, side ? percent(share) : '–')];
      }));
  }

  // Which test images have another answer than from the kernels of the run.
  function changedAnswers() {
    if (!isChanged()) return null;
    const {labels} = contents.examples, changed = changedImages();
    const right = [runsParameters(), parametersNow()].map(kernels => answersOf(
      kernels)?.filter((answer, index) => answer === labels[index]).length);
    return element('div', {},
      element('h3', {}, 'Has it forgotten other images?'),
      element('p', {class: 'note'}, changed === null ? 'Computing …'
        : `Right answers to the ${labels.length} test images of this page, its `
          + `worst mistakes included: ${right[0]} before you changed it, ${
            right[1]} now. `
          + (changed.length ? 'Answers before and now:'
            : 'No answer has changed.')),
      element('div', {class: 'tiles'}, (changed ?? []).map(changedImage)));
  }

  // [{index, before, now}], or null while they are computed.
  function changedImages() {
    const [before, now] = [runsParameters(), parametersNow()].map(answersOf);
    if (!before || !now) return null;
    return range(before.length)
      .filter(index => before[index] !== now[index])
      .map(index => ({index, before: before[index], now: now[index]}));
  }

  function changedImage({index, before, now}) {
    const {images, labels} = contents.examples, names = contents.classes;
    const sheet = sheetOf(storedImage(images, index), contents.image.outputs,
                          PIXELS);
    sheet.setAttribute('aria-hidden', 'true');
    const isRight = now === labels[index];
    const text = `${names[before]} → ${names[now]} ${isRight ? '✓' : '✗'}`;
    return element('button', {
      type: 'button', class: 'changed-image', 'data-key': `changed-${index}`,
      title: `${exampleName(index)}: ${text}`,
      onclick: () => putOnPad({example: index})}, sheet, text);
  }

  // Marks the test images of the page whose answers have changed.
  function markTestImages() {
    answerTestImages(update);
    const changed = isChanged() && !state.hidden ? changedImages() : [];
    if (changed === null) return;  // the marks stay until others are known
    for (const shown of document.querySelectorAll('.thumbnail')) {
      const index = Number(shown.dataset.example);
      const found = changed.find(one => one.index === index);
      const isRight = found?.now === contents.examples.labels[index];
      shown.dataset.now = found ? (isRight ? 'right' : 'wrong') : '';
      const name = exampleName(index) + (found
        ? `, answered ${contents.classes[found.now]} now` : '');
      shown.title = name;
      shown.setAttribute('aria-label', name);
    }
  }
})();
