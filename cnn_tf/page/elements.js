// What every part of the page is made of: elements, numbers as text, colours,
// and grids of numbers.
//
// Texts become text nodes, so no text is ever read as HTML. Colours are those
// of the figures of a run: viridis from 0 up, purple to orange where there are
// negative values, grey for pixels.

cnn.elements = (() => {
  const {range} = cnn.ops;

  const MINUS = '\u2212';

  // Rows and columns.
  const ARROWS = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1],
                  ArrowRight: [0, 1]};

  const LARGEST_TABLE = 5;  // columns; more are shown as colours

  const VIRIDIS = ['440154', '48186a', '472d7b', '424086', '3b528b', '33638d',
                   '2c728e', '26828e', '21918c', '1fa088', '28ae80', '3fbc73',
                   '5ec962', '84d44b', 'addc30', 'd8e219', 'fde725'];

  const PURPLE_ORANGE = ['2d004b', '542788', '8073ac', 'b2abd2', 'd8daeb',
                         'f7f7f7', 'fee0b6', 'fdb863', 'e08214', 'b35806',
                         '7f3b08'];

  const GREY = ['000000', 'ffffff'];

  const TABLES = {viridis: tableOf(VIRIDIS), signed: tableOf(PURPLE_ORANGE),
                  grey: tableOf(GREY)};

  const PIXELS = {table: TABLES.grey, low: 0, high: 1};

  return {
    ARROWS, MINUS, PIXELS, button, colourOf, cssOf, element, ends, figure,
    fitsTable, frameField, gridOf, hasModifier, heatMap, inkOn, isNarrow,
    makeCanvas, number, percent, productGrids, replaceChildren, savePng,
    scaleFor, scaleOf, sheetOf, signed, spanOf, toggle, variable,
  };

  // element('button', {class: 'on', onclick: f, 'aria-pressed': true}, 'Play')
  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
      else if (name in made && typeof value !== 'string') made[name] = value;
      else if (value !== undefined) made.setAttribute(name, value);
    }
    made.append(...children.flat(2).filter(c => c !== null && c !== undefined));
    return made;
  }

  // `key` finds the button again after its part of the page has been replaced.
  function button(text, key, onclick, attributes = {}) {
    return element('button', {type: 'button', 'data-key': key, onclick,
                              ...attributes}, text);
  }

  function toggle(text, key, checked, onchange, attributes = {}) {
    const box = element('input', {type: 'checkbox', checked, 'data-key': key,
                                  onchange: () => onchange(box.checked),
                                  ...attributes});
    return element('label', {class: 'toggle'}, box, text);
  }

  // Replaces the children, and gives the focus back to the same control; if it
  // is gone, to the new heading, or to a control, or to the parent itself.
  function replaceChildren(parent, children) {
    const active = document.activeElement;
    const hadFocus = active !== parent && parent.contains(active);
    const {key} = active?.dataset ?? {};
    const top = parent.scrollTop;
    parent.replaceChildren(...children.flat().filter(Boolean));
    parent.scrollTop = top;
    if (!hadFocus) return;
    const same = key && parent.querySelector(
      `[data-key="${CSS.escape(key)}"]:not(:disabled)`);
    const next = same || parent.querySelector('h2')
      || parent.querySelector('button:not(:disabled)') || parent;
    if (next.tabIndex < 0) next.tabIndex = -1;  // so that it can have the focus
    next.focus({preventScroll: true});
  }

  // Whether the columns stand below one another, as on a phone.
  function isNarrow() {
    return matchMedia('(max-width: 1023px)').matches;
  }

  function variable(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name);
  }

  // Three decimals, and of small numbers three digits: they are to add up.
  function number(value, decimals = 3) {
    const size = Math.abs(value);
    const isSmall = decimals > 2 && size > 0 && size < 10 ** (2 - decimals);
    const text = size >= 1e5 ? size.toExponential(1)
      : !isSmall ? size.toFixed(decimals)
        : size < 1e-4 ? size.toExponential(2) : size.toPrecision(3);
    return (value < 0 && Number(text) !== 0 ? MINUS : '') + text;
  }

  function signed(value, decimals = 3) {
    return (value >= 0 ? '+' : '') + number(value, decimals);
  }

  function percent(share) {
    const hundredths = 100 * share;
    if (hundredths > 99.95 && share < 1) return '> 99.9 %';
    return `${hundredths.toFixed(1)} %`;
  }

  // A canvas of `width` x `height` CSS pixels, sharp on every screen.
  function makeCanvas(width, height, attributes = {}) {
    const ratio = window.devicePixelRatio || 1;
    const canvas = element('canvas', attributes);
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    const context = canvas.getContext('2d');
    context.scale(ratio, ratio);
    context.imageSmoothingEnabled = false;
    return canvas;
  }

  function savePng(canvas, name) {
    const link = element('a', {href: canvas.toDataURL('image/png'),
                               download: `${name}.png`});
    link.click();
  }

  // 256 colours [red, green, blue], interpolated between those of a list.
  function tableOf(list) {
    const stops = list.map(
      text => [0, 2, 4].map(i => parseInt(text.slice(i, i + 2), 16)));
    return range(256).map(index => {
      const place = (index / 255) * (stops.length - 1);
      const below = Math.min(Math.floor(place), stops.length - 2);
      const [from, to] = [stops[below], stops[below + 1]];
      return range(3).map(
        i => Math.round(from[i] + (place - below) * (to[i] - from[i])));
    });
  }

  function scaleFor(high, isSigned) {
    return isSigned ? {table: TABLES.signed, low: -high, high}
                    : {table: TABLES.viridis, low: 0, high};
  }

  // A scale that covers all values.
  function scaleOf(values, isSigned = values.some(v => v < 0)) {
    const high = values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
    return scaleFor(high || 1, isSigned);
  }

  function colourOf(value, {table, low, high}) {
    const place = Math.round(255 * (value - low) / (high - low));
    return table[Math.min(255, Math.max(0, place)) || 0];
  }

  function cssOf(value, scale) {
    return `rgb(${colourOf(value, scale).join(' ')})`;
  }

  // Black or white, whichever is easier to read on the colour.
  function inkOn(value, scale) {
    const [red, green, blue] = colourOf(value, scale);
    return 0.299 * red + 0.587 * green + 0.114 * blue > 120 ? '#000' : '#fff';
  }

  // A canvas with one pixel per value: maps side by side, to be drawn enlarged.
  function sheetOf(values, [height, width, maps], scale) {
    const sheet = element('canvas', {width: width * maps, height});
    const context = sheet.getContext('2d');
    const pixels = context.createImageData(width * maps, height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let map = 0; map < maps; map++) {
          const colour = colourOf(values[(y * width + x) * maps + map], scale);
          const place = 4 * (y * width * maps + map * width + x);
          pixels.data.set(colour, place);
          pixels.data[place + 3] = 255;
        }
      }
    }
    context.putImageData(pixels, 0, 0);
    return sheet;
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

  function spanOf(values) {
    const least = values.reduce((a, b) => Math.min(a, b));
    const most = values.reduce((a, b) => Math.max(a, b));
    return `from ${number(least)} to ${number(most)}`;
  }

  function frameField(context, field, scale) {
    const [top, bottom] = ends(field.rows), [left, right] = ends(field.columns);
    context.strokeStyle = variable('--mark');
    context.lineWidth = 2;
    context.strokeRect(left * scale + 1, top * scale + 1,
                       (right - left) * scale - 2, (bottom - top) * scale - 2);
  }

  function ends(indices) {
    return [Math.min(...indices), Math.max(...indices) + 1];
  }

  function figure(title, content) {
    return element('figure', {}, element('figcaption', {}, title), content);
  }

  // Whether so many numbers are shown as numbers, not as colours.
  function fitsTable(height, width) {
    return height <= LARGEST_TABLE + 2 && width <= LARGEST_TABLE;
  }

  // Alt and an arrow, for example, is a command of the browser.
  function hasModifier({altKey, ctrlKey, metaKey}) {
    return altKey || ctrlKey || metaKey;
  }

  // Terms {i, j, y, x, shown} at their places: numbers, or colours if there are
  // more than fit. With `onTerm`, a number is a button.
  function gridOf(terms, {isWinner = () => false, isSigned, decimals = 2,
                          onTerm = null}) {
    const is = terms.map(t => t.i), js = terms.map(t => t.j);
    const top = Math.min(...is), left = Math.min(...js);
    const height = Math.max(...is) - top + 1;
    const width = Math.max(...js) - left + 1;
    const scale = scaleOf(terms.map(term => term.shown), isSigned);
    if (!fitsTable(height, width)) {
      const values = new Float32Array(height * width);
      for (const {i, j, shown} of terms) {
        values[(i - top) * width + j - left] = shown;
      }
      return heatMap(values, height, width, scale, 108, {
        role: 'img',
        'aria-label': `${height}x${width} numbers ${spanOf(values)}`});
    }
    const lines = range(height).map(() => []);
    for (const term of terms) {
      const cell = gridCell(term, scale, isWinner(term), decimals, onTerm);
      lines[term.i - top].push(cell);
    }
    return element('table', {class: 'grid'},
                   lines.map(cells => element('tr', {}, cells)));
  }

  function gridCell(term, scale, isWinner, decimals, onTerm) {
    const text = number(term.shown, decimals);
    const key = `cell-${term.map}-${term.i}-${term.j}-${term.part}`;
    const cell = element('td', {title: `(${term.y}, ${term.x}): ${term.shown}`,
                                class: isWinner ? 'winner' : ''},
                         onTerm ? button(text, key, () => onTerm(term)) : text);
    cell.style.background = cssOf(term.shown, scale);
    cell.style.color = inkOn(term.shown, scale);
    return cell;
  }

  // Window × kernel, and below them = products, for the terms of one input map.
  // Three tables with enough digits to check them do not fit side by side;
  // tables that are wide, or whose numbers are small, are stacked.
  //
  // open: what a click on a number does, by the name of the factor.
  function productGrids(
    terms, {titles = ['window', 'kernel'], open = {}} = {}) {
    const parts = [[titles[0], 'value'], [`× ${titles[1]}`, 'weight'],
                   ['= products', 'product']].map(([title, part]) => {
      const shown = terms.map(term => ({...term, part, shown: term[part]}));
      return {title, shown, decimals: decimalsFor(shown), onTerm: open[part]};
    });
    const width = new Set(terms.map(term => term.j)).size;
    const isStacked = width <= LARGEST_TABLE
      && (width > 3 || parts.some(({decimals}) => decimals > 3));
    return element('div', {class: isStacked ? 'grids stacked' : 'grids'},
      parts.map(({title, shown, decimals, onTerm}) => figure(
        title, gridOf(shown, {decimals, onTerm}))));
  }

  // Three decimals, or so many more that the largest number has two digits.
  function decimalsFor(terms) {
    const largest = Math.max(...terms.map(({shown}) => Math.abs(shown)));
    return largest === 0 ? 3
      : Math.min(6, Math.max(3, 1 - Math.floor(Math.log10(largest))));
  }
})();
