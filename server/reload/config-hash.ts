// What tells two configs apart on machines of one cluster: what they say, and the code of their functions. What is a machine's own (where it
// listens, what memory it has) is not in it, and secrets are not: a hash of a password would tell whether a guess is right.
import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import type { ServerModules } from '../config/functions.ts';
import type { ModuleSnapshot } from '../config/module-snapshot.ts';
import { masked, type Readable } from '../control/masked.ts';
import type { ServerOptions } from '../options.ts';

const HASH_DIGITS = 16;
const OF_THE_MACHINE: ReadonlySet<string> = new Set([
  'listen', 'control', 'workers', 'store', 'logFile', 'socketMode', 'congestionControl', 'arena', 'guard', 'limits', 'files', 'cluster', 'tracing',
] satisfies readonly (keyof ServerOptions | 'listen' | 'logFile')[]);

/** 16 hexadecimal digits. Files beside the config may be anywhere; others are told apart by where they are. */
export function configHash(options: ServerOptions, { config, hooks }: ServerModules): string {
  const folder = config && dirname(config.snapshot.entry);
  const said = Object.fromEntries(Object.entries(options).filter(([name]) => !OF_THE_MACHINE.has(name)));
  const codes = [...(config ? [config.snapshot] : []), ...hooks.values()].map(codeOf);
  const text = JSON.stringify([sorted(masked(said) ?? null), codes]);
  return createHash('sha256').update(folder === undefined ? text : text.replaceAll(folder, '.')).digest('hex').slice(0, HASH_DIGITS);
}

function codeOf({ modules }: ModuleSnapshot): readonly (readonly [string, string])[] {
  return [...modules].map(([key, { code }]): [string, string] => [key, code]).sort(([one], [other]) => (one < other ? -1 : 1));
}

/** The order of members means nothing. */
function sorted(value: Readable): Readable {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)).map(([name, member]) => [name, sorted(member)]));
}
