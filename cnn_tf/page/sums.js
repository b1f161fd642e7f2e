// Tables of terms that add up to a value.

// More terms than this are summed by input map; more maps than this wait
// behind a button.
const MANY_TERMS = 30, SHOWN_GROUPS = 8;

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
      button(`${rest.length} others`, 'all', () => setOpen('all', true),
             {class: 'link'}),
      rest.reduce((sum, group) => sum + group.sum, 0)) : null,
    isLong && all ? sumRow(
      button('Show fewer', 'all', () => setOpen('all', false), {class: 'link'}),
      null) : null,
    sumRow('bias', bias),
    sumRow('sum', total, 'total'));
}

function groupRows(group, below, largest, effects) {
  const key = `group-${group.map}`, isOpen = state.open.has(key);
  const single = group.terms.length === 1;
  const name = below.name === 'image' ? 'image'
    : mapName(below.name, group.map);
  const place = {layer: below.name, map: group.map};
  const target = below.name === 'image' ? null
    : below.units ? {view: 'node', ...place, y: 0, x: 0}
      : {view: 'map', ...place};
  const side = group.sum < 0 ? 'minus' : 'plus';
  const bar = element('div', {class: `term ${side}`});
  bar.style.width = `${50 * Math.abs(group.sum) / largest}%`;
  const {value, weight} = group.terms[0];
  const title = single ? '' : `${group.terms.length} products`;
  const row = element('tr', {title, class: 'group'},
    element('th', {scope: 'row'},
      single ? null : button(
        isOpen ? '▾' : '▸', key, () => setOpen(key, !isOpen),
        {class: 'expander', 'aria-expanded': isOpen,
         'aria-label': `Products of ${name}`}),
      target ? button(name, `${key}-link`, () => follow(target),
                      {class: 'link'}) : name,
      single ? element('span', {class: 'factors'},
                       `${number(value)} × ${number(weight)}`) : null),
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

function setOpen(key, isOpen) {
  if (isOpen) state.open.add(key);
  else state.open.delete(key);
  update();
}
