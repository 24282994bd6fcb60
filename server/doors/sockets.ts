// Sockets of Node that are lent to the engine: once, until they are closed, so that pages on their way are remembered for as long as their
// socket is there.
import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { Carrier, type Lent } from './carrier.ts';

const lentOf = new WeakMap<Socket, Lent>();

/** What is there since 2011, and documented nowhere: libuv's handle knows its descriptor. */
interface Handled {
  readonly _handle?: { readonly fd?: number } | null;
}

function descriptorOf(socket: Socket): number {
  return (socket as Socket & Handled)._handle?.fd ?? -1;
}

/** Whether what is written to it leaves as it is, from a descriptor of its own. */
export function isPlain(socket: unknown): socket is Socket {
  return socket instanceof Socket && !(socket instanceof TLSSocket) && (socket.connecting || descriptorOf(socket) >= 0);
}

/** Undefined: it cannot be lent (it is gone, or there is no descriptor left). */
export function lend(socket: Socket): Lent | undefined {
  const before = lentOf.get(socket);
  if (before && !before.gone) return before;
  const fd = socket.destroyed ? -1 : descriptorOf(socket);
  const lent = fd < 0 ? fd : Carrier.get().lend(fd);
  if (typeof lent === 'number') return undefined;
  lentOf.set(socket, lent);
  socket.once('close', () => Carrier.get().takeBack(lent, lent.waiting.length > 0));
  return lent;
}

/** Resolves with `sending`; meanwhile a timeout of the socket begins anew whenever the peer has taken something. */
export async function whileTaken<T>(socket: Socket, lent: Lent, sending: Promise<T>): Promise<T> {
  const { timeout = 0 } = socket;
  if (timeout === 0) return sending;
  let seen = -1;
  const timer = setInterval(() => {
    const progress = Carrier.get().progressOf(lent);
    if (progress !== seen && !lent.gone) socket.setTimeout(timeout);
    seen = progress;
  }, Math.max(1, timeout / 4));
  try {
    return await sending;
  } finally {
    clearInterval(timer);
  }
}
