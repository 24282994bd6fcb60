// Values of flags, checked with the flag's name.
import { UsageError, type FlagName } from './flags.ts';

/** @throws UsageError */
export function whole(name: FlagName, text: string | undefined, min: number, max: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (!(value >= min && value <= max)) throw new UsageError(`--${name} must be a whole number from ${min} to ${max}, not "${text}"`);
  return value;
}

/** @throws UsageError */
export function choice<T extends string>(name: FlagName, text: string | undefined, allowed: readonly T[], why?: string): T | undefined {
  if (text === undefined) return undefined;
  const found = allowed.find((value) => value === text);
  if (!found) throw new UsageError(`--${name} must be ${allowed.join(' or ')}, not "${text}"${why ? `: ${why}` : ''}`);
  return found;
}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** A size such as 4096, 512m or 4g, in bytes. @throws UsageError */
export function bytes(name: FlagName, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const parts = /^(\d{1,9})([kmgt]?)(?:i?b)?$/i.exec(text);
  if (!parts) throw new UsageError(`--${name} must be a size such as 512m or 4g, not "${text}"`);
  return Number(parts[1]) * UNITS[parts[2]!.toLowerCase()]!;
}
