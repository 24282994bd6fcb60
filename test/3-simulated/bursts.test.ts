// Bursts that are larger than the areas they come and go through: nothing is lost, what has no room waits its turn.
import t from 'tap';
import { layout } from '../../native/index.ts';
import { Plan, SPAN_BYTES } from '../../server/plan.ts';
import { contentOf } from '../simulated/content.ts';
import { get, request } from '../simulated/request.ts';
import { run } from '../simulated/run.ts';

const { sizes } = layout;

t.test('more connections and requests at once than there are event records', (t) => run(t, { limits: { connectionsMax: 2000 }, backlogMax: 2000 }, async (site) => {
  const content = site.put('a', 1, 3000);
  const count = 3 * sizes.eventsMax;
  const peers = Array.from({ length: count }, () => site.connect({ sendBytesMax: 1000 })!);
  for (const peer of peers) peer.say(get('/a') + get('/none'));
  await site.settle(true);
  for (const peer of peers) peer.say(get('/a'));
  await site.settle(true);
  t.ok(peers.every((peer) => {
    const answers = peer.responses(['GET', 'GET', 'GET']);
    return answers.length === 3 && answers[0]!.body.equals(content) && answers[1]!.status === 404 && answers[2]!.body.equals(content);
  }));
  for (const peer of peers) peer.close();
  await site.settle();
  t.equal(site.audit.closed, count, 'and as many ends');
}));

t.test('more input at once than the receive area holds', (t) => run(t, { limits: { connectionsMax: 200 }, backlogMax: 200 }, async (site) => {
  const peers = Array.from({ length: 100 }, () => site.connect({ receiveBytesMax: 100_000 })!);
  for (const peer of peers) peer.say(`${request('POST', '/', ['Content-Length: 60000'])}${'x'.repeat(60_000)}${get('/none')}`);
  await site.settle(true);
  t.ok(peers.every((peer) => peer.responses(['POST', 'GET']).map(({ status }) => status).join() === '405,404'));
}));

const LARGE = contentOf(7, 1_700_000);
const largePlan = new Plan(200, [['Content-Length', String(LARGE.length)]], [
  { kind: SPAN_BYTES, data: LARGE.subarray(0, 1000), length: 1000 }, { kind: SPAN_BYTES, data: LARGE.subarray(1000), length: LARGE.length - 1000 },
], 'length');

t.test('more bytes in one answer than the send area holds', (t) => run(t, { plans: new Map([['/large', { known: true, plan: () => largePlan }]]) }, async (site) => {
  const peers = [site.connect({ sendBytesMax: 30_000 })!, site.connect({ sendBytesMax: 4_000_000 })!];
  for (const peer of peers) peer.say(get('/large') + get('/none') + get('/large'));
  await site.settle(true);
  for (const peer of peers) {
    const answers = peer.responses(['GET', 'GET', 'GET']);
    t.same(answers.map(({ status }) => status), [200, 404, 200]);
    t.ok(answers[0]!.body.equals(LARGE));
    t.ok(answers[2]!.body.equals(LARGE));
  }
}));

t.test('more answers on one connection than there is room for commands', (t) => run(t, {}, async (site) => {
  const peer = site.connect({ receiveBytesMax: 1 << 20, sendBytesMax: 1 << 22 })!;
  const count = 2000;
  peer.say(request('OPTIONS', '/').repeat(count));
  await site.settle(true);
  const answers = peer.responses(Array<string>(count).fill('OPTIONS'));
  t.equal(answers.length, count);
}));
