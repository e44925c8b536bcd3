// Draws a diagram of characters as a picture: each character keeps its column, so marks above each other are at the same time.

/** px of a column of a drawing, of a letter of the text beside it, and of a row. */
const COLUMN = 14;
const LETTER = 8;
const ROW = 30;

/** What a drawing is made of: marks of time, values and groups; between spaces also pauses. */
const MARKED = /^[\w\-|#!^().?+*]+$/;
const PAUSE = /^(?:\.\.\.|\d+m?s)$/;
/** These are text: words with hyphens, arrows, words in parentheses. */
const WORDS = /^\p{L}{2,}(?:-\p{L}{2,})+$|^[-.]+$|^\(.*[a-z]{3,}.*\)$/u;
/** Values alone: a drawing if they begin in the column of another. */
const VALUES = /^[\w?^|]{1,24}$/;

const escape = (text) => text.replace(/[&<>"{]/g, (character) => `&#${character.codePointAt(0)};`);

/** The segments of a line, between gaps of two spaces or more, with their columns. */
function segmentsOf(line) {
  return [...line.matchAll(/\S+(?: \S+)*/g)].flatMap(({ 0: text, index: column }) => {
    // A label that is as long as its column is a single space away from its drawing.
    const [, label, drawing] = /^([a-zA-Z]+) ([^ ]*--[^ ]*)$/.exec(text) ?? [];
    if (drawing === undefined) return [{ text, column }];
    return [
      { text: label, column },
      { text: drawing, column: column + label.length + 1 },
    ];
  });
}

function isDrawn({ text }) {
  if (!/[-|#!^()]/.test(text) || WORDS.test(text)) return false;
  const parts = text.replace(/(?<= \d+) (?=m?s )/g, '').split(' ');
  return parts.every((part) => MARKED.test(part)) && (parts.length === 1 || parts.some((part) => PAUSE.test(part)));
}

/** The lines of a diagram as segments, each of them a drawing or text. The first segment of a row is its label. */
export function readDiagram(lines) {
  const rows = lines.map(segmentsOf);
  const drawings = rows.flatMap((segments) =>
    segments.filter((segment, index) => (index > 0 || segment.column > 0) && isDrawn(segment)),
  );
  const columns = new Set(drawings.map(({ column }) => column));
  return rows.map((segments) =>
    segments.map((segment) => ({
      ...segment,
      drawn: drawings.includes(segment) || (columns.has(segment.column) && VALUES.test(segment.text)),
    })),
  );
}

/** The position of each column in px: wide where there are drawings, narrow where there is text. */
function scaleOf(segments) {
  const drawn = segments.filter((segment) => segment.drawn);
  const first = Math.min(...drawn.map(({ column }) => column));
  const last = Math.max(...drawn.map(({ text, column }) => column + text.length));
  return (column) => {
    if (drawn.length === 0 || column <= first) return column * LETTER;
    const inside = Math.min(column, last) - first;
    return first * LETTER + inside * COLUMN + Math.max(0, column - last) * LETTER;
  };
}

const text = (x, y, content, kind, anchor = 'start') =>
  `<text class="${kind}" x="${x}" y="${y}" text-anchor="${anchor}">${escape(content)}</text>`;
const line = (x1, y1, x2, y2, kind) => `<line class="${kind}" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>`;

const MARKS = {
  '|': (x, y) => line(x, y - 10, x, y + 10, 'end'),
  '#': (x, y) => line(x - 6, y - 6, x + 6, y + 6, 'error') + line(x - 6, y + 6, x + 6, y - 6, 'error'),
  '!': (x, y) => line(x - 4, y + 10, x + 4, y - 10, 'error'),
  '^': (x, y) => `<path class="subscription" d="M${x - 5} ${y + 8} L${x} ${y - 8} L${x + 5} ${y + 8} Z"/>`,
  '.': (x, y) => `<circle class="gap" cx="${x}" cy="${y}" r="1.5"/>`,
};

/** A drawing: a line of time with its values and marks. `xOf`: the left edge of a column. */
function drawSegment({ text: marks, column }, y, xOf) {
  const middle = (index) => xOf(column + index) + COLUMN / 2;
  const parts = [];
  const pauses = [...marks.matchAll(/(?<= )\d+ ?m?s(?= )/g)];
  const isPause = (index) => pauses.some(({ 0: pause, index: at }) => index >= at && index < at + pause.length);
  for (const { 0: pause, index } of pauses) parts.push(text(middle(index), y - 4, pause, 'pause'));
  // A pause interrupts the line.
  for (const { 0: run, index } of marks.matchAll(/[^\s.]+/g)) {
    if (!isPause(index))
      parts.push(line(middle(index) - COLUMN / 2, y, middle(index + run.length - 1) + COLUMN / 2, y, 'time'));
  }
  // Values in parentheses are at the time of the opening one.
  for (const { 0: group, index } of marks.matchAll(/\([^()]*\)/g)) {
    const width = (group.length - 1) * COLUMN + 2;
    parts.push(`<rect class="group" x="${middle(index) - 1}" y="${y - 13}" width="${width}" height="26" rx="13"/>`);
  }
  for (const { 0: run, index } of marks.matchAll(/[\p{L}\p{N}?+*]+/gu)) {
    if (isPause(index)) continue;
    const x = middle(index) - 10;
    parts.push(
      `<rect class="value" x="${x}" y="${y - 10}" width="${(run.length - 1) * COLUMN + 20}" height="20" rx="10"/>`,
    );
    [...run].forEach((value, at) => parts.push(text(middle(index + at), y + 4, value, 'name', 'middle')));
  }
  [...marks].forEach((mark, index) => parts.push(MARKS[mark]?.(middle(index), y) ?? ''));
  return parts.join('');
}

/**
 * A diagram as an SVG, whose colours are those of the page: light or dark. `title` is its name for a reader that cannot see it, and its
 * description is the text that it was drawn from. `id` is unique in the page.
 */
export function drawDiagram(source, title, id) {
  const lines = source.replace(/\s+$/, '').split('\n');
  const rows = readDiagram(lines);
  const xOf = scaleOf(rows.flat());
  const margin = Math.min(...rows.flat().map(({ column }) => column));
  const ends = rows
    .flat()
    .map(({ text: content, column, drawn }) =>
      drawn ? xOf(column + content.length) : xOf(column) + content.length * LETTER,
    );
  const parts = [];
  let y = 0;
  for (const segments of rows) {
    y += segments.length === 0 ? ROW / 2 : ROW;
    for (const segment of segments) {
      const middle = y - ROW / 2;
      if (segment.drawn) parts.push(drawSegment(segment, middle, xOf));
      else
        parts.push(text(xOf(segment.column), middle + 4, segment.text, segment.column === margin ? 'label' : 'note'));
    }
  }
  const width = Math.ceil(Math.max(...ends)) + 12;
  const size = `viewBox="-4 0 ${width + 4} ${y + 4}" width="${width + 4}" height="${y + 4}"`;
  const description = escape(lines.filter((each) => each.trim() !== '').join('\n'));
  return [
    `<svg class="marbles" role="img" aria-labelledby="${id}-title" aria-describedby="${id}-text" ${size}>`,
    `<title id="${id}-title">${escape(title)}</title><desc id="${id}-text">${description}</desc>`,
    ...parts,
    '</svg>',
  ].join('');
}
