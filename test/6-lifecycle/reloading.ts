// What tests of reloads are made of.
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';
import type { ServerOptions } from '../../server/index.ts';
import { requestText, type Client } from '../client.ts';

/** One that tells which it is. */
export const version = (text: string): ServerOptions => ({ routes: [{ path: '/version', respond: { body: text } }] });

export async function bodyOf(client: Client, target: string): Promise<string> {
  await client.send(requestText(target));
  return (await client.reply()).body.toString();
}

/** An origin, gone with its test, and the connections it has. */
export async function origin(t: Test, answer: Parameters<typeof createHttpServer>[1]): Promise<{ url: string; connections: () => Promise<number> }> {
  const server = createHttpServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const connections = (): Promise<number> => new Promise((resolve) => server.getConnections((_, count) => resolve(count)));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, connections };
}
