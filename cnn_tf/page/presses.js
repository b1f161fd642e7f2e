// Nothing is drawn while a control is pressed: drawing replaces the controls,
// and a control that is replaced between press and release loses its click.

let isPressed = false;

function watchPresses() {
  let timer = null;
  const press = ({target}) => {
    clearTimeout(timer);  // of the press before
    isPressed = Boolean(target.closest?.('button, label, summary, input'));
  };
  const release = () => {
    if (!isPressed) return;
    isPressed = false;
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
