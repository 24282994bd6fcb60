import t from 'tap';
import { latin1Text } from '../../http/latin1.ts';
import { refusals } from '../../http/refusal.ts';
import { encodeHead, type FieldList, reasonPhrase } from '../../http/response.ts';

function encoded(status: number, fields: FieldList): string {
  const bytes = encodeHead(status, fields);
  return latin1Text(bytes, 0, bytes.length);
}

t.test('heads without their empty line', (t) => {
  t.equal(encoded(200, []), 'HTTP/1.1 200 OK\r\n');
  t.equal(encoded(100, []), 'HTTP/1.1 100 Continue\r\n');
  t.equal(encoded(599, []), 'HTTP/1.1 599 \r\n');
  t.equal(encoded(404, [['Content-Length', '0'], ['X', '']]), 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nX: \r\n');
  t.equal(encoded(299, [['X', '\xe9\ta']]), 'HTTP/1.1 299 \r\nX: \xe9\ta\r\n', 'no phrase, the space stays; obs-text is one byte');
  t.end();
});

t.test('a phrase for every status that a refusal names', (t) => {
  for (const { status, name } of refusals.slice(1)) t.not(reasonPhrase(status), '', `${name}: ${status}`);
  t.equal(reasonPhrase(304), 'Not Modified');
  t.equal(reasonPhrase(299), '');
  t.end();
});

t.test('what would split a response is our own mistake', (t) => {
  for (const value of ['a\r\nb', 'a\nb', 'a\rb', 'a\0b', 'a\x7f', 'a\x1b', '\u010a', '\u20ac']) t.throws(() => encodeHead(200, [['X', value]]), JSON.stringify(value));
  for (const name of ['', 'a b', 'a:', 'a\r\n', '\xe9', 'X\u20ac']) t.throws(() => encodeHead(200, [[name, 'v']]), JSON.stringify(name));
  for (const status of [0, 99, 600, 200.5, Number.NaN]) t.throws(() => encodeHead(status, []), String(status));
  t.end();
});
