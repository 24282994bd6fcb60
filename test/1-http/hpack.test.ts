// HPACK: the examples of RFC 7541, what its encoder writes, Node's own coder for comparison, and blocks that are none.
import { connect } from 'node:http2';
import { createServer, type AddressInfo } from 'node:net';
import t from 'tap';
import { HpackDecoder } from '../../http/hpack-decoder.ts';
import { encodeBlock, NO_TABLE } from '../../http/hpack-encoder.ts';
import { decodeHuffman, encodeHuffman, huffmanBytes } from '../../http/hpack-huffman.ts';
import { FRAME_HEADERS, FrameReader } from '../../http/frames.ts';
import { type HpackCase, hpackSequences, malformedBlocks } from './hpack-cases.ts';

const LIST_BYTES_MAX = 1 << 16;

function hex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));
}

function decoded(decoder: HpackDecoder, { block, fields }: HpackCase): readonly (readonly string[] | undefined)[] {
  const bytes = hex(block);
  return [decoder.decode(bytes, 0, bytes.length), fields.flat()];
}

t.test('the examples of RFC 7541, appendix C', (t) => {
  for (const { name, blocks } of hpackSequences) {
    const decoder = new HpackDecoder(LIST_BYTES_MAX);
    for (const [i, one] of blocks.entries()) {
      const [found, wanted] = decoded(decoder, one);
      t.strictSame(found, wanted, `${name}, block ${i + 1}`);
    }
  }
  t.end();
});

t.test('what is no block', (t) => {
  for (const { name, block } of malformedBlocks) {
    const bytes = hex(block);
    t.equal(new HpackDecoder(LIST_BYTES_MAX).decode(bytes, 0, bytes.length), undefined, name);
  }
  // Cut short anywhere it is none, or a shorter list; never anything else.
  const [first] = hpackSequences[0]!.blocks;
  const whole = hex(first!.block);
  for (let end = 0; end < whole.length; ++end) {
    const fields = new HpackDecoder(LIST_BYTES_MAX).decode(whole, 0, end);
    t.ok(fields === undefined || fields.every((text, i) => text === first!.fields.flat()[i]), `cut at ${end}`);
  }
  t.end();
});

t.test('each byte, and each pair of bytes, in Huffman code', (t) => {
  const into = new Uint8Array(16);
  let wrong = 0;
  for (let first = 0; first < 256; ++first) {
    for (let second = 0; second < 256; ++second) {
      const bytes = Uint8Array.of(first, second);
      const coded = new Uint8Array(huffmanBytes(bytes));
      const end = encodeHuffman(bytes, coded, 0);
      const length = decodeHuffman(coded, 0, coded.length, into, 0);
      if (end !== coded.length || length !== 2 || into[0] !== first || into[1] !== second) wrong += 1;
    }
  }
  t.equal(wrong, 0);
  t.equal(decodeHuffman(hex('ffffffff'), 0, 4, into, 0), -1, 'EOS is no symbol');
  t.equal(decodeHuffman(hex('1fff'), 0, 2, into, 0), -1, 'eight bits are no padding');
  t.equal(decodeHuffman(hex('1e'), 0, 1, into, 0), -1, 'zeros are no padding');
  t.end();
});

t.test('what is encoded is decoded, and leaves no table', (t) => {
  const fields = [[':status', '200'], [':status', '103'], ['content-type', 'text/plain; charset=utf-8'], ['x-own', 'ü\x80\xff'.repeat(100)], ['set-cookie', 'a=b'], ['x-empty', ''], ['content-length', '1048576']] as const;
  const block = encodeBlock(fields);
  const decoder = new HpackDecoder(LIST_BYTES_MAX);
  t.strictSame(decoder.decode(block, 0, block.length), fields.flat());
  t.strictSame(decoder.decode(NO_TABLE, 0, 1), [], 'the table is said to be empty');
  const [again] = hpackSequences[0]!.blocks;
  const bytes = hex(again!.block);
  t.strictSame(decoder.decode(bytes, 0, bytes.length), again!.fields.flat(), 'blocks that would fill a table are read without one');
  const index = hex('be');
  t.equal(decoder.decode(index, 0, 1), undefined, 'and nothing is in it');
  t.end();
});

t.test('a list that is too long is not kept, and the table is', (t) => {
  const decoder = new HpackDecoder(100);
  const block = hex('4003782d61 0131'.replace(' ', '') + 'be'.repeat(1000));
  const fields = decoder.decode(block, 0, block.length)!;
  t.ok(decoder.isTooLong);
  t.ok(fields.length <= 6, `${fields.length} names and values`);
  t.strictSame(decoder.decode(hex('be'), 0, 1), ['x-a', '1']);
  t.notOk(decoder.isTooLong);
  t.end();
});

t.test('as nghttp2 writes it', async (t) => {
  const value = String.fromCharCode(...Array.from({ length: 94 }, (_, i) => i + 33));
  const decoder = new HpackDecoder(LIST_BYTES_MAX);
  const seen: (readonly string[] | undefined)[] = [];
  let failed = 0;
  const server = createServer((socket) => {
    const reader = new FrameReader((type, flags, _stream, bytes, start, end) => {
      if (type === FRAME_HEADERS) seen.push(decoder.decode(bytes, start + ((flags & 0x20) === 0 ? 0 : 5), end));
      return true;
    });
    socket.on('data', (bytes: Buffer) => void (failed ||= reader.feed(bytes, 0, bytes.length))).on('error', () => undefined);
    socket.write(hex('000000040000000000'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  client.on('error', () => undefined);
  for (let i = 0; i < 20; ++i) client.request({ ':path': `/${i}`, 'x-all': value.slice(i), 'user-agent': 'a test', [`x-${i}`]: 'y'.repeat(20 * i) }).on('error', () => undefined);
  while (seen.length < 20) await new Promise((resolve) => setTimeout(resolve, 10));
  for (const [i, fields] of seen.entries()) {
    t.equal(fields?.[fields.indexOf(':path') + 1], `/${i}`);
    t.equal(fields?.[fields.indexOf('x-all') + 1], value.slice(i));
    t.equal(fields?.[fields.indexOf(`x-${i}`) + 1], 'y'.repeat(20 * i));
  }
  t.equal(failed, 0);
  client.destroy();
  server.close();
});
