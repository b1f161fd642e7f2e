// Grids of numbers, and of colours where the numbers would not fit.

// Window x kernel, and below them = products, for the terms of one input map.
// Three tables with enough digits to check them do not fit side by side; tables
// that are wide, or whose numbers are small, stand below one another.
function productGrids(terms) {
  const parts = [['window', 'value'], ['× kernel', 'weight'],
                 ['= products', 'product']].map(([title, name]) => {
    const shown = terms.map(term => ({...term, shown: term[name]}));
    return {title, shown, decimals: decimalsFor(shown)};
  });
  const width = new Set(terms.map(term => term.j)).size;
  const isStacked = width <= LARGEST_TABLE
    && (width > 3 || parts.some(({decimals}) => decimals > 3));
  return element('div', {class: isStacked ? 'grids stacked' : 'grids'},
    parts.map(({title, shown, decimals}) => figure(
      title, gridOf(shown, {decimals}))));
}

// Three decimals, or so many more that the largest number has two digits.
function decimalsFor(terms) {
  const largest = Math.max(...terms.map(({shown}) => Math.abs(shown)));
  return largest === 0 ? 3
    : Math.min(6, Math.max(3, 1 - Math.floor(Math.log10(largest))));
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
    return heatMap(values, height, width, scale, 108, {
      role: 'img',
      'aria-label': `${height}x${width} numbers ${spanOf(values)}`});
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

function spanOf(values) {
  return `from ${number(Math.min(...values))} to ${
    number(Math.max(...values))}`;
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
