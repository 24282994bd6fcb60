// What goes on of a trace context, with tracing and without it: to origins, through tunnels, to handlers.
import t, { type Test } from 'tap';
import type { ServerOptions } from '../../server/index.ts';
import { traceparentCases, tracestateCases } from '../1-http/trace-context-cases.ts';
import { requestText } from '../client.ts';
import { proxied } from '../5-cache/through.ts';
import { converse } from '../5-cache/talking.ts';
import type { Seen } from '../5-cache/told-origin.ts';
import { ASK, End, tunnelling } from '../5-proxy/tunnel-origin.ts';
import { askRaw, serveRoutes } from '../5-routes/routing.ts';
import { serve, until } from '../serving.ts';
import { Collector, SERVER } from './collector.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const CONTEXT = `00-${TRACE}-${PARENT}-01`;
/** Nobody is there, and nothing waits for that. */
const NOWHERE = 'http://127.0.0.1:9/v1/traces';
const OURS = /^00-([0-9a-f]{32})-([0-9a-f]{16})-(0[0-3])$/;

/** What an origin is sent where a client sends these lines. */
async function sentOn(t: Test, options: ServerOptions): Promise<(lines: readonly string[], method?: string) => Promise<Seen>> {
  const { origin, serving } = await proxied(t, options);
  let asked = 0;
  return async (lines, method = 'POST') => {
    const path = `/q-${asked++}`;
    const seen = origin.tell(path, [{ status: 200, fields: ['Cache-Control: max-age=60'] }]);
    await converse(serving.place, { method, target: path, lines });
    t.equal(seen.length, 1);
    return seen[0]!;
  };
}

function count(seen: Seen, name: string): number {
  return seen.lines.filter((line) => line.toLowerCase().startsWith(`${name}:`)).length;
}

t.test('without tracing it goes on as it came, or not at all where it is invalid', async (t) => {
  const sent = await sentOn(t, {});
  for (const [what, value, , forwarded] of traceparentCases) {
    if (value.length > 10_000) continue; // no head has room for it
    const { fields } = await sent([`TraceParent: ${value}`, 'tracestate: FOO=1,,b=2']);
    t.strictSame([fields.get('traceparent'), fields.get('tracestate')], forwarded === 'kept' ? [value, 'FOO=1,,b=2'] : [undefined, undefined], what);
  }
  const twice = await sent([`traceparent: ${CONTEXT}`, `traceparent: ${CONTEXT}`, 'tracestate: a=1']);
  t.strictSame([twice.fields.get('traceparent'), twice.fields.get('tracestate')], [undefined, undefined], 'two lines');
  const none = await sent([], 'GET');
  t.equal(none.fields.get('traceparent'), undefined, 'nothing is made');
  const stored = await sent([`traceparent: ${CONTEXT}`, 'tracestate: a=1'], 'GET');
  t.strictSame([stored.fields.get('traceparent'), stored.fields.get('tracestate')], [CONTEXT, 'a=1'], 'also where the answer is for the store');
});

