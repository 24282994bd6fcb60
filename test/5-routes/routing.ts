// Sites and routes on a real socket: a worker's parts and main's coordinator in this thread, handlers being the functions of the test.
import type { Test } from 'tap';
import { native, type Areas } from '../../native/index.ts';
import type { ToStoreUser } from '../../cache/store/messages.ts';
import { assemble, type Assembly } from '../../server/assemble.ts';
import type { Handler } from '../../server/config/config.ts';
import { Coordination } from '../../server/coordination.ts';
import type { ServerOptions } from '../../server/index.ts';
import { resolveOptions } from '../../server/options.ts';
import type { ProxyHooks } from '../../server/proxy/hook-api.ts';
import { scopesOf } from '../../server/routes/scopes.ts';
import { Client, requestText, type Asked, type Place, type Reply } from '../client.ts';

export interface Told {
  readonly name: string;
  readonly message: string;
  readonly facts: Readonly<Record<string, string | number>>;
}

export interface Routed {
  readonly place: Place;
  readonly assembly: Assembly;
  readonly coordination: Coordination;
  readonly areas: Areas;
  readonly reports: Told[];
}

/** Bodies have the number of their thread in their ids, and a thread has one store: here it has one for each test, and none may give an id again. */
const IDS_OF_A_TEST = 1000;
let served = 0;

/** Lives until its test has ended. */
export function serveRoutes(t: Test, config: ServerOptions, onSpans: (block: string, spans: number) => void = () => undefined): Routed {
  const options = resolveOptions({ workers: 1, ...config }, 4096);
  const fd = native.listenTcp('127.0.0.1', 0, { reusePort: false, v6Only: true, backlog: 64, congestionControl: '' });
  const reports: Told[] = [];
  let drained: () => void = () => undefined;
  const isDrained = new Promise<void>((resolve) => (drained = resolve));
  const coordination = new Coordination(options.cache, (_, message) => later(message), scopesOf(options.sites));
  const assembly = assemble({
    EngineClass: native.Engine,
    options,
    report: (name, message, facts = {}) => reports.push({ name, message, facts }),
    log: undefined,
    onSpans,
    store: { shared: coordination.shared, post: (message) => setImmediate(() => coordination.hear(0, message)) },
    functions: {
      handlerAt: (at) => standingAt(config, at) as Handler,
      hooksOf: ({ hooksAt }) => hooksAt && (standingAt(config, hooksAt) as ProxyHooks),
    },
    onDrained: () => drained(),
  });
  const { engine, loop, areas } = assembly;
  for (let i = served++ * IDS_OF_A_TEST; i > 0; --i) assembly.maker.store?.bodies.newId();
  const later = (message: ToStoreUser): void => void setImmediate(() => assembly.maker.store?.hear(message));
  const listener = engine.listen(fd, false);
  engine.start(() => loop.tick());
  t.teardown(async () => {
    loop.drain(() => void engine.unlisten(listener));
    await isDrained;
    assembly.tracer?.flush();
    assembly.maker.store?.close();
    for (const proxy of assembly.proxies) proxy.close();
    engine.stop();
    native.closeDescriptor(fd);
  });
  return { place: native.localAddress(fd), assembly, coordination, areas, reports };
}

function standingAt(config: unknown, at: readonly (string | number)[]): unknown {
  return at.reduce<unknown>((place, step) => (place as Record<string | number, unknown>)[step], config);
}

/** One raw request on a connection of its own; the connection may stay open behind the answer. */
export async function askRaw(place: Place, text: string, method = 'GET'): Promise<Reply> {
  const client = await Client.open(place);
  await client.send(text);
  const reply = await client.reply(method);
  client.destroy();
  return reply;
}

/** The body of an answer. */
export async function bodyOf(place: Place, target: string, asked: Asked = {}): Promise<string> {
  return (await askRaw(place, requestText(target, asked), asked.method)).body.toString('latin1');
}
