import t from 'tap';
import { mergedConditions } from '../../cache/policy/conditions.ts';
import { type PolicyOptions, policyDefaults } from '../../cache/policy/options.ts';
import { type Freshening, freshened, freshenedByHead, mergedFields } from '../../cache/policy/validation.ts';
import type { Variant } from '../../cache/store/object.ts';
import { dateAt, fieldsIn, receivedMs, requestWith, variantWith } from './policy-messages.ts';
import { headCases, mergeCases, validationCases } from './policy-validation-cases.ts';

/** An hour after all that is stored came. */
const laterMs = receivedMs + 3_600_000;
const times = { requestMs: laterMs, responseMs: laterMs };

function validate(variants: readonly Variant[], notModified: readonly string[], asked: readonly string[] = [], options: Partial<PolicyOptions> = {}): Freshening {
  const request = requestWith(asked);
  const message = { status: 304, fields: fieldsIn(notModified) };
  return freshened(request, variants, mergedConditions(request, variants), message, times, { ...policyDefaults, ...options });
}

function lines(variant: Variant | undefined): readonly string[] | undefined {
  return variant?.fields.map(([name, value]) => `${name}: ${value}`);
}

t.test('§4.3.4: whom a 304 is for', (t) => {
  for (const { freshened: indexes = [], meant, name, notModified, request, stored } of validationCases) {
    const variants = stored.map((one) => variantWith(['Cache-Control: max-age=60', ...one]));
    const found = validate(variants, notModified, request);
    t.equal(found.meant, meant, name);
    t.same(found.freshened.map(({ variant }) => variants.findIndex(({ id }) => id === variant.id)), indexes, `${name}: which`);
    t.same(found.untouched, variants.filter((_, index) => !indexes.includes(index)), `${name}: the others`);
  }
  t.end();
});

t.test('§3.2: updating fields', (t) => {
  for (const [name, stored, received, merged] of mergeCases) t.same(mergedFields(fieldsIn(stored), fieldsIn(received)), fieldsIn(merged), name);
  t.end();
});

t.test('§4.3.4: what becomes of a stored response', (t) => {
  const stored = variantWith(['Cache-Control: max-age=1', 'ETag: "a"', `Date: ${dateAt(0)}`, 'X-A: 1'], { invalid: true, tags: ['x'] });
  const { freshened: [first] } = validate([stored], ['ETag: "a"', 'Cache-Control: max-age=600', `Date: ${dateAt(3590)}`, 'Age: 20', 'X-B: 2']);
  t.match(first, { keep: 'replace', reason: 'explicit' });
  t.same(lines(first?.variant), ['X-A: 1', 'ETag: "a"', 'Cache-Control: max-age=600', `Date: ${dateAt(3590)}`, 'X-B: 2']);
  const { freshness, id, bodies, bytes, status } = stored;
  t.match(first?.variant, { id, bodies, bytes, status, invalid: false, requestMs: laterMs, responseMs: laterMs });
  t.match(first?.variant.freshness, { ...freshness, lifetimeMs: 600_000, initialAgeMs: 20_000 }, 'of the 304, its Age too');
  t.equal(first?.freshness, first?.variant.freshness);
  t.equal(stored.invalid, true, 'the stored one is as it was');
  t.end();
});

t.test('RFC 9110 §6.6.1: a 304 without Date is as old as its receipt', (t) => {
  for (const date of [[], ['Date: x'], [`Date: ${dateAt(0)}`, `Date: ${dateAt(1)}`]]) {
    const { freshened: [first] } = validate([variantWith(['Cache-Control: max-age=60', 'ETag: "a"', `Date: ${dateAt(0)}`])], ['ETag: "a"', ...date]);
    t.equal(first?.variant.freshness.initialAgeMs, 0, date.join());
    t.same(first?.variant.fields.filter(([name]) => name === 'Date'), [['Date', dateAt(3600)]]);
  }
  t.end();
});

t.test('what a 304 forbids, and what only its request does', (t) => {
  const rows: readonly (readonly [name: string, notModified: readonly string[], request: readonly string[], keep: string, reason: string])[] = [
    ['nothing new', [], [], 'replace', 'explicit'],
    ['no-store', ['Cache-Control: no-store'], [], 'drop', 'no-store'],
    ['private', ['Cache-Control: private'], [], 'drop', 'private'],
    ['Vary: *', ['Vary: *'], [], 'drop', 'vary-star'],
    ['no-cache', ['Cache-Control: no-cache'], [], 'replace', 'validation'],
    ['no-store of the request', [], ['Cache-Control: no-store'], 'leave', 'request-no-store'],
    ['Authorization', [], ['Authorization: x'], 'leave', 'authorization'],
    ['Authorization, public', ['Cache-Control: public'], ['Authorization: x'], 'replace', 'validation'],
    ['a cookie', ['Set-Cookie: a=b'], [], 'replace', 'explicit'],
    ['a cookie, and no lifetime', ['Set-Cookie: a=b', 'Cache-Control: x'], [], 'leave', 'set-cookie'],
  ];
  for (const [name, notModified, request, keep, reason] of rows) {
    const { freshened: [first], meant } = validate([variantWith(['Cache-Control: max-age=60', 'ETag: "a"'])], ['ETag: "a"', ...notModified], request);
    t.match({ ...first, meant }, { keep, reason, meant: 'stored' }, name);
  }
  t.end();
});

