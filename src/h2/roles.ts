/** The two roles of a connection (RFC 9113 section 5.1.1). The engine is the same for both, except for the differences in this file. */
export type Role = 'client' | 'server';

export function otherRole(role: Role): Role {
  return role === 'client' ? 'server' : 'client';
}

/** Streams that a client begins have odd identifiers, those that a server begins have even ones. */
export function initiates(role: Role, streamId: number): boolean {
  return (streamId & 1) === (role === 'client' ? 1 : 0);
}

/** The first identifier that a side may use. Stream 1 of an upgraded connection is the client's too. */
export function firstStream(role: Role): number {
  return role === 'client' ? 1 : 2;
}

/** The last identifier there is. */
export const LAST_STREAM = 0x7fff_ffff;
