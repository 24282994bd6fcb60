import t from 'tap';
import { latin1Text } from '../../http/latin1.ts';
import { multipartFraming, multipartType } from '../../http/multipart.ts';

t.test('the body of RFC 9110 §14.6', (t) => {
  const content = 'abcdefghij';
  const parts = [
    { start: 1, end: 3 },
    { start: 9, end: 10 },
  ];
  const { preambles, closing, totalBytes } = multipartFraming(parts, 'text/plain', 10, 'B');
  const texts = preambles.map((bytes) => latin1Text(bytes, 0, bytes.length));
  const body = parts.map(({ start, end }, k) => texts[k]! + content.slice(start, end)).join('') + latin1Text(closing, 0, closing.length);
  t.equal(
    body,
    [
      '--B',
      'Content-Type: text/plain',
      'Content-Range: bytes 1-2/10',
      '',
      'bc',
      '--B',
      'Content-Type: text/plain',
      'Content-Range: bytes 9-9/10',
      '',
      'j',
      '--B--',
      '',
    ].join('\r\n'),
  );
  t.equal(totalBytes, body.length);
  t.equal(multipartType('B'), 'multipart/byteranges; boundary=B');
  t.end();
});

t.test('no type, and lengths beyond 32 bits', (t) => {
  const size = 2 ** 40;
  const { preambles, closing, totalBytes } = multipartFraming([{ start: 0, end: size - 1 }], undefined, size, 'b');
  t.equal(latin1Text(preambles[0]!, 0, preambles[0]!.length), `--b\r\nContent-Range: bytes 0-${size - 2}/${size}\r\n\r\n`);
  t.equal(totalBytes, preambles[0]!.length + size - 1 + closing.length);
  t.end();
});

t.test('boundaries that need no quotes', (t) => {
  for (const boundary of ['0', '9aZ', "'+_.-", 'x'.repeat(70)]) t.equal(multipartFraming([], undefined, 1, boundary).totalBytes, boundary.length + 8);
  t.end();
});

t.test('a boundary that would need quotes is our own mistake', (t) => {
  for (const boundary of ['', 'a b', 'a"b', 'a\r\nb', 'x'.repeat(71)]) t.throws(() => multipartFraming([], undefined, 1, boundary));
  t.end();
});
