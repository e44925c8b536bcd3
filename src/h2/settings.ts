/** Settings (RFC 9113 section 6.5.2, RFC 8441 section 3, RFC 9218 section 2.1): those of the peer, checked, and ours. */
import type { Limits } from '../limits.js';
import { DEFAULT_MAX_FRAME_SIZE } from './frame/frame.js';
import type { SettingList } from './frame/settings.js';
import { connectionError } from './errors.js';
import { DEFAULT_TABLE_SIZE } from './hpack/dynamic-table.js';
import type { Role } from './roles.js';
import { DEFAULT_WINDOW, MAX_WINDOW } from './flow-control-window.js';

export const SETTING = {
  HEADER_TABLE_SIZE: 0x1,
  ENABLE_PUSH: 0x2,
  MAX_CONCURRENT_STREAMS: 0x3,
  INITIAL_WINDOW_SIZE: 0x4,
  MAX_FRAME_SIZE: 0x5,
  MAX_HEADER_LIST_SIZE: 0x6,
  ENABLE_CONNECT_PROTOCOL: 0x8,
  NO_RFC7540_PRIORITIES: 0x9,
} as const;

const LARGEST_MAX_FRAME_SIZE = 0xff_ffff;

/** The peer's settings, in force once they are here. */
export class PeerSettings {
  headerTableSize: number;
  enablePush: boolean;
  maxConcurrentStreams: number;
  initialWindowSize: number;
  maxFrameSize: number;
  maxHeaderListSize: number;
  enableConnectProtocol: boolean;

  constructor() {
    this.headerTableSize = DEFAULT_TABLE_SIZE;
    this.enablePush = true;
    this.maxConcurrentStreams = Infinity;
    this.initialWindowSize = DEFAULT_WINDOW;
    this.maxFrameSize = DEFAULT_MAX_FRAME_SIZE;
    this.maxHeaderListSize = Infinity;
    this.enableConnectProtocol = false;
  }

  /**
   * Applies one setting of a peer in `role`; unknown ones are ignored.
   *
   * @throws ProtocolError for a value that a setting may not have.
   */
  apply(role: Role, setting: number, value: number): void {
    switch (setting) {
      case SETTING.HEADER_TABLE_SIZE:
        this.headerTableSize = value;
        break;
      case SETTING.ENABLE_PUSH:
        this.enablePush = flag('ENABLE_PUSH', value);
        // RFC 9113 section 6.5.2: a server does not announce that it accepts pushes.
        if (role === 'server' && this.enablePush) throw illegal('ENABLE_PUSH of a server', value);
        break;
      case SETTING.MAX_CONCURRENT_STREAMS:
        this.maxConcurrentStreams = value;
        break;
      case SETTING.INITIAL_WINDOW_SIZE:
        if (value > MAX_WINDOW) throw connectionError('FLOW_CONTROL_ERROR', `INITIAL_WINDOW_SIZE is ${value}`);
        this.initialWindowSize = value;
        break;
      case SETTING.MAX_FRAME_SIZE:
        if (value < DEFAULT_MAX_FRAME_SIZE || value > LARGEST_MAX_FRAME_SIZE) throw illegal('MAX_FRAME_SIZE', value);
        this.maxFrameSize = value;
        break;
      case SETTING.MAX_HEADER_LIST_SIZE:
        this.maxHeaderListSize = value;
        break;
      case SETTING.ENABLE_CONNECT_PROTOCOL: {
        const enabled = flag('ENABLE_CONNECT_PROTOCOL', value);
        // RFC 8441 section 3: the setting cannot be taken back.
        if (this.enableConnectProtocol && !enabled) throw illegal('ENABLE_CONNECT_PROTOCOL, once 1,', value);
        this.enableConnectProtocol = enabled;
        break;
      }
      case SETTING.NO_RFC7540_PRIORITIES:
        flag('NO_RFC7540_PRIORITIES', value);
        break;
    }
  }
}

function flag(name: string, value: number): boolean {
  if (value > 1) throw illegal(name, value);
  return value === 1;
}

function illegal(name: string, value: number): Error {
  return connectionError('PROTOCOL_ERROR', `${name} is ${value}`);
}

/**
 * The settings of this side at the start. `push`: whether this client accepts server push; `connectProtocol`: whether extended CONNECT is
 * served.
 */
export function localSettings(role: Role, limits: Limits, push: boolean, connectProtocol = false): SettingList {
  const forBoth = [
    ...[SETTING.INITIAL_WINDOW_SIZE, Math.min(limits.bodyWindow, MAX_WINDOW)],
    ...[SETTING.MAX_HEADER_LIST_SIZE, Math.min(limits.headerList, 0xffff_ffff)],
    ...[SETTING.NO_RFC7540_PRIORITIES, 1],
  ];
  const streams = [SETTING.MAX_CONCURRENT_STREAMS, Math.min(limits.concurrentStreams, MAX_WINDOW)];
  const connect = connectProtocol ? [SETTING.ENABLE_CONNECT_PROTOCOL, 1] : [];
  if (role === 'server') return [...streams, ...forBoth, ...connect];
  return push ? [...streams, ...forBoth] : [SETTING.ENABLE_PUSH, 0, ...forBoth];
}
