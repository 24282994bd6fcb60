// A loop of its own around a real engine, whose answers follow bodies that arrive: /whole/KEY/BYTES, /until-end/KEY,
// /range/KEY/FROM/TO. In any thread; as a worker it serves, and fills what it is told to.
import { parentPort, workerData } from 'node:worker_threads';
import { native, type Engine } from '../../native/index.ts';
import type { RequestHead } from '../../http/head.ts';
import { assemble } from '../../server/assemble.ts';
import type { Opener } from '../../server/opener.ts';
import { resolveOptions } from '../../server/options.ts';
import { emptyPlan, Plan, SPAN_GROWING, UNTIL_END, type Span } from '../../server/plan.ts';
import type { Place } from '../client.ts';
import { contentOf } from '../simulated/content.ts';
import { Random } from '../simulated/random.ts';

export interface Serving {
  readonly engine: Engine;
  readonly opener: Opener;
  readonly place: Place;
  readonly stop: () => void;
}

/** A body for a worker to fill with contentOf(number, bytes); one that never ends lacks its last byte. The process holds it, until somebody lets it go. */
export interface ToFill {
  readonly key: string;
  readonly number: number;
  readonly bytes: number;
  readonly ends: 'whole' | 'broken' | 'never';
}

export function serveFollowers(root: string): Serving {
  const fd = native.listenTcp('127.0.0.1', 0, { reusePort: false, v6Only: true, backlog: 64, congestionControl: '' });
  let opener!: Opener;
  const { loop, engine } = assemble({
    EngineClass: native.Engine, options: resolveOptions({ root, workers: 1 }, 1000), report: () => undefined, log: undefined, onDrained: () => undefined,
    exchange: (own, given) => {
      opener = given;
      return { known: () => undefined, find: (request) => follow(own, given, request) };
    },
  });
  engine.listen(fd, false);
  engine.start(() => loop.tick());
  const stop = (): void => {
    engine.stop();
    native.closeDescriptor(fd);
  };
  return { engine, opener, place: native.localAddress(fd), stop };
}

async function follow(engine: Engine, opener: Opener, { path }: RequestHead): Promise<Plan> {
  const [, kind, key, first, second] = path.split('/');
  const { error, file } = await opener.kept(key!);
  if (error !== 0) return emptyPlan(404, [['Content-Length', '0']]);
  setImmediate(() => engine.release(file)); // the answer is with the engine by then
  const from = kind === 'range' ? Number(first) : 0;
  const length = kind === 'until-end' ? UNTIL_END : Number(kind === 'range' ? second : first) - from;
  const spans: readonly Span[] = [{ kind: SPAN_GROWING, file, offset: from, length }];
  return length === UNTIL_END ? new Plan(200, [], spans, 'chunked') : new Plan(200, [['Content-Length', String(length)]], spans, 'length');
}

async function fill(engine: Engine, { key, number, bytes, ends }: ToFill): Promise<void> {
  const random = new Random(number);
  const content = contentOf(number, bytes);
  const file = engine.begin(key);
  native.holdKept(key);
  parentPort!.postMessage({ begun: key });
  const lastByte = ends === 'never' ? bytes - 1 : bytes;
  for (let at = 0; at < lastByte;) {
    const end = Math.min(lastByte, at + random.scaled(1, 100_000));
    if (engine.append(file, content.subarray(at, end)) < 0) throw new Error('append');
    at = end;
    if (random.chance(0.5)) await new Promise((resolve) => setImmediate(resolve));
    else if (random.chance(0.1)) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  if (ends === 'never') return;
  engine.end(file, ends === 'whole');
  engine.release(file);
  parentPort!.postMessage({ ended: key });
}

if (parentPort) {
  const { engine, place, stop } = serveFollowers((workerData as { readonly root: string }).root);
  parentPort.on('message', (message: ToFill | 'stop') => {
    if (message !== 'stop') return void fill(engine, message);
    stop();
    parentPort!.close();
  });
  parentPort.postMessage({ place });
}