t.test('what is not stored is not updated either (§3.1)', (t) => {
  const stored = variantWith(['Cache-Control: max-age=60, private="x-a"', 'ETag: "a"']);
  t.notOk(lines(validate([stored], ['ETag: "a"', 'X-A: 1', 'Set-Cookie: a=b']).freshened[0]?.variant)?.some((line) => /X-A|Cookie/.test(line)));
  const named = variantWith(['Cache-Control: max-age=60', 'ETag: "a"', 'X-A: 1']);
  t.notOk(lines(validate([named], ['ETag: "a"', 'Cache-Control: max-age=60, no-cache="x-a"']).freshened[0]?.variant)?.includes('X-A: 1'), 'named from now on');
  t.end();
});

t.test('a 304 that varies by something else', (t) => {
  const stored = variantWith(['Cache-Control: max-age=60', 'ETag: "a"', 'Vary: Foo'], { varyNames: ['foo'], varyValues: ['1'] });
  const { freshened: [first] } = validate([stored], ['ETag: "a"', 'Vary: Bar, Foo'], ['Foo: 1', 'Bar: 2']);
  t.match(first, { keep: 'replace', variant: { varyNames: ['bar', 'foo'], varyValues: ['2', '1'] } });
  const { freshened: [same] } = validate([stored], ['ETag: "a"', 'Vary: Foo'], ['Foo: 1']);
  t.match(same, { keep: 'replace', variant: { varyNames: ['foo'], varyValues: ['1'] } });
  const { freshened: [unknown] } = validate([stored], ['ETag: "a"', 'Vary: Bar'], ['Foo: 2', 'Bar: 2']);
  t.match(unknown, { keep: 'drop' }, 'one that the request does not select');
  t.end();
});

t.test('§4.3.5: HEAD', (t) => {
  const head = requestWith([], 'HEAD');
  for (const [name, stored, response, same] of headCases) {
    const variant = variantWith(['Cache-Control: max-age=60', ...stored]);
    const found = freshenedByHead(head, [variant], { status: 200, fields: fieldsIn(['Cache-Control: max-age=600', ...response]) }, times, policyDefaults);
    t.equal(found.invalidated.length, same ? 0 : 1, name);
    t.same(found.freshened.map(({ keep, variant: { freshness } }) => [keep, freshness.lifetimeMs]), same ? [['replace', 600_000]] : [], name);
  }
  t.end();
});

t.test('§4.3.5: each for itself, and only by a 200 to HEAD', (t) => {
  const variants = [variantWith(['Cache-Control: max-age=60', 'ETag: "a"']), variantWith(['Cache-Control: max-age=60', 'ETag: "b"'])];
  const response = { status: 200, fields: fieldsIn(['ETag: "b"']) };
  const found = freshenedByHead(requestWith([], 'HEAD'), variants, response, times, policyDefaults);
  t.same(found.invalidated, [variants[0]]);
  t.same(found.freshened.map(({ variant }) => variant.id), [variants[1]!.id]);
  t.same(freshenedByHead(requestWith([], 'GET'), variants, response, times, policyDefaults), { freshened: [], invalidated: [] });
  for (const status of [206, 304, 404, 410, 500]) t.same(freshenedByHead(requestWith([], 'HEAD'), variants, { ...response, status }, times, policyDefaults), { freshened: [], invalidated: [] }, `${status}`);
  const redirection = variantWith(['Cache-Control: max-age=60'], { status: 301 });
  t.same(freshenedByHead(requestWith([], 'HEAD'), [redirection], { ...response, fields: [] }, times, policyDefaults).invalidated, [redirection], 'another status now');
  const unknown = variantWith([], { bytes: -1 });
  t.same(freshenedByHead(requestWith([], 'HEAD'), [unknown], { ...response, fields: fieldsIn(['Content-Length: 10']) }, times, policyDefaults).invalidated, [unknown], 'a length that is not known, and nothing else to tell by');
  const tagged = variantWith(['Cache-Control: max-age=60', 'ETag: "b"'], { bytes: -1 });
  for (const [length, same] of [['10', true], ['11', true], ['9', false], ['x', false]] as const) {
    const found = freshenedByHead(requestWith([], 'HEAD'), [tagged], { ...response, fields: fieldsIn(['ETag: "b"', `Content-Length: ${length}`]) }, times, policyDefaults);
    t.equal(found.freshened.length, same ? 1 : 0, `a length that is not known, and ${length}`);
  }
  t.end();
});

t.test('huge updates', (t) => {
  const stored = variantWith(['Cache-Control: max-age=60', 'ETag: "a"', ...Array.from({ length: 5_000 }, (_, k) => `A-${k}: 1`)]);
  const found = validate([stored], ['ETag: "a"', ...Array.from({ length: 5_000 }, (_, k) => `a-${k}: 2`)]);
  t.equal(found.freshened[0]?.variant.fields.filter(([, value]) => value === '2').length, 5_000);
  for (const value of ['"'.repeat(90_000), 'W/'.repeat(45_000), '\xff'.repeat(90_000), '']) t.ok(validate([stored], [`ETag: ${value}`, `Last-Modified: ${value}`, `Date: ${value}`]).meant);
  t.end();
});