t.test('with tracing we are the parent, or the trace begins anew', async (t) => {
  const sent = await sentOn(t, { tracing: { endpoint: NOWHERE, sampleRatio: 0 } });
  const parents = new Set<string>();
  for (const [what, value, flags] of traceparentCases) {
    if (value.length > 10_000) continue;
    const seen = await sent([`TraceParent: ${value}`, 'tracestate: foo=1']);
    const [, traceId, parentId, sentFlags] = OURS.exec(seen.fields.get('traceparent') ?? '') ?? [];
    t.equal(count(seen, 'traceparent'), 1, what);
    t.ok(parentId !== undefined && parentId !== PARENT && !parents.has(parentId), `${what}: an id of its own`);
    parents.add(parentId!);
    if (flags === undefined) t.not(traceId, TRACE, `${what}: another trace`);
    else t.equal(traceId, value.slice(3, 35), what);
    t.equal(Number(sentFlags), flags ?? 2, `${what}: what was decided`);
    t.equal(seen.fields.get('tracestate'), flags === undefined ? undefined : 'foo=1', what);
  }
  for (const [what, value, state] of tracestateCases) {
    const { fields } = await sent([`traceparent: ${CONTEXT.slice(0, -1)}0`, `tracestate: ${value}`]);
    t.equal(fields.get('tracestate') ?? '', state, what);
    t.equal(OURS.exec(fields.get('traceparent')!)?.[1], TRACE, `${what}: it is no matter to traceparent`);
  }
  const lines = await sent([`traceparent: ${CONTEXT}`, 'tracestate: a=1', 'tracestate:', 'tracestate: b=2,c=3']);
  t.equal(lines.fields.get('tracestate'), 'a=1,b=2,c=3', 'lines are one list');
  t.equal(count(lines, 'tracestate'), 1);
  const twice = await sent([`traceparent: ${CONTEXT}`, `traceparent: ${CONTEXT}`, 'tracestate: a=1']);
  t.not(OURS.exec(twice.fields.get('traceparent')!)?.[1], TRACE, 'two lines of it');
  t.equal(twice.fields.get('tracestate'), undefined);
  const alone = await sent(['tracestate: a=1']);
  t.match(alone.fields.get('traceparent'), OURS);
  t.equal(alone.fields.get('tracestate'), undefined, 'a state without a trace is none');
  const named = await sent([`traceparent: ${CONTEXT}`, 'Connection: traceparent, tracestate']);
  t.equal(count(named, 'traceparent'), 1, 'nobody can name it away');
});

t.test('what is sampled', async (t) => {
  for (const [sampleRatio, lines, spans, flags] of [
    [1, [], 1, '03'], [0, [], 0, '02'], [1, [`traceparent: ${CONTEXT}`], 1, '01'], [0, [`traceparent: ${CONTEXT}`], 1, '01'],
    [1, [`traceparent: ${CONTEXT.slice(0, -1)}0`], 0, '00'], [0, [`traceparent: ${CONTEXT.slice(0, -1)}2`], 0, '02'], [1, ['traceparent: what']  , 1, '03'],
  ] as const) {
    const told: string[] = [];
    const { origin } = await proxied(t);
    const seen = origin.tell('/a', [{ fields: ['Cache-Control: no-store'] }]);
    const { place, assembly } = serveRoutes(t, { proxy: origin.url, tracing: { endpoint: NOWHERE, sampleRatio } }, (block) => told.push(block));
    await askRaw(place, requestText('/a', { fields: Object.fromEntries(lines.map((line) => line.split(': ') as [string, string])) }));
    await until(() => assembly.proxies[0]!.isIdle(), 'the end of it');
    await new Promise((resolve) => setImmediate(resolve));
    assembly.tracer!.flush();
    t.equal((JSON.parse(`[${told.join(',')}]`) as unknown[]).length, 2 * spans, `${sampleRatio} ${lines.join('')}: spans`);
    t.equal(seen[0]!.fields.get('traceparent')!.slice(-2), flags, `${sampleRatio} ${lines.join('')}: flags`);
  }
});

t.test('a share of them', async (t) => {
  const root = t.testdir({ 'a.txt': 'a' });
  const collector = await Collector.listen(t);
  const { place, server, lines } = await serve(t, { root, accessLog: 'json', tracing: { endpoint: collector.endpoint, sampleRatio: 0.5 } });
  const requests = 400;
  for (let done = 0; done < requests; done += 100) await askRaw(place, requestText('/a.txt').repeat(100));
  await until(() => lines().length === requests, 'the log');
  const sampled = lines().filter((line) => line.includes('"trace_id"')).length;
  // 50 times its deviation would be needed to be none or all of them.
  t.ok(sampled > 100 && sampled < 300, `${sampled} of ${requests}`);
  await server.close();
  t.equal(collector.spans.length, sampled, 'the last of them are sent at the end');
  t.strictSame(collector.faults, []);
});

