// Which origin, which connection: balance, room, the queue, the life of a connection.
import t from 'tap';
import { type Candidate, leastBusy, turn } from '../../server/proxy/origin/balance.ts';
import { ask, begin, get, originsOf, type Recorder, until } from './origin-asking.ts';
import { answer, FIN, RawOrigin } from './raw-origin.ts';

function candidates(...weights: readonly number[]): (Candidate & { name: string; busy: number })[] {
  return weights.map((weight, index) => ({ weight, busy: 0, credit: 0, name: 'ABC'[index]! }));
}

t.test('the smooth order of weights', (t) => {
  const orders: readonly (readonly [weights: readonly number[], order: string])[] = [
    [[1], 'AAAA'],
    [[1, 1], 'ABABAB'],
    [[1, 1, 1], 'ABCABC'],
    [[5, 1, 1], 'AABACAAAABACAA'],
    [[2, 1], 'ABAABA'],
    [[1_000, 1_000], 'ABAB'],
  ];
  for (const [weights, order] of orders) {
    const all = candidates(...weights);
    t.equal(Array.from(order, () => turn(all)?.name).join(''), order, weights.join(', '));
  }
  t.equal(turn(candidates()), undefined);
  t.end();
});

t.test('an origin that was away for long does not get all of what it missed', (t) => {
  const all = candidates(1, 1);
  for (let i = 0; i < 1_000; i++) turn(all.slice(0, 1));
  t.equal(Array.from({ length: 6 }, () => turn(all)?.name).join(''), 'ABABAB');
  t.end();
});

t.test('the fewest requests for its weight', (t) => {
  const all = candidates(1, 2, 1);
  const busy = (...numbers: readonly number[]): string => {
    for (const [index, number] of numbers.entries()) {
      all[index]!.busy = number;
    }
    return leastBusy(all).map(({ name }) => name).join('');
  };
  t.equal(busy(0, 0, 0), 'ABC');
  t.equal(busy(1, 1, 1), 'B');
  t.equal(busy(1, 2, 1), 'ABC');
  t.equal(busy(2, 5, 3), 'A');
  t.same(leastBusy([]), []);
  t.end();
});

t.test('over sockets: in turn by weight', async (t) => {
  const all = await Promise.all([1, 2, 3].map((number) => RawOrigin.listen([[answer(String(number))]])));
  const origins = originsOf({ urls: [{ url: all[0]!.url, weight: 2 }, all[1]!.url, all[2]!.url] });
  let order = '';
  for (let i = 0; i < 8; i++) order += (await ask(origins)).body;
  t.equal(order, '12311231');
  t.equal(origins.counts()['connected'], 3, 'one connection each');
  await origins.close();
  await Promise.all(all.map((origin) => origin.close()));
});

t.test('over sockets: the least busy', async (t) => {
  const all = await Promise.all([1, 2].map((number) => RawOrigin.listen([[]].map(() => [answer(String(number))]))));
  all[0]!.script([], [answer('1')]);
  const origins = originsOf({ urls: all.map(({ url }) => url), balance: 'least-connections' });
  const slow = begin(origins);
  await until(() => all[0]!.requests === 1);
  let order = '';
  for (let i = 0; i < 4; i++) order += (await ask(origins)).body;
  t.equal(order, '2222', 'the first one is busy');
  slow.call.cancel('');
  for (let i = 0; i < 4; i++) order += (await ask(origins)).body;
  t.match(order, /^2222(12){2}$|^2222(21){2}$/, 'and then in turn');
  await origins.close();
  await Promise.all(all.map((origin) => origin.close()));
});

t.test('no more connections than allowed; who waits is served in order', async (t) => {
  const origin = await RawOrigin.listen([[20, answer('hi')]]);
  const origins = originsOf({ urls: [origin.url], connectionsMax: 3, queueMax: 7 });
  const order: number[] = [];
  const calls: Recorder[] = [];
  for (let i = 0; i < 12; i++) {
    const recorder = begin(origins);
    recorder.onHead = () => order.push(i);
    calls.push(recorder);
  }
  await until(() => origins.counts()['busy'] === 3);
  t.equal(origins.counts()['waiting'], 7);
  calls[5]!.call.cancel('not wanted');
  t.equal(origins.counts()['waiting'], 6);
  await Promise.all(calls.filter((_, i) => i !== 5).map(({ over }) => over));
  t.same([...order], [...order].sort((a, b) => a - b));
  t.equal(order.length, 9);
  t.same(calls.slice(10).map(({ failure }) => failure?.kind), ['no-origin', 'no-origin'], 'the queue was full');
  t.equal(origin.sockets.length, 3);
  t.match(origins.counts(), { asked: 12, active: 0, waiting: 0, busy: 0, 'failed.no-origin': 2 });
  await origins.close();
  await origin.close();
});

