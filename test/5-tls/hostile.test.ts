// What comes to a TLS port and is no TLS, or none in good faith: it ends, it costs nothing that stays, and others do not notice.
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as secure, type ConnectionOptions } from 'node:tls';
import t, { type Test } from 'tap';
import { Client, requestText, type Place } from '../client.ts';
import { pause, until } from '../serving.ts';
import { serveSecure, skip, tlsOf } from './serving.ts';

const LIMITS = { headTimeoutMs: 1500, lingerTimeoutMs: 500 };

/** The first bytes that a client sends. */
async function clientHello(options: ConnectionOptions = {}): Promise<Buffer> {
  return new Promise((resolve) => {
    const wire = new Duplex({ read: () => undefined, write: (chunk: Buffer, _encoding, done) => { resolve(chunk); done(); } });
    secure({ socket: wire, ...options }).on('error', () => undefined);
  });
}

function open({ host, port }: Place): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true });
    socket.once('connect', () => resolve(socket)).once('error', reject);
  });
}

/** All that comes back until the connection ends, however it does. */
function untilEnd(socket: Socket): Promise<Buffer> {
  const pieces: Buffer[] = [];
  socket.on('data', (piece: Buffer) => pieces.push(piece)).on('error', () => undefined);
  return new Promise((resolve) => socket.on('close', () => resolve(Buffer.concat(pieces))));
}

async function stillServes(place: Place, t: Test): Promise<void> {
  const client = await Client.openSecure(place);
  await client.send(requestText('/a.txt'));
  t.equal((await client.reply()).body.toString(), 'alpha\n', 'others are served');
  client.destroy();
}

t.test('plain HTTP: told so', { skip }, async (t) => {
  const { place, server } = await serveSecure(t, {}, { limits: LIMITS });
  for (const text of [requestText('/a.txt'), 'GET / HTTP/1.0\r\n\r\n', 'get', 'P', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', `POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(100_000)}`, requestText('/a.txt').repeat(1000)]) {
    const client = await Client.open(place);
    await client.send(text);
    const reply = await client.reply();
    t.equal(reply.status, 400);
    t.match(reply.body.toString(), /https:/);
    t.equal(reply.fields.get('connection'), 'close');
    await client.nothingMore();
  }
  const text = requestText('/a.txt');
  for (let at = 1; at < text.length; ++at) {
    const client = await Client.open(place);
    await client.send(text.slice(0, at));
    void client.send(text.slice(at));
    t.equal((await client.reply()).status, 400, `split at ${at}`);
    client.destroy();
  }
  const counts = await server.counts();
  t.equal(counts['plaintextRefused'], 7 + text.length - 1);
  t.equal(counts['refused.plaintext'], 7 + text.length - 1);
  await stillServes(place, t);
});

t.test('garbage', { skip }, async (t) => {
  const { place, server } = await serveSecure(t, {}, { limits: LIMITS });
  const hello = await clientHello({ servername: 'a.test' });
  const alert = Buffer.of(21, 3, 3, 0, 2, 2, 80);
  const rows: readonly (readonly [string, Buffer])[] = [
    ['zeros', Buffer.alloc(64)], ['noise', randomBytes(4096).fill(0x80, 0, 1)], ['an alert', alert], ['application data', Buffer.of(23, 3, 3, 0, 3, 1, 2, 3)], ['an empty record', Buffer.of(22, 3, 1, 0, 0)],
    ['many empty records', Buffer.concat(Array.from({ length: 5000 }, () => Buffer.of(22, 3, 1, 0, 0)))], ['a record that is too long', Buffer.concat([Buffer.of(22, 3, 1, 0xff, 0xff), Buffer.alloc(70_000)])],
    ['a hello of 16 MiB', Buffer.concat([Buffer.of(22, 3, 1, 0x40, 0, 1, 0xff, 0xff, 0xff), Buffer.alloc(0x4000 - 4)])], ['SSL 2', Buffer.of(0x80, 0x2e, 1, 0, 2, 0, 0x15, 0, 0, 0, 0x10)], ['a second hello', Buffer.concat([hello, hello])],
    ['a hello and noise', Buffer.concat([hello, Buffer.of(22, 3, 3, 0, 40), randomBytes(40)])], ['change cipher spec', Buffer.of(20, 3, 3, 0, 1, 1)],
  ];
  for (const [name, bytes] of rows) {
    const socket = await open(place);
    const ended = untilEnd(socket);
    socket.write(bytes);
    const back = await ended;
    t.ok(back.length < 8192, `${name}: ${back.length} bytes back`);
  }
  // Every offset, each to another byte: whatever it is, it comes to an end.
  await Promise.all(Array.from({ length: hello.length }, async (_, at) => {
    const bent = Buffer.from(hello);
    bent[at] = bent[at]! ^ (1 << (at % 8));
    const socket = await open(place);
    const ended = untilEnd(socket);
    socket.write(bent);
    if (bent[0] !== 22 && at === 0) socket.end();
    await pause(20);
    socket.end();
    await ended;
  }));
  const { handshakes, handshakesFailed } = await server.counts();
  t.equal(handshakes, 0);
  t.ok(handshakesFailed! >= rows.length - 2, `${handshakesFailed!} failed`);
  await stillServes(place, t);
});

t.test('half a handshake, ended at every offset', { skip }, async (t) => {
  const { place, server } = await serveSecure(t, {}, { limits: LIMITS });
  const hello = await clientHello();
  await Promise.all(Array.from({ length: hello.length }, async (_, at) => {
    const socket = await open(place);
    const ended = untilEnd(socket);
    socket.write(hello.subarray(0, at));
    socket.end();
    await ended;
  }));
  await until(async () => (await server.counts())['connections'] === 0, 'all to be gone');
  const waiting = await Promise.all([0, 1, 5, 100, hello.length].map(async (length) => {
    const socket = await open(place);
    socket.write(hello.subarray(0, length));
    return untilEnd(socket);
  }));
  t.equal(waiting.length, 5, 'who waits is closed in time');
  await stillServes(place, t);
});

t.test('a handshake in single bytes', { skip }, async (t) => {
  const { place } = await serveSecure(t);
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const socket = await open(place);
    const slow = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        for (const byte of chunk) socket.write(Buffer.of(byte));
        setImmediate(done);
      },
    });
    socket.on('data', (piece: Buffer) => slow.push(piece)).on('end', () => slow.push(null));
    const client = secure({ socket: slow, rejectUnauthorized: false, maxVersion });
    client.write(requestText('/a.txt'));
    const text = await new Promise<string>((resolve) => client.on('data', (piece: Buffer) => String(piece).includes('alpha') && resolve(String(piece))));
    t.match(text, /200 OK/, maxVersion);
    socket.destroy();
  }
});

