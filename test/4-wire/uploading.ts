// A loop in this thread with an exchange that wants the bodies of POST.
import type { Test } from 'tap';
import { native, type Areas } from '../../native/index.ts';
import type { RequestHead } from '../../http/head.ts';
import { assemble } from '../../server/assemble.ts';
import type { Conversation, Exchange } from '../../server/exchange.ts';
import type { LoopLimits } from '../../server/limits.ts';
import { resolveOptions } from '../../server/options.ts';
import { Plan, SPAN_GROWING, textPlan, UNTIL_END } from '../../server/plan.ts';
import { requestText, type Place } from '../client.ts';
import { Seen, uploads, type Upload } from '../uploads.ts';

export interface Uploading {
  readonly place: Place;
  readonly seen: Seen;
  readonly areas: Areas;
  readonly paths: Map<string, Upload>;
  readonly reports: string[];
}

/** POST is wanted, all else is not. */
export function serveUploads(t: Test, limits: Partial<LoopLimits> = {}): Uploading {
  const fd = native.listenTcp('127.0.0.1', 0, { reusePort: false, v6Only: true, backlog: 64, congestionControl: '' });
  const seen = new Seen();
  const paths = uploads(seen);
  const reports: string[] = [];
  let drained: () => void = () => undefined;
  const isDrained = new Promise<void>((resolve) => (drained = resolve));
  const { loop, engine, areas } = assemble({
    EngineClass: native.Engine,
    options: resolveOptions({ root: t.testdir({}), workers: 1, limits }, 1000),
    report: (name) => reports.push(name),
    log: undefined,
    onDrained: () => drained(),
    exchange: (engine): Exchange => {
      paths.set('/growing', growing(engine));
      return {
        wants: (request) => {
          if (request.path === '/wants-fails') throw new Error('a fault of the exchange');
          return request.methodText === 'POST';
        },
        known: (request) => (paths.has(request.path) ? undefined : textPlan(404, [], 'none\n')),
        find: (request: RequestHead, _nowMs, _peer, conversation: Conversation) => {
          if (!conversation.body && request.path !== '/interim') return Promise.resolve(textPlan(200, [], `${request.methodText} without a body\n`));
          return paths.get(request.path)!(conversation);
        },
      };
    },
  });
  const listener = engine.listen(fd, false);
  engine.start(() => loop.tick());
  t.teardown(async () => {
    loop.drain(() => void engine.unlisten(listener));
    await isDrained; // or its timer would keep this process
    engine.stop();
    native.closeDescriptor(fd);
  });
  return { place: native.localAddress(fd), seen, areas, paths, reports };
}

/** The answer grows as the request does. */
function growing(engine: InstanceType<typeof native.Engine>): Upload {
  let number = 0;
  return ({ body }) => {
    const file = engine.begin(`upload ${++number}`);
    const follow = async (): Promise<void> => {
      for await (const piece of body!) engine.append(file, piece);
      engine.end(file, true);
      engine.release(file);
    };
    follow().catch(() => {
      engine.end(file, false);
      engine.release(file);
    });
    return Promise.resolve(new Plan(200, [], [{ kind: SPAN_GROWING, file, offset: 0, length: UNTIL_END }], 'chunked'));
  };
}

export function post(path: string, bytes: number | undefined, fields: Record<string, string> = {}): string {
  return requestText(path, { method: 'POST', fields: { ...(bytes === undefined ? { 'Transfer-Encoding': 'chunked' } : { 'Content-Length': String(bytes) }), ...fields } });
}
