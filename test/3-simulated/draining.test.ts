// A drain: no new connections, answers under way are finished, then it is told.
import t from 'tap';
import { get } from '../simulated/request.ts';
import { run } from '../simulated/run.ts';

t.test('draining: idle connections close when nothing comes, answers under way are finished, then it is told', (t) => run(t, {}, async (site) => {
  const content = site.put('a', 1, 100_000);
  const idle = site.connect()!;
  idle.say(get('/none'));
  await site.settle(true);
  const busy = site.connect({ sendBytesMax: 5000 })!;
  busy.say(get('/a'));
  await site.settle();
  site.loop.drain(() => site.unlisten());
  await site.settle();
  t.notOk(idle.is('ENDED'), 'a request may be on its way');
  t.notOk(site.drained);
  await site.settle(true);
  t.same(busy.responses(['GET'])[0]!.body, content);
  t.notOk(site.drained, 'it did not know that this was its last answer');
  site.advance(1000);
  await site.settle();
  t.ok(idle.is('ENDED'));
  t.ok(busy.is('ENDED'));
  t.ok(site.drained);
}));

t.test('draining: what was asked before is answered, the last answer says that it is the last', (t) => run(t, {}, async (site) => {
  const content = site.put('a', 1, 100_000);
  const peer = site.connect({ sendBytesMax: 5000 })!;
  peer.say(get('/a'));
  await site.settle();
  peer.say(get('/a')); // waits for the first to be sent
  const begun = site.connect()!;
  begun.say('GET /no');
  const mute = site.connect()!;
  await site.settle();
  site.loop.drain(() => site.unlisten());
  begun.say('ne HTTP/1.1\r\nHost: x\r\n\r\n');
  await site.settle(true);
  const [first, second] = peer.responses(['GET', 'GET']);
  t.same([first!.body, second!.body], [content, content]);
  t.same([first!.fields.has('connection'), second!.fields.get('connection')], [false, 'close']);
  t.equal(begun.responses(['GET'])[0]!.fields.get('connection'), 'close');
  for (const one of [peer, begun]) one.close();
  await site.settle();
  t.notOk(site.drained, 'the first request of a new connection may be on its way');
  site.advance(1000);
  await site.settle();
  t.ok(mute.is('ENDED'));
  t.ok(site.drained);
}));

t.test('a loop that was held up reads what has come before it gives anybody up', (t) => run(t, {}, async (site) => {
  const content = site.put('a', 1, 1000);
  const [kept, fresh, begun] = [site.connect()!, site.connect()!, site.connect()!];
  kept.say(get('/a'));
  begun.say(get('/a').slice(0, 5));
  await site.settle(true);
  kept.forget();
  site.loop.drain(() => site.unlisten());
  await site.settle();
  kept.say(get('/a'));
  fresh.say(get('/a'));
  begun.say(get('/a').slice(5));
  site.advance(20_000); // and nothing is received meanwhile
  await site.settle(true);
  for (const peer of [kept, fresh, begun]) {
    const [answer] = peer.responses(['GET']);
    t.same(answer?.body, content);
    t.equal(answer?.fields.get('connection'), 'close');
  }
}));

t.test('draining: time for another request begins when the peer has taken the answer before it', (t) => run(t, {}, async (site) => {
  const content = site.put('a', 1, 1000);
  const peer = site.connect()!;
  const idle = site.connect()!;
  for (const one of [peer, idle]) one.say(get('/none'));
  await site.settle(true);
  peer.forget();
  peer.hold();
  peer.say(get('/a'));
  await site.settle();
  site.loop.drain(() => site.unlisten());
  for (let i = 0; i < 20; ++i) {
    site.advance(250);
    await site.settle(true);
  }
  t.ok(idle.is('ENDED'));
  t.notOk(peer.is('ENDED'), 'most of it is on its way');
  peer.hold(false);
  await site.settle(true);
  t.same(peer.responses(['GET'])[0]!.body, content);
  site.advance(400);
  peer.forget();
  peer.say(get('/a'));
  await site.settle(true);
  const [last] = peer.responses(['GET']);
  t.same([last!.body, last!.fields.get('connection')], [content, 'close']);
  peer.close();
  await site.settle();
  t.ok(site.drained);
}));
