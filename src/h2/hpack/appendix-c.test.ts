/** Every example of RFC 7541 appendix C, in full. */
import { HpackDecoder } from './decoder.js';
import { dynamicTable, hex, NO_LIMITS, pairs } from '../../../test/kits/units/hpack.js';
import type { HeaderList } from '../../../test/kits/units/hpack.js';

const AUTHORITY = [':authority', 'www.example.com'] as const;
const NO_CACHE = ['cache-control', 'no-cache'] as const;
const CUSTOM = ['custom-key', 'custom-value'] as const;
const PRIVATE = ['cache-control', 'private'] as const;
const DATE_21 = ['date', 'Mon, 21 Oct 2013 20:13:21 GMT'] as const;
const DATE_22 = ['date', 'Mon, 21 Oct 2013 20:13:22 GMT'] as const;
const LOCATION = ['location', 'https://www.example.com'] as const;
const GZIP = ['content-encoding', 'gzip'] as const;
const COOKIE = ['set-cookie', 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1'] as const;

interface Step {
  readonly wire: string;
  readonly list: HeaderList;
  readonly table: HeaderList;
  readonly size: number;
}

const REQUEST_LISTS: readonly Omit<Step, 'wire'>[] = [
  {
    list: [[':method', 'GET'], [':scheme', 'http'], [':path', '/'], AUTHORITY],
    table: [AUTHORITY],
    size: 57,
  },
  {
    list: [[':method', 'GET'], [':scheme', 'http'], [':path', '/'], AUTHORITY, NO_CACHE],
    table: [NO_CACHE, AUTHORITY],
    size: 110,
  },
  {
    list: [[':method', 'GET'], [':scheme', 'https'], [':path', '/index.html'], AUTHORITY, CUSTOM],
    table: [CUSTOM, NO_CACHE, AUTHORITY],
    size: 164,
  },
];

const RESPONSE_LISTS: readonly Omit<Step, 'wire'>[] = [
  {
    list: [[':status', '302'], PRIVATE, DATE_21, LOCATION],
    table: [LOCATION, DATE_21, PRIVATE, [':status', '302']],
    size: 222,
  },
  {
    list: [[':status', '307'], PRIVATE, DATE_21, LOCATION],
    table: [[':status', '307'], LOCATION, DATE_21, PRIVATE],
    size: 222,
  },
  {
    list: [[':status', '200'], PRIVATE, DATE_22, LOCATION, GZIP, COOKIE],
    table: [COOKIE, GZIP, DATE_22],
    size: 215,
  },
];

function steps(lists: readonly Omit<Step, 'wire'>[], wires: readonly string[]): Step[] {
  return lists.map((step, index) => ({ ...step, wire: wires[index]! }));
}

function play(tableSize: number, script: readonly Step[]): void {
  const decoder = new HpackDecoder(NO_LIMITS, tableSize);
  for (const step of script) {
    expect(pairs(decoder.decode(hex(step.wire)))).toEqual(step.list);
    expect(dynamicTable(decoder)).toEqual(step.table);
    expect(decoder.tableSize).toBe(step.size);
  }
}

describe('RFC 7541 appendix C.2: header field representations', () => {
  it('C.2.1: literal with indexing', () => {
    play(4096, [
      {
        wire: '400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572',
        list: [['custom-key', 'custom-header']],
        table: [['custom-key', 'custom-header']],
        size: 55,
      },
    ]);
  });

  it('C.2.2: literal without indexing', () => {
    play(4096, [{ wire: '040c 2f73 616d 706c 652f 7061 7468', list: [[':path', '/sample/path']], table: [], size: 0 }]);
  });

  it('C.2.3: literal never indexed', () => {
    play(4096, [
      { wire: '1008 7061 7373 776f 7264 0673 6563 7265 74', list: [['password', 'secret']], table: [], size: 0 },
    ]);
  });

  it('C.2.4: indexed', () => {
    play(4096, [{ wire: '82', list: [[':method', 'GET']], table: [], size: 0 }]);
  });
});

describe('RFC 7541 appendices C.3 to C.6: sequences on one connection', () => {
  it('C.3: requests without Huffman coding', () => {
    const wires = [
      '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
      '8286 84be 5808 6e6f 2d63 6163 6865',
      '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
    ];
    play(4096, steps(REQUEST_LISTS, wires));
  });

  it('C.4: requests with Huffman coding', () => {
    const wires = [
      '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
      '8286 84be 5886 a8eb 1064 9cbf',
      '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
    ];
    play(4096, steps(REQUEST_LISTS, wires));
  });

  it('C.5: responses without Huffman coding, with eviction from a table of 256 octets', () => {
    const wires = [
      `4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32
       3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d`,
      '4803 3330 37c1 c0bf',
      `88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970
       7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61
       6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31`,
    ];
    play(256, steps(RESPONSE_LISTS, wires));
  });

  it('C.6: responses with Huffman coding, with eviction from a table of 256 octets', () => {
    const wires = [
      `4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad
       1718 63c7 8f0b 97c8 e9ae 82ae 43d3`,
      '4883 640e ffc1 c0bf',
      `88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2
       e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07`,
    ];
    play(256, steps(RESPONSE_LISTS, wires));
  });
});
