// A call in each of its states: paused, cancelled, late, thrown at, closed.
import t from 'tap';
import { ask, begin, bodyOf, get, originsOf, Recorder, until } from './origin-asking.ts';
import { answer, FIN, RawOrigin, RST, type Script } from './raw-origin.ts';

const CHUNK = 'x'.repeat(65_536);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

t.test('paused: the origin waits, and the timeout of the body rests', async (t) => {
  const origin = await RawOrigin.listen([[`HTTP/1.1 200 OK\r\nContent-Length: ${300 * CHUNK.length}\r\n\r\n`, ...Array<string>(300).fill(CHUNK)]]);
  const origins = originsOf({ urls: [origin.url], bodyTimeoutMs: 100 });
  const recorder = begin(origins);
  let atPause = -1;
  recorder.onData = () => {
    if (atPause >= 0) return;
    recorder.call.pause();
    atPause = recorder.body.length;
  };
  await until(() => atPause >= 0);
  await wait(300);
  t.ok(recorder.body.length - atPause <= 65_536, 'at most one read more');
  t.ok(origin.sockets[0]!.writableLength > 0, 'the origin cannot send');
  recorder.call.resume();
  await recorder.over;
  t.equal(recorder.story, '200 length, data, end');
  t.equal(recorder.body.length, 300 * CHUNK.length);
  t.equal((await ask(origins)).told[0], '200 length');
  t.equal(origin.sockets.length, 1, 'and is used again');
  await origins.close();
  await origin.close();
});

t.test('paused at once, before the head, or again and again', async (t) => {
  const origin = await RawOrigin.listen([[answer(CHUNK + CHUNK)]]);
  const origins = originsOf({ urls: [origin.url] });
  const early = begin(origins);
  early.call.pause();
  await until(() => early.told.length > 0);
  await wait(50);
  t.equal(early.told[0], '200 length', 'a head comes all the same');
  t.ok(early.body.length <= 65_536);
  early.call.resume();
  await early.over;
  t.equal(early.body.length, 131_072);

  const restless = begin(origins);
  restless.onHead = () => restless.call.pause();
  restless.onData = () => {
    restless.call.pause();
    setImmediate(() => restless.call.resume());
  };
  setTimeout(() => restless.call.resume(), 30);
  await restless.over;
  t.equal(restless.body.length, 131_072);
  await origins.close();
  await origin.close();
});

t.test('the connection ends while a call is paused', async (t) => {
  const ends: readonly (readonly [script: Script, story: string])[] = [
    [['HTTP/1.1 200 OK\r\n\r\nhi', 20, FIN], '200 close, data, end'],
    [['HTTP/1.1 200 OK\r\n\r\nhi', 20, RST], '200 close, data, closed'],
    [['HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi', 20, FIN], '200 length, data, closed'],
    [['HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi', 20, RST], '200 length, data, closed'],
    [['HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 9\r\n\r\nhi', 20, FIN], '200 length, data, closed'],
    [['HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n', 20, RST], '200 chunked, data, closed'],
  ];
  for (const [script, story] of ends) {
    const origin = await RawOrigin.listen([script]);
    const origins = originsOf({ urls: [origin.url], retriesMax: 0 });
    const recorder = begin(origins);
    recorder.onData = () => recorder.call.pause();
    await until(() => recorder.body !== '');
    await wait(60);
    recorder.call.resume();
    await recorder.over;
    t.equal(recorder.story, story);
    await origins.close();
    await origin.close();
  }
});

t.test('one call resumed, cancelled and begun within the events of another', async (t) => {
  const origin = await RawOrigin.listen([[answer(CHUNK.repeat(8))]]);
  const origins = originsOf({ urls: [origin.url] });
  const first = begin(origins);
  first.onData = () => first.call.pause();
  await until(() => first.body !== '');
  const third = begin(origins);
  await until(() => third.told.length > 0);
  const second = begin(origins);
  let fourth: Recorder | undefined;
  second.onData = () => {
    first.onData = () => undefined;
    first.call.resume();
    third.call.cancel('not wanted');
    fourth ??= begin(origins);
  };
  await Promise.all([first.over, second.over]);
  await fourth?.over;
  t.same([first, second, fourth].map((recorder) => recorder?.body.length), Array(3).fill(524_288));
  await origins.close();
  await origin.close();
});

