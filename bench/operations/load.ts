/**
 * A process that asks a server all the time: `load.js HOST PORT`. Says `ready` when each of its clients has had an answer; answers each
 * line on stdin with a LoadReport of all until then; ends with stdin.
 */
import { createInterface } from 'node:readline';
import type { Address } from '../probe.ts';
import { sleep } from '../processes.ts';
import { Targets, type Asked, type LoadReport } from './load-site.ts';
import { Failure, StrictClient } from './strict-client.ts';

/** Between two answers, at most. */
const THINK_MS = 200;
/** Between two connections: ports of one address are in TIME_WAIT for a minute. */
const BRIEF_EVERY_MS = 10;
/** It takes some seconds. */
const SLOW_PAUSE_MS = 4;
const REASONS_MAX = 20;
/** After a failure. */
const AGAIN_MS = 10;

const [host = '', port = ''] = process.argv.slice(2);
const address: Address = { host, port: Number(port) };
const targets = new Targets();
const reasons: string[] = [];
let answers = 0;
let failed = 0;
let slowestMs = 0;

/** @returns whether the connection stays. */
async function answered(client: StrictClient, { target, expected }: Asked): Promise<boolean> {
  const begun = performance.now();
  try {
    const isKept = await client.get(target, expected);
    answers += 1;
    if (target !== targets.large.target) slowestMs = Math.max(slowestMs, performance.now() - begun);
    return isKept;
  } catch (error) {
    throw error instanceof Failure ? new Failure(`${target}, ${Math.round(performance.now() - begun)} ms after it was asked for: ${error.message}`) : error;
  }
}

interface Kind {
  readonly name: string;
  readonly clients: number;
  /** After each piece of an answer. */
  readonly pauseMs: number;
  /** One connection; calls back after each answer. */
  readonly ask: (client: StrictClient, told: () => void) => Promise<void>;
}

/** As long as the connection lasts. */
function kept(next: () => Asked, thinkMs: number): Kind['ask'] {
  return async (client, told) => {
    while (await answered(client, next())) {
      told();
      if (thinkMs > 0) await sleep(Math.random() * thinkMs);
    }
    told();
  };
}

const KINDS: readonly Kind[] = [
  { name: 'busy', clients: 12, pauseMs: 0, ask: kept(() => targets.next(), 0) },
  { name: 'thinking', clients: 8, pauseMs: 0, ask: kept(() => targets.next(), THINK_MS) },
  {
    name: 'brief', clients: 4, pauseMs: 0,
    ask: async (client, told) => {
      await answered(client, targets.next());
      told();
      await sleep(BRIEF_EVERY_MS);
    },
  },
  { name: 'slow', clients: 2, pauseMs: SLOW_PAUSE_MS, ask: kept(() => targets.large, 0) },
];

/** One client, on connection after connection. */
async function keepAsking({ name, pauseMs, ask }: Kind, told: () => void): Promise<never> {
  for (;;) {
    let client: StrictClient | undefined;
    try {
      client = await StrictClient.open(address, pauseMs);
      await ask(client, told);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failed += 1;
      if (reasons.length < REASONS_MAX) reasons.push(`${new Date().toISOString()} ${name}: ${error.message}`);
      await sleep(AGAIN_MS);
    } finally {
      client?.close();
    }
  }
}

await Promise.all(KINDS.flatMap((kind) => Array.from({ length: kind.clients }, () => new Promise<void>((told) => void keepAsking(kind, told)))));
process.stdout.write('ready\n');
createInterface({ input: process.stdin })
  .on('line', () => process.stdout.write(`${JSON.stringify({ answers, failed, reasons, slowestMs } satisfies LoadReport)}\n`))
  .on('close', () => process.exit(0));
