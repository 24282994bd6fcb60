// A password that is for us is not the origin's to see, and an answer to a request without it is for all who may ask.
import t from 'tap';
import { converse } from '../5-cache/talking.ts';
import { proxied, settled } from '../5-cache/through.ts';
import type { Says } from '../5-cache/told-origin.ts';
import { serve } from '../serving.ts';
import { moduleOf } from './hooking.ts';

const basic = (pair: string): string => `Authorization: Basic ${Buffer.from(pair).toString('base64')}`;
const ANN = basic('ann:secret');
const BOB = basic('bob:hidden');
const FRESH: Says = { fields: ['Cache-Control: max-age=60'] };

t.test('it is not passed on, and what comes of it is stored', async (t) => {
  const { origin, serving } = await proxied(t, { access: { users: ['ann:secret', 'bob:hidden'] } });
  const { place } = serving;
  const seen = origin.tell('/a', [FRESH]);
  for (const [lines, status] of [[[ANN], 200], [[BOB], 200], [[], 401], [[basic('ann:wrong')], 401], [['Authorization: Bearer x'], 401], [[ANN], 200]] as const) {
    t.equal((await converse(place, { method: 'GET', target: '/a', lines })).status, status, lines.join());
    await settled(serving);
  }
  t.equal(seen.length, 1, 'one question for all');
  t.equal(seen[0]!.fields.get('authorization'), undefined);
});

t.test('of no method, and of none in between', async (t) => {
  const { origin, serving } = await proxied(t, { access: { users: ['ann:secret'] } });
  for (const method of ['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS']) {
    const seen = origin.tell('/a', [{}]);
    await converse(serving.place, { method, target: '/a', lines: [ANN, 'X-Other: stays'] });
    t.strictSame([seen.length, seen[0]!.fields.get('authorization'), seen[0]!.fields.get('x-other')], [1, undefined, 'stays'], method);
  }
  const seen = origin.tell('/stale', [{ fields: ['Cache-Control: max-age=0', 'ETag: "a"'] }, { status: 304, fields: ['ETag: "a"'] }]);
  for (let round = 0; round < 2; ++round) {
    t.equal((await converse(serving.place, { method: 'GET', target: '/stale', lines: [ANN] })).status, 200);
    await settled(serving);
  }
  t.strictSame(seen.map(({ fields }) => [fields.get('authorization'), fields.get('if-none-match')]), [[undefined, undefined], [undefined, '"a"']]);
});

t.test('Vary: Authorization: the origin has seen none', async (t) => {
  const { origin, serving } = await proxied(t, { access: { users: ['ann:secret', 'bob:hidden'] } });
  const seen = origin.tell('/a', [{ fields: ['Cache-Control: max-age=60', 'Vary: Authorization'] }]);
  for (const line of [ANN, BOB]) {
    t.equal((await converse(serving.place, { method: 'GET', target: '/a', lines: [line] })).status, 200);
    await settled(serving);
  }
  t.equal(seen.length, 1);
});

t.test('where nobody is asked for a password, it is the origin\'s (RFC 9110 §11.6.2, RFC 9111 §3.5)', async (t) => {
  const { origin, serving } = await proxied(t);
  const seen = origin.tell('/a', [FRESH, FRESH]);
  for (const line of [ANN, ANN]) {
    await converse(serving.place, { method: 'GET', target: '/a', lines: [line] });
    await settled(serving);
  }
  t.strictSame(seen.map(({ fields }) => fields.get('authorization')), [ANN, ANN].map((line) => line.slice('Authorization: '.length)));
});

t.test('one that a hook sets is the origin\'s', async (t) => {
  const hooks = moduleOf(t, "export default { request: () => ({ fields: { Authorization: 'Bearer of-the-origin' } }) };");
  const { origin } = await proxied(t);
  const serving = await serve(t, { proxy: { urls: [origin.url], hooks }, access: { users: ['ann:secret'] } });
  const seen = origin.tell('/a', [FRESH, FRESH]);
  for (let round = 0; round < 2; ++round) {
    t.equal((await converse(serving.place, { method: 'GET', target: '/a', lines: [ANN] })).status, 200);
    await settled(serving);
  }
  t.strictSame(seen.map(({ fields }) => fields.get('authorization')), ['Bearer of-the-origin', 'Bearer of-the-origin'], 'and such an answer is not shared');
});
