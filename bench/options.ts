/** The command line of the bench. */
import { parseArgs } from 'node:util';
import { CACHE_PARTS } from './cache-rows.ts';
import { reasonOf } from './errors.ts';
import { DOCUMENT } from './paths.ts';
import { ROWS } from './rows.ts';

const ROUNDS_MAX = 1000;
const SECONDS_MAX = 600;

export const USAGE = `usage: npm run bench -- [--cache | --quick | --offload] [options]
  (neither)          the full table against nginx and the C floor (needs two cores, wrk, taskset, nginx, cc)
  --cache            a shared cache against varnish and nginx proxy_cache, its herd and its purge (also needs varnishd)
  --quick            against npm's servers, with autocannon (needs npm only)
  --offload          what kernel-offloaded checksums are worth, over a veth pair (needs root, ip, ethtool, wrk)
  --rows NAME,NAME   only these rows of the full table: ${ROWS.map(({ name }) => name).join(', ')}
                     or, with --cache: ${CACHE_PARTS.join(', ')}
  --rounds N         measured rounds after the warm-up (default 7; 3 for --quick and --offload)
  --seconds N        length of one run (default 2)
  --output PATH      the document to write a section of (default docs/BENCHMARKS.md; a run with --rows writes none)
`;

const FLAGGED = ['cache', 'quick', 'offload'] as const;
type Mode = 'table' | (typeof FLAGGED)[number];

/** Modes without rows to choose from are not in it. */
const ROW_NAMES: Partial<Record<Mode, readonly string[]>> = { table: ROWS.map(({ name }) => name), cache: CACHE_PARTS };

export interface Options {
  readonly mode: Mode;
  /** Null: all. */
  readonly rows: ReadonlySet<string> | null;
  readonly rounds: number;
  readonly seconds: number;
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
  if (known === undefined) throw new UsageError('--rows selects rows of the full table and of --cache');
  const names = new Set(text.split(','));
  for (const name of names) {
    if (!known.includes(name)) throw new UsageError(`no row "${name}"`);
  }
  return names;
}

interface Values extends Readonly<Record<'rows' | 'rounds' | 'seconds' | 'output', string | undefined>> {
  readonly modes: readonly Mode[];
}

function parsed(args: readonly string[]): Values {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        cache: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        offload: { type: 'boolean', default: false },
        rows: { type: 'string' },
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        output: { type: 'string' },
      },
    });
    const { rows, rounds, seconds, output } = values;
    return { modes: FLAGGED.filter((name) => values[name]), rows, rounds, seconds, output };
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
    rounds: whole('rounds', values.rounds, mode === 'table' || mode === 'cache' ? 7 : 3, ROUNDS_MAX),
    seconds: whole('seconds', values.seconds, 2, SECONDS_MAX),
    output: values.output ?? DOCUMENT,
  };
}
