import t from 'tap';
import { ageMs, ageSeconds, type Freshness, freshnessOf } from '../../cache/policy/freshness.ts';
import { type PolicyOptions, policyDefaults } from '../../cache/policy/options.ts';
import { ageCases, lifetimeCases } from './policy-freshness-cases.ts';
import { dateAt, fieldsIn, receivedMs } from './policy-messages.ts';

function freshness(response: readonly string[], options: Partial<PolicyOptions> = {}, status = 200): Freshness {
  return freshnessOf({ status, fields: fieldsIn(response) }, receivedMs, receivedMs, { ...policyDefaults, ...options });
}

t.test('§4.2.1, §4.2.2: freshness_lifetime', (t) => {
  for (const { lifetimeS, name, response, source, status } of lifetimeCases) {
    const { lifetimeMs, source: found } = freshness(response, {}, status);
    t.same([lifetimeMs / 1000, found], [lifetimeS, source], name);
  }
  t.end();
});

t.test('§4.2.3: corrected_initial_age', (t) => {
  for (const { delayMs = 0, initialAgeMs, name, pastSecondMs = 0, response } of ageCases) {
    const responseMs = receivedMs + pastSecondMs;
    const found = freshnessOf({ status: 200, fields: fieldsIn(response) }, responseMs - delayMs, responseMs, policyDefaults);
    t.equal(found.initialAgeMs, initialAgeMs, name);
  }
  t.end();
});

t.test('§4.2.3: current_age', (t) => {
  const aged = freshness(['Age: 30']);
  t.equal(ageMs(aged, receivedMs, receivedMs), 30_000);
  t.equal(ageMs(aged, receivedMs, receivedMs + 1234), 31_234);
  t.equal(ageMs(aged, receivedMs, receivedMs - 86_400_000), 30_000, 'a clock that was set back');
  t.equal(ageSeconds(31_999), 31);
  t.equal(ageSeconds(1e30), 2 ** 31, '§1.2.2');
  t.end();
});

t.test('stale use: what the response forbids and permits', (t) => {
  const rows: readonly (readonly [control: string, noCache: boolean, mustRevalidate: boolean, whileS: number, ifErrorS: number])[] = [
    ['max-age=1', false, false, 0, 0],
    ['max-age=1, stale-while-revalidate=5, stale-if-error=6', false, false, 5, 6],
    ['max-age=1, stale-while-revalidate=x, stale-if-error', false, false, 0, 0],
    ['max-age=1, must-revalidate, stale-while-revalidate=5, stale-if-error=6', false, true, 0, 0],
    ['max-age=1, proxy-revalidate, stale-while-revalidate=5, stale-if-error=6', false, true, 0, 0],
    ['no-cache, stale-while-revalidate=5, stale-if-error=6', true, true, 0, 0],
    ['s-maxage=1', false, true, 0, 0],
    ['s-maxage=1, stale-while-revalidate=5, stale-if-error=6', false, true, 5, 6],
    ['s-maxage=1, must-revalidate, stale-while-revalidate=5', false, true, 0, 0],
    ['no-cache="x-a"', false, false, 0, 0],
    ['no-cache="etag"', true, true, 0, 0],
    ['no-cache="x-a", no-cache', true, true, 0, 0],
  ];
  for (const [control, noCache, mustRevalidate, whileS, ifErrorS] of rows) {
    const found = freshness([`Cache-Control: ${control}`]);
    t.same([found.noCache, found.mustRevalidate], [noCache, mustRevalidate], control);
    t.same([found.staleWhileRevalidateMs, found.staleIfErrorMs], [whileS * 1000, ifErrorS * 1000], control);
  }
  t.same(freshness(['Cache-Control: no-cache="X-A, x-b"']).noCacheNames, ['x-a', 'x-b']);
  t.same(freshness(['Cache-Control: no-cache="X-A, Date"']).noCacheNames, []);
  t.equal(freshness(['Cache-Control: max-age=1, immutable']).immutable, true);
  t.equal(freshness(['Cache-Control: max-age=1', 'CDN-Cache-Control: no-cache']).noCache, true, 'targeted');
  t.equal(freshness(['Cache-Control: no-cache, must-revalidate', 'CDN-Cache-Control: max-age=1']).mustRevalidate, false, 'targeted: Cache-Control does not count');
  t.end();
});

t.test('options', (t) => {
  t.equal(freshness(['Cache-Control: max-age=600'], { ageMaxS: 60 }).lifetimeMs, 60_000);
  t.equal(freshness(['Cache-Control: max-age=6'], { ageMaxS: 60 }).lifetimeMs, 6000);
  t.equal(freshness([`Last-Modified: ${dateAt(-1000)}`], { heuristicFraction: 0.5 }).lifetimeMs, 500_000);
  t.equal(freshness([`Last-Modified: ${dateAt(-1000)}`], { heuristicMaxS: 7 }).lifetimeMs, 7000);
  t.equal(freshness([`Last-Modified: ${dateAt(-1000)}`], { heuristicFraction: 0 }).source, 'none');
  t.same([404, 405, 410, 414, 501, 200, 403, 500].map((status) => freshness([], { negativeTtlS: 5 }, status).lifetimeMs), [5000, 5000, 5000, 5000, 5000, 0, 0, 0]);
  t.equal(freshness(['Cache-Control: max-age=0'], { negativeTtlS: 5 }, 404).source, 'max-age');
  t.equal(freshness([`Last-Modified: ${dateAt(-1000)}`], { negativeTtlS: 5 }, 404).source, 'negative');
  t.end();
});

t.test('one shape, and data that a disk gives back as it was', (t) => {
  const all = lifetimeCases.map(({ response, status }) => freshness(response, {}, status));
  t.equal(new Set(all.map((one) => Object.keys(one).join())).size, 1);
  t.same(JSON.parse(JSON.stringify(all)), all);
  t.end();
});
