import t from 'tap';
import { latin1Text } from '../../http/latin1.ts';
import { encodeLastChunk, type FieldList } from '../../http/response.ts';
import { acceptsTrailers, announcedTrailers, forwardedTrailers } from '../../http/trailers.ts';
import { droppedNames, forwardedNames, teCases } from './trailer-cases.ts';

t.test('who takes trailers', (t) => {
  for (const [te, accepts] of teCases) t.equal(acceptsTrailers(te), accepts, te ?? 'none');
  t.end();
});

t.test('what is forwarded, whatever the case of its name', (t) => {
  for (const name of forwardedNames) {
    for (const spelt of [name, name.toLowerCase(), name.toUpperCase()]) {
      t.strictSame(forwardedTrailers([], [[spelt, 'v']]), [[spelt, 'v']], spelt);
      t.equal(announcedTrailers([['trailer', spelt]]), spelt);
    }
  }
  for (const name of droppedNames) {
    for (const spelt of [name, name.toLowerCase(), name.toUpperCase()]) {
      t.strictSame(forwardedTrailers([], [['A', '1'], [spelt, 'v'], ['B', '2']]), [['A', '1'], ['B', '2']], spelt);
      t.equal(announcedTrailers([['Trailer', spelt]]), undefined, spelt);
    }
  }
  t.end();
});

t.test('Connection of the header names trailer fields, too (RFC 9110 §7.6.1); one in the trailers names nothing', (t) => {
  const head: FieldList = [['Connection', 'close, x-a'], ['X-B', 'of the header'], ['CONNECTION', 'X-C'], ['Trailer', 'X-A, X-B, x-c']];
  t.strictSame(forwardedTrailers(head, [['X-A', '1'], ['x-b', '2'], ['X-c', '3']]), [['x-b', '2']], 'and nothing of the header comes along');
  t.equal(announcedTrailers(head), 'X-B');
  t.strictSame(forwardedTrailers([], [['X-B', '2']]), [['X-B', '2']]);
  t.end();
});

t.test('what is announced: the names alone, of all lines', (t) => {
  const cases: readonly (readonly [lines: readonly string[], value: string | undefined])[] = [
    [[], undefined],
    [[''], undefined],
    [['X-A'], 'X-A'],
    [['X-A, X-B', 'X-C'], 'X-A, X-B, X-C'],
    [[' ,X-A,, \tX-B '], 'X-A, X-B'],
    [['Content-Length, X-A, Set-Cookie'], 'X-A'],
    [['Content-Length'], undefined],
    [['"X-A", X B, X-C;y, \xe9, X-D'], 'X-D'],
  ];
  for (const [lines, value] of cases) t.equal(announcedTrailers([['Via', 'x'], ...lines.map((line) => ['tRaIlEr', line] as const)]), value, lines.join(' | '));
  t.end();
});

t.test('the end of a body in chunks', (t) => {
  const text = (fields: FieldList): string => {
    const bytes = encodeLastChunk(fields);
    return latin1Text(bytes, 0, bytes.length);
  };
  t.equal(text([]), '0\r\n\r\n');
  t.equal(text([['X', 'a'], ['Y', ''], ['X', '\xe9\tb']]), '0\r\nX: a\r\nY: \r\nX: \xe9\tb\r\n\r\n');
  for (const value of ['a\r\nb', 'a\n', '\0', '\u20ac']) t.throws(() => encodeLastChunk([['X', value]]), JSON.stringify(value));
  for (const name of ['', 'a b', 'a:', 'X\r\n']) t.throws(() => encodeLastChunk([[name, 'v']]), JSON.stringify(name));
  t.end();
});

t.test('many of them, and long ones', (t) => {
  const many: FieldList = Array.from({ length: 50_000 }, (_, k) => [`x-${k}`, 'v'] as const);
  t.equal(forwardedTrailers([['Connection', many.map(([name]) => name).join()]], many).length, 0);
  t.equal(forwardedTrailers([], many).length, many.length);
  for (const name of [`${'-cache'.repeat(50_000)}-control-`, `${'a-'.repeat(50_000)}cache-control-`, `access-control-${'x'.repeat(100_000)}`]) forwardedTrailers([], [[name, 'v']]);
  t.notOk(acceptsTrailers('gzip;x="'.repeat(50_000)));
  t.ok(acceptsTrailers(`${'gzip,'.repeat(50_000)}trailers`));
  t.end();
});
