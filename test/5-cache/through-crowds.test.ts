// Many who ask for the same at once, RFC 9111 §4: one question to the origin where its answer may be shared, and no answer shared that may not be.
import t, { type Test } from 'tap';
import { Client, requestText } from '../client.ts';
import { until, type Serving } from '../serving.ts';
import { converse, type Answered } from './talking.ts';
import { proxied, settled, type Proxied } from './through.ts';
import type { Says, Seen } from './told-origin.ts';

const LONG = 'Cache-Control: max-age=3600';
const BODY = '0123456789'.repeat(1000);
/** Too long to be stored before it is given out, whatever is to become of it. */
const LONG_BODY = BODY.repeat(20);

interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

function gate(): Gate {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

function asks(serving: Serving, target: string, count: number, ...lines: readonly string[]): Promise<Answered>[] {
  return Array.from({ length: count }, () => converse(serving.place, { method: 'GET', target, lines }));
}

/** As many requests as that have asked the coordinator: they wait for, or follow, what arrives. */
async function collapsed({ server }: Serving, count: number): Promise<void> {
  await until(async () => ((await server.counts())['collapsed'] ?? 0) >= count, `${count} requests that were collapsed`);
}

function statusesOf(answers: readonly Answered[]): readonly number[] {
  return [...new Set(answers.map(({ status }) => status))];
}

/** It was not asked for by this request: it came in time to follow, or found all of it stored. */
function isAnothers({ fields }: Answered): boolean {
  return /;(?:collapsed|hit)(?:;|$)/.test(fields.get('cache-status') ?? '');
}

async function shared(t: Test, workers: number): Promise<void> {
  const { origin, serving } = await proxied(t, { workers });
  for (const [index, how] of (['length', 'chunked', 'to-end'] as const).entries()) {
    const half = gate();
    const seen = origin.tell(`/${how}`, [{ fields: [LONG], body: BODY, how, half: half.opened }]);
    const asked = asks(serving, `/${how}`, 20);
    await collapsed(serving, 19 * (index + 1));
    half.open();
    const answers = await Promise.all(asked);
    t.equal(seen.length, 1, `${how}: one question`);
    t.ok(answers.every(({ body, complete }) => complete && body === BODY), `${how}: all have all of it`);
    t.equal(answers.filter(isAnothers).length, 19, `${how}: and are told`);
    await settled(serving);
    t.match((await converse(serving.place, { method: 'GET', target: `/${how}`, lines: [] })).fields.get('cache-status'), /^pagecast;hit/);
  }
}

t.test('one question for all, of one worker', (t) => shared(t, 1));
t.test('and of two', (t) => shared(t, 2));

t.test('ranges and HEAD while it arrives', async (t) => {
  const { origin, serving } = await proxied(t);
  const half = gate();
  const seen = origin.tell('/a', [{ fields: [LONG, 'ETag: "a"'], body: BODY, half: half.opened }]);
  const [first] = asks(serving, '/a', 1);
  await until(() => seen.length === 1, 'the question');
  await until(async () => (await server(serving))['flights'] === 1, 'the flight');
  const early = await asks(serving, '/a', 1, 'Range: bytes=2-5')[0]!;
  t.strictSame([early.status, early.body, early.fields.get('content-range')], [206, '2345', 'bytes 2-5/10000'], 'what is there is answered before the end');
  const late = asks(serving, '/a', 1, 'Range: bytes=-3');
  const beyond = await asks(serving, '/a', 1, 'Range: bytes=10000-')[0]!;
  t.equal(beyond.status, 416);
  const known = await asks(serving, '/a', 1, 'If-None-Match: "a"')[0]!;
  t.strictSame([known.status, known.complete], [304, true]);
  half.open();
  t.strictSame([(await late[0]!).status, (await late[0]!).body], [206, '789']);
  t.equal((await first!).body, BODY);
  t.equal(seen.length, 1);
});

t.test('what may not be shared lets all go together', async (t) => {
  const { origin, serving } = await proxied(t);
  for (const [index, fields] of [['Cache-Control: no-store'], ['Cache-Control: private, max-age=60'], ['Vary: *', LONG], []].entries()) {
    const path = `/${index}`;
    const first = gate();
    const others = gate();
    const says: Says[] = [{ fields, body: 'first', wait: first.opened }, ...Array.from({ length: 9 }, (_, i) => ({ fields, body: `other ${i}`, wait: others.opened }))];
    const seen = origin.tell(path, says);
    const asked = asks(serving, path, 10);
    await collapsed(serving, 9 * (index + 1));
    first.open();
    await until(() => seen.length === 10, 'all ten, none of which is answered before the other nine have asked');
    others.open();
    const answers = await Promise.all(asked);
    t.equal(new Set(answers.map(({ body }) => body)).size, 10, `${fields.join()}: each has its own`);
  }
});

t.test('a failure answers all', async (t) => {
  const { origin, serving } = await proxied(t);
  const closed = gate();
  const seen = origin.tell('/a', [{ how: 'silent', wait: closed.opened }]);
  const asked = asks(serving, '/a', 10);
  await collapsed(serving, 9);
  closed.open();
  t.strictSame(statusesOf(await Promise.all(asked)), [502]);
  t.equal(seen.length, 1);
});

t.test('what breaks off breaks off for all, and is not stored', async (t) => {
  const { origin, serving } = await proxied(t);
  for (const [index, how] of (['cut-off', 'cut-chunked', 'reset'] as const).entries()) {
    const half = gate();
    origin.tell(`/${how}`, [{ fields: [LONG], body: BODY, how, half: half.opened }]);
    // A reset may come before anything else is read; and who comes too late to follow has asked anew.
    const asked = asks(serving, `/${how}`, 10).map((one) => one.then(({ status, complete }) => status === 200 && complete, () => false));
    await collapsed(serving, 9 * (index + 1));
    half.open();
    t.strictSame(await Promise.all(asked), Array<boolean>(10).fill(false), how);
    await settled(serving);
    const seen = origin.tell(`/${how}`, [{ body: 'new' }]);
    t.equal((await asks(serving, `/${how}`, 1)[0]!).body, 'new');
    t.equal(seen.length, 1);
  }
});

t.test('who asked first may go', async (t) => {
  const { origin, serving } = await proxied(t);
  const half = gate();
  const seen = origin.tell('/a', [{ fields: [LONG], body: BODY, half: half.opened }]);
  const first = await Client.open(serving.place);
  await first.send(requestText('/a'));
  await until(() => seen.length === 1, 'the question');
  const asked = asks(serving, '/a', 5);
  await collapsed(serving, 5);
  first.reset();
  half.open();
  t.ok((await Promise.all(asked)).every(({ body, complete }) => complete && body === BODY));
  await settled(serving);
  t.equal((await asks(serving, '/a', 1)[0]!).body, BODY, 'and it is stored');
  t.equal(seen.length, 1);
});

t.test('variants are asked for apart', async (t) => {
  const { origin, serving } = await proxied(t);
  const both = gate();
  const says = (body: string): Says => ({ fields: [LONG, 'Vary: Foo'], body, wait: both.opened });
  origin.tell('/a', [{ fields: [LONG, 'Vary: Foo'], body: '0' }]);
  await Promise.all(asks(serving, '/a', 1, 'Foo: 0'));
  await settled(serving);
  const seen = origin.tell('/a', [says('1'), says('2')]);
  const asked = [...asks(serving, '/a', 5, 'Foo: 1'), ...asks(serving, '/a', 5, 'Foo: 2')];
  await until(() => seen.length === 2, 'both questions');
  await collapsed(serving, 8);
  both.open();
  const answers = await Promise.all(asked);
  t.equal(seen.length, 2);
  const bodyFor = (foo: string): string => (seen[0]!.fields.get('foo') === foo ? '1' : '2');
  t.ok(answers.slice(0, 5).every(({ body }) => body === bodyFor('1')) && answers.slice(5).every(({ body }) => body === bodyFor('2')), 'each has its own');
});

t.test('an answer that varies is not given to whom it is not for', async (t) => {
  const { origin, serving } = await proxied(t);
  const first = gate();
  const seen = origin.tell('/a', [{ fields: [LONG, 'Vary: Foo'], body: 'one', wait: first.opened }, { fields: [LONG, 'Vary: Foo'], body: 'two' }]);
  const one = asks(serving, '/a', 1, 'Foo: 1');
  await until(() => seen.length === 1, 'the question');
  const two = asks(serving, '/a', 3, 'Foo: 2');
  await collapsed(serving, 3);
  first.open();
  t.equal((await one[0]!).body, 'one');
  t.strictSame((await Promise.all(two)).map(({ body }) => body), ['two', 'two', 'two']);
  t.equal(seen.length, 2);
});

t.test('what may not be used without validation is not shared while it arrives', async (t) => {
  const proxy = await proxied(t);
  const rows = [['Cache-Control: no-cache', 'ETag: "a"'], ['Cache-Control: max-age=0', 'ETag: "a"'], ['Cache-Control: max-age=60', 'Age: 120', 'ETag: "a"'], ['Last-Modified: @-864000', 'Cache-Control: no-cache']];
  for (const [index, fields] of rows.entries()) {
    t.equal(await askedWhileItArrives(t, proxy, `/${index}`, fields, []), 2, fields.join());
  }
});

t.test('a short one is validated by each who waited for it', async (t) => {
  const { origin, serving } = await proxied(t);
  const half = gate();
  const fields = ['Cache-Control: no-cache', 'ETag: "a"'];
  const seen = origin.tell('/a', [{ fields, body: BODY, half: half.opened }, ...Array.from({ length: 9 }, (): Says => ({ status: 304, fields }))]);
  const asked = asks(serving, '/a', 10);
  await collapsed(serving, 9);
  half.open();
  t.ok((await Promise.all(asked)).every(({ body, complete }) => complete && body === BODY));
  t.equal(seen.length, 10);
  t.ok(seen.slice(1).every(({ fields: sent }) => sent.get('if-none-match') === '"a"'));
});

t.test('who has an answer finds it stored', async (t) => {
  const { origin, serving } = await proxied(t);
  for (const how of ['length', 'chunked'] as const) {
    const seen = origin.tell(`/${how}`, [{ fields: [LONG], how, body: 'short' }]);
    const client = await Client.open(serving.place);
    const told: (string | undefined)[] = [];
    for (let i = 0; i < 3; i++) {
      await client.send(requestText(`/${how}`));
      told.push((await client.reply()).fields.get('cache-status')?.replace(/;ttl=\d+/, ''));
    }
    t.strictSame(told, ['pagecast;fwd=uri-miss;stored', 'pagecast;hit', 'pagecast;hit'], how);
    t.equal(seen.length, 1);
    client.destroy();
  }
});

t.test('nor with whom wants none', async (t) => {
  const proxy = await proxied(t);
  const rows = ['Cache-Control: no-cache', 'Cache-Control: max-age=0', 'Pragma: no-cache', 'Cache-Control: min-fresh=7200', 'Cache-Control: max-age=100'];
  for (const [index, line] of rows.entries()) {
    t.equal(await askedWhileItArrives(t, proxy, `/${index}`, [LONG, 'ETag: "a"', 'Age: 200'], [line]), 2, line);
  }
});

/** How often the origin is asked where a second request comes in the middle of the answer. */
async function askedWhileItArrives(t: Test, { origin, serving }: Proxied, path: string, fields: readonly string[], lines: readonly string[]): Promise<number> {
  const half = gate();
  const before = (await server(serving))['followed'] ?? 0;
  const seen = origin.tell(path, [{ fields, body: LONG_BODY, half: half.opened }, { fields, body: 'second' }]);
  const first = await Client.open(serving.place);
  t.teardown(() => first.destroy());
  await first.send(requestText(path));
  await first.head();
  const [second] = asks(serving, path, 1, ...lines);
  await until(async () => seen.length === 2 || ((await server(serving))['followed'] ?? 0) > before, 'what becomes of the second');
  half.open();
  t.equal((await second!).body, seen.length === 2 ? 'second' : LONG_BODY);
  return seen.length;
}

t.test('each answer without validation has an Age', async (t) => {
  const { origin, serving } = await proxied(t);
  const half = gate();
  const seen: readonly Seen[] = origin.tell('/a', [{ fields: [LONG], body: BODY, half: half.opened }]);
  const asked = asks(serving, '/a', 5);
  await collapsed(serving, 4);
  half.open();
  const answers = (await Promise.all(asked)).filter(isAnothers);
  t.ok(answers.length === 4 && answers.every(({ fields }) => /^\d+$/.test(fields.get('age') ?? '')), 'RFC 9111 §5.1: it was not asked for by this request');
  t.equal(seen.length, 1);
});

function server({ server: of }: Serving): Promise<Record<string, number>> {
  return of.counts();
}
