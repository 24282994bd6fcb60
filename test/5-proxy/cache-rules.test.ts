// Rules of caching in the options: how long answers are fresh whatever they say, by which tags they are purged, and what is not stored at all.
import type { IncomingMessage, ServerResponse } from 'node:http';
import t from 'tap';
import type { HookResponse } from '../../server/index.ts';
import { ruledHooks, type ResolvedCacheRules } from '../../server/proxy/cache-rules.ts';
import { hooked } from './hooking.ts';

const NONE: ResolvedCacheRules = { ttlS: undefined, staleWhileRevalidateS: undefined, staleIfErrorS: undefined, tags: [], bypass: false };

function answering(status: number, fields: Readonly<Record<string, string>>): (request: IncomingMessage, response: ServerResponse, number: number) => void {
  return (request, response, number) => response.writeHead(status, fields).end(`${request.url!} #${number}`);
}

t.test('fresh for as long as the rule says', async (t) => {
  const rows: readonly (readonly [status: number, fields: Readonly<Record<string, string>>, second: string])[] = [
    [200, {}, '/a #1'],
    [200, { 'Cache-Control': 'max-age=0' }, '/a #1'],
    [301, { Location: '/b' }, '/a #1'],
    [404, {}, '/a #2'],
    [500, {}, '/a #2'],
    [200, { 'Cache-Control': 'no-store' }, '/a #2'],
    [200, { 'Cache-Control': 'private' }, '/a #2'],
    [200, { Vary: '*' }, '/a #2'],
  ];
  for (const [status, fields, second] of rows) {
    const site = await hooked(t, { cache: { ttlS: 60 }, answer: answering(status, fields) });
    t.equal(await site.text('/a'), '/a #1');
    t.equal(await site.text('/a'), second, `${status} ${JSON.stringify(fields)}`);
  }
});

t.test('never fresh', async (t) => {
  const site = await hooked(t, { cache: { ttlS: 0 } });
  t.equal(await site.text('/a'), '/a #1');
  t.equal(await site.text('/a'), '/a #2', 'whatever max-age says');
});

t.test('bypassed', async (t) => {
  const site = await hooked(t, { cache: { bypass: true }, hooks: '{ request: ({ path }) => (path === "/own" ? { respond: { status: 200, body: "own" } } : undefined) }' });
  t.equal(await site.text('/a'), '/a #1');
  t.equal(await site.text('/a'), '/a #2');
  t.equal(await site.text('/own'), 'own', 'a hook that answers still does');
});

t.test('hooks of the operator come after them', async (t) => {
  const site = await hooked(t, { cache: { ttlS: 60, tags: ['ruled'] }, hooks: '{ response(response) { if (response.request.path === "/short") response.ttlS = 0; response.set("X-Tags", response.tags.join()); } }' });
  t.equal((await site.ask('/a')).fields.get('x-tags'), 'ruled');
  t.equal(await site.text('/a'), '/a #1');
  t.equal(await site.text('/short'), '/short #2');
  t.equal(await site.text('/short'), '/short #3');
});

t.test('where there is no rule, nothing is asked', async (t) => {
  t.equal(ruledHooks(NONE, undefined), undefined);
  const own = { key: (): undefined => undefined };
  t.equal(ruledHooks(NONE, own), own);
  t.same(Object.keys(ruledHooks({ ...NONE, tags: ['a'] }, undefined)!), ['response'], 'a hit asks no hook for that');
  const response = { tags: ['a', 'b'], status: 200, ttlS: undefined };
  ruledHooks({ ...NONE, tags: ['b', 'c'] }, undefined)!.response!(response as unknown as HookResponse);
  t.same(response.tags, ['a', 'b', 'c']);
  const decided = await ruledHooks({ ...NONE, bypass: true }, { request: () => Promise.resolve({ path: '/x' }) })!.request!({} as never);
  t.same(decided, { bypass: true, path: '/x' }, 'also of a hook that gives a promise');
});