t.test('cancelled in each state: silence, and the connection is closed', async (t) => {
  const slow: Script = ['HTTP/1.1 103 E\r\n\r\n', 20, 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n', 20, 'hi', 20, 'ho'];
  const origin = await RawOrigin.listen([slow]);
  const origins = originsOf({ urls: [origin.url], connectionsMax: 2 });
  const states: readonly ((recorder: Recorder) => boolean)[] = [
    () => true,
    () => origins.counts()['connections'] === 1,
    () => origin.requests > 0,
    ({ told }) => told.includes('103'),
    ({ told }) => told.includes('200 length'),
    ({ told }) => told.includes('data'),
  ];
  for (const [index, isReached] of states.entries()) {
    const recorder = begin(origins);
    while (!isReached(recorder)) await turn();
    recorder.call.cancel('not wanted');
    recorder.call.cancel('nor this');
    const { length } = recorder.told;
    recorder.call.pause();
    recorder.call.resume();
    await wait(100);
    t.equal(recorder.told.length, length, `state ${index}: nothing more`);
    t.match(origins.counts(), { active: 0, connections: 0, busy: 0 }, `state ${index}`);
  }
  await until(() => origin.sockets.every(({ closed }) => closed));
  const whole = await ask(origins);
  whole.call.cancel('too late');
  t.equal(whole.story, '103, 200 length, data, end');
  await turn();
  t.match(origins.counts(), { connections: 1, busy: 0 }, 'a call that is over has no connection to lose');
  t.equal(origins.counts()['failed.cancelled'], 0, 'and it is no failure');
  await origins.close();
  await origin.close();
});

t.test('a connection that is being opened is closed when it is not wanted', async (t) => {
  // It takes the connection, and leaves the TLS handshake unanswered.
  const origin = await RawOrigin.listen([[]]);
  const origins = originsOf({ urls: [`https://127.0.0.1:${origin.port}`], connectTimeoutMs: 60_000 });
  const recorder = begin(origins);
  await until(() => origin.received.join('') !== '');
  recorder.call.cancel('not wanted');
  await until(() => origin.sockets[0]!.closed);
  t.equal(recorder.story, '');
  await origins.close();
  const late = originsOf({ urls: [`https://127.0.0.1:${origin.port}`], connectTimeoutMs: 50, retriesMax: 0 });
  t.match((await ask(late)).failure, { kind: 'timeout-connect', status: 504, beforeHead: true });
  await until(() => origin.sockets[1]!.closed);
  const closed = begin(late);
  await until(() => origin.sockets.length === 3);
  await late.close();
  t.equal(closed.story, 'cancelled before head');
  await until(() => origin.sockets[2]!.closed);
  await origin.close();
});

t.test('a listener that throws', async (t) => {
  const origin = await RawOrigin.listen([['HTTP/1.1 103 E\r\n\r\n', answer(CHUNK)]]);
  for (const event of ['interim', 'head', 'data', 'end'] as const) {
    const reports: string[] = [];
    const origins = originsOf({ urls: [origin.url] }, (name, message) => reports.push(`${name}: ${message}`));
    const recorder = new Recorder();
    const after: string[] = [];
    recorder[event] = () => {
      after.push(event);
      throw new Error('ours');
    };
    recorder.call = origins.ask(get(), recorder);
    await until(() => reports.length > 0);
    const told = recorder.told.length;
    await wait(20);
    t.match(reports, [/^originListenerFailed: Error: ours/], event);
    t.same(after, [event], 'and is told nothing more');
    t.equal(recorder.told.length, told);
    t.equal(origins.counts()['active'], 0);
    await origins.close();
  }
  const failing = originsOf({ urls: ['http://127.0.0.1:1'] });
  const recorder = new Recorder();
  recorder.failed = () => {
    throw new Error('ours');
  };
  recorder.call = failing.ask(get(), recorder);
  await until(() => failing.counts()['active'] === 0);
  await failing.close();
  await origin.close();
});

t.test('timeouts', async (t) => {
  const origin = await RawOrigin.listen([[]]);
  const origins = originsOf({ urls: [origin.url], headTimeoutMs: 400, bodyTimeoutMs: 400, retriesMax: 0, queueTimeoutMs: 40, connectionsMax: 1 });
  const silent = begin(origins);
  const waiting = begin(origins);
  await Promise.all([silent.over, waiting.over]);
  t.match(silent.failure, { kind: 'timeout-head', status: 504, beforeHead: true });
  t.match(waiting.failure, { kind: 'no-origin', status: 503, beforeHead: true });
  origin.script(['HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhi']);
  t.match((await ask(origins)).failure, { kind: 'timeout-body', status: 504, beforeHead: false });
  origin.script(['HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n', 150, 'a', 150, 'b', 150, 'c', 150, 'd']);
  t.equal((await ask(origins)).body, 'abcd', 'each piece in time, all together not');
  origin.script([250, 'HTTP/1.1 102 P\r\n\r\n', 250, 'HTTP/1.1 102 P\r\n\r\n', 250, answer('hi')]);
  t.equal((await ask(origins)).body, 'hi', 'an interim answer begins the time anew');
  origin.script(['HTTP/1.1 200 OK\r\n', 150, 'X: y\r\n', 150, 'X: y\r\n', 150, 'X: y\r\n', 150, 'X: y\r\n', 1_000, '\r\n']);
  t.match((await ask(origins)).failure, { kind: 'timeout-head' }, 'a head that trickles does not');
  t.equal(origins.counts()['failed.timeout-head'], 2);
  await origins.close();
  await origin.close();
});

t.test('a client that is slow to send is not the origin\'s fault', async (t) => {
  const slowly = async function* (): AsyncGenerator<string> {
    for (const chunk of ['a', 'b', 'c']) {
      await wait(300);
      yield chunk;
    }
  };
  const origin = await RawOrigin.listen([[]]);
  const origins = originsOf({ urls: [origin.url], headTimeoutMs: 200 });
  const recorder = begin(origins, get('/', { method: 'PUT', body: bodyOf(slowly(), 3) }));
  await until(() => origin.received.join('').endsWith('abc') || recorder.told.length > 0);
  origin.sockets[0]!.write(answer('hi'));
  await recorder.over;
  t.equal(recorder.story, '200 length, data, end');
  await origins.close();
  await origin.close();
});

t.test('closed: what is under way and what waits fails, what comes later too', async (t) => {
  const origin = await RawOrigin.listen([['HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhi'], []]);
  const origins = originsOf({ urls: [origin.url], connectionsMax: 2 });
  const calls = [begin(origins)];
  await until(() => calls[0]!.body !== '');
  calls.push(begin(origins), begin(origins));
  await until(() => origins.counts()['waiting'] === 1);
  await origins.close();
  calls.push(await ask(origins));
  t.same(calls.map(({ story }) => story), ['200 length, data, cancelled', 'cancelled before head', 'cancelled before head', 'cancelled before head']);
  t.match(origins.counts(), { active: 0, waiting: 0, connections: 0, 'failed.cancelled': 4 });
  await until(() => origin.sockets.every(({ closed }) => closed));
  await origin.close();
});