t.test('renegotiation is refused', { skip }, async (t) => {
  const { place } = await serveSecure(t);
  const client = await Client.openSecure(place, { maxVersion: 'TLSv1.2' });
  const socket = tlsOf(client);
  const outcome = await new Promise<string>((resolve) => {
    socket.on('error', (error: Error) => resolve(error.message));
    socket.on('close', () => resolve('closed'));
    socket.renegotiate({}, (error) => resolve(error ? error.message : 'renegotiated'));
  });
  t.not(outcome, 'renegotiated');
  await stillServes(place, t);
});

t.test('connections that are cut, and records that are broken', { skip }, async (t) => {
  const { place, server } = await serveSecure(t);
  const [cut, raw] = [await open(place), await open(place)];
  for (const socket of [cut, raw]) {
    const over = secure({ socket, rejectUnauthorized: false });
    await new Promise((resolve) => over.once('secureConnect', resolve));
    over.on('error', () => undefined);
  }
  cut.resetAndDestroy();
  raw.write(Buffer.concat([Buffer.of(23, 3, 3, 0, 32), randomBytes(32)]));
  await untilEnd(raw);
  await until(async () => (await server.counts())['connections'] === 0, 'both to be gone');
  await stillServes(place, t);
});

t.test('ten thousand handshakes that come to nothing leave nothing', { skip }, async (t) => {
  const { place, server } = await serveSecure(t, {}, { limits: LIMITS });
  const hello = await clientHello({ servername: 'a.test' });
  const descriptors = (): number => readdirSync('/proc/self/fd').length;
  const residentKiB = (): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]);
  const abort = async (count: number): Promise<void> => {
    for (let done = 0; done < count; done += 100) {
      await Promise.all(Array.from({ length: 100 }, async (_, i) => {
        const socket = await open(place);
        socket.on('error', () => undefined);
        const gone = new Promise((resolve) => socket.once('close', resolve));
        const some = [0, 3, 200, hello.length][i % 4]!;
        const answered = some === hello.length ? new Promise((resolve) => socket.once('data', resolve)) : undefined;
        socket.write(hello.subarray(0, some));
        await answered;
        if (i % 2 === 0) socket.resetAndDestroy();
        else socket.destroy();
        await gone;
      }));
    }
    await until(async () => (await server.counts())['connections'] === 0, 'all to be gone');
  };
  await abort(2000);
  const before = { descriptors: descriptors(), residentKiB: residentKiB() };
  await abort(8000);
  t.ok(descriptors() <= before.descriptors + 3, `${before.descriptors} descriptors, ${descriptors()} after`);
  const grownKiB = residentKiB() - before.residentKiB;
  // A session that stays takes 10 KiB and more: 8000 of them could not hide.
  t.ok(grownKiB < 40_000, `${grownKiB} KiB more`);
  t.ok((await server.counts())['accepted']! >= 10_000);
  await stillServes(place, t);
});
