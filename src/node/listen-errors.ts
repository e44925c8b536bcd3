/** Why a listener could not begin, in words. */
import { ListenError, type ListenErrorCode } from '../errors.js';
import type { ListenOptions } from './listen-options.js';

type Reason = readonly [code: ListenErrorCode, what: string];

const OF_PORT: Readonly<Record<string, Reason>> = {
  EADDRINUSE: ['address-in-use', 'is in use by another program'],
  EADDRNOTAVAIL: ['address-not-available', 'is not an address of this machine'],
  EACCES: ['access-denied', 'may not be listened on by this user'],
  EPERM: ['access-denied', 'may not be listened on by this user'],
  ENOTFOUND: ['listen-failed', 'has a host that no address is known for'],
};

const OF_PATH: Readonly<Record<string, Reason>> = {
  EADDRINUSE: ['address-in-use', 'is in use: another program listens on this socket'],
  EEXIST: ['address-in-use', 'exists and is not a socket: it is not replaced'],
  EACCES: ['access-denied', 'cannot be made by this user: look at the permissions of its folder'],
  EPERM: ['access-denied', 'cannot be made by this user: look at the permissions of its folder'],
  EROFS: ['access-denied', 'is on a file system that is read-only'],
  ENOENT: ['listen-failed', 'is in a folder that does not exist'],
  ENOTDIR: ['listen-failed', 'is in a folder that does not exist'],
  ENAMETOOLONG: ['listen-failed', 'is too long for the path of a socket'],
};

const OF_DESCRIPTOR: Readonly<Record<string, Reason>> = {
  EINVAL: ['listen-failed', 'is not a socket that can be listened on'],
  ENOTSOCK: ['listen-failed', 'is not a socket that can be listened on'],
  EBADF: ['listen-failed', 'is not open'],
  EADDRINUSE: ['address-in-use', 'is a socket whose address is in use by another program'],
};

const ANYWHERE: Readonly<Record<string, Reason>> = {
  EMFILE: ['listen-failed', 'cannot be listened on: the process has no file descriptor left (see ulimit -n)'],
  ENFILE: ['listen-failed', 'cannot be listened on: the system has no file descriptor left'],
  ENOTSUP: ['listen-failed', 'cannot be shared by processes: this system does not support reusePort'],
};

/** @internal */
export function listenError(cause: NodeJS.ErrnoException, options: ListenOptions): ListenError {
  const { path, fd, port = 0, host } = options;
  const code = cause.code ?? '';
  const reasons = path !== undefined ? OF_PATH : fd !== undefined ? OF_DESCRIPTOR : OF_PORT;
  const tcp = `port ${port}${host === undefined ? '' : ` of ${host}`}`;
  const where = path ?? (fd === undefined ? tcp : `descriptor ${fd}`);
  const [listenCode, what] = reasons[code] ??
    ANYWHERE[code] ?? ['listen-failed', `cannot be listened on: ${cause.message}`];
  return new ListenError(listenCode, `${where} ${what}`, cause);
}
