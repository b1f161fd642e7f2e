// The test images below the answer.

function makeExamples() {
  const {labels, mistakes} = contents.examples;
  const first = labels.length - mistakes;
  return element('div', {class: 'examples'},
    mistakes ? element('h2', {}, 'Its worst mistakes') : null,
    element('div', {class: 'thumbnails'},
            range(mistakes).map(index => thumbnail(first + index))),
    element('h2', {}, 'Other test images'),
    element('div', {class: 'thumbnails'},
            range(first).map(thumbnail)));
}

function thumbnail(index) {
  const {images, labels, numbers} = contents.examples;
  const [, height, width] = images.shape, size = height * width;
  const bytes = images.subarray(index * size, (index + 1) * size);
  const sheet = sheetOf(Float32Array.from(bytes, byte => byte / 255),
                        [height, width, 1], PIXELS);
  sheet.setAttribute('aria-hidden', 'true');
  const name = contents.classes[labels[index]];
  return element('button', {
    type: 'button', class: 'thumbnail', 'data-example': String(index),
    title: `test image ${numbers[index]}, label ${name}`,
    'aria-label': `test image ${numbers[index]}, label ${name}`,
    onclick: () => showExample(index)}, sheet);
}

function showExample(index) {
  putOnPad({example: index});
}
