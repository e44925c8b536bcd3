/** How both sides of a case are set up. Its name is the context of the case. */
import type { DeflateParameters } from '../../../src/ws/engine/deflate-offers.js';

export interface Settings {
  readonly role: 'server' | 'client';
  /** Undefined: permessage-deflate was not agreed on. */
  readonly deflate: DeflateParameters | undefined;
}

/** Limits so narrow that short inputs exceed them. */
export const LIMITS = { message: 2000, fragments: 12 } as const;

const ROLES = ['server', 'client'] as const;

const EACH_BY_ITSELF: DeflateParameters = {
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15,
};
const WITH_CONTEXT: DeflateParameters = {
  ...EACH_BY_ITSELF,
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
};

const DEFLATES: Readonly<Record<string, DeflateParameters | undefined>> = {
  plain: undefined,
  deflate: WITH_CONTEXT,
  'deflate each by itself': EACH_BY_ITSELF,
  'deflate window 9': { ...WITH_CONTEXT, serverMaxWindowBits: 9, clientMaxWindowBits: 9 },
};

/** By name. */
export const SETTINGS: Readonly<Record<string, Settings>> = Object.fromEntries(
  ROLES.flatMap((role) => Object.entries(DEFLATES).map(([name, deflate]) => [`${role} ${name}`, { role, deflate }])),
);
