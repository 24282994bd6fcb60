import t from 'tap';
import { matches, replacedBy, select, selectable } from '../../cache/policy/selection.ts';
import type { Variant } from '../../cache/store/object.ts';
import { selectingValues, varyNames } from '../../http/vary.ts';
import { dateAt, requestWith, variantWith } from './policy-messages.ts';

/** Stored for a request with these fields. */
function varying(vary: string, asked: readonly string[], lines: readonly string[] = []): Variant {
  const names = varyNames(vary);
  if (names === '*') throw new Error('not stored');
  return variantWith([...lines, ...(vary === '' ? [] : [`Vary: ${vary}`])], { varyNames: names, varyValues: selectingValues(names, requestWith(asked)) });
}

t.test('§4.1: fields match', (t) => {
  const rows: readonly (readonly [name: string, vary: string, first: readonly string[], second: readonly string[], does: boolean])[] = [
    ['no Vary', '', [], ['Foo: 1'], true],
    ['the same', 'Foo', ['Foo: 1'], ['Foo: 1'], true],
    ['another', 'Foo', ['Foo: 1'], ['Foo: 2'], false],
    ['absent now', 'Foo', ['Foo: 1'], [], false],
    ['absent then', 'Foo', [], ['Foo: 1'], false],
    ['absent both times', 'Foo', [], ['Bar: 1'], true],
    ['empty is not absent', 'Foo', ['Foo:'], [], false],
    ['two names, the same', 'Foo, Bar', ['Foo: 1', 'Bar: 2'], ['Bar: 2', 'Foo: 1'], true],
    ['two names, one differs', 'Foo, Bar', ['Foo: 1', 'Bar: 2'], ['Foo: 1', 'Bar: 3'], false],
    ['two names, exchanged', 'Foo, Bar', ['Foo: 1', 'Bar: 2'], ['Foo: 2', 'Bar: 1'], false],
    ['others do not count', 'Foo', ['Foo: 1', 'Bar: 1'], ['Foo: 1', 'Bar: 2'], true],
    ['combined lines', 'Foo', ['Foo: 1, 2'], ['Foo: 1', 'Foo: 2'], true],
    ['normalised codings', 'Accept-Encoding', ['Accept-Encoding: gzip, br'], ['accept-encoding: br,gzip'], true],
  ];
  for (const [name, vary, first, second, does] of rows) t.equal(matches(varying(vary, first), requestWith(second)), does, name);
  t.end();
});

t.test('§4: "the most recent one (as determined by the Date header field)"', (t) => {
  const old = variantWith([`Date: ${dateAt(-20)}`]);
  const recent = variantWith([`Date: ${dateAt(-10)}`]);
  const undated = variantWith([]);
  t.equal(select([old, recent], requestWith([])), recent);
  t.equal(select([recent, old], requestWith([])), recent);
  t.equal(select([old, undated, recent], requestWith([])), undated, 'as recent as its receipt');
  const again = variantWith([`Date: ${dateAt(-10)}`]);
  t.equal(select([recent, again, old], requestWith([])), recent, 'then the one that is first');
  t.same(selectable([old, recent, undated], requestWith([])), [undated, recent, old]);
  t.end();
});

t.test('§4.1: "the most recent stored response with a valid Vary field value" where others omit it', (t) => {
  const german = varying('Accept-Language', ['Accept-Language: de'], [`Date: ${dateAt(-20)}`]);
  const forgot = varying('', [], [`Date: ${dateAt(-10)}`]);
  t.equal(select([forgot, german], requestWith(['Accept-Language: de'])), german);
  t.equal(select([forgot, german], requestWith(['Accept-Language: fr'])), forgot);
  t.end();
});

t.test('none', (t) => {
  t.equal(select([], requestWith([])), undefined);
  t.equal(select([varying('Foo', ['Foo: 1'])], requestWith([])), undefined);
  t.same(selectable([varying('Foo', ['Foo: 1'])], requestWith([])), []);
  t.end();
});

t.test('the arguments stay as they are', (t) => {
  const list = Object.freeze([variantWith([`Date: ${dateAt(-20)}`]), variantWith([`Date: ${dateAt(-10)}`])]);
  t.same(selectable(list, requestWith([])).map(({ id }) => id), [list[1]!.id, list[0]!.id]);
  t.end();
});

t.test('what a new response takes the place of', (t) => {
  const one = varying('Foo', ['Foo: 1']);
  const two = varying('Foo', ['Foo: 2']);
  const plain = varying('', []);
  t.same(replacedBy([one, two, plain], varying('foo', ['Foo: 2'])), [two]);
  t.same(replacedBy([one, two, plain], varying('', [])), [plain]);
  t.same(replacedBy([one, two, plain], varying('Bar', ['Bar: 1'])), []);
  t.end();
});
