// Changes of the state: the page is drawn again once per frame. What is
// selected, and "Play", which selects one node after the other.

cnn.changes = (() => {
  const {isNarrow} = cnn.elements;
  const {itemToText, layerNamed, selection, state} = cnn.state;

  const PLAY_MILLISECONDS = 350;
  let draw = null;  // what draws the page
  let frame = null;

  return {
    drawWith, follow, replaceLast, select, slide, startPlaying, stopPlaying,
    update, watchPresses,
  };

  function drawWith(given) {
    draw = given;
  }

  // To be called after every change of the state: draws once per frame, however
  // many changes there were.
  function update() {
    if (frame !== null) return;
    frame = requestAnimationFrame(() => {
      frame = null;
      if (!state.pressed) draw();
    });
  }

  // Nothing is drawn while a control is pressed: drawing replaces the controls,
  // and a control that is replaced between press and release loses its click.
  // The slider of the epochs is not replaced, and is followed while it moves.
  function watchPresses() {
    let timer = null;
    const press = ({target}) => {
      clearTimeout(timer);  // of the press before
      state.pressed = Boolean(
        target.closest?.('button, label, summary, input, #inspector canvas')
        && target.dataset.key !== 'epoch');
    };
    const release = () => {
      if (!state.pressed) return;
      state.pressed = false;
      update();
    };
    addEventListener('pointerdown', event => {
      if (event.button === 0) press(event);
    }, true);
    // Space clicks a button when the key is released.
    addEventListener('keydown', event => {
      if (event.key === ' ') press(event);
    }, true);
    addEventListener('click', release);
    // Without a click, the press ends a moment after the release.
    for (const name of ['pointerup', 'keyup']) {
      addEventListener(name, () => {
        timer = setTimeout(release, 50);
      }, true);
    }
    // After these, the release may not reach the page.
    for (const name of ['pointercancel', 'contextmenu', 'blur']) {
      addEventListener(name, release);
    }
  }

  // Makes this the trail; the inspector shows its last item.
  function select(trail) {
    state.trail = trail;
    state.open.clear();
    if (state.playing && selection()?.view !== 'node') stopPlaying();
    update();
    if (!isNarrow()) return;
    // After the drawing, which changes the height of the page.
    requestAnimationFrame(() => {
      if (trail.length) document.getElementById('inspector').scrollIntoView();
      else scrollTo(0, 0);
    });
  }

  // One step further on the trail, or back to an item that is on it.
  function follow(item) {
    const text = itemToText(item);
    const known = state.trail.findIndex(other => itemToText(other) === text);
    select(known < 0 ? [...state.trail, item]
      : state.trail.slice(0, known + 1));
    document.getElementById('inspector').scrollTop = 0;
  }

  // Another item in place of the last one.
  function replaceLast(item) {
    state.trail = [...state.trail.slice(0, -1), item];
    update();
  }

  function startPlaying() {
    clearInterval(state.playing);  // of another press of the same button
    state.playing = setInterval(() => slide(1), PLAY_MILLISECONDS);
    update();
  }

  function stopPlaying() {
    clearInterval(state.playing);
    state.playing = null;
    update();
  }

  // The next node of the map, row by row.
  function slide(by) {
    const item = selection();
    if (item?.view !== 'node') {
      stopPlaying();
      return;
    }
    const [height, width] = layerNamed(item.layer).outputs;
    const place = (item.y * width + item.x + by + height * width)
      % (height * width);
    replaceLast({...item, y: Math.floor(place / width), x: place % width});
  }
})();
