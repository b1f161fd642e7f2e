// The answer: the probabilities of the classes, and what was asked of them.

const MOST_BARS = 12;

function updateAnswer() {
  const shares = softmax(logitsOf(view.tensors)), order = ranking();
  if (state.hidden) {
    replaceChildren(input.answer, [
      element('p', {class: 'headline'}, '?'),
      button('Show the answer', 'show', () => setHidden(false))]);
    return;
  }
  if (!view.image.some(value => value)) {
    replaceChildren(input.answer, [
      element('p', {class: 'headline'}, '–'),
      element('p', {class: 'note'}, 'Nothing is drawn.')]);
    return;
  }
  const [best, other] = compared();
  const shown = order.length <= MOST_BARS ? range(order.length)
    : order.slice(0, MOST_BARS);
  replaceChildren(input.answer, [
    element('div', {class: 'verdict', role: 'status'},
            element('span', {class: 'headline'}, contents.classes[order[0]]),
            element('span', {class: 'share'}, percent(shares[order[0]])),
            ...labelNote(order[0])),
    order.length > 1 ? button(
      `Why ${contents.classes[order[0]]} and not ${
        contents.classes[best === order[0] ? other : order[1]]}?`, 'why',
      () => select([{view: 'why', a: order[0],
                     b: best === order[0] ? other : order[1]}]),
      {class: 'primary'}) : null,
    element('table', {class: 'bars', 'aria-label': 'Probabilities'},
            shown.map(k => bar(k, shares[k], k === order[0]))),
    offNote(shares),
  ]);
}

function labelNote(answer) {
  const label = knownLabel();
  if (label === null) return [];
  const right = label === answer;
  return [element('span', {class: right ? 'right' : 'wrong'},
                  right ? '✓ its label'
                    : `✗ label ${contents.classes[label]}`)];
}

function bar(index, share, best) {
  const filled = element('div', {class: best ? 'bar best' : 'bar'});
  filled.style.width = `${100 * share}%`;
  return element('tr', {},
    element('th', {scope: 'row', title: contents.classes[index]},
            contents.classes[index]),
    element('td', {class: 'track'}, filled),
    element('td', {class: 'value'}, percent(share)));
}

// What the maps that are off have changed.
function offNote(shares) {
  const layers = Object.entries(state.off);
  if (!layers.length) return null;
  const all = softmax(logitsOf(view.whole));
  const best = ranking(view.whole)[0];
  const names = layers.map(([name, maps]) => `${maps.size} of ${name}`);
  const [a, b] = compared(), {classes} = contents;
  const logits = b === undefined ? '' : `Logit ${classes[a]} ${MINUS} ${
    classes[b]}: ${number(difference(view.whole, a, b))} → ${
    number(difference(view.tensors, a, b))}. `;
  return element('p', {class: 'off-note'},
    `Off: ${names.join(', ')}. ${logits}${contents.classes[best]}: ${
      percent(all[best])} → ${percent(shares[best])} `,
    button('All on', 'all-on', () => {
      state.off = {};
      update();
    }));
}

function setHidden(hidden) {
  state.hidden = hidden;
  if (hidden) forgetAnswer();
  update();
}