t.test('a request for one origin goes there or nowhere, and holds nobody up', async (t) => {
  const all = await Promise.all(['1', '2'].map((text) => RawOrigin.listen([[answer(text)]])));
  const [first, second] = all as [RawOrigin, RawOrigin];
  const origins = originsOf({ urls: [first.url, second.url], connectionsMax: 1 });
  for (let i = 0; i < 3; i++) t.equal((await ask(origins, get('/', { origin: second.url }))).body, '2');
  first.script([], [answer('1')]);
  const slow = begin(origins, get('/', { origin: first.url }));
  await until(() => first.requests === 1);
  const waiting = begin(origins, get('/', { origin: first.url }));
  await until(() => origins.counts()['waiting'] === 1);
  t.equal((await ask(origins)).body, '2');
  t.equal(waiting.story, '');
  slow.call.cancel('');
  await waiting.over;
  t.equal(waiting.body, '1');
  first.script([FIN]);
  t.equal((await ask(origins, get('/', { origin: first.url }))).failure?.kind, 'closed', 'no other is asked');
  await origins.close();
  await Promise.all(all.map((origin) => origin.close()));
});

t.test('a full origin is passed over', async (t) => {
  const slow = await RawOrigin.listen([[]]);
  const quick = await RawOrigin.listen([[answer('quick')]]);
  const origins = originsOf({ urls: [slow.url, quick.url], connectionsMax: 1 });
  const first = begin(origins);
  await until(() => slow.requests === 1);
  for (let i = 0; i < 3; i++) t.equal((await ask(origins)).body, 'quick');
  first.call.cancel('');
  await origins.close();
  await slow.close();
  await quick.close();
});

t.test('room is given back after every end', async (t) => {
  const origin = await RawOrigin.listen([
    [answer('a')],
    ['garbage\r\n\r\n'],
    ['HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na', FIN],
    ['HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na'],
    ['HTTP/1.1 200 OK\r\n\r\na', FIN],
    ['HTTP/1.1 304 N\r\nContent-Length: 7\r\n\r\n'],
    [FIN],
    [answer('a')],
  ]);
  const origins = originsOf({ urls: [origin.url], connectionsMax: 1, retriesMax: 0 });
  const stories = [];
  for (let i = 0; i < 8; i++) stories.push((await ask(origins)).told.at(-1));
  t.same(stories, ['end', 'malformed before head', 'closed', 'end', 'end', 'end', 'closed before head', 'end']);
  await origins.close();
  await origin.close();
});

t.test('a connection that is old gets no new request', async (t) => {
  const origin = await RawOrigin.listen([[answer('hi')]]);
  const origins = originsOf({ urls: [origin.url], connectionLifetimeMs: 50 });
  await ask(origins);
  await ask(origins);
  const { length } = origin.sockets;
  await new Promise((resolve) => setTimeout(resolve, 80));
  await ask(origins);
  t.equal(origin.sockets.length, length + 1);
  await until(() => origin.sockets[0]!.closed);
  await origins.close();
  await origin.close();
});

t.test('an idle connection is closed, sooner where the origin says so', async (t) => {
  const origin = await RawOrigin.listen([[answer('hi')]]);
  const short = originsOf({ urls: [origin.url], keepAliveMs: 30 });
  await ask(short);
  await until(() => short.counts()['connections'] === 0);
  await short.close();
  origin.script([answer('hi', 'Keep-Alive: timeout=1')]);
  const told = originsOf({ urls: [origin.url] });
  await ask(told);
  await until(() => told.counts()['connections'] === 0);
  origin.script([answer('hi', 'Keep-Alive: timeout=999999')]);
  const bounded = originsOf({ urls: [origin.url], keepAliveMs: 30 });
  await ask(bounded);
  await until(() => bounded.counts()['connections'] === 0);
  await told.close();
  await bounded.close();
  await origin.close();
  t.pass('all of them were');
});

t.test('a thousand calls on eight connections', async (t) => {
  const origin = await RawOrigin.listen([[answer('hi')]]);
  const origins = originsOf({ urls: [origin.url], connectionsMax: 8 });
  const calls = await Promise.all(Array.from({ length: 1_000 }, (_, i) => ask(origins, get(`/${i}`))));
  t.ok(calls.every(({ body }) => body === 'hi'));
  t.equal(origin.sockets.length, 8);
  await origins.close();
  await origin.close();
});
