// One map, many images: what it makes of a dozen images of a class, and of the
// class that is confused with it most.

cnn.sheet = (() => {
  const {range, run} = cnn.ops;
  const {PIXELS, cssOf, element, inkOn, number, sheetOf} = cnn.elements;
  const {contents, state, storedImage} = cnn.state;
  const {offTensors, parametersNow, ranking} = cnn.network;
  const {update} = cnn.changes;
  const {putOnPad} = cnn.input;
  const {scaleOfLayer} = cnn.layers;

  // The tensors of the images, and what they were computed with.
  let computed = {key: '', parameters: null, tensors: []};
  let missing = [];  // {index, place, draw}: outputs that are not known yet

  return {sheetOfClass};

  function sheetOfClass(layer, map) {
    if (!contents.ofClasses) return null;  // a page from before
    const shown = chosenClass();
    const other = contents.ofClasses.confused[shown];
    const groups = other === shown ? [shown] : [shown, other];
    missing = [];
    compute(groups);
    return element('div', {class: 'sheet'},
      element('h3', {}, 'One class, many images: ', classMenu(shown)),
      element('p', {class: 'note'}, 'Each image, and the output of this ',
        layer.units ? 'unit' : 'map', ' for it: its activation pattern. Do ',
        'the images of one class share something that those of the other ',
        'lack? What excites it, its input pattern, is shown further down.'),
      groups.map((label, index) => element('div', {},
        element('h4', {}, contents.classes[label],
                index ? ', confused with it most' : ''),
        element('div', {class: 'tiles-of-class'},
                imagesOf(label).map(image => tile(layer, map, image))))));
  }

  // The chosen one, or that of the answer, if it is not hidden.
  function chosenClass() {
    return state.sheetClass ?? (state.hidden ? 0 : ranking()[0]);
  }

  function classMenu(shown) {
    return element('select', {
      'aria-label': 'The class of the images', 'data-key': 'sheet-class',
      onchange: event => {
        state.sheetClass = Number(event.target.value);
        update();
      }},
      contents.classes.map((name, k) => element(
        'option', {value: String(k), selected: k === shown}, name)));
  }

  function imagesOf(label) {
    const {labels} = contents.ofClasses;
    return range(labels.length).filter(index => labels[index] === label);
  }

  // Computes what is not known yet, a few images per frame.
  async function compute(groups) {
    const parameters = parametersNow(), off = offTensors();
    const key = JSON.stringify([groups, Object.entries(off).map(
      ([name, maps]) => [name, ...maps])]);
    if (computed.key === key && computed.parameters === parameters) return;
    const job = computed = {key, parameters, tensors: []};
    let started = performance.now();
    for (const index of groups.flatMap(imagesOf)) {
      const image = storedImage(contents.ofClasses.images, index);
      job.tensors[index] = run(contents.program, parameters, {image}, off);
      if (performance.now() - started < 12) continue;
      await new Promise(requestAnimationFrame);
      if (job !== computed) return;
      fill();
      started = performance.now();
    }
    fill();
  }

  // Draws what has become known, without drawing the page again.
  function fill() {
    const known = missing.filter(({index}) => computed.tensors[index]);
    missing = missing.filter(({index}) => !computed.tensors[index]);
    for (const {index, place, draw} of known) {
      place.replaceWith(draw(computed.tensors[index]));
    }
  }

  // An image, and below it the map.
  function tile(layer, map, index) {
    const {images, numbers, labels} = contents.ofClasses;
    const image = sheetOf(storedImage(images, index), contents.image.outputs,
                          PIXELS);
    const name = `test image ${numbers[index]}, label ${
      contents.classes[labels[index]]}`;
    image.setAttribute('aria-hidden', 'true');
    return element('button', {
      type: 'button', 'data-key': `of-class-${index}`, title: name,
      'aria-label': name,
      onclick: () => putOnPad({pixels: storedImage(images, index)})},
      image, outputOf(layer, map, index));
  }

  function outputOf(layer, map, index) {
    const draw = tensors => output(layer, map, tensors);
    if (computed.tensors[index]) return draw(computed.tensors[index]);
    const place = element(
      'span', {class: layer.units ? 'output' : 'output map'});
    missing.push({index, place, draw});
    return place;
  }

  function output(layer, map, tensors) {
    const [height, width, maps] = layer.outputs, scale = scaleOfLayer(layer);
    const tensor = tensors[layer.last.name];
    const values = Float32Array.from(
      range(height * width), place => tensor[place * maps + map]);
    if (!layer.units) {
      const drawn = sheetOf(values, [height, width, 1], scale);
      drawn.setAttribute('aria-hidden', 'true');
      return drawn;
    }
    const cell = element('span', {class: 'output'}, number(values[0], 1));
    cell.style.background = cssOf(values[0], scale);
    cell.style.color = inkOn(values[0], scale);
    return cell;
  }
})();
