// Everything at once, by a seed: origins that break off, say too much, close and stall; clients that rest and go. An answer that is
// whole is the answer to its own request, and at the end nothing is left over.
import t from 'tap';
import { begin, get, originsOf, until } from './origin-asking.ts';
import { FIN, RawOrigin, RST, type Script, type Step } from './raw-origin.ts';

const CALLS = 400;

/** mulberry32 */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function bodyFor(path: string): string {
  return `${path} `.repeat(1 + (Number(path.slice(1)) % 7) * 3_000);
}

/** The answer to a request, in pieces, with one thing wrong now and then. */
function script(head: string, next: () => number): Script {
  const path = /^\S+ (\S+)/.exec(head)?.[1] ?? '';
  const body = bodyFor(path);
  const framed = next() < 0.5 ? `Content-Length: ${body.length}\r\n\r\n${body}` : `Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  const whole = `${next() < 0.2 ? 'HTTP/1.1 100 C\r\n\r\n' : ''}${next() < 0.2 ? 'HTTP/1.1 103 E\r\n\r\n' : ''}HTTP/1.1 200 OK\r\nX: ${path}\r\n${framed}`;
  const cut = Math.floor(next() * whole.length);
  const pieces: Step[] = next() < 0.5 ? [whole] : [whole.slice(0, cut), 1, whole.slice(cut)];
  const fault = next();
  if (fault < 0.05) return [FIN];
  if (fault < 0.08) return [RST];
  if (fault < 0.14) return [whole.slice(0, cut), FIN];
  if (fault < 0.18) return [whole.slice(0, cut), RST];
  if (fault < 0.24) return [`${whole}HTTP/1.1 200 OK\r\nX: evil\r\nContent-Length: 4\r\n\r\nevil`];
  if (fault < 0.28) return [`${whole}evil`];
  if (fault < 0.32) return [...pieces, FIN];
  if (fault < 0.34) return ['garbage\r\n\r\n'];
  if (fault < 0.36) return [];
  return pieces;
}

for (const seed of [1, 2, 3]) {
  t.test(`seed ${seed}`, async (t) => {
    const next = random(seed);
    const all = await Promise.all([1, 2, 3].map(() => RawOrigin.listen([(head) => script(head, next)])));
    const origins = originsOf({ urls: all.map(({ url }) => url), connectionsMax: 5, queueMax: CALLS, headTimeoutMs: 300, bodyTimeoutMs: 300, health: { failuresMax: 4, backoffMs: 20, backoffMsMax: 100 } });
    let whole = 0;
    const ends = Array.from({ length: CALLS }, async (_, i) => {
      const recorder = begin(origins, get(`/${i}`));
      const gone = next() < 0.1;
      recorder.onData = () => {
        if (gone) recorder.call.cancel('gone');
        if (next() > 0.2) return;
        recorder.call.pause();
        setTimeout(() => recorder.call.resume(), 3);
      };
      let isOver = false;
      void recorder.over.then(() => (isOver = true));
      await until(() => isOver || (gone && recorder.body !== ''));
      if (recorder.told.at(-1) !== 'end') return;
      whole++;
      if (recorder.body !== bodyFor(`/${i}`) || recorder.fields[0]?.[1] !== `/${i}`) t.fail(`/${i} has another answer`);
    });
    await Promise.all(ends);
    await until(() => origins.counts()['active'] === 0);
    t.ok(whole > CALLS / 2, `${whole} of ${CALLS} answers are whole`);
    await until(() => origins.counts()['busy'] === 0);
    t.match(origins.counts(), { asked: CALLS, active: 0, waiting: 0, busy: 0, 'failed.no-origin': 0, 'failed.cancelled': 0 });
    await origins.close();
    await until(() => all.every(({ sockets }) => sockets.every(({ closed }) => closed)));
    await Promise.all(all.map((origin) => origin.close()));
  });
}
