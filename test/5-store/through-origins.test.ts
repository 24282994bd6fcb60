// What an origin breaks off, or lies about, is not stored; what a client does not wait for is. And an origin is not heard faster than
// the disk writes.
import t from 'tap';
import { ask, Broken, Client, requestText } from '../client.ts';
import { pause, until } from '../serving.ts';
import { Storing } from './storing.ts';

const SIZES = [1000, 3_000_000, 12_000_000];

t.test('broken off', async (t) => {
  const storing = await Storing.begin(t);
  for (const bytes of SIZES) {
    for (const how of ['cut', 'short']) {
      for (let i = 0; i < 2; ++i) {
        const target = `/broken?bytes=${bytes}&how=${how}`;
        const outcome = await ask(storing.serving.place, target).catch((error: unknown) => error);
        t.ok(outcome instanceof Broken || (outcome as { status: number }).status === 502, `${target}: it is to be seen`);
      }
    }
  }
  await storing.settled();
  t.strictSame(storing.bodies(), []);
  t.strictSame(storing.heads(), []);
  t.strictSame(storing.arriving(), []);
  t.equal(storing.origin.asked(), 2 * 2 * SIZES.length, 'nothing of it was used again');
  t.match(await storing.serving.server.counts(), { diskRefused: 0, diskObjects: 0 });
});

t.test('what is too large to be stored passes by', async (t) => {
  const storing = await Storing.begin(t, { cache: { objectBytesMax: 10_000_000 } });
  const target = '/too-large?bytes=12000000';
  for (let i = 0; i < 2; ++i) t.equal((await storing.get(target)).from, 'uri-miss');
  await storing.settled();
  t.strictSame(storing.bodies(), []);
});

t.test('a client that goes', async (t) => {
  const storing = await Storing.begin(t);
  const target = '/left?bytes=12000000&pieces=12&pauseMs=10';
  const client = await Client.open(storing.serving.place);
  await client.send(requestText(target));
  await client.head();
  client.reset();
  await storing.settled();
  await until(async () => (await storing.count('diskObjects')) === 1, 'what it has begun to be stored');
  t.equal((await storing.get(target)).from, 'hit');
  t.equal(storing.origin.asked(target), 1);
});

t.test('a server that ends in the midst of it', async (t) => {
  const storing = await Storing.begin(t, { graceMs: 100 });
  const target = '/ended?bytes=12000000&pieces=40&pauseMs=50';
  const answer = storing.get(target).catch((error: unknown) => error);
  await until(() => storing.origin.sent > 1_000_000, 'a part of it');
  await storing.restart();
  t.ok((await answer) instanceof Error);
  await storing.settled();
  t.strictSame(storing.bodies(), []);
  t.strictSame(storing.arriving(), []);
});

t.test('a client that is slow holds back nobody', async (t) => {
  const storing = await Storing.begin(t);
  const target = '/slow?bytes=20000000&etag=s';
  const slow = await Client.open(storing.serving.place);
  slow.socket.pause();
  await slow.send(requestText(target));
  t.match(await storing.get(target), { reply: { status: 200 } });
  await storing.settled();
  await pause(50);
  t.equal((await storing.get(target)).from, 'hit');
  slow.socket.resume();
  t.equal((await slow.reply()).body.length, 20_000_000);
  slow.destroy();
  t.equal(storing.origin.asked(target), 1);
});
