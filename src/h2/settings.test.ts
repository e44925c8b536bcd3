import { limitsWith } from '../limits.js';
import { failure } from '../../test/kits/units/h2-failures.js';
import { localSettings, PeerSettings, SETTING } from './settings.js';

describe('settings of the peer (RFC 9113 section 6.5.2)', () => {
  it('begin with what the RFC says', () => {
    expect(new PeerSettings()).toMatchObject({
      headerTableSize: 4096,
      enablePush: true,
      maxConcurrentStreams: Infinity,
      initialWindowSize: 65_535,
      maxFrameSize: 16_384,
      maxHeaderListSize: Infinity,
      enableConnectProtocol: false,
    });
  });

  it('are changed one by one, and unknown ones ignored', () => {
    const settings = new PeerSettings();
    settings.apply('client', SETTING.MAX_FRAME_SIZE, 0xff_ffff);
    settings.apply('client', SETTING.INITIAL_WINDOW_SIZE, 0);
    settings.apply('client', 0xabcd, 7);
    expect(settings).toMatchObject({ maxFrameSize: 0xff_ffff, initialWindowSize: 0 });
  });

  it.each([
    ['ENABLE_PUSH 2', 'client', SETTING.ENABLE_PUSH, 2, 'PROTOCOL_ERROR'],
    ['ENABLE_PUSH 1 of a server', 'server', SETTING.ENABLE_PUSH, 1, 'PROTOCOL_ERROR'],
    ['INITIAL_WINDOW_SIZE 2^31', 'client', SETTING.INITIAL_WINDOW_SIZE, 2 ** 31, 'FLOW_CONTROL_ERROR'],
    ['MAX_FRAME_SIZE below 2^14', 'client', SETTING.MAX_FRAME_SIZE, 16_383, 'PROTOCOL_ERROR'],
    ['MAX_FRAME_SIZE of 2^24', 'client', SETTING.MAX_FRAME_SIZE, 2 ** 24, 'PROTOCOL_ERROR'],
    ['ENABLE_CONNECT_PROTOCOL 2 (RFC 8441 section 3)', 'server', SETTING.ENABLE_CONNECT_PROTOCOL, 2, 'PROTOCOL_ERROR'],
    ['NO_RFC7540_PRIORITIES 2 (RFC 9218 section 2.1)', 'client', SETTING.NO_RFC7540_PRIORITIES, 2, 'PROTOCOL_ERROR'],
  ] as const)('%s ends the connection', (_, role, setting, value, reason) => {
    expect(() => {
      new PeerSettings().apply(role, setting, value);
    }).toThrow(failure(reason));
  });

  it('do not take extended CONNECT back (RFC 8441 section 3)', () => {
    const settings = new PeerSettings();
    settings.apply('server', SETTING.ENABLE_CONNECT_PROTOCOL, 1);
    expect(() => {
      settings.apply('server', SETTING.ENABLE_CONNECT_PROTOCOL, 0);
    }).toThrow(failure('PROTOCOL_ERROR'));
  });
});

describe('our settings', () => {
  it('announce the limits to the peer', () => {
    const limits = limitsWith({ concurrentStreams: 7, bodyWindow: 1000, headerList: 2000 });
    expect(localSettings('server', limits, false)).toEqual([3, 7, 4, 1000, 6, 2000, 9, 1]);
    expect(localSettings('client', limits, false)).toEqual([2, 0, 4, 1000, 6, 2000, 9, 1]);
    expect(localSettings('client', limits, true)).toEqual([3, 7, 4, 1000, 6, 2000, 9, 1]);
  });

  it('announce extended CONNECT where a server serves it (RFC 8441 section 3)', () => {
    const limits = limitsWith({ concurrentStreams: 7, bodyWindow: 1000, headerList: 2000 });
    expect(localSettings('server', limits, false, true)).toEqual([3, 7, 4, 1000, 6, 2000, 9, 1, 8, 1]);
    expect(localSettings('server', limits, false, false)).not.toContain(SETTING.ENABLE_CONNECT_PROTOCOL);
  });
});
