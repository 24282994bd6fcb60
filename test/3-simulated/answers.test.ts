// Plain answers of the real engine and loop on the simulated kernel, without a fault.
import t from 'tap';
import { layout } from '../../native/index.ts';
import { get, request } from '../simulated/request.ts';
import { run } from '../simulated/run.ts';
import { ROOT } from '../simulated/site.ts';
import { simulated } from '../simulated/world.ts';

const MiB = 1 << 20;

t.test('the simulated addon is built from the same layout', (t) => {
  t.same(simulated.layout, layout);
  t.end();
});

t.test('a request and its answer', (t) => run(t, {}, async (site) => {
  const content = site.put('a.txt', 1, 1000);
  const peer = site.connect()!;
  peer.say(get('/a.txt'));
  await site.settle(true);
  const [answer, ...more] = peer.responses(['GET']);
  t.equal(answer!.status, 200);
  t.same(answer!.body, content);
  t.equal(more.length, 0);
  t.equal(site.counter('bytesArena'), 1000, 'out of the arena');
}));

t.test('keep-alive: one connection, three answers; the second look makes no system call for the file', (t) => run(t, {}, async (site) => {
  const content = site.put('a.txt', 1, 1000);
  const peer = site.connect()!;
  for (let i = 0; i < 3; ++i) {
    const before = site.world.census().calls;
    peer.say(get('/a.txt'));
    await site.settle(true);
    if (i > 0) t.ok(site.world.census().calls - before <= 4, 'epoll_wait, recv, sendmsg, epoll_wait');
  }
  t.same(peer.responses(['GET', 'GET', 'GET']).map(({ body }) => body), [content, content, content]);
  t.equal(site.counter('accepted'), 1);
}));

t.test('pipelined requests are answered in order, whatever each of them has to wait for', (t) => run(t, {}, async (site) => {
  const bodies = [site.put('a', 1, 10), site.put('b', 2, 300_000), site.put('c', 3, 0), site.put('d', 4, 70_000)];
  const peer = site.connect({ sendBytesMax: 5000 })!;
  peer.say(['/a', '/b', '/c', '/none', '/d', '/a'].map((path) => get(path)).join(''));
  await site.settle(true);
  const answers = peer.responses(Array<string>(6).fill('GET'));
  t.same(answers.map(({ status }) => status), [200, 200, 200, 404, 200, 200]);
  t.same([0, 1, 2, 4].map((i) => answers[i]!.body), bodies);
  t.same(answers[5]!.body, bodies[0]);
}));

t.test('a large file leaves by sendfile, in quanta, with another connection served in between', (t) => run(t, {}, async (site) => {
  const large = site.put('large', 1, 5 * MiB);
  const small = site.put('small', 2, 100);
  const slow = site.connect({ sendBytesMax: 8 * MiB, nearness: 'network' })!;
  slow.say(get('/large'));
  const quick = site.connect()!;
  quick.say(get('/small'));
  await site.settle(true);
  t.same(slow.responses(['GET'])[0]!.body, large);
  t.same(quick.responses(['GET'])[0]!.body, small);
  t.ok(site.counter('quantaUsedUp') >= 4, 'it made way');
  t.equal(site.counter('bytesSendfile'), 5 * MiB);
}));

t.test('a file that is not in memory is read ahead by the pool, window by window: no send waits for the disk', (t) => run(t, { hashBytesMax: MiB }, async (site) => {
  const large = site.put('large', 1, 3 * MiB + 5);
  site.world.evict(`${ROOT}/large`);
  const peer = site.connect({ sendBytesMax: 100_000 })!;
  peer.say(get('/large'));
  await site.settle(true);
  t.same(peer.responses(['GET'])[0]!.body, large);
  t.ok(site.counter('readAheads') >= 3);
  t.equal(site.world.census().coldSends, 0, 'no send waited for the disk');
}));

t.test('ranges: one, several in falling order, of a file that is not in memory, none that is there', (t) => run(t, { hashBytesMax: MiB, arenaFileBytesMax: 1000 }, async (site) => {
  const large = site.put('large', 1, 6 * MiB);
  site.advance(3000); // its ETag is strong by now
  site.world.evict(`${ROOT}/large`);
  const peer = site.connect({ sendBytesMax: 300_000 })!;
  peer.say(get('/large', 'Range: bytes=10-1999999') + get('/large', 'Range: bytes=5000000-5999999,100-2000000') + get('/large', 'Range: bytes=6291456-'));
  await site.settle(true);
  const [single, several, none] = peer.responses(['GET', 'GET', 'GET']);
  t.same([single!.status, several!.status, none!.status], [206, 206, 416]);
  t.equal(single!.fields.get('content-range'), `bytes 10-1999999/${6 * MiB}`);
  t.same(single!.body, large.subarray(10, 2_000_000));
  t.ok(several!.body.includes(large.subarray(5_000_000, 6_000_000)));
  t.ok(several!.body.includes(large.subarray(100, 2_000_001)));
  t.equal(site.world.census().coldSends, 0, 'no send waited for the disk');
}));

