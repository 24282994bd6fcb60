import t from 'tap';
import { HalfSipHash } from '../../server/access/half-sip-hash.ts';

t.test('the reference: key 00 to 07, message 00 to 07', (t) => {
  const hash = new HalfSipHash(0x03020100, 0x07060504);
  for (const time of ['first', 'again']) {
    hash.hash(0x03020100, 0x07060504);
    const bytes = Buffer.alloc(8);
    bytes.writeInt32LE(hash.first, 0);
    bytes.writeInt32LE(hash.second, 4);
    t.equal(bytes.toString('hex'), 'edfee820bce4858c', time);
  }
  t.end();
});

t.test('unsigned and signed words are the same words', (t) => {
  const unsigned = new HalfSipHash(0xfffefdfc, 0xfbfaf9f8);
  const signed = new HalfSipHash(0xfffefdfc | 0, 0xfbfaf9f8 | 0);
  unsigned.hash(0xc0000201, 0x80000000);
  signed.hash(0xc0000201 | 0, 0x80000000 | 0);
  t.same([unsigned.first, unsigned.second], [signed.first, signed.second]);
  t.end();
});

t.test('each bit of key and message changes about half of the output', (t) => {
  const outputs: [number, number][] = [];
  for (let bit = -1; bit < 128; bit++) {
    const words = [0, 0, 0, 0].map((_, k) => (bit >> 5 === k ? 1 << (bit & 31) : 0));
    const hash = new HalfSipHash(words[0]!, words[1]!);
    hash.hash(words[2]!, words[3]!);
    outputs.push([hash.first, hash.second]);
  }
  const [first, second] = outputs[0]!;
  const changed = outputs.slice(1).map((output) => ones(output[0] ^ first) + ones(output[1] ^ second));
  t.equal(changed.length, 128);
  t.equal(changed.filter((bits) => bits < 12 || bits > 52).length, 0);
  t.end();
});

function ones(word: number): number {
  return (word >>> 0).toString(2).replaceAll('0', '').length;
}
