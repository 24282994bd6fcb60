import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { reprDigest, wantsDigest } from '../../http/digest.ts';
import { digestCases } from './digest-cases.ts';

t.test('values of Want-Repr-Digest', (t) => {
  for (const [value, preference] of digestCases) t.equal(wantsDigest(value, 'sha-256'), preference, JSON.stringify(value ?? 'absent'));
  t.end();
});

t.test('Repr-Digest', (t) => {
  const hello = createHash('sha256').update('{"hello": "world"}\n').digest();
  t.equal(reprDigest(hello), 'sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:', 'as in RFC 9530 §1.1');
  t.equal(reprDigest(new Uint8Array(32)), `sha-256=:${'A'.repeat(43)}=:`);
  t.equal(reprDigest(new Uint8Array(40).fill(0xff).subarray(4, 36)), `sha-256=:${'/'.repeat(42)}8=:`, 'a view');
  t.throws(() => reprDigest(new Uint8Array(31)), /not a SHA-256: 31 bytes/);
  t.throws(() => reprDigest(new Uint8Array(64)), /not a SHA-256: 64 bytes/);
  t.end();
});

t.test('long values', (t) => {
  for (const before of ['a=1, ', 'a, ', 'a=(1 2);b, ', 'a="\\"", ', 'a=%"%c3%a9", ', 'a=:AQ==:, ']) {
    t.equal(wantsDigest(`${before.repeat(20_000)}sha-256=1`, 'sha-256'), 'wanted', before);
  }
  t.equal(wantsDigest(`a="${'b'.repeat(1_000_000)}", sha-256=1`, 'sha-256'), 'wanted');
  t.equal(wantsDigest(`a="${'\\"'.repeat(1_000_000)}, sha-256=1`, 'sha-256'), 'absent');
  t.equal(wantsDigest(`a=(${'1 '.repeat(100_000)}, sha-256=1`, 'sha-256'), 'absent');
  t.equal(wantsDigest(`sha-256=1${';a'.repeat(100_000)}`, 'sha-256'), 'wanted');
  t.end();
});

const key = fc.stringMatching(/^[a-z*][a-z0-9_.*-]{0,6}$/);
const bare = fc.oneof(
  fc.integer().map(String),
  fc.stringMatching(/^-?[0-9]{1,12}\.[0-9]{1,3}$/),
  fc.stringMatching(/^"(?:[ !#-[\]-~]|\\["\\]){0,8}"$/),
  fc.stringMatching(/^[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]{0,8}$/),
  fc.base64String({ maxLength: 12 }).map((text) => `:${text}:`),
  fc.constantFrom('?0', '?1', '@0', '%"a%c3%a9"'),
);
const parameter = fc.tuple(key, fc.option(bare)).map(([name, value]) => (value === null ? `;${name}` : `; ${name}=${value}`));
const parameters = fc.array(parameter, { maxLength: 2 }).map((all) => all.join(''));
const item = fc.tuple(bare, parameters).map((parts) => parts.join(''));
const innerList = fc.tuple(fc.array(item, { maxLength: 3 }), parameters).map(([items, after]) => `(${items.join(' ')})${after}`);
const member = fc
  .tuple(key.filter((name) => name !== 'sha-256'), fc.oneof(item, innerList).map((value) => `=${value}`), parameters, fc.boolean())
  .map(([name, value, after, isBare]) => name + (isBare ? after : value));
const members = fc.array(member, { maxLength: 4 });

t.test('one preference among any members', (t) => {
  fc.assert(
    fc.property(members, fc.nat(10), parameters, members, fc.constantFrom(',', ', ', '\t,  '), (before, preference, after, behind, comma) => {
      const value = [...before, `sha-256=${preference}${after}`, ...behind].join(comma);
      assert.equal(wantsDigest(value, 'sha-256'), preference === 0 ? 'refused' : 'wanted', value);
      assert.equal(wantsDigest(`${value}${comma}`, 'sha-256'), 'absent', 'a comma at the end');
      assert.equal(wantsDigest(`${value}${comma}A`, 'sha-256'), 'absent', 'a member that is none');
    }),
    { numRuns: 1_000 },
  );
  t.end();
});

t.test('any text gives one of the three answers', (t) => {
  const noise = fc.oneof(fc.string(), fc.stringMatching(/^sha-256=[0-9]{0,2}[;,a="()?:@% \\]{0,12}$/));
  fc.assert(
    fc.property(noise, (text) => {
      assert.ok(['absent', 'wanted', 'refused'].includes(wantsDigest(text, 'sha-256')));
    }),
    { numRuns: 2_000 },
  );
  t.end();
});
