/** The command line of the bench. */
import { parseArgs } from 'node:util';
import { reasonOf } from './errors.ts';
import { DOCUMENT } from './paths.ts';
import { ROWS } from './rows.ts';

const ROUNDS_MAX = 1000;
const SECONDS_MAX = 600;

export const USAGE = `usage: npm run bench -- [--quick | --offload] [options]
  (neither)          the full table against nginx and the C floor (needs two cores, wrk, taskset, nginx, cc)
  --quick            against npm's servers, with autocannon (needs npm only)
  --offload          what kernel-offloaded checksums are worth, over a veth pair (needs root, ip, ethtool, wrk)
  --rows NAME,NAME   only these rows of the full table: ${ROWS.map(({ name }) => name).join(', ')}
  --rounds N         measured rounds after the warm-up (default 7; 3 for --quick and --offload)
  --seconds N        length of one run (default 2)
  --output PATH      the document to write a section of (default docs/BENCHMARKS.md; a run with --rows writes none)
`;

export interface Options {
  readonly mode: 'table' | 'quick' | 'offload';
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

function rowNames(text: string | undefined): ReadonlySet<string> | null {
  if (text === undefined) return null;
  const names = new Set(text.split(','));
  for (const name of names) {
    if (!ROWS.some((row) => row.name === name)) throw new UsageError(`no row "${name}"`);
  }
  return names;
}

function parsed(args: readonly string[]): Record<'rows' | 'rounds' | 'seconds' | 'output', string | undefined> & {
  readonly quick: boolean;
  readonly offload: boolean;
} {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        quick: { type: 'boolean', default: false },
        offload: { type: 'boolean', default: false },
        rows: { type: 'string' },
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        output: { type: 'string' },
      },
    });
    const { quick, offload, rows, rounds, seconds, output } = values;
    return { quick, offload, rows, rounds, seconds, output };
  } catch (error) {
    throw new UsageError(reasonOf(error));
  }
}

export function readOptions(args: readonly string[]): Options {
  const values = parsed(args);
  if (values.quick && values.offload) throw new UsageError('--quick or --offload, one at a time');
  const mode = values.quick ? 'quick' : values.offload ? 'offload' : 'table';
  if (mode !== 'table' && values.rows !== undefined) throw new UsageError('--rows selects rows of the full table');
  return {
    mode,
    rows: rowNames(values.rows),
    rounds: whole('rounds', values.rounds, mode === 'table' ? 7 : 3, ROUNDS_MAX),
    seconds: whole('seconds', values.seconds, 2, SECONDS_MAX),
    output: values.output ?? DOCUMENT,
  };
}
