/**
 * pagecast as a process of its own: `server.js JSON` (ServerOrder). Prints a greeting with its address, then answers each
 * line on stdin with its counters, and ends with stdin. The package is imported by its name, as its users do.
 */
import { createInterface } from 'node:readline';
import { createServer, OptionsError, type Server, type ServerOptions } from 'pagecast';
import type { ServerGreeting, ServerOrder } from './order.ts';

const WORKERS = 2;

const order = JSON.parse(process.argv[2] ?? '') as ServerOrder;
const unknown: string[] = [];

function optionsOf({ root, protect, unknownPeer }: ServerOrder): ServerOptions {
  const all = {
    root,
    workers: WORKERS,
    ...(protect !== null && !unknown.includes('protect') && { protect }),
    ...(unknownPeer !== null && !unknown.includes('guard.unknownPeer') && { guard: { unknownPeer } }),
  };
  return all as ServerOptions;
}

/** A server from before the guard has no option to turn it off, and nothing to turn off: the storm must see that too. */
function create(): Server {
  try {
    return createServer(optionsOf(order));
  } catch (error) {
    if (!(error instanceof OptionsError)) throw error;
    const names = [...error.message.matchAll(/unknown option "([^"]+)"/g)].map((match) => match[1]!);
    if (names.length === 0) throw error;
    unknown.push(...names);
    return createServer(optionsOf(order));
  }
}

const server = create();
const [address] = await server.listen(`${order.host}:0`);
const greeting: ServerGreeting = { address: address!, unknown };
process.stdout.write(`${JSON.stringify(greeting)}\n`);
createInterface({ input: process.stdin })
  .on('line', () => void server.counts().then((counts) => process.stdout.write(`${JSON.stringify(counts)}\n`)))
  .on('close', () => void server.close({ force: true }).then(() => process.exit(0)));
