// sendFile() on sockets and responses of Node: the right bytes in the right order, and what becomes of them where they cannot be had.
import { once } from 'node:events';
import { closeSync, openSync, truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect as connectSecurely, createSecureServer, type ClientHttp2Session, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import { createServer as createSecure, request as requestSecurely } from 'node:https';
import { connect, createServer as createNetServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import t, { type Test } from 'tap';
import { layout } from '../../native/index.ts';
import { Carrier } from '../../server/doors/carrier.ts';
import { sendFile } from '../../server/doors/sendfile.ts';
import { certificate as cert, key } from '../5-proxy/origin-certificate.ts';
import { pause, until } from '../serving.ts';
import { listening } from './listening.ts';
import { argumentCases } from './sendfile-argument-cases.ts';

const SIZE = 3_000_000;
const content = Buffer.from(Array.from({ length: SIZE }, (_, i) => (i * 2_654_435_761) >>> 24));
const folder = t.testdir({ 'film.bin': content, 'empty.bin': '' });
const film = join(folder, 'film.bin');

function sendfileCalls(): number {
  return Carrier.get().areas.counters[layout.counters.sendfileCalls]!;
}

/** One answer of node:http; its body. */
async function asked(port: number, options: { method?: string; agent?: false } = {}): Promise<{ message: IncomingMessage; body: Buffer }> {
  const request = get({ host: '127.0.0.1', port, agent: false, ...options });
  const [message] = (await once(request, 'response')) as [IncomingMessage];
  return { message, body: await buffer(message) };
}

/** However it ends. */
function closed(client: Socket): Promise<void> {
  return new Promise((resolve) => client.once('close', () => resolve()));
}

type Act = (response: ServerResponse, request: IncomingMessage) => Promise<unknown>;

/** @returns what `act` came to, when somebody has asked. */
async function answering(t: Test, act: Act): Promise<{ port: number; outcome: Promise<unknown> }> {
  let settle: (outcome: unknown) => void;
  const outcome = new Promise((resolve) => (settle = resolve));
  const port = await listening(t, createServer((request, response) => void act(response, request).then(settle, settle)));
  return { port, outcome };
}

t.test('what it refuses', async (t) => {
  for (const { what, target, file, options, code } of argumentCases) {
    await t.rejects(sendFile(target as Socket, file as string, options as object), { code }, what);
    if (target instanceof PassThrough) t.notOk(target.destroyed, `${what}: the target is as it was`);
  }
});

t.test('files, however they are named', async (t) => {
  const fd = openSync(film, 'r');
  const handle = await open(film);
  t.teardown(() => {
    closeSync(fd);
    return handle.close();
  });
  for (const [name, file] of Object.entries({ path: film, bytes: Buffer.from(film), url: pathToFileURL(film), fd, handle })) {
    const { port, outcome } = await answering(t, async (response) => {
      response.setHeader('Content-Length', 1000);
      const sent = await sendFile(response, file, { offset: 500, length: 1000 });
      response.end();
      return sent;
    });
    t.ok((await asked(port)).body.equals(content.subarray(500, 1500)), name);
    t.equal(await outcome, 1000);
  }
  t.equal((await handle.stat()).size, SIZE, 'what was open stays open');
});

t.test('on a socket, between what is written before and behind', async (t) => {
  const server = createNetServer((socket) => {
    socket.write('a');
    void sendFile(socket, film, { offset: 0, length: 70_000 });
    socket.write('b');
    socket.write('c');
    void sendFile(socket, join(folder, 'empty.bin'));
    socket.write('ü', 'latin1');
    void sendFile(socket, film, { offset: SIZE - 3 });
    socket.end('d');
  });
  const client = connect(await listening(t, server), '127.0.0.1');
  const expected = Buffer.concat([Buffer.from('a'), content.subarray(0, 70_000), Buffer.from('bc\xfc', 'latin1'), content.subarray(SIZE - 3), Buffer.from('d')]);
  t.ok((await buffer(client)).equals(expected));
});

t.test('behind what the kernel has no room for yet, and while it is corked', async (t) => {
  const server = createNetServer((socket) => {
    socket.write(content);
    socket.cork();
    socket.write('<');
    void sendFile(socket, film).then(() => socket.end());
    socket.write('>');
    setImmediate(() => socket.uncork());
  });
  const client = connect(await listening(t, server), '127.0.0.1');
  await pause(50); // it reads nothing meanwhile
  t.ok((await buffer(client)).equals(Buffer.concat([content, Buffer.from('<'), content, Buffer.from('>')])));
});

t.test('a socket that is still connecting', async (t) => {
  let received: Promise<Buffer> | undefined;
  const port = await listening(t, createNetServer((socket) => void (received = buffer(socket))));
  const socket = connect(port, '127.0.0.1');
  t.equal(await sendFile(socket, film, { length: 5 }), 5);
  socket.end('x');
  await until(() => received !== undefined, 'a connection');
  t.ok((await received!).equals(Buffer.concat([content.subarray(0, 5), Buffer.from('x')])));
});

t.test('a response with a length leaves by sendfile(2), and its connection goes on', async (t) => {
  let connections = 0;
  const server = createServer({ keepAlive: true }, (_, response) => {
    response.writeHead(200, { 'content-length': String(SIZE) });
    response.strictContentLength = true;
    void sendFile(response, film).then(() => response.end());
  });
  server.on('connection', () => ++connections);
  const port = await listening(t, server);
  const before = sendfileCalls();
  const client = connect(port, '127.0.0.1');
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  const all = await buffer(client);
  const heads = all.toString('latin1').split('HTTP/1.1 200 OK').length - 1;
  t.equal(heads, 3);
  t.ok(all.subarray(-SIZE).equals(content));
  t.equal(connections, 1);
  t.ok(sendfileCalls() - before >= 2, 'not copied');
});

t.test('where the bytes on the wire are others, it is a copy', async (t) => {
  const before = sendfileCalls();
  await t.test('chunks', async (t) => {
    const { port } = await answering(t, async (response) => {
      await sendFile(response, film);
      response.end('!');
    });
    const { message, body } = await asked(port);
    t.equal(message.headers['transfer-encoding'], 'chunked');
    t.ok(body.equals(Buffer.concat([content, Buffer.from('!')])));
  });
  await t.test('TLS', async (t) => {
    const port = await listening(t, createSecure({ cert, key }, (_, response) => {
      response.setHeader('Content-Length', SIZE);
      void sendFile(response, film).then(() => response.end());
    }));
    const request = requestSecurely({ host: '127.0.0.1', port, rejectUnauthorized: false, agent: false }).end();
    const [message] = (await once(request, 'response')) as [IncomingMessage];
    t.ok((await buffer(message)).equals(content));
  });
  await t.test('HTTP/2', async (t) => {
    const server = createSecureServer({ cert, key }, (_: Http2ServerRequest, response: Http2ServerResponse) => {
      response.setHeader('Content-Length', SIZE);
      void sendFile(response, film).then(() => response.end());
    });
    const client: ClientHttp2Session = connectSecurely(`https://127.0.0.1:${await listening(t, server)}`, { rejectUnauthorized: false });
    t.teardown(() => client.destroy());
    t.ok((await buffer(client.request({ ':path': '/' }))).equals(content));
  });
  t.equal(sendfileCalls(), before);
});

t.test('any other stream', async (t) => {
  const stream = new PassThrough();
  const read = buffer(stream);
  t.equal(await sendFile(stream, film), SIZE);
  stream.end();
  t.ok((await read).equals(content));
});

t.test('a response without a body', async (t) => {
  const { port, outcome } = await answering(t, async (response) => {
    response.setHeader('Content-Length', SIZE);
    const sent = await sendFile(response, film);
    response.end();
    return sent;
  });
  const { message, body } = await asked(port, { method: 'HEAD' });
  t.equal(message.headers['content-length'], String(SIZE));
  t.equal(body.length, 0);
  t.equal(await outcome, 0);
});

t.test('a file that is not there leaves the response as it was', async (t) => {
  const { port, outcome } = await answering(t, async (response) => {
    response.setHeader('Content-Length', SIZE);
    await sendFile(response, join(folder, 'none')).catch((error: unknown) => {
      response.removeHeader('Content-Length');
      response.statusCode = 404;
      response.end('none');
      throw error;
    });
  });
  const { message, body } = await asked(port);
  t.equal(message.statusCode, 404);
  t.equal(body.toString(), 'none');
  t.match(await outcome, { code: 'ENOENT' });
});

t.test('more than Content-Length is not sent', async (t) => {
  const { port, outcome } = await answering(t, async (response) => {
    response.writeHead(200, { 'Content-Length': 10 });
    await sendFile(response, film);
  });
  await t.rejects(asked(port));
  t.match(await outcome, { code: 'ERR_HTTP_CONTENT_LENGTH_MISMATCH' });
});

t.test('a file that is shorter than promised never completes its answer', async (t) => {
  for (const length of [true, false]) {
    const short = join(folder, 'short.bin');
    writeFileSync(short, Buffer.alloc(30_000_000, 'x'));
    const { port, outcome } = await answering(t, async (response) => {
      if (length) response.setHeader('Content-Length', 30_000_000);
      await sendFile(response, short);
      response.end();
    });
    const client = connect(port, '127.0.0.1');
    client.on('error', () => undefined);
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(client, 'readable'); // and nothing is read: what fits into the socket is under way
    await pause(50);
    truncateSync(short, 10);
    let bytes = 0;
    let tail = '';
    client.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      tail = chunk.subarray(-5).toString('latin1');
    });
    await closed(client);
    t.ok(bytes < 30_000_000, `${bytes} bytes`);
    t.not(tail, '0\r\n\r\n', 'nor does a last chunk come');
    t.match(await outcome, { code: 'ERR_FILE_SHORTENED' });
  }
});