t.test('the log tells the trace of what is not sampled, where there is one', async (t) => {
  const { place, lines } = await serve(t, { root: t.testdir({ 'a.txt': 'a' }), accessLog: 'json', tracing: { endpoint: NOWHERE, sampleRatio: 0 } });
  await askRaw(place, requestText('/a.txt', { fields: { traceparent: `00-${TRACE}-${PARENT}-00` } }));
  await askRaw(place, requestText('/a.txt'));
  await until(() => lines().length === 2, 'the log');
  const [one, other] = lines().map((line) => JSON.parse(line) as Record<string, unknown>);
  t.strictSame([one!['trace_id'], one!['span_id'], other!['trace_id'], other!['span_id']], [TRACE, undefined, undefined, undefined]);
});

t.test('through a tunnel', async (t) => {
  const collector = await Collector.listen(t);
  const { origin, place } = await tunnelling(t, { tracing: { endpoint: collector.endpoint } });
  const client = await End.open(place);
  client.send(ASK.replace('\r\n\r\n', `\r\ntraceparent: ${CONTEXT}\r\n\r\n`));
  await client.head();
  const [, traceId, parentId] = OURS.exec(/traceparent: ([^\r]+)/i.exec(origin.heads[0]!)![1]!)!;
  t.equal(traceId, TRACE);
  const [question] = await collector.collects(1);
  t.match(question, { traceId: TRACE, spanId: parentId, attributes: { 'http.response.status_code': 101 } }, 'its answer is the end of it');
  origin.ends[0]!.send('12345');
  await client.reads('12345');
  client.socket.end();
  origin.ends[0]!.socket.end();
  const [, request] = await collector.collects(2);
  t.match(request, { kind: SERVER, parentSpanId: PARENT, spanId: question!.parentSpanId, attributes: { 'http.response.status_code': 101, 'http.response.body.size': 5 } }, 'the request ends with the tunnel');
});

t.test('a handler can pass it on', async (t) => {
  const seen: (string | null)[][] = [];
  const handle = (request: Request): Response => {
    seen.push([request.headers.get('traceparent'), request.headers.get('tracestate')]);
    return new Response('h');
  };
  const told: string[] = [];
  const routes = [{ path: '/h/*', handle }];
  const traced = serveRoutes(t, { routes, tracing: { endpoint: NOWHERE } }, (block) => told.push(block));
  await askRaw(traced.place, requestText('/h/a', { fields: { traceparent: CONTEXT, tracestate: 'a=1' } }));
  await askRaw(traced.place, requestText('/h/a', { fields: { traceparent: `${CONTEXT.slice(0, -1)}0` } }));
  await new Promise((resolve) => setImmediate(resolve));
  traced.assembly.tracer!.flush();
  const spans = JSON.parse(`[${told.join(',')}]`) as { spanId: string; name: string; attributes: { key: string; value: { stringValue?: string } }[] }[];
  t.equal(spans.length, 1);
  t.strictSame(seen[0], [`00-${TRACE}-${spans[0]!.spanId}-01`, 'a=1'], 'its span is the parent');
  t.equal(spans[0]!.name, 'GET /h/*');
  t.equal(spans[0]!.attributes.find(({ key }) => key === 'http.route')?.value.stringValue, '/h/*');
  t.match(seen[1]![0], new RegExp(`^00-${TRACE}-(?!${PARENT})[0-9a-f]{16}-00$`));
  const untraced = serveRoutes(t, { routes });
  await askRaw(untraced.place, requestText('/h/a', { fields: { traceparent: CONTEXT, tracestate: 'a=1' } }));
  await askRaw(untraced.place, requestText('/h/a', { fields: { traceparent: CONTEXT.toUpperCase().replace('0AF', 'XAF'), tracestate: 'a=1' } }));
  t.strictSame(seen.slice(2), [[CONTEXT, 'a=1'], [null, null]], 'without tracing it gets what is valid');
});
