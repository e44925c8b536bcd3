/** The options that both roles share, checked. */
import {
  booleanValue,
  checkOptions,
  integerOf,
  objectValue,
  type OptionCheck,
  type OptionTable,
} from '../option-checks.js';
import * as codec from '../node/deflate-codec.js';
import { randomMask } from '../node/websocket-secrets.js';
import type { DeflateParameters, DeflateWishes } from './engine/deflate-offers.js';
import { MessageDeflate } from './engine/message-deflate.js';
import type { MaskSource } from './engine/frame-writer.js';

/** How messages are compressed (RFC 7692): the parameters that this side asks for, or insists on. */
export interface DeflateOptions {
  /** Whether the server compresses each message by itself: it keeps less memory, and compresses less. Not unless set. */
  readonly serverNoContextTakeover?: boolean;
  /** Whether the client does. Not unless set. */
  readonly clientNoContextTakeover?: boolean;
  /** The window of the server's compressor, as a power of two: 8 to 15; 15 unless set. */
  readonly serverMaxWindowBits?: number;
  /** The window of the client's compressor, as a power of two: 8 to 15; 15 unless set. */
  readonly clientMaxWindowBits?: number;
  /** Bytes below which this side sends a message as it is: 1024 unless set. To compress a short one costs more than it saves. */
  readonly threshold?: number;
}

const windowBits: OptionCheck = (name, value) => {
  integerOf(8)(name, value);
  if ((value as number) > 15) throw new RangeError(`${name}: expected an integer from 8 to 15, got ${String(value)}`);
};

const DEFLATE_OPTIONS: OptionTable<DeflateOptions> = {
  serverNoContextTakeover: booleanValue,
  clientNoContextTakeover: booleanValue,
  serverMaxWindowBits: windowBits,
  clientMaxWindowBits: windowBits,
  threshold: integerOf(0),
};

/** An option that is a boolean, or an object of options. */
export const deflateValue: OptionCheck = (name, value) => {
  if (typeof value === 'boolean') return;
  objectValue(name, value);
  checkOptions(name, value as DeflateOptions, DEFLATE_OPTIONS);
};

/** What one side wants of compression; undefined: none. */
export function deflateWishes(option: boolean | DeflateOptions | undefined): DeflateWishes | undefined {
  if (option === undefined || option === false) return undefined;
  return option === true ? {} : option;
}

/** The message size from which this side compresses. */
export function thresholdOf(option: boolean | DeflateOptions | undefined): number {
  return typeof option === 'object' ? (option.threshold ?? DEFAULT_THRESHOLD) : DEFAULT_THRESHOLD;
}

const DEFAULT_THRESHOLD = 1024;

/** Compression at work, as it was agreed on. */
export function deflateOf(parameters: DeflateParameters | undefined, isServer: boolean): MessageDeflate | undefined {
  return parameters === undefined ? undefined : new MessageDeflate(codec, parameters, isServer);
}

export const masks: MaskSource = randomMask;
