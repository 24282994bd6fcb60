// Spans on their way to the collector: it may be slow, gone, or of another opinion, and nothing waits for it.
import t, { type Test } from 'tap';
import type { ServerResponse } from 'node:http';
import { SpanExporter } from '../../server/tracing/exporter.ts';
import { spanText } from '../../server/tracing/otlp.ts';
import { ask, Client, requestText } from '../client.ts';
import { scrape } from '../5-metrics/scrape.ts';
import { valueIn } from '../5-metrics/exposition-text.ts';
import { serve, until } from '../serving.ts';
import { Collector } from './collector.ts';

const NEVER = new AbortController().signal;
const NOW = AbortSignal.abort();
const WAITING_MAX = 8192;

let made = 0;

/** As workers hand them over. */
function block(spans: number): string {
  return Array.from({ length: spans }, () => spanText({
    traceId: 'a'.repeat(32), spanId: String(++made).padStart(16, '0'), parentId: '', isRemote: false, flags: 1, state: '', name: 'GET', kind: 2, startMs: 0, endMs: 1, attributes: [], error: undefined,
  }, Date.now())).join(',');
}

interface Exporting {
  readonly exporter: SpanExporter;
  readonly collector: Collector;
  readonly told: string[];
}

async function exporting(t: Test, change: (endpoint: string) => string = (endpoint) => endpoint, headers: Record<string, string> = {}): Promise<Exporting> {
  const collector = await Collector.listen(t);
  const told: string[] = [];
  const exporter = new SpanExporter({ endpoint: change(collector.endpoint), serviceName: 's', sampleRatio: 1, headers }, (name, message, facts) => {
    told.push(`${name} ${message} ${JSON.stringify(facts)}`);
  });
  t.teardown(() => exporter.close(NOW));
  return { exporter, collector, told };
}

const json = (body: unknown) => (response: ServerResponse): void => void response.setHeader('Content-Type', 'application/json').end(JSON.stringify(body));
const status = (code: number, headers: Record<string, string> = {}) => (response: ServerResponse): void => void response.writeHead(code, headers).end('no JSON');

