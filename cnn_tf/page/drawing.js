// Strokes and pictures -> the pixels of an image, in [0, 1].
//
// A stroke is {radius, points}: its pen, and points {x, y} in pixels of the
// image. Rasterising it here, and not on a canvas, gives the same pixels in
// every browser.

cnn.drawing = (() => {
  const {element} = cnn.elements;

  const BOX = 20 / 28;  // of MNIST: the digit's box as a share of the image
  const SAMPLE = 200;  // pixels of a side on which a picture is looked at

  return {
    frameStrokes, moveStrokes, packPixels, pixelsOf, rasterise, rounded,
    shifted, toPixels, unpackPixels,
  };

  // The strokes with round pens, smooth at their borders.
  function rasterise(strokes, height, width) {
    const image = new Float32Array(height * width);
    for (const {radius, points} of strokes) {
      points.forEach((point, index) => {
        const from = points[Math.max(0, index - 1)], reach = radius + 1;
        const top = Math.max(0, Math.floor(Math.min(from.y, point.y) - reach));
        const left = Math.max(0, Math.floor(Math.min(from.x, point.x) - reach));
        const bottom = Math.min(height, Math.max(from.y, point.y) + reach);
        const right = Math.min(width, Math.max(from.x, point.x) + reach);
        for (let y = top; y < bottom; y++) {
          for (let x = left; x < right; x++) {
            // The centre of pixel 0 is at 0.5.
            const away = distance({x: x + 0.5, y: y + 0.5}, from, point);
            const ink = Math.min(1, Math.max(0, radius + 0.5 - away));
            image[y * width + x] = Math.max(image[y * width + x], ink);
          }
        }
      });
    }
    return image;
  }

  // From a point to the line from a to b.
  function distance(point, a, b) {
    const dx = b.x - a.x, dy = b.y - a.y, square = dx * dx + dy * dy;
    const along = square
      ? ((point.x - a.x) * dx + (point.y - a.y) * dy) / square : 0;
    const share = Math.min(1, Math.max(0, along));
    return Math.hypot(point.x - a.x - share * dx, point.y - a.y - share * dy);
  }

  // The strokes as the digits of MNIST were framed: the longer side of their
  // ink fills the box, the centre of mass is moved to the centre of the image.
  function frameStrokes(strokes, height, width) {
    const points = strokes.flatMap(stroke => stroke.points);
    const radius = Math.max(...strokes.map(stroke => stroke.radius));
    const [xs, ys] = [points.map(p => p.x), points.map(p => p.y)];
    const long = Math.max(Math.max(...xs) - Math.min(...xs),
                          Math.max(...ys) - Math.min(...ys));
    const room = BOX * Math.min(height, width) - 2 * radius;
    const scale = long > 1 ? room / long : 1;
    const [top, left] = [Math.min(...ys) * scale, Math.min(...xs) * scale];
    const moved = (dx, dy) => moveStrokes(strokes, scale, dx - left, dy - top);
    const margin = (1 - BOX) / 2 * Math.min(height, width) + radius;
    const image = rasterise(moved(margin, margin), height, width);
    const centre = centreOfMass(image, height, width);
    return rasterise(
      moved(margin + width / 2 - centre.x, margin + height / 2 - centre.y),
      height, width);
  }

  function moveStrokes(strokes, scale, dx, dy) {
    return strokes.map(({radius, points}) => ({
      radius, points: points.map(
        ({x, y}) => ({x: scale * x + dx, y: scale * y + dy}))}));
  }

  // In indices of pixels, as MNIST counts: {14, 14} is the centre of 28x28.
  function centreOfMass(image, height, width) {
    let mass = 0, x = 0, y = 0;
    image.forEach((ink, place) => {
      mass += ink;
      x += ink * (place % width);
      y += ink * Math.floor(place / width);
    });
    return mass ? {x: x / mass, y: y / mass} : {x: width / 2, y: height / 2};
  }

  // Moves an image down by dy and right by dx; what leaves it is lost.
  function shifted(image, height, width, [dy, dx]) {
    return image.map((_, place) => {
      const y = Math.floor(place / width) - dy, x = (place % width) - dx;
      const inside = y >= 0 && y < height && x >= 0 && x < width;
      return inside ? image[y * width + x] : 0;
    });
  }

  // A bitmap -> pixels: grey, light on dark, the whole of it or, if `framed`,
  // its ink in the box of MNIST.
  function pixelsOf(bitmap, height, width, framed) {
    const all = [0, 0, bitmap.width, bitmap.height];
    const sample = lightOf(bitmap, all, [SAMPLE, SAMPLE], SAMPLE, SAMPLE);
    const found = rangeOf(sample);
    const part = framed ? inkOf(bitmap, inkedBy(sample, found)) : all;
    const [, , across, down] = part;
    const scale = (framed ? BOX : 1) * Math.min(width / across, height / down);
    const size = [across * scale, down * scale];
    const image = inkedBy(lightOf(bitmap, part, size, height, width), found);
    if (!framed) return image;
    const centre = centreOfMass(image, height, width);
    return shifted(image, height, width, [Math.round(height / 2 - centre.y),
                                          Math.round(width / 2 - centre.x)]);
  }

  // The darkest and the lightest value, and whether the background is light.
  function rangeOf(light) {
    const sorted = light.filter(value => value !== null).sort((a, b) => a - b);
    const low = sorted[0] || 0, high = sorted[sorted.length - 1] || 0;
    const middle = sorted[sorted.length >> 1] || 0;
    return {low, high, inverted: middle - low > (high - low) / 2};
  }

  // 0 for the background of a picture, up to 1 for what is drawn on it.
  function inkedBy(light, {low, high, inverted}) {
    return Float32Array.from(light, value => {
      if (value === null || high === low) return 0;
      const share = Math.min(1, Math.max(0, (value - low) / (high - low)));
      return inverted ? 1 - share : share;
    });
  }

  // [x, y, width, height] of the ink of a bitmap; all of it if there is none.
  function inkOf(bitmap, ink) {
    const xs = [], ys = [];
    ink.forEach((value, place) => {
      if (value < 0.35) return;
      xs.push(place % SAMPLE);
      ys.push(Math.floor(place / SAMPLE));
    });
    if (!xs.length) return [0, 0, bitmap.width, bitmap.height];
    const most = values => values.reduce((a, b) => Math.max(a, b));
    const least = values => values.reduce((a, b) => Math.min(a, b));
    const across = bitmap.width / SAMPLE, down = bitmap.height / SAMPLE;
    const left = least(xs), top = least(ys);
    return [left * across, top * down, (most(xs) - left + 1) * across,
            (most(ys) - top + 1) * down];
  }

  // The lightness of a part of a bitmap on white paper, drawn in the centre of
  // an image in the given size; null beside it.
  function lightOf(bitmap, part, [across, down], height, width) {
    const canvas = element('canvas', {width, height});
    const context = canvas.getContext('2d', {willReadFrequently: true});
    context.imageSmoothingQuality = 'high';
    const place = [(width - across) / 2, (height - down) / 2, across, down];
    context.fillStyle = '#fff';
    context.fillRect(...place);
    context.drawImage(bitmap, ...part, ...place);
    const {data} = context.getImageData(0, 0, width, height);
    const light = [];
    for (let p = 0; p < data.length; p += 4) {
      const grey = 0.299 * data[p] + 0.587 * data[p + 1] + 0.114 * data[p + 2];
      light.push(data[p + 3] < 128 ? null : grey);
    }
    return light;
  }

  // The values of a file's bytes, as TensorFlow computes them in float32.
  function toPixels(bytes) {
    return Float32Array.from(bytes, byte => byte * Math.fround(1 / 255));
  }

  // Rounds pixels to 1/255, as in a file.
  function rounded(pixels) {
    return toPixels(pixels.map(value => Math.round(255 * value)));
  }

  // Pixels <-> text for the address. Pixels are bytes; a run of zeros is
  // written as a zero and its length.
  function packPixels(pixels) {
    const bytes = [];
    for (let i = 0; i < pixels.length; i++) {
      bytes.push(Math.round(255 * pixels[i]));
      if (bytes[bytes.length - 1]) continue;
      let count = 1;
      while (count < 255 && i + 1 < pixels.length
             && Math.round(255 * pixels[i + 1]) === 0) {
        count++;
        i++;
      }
      bytes.push(count);
    }
    return btoa(String.fromCharCode(...bytes))
      .replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  }

  function unpackPixels(text, size) {
    const packed = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = [];
    for (let i = 0; i < packed.length; i++) {
      const byte = packed.charCodeAt(i);
      if (byte) bytes.push(byte);
      else bytes.push(...new Array(packed.charCodeAt(++i)).fill(0));
    }
    if (bytes.length !== size) throw new RangeError('not of this size');
    return toPixels(bytes);
  }
})();
