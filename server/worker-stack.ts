// Where a worker is that does not answer: its stack, by the inspector, which interrupts JavaScript wherever it runs. Whoever is in a call
// of the kernel, or in native code, has no answer.
import type { Session } from 'node:inspector';
import type { Worker } from 'node:worker_threads';

/** An idle machine takes 30 ms. */
const WITHIN_MS = 3000;
const FRAMES_MAX = 20;

/** Inspector protocol, domain Debugger: what we look at of CallFrame. */
interface CallFrame {
  readonly functionName: string;
  readonly location: { readonly scriptId: string; readonly lineNumber: number; readonly columnNumber: number };
}

interface FromDebugger {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly callFrames?: readonly CallFrame[]; readonly scriptId?: string; readonly url?: string };
}

const ENABLE = 1;
const PAUSE = 2;
const DISABLE = 3;

/** Lines as of Error.stack. Undefined: nobody can tell in time. The worker goes on, if it does. */
export async function stackOf(worker: Worker): Promise<string | undefined> {
  const inspector = await import('node:inspector').catch(() => undefined); // Node may be built without
  if (!inspector) return undefined;
  const session = new inspector.Session();
  try {
    session.connect();
    return await pausedStack(session, worker.threadId);
  } finally {
    session.disconnect();
  }
}

/** Whether somebody debugs this process: threads that stand still do so on purpose. */
export async function isDebugged(): Promise<boolean> {
  const inspector = await import('node:inspector').catch(() => undefined);
  return inspector?.url() !== undefined;
}

function pausedStack(session: Session, threadId: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => { resolve(undefined); }, WITHIN_MS);
    let sessionId: string | undefined;
    let stack: string | undefined;
    const urls = new Map<string, string>();
    const send = (id: number, method: string): void => {
      session.post('NodeWorker.sendMessageToWorker', { sessionId: sessionId!, message: JSON.stringify({ id, method }) });
    };
    session.on('NodeWorker.attachedToWorker', ({ params }) => {
      if (!params.workerInfo.title.startsWith(`[worker ${threadId}]`)) return;
      sessionId = params.sessionId;
      send(ENABLE, 'Debugger.enable');
      send(PAUSE, 'Debugger.pause');
    });
    session.on('NodeWorker.receivedMessageFromWorker', ({ params }) => {
      if (params.sessionId !== sessionId) return;
      const { id, method, params: told = {} } = JSON.parse(params.message) as FromDebugger;
      if (method === 'Debugger.scriptParsed') urls.set(told.scriptId!, told.url!);
      if (method === 'Debugger.paused') {
        stack = told.callFrames!.slice(0, FRAMES_MAX).map((frame) => lineOf(frame, urls)).join('\n');
        send(DISABLE, 'Debugger.disable'); // one that is left paused cannot be ended
      }
      if (id !== DISABLE) return;
      clearTimeout(timer);
      resolve(stack);
    });
    session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
  });
}

/** Lines and columns are from 0 there. */
function lineOf({ functionName, location: { scriptId, lineNumber, columnNumber } }: CallFrame, urls: ReadonlyMap<string, string>): string {
  const place = `${urls.get(scriptId) ?? ''}:${lineNumber + 1}:${columnNumber + 1}`;
  return functionName === '' ? `    at ${place}` : `    at ${functionName} (${place})`;
}
