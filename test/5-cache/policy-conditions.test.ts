import t from 'tap';
import { conditionalFields, mergedConditions } from '../../cache/policy/conditions.ts';
import type { Variant } from '../../cache/store/object.ts';
import { dateAt, requestWith, variantWith } from './policy-messages.ts';

const day = dateAt(-86_400);
const tagged = variantWith(['ETag: "a"']);
const dated = variantWith([`Last-Modified: ${day}`]);
const both = variantWith(['ETag: "b"', `Last-Modified: ${day}`]);
const weak = variantWith(['ETag: W/"w"']);
const bare = variantWith(['ETag: bad', 'Last-Modified: bad']);

t.test('§4.3.1: what is sent to validate', (t) => {
  const rows: readonly (readonly [name: string, variants: readonly Variant[], fields: readonly (readonly [string, string])[]])[] = [
    ['"MUST send the relevant entity tags"', [tagged], [['If-None-Match', '"a"']]],
    ['a weak one', [weak], [['If-None-Match', 'W/"w"']]],
    ['"SHOULD send the Last-Modified value … if a single stored response is being validated"', [dated], [['If-Modified-Since', day]]],
    ['both of one', [both], [['If-None-Match', '"b"'], ['If-Modified-Since', day]]],
    ['tags of several, no date', [both, tagged, weak], [['If-None-Match', '"b", "a", W/"w"']]],
    ['tags of several, once each', [tagged, variantWith(['ETag: "a"'])], [['If-None-Match', '"a"']]],
    ['those with tags before those with dates', [dated, tagged], [['If-None-Match', '"a"']]],
    ['the most suitable of those with dates', [dated, variantWith([`Last-Modified: ${dateAt(-60)}`])], [['If-Modified-Since', day]]],
    ['the date as it came', [variantWith(['Last-Modified: THU, 01 JAN 2026 11:00:00 GMT'])], [['If-Modified-Since', 'THU, 01 JAN 2026 11:00:00 GMT']]],
    ['malformed ones', [bare], []],
    ['no Date in place of Last-Modified', [variantWith([`Date: ${day}`])], []],
    ['errors and redirections are not validated (RFC 9110 §13.2.1)', [variantWith(['ETag: "a"'], { status: 404 }), variantWith(['ETag: "a"'], { status: 301 })], []],
    ['what is not complete is not validated', [variantWith(['ETag: "a"'], { bytes: 11 }), variantWith(['ETag: "a"'], { bytes: -1 })], []],
    ['what is invalid is', [variantWith(['ETag: "a"'], { invalid: true })], [['If-None-Match', '"a"']]],
    ['nothing', [], []],
  ];
  for (const [name, variants, fields] of rows) t.same(conditionalFields(variants), fields, name);
  t.end();
});

t.test('§4.3.2: a part, "unless the request is for a range that would be fully satisfied by that partial stored response"', (t) => {
  const part = variantWith(['ETag: "a"'], { bytes: 100 });
  t.same(conditionalFields([part], { start: 2, end: 8 }), [['If-None-Match', '"a"']]);
  t.same(conditionalFields([part], { start: 2, end: 11 }), []);
  t.end();
});

t.test('bounds', (t) => {
  const many = Array.from({ length: 100 }, (_, k) => variantWith([`ETag: "${k}"`]));
  const [[, list] = ['', '']] = conditionalFields(many);
  t.equal(list.split(', ').length, 16);
  const long = Array.from({ length: 16 }, (_, k) => variantWith([`ETag: "${String(k).padStart(1000, 'x')}"`]));
  t.ok(conditionalFields(long)[0]![1].length < 4200);
  t.same(conditionalFields([variantWith([`ETag: "${'x'.repeat(5000)}"`]), tagged]), [['If-None-Match', '"a"']], 'a tag that is too long');
  const clients = Array.from({ length: 17 }, (_, k) => `"${k}"`).join();
  t.same(mergedConditions(requestWith([`If-None-Match: ${clients}`]), [tagged]).fields, [['If-None-Match', '"a"']], 'too many of the client');
  t.end();
});

t.test('§4.3.2: with conditions of the client', (t) => {
  const rows: readonly (readonly [name: string, request: readonly string[], variants: readonly Variant[], fields: readonly (readonly [string, string])[], clients: boolean])[] = [
    ['nothing stored: they go on as they came', ['If-None-Match: "x"', 'If-Modified-Since: y'], [], [['If-None-Match', '"x"'], ['If-Modified-Since', 'y']], true],
    ['nothing that can be validated', ['If-None-Match: *'], [bare], [['If-None-Match', '*']], true],
    ['nothing at all', [], [], [], false],
    ['If-Range goes on with its Range', ['If-Range: "x"', 'Range: bytes=0-1'], [], [['If-Range', '"x"']], false],
    ['ours alone', [], [both], [['If-None-Match', '"b"'], ['If-Modified-Since', day]], false],
    ['"the union of the two lists"', ['If-None-Match: "x", W/"y"'], [tagged], [['If-None-Match', '"a", "x", W/"y"']], true],
    ['the union, no date', ['If-None-Match: "x"', `If-Modified-Since: ${day}`], [both], [['If-None-Match', '"b", "x"']], true],
    ['what is ours already is not the client’s', ['If-None-Match: W/"b"'], [both], [['If-None-Match', '"b"'], ['If-Modified-Since', day]], false],
    ['"*" is evaluated on what comes', ['If-None-Match: *'], [tagged], [['If-None-Match', '"a"']], false],
    ['a malformed list, too', ['If-None-Match: x'], [tagged], [['If-None-Match', '"a"']], false],
    ['a date of the client’s', [`If-Modified-Since: ${dateAt(-60)}`], [dated], [['If-Modified-Since', day]], false],
    ['a date of the client’s beside our tag', [`If-Modified-Since: ${dateAt(-60)}`], [tagged], [['If-None-Match', '"a"']], false],
    ['tags of the client’s beside our date', ['If-None-Match: "x"'], [dated], [['If-Modified-Since', day]], false],
    ['what only the origin judges goes on', ['If-Match: "m"', 'If-Unmodified-Since: u'], [tagged], [['If-Match', '"m"'], ['If-Unmodified-Since', 'u'], ['If-None-Match', '"a"']], false],
    ['If-Range does not, where all is validated', ['If-Range: "x"', 'Range: bytes=0-1'], [tagged], [['If-None-Match', '"a"']], false],
  ];
  for (const [name, request, variants, fields, clients] of rows) {
    const found = mergedConditions(requestWith(request), variants);
    t.same(found.fields, fields, name);
    t.equal(found.clients, clients, `${name}: clients`);
  }
  t.same(mergedConditions(requestWith([]), [dated, bare, tagged, both]).nominated, [tagged, both]);
  t.end();
});
