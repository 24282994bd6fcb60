// A WebSocket through the proxy: undici's client, and a server made of RFC 6455 §4.2.2 and §5.2 that sends each frame back.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { CloseEvent, MessageEvent, WebSocket } from 'undici';
import { serve, until } from '../serving.ts';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const CLOSE = 8;

async function echoServer(t: Test): Promise<string> {
  const server = createServer((socket) => {
    let bytes = Buffer.alloc(0);
    let isOpen = false;
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (!isOpen) {
        const end = bytes.indexOf('\r\n\r\n');
        if (end < 0) return;
        const key = /^sec-websocket-key: *(\S+)/im.exec(bytes.toString('latin1', 0, end))?.[1] ?? '';
        const accept = createHash('sha1').update(key + GUID).digest('base64');
        socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
        bytes = bytes.subarray(end + 4);
        isOpen = true;
      }
      for (let frame = frameIn(bytes); frame; frame = frameIn(bytes)) {
        bytes = bytes.subarray(frame.end);
        sendBack(socket, frame.first, frame.payload);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Frame {
  /** FIN and opcode. */
  readonly first: number;
  readonly payload: Buffer;
  readonly end: number;
}

/** A frame of a client is masked (§5.3). */
function frameIn(bytes: Buffer): Frame | undefined {
  if (bytes.length < 2) return undefined;
  const short = bytes[1]! & 0x7f;
  const start = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0);
  if (bytes.length < start + 4) return undefined;
  const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  const end = start + 4 + length;
  if (bytes.length < end) return undefined;
  const mask = bytes.subarray(start, start + 4);
  const payload = Buffer.from(bytes.subarray(start + 4, end));
  for (let i = 0; i < length; ++i) payload[i]! ^= mask[i & 3]!;
  return { first: bytes[0]!, payload, end };
}

function sendBack(socket: Socket, first: number, payload: Buffer): void {
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = first;
  head[1] = length < 126 ? length : length < 65_536 ? 126 : 127;
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  socket.write(Buffer.concat([head, payload]));
  if ((first & 15) === CLOSE) socket.end(); // §7.1.1: the server closes the connection first
}

t.test('messages of all sizes come back, and the connection is closed in good order', async (t) => {
  const { place, server } = await serve(t, { proxy: await echoServer(t) });
  const socket = new WebSocket(`ws://${place.host}:${place.port}/echo?a=b`);
  const messages: string[] = [];
  let closed: CloseEvent | undefined;
  socket.addEventListener('message', (event: MessageEvent) => messages.push(String(event.data)));
  socket.addEventListener('close', (event: CloseEvent) => (closed = event));
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', reject);
  });
  const sent = [0, 1, 125, 126, 65_535, 65_536, 1_000_000].map((length) => 'ab'.repeat(length).slice(0, length));
  for (const text of sent) socket.send(text);
  await until(() => messages.length === sent.length, 'all messages');
  t.ok(messages.every((text, i) => text === sent[i]));
  t.match(await server.counts(), { tunnels: 1 });
  socket.close(1000, 'done');
  await until(() => closed !== undefined, 'the end');
  t.match(closed, { wasClean: true, code: 1000, reason: 'done' });
  await until(async () => (await server.counts())['tunnels'] === 0, 'the end of the tunnel');
});
