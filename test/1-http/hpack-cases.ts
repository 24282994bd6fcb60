// Blocks of RFC 7541, appendix C, and blocks that are none.

export interface HpackCase {
  /** In hexadecimal digits. */
  readonly block: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
}

const GET = [[':method', 'GET'], [':scheme', 'http'], [':path', '/'], [':authority', 'www.example.com']] as const;
const GET_AGAIN = [...GET, ['cache-control', 'no-cache']] as const;
const GET_ANOTHER = [[':method', 'GET'], [':scheme', 'https'], [':path', '/index.html'], [':authority', 'www.example.com'], ['custom-key', 'custom-value']] as const;

export const hpackSequences: readonly { readonly name: string; readonly blocks: readonly HpackCase[] }[] = [
  { name: 'C.2.1 literal with indexing', blocks: [{ block: '400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572', fields: [['custom-key', 'custom-header']] }] },
  { name: 'C.2.2 literal without indexing', blocks: [{ block: '040c 2f73 616d 706c 652f 7061 7468', fields: [[':path', '/sample/path']] }] },
  { name: 'C.2.3 never indexed', blocks: [{ block: '1008 7061 7373 776f 7264 0673 6563 7265 74', fields: [['password', 'secret']] }] },
  { name: 'C.2.4 indexed', blocks: [{ block: '82', fields: [[':method', 'GET']] }] },
  {
    name: 'C.3 requests without Huffman code',
    blocks: [
      { block: '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d', fields: GET },
      { block: '8286 84be 5808 6e6f 2d63 6163 6865', fields: GET_AGAIN },
      { block: '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65', fields: GET_ANOTHER },
    ],
  },
  {
    name: 'C.4 requests with Huffman code',
    blocks: [
      { block: '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff', fields: GET },
      { block: '8286 84be 5886 a8eb 1064 9cbf', fields: GET_AGAIN },
      { block: '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf', fields: GET_ANOTHER },
    ],
  },
];

export const malformedBlocks: readonly { readonly name: string; readonly block: string }[] = [
  { name: '§2.3.3 index 0', block: '80' },
  { name: '§2.3.3 an index behind the table', block: 'be' },
  { name: '§2.3.3 a name behind the table', block: '7e0131' },
  { name: '§5.1 an integer without its end', block: 'ff' },
  { name: '§5.1 an integer that is too large', block: 'ffffffffff7f' },
  { name: '§5.1 zeros without an end', block: 'ff80808080808080808080' },
  { name: '§5.2 a string without its end', block: '4003782d' },
  { name: '§5.2 a string without a value', block: '4003782d61' },
  { name: '§5.2 padding of eight bits', block: '400378 2d61 81ff' },
  { name: '§5.2 padding of zeros', block: '400378 2d61 8100' },
  { name: '§5.2 EOS', block: '4003782d61 84ffffffff' },
  { name: '§4.2 a size above what was allowed', block: '3fe21f' },
  { name: '§4.2 a size behind a field', block: '8220' },
];
