import t from 'tap';
import { type PolicyOptions, policyDefaults } from '../../cache/policy/options.ts';
import { reasons, storedReasons } from '../../cache/policy/reasons.ts';
import { storing, type Storing } from '../../cache/policy/storing.ts';
import { dateAt, fieldsIn, receivedMs, requestWith } from './policy-messages.ts';
import { fieldCases, type StoringCase, storingCases } from './policy-storing-cases.ts';

function store(asked: Omit<StoringCase, 'name' | 'reason'>, options: Partial<PolicyOptions> = {}): Storing {
  const request = requestWith(asked.request ?? [], asked.method);
  return storing(request, { status: asked.status ?? 200, fields: fieldsIn(asked.response) }, receivedMs, receivedMs, { ...policyDefaults, ...options });
}

t.test('RFC 9111 §3', (t) => {
  for (const asked of storingCases) {
    const { may, reason } = store(asked);
    t.equal(reason, asked.reason, asked.name);
    t.equal(may, reason in storedReasons, `${asked.name}: may`);
  }
  t.ok(storingCases.length > 150, `${storingCases.length} cases`);
  t.end();
});

t.test('every reason has a name of its own, and each of storing happens', (t) => {
  const seen = new Set(storingCases.map(({ reason }) => reason));
  for (const name of ['explicit', 'heuristic', 'validation', 'method', 'request-content', 'status', 'partial-unusable', 'no-store', 'request-no-store'] as const) t.ok(seen.has(name), name);
  for (const name of ['private', 'authorization', 'vary-star', 'set-cookie', 'no-freshness'] as const) t.ok(seen.has(name), name);
  for (const [name, text] of Object.entries(reasons)) {
    t.match(name, /^[a-z]+(-[a-z]+)*$/, 'a token');
    t.ok(text.length > 10, name);
  }
  t.end();
});

t.test('§3.1: what is stored', (t) => {
  for (const [name, response, stored] of fieldCases) {
    const result = store({ response });
    t.same(result.may && result.fields.map(([key]) => key), stored, name);
  }
  t.end();
});

t.test('RFC 9110 §6.6.1: a Date is appended, or a bad one replaced', (t) => {
  for (const date of [[], ['Date: yesterday'], ['Date: 0'], [`Date: ${dateAt(0)}`, `Date: ${dateAt(-60)}`]]) {
    const result = store({ response: ['Cache-Control: max-age=60', ...date] });
    t.same(result.may && result.fields.filter(([key]) => key === 'Date'), [['Date', dateAt(0)]], date.join());
  }
  const result = store({ response: ['Cache-Control: max-age=60', `date: ${dateAt(-7)}`] });
  t.same(result.may && result.fields.at(-1), ['date', dateAt(-7)], 'a good one stays as it came');
  t.end();
});

t.test('what else is known of a stored response', (t) => {
  const result = store({ status: 206, response: ['Cache-Control: max-age=60', 'Vary: b, A', 'Vary: a', 'Content-Range: bytes 2-5/10', 'Age: 7'] });
  t.match(result, { may: true, part: { from: 2, to: 5, size: 10 }, varyNames: ['a', 'b'] });
  t.match(result, { freshness: { initialAgeMs: 7000, lifetimeMs: 60_000 } }, 'Age is not stored, and counts');
  t.end();
});

t.test('options', (t) => {
  const cookie = ['Set-Cookie: a=b', 'Cache-Control: max-age=60'];
  t.same(store({ response: cookie }, { setCookie: 'refuse' }), { may: false, reason: 'set-cookie' });
  const kept = store({ response: cookie }, { setCookie: 'keep' });
  t.same(kept.may && kept.fields.map(([name]) => name), ['Set-Cookie', 'Cache-Control', 'Date']);
  t.equal(store({ response: ['Set-Cookie: a=b', 'ETag: "a"'] }, { setCookie: 'keep' }).reason, 'validation');
  t.equal(store({ response: ['Set-Cookie: a=b', 'Cache-Control: public, max-age=60'] }, { setCookie: 'refuse' }).reason, 'explicit');

  t.equal(store({ status: 404, response: [] }, { negativeTtlS: 5 }).reason, 'negative');
  t.equal(store({ status: 404, response: ['Set-Cookie: a=b'] }, { negativeTtlS: 5 }).reason, 'set-cookie');
  t.equal(store({ status: 403, response: [] }, { negativeTtlS: 5 }).reason, 'status');
  t.equal(store({ status: 503, response: [] }, { negativeTtlS: 5 }).reason, 'status');
  t.equal(store({ status: 404, response: ['Cache-Control: max-age=60'] }, { negativeTtlS: 5 }).reason, 'explicit');

  t.equal(store({ response: ['CDN-Cache-Control: max-age=60', 'Cache-Control: no-store'] }, { targets: [] }).reason, 'no-store');
  t.equal(store({ response: ['My-CDN: max-age=60', 'Cache-Control: no-store'] }, { targets: ['my-cdn'] }).reason, 'explicit');
  t.equal(store({ response: [`Last-Modified: ${dateAt(-1000)}`] }, { heuristicFraction: 0 }).reason, 'validation');
  t.equal(store({ response: ['Cache-Control: max-age=60'] }, { ageMaxS: 0 }).reason, 'no-freshness');
  t.end();
});

t.test('huge fields take no time to speak of, and no field breaks it', (t) => {
  const huge = 'a, '.repeat(30_000);
  for (const name of ['Cache-Control', 'CDN-Cache-Control', 'Vary', 'ETag', 'Expires', 'Date', 'Last-Modified', 'Age', 'Content-Range', 'Content-Length', 'Set-Cookie']) {
    for (const value of [huge, '"'.repeat(90_000), '\\"'.repeat(45_000), '\xff\x80', '', ',', '='.repeat(90_000)]) {
      t.type(store({ status: 206, response: ['Cache-Control: max-age=60', `${name}: ${value}`] }).may, 'boolean');
    }
  }
  t.equal(store({ response: Array.from({ length: 5_000 }, () => 'Cache-Control: max-age=60') }).reason, 'explicit');
  t.end();
});
