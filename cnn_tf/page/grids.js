// Grids of numbers, and of colours where the numbers would not fit.

// Window x kernel = products, for the terms of one input map.
function productGrids(terms, decimals = 3) {
  const parts = [['window', 'value'], ['kernel', 'weight'],
                 ['products', 'product']];
  const grids = parts.map(([title, name]) => figure(
    title, gridOf(
      terms.map(term => ({...term, shown: term[name]})), {decimals})));
  return element('div', {class: 'grids'},
                 grids[0], element('span', {class: 'sign'}, '×'), grids[1],
                 element('div', {class: 'result'},
                         element('span', {class: 'sign'}, '='), grids[2]));
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
    return heatMap(values, height, width, scale, 108);
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
