/** A toy with a fault after six bytes: nobody finds it by chance, and a guide finds it byte by byte. */
import { Broken } from './subject.js';
import type { Subject } from './subject.js';

/** @throws Broken for the one input that it cannot stand. */
export function readMagic(input: Buffer): void {
  if (input[0] !== 0x72) return;
  if (input[1] !== 0x78) return;
  if (input[2] !== 0x70) return;
  if (input[3] !== 0x61) return;
  if (input[4] !== 0x66) return;
  if (input[5] !== 0x21) return;
  throw new Broken('the planted fault');
}

export const magic: Subject = {
  name: 'magic',
  about: 'a toy with a planted fault after six bytes: it shows whether the guide works',
  covers: /magic\.ts$/,
  seeds: [Buffer.from('......')],
  tokens: [],
  longest: 16,
  run: readMagic,
};
