// Values of flags, checked with the flag's name.
import { UsageError, type FlagName } from './flags.ts';

/** @throws UsageError */
export function whole(name: FlagName, text: string | undefined, min: number, max: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (!(value >= min && value <= max)) throw new UsageError(`--${name} must be a whole number from ${min} to ${max}, not "${text}"`);
  return value;
}
