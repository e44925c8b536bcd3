/* global document, devicePixelRatio */
/** The marbles. Each is drawn once and then copied, because a canvas draws text slowly. */

/** The number of drawn marbles to keep. */
const MOST_SPRITES = 600;

const FONT = '600 9px ui-sans-serif, system-ui, sans-serif';
const BOLD = 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace';

export class Marbles {
  #sprites = new Map();
  #colours = {};

  /** New colours: every marble is drawn again. */
  set colours(colours) {
    this.#colours = colours;
    this.#sprites.clear();
  }

  get colours() {
    return this.#colours;
  }

  draw(context, kind, hue, x, y, radius, text = '') {
    const scale = devicePixelRatio;
    const key = `${kind} ${hue} ${radius} ${text} ${scale}`;
    let sprite = this.#sprites.get(key);
    if (sprite === undefined) {
      if (this.#sprites.size >= MOST_SPRITES) this.#sprites.clear();
      sprite = this.#make(kind, hue, radius, text, scale);
      this.#sprites.set(key, sprite);
    }
    const half = sprite.width / scale / 2;
    context.drawImage(sprite, x - half, y - half, half * 2, half * 2);
  }

  #make(kind, hue, radius, text, scale) {
    const sprite = document.createElement('canvas');
    const size = 2 * Math.ceil(radius + 2);
    sprite.width = sprite.height = Math.ceil(size * scale);
    const context = sprite.getContext('2d');
    context.scale(scale, scale);
    context.translate(size / 2, size / 2);
    const { paper, ink, credit, fault, warn } = this.#colours;
    const strong = this.#colours[hue];
    const soft = this.#colours[`${hue}-soft`];
    context.lineWidth = 1.5;
    context.strokeStyle = ink;
    if (kind === 'fault') {
      cross(context, radius * 0.72, paper, 6);
      cross(context, radius * 0.72, fault, 3);
      return sprite;
    }
    if (kind === 'abort') {
      badge(context, radius, text, text === '#' ? fault : warn, paper);
      return sprite;
    }
    context.beginPath();
    context.arc(0, 0, radius, 0, 2 * Math.PI);
    if (kind === 'request') fill(context, strong, ink);
    else if (kind === 'status') fill(context, paper, text >= '500' ? fault : text >= '400' ? warn : strong, 2);
    else if (kind === 'in') fill(context, soft, strong, 2);
    else if (kind === 'out') fill(context, strong, ink, 1.25);
    else if (kind === 'received') fill(context, paper, this.#colours.quiet, 1.5);
    else if (kind === 'sent') fill(context, this.#colours.quiet, undefined);
    else if (kind === 'credit') fill(context, paper, credit, 2);
    else if (kind === 'dot') fill(context, strong, undefined);
    if (text !== '') {
      context.fillStyle = kind === 'request' ? paper : ink;
      context.font = FONT;
      context.textAlign = 'center';
      context.textBaseline = 'middle';
      context.fillText(text, 0, 0.5);
    }
    return sprite;
  }
}

function fill(context, inside, edge, width = 1.5) {
  context.fillStyle = inside;
  context.fill();
  if (edge === undefined) return;
  context.lineWidth = width;
  context.strokeStyle = edge;
  context.stroke();
}

/** A square: all other marks are round or bars, so its shape is enough to recognize it, without its colour. */
function badge(context, radius, text, colour, paper) {
  context.beginPath();
  context.roundRect(-radius - 1, -radius - 1, 2 * radius + 2, 2 * radius + 2, 5);
  fill(context, paper);
  context.beginPath();
  context.roundRect(-radius, -radius, 2 * radius, 2 * radius, 4);
  fill(context, colour);
  context.fillStyle = paper;
  context.font = `800 ${Math.round(radius * 1.6)}px ${BOLD}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText(text, 0, 0.5);
}

function cross(context, reach, colour, width) {
  context.beginPath();
  context.moveTo(-reach, -reach);
  context.lineTo(reach, reach);
  context.moveTo(reach, -reach);
  context.lineTo(-reach, reach);
  context.lineWidth = width;
  context.lineCap = 'round';
  context.strokeStyle = colour;
  context.stroke();
}
