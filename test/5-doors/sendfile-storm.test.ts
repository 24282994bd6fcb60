// sendFile() aborted, reset and closed at any moment, ten thousand times: nothing is left of it.
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import t from 'tap';
import { sendFile } from '../../server/doors/sendfile.ts';
import { pause, until } from '../serving.ts';
import { descriptors, listening } from './listening.ts';

const COUNT = 10_000;
const SIZE = 3_000_000;
const film = join(t.testdir({ 'film.bin': Buffer.alloc(SIZE, 'film') }), 'film.bin');

t.test('it leaks nothing', async (t) => {
  const controllers = new Set<AbortController>();
  let ended = 0;
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    const controller = new AbortController();
    controllers.add(controller);
    const over = (): void => {
      controllers.delete(controller);
      ++ended;
    };
    sendFile(socket, film, { signal: controller.signal }).then(() => socket.end(over), over);
  });
  const port = await listening(t, server);
  t.equal((await buffer(connect(port, '127.0.0.1'))).length, SIZE);
  await until(() => ended === 1, 'the first');
  const before = descriptors();
  for (let begun = 0; begun < COUNT;) {
    const clients = Array.from({ length: 50 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
    begun += clients.length;
    for (const [i, client] of clients.entries()) if (i % 3 === 0) client.resume();
    await pause(Math.random() * 6);
    for (const controller of controllers) if (Math.random() < 0.7) controller.abort();
    await pause(Math.random() * 3);
    for (const client of clients) client.resetAndDestroy();
    for (const controller of controllers) controller.abort();
    await until(() => ended > begun || controllers.size === 0, 'all of them to end');
  }
  await until(() => descriptors() <= before, `${before} descriptors again`);
  t.ok(ended > COUNT * 0.9, `${ended} were begun and ended`);
});
