/**
 * The file of a unix socket. A program that dies leaves its file, and the kernel refuses to bind to it ever after: so the file of a dead
 * program is removed, and only that.
 */
import { lstatSync, type Stats, unlinkSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { isMainThread } from 'node:worker_threads';

/** Bytes of a path that the kernel takes (sun_path, less the zero at its end). Node cuts what is longer, and listens elsewhere. */
const LONGEST_PATH = process.platform === 'linux' ? 107 : 103;

/** Whether `path` is that of a file: pipes of Windows and abstract sockets of Linux have none. */
export function isFile(path: string): boolean {
  return process.platform !== 'win32' && !path.startsWith('\0');
}

/** @throws an error with the code ENAMETOOLONG. */
export function checkLength(path: string): void {
  if (process.platform === 'win32' || Buffer.byteLength(path) <= LONGEST_PATH) return;
  throw failure('ENAMETOOLONG', `a socket's path has at most ${LONGEST_PATH} bytes`);
}

/**
 * Removes the socket file of a program that has died.
 *
 * @param done - called once, without an error where the path is free now.
 * @returns a function that gives up.
 */
export function removeDeadSocket(path: string, done: (error?: NodeJS.ErrnoException) => void): () => void {
  let found: Stats;
  try {
    found = lstatSync(path);
  } catch (error) {
    // It has gone meanwhile.
    const gone = (error as NodeJS.ErrnoException).code === 'ENOENT';
    done(gone ? undefined : (error as NodeJS.ErrnoException));
    return () => undefined;
  }
  if (!found.isSocket()) {
    done(failure('EEXIST', 'the file is not a socket'));
    return () => undefined;
  }
  const socket: Socket = connect(path);
  socket
    .once('connect', () => {
      socket.destroy();
      done(failure('EADDRINUSE', 'a program listens on the socket'));
    })
    .once('error', (error: NodeJS.ErrnoException) => done(unlinked(path, found, error)));
  return () =>
    void socket
      .removeAllListeners()
      .on('error', () => undefined)
      .destroy();
}

/** What came of it: nobody listens only where the kernel says so. */
function unlinked(path: string, found: Stats, refusal: NodeJS.ErrnoException): NodeJS.ErrnoException | undefined {
  if (refusal.code === 'ENOENT') return undefined;
  // EAGAIN: somebody does, and has too many waiting.
  if (refusal.code === 'EAGAIN') return failure('EADDRINUSE', 'a program listens on the socket');
  if (refusal.code !== 'ECONNREFUSED') return refusal;
  try {
    // Another program that begins at the same time may have replaced it.
    const now = lstatSync(path);
    if (now.ino !== found.ino || now.ctimeMs !== found.ctimeMs)
      return failure('EADDRINUSE', 'another program has just begun to listen');
    unlinkSync(path);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : (error as NodeJS.ErrnoException);
  }
}

/** Runs `bind`, which makes a file, so that nobody else may ever open it: with `mode` from its first moment on, where it can be had. */
export function withMode(mode: number | undefined, bind: () => void): void {
  // The mask is one for all threads, and only the main one may set it.
  if (mode === undefined || !isMainThread || process.platform === 'win32') return bind();
  const before = process.umask(0o777 & ~mode);
  try {
    bind();
  } finally {
    process.umask(before);
  }
}

function failure(code: string, message: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code });
}
