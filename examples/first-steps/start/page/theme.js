/* global document, localStorage, getComputedStyle, matchMedia */
/** Light or dark: the choice of the system, or of the user. */

const KEY = 'rxpaf.theme';

const COLOURS = [
  'paper',
  'ink',
  'quiet',
  'rule',
  'grid',
  'h1',
  'h1-soft',
  'h2',
  'h2-soft',
  'credit',
  'fault',
  'warn',
  'select',
];

/** Handles the buttons, and calls `changed` with the colours of the picture: now, and when they change. */
export function themes(changed) {
  const root = document.documentElement;
  const buttons = [...document.querySelectorAll('[data-theme-choice]')];
  const told = () => changed(colours());
  const choose = (theme) => {
    if (theme === 'auto') delete root.dataset.theme;
    else root.dataset.theme = theme;
    for (const button of buttons) button.setAttribute('aria-pressed', String(button.dataset.themeChoice === theme));
    told();
  };
  for (const button of buttons) {
    button.addEventListener('click', () => {
      remember(button.dataset.themeChoice);
      choose(button.dataset.themeChoice);
    });
  }
  for (const query of ['(prefers-color-scheme: dark)', '(prefers-contrast: more)']) {
    matchMedia(query).addEventListener('change', told);
  }
  choose(remembered());
}

/** A canvas cannot use custom properties: an element is asked for their computed values. */
function colours() {
  const probe = document.createElement('i');
  document.body.append(probe);
  const found = Object.fromEntries(
    COLOURS.map((name) => {
      probe.style.color = `var(--${name})`;
      return [name, getComputedStyle(probe).color];
    }),
  );
  probe.remove();
  return found;
}

function remembered() {
  try {
    const theme = localStorage.getItem(KEY);
    return theme === 'light' || theme === 'dark' ? theme : 'auto';
  } catch {
    return 'auto';
  }
}

function remember(theme) {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // The browser has no storage.
  }
}
