/** The command line of the bench. */
import { parseArgs } from 'node:util';
import { CACHE_PARTS } from './cache-rows.ts';
import { DOORS_ROWS } from './doors-rows.ts';
import { reasonOf } from './errors.ts';
import { OPERATIONS_PARTS } from './operations/rows.ts';
import { DOCUMENT } from './paths.ts';
import { ROWS } from './rows.ts';
import { TLS_ROWS } from './tls-rows.ts';

const ROUNDS_MAX = 1000;
const SECONDS_MAX = 600;
const OBJECTS_MAX = 100_000_000;

function namesOf(rows: readonly { readonly name: string }[]): string[] {
  return [...new Set(rows.map(({ name }) => name))];
}

export const USAGE = `usage: npm run bench -- [--tls | --cache | --store | --doors | --operations | --quick | --offload] [options]
  (neither)          the full table against nginx and the C floor (needs two cores, wrk, taskset, nginx, cc)
  --tls              TLS 1.3 and HTTP/2 against nginx, node:https and node:http2 (also needs openssl, h2load)
  --cache            a shared cache against varnish and nginx proxy_cache, its herd and its purge (also needs varnishd)
  --store            a store on disk with many objects: its start, its memory, a purge (needs 5 GB where temporary files are)
  --doors            pagecast/fastify and pagecast/sendfile against @fastify/static and a stream that is piped (needs wrk)
  --operations       what workers and watchers cost; reloads, upgrades and purges among machines (also needs redis-server, and root)
  --quick            against npm's servers, with autocannon (needs npm only)
  --offload          what kernel-offloaded checksums are worth, over a veth pair (needs root, ip, ethtool, wrk)
  --rows NAME,NAME   only these rows of the full table: ${namesOf(ROWS).join(', ')}
                     or, with --cache: ${CACHE_PARTS.join(', ')}
                     or, with --tls: ${namesOf(TLS_ROWS).join(', ')}
                     or, with --doors: ${namesOf(DOORS_ROWS).join(', ')}
                     or, with --operations: ${OPERATIONS_PARTS.join(', ')}
  --rounds N         measured rounds after the warm-up (default 7; 3 for --store, --quick and --offload)
  --seconds N        length of one run (default 2)
  --objects N        with --store: how many (default 1000000; more than 100000)
  --output PATH      the document to write a section of (default docs/BENCHMARKS.md; a run with --rows writes none)
`;

const FLAGGED = ['tls', 'cache', 'store', 'doors', 'operations', 'quick', 'offload'] as const;
type Mode = 'table' | (typeof FLAGGED)[number];

/** Modes without rows to choose from are not in it. */
const ROW_NAMES: Partial<Record<Mode, readonly string[]>> = { table: namesOf(ROWS), cache: CACHE_PARTS, tls: namesOf(TLS_ROWS), doors: namesOf(DOORS_ROWS), operations: OPERATIONS_PARTS };
/** So many rounds say nothing new there, or take too long. */
const FEW_ROUNDS: ReadonlySet<Mode> = new Set(['store', 'quick', 'offload']);

export interface Options {
  readonly mode: Mode;
  /** Null: all. */
  readonly rows: ReadonlySet<string> | null;
  readonly rounds: number;
  readonly seconds: number;
  /** Of `--store`. */
  readonly objects: number;
  readonly output: string;
}

export class UsageError extends Error {}

function whole(name: string, text: string | undefined, fallback: number, max: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > max) {
    throw new UsageError(`--${name} takes a whole number from 1 to ${max}, not "${text}"`);
  }
  return value;
}

function rowNames(text: string | undefined, mode: Mode): ReadonlySet<string> | null {
  if (text === undefined) return null;
  const known = ROW_NAMES[mode];
  if (known === undefined) throw new UsageError('--rows selects rows of the full table, --cache, --tls, --doors and --operations');
  const names = new Set(text.split(','));
  for (const name of names) {
    if (!known.includes(name)) throw new UsageError(`no row "${name}"`);
  }
  return names;
}

interface Values extends Readonly<Record<'rows' | 'rounds' | 'seconds' | 'objects' | 'output', string | undefined>> {
  readonly modes: readonly Mode[];
}

function parsed(args: readonly string[]): Values {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        tls: { type: 'boolean', default: false },
        cache: { type: 'boolean', default: false },
        store: { type: 'boolean', default: false },
        doors: { type: 'boolean', default: false },
        operations: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        offload: { type: 'boolean', default: false },
        rows: { type: 'string' },
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        objects: { type: 'string' },
        output: { type: 'string' },
      },
    });
    const { rows, rounds, seconds, objects, output } = values;
    return { modes: FLAGGED.filter((name) => values[name]), rows, rounds, seconds, objects, output };
  } catch (error) {
    throw new UsageError(reasonOf(error));
  }
}

export function readOptions(args: readonly string[]): Options {
  const values = parsed(args);
  const [mode = 'table', another] = values.modes;
  if (another !== undefined) throw new UsageError(`--${mode} or --${another}, one at a time`);
  return {
    mode,
    rows: rowNames(values.rows, mode),
    rounds: whole('rounds', values.rounds, FEW_ROUNDS.has(mode) ? 3 : 7, ROUNDS_MAX),
    seconds: whole('seconds', values.seconds, 2, SECONDS_MAX),
    objects: whole('objects', values.objects, 1_000_000, OBJECTS_MAX),
    output: values.output ?? DOCUMENT,
  };
}
