/** The command line of the storm. */
import { parseArgs } from 'node:util';
import { reasonOf } from '../errors.ts';
import { DOCUMENT } from '../paths.ts';
import { MEANS } from './means.ts';

const ANSWERS_MAX = 10_000_000;
const ANSWERS_LONG = 100_000;
const ANSWERS_SHORT = 1500;

const FILESYSTEMS = ['ext4', 'tmpfs', 'overlayfs', 'xfs'] as const;
export type FilesystemName = (typeof FILESYSTEMS)[number];

const PLACES = ['loopback', 'veth'] as const;
/** Where the readers are, seen from the server. */
export type Place = (typeof PLACES)[number];

const MEANS_NAMES = MEANS.map(({ name }) => name);
const UNKNOWN_PEERS = ['probe', 'copy'];
const CONTENDERS = ['nginx'];

export const USAGE = `usage: npm run storm -- [options]
  --answers N            completed answers per filesystem and means, shared by the places of --from (default ${ANSWERS_LONG})
  --filesystems A,B      of ${FILESYSTEMS.join(', ')} (default all)
  --means A,B            of ${MEANS_NAMES.join(', ')} (default all)
  --from A,B             where the readers are: ${PLACES.join(', ')} (default both; veth needs root)
  --protect NAME         the server's option; with off, each row that writes in place must show torn answers
  --unknown-peer NAME    the server's option guard.unknownPeer: ${UNKNOWN_PEERS.join(' or ')}
  --against nginx        a few rows of the same storm against nginx, reported only
  --short                ${ANSWERS_SHORT} answers; ext4, tmpfs; pwrite, truncate, cp, rename; loopback
  --output PATH          write the section into this document (default: a whole long storm writes docs/BENCHMARKS.md, others none)
`;

export interface Options {
  /** Per filesystem and means. */
  readonly answers: number;
  readonly filesystems: readonly FilesystemName[];
  readonly means: readonly string[];
  readonly from: readonly Place[];
  /** Null: the server's default. */
  readonly protect: string | null;
  readonly unknownPeer: string | null;
  readonly against: string | null;
  readonly short: boolean;
  /** Null: no document. */
  readonly output: string | null;
}

export class UsageError extends Error {}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        answers: { type: 'string' },
        filesystems: { type: 'string' },
        means: { type: 'string' },
        from: { type: 'string' },
        protect: { type: 'string' },
        'unknown-peer': { type: 'string' },
        against: { type: 'string' },
        short: { type: 'boolean', default: false },
        output: { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(reasonOf(error));
  }
}

function several<T extends string>(name: string, text: string | undefined, known: readonly T[], fallback: readonly T[]): readonly T[] {
  if (text === undefined) return fallback;
  const names = text.split(',');
  for (const one of names) if (!known.some((name) => name === one)) throw new UsageError(`--${name}: no "${one}", only ${known.join(', ')}`);
  return known.filter((one) => names.includes(one));
}

function one(name: string, text: string | undefined, known: readonly string[]): string | null {
  if (text === undefined || known.includes(text)) return text ?? null;
  throw new UsageError(`--${name}: no "${text}", only ${known.join(', ')}`);
}

export function readOptions(args: readonly string[]): Options {
  const values = parsed(args);
  const { short } = values;
  const answersText = values.answers ?? String(short ? ANSWERS_SHORT : ANSWERS_LONG);
  const answers = Number(answersText);
  if (!/^\d+$/.test(answersText) || answers < 1 || answers > ANSWERS_MAX) {
    throw new UsageError(`--answers takes a whole number from 1 to ${ANSWERS_MAX}, not "${answersText}"`);
  }
  if (values.protect !== undefined && !/^[a-z]+$/.test(values.protect)) throw new UsageError(`--protect: not a name: "${values.protect}"`);
  const whole = args.every((argument) => argument.startsWith('--against') || CONTENDERS.includes(argument));
  return {
    answers,
    filesystems: several('filesystems', values.filesystems, FILESYSTEMS, short ? ['ext4', 'tmpfs'] : FILESYSTEMS),
    means: several('means', values.means, MEANS_NAMES, short ? ['pwrite', 'truncate', 'cp', 'rename'] : MEANS_NAMES),
    from: several('from', values.from, PLACES, short ? ['loopback'] : PLACES),
    protect: values.protect ?? null,
    unknownPeer: one('unknown-peer', values['unknown-peer'], UNKNOWN_PEERS),
    against: one('against', values.against, CONTENDERS),
    short,
    output: values.output ?? (whole ? DOCUMENT : null),
  };
}
