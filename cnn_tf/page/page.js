// Starts the page; draws it after every change of the state.

cnn.page = (() => {
  const {button, element, replaceChildren, toggle} = cnn.elements;
  const {contents, readContents, state, stateFromText, stateToText} = cnn.state;
  const {compared, isChanged, recompute, view} = cnn.network;
  const {drawWith, update, watchPresses} = cnn.changes;
  const {clearNote, makeInput, setHidden, updateInput} = cnn.input;
  const {layOut, makeLayers, updateLayers} = cnn.layers;
  const {epochText, makeEpochs, updateEpochs} = cnn.epochs;
  const {markTestImages} = cnn.learn;
  const {updateInspector} = cnn.inspector;

  let addressTimer = null, ownAddress = null;

  start();

  return {draw, isDark};

  async function start() {
    try {
      await readContents();
    } catch (error) {
      document.body.append(element('p', {class: 'failure'},
        `This page cannot be shown: ${error.message}. `,
        'It needs a browser of 2023 or newer.'));
      throw error;
    }
    readState();
    drawWith(draw);
    followSystemTheme();
    watchPresses();
    makeInput();
    makeLayers();
    makeEpochs();
    layOut();
    draw();
    addEventListener('hashchange', readAddress);
    addEventListener('resize', () => {
      layOut();
      update();
    });
    document.documentElement.dataset.ready = 'true';
  }

  // Without an address, the first question is asked.
  function readState() {
    const text = location.hash.slice(1);
    stateFromText(text);
    if (text || contents.classes.length < 2) return;
    recompute();
    const [a, b] = compared();
    state.trail = [{view: 'why', a, b}];
  }

  function draw() {
    recompute();
    updateHeader();
    updateInput();
    updateEpochs();
    markTestImages();
    updateLayers();
    updateInspector();
    clearTimeout(addressTimer);
    addressTimer = setTimeout(writeAddress, 300);
  }

  function writeAddress() {
    const text = `#${stateToText()}`;
    ownAddress = text;
    if (text === (location.hash || '#')) return;
    location.replace(text);
  }

  // A link to another state was followed on this page.
  function readAddress() {
    if ((location.hash || '#') === ownAddress) return;
    ownAddress = location.hash || '#';
    clearNote();
    state.past = [];
    readState();
    update();
  }

  function updateHeader() {
    const {dataset, precision, flips, result, layers} = contents;
    const total = layers.reduce((sum, layer) => sum + layer.parameters, 0);
    const isTrained = state.kernels === 'trained';
    const score = isChanged() ? 'changed by you' : result && isTrained
      ? `${(100 * result.test_accuracy).toFixed(2)} % of ${
        result.test_examples.toLocaleString('en')} test images${
        flips ? ', averaged over flips' : ''}` : '';
    replaceChildren(document.getElementById('header'), [
      element('h1', {}, dataset),
      element('p', {class: 'facts'},
        [`${total.toLocaleString('en')} parameters`,
         epochText(), score,
         precision === 'bfloat16'
           ? 'trained in bfloat16, computed here in float32' : '',
         `${view.milliseconds.toFixed(0)} ms`].filter(Boolean).join(' · ')),
      toggle('Hide the answer', 'hide', state.hidden, setHidden),
      button(isDark() ? '☀' : '☾', 'theme', changeTheme,
             {'aria-label': isDark() ? 'Light colours' : 'Dark colours',
              class: 'icon'}),
    ]);
  }

  function isDark() {
    return document.documentElement.dataset.theme === 'dark';
  }

  function setTheme(dark) {
    document.documentElement.dataset.theme = dark ? 'dark' : 'light';
  }

  function changeTheme() {
    setTheme(!isDark());
    update();
  }

  // The theme of the system, until another one is chosen, and after it changes.
  function followSystemTheme() {
    const prefersDark = matchMedia('(prefers-color-scheme: dark)');
    setTheme(prefersDark.matches);
    prefersDark.addEventListener('change', () => {
      setTheme(prefersDark.matches);
      update();
    });
  }
})();
