// Why one class and not another: the terms of the difference of two logits.

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
      'option', {value: String(k), selected: item[which] === k,
                 disabled: k === (which === 'a' ? b : a)}, name)));
}
