/**
 * What a program has besides its connections: some 30 MiB of objects that stay.
 *
 * V8 counts buffers against a limit that it derives from the live heap. Where that is some 8 to 12 MiB, as of a process that does
 * nothing but answer, each 32 MiB of content make a full collection necessary, and a large upload costs twice as much: of
 * `node:http` as of any other server, and of which one depends on what it imports (measured: 0.65 s CPU/GiB of either at heaps of 5
 * and 20 MiB; 1.03 of `node:http` at 8.7 MiB, 1.1 of rxpaf at 9.1 MiB, with a full collection every 40 MB). No program of some use has
 * as small a heap.
 */
const OBJECTS = 200_000;

/**
 * Takes it on, for as long as the process lives; unless BALLAST=none, where memory is what is measured: what the ballast leaves free
 * in V8's pages would be taken for nothing.
 */
export function takeBallast(): void {
  if (process.env['BALLAST'] === 'none') return;
  const ballast = Array.from({ length: OBJECTS }, (_, id) => ({ id, name: `row ${id}`, values: [id] }));
  // What nobody refers to would be collected.
  Object.assign(globalThis, { ballast });
}
