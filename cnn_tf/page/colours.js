// Numbers -> colours, the same as in the figures of a run: viridis from 0 up,
// purple to orange where there are negative values, grey for pixels.

const VIRIDIS = ['440154', '48186a', '472d7b', '424086', '3b528b', '33638d',
                 '2c728e', '26828e', '21918c', '1fa088', '28ae80', '3fbc73',
                 '5ec962', '84d44b', 'addc30', 'd8e219', 'fde725'];
const PURPLE_ORANGE = ['2d004b', '542788', '8073ac', 'b2abd2', 'd8daeb',
                       'f7f7f7', 'fee0b6', 'fdb863', 'e08214', 'b35806',
                       '7f3b08'];
const GREY = ['000000', 'ffffff'];

// 256 colours [red, green, blue], interpolated between those of a list.
function tableOf(colours) {
  const stops = colours.map(
    text => [0, 2, 4].map(i => parseInt(text.slice(i, i + 2), 16)));
  return range(256).map(index => {
    const place = (index / 255) * (stops.length - 1);
    const below = Math.min(Math.floor(place), stops.length - 2);
    const [from, to] = [stops[below], stops[below + 1]];
    return range(3).map(
      i => Math.round(from[i] + (place - below) * (to[i] - from[i])));
  });
}

const TABLES = {viridis: tableOf(VIRIDIS), signed: tableOf(PURPLE_ORANGE),
                grey: tableOf(GREY)};
const PIXELS = {table: TABLES.grey, low: 0, high: 1};

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