/** What it answers to ten spans, and what has become of them; `tries` at most. */
const cases: readonly (readonly [what: string, answers: readonly ((response: ServerResponse) => void)[], counts: readonly [exported: number, failed: number], told: RegExp | undefined])[] = [
  ['all is well', [json({})], [10, 0], undefined],
  ['it says nothing', [status(204)], [10, 0], undefined],
  ['it says something else', [status(200)], [10, 0], undefined],
  ['it says null', [json(null)], [10, 0], undefined],
  ['it has taken some', [json({ partialSuccess: { rejectedSpans: '4', errorMessage: 'too old' } })], [6, 4], /has not taken all.*"spans":4.*too old/],
  ['as a number', [json({ partialSuccess: { rejectedSpans: 4 } })], [6, 4], /has not taken all/],
  ['more than there were', [json({ partialSuccess: { rejectedSpans: '99', errorMessage: '' } })], [0, 10], /has not taken all/],
  ['a warning', [json({ partialSuccess: { errorMessage: 'slow down' } })], [10, 0], /slow down/],
  ['nonsense in it', [json({ partialSuccess: { rejectedSpans: {}, errorMessage: 7 } })], [10, 0], undefined],
  ['refused', [status(400)], [0, 10], /answered 400/],
  ['not to be seen', [status(401)], [0, 10], /answered 401/],
  ['elsewhere', [status(307, { Location: '/other' })], [0, 10], /answered 307/],
  ['500 is no reason to come again', [status(500)], [0, 10], /answered 500/],
  ['later', [status(503, { 'Retry-After': '0' }), status(429, { 'Retry-After': '0' }), json({})], [10, 0], /cannot be exported yet.*answered 503.*"againMs":0/],
  ['always later', [status(502, { 'Retry-After': '0' })], [0, 10], /cannot be exported \{.*answered 502/],
  ['in the middle of it', [(response) => void response.writeHead(503, { 'Retry-After': '0', 'Content-Length': 5 }).end('12345'), json({})], [10, 0], /answered 503/],
  ['a long answer', [(response) => void response.writeHead(200).end('x'.repeat(1 << 20))], [10, 0], undefined],
];

t.test('what it answers', async (t) => {
  for (const [what, answers, [exported, failed], expected] of cases) {
    const { exporter, collector, told } = await exporting(t);
    collector.answers = (response) => answers[Math.min(collector.received.length, answers.length) - 1]!(response);
    exporter.take(block(10), 10);
    await until(() => exporter.counts()['spansExported']! + exporter.counts()['spansFailed']! === 10, what);
    t.strictSame(exporter.counts(), { spansExported: exported, spansDropped: 0, spansFailed: failed }, what);
    t.strictSame(collector.faults, [], what);
    if (expected) t.match(told.join('\n'), expected, what);
    else t.strictSame(told, [], what);
    t.equal(collector.received.length, what === 'always later' ? 5 : answers.length, `${what}: tries`);
  }
});

t.test('credentials, and fields of its own', async (t) => {
  const { exporter, collector } = await exporting(t, (endpoint) => endpoint.replace('://', '://us%20er:pa%3Ass@').replace('/v1/traces', '/other?tenant=1#x'), { 'X-Scope-OrgID': 'a' });
  exporter.take(block(1), 1);
  await collector.collects(1);
  t.match(collector.received[0], { url: '/other?tenant=1', headers: { authorization: `Basic ${Buffer.from('us er:pa:ss').toString('base64')}`, 'x-scope-orgid': 'a' } });
});

t.test('small blocks go together, large ones one by one', async (t) => {
  const { exporter, collector } = await exporting(t);
  let go = (): void => undefined;
  const held = new Promise<void>((resolve) => (go = resolve));
  collector.answers = (response) => void held.then(() => response.end('{}'));
  for (const spans of [1, 200, 300, 12, 1, 600]) exporter.take(block(spans), spans);
  await until(() => collector.received.length === 1, 'the first');
  go();
  await collector.collects(1114);
  t.strictSame(collector.received.map(({ spans }) => spans.length), [1, 512, 1, 600]);
  await until(() => exporter.counts()['spansExported'] === 1114, 'the last answer');
});

t.test('a burst of 10,000 before a collector that says nothing: bounded, counted', async (t) => {
  const { exporter, collector, told } = await exporting(t);
  collector.answers = () => undefined;
  for (let spans = 0; spans < 10_000; spans += 250) exporter.take(block(250), 250);
  const { spansDropped } = exporter.counts();
  t.equal(spansDropped, 10_000 - Math.floor(WAITING_MAX / 250) * 250);
  t.match(told.join('\n'), /tracingFailed spans are dropped/);
  exporter.take('x'.repeat(17 << 20), 1);
  t.equal(exporter.counts()['spansDropped'], spansDropped! + 1, 'nor is there room for any length');
  await exporter.close(NOW);
  t.strictSame(exporter.counts(), { spansExported: 0, spansDropped: spansDropped! + 1, spansFailed: 10_000 - spansDropped! });
  exporter.take(block(3), 3);
  t.equal(exporter.counts()['spansDropped'], spansDropped! + 4, 'behind the end all are dropped');
});

t.test('the end waits for what waits, once', async (t) => {
  const { exporter, collector } = await exporting(t);
  collector.answers = status(503);
  for (const spans of [3, 600]) exporter.take(block(spans), spans);
  await exporter.close(NEVER);
  t.strictSame(exporter.counts(), { spansExported: 0, spansDropped: 0, spansFailed: 603 });
  const other = await exporting(t);
  for (let blocks = 0; blocks < 10; ++blocks) other.exporter.take(block(300), 300);
  await other.exporter.close(NEVER);
  t.strictSame(other.exporter.counts(), { spansExported: 3000, spansDropped: 0, spansFailed: 0 });
});

t.test('a server before a collector that is gone, or says nothing, serves as ever, and ends', async (t) => {
  const silent = await Collector.listen(t);
  silent.answers = () => undefined;
  for (const endpoint of ['http://127.0.0.1:9/v1/traces', silent.endpoint]) {
    const { place, server, reports } = await serve(t, { root: t.testdir({ 'a.txt': 'a' }), tracing: { endpoint } });
    for (let asked = 0; asked < 3; ++asked) t.equal((await ask(place, '/a.txt')).status, 200);
    await server.close();
    if (endpoint !== silent.endpoint) t.match(reports[0], { name: 'tracingFailed', facts: { spans: 3 } }, endpoint);
    else await until(() => reports.some(({ name }) => name === 'tracingFailed'), 'a word of it');
  }
});

t.test('10,000 requests at once', async (t) => {
  const collector = await Collector.listen(t);
  const { place, server } = await serve(t, { root: t.testdir({ 'a.txt': 'a' }), workers: 2, tracing: { endpoint: collector.endpoint } });
  await Promise.all(Array.from({ length: 20 }, async () => {
    const client = await Client.open(place);
    void client.send(requestText('/a.txt').repeat(500));
    for (let answers = 0; answers < 500; ++answers) await client.reply();
    client.destroy();
  }));
  const told = async (): Promise<readonly number[]> => {
    const families = await scrape(server);
    return ['exported', 'dropped', 'failed'].map((result) => valueIn(families, 'pagecast_spans_total', `{result="${result}"}`));
  };
  await until(async () => (await told()).reduce((sum, count) => sum + count) === 10_000, 'all of them');
  const [exported, , failed] = await told();
  t.equal(failed, 0);
  t.ok(exported! >= WAITING_MAX / 2, `${exported} were taken`);
  t.equal(collector.spans.length, exported);
  t.equal(new Set(collector.spans.map(({ spanId }) => spanId)).size, exported);
  t.strictSame(collector.faults, []);
});

t.test('without tracing nothing is told of it', async (t) => {
  const { server } = await serve(t, { root: t.testdir({ 'a.txt': 'a' }) });
  t.notOk((await scrape(server)).has('pagecast_spans_total'));
});
