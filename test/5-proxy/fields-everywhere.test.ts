// What a site says with every answer (--header, --cors, --security-headers) is said with those of origins, too: once, and never stored.
import t, { type Test } from 'tap';
import type { SiteOptions } from '../../server/site-options.ts';
import { converse, type Answered } from '../5-cache/talking.ts';
import { proxied, settled } from '../5-cache/through.ts';
import { ToldOrigin, type Says } from '../5-cache/told-origin.ts';
import { ask } from '../client.ts';
import { serve } from '../serving.ts';
import { moduleOf } from './hooking.ts';

interface Kind {
  readonly what: string;
  readonly method?: string;
  readonly lines?: readonly string[];
  /** What the origin answers; none: it is not asked. */
  readonly says?: Says;
  readonly status: number;
}

const STORED: Says = { fields: ['Cache-Control: max-age=3600', 'ETag: "a"', 'Content-Type: text/html', 'Accept-Ranges: bytes'], body: '0123456789' };
/** One after the other, of one path. */
const KINDS: readonly Kind[] = [
  { what: 'a miss', says: STORED, status: 200 },
  { what: 'a hit', status: 200 },
  { what: 'the same hit', status: 200 },
  { what: 'HEAD', method: 'HEAD', status: 200 },
  { what: 'a part', lines: ['Range: bytes=1-2'], status: 206 },
  { what: 'several parts', lines: ['Range: bytes=1-2,4-5'], status: 206 },
  { what: 'not modified', lines: ['If-None-Match: "a"'], status: 304 },
  { what: 'beyond the end', lines: ['Range: bytes=99-'], status: 416 },
  { what: 'validated', lines: ['Cache-Control: no-cache'], says: { status: 304, fields: ['ETag: "a"', 'Cache-Control: max-age=3600'] }, status: 200 },
  { what: 'an error', lines: ['Cache-Control: no-cache', 'Authorization: Bearer a'], says: { status: 404, fields: ['Cache-Control: no-store'] }, status: 404 },
  { what: 'a redirect', method: 'POST', says: { status: 302, fields: ['Location: /b'] }, status: 302 },
  { what: 'passed on', method: 'PUT', says: { status: 204 }, status: 204 },
  { what: 'OPTIONS', method: 'OPTIONS', says: { fields: ['Allow: GET'] }, status: 200 },
  { what: 'OPTIONS that goes no further', method: 'OPTIONS', lines: ['Max-Forwards: 0'], status: 204 },
  { what: 'purged', method: 'PURGE', status: 200 },
  { what: 'nothing stored', lines: ['Cache-Control: only-if-cached'], status: 504 },
  { what: 'no answer', says: { how: 'silent' }, status: 502 },
  { what: 'the origin\'s own 304', lines: ['If-None-Match: "b"'], says: { status: 304, fields: ['ETag: "b"'] }, status: 304 },
];

async function said(t: Test, site: SiteOptions, judged: (answer: Answered, kind: Kind) => void, change: (says: Says) => Says = (says) => says): Promise<void> {
  const { origin, serving } = await proxied(t, { site });
  for (const kind of KINDS) {
    origin.tell('/a', kind.says ? [change(kind.says)] : []);
    const answer = await converse(serving.place, { method: kind.method ?? 'GET', target: '/a', lines: kind.lines ?? [] });
    t.equal(answer.status, kind.status, kind.what);
    t.ok(answer.complete, `${kind.what}: complete`);
    judged(answer, kind);
    await settled(serving);
  }
}

