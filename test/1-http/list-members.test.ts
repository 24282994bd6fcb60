import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { isToken, listElements, listMembers, quotedStringEnd, tokenEnd, trimmed, unquoted, UNTERMINATED, whitespaceEnd } from '../../http/list-members.ts';

t.test('elements between commas', (t) => {
  const rows: [string, string[]][] = [
    ['', []],
    [' \t', []],
    [',', []],
    [' , ,\t,', []],
    ['a', ['a']],
    [' a ', ['a']],
    ['a,b', ['a', 'b']],
    ['\ta\t, b c ,,d', ['a', 'b c', 'd']],
    ['"a,b"', ['"a', 'b"']],
    ['\xa0a\n', ['\xa0a\n']],
  ];
  for (const [text, elements] of rows) t.strictSame(listElements(text), elements, JSON.stringify(text));
  t.end();
});

t.test('members with quoted strings', (t) => {
  const rows: [string, string[] | undefined][] = [
    ['', []],
    [' , ,', []],
    ['a, b', ['a', 'b']],
    ['"a,b", c', ['"a,b"', 'c']],
    ['a="b\\",c" , d', ['a="b\\",c"', 'd']],
    ['"a\\\\",b', ['"a\\\\"', 'b']],
    ['"a""b,c",d', ['"a""b,c"', 'd']],
    ['a\\,b', ['a\\', 'b']],
    ['"a', undefined],
    ['a, "', undefined],
    ['"a\\"', undefined],
    ['"a\\', undefined],
  ];
  for (const [text, members] of rows) t.strictSame(listMembers(text), members, JSON.stringify(text));
  t.end();
});

t.test('pieces', (t) => {
  t.equal(whitespaceEnd('a \tb', 1), 3);
  t.equal(whitespaceEnd('a\n', 1), 1);
  t.equal(tokenEnd('ab=c', 0), 2);
  t.equal(tokenEnd('=', 0), 0);
  t.equal(tokenEnd('a\u0161', 0), 1, 'no byte');
  t.ok(isToken("A!#$%&'*+-.^_`|~9"));
  for (const text of ['', 'a b', 'a,', '"a"', 'a/b', '\xe9']) t.notOk(isToken(text), JSON.stringify(text));
  t.equal(quotedStringEnd('x"a\\"b"y', 1), 7);
  t.equal(quotedStringEnd('"a', 0), UNTERMINATED);
  t.equal(unquoted('"a\\"b\\\\c\\d"'), 'a"b\\cd');
  t.equal(unquoted('""'), '');
  t.equal(trimmed(' a b\t'), 'a b');
  t.equal(trimmed('  '), '');
  t.equal(trimmed('xx a yy', 2, 5), 'a');
  t.equal(trimmed('a  b', 1, 2), '');
  t.end();
});

t.test('long values', (t) => {
  t.equal(listElements(' ,'.repeat(500_000)).length, 0);
  t.equal(listElements(`a${' '.repeat(1_000_000)},b`).length, 2);
  t.equal(listMembers(`"${'\\"'.repeat(500_000)}`), undefined);
  t.equal(listMembers('"a,b",'.repeat(100_000))?.length, 100_000);
  t.end();
});

t.test('without quotes both are the same', (t) => {
  fc.assert(fc.property(fc.stringMatching(/^[a ,\t\\]{0,20}$/), (text) => { assert.deepEqual(listMembers(text), listElements(text)); }));
  t.end();
});
