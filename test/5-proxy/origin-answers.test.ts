// What origins send, good and bad, over real sockets: what is reported, and whether the connection is used again.
import t from 'tap';
import { answerCases, endlessCases } from './origin-answer-cases.ts';
import { ask, get, originsOf } from './origin-asking.ts';
import { answer, FIN, RawOrigin, type Script, type Step } from './raw-origin.ts';

/** One byte per packet, as far as the kernel lets it. */
function byteByByte(script: Script): Script {
  return script.flatMap((step): readonly Step[] => (typeof step === 'string' && step.length <= 500 ? step.split('') : [step]));
}

t.test('each answer, in one piece and byte by byte, then another on whatever connection is left', async (t) => {
  for (const { name, script, story, body = '', method = 'GET', kept } of answerCases) {
    for (const pieces of [script, byteByByte(script)]) {
      const origin = await RawOrigin.listen([pieces, [answer('next')]]);
      // So that an answer is judged alone, and a broken one is not asked for again.
      const origins = originsOf({ urls: [origin.url], retriesMax: 0 });
      const first = await ask(origins, get('/', { method }));
      t.equal(first.story, story, name);
      t.equal(first.body, body, `${name}: body`);
      const second = await ask(origins);
      t.equal(second.body, 'next', `${name}: the next answer is its own`);
      t.equal(origin.sockets.length, kept ? 1 : 2, `${name}: connections`);
      await origins.close();
      await origin.close();
    }
  }
  t.ok(answerCases.length > 90);
});

t.test('a head that does not end', async (t) => {
  for (const [name, first, repeated] of endlessCases) {
    const origin = await RawOrigin.listen([[first, ...Array<string>(200).fill(repeated)]]);
    const origins = originsOf({ urls: [origin.url], retriesMax: 0 });
    const { failure } = await ask(origins);
    t.ok(failure?.kind === 'too-large' || failure?.kind === 'malformed', `${name}: ${failure?.kind ?? ''}`);
    t.equal(failure?.status, 502);
    await origins.close();
    await origin.close();
  }
});

t.test('a head of the largest size, and trailers beyond it', async (t) => {
  const origin = await RawOrigin.listen([
    [answer('hi', `X: ${'y'.repeat(60_000)}`)],
    [`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ${'y'.repeat(70_000)}\r\n\r\n`],
    [answer('hi', ...Array.from({ length: 1_023 }, () => 'a: b'))],
    [answer('hi', ...Array.from({ length: 1_024 }, () => 'a: b'))],
  ]);
  const origins = originsOf({ urls: [origin.url], retriesMax: 0 });
  t.equal((await ask(origins)).fields[0]?.[1].length, 60_000);
  t.equal((await ask(origins)).story, '200 chunked, too-large');
  t.equal((await ask(origins)).fields.length, 1_024);
  t.equal((await ask(origins)).story, 'malformed before head', 'more than 1,024 fields');
  await origins.close();
  await origin.close();
});

t.test('what is told of a head', async (t) => {
  const origin = await RawOrigin.listen([
    [answer('hi', 'Set-Cookie: a', 'X-Empty:', 'sEt-cooKie:  b \t', 'X: \xe4\xff', '__proto__: p')],
    ['HTTP/1.1 200 \xe4\r\nContent-Length: 0\r\n\r\n'],
    ['HTTP/1.0 404 Gone fishing\r\n\r\n', FIN],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Sum: \xff\r\nx-sum: 2\r\n\r\n'],
    ['HTTP/1.1 103 E\r\nLink: a\r\nLink: b\r\n\r\n', answer('')],
  ]);
  const origins = originsOf({ urls: [origin.url] });
  const first = await ask(origins);
  t.same(first.fields, [['Set-Cookie', 'a'], ['X-Empty', ''], ['sEt-cooKie', 'b'], ['X', '\xe4\xff'], ['__proto__', 'p'], ['Content-Length', '2']], 'in order, repeated, as bytes');
  t.same(first.info, { framing: 'length', bytes: 2, version: '1.1' });
  t.equal(first.statusMessage, 'OK');
  t.equal((await ask(origins)).statusMessage, '', 'a reason that is not ASCII');
  const close = await ask(origins);
  t.same(close.info, { framing: 'close', bytes: -1, version: '1.0' });
  t.equal(close.statusMessage, 'Gone fishing');
  t.same((await ask(origins)).trailers, [['X-Sum', '\xff'], ['x-sum', '2']]);
  t.same((await ask(origins)).interimFields, [[['Link', 'a'], ['Link', 'b']]]);
  await origins.close();
  await origin.close();
});