function linesOf({ lines }: Answered, name: string): readonly string[] {
  return lines.filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`)).map((line) => line.slice(line.indexOf(':') + 1).trim());
}

t.test('nothing is said where nothing is asked for', async (t) => {
  await said(t, {}, (answer, { what }) => t.strictSame([...answer.fields.keys()].filter((name) => /^(?:access-control|x-frame|referrer)/.test(name)), [], what));
});

t.test('--header: on each answer, in place of what the origin says', async (t) => {
  const says = (one: Says): Says => ({ ...one, fields: [...(one.fields ?? []), 'X-Site: of the origin', 'X-Site: twice', 'X-Other: stays'] });
  await said(t, { headers: { 'X-Site': 'ours', 'Permissions-Policy': 'camera=()' } }, (answer, { what }) => {
    t.strictSame(linesOf(answer, 'X-Site'), ['ours'], what);
    t.strictSame(linesOf(answer, 'permissions-policy'), ['camera=()'], what);
  }, says);
});

t.test('--header: what is about files is not said of their absence, and framing stays', async (t) => {
  await said(t, { headers: { 'Cache-Control': 'public, max-age=5', 'Content-Type': 'text/x-ours' } }, (answer, { what, status }) => {
    const cacheControl = linesOf(answer, 'Cache-Control');
    if (status === 200 || status === 206 || status === 304) t.strictSame(cacheControl, ['public, max-age=5'], what);
    else t.not(cacheControl[0], 'public, max-age=5', what);
    const types = linesOf(answer, 'Content-Type');
    t.ok(types.length <= 1, what);
    if (what === 'several parts') t.match(types[0], /^multipart\/byteranges; boundary=/, what);
    else if (status === 200 || status === 206) t.equal(types[0], 'text/x-ours', what);
    else t.not(types[0], 'text/x-ours', what);
  });
});

t.test('--header: several statements stand beside those of the origin, and Vary grows', async (t) => {
  const { origin, serving } = await proxied(t, { site: { headers: { 'Set-Cookie': ['a=1', 'b=2'], 'Link': '</x>; rel=preload', 'Vary': 'X-One, accept-encoding' } } });
  origin.tell('/a', [{ fields: ['Cache-Control: public, max-age=60', 'ETag: "a"', 'Set-Cookie: c=3', 'Link: </x>; rel=preload', 'Link: </y>', 'Vary: Accept-Encoding', 'Vary: X-Two'] }]);
  for (const what of ['a miss', 'a hit']) {
    const answer = await converse(serving.place, { method: 'GET', target: '/a', lines: [] });
    t.strictSame([...linesOf(answer, 'set-cookie')].sort(), ['a=1', 'b=2', 'c=3'], what);
    t.strictSame([...linesOf(answer, 'link')].sort(), ['</x>; rel=preload', '</y>'], what);
    t.strictSame(linesOf(answer, 'vary'), ['Accept-Encoding, X-Two, X-One'], what);
    await settled(serving);
  }
  const same = await converse(serving.place, { method: 'GET', target: '/a', lines: ['If-None-Match: "a"'] });
  t.equal(same.status, 304);
  t.strictSame(linesOf(same, 'vary'), ['Accept-Encoding, X-Two, X-One']);
  t.strictSame([...linesOf(same, 'link')].sort(), ['</x>; rel=preload', '</y>'], 'what a client stores under this name is the origin\'s and ours');
});

t.test('--cors: everybody may read each answer', async (t) => {
  const names = ['Access-Control-Allow-Origin', 'Access-Control-Expose-Headers', 'Timing-Allow-Origin'];
  await said(t, { cors: true }, (answer, { what }) => {
    for (const name of names) t.strictSame(linesOf(answer, name), ['*'], `${what}: ${name}`);
  }, (one) => ({ ...one, fields: [...(one.fields ?? []), 'Access-Control-Allow-Origin: https://a.test'] }));
});

t.test('--cors: preflights are answered here', async (t) => {
  const { origin, serving } = await proxied(t, { site: { cors: true }, access: { users: ['a:b'] } });
  const asked = origin.tell('/a', [{}]);
  const preflight = await converse(serving.place, { method: 'OPTIONS', target: '/a', lines: ['Origin: https://a.test', 'Access-Control-Request-Method: GET', 'Access-Control-Request-Headers: x-one'] });
  t.strictSame([preflight.status, preflight.fields.get('access-control-allow-origin'), preflight.fields.get('access-control-allow-headers')], [204, '*', 'x-one']);
  t.equal(asked.length, 0, 'the origin is not asked');
  const refused = await converse(serving.place, { method: 'GET', target: '/a', lines: [] });
  t.strictSame([refused.status, linesOf(refused, 'access-control-allow-origin')], [401, ['*']], 'a page may read that it is refused');
});

t.test('--security-headers: where the origin says nothing of the kind', async (t) => {
  const names = ['X-Frame-Options', 'Referrer-Policy', 'Cross-Origin-Opener-Policy', 'Content-Security-Policy', 'X-Content-Type-Options'];
  await said(t, { securityHeaders: true }, (answer, { what, status }) => {
    // A 304 takes the place of what the client has stored, which may be the origin's.
    for (const name of names) t.equal(linesOf(answer, name).length, status === 304 ? 0 : 1, `${what}: ${name}`);
  });
  await said(t, { securityHeaders: true, headers: { 'Referrer-Policy': 'no-referrer' } }, (answer, { what, says }) => {
    t.strictSame(linesOf(answer, 'referrer-policy'), ['no-referrer'], what);
    if (answer.status === 304) return;
    const isOrigins = says !== undefined && says.how !== 'silent';
    if (isOrigins) t.strictSame(linesOf(answer, 'x-frame-options'), ['DENY'], what);
    if (isOrigins) t.strictSame(linesOf(answer, 'content-security-policy'), ["default-src 'none'"], what);
    t.equal(linesOf(answer, 'cross-origin-opener-policy').length, 1, what);
  }, (one) => ({ ...one, fields: [...(one.fields ?? []), 'x-frame-options: DENY', "Content-Security-Policy: default-src 'none'"] }));
});

t.test('nothing of it is stored', async (t) => {
  // With a 304 a hook is shown what is stored.
  const hooks = moduleOf(t, "export default { response(response) { response.set('X-Seen', response.fields.map(([name]) => name.toLowerCase()).join(' ')); } };");
  const origin = await ToldOrigin.listen();
  t.teardown(() => origin.close());
  const { place } = await serve(t, { proxy: { urls: [origin.url], hooks }, site: { headers: { 'X-Site': 'ours' }, cors: true, securityHeaders: true } });
  origin.tell('/a', [{ fields: ['Cache-Control: max-age=0', 'ETag: "a"'] }, { status: 304, fields: ['ETag: "a"'] }, { status: 304, fields: ['ETag: "a"'] }]);
  for (let round = 0; round < 3; ++round) {
    const answer = await converse(place, { method: 'GET', target: '/a', lines: [] });
    t.strictSame([answer.status, linesOf(answer, 'x-site'), linesOf(answer, 'x-frame-options').length], [200, ['ours'], 1]);
    t.match(answer.fields.get('x-seen'), /etag/);
    t.notMatch(answer.fields.get('x-seen'), /x-site|access-control|x-frame|referrer|x-content/);
  }
});

t.test('a tunnel is no page', async (t) => {
  const { origin, serving } = await proxied(t, { site: { headers: { 'X-Site': 'ours' } } });
  origin.tell('/a', [{ status: 200, fields: ['Cache-Control: no-store'] }]);
  t.equal((await ask(serving.place, '/a', { fields: { Upgrade: 'websocket' } })).fields.get('x-site'), 'ours', 'an origin that does not change gives an answer');
});

t.test('health and refusals', async (t) => {
  const { serving } = await proxied(t, { site: { headers: { 'X-Site': 'ours' }, health: '/healthz', securityHeaders: true }, access: { deny: ['127.0.0.1'] } });
  const healthy = await ask(serving.place, '/healthz');
  t.strictSame([healthy.status, healthy.fields.get('x-site'), healthy.fields.get('x-frame-options')], [200, 'ours', 'SAMEORIGIN']);
  const denied = await ask(serving.place, '/a');
  t.strictSame([denied.status, denied.fields.get('x-site')], [403, 'ours']);
  for (const { names } of [healthy, denied]) t.equal(new Set(names.map((name) => name.toLowerCase())).size, names.length, 'none comes twice');
});
