// Servers of Node for the tests: each on a port of its own, gone with its test.
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import type { AddressInfo, Server as NetServer } from 'node:net';
import type { Test } from 'tap';

interface Closable {
  closeAllConnections?(): void;
}

/** @returns its port. */
export async function listening(t: Test, server: NetServer): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    (server as NetServer & Closable).closeAllConnections?.();
  });
  return (server.address() as AddressInfo).port;
}

/** Descriptors of this process that are open now. */
export function descriptors(): number {
  return readdirSync('/proc/self/fd').length;
}