t.test('a peer that goes away', async (t) => {
  const { port, outcome } = await answering(t, async (response) => {
    response.setHeader('Content-Length', SIZE * 10);
    for (let i = 0; i < 10; ++i) await sendFile(response, film);
  });
  const client = connect(port, '127.0.0.1');
  client.on('error', () => undefined);
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await once(client, 'readable');
  client.resetAndDestroy();
  t.match(await outcome, { code: /^(ECONNRESET|EPIPE|ERR_STREAM_PREMATURE_CLOSE)$/ });
});

t.test('a timeout of the socket is one of a peer that takes nothing', async (t) => {
  const big = join(folder, 'big.bin');
  writeFileSync(big, Buffer.alloc(24_000_000, 'y'));
  let timeouts = 0;
  const server = createNetServer((socket) => {
    socket.setTimeout(1000, () => ++timeouts);
    socket.on('error', () => undefined);
    void sendFile(socket, big).then(() => socket.end(), () => undefined);
  });
  const client = connect(await listening(t, server), '127.0.0.1');
  let bytes = 0;
  let rested = 0;
  for await (const chunk of client) {
    bytes += (chunk as Buffer).length;
    if (bytes - rested < 1_000_000) continue;
    rested = bytes;
    await pause(60); // all of them are more than the timeout
  }
  t.equal(bytes, 24_000_000);
  t.equal(timeouts, 0);
  const stuck = connect((server.address() as { port: number }).port, '127.0.0.1');
  await until(() => timeouts > 0, 'the timeout of a peer that does not read');
  stuck.destroy();
});

t.test('aborted', async (t) => {
  const { port, outcome } = await answering(t, async (response) => {
    const controller = new AbortController();
    response.setHeader('Content-Length', SIZE * 20);
    const sending = (async () => {
      for (let i = 0; i < 20; ++i) await sendFile(response, film, { signal: controller.signal });
    })();
    setTimeout(() => controller.abort(), 30);
    await sending;
  });
  const client = connect(port, '127.0.0.1');
  client.on('error', () => undefined);
  const end = closed(client);
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  t.match(await outcome, { name: 'AbortError', code: 'ABORT_ERR' });
  client.resume();
  await end;
});

t.test('before its turn an abort leaves the socket as it was', async (t) => {
  const controller = new AbortController();
  const port = await listening(t, createNetServer((socket) => {
    socket.cork();
    socket.write('a');
    const sending = sendFile(socket, film, { signal: controller.signal });
    controller.abort();
    void t.rejects(sending, { code: 'ABORT_ERR' }).then(() => {
      socket.uncork();
      socket.end('b');
    });
  }));
  t.equal(await text(connect(port, '127.0.0.1')), 'ab');
});
