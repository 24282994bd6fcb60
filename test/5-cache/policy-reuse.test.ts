import t from 'tap';
import { freshnessOf } from '../../cache/policy/freshness.ts';
import { type PolicyOptions, policyDefaults } from '../../cache/policy/options.ts';
import { reuseReasons } from '../../cache/policy/reasons.ts';
import { judge, type Judgement } from '../../cache/policy/reuse.ts';
import { fieldsIn, receivedMs, requestWith } from './policy-messages.ts';
import { reuseCases } from './policy-reuse-cases.ts';

function judgement(stored: string, age: number, request: readonly string[] = [], options: Partial<PolicyOptions> = {}, invalid = false): Judgement {
  const all = { ...policyDefaults, ...options };
  const freshness = freshnessOf({ status: 200, fields: fieldsIn([`Cache-Control: ${stored}`]) }, receivedMs, receivedMs, all);
  return judge(requestWith(request), { freshness, responseMs: receivedMs, invalid }, receivedMs + Math.round(age * 1000), all);
}

const uses: Readonly<Record<string, string>> = { fresh: 'fresh', 'max-stale': 'stale', 'stale-while-revalidate': 'stale-while-revalidate' };

t.test('use', (t) => {
  for (const { age, invalid, name, onError = 0, reason, request, stored, unreachable = false } of reuseCases) {
    const found = judgement(stored, age, request, {}, invalid);
    t.same([found.reason, found.use], [reason, uses[reason] ?? 'validate'], name);
    t.equal(found.staleOnErrorMs, Math.round(onError * 1000), `${name}: on error`);
    t.equal(found.staleUnreachable, unreachable, `${name}: unreachable`);
    t.equal(found.ageS, Math.floor(age), `${name}: age`);
  }
  t.same(new Set(reuseCases.map(({ reason }) => reason)), new Set(Object.keys(reuseReasons)), 'each reason is there');
  t.end();
});

t.test('RFC 9211 §2.4: ttl', (t) => {
  t.equal(judgement('max-age=60', 0).ttlS, 60);
  t.equal(judgement('max-age=60', 59.5).ttlS, 0);
  t.equal(judgement('max-age=60', 60).ttlS, 0);
  t.equal(judgement('max-age=60', 60.001).ttlS, -1);
  t.equal(judgement('max-age=60', 100).ttlS, -40);
  t.equal(judgement('max-age=60', 100, [], { ageMaxS: 30 }).ttlS, -70);
  t.end();
});

t.test('§5.2.1.7: only-if-cached', (t) => {
  t.equal(judgement('max-age=60', 1).onlyIfCached, false);
  const fresh = judgement('max-age=60', 1, ['Cache-Control: only-if-cached']);
  t.same([fresh.use, fresh.onlyIfCached], ['fresh', true]);
  const stale = judgement('max-age=60', 61, ['Cache-Control: only-if-cached']);
  t.same([stale.use, stale.onlyIfCached], ['validate', true]);
  const accepted = judgement('max-age=60', 61, ['Cache-Control: only-if-cached, max-stale']);
  t.same([accepted.use, accepted.onlyIfCached], ['stale', true], '"consistent with the other constraints of the request"');
  t.end();
});

t.test('requests are not always honoured', (t) => {
  const options = { honourRequestReload: false };
  for (const request of ['Cache-Control: no-cache', 'Cache-Control: max-age=0', 'Cache-Control: min-fresh=600', 'Pragma: no-cache']) {
    t.equal(judgement('max-age=60', 1, [request], options).reason, 'fresh', request);
    t.equal(judgement('max-age=60', 61, [request], options).reason, 'expired', request);
    t.equal(judgement('no-cache', 1, [request], options).reason, 'no-cache', request);
    t.equal(judgement('max-age=60, stale-while-revalidate=9', 61, [request], options).reason, 'stale-while-revalidate', request);
  }
  t.equal(judgement('max-age=60', 61, ['Cache-Control: max-stale'], options).reason, 'max-stale', 'what spares the origin is');
  t.equal(judgement('max-age=60', 61, ['Cache-Control: only-if-cached'], options).onlyIfCached, true);
  t.end();
});

t.test('staleWhenUnreachableS', (t) => {
  const options = { staleWhenUnreachableS: 0 };
  t.equal(judgement('max-age=60', 61, [], options).staleUnreachable, false);
  t.equal(judgement('max-age=60, stale-if-error=9', 61, [], options).staleUnreachable, true, 'an error, too');
  t.equal(judgement('max-age=60', 59, ['Cache-Control: no-cache'], options).staleUnreachable, true, 'it is not stale');
  t.end();
});

t.test('clocks', (t) => {
  t.same(judgement('max-age=60', -86_400).ageS, 0, 'set back after it came');
  t.same(judgement('max-age=60', -86_400).use, 'fresh');
  t.same(judgement('max-age=60', 1e10).ageS, 2 ** 31);
  t.end();
});

t.test('huge requests', (t) => {
  for (const value of ['no-cache,'.repeat(20_000), 'max-age="'.repeat(20_000), ' '.repeat(100_000), ','.repeat(100_000), '\\'.repeat(100_000)]) {
    t.ok(judgement('max-age=60', 1, [`Cache-Control: ${value}`]).use);
    t.ok(judgement('max-age=60', 1, [`Pragma: ${value}`]).use);
  }
  t.end();
});