t.test('HEAD, 304, 404 with and without a page, a redirect, OPTIONS, 405', (t) => run(t, {}, async (site) => {
  site.put('a.txt', 1, 1000);
  site.put('folder/index.html', 2, 50);
  const peer = site.connect()!;
  peer.say(get('/a.txt'));
  await site.settle(true);
  const etag = peer.responses(['GET'])[0]!.fields.get('etag')!;
  peer.forget();
  const methods = ['HEAD', 'GET', 'GET', 'GET', 'GET', 'OPTIONS', 'DELETE'];
  peer.say(request('HEAD', '/a.txt') + get('/a.txt', `If-None-Match: ${etag}`) + get('/none') + get('/folder') + get('/folder/'));
  peer.say(request('OPTIONS', '/a.txt') + request('DELETE', '/a.txt'));
  await site.settle(true);
  const answers = peer.responses(methods);
  t.same(answers.map(({ status }) => status), [200, 304, 404, 301, 200, 204, 405]);
  t.equal(answers[0]!.fields.get('content-length'), '1000');
  t.equal(answers[3]!.fields.get('location'), '/folder/');
  const page = site.put('404.html', 3, 77);
  peer.forget();
  peer.say(get('/none'));
  await site.settle(true);
  t.same(peer.responses(['GET'])[0]!.body, page, 'seen within 100 ms');
}));

t.test('a request body is read and thrown away, in any framing, and the connection goes on', (t) => run(t, {}, async (site) => {
  site.put('a.txt', 1, 10);
  const peer = site.connect({ receiveBytesMax: 10_000 })!;
  const sized = request('POST', '/a.txt', ['Content-Length: 50000']) + 'x'.repeat(50_000);
  const chunked = `${request('POST', '/a.txt', ['Transfer-Encoding: chunked'])}5\r\nhello\r\n3;a=b\r\nyou\r\n0\r\nTrailer: x\r\n\r\n`;
  peer.say(sized + chunked + get('/a.txt'));
  for (let i = 0; i < 20; ++i) {
    await site.settle(true);
    peer.push();
  }
  t.same(peer.responses(['POST', 'POST', 'GET']).map(({ status }) => status), [405, 405, 200]);
}));

t.test('a slow reader gets everything in the end, and costs others nothing', (t) => run(t, {}, async (site) => {
  const content = site.put('a', 1, 500_000);
  const peer = site.connect({ sendBytesMax: 3000 })!;
  peer.say(get('/a'));
  await site.settle();
  t.equal(site.areas.status[layout.status.READY], 0, 'nothing spins while it does not read');
  for (let turns = 0; peer.heardBytes < 500_000 && turns < 5000; ++turns) {
    peer.read(777);
    await site.turn();
  }
  await site.settle(true);
  t.same(peer.responses(['GET'])[0]!.body, content);
}));

t.test('a change on disk is seen within 100 ms: replaced, removed, made, a link that is swapped', (t) => run(t, {}, async (site) => {
  const peer = site.connect()!;
  const look = async (path: string): Promise<string> => {
    peer.forget();
    peer.say(get(path));
    await site.settle(true);
    const [answer] = peer.responses(['GET']);
    return answer!.status === 200 ? answer!.body.toString('latin1') : String(answer!.status);
  };
  const write = (name: string, text: string): void => site.world.put(`${ROOT}/${name}`, Buffer.from(text), 1_700_000_000_000);
  for (const step of [
    () => write('a', 'one'), () => write('a', 'two'), () => site.world.remove(`${ROOT}/a`), () => write('a', 'new'),
    () => site.world.overwrite(`${ROOT}/a`, Buffer.from('own')), () => site.world.overwrite(`${ROOT}/a`, Buffer.from('put')),
  ]) {
    step();
    site.advance(100);
    await look('/a');
  }
  t.equal(await look('/a'), 'put');
  site.world.remove(`${ROOT}/a`);
  t.equal(await look('/a'), 'put', 'for a moment, from memory');
  site.advance(100);
  t.equal(await look('/a'), '404');
  write('releases/1/page', 'first');
  write('releases/2/page', 'second');
  for (const [target, expected] of [['releases/1', 'first'], ['releases/2', 'second'], ['/etc', '404'], [`${ROOT}/releases/1`, 'first']] as const) {
    site.world.link(`${ROOT}/current`, target);
    site.advance(100);
    t.equal(await look('/current/page'), expected, `through a link to ${target}`);
  }
}));
