// Making elements. Texts become text nodes, so no text is ever read as HTML.

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

// `key` finds the button again after its part of the page was made anew.
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

// Replaces the children, and gives the focus back to the same control. If that
// is gone, the new heading gets it, or a control, or the parent itself.
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

const MINUS = '\u2212';

// Three decimals; an exponent where these would hide a small number.
function number(value, decimals = 3) {
  const size = Math.abs(value);
  const text = size >= 1e5
    || (decimals > 2 && size > 0 && size < 0.5 * 10 ** -decimals)
    ? size.toExponential(1) : size.toFixed(decimals);
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

function variable(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name);
}

// Whether the columns stand below one another, as on a phone.
function isNarrow() {
  return matchMedia('(max-width: 1023px)').matches;
}
