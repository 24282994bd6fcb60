// Why a reload is none.
import { faultText, type Fault } from '../config/faults.ts';

/** Nothing has changed: what was in force is. The message has all that is in the way, and so have `faults`, one by one. */
export class ReloadError extends Error {
  override readonly name = 'ReloadError';
  readonly faults: readonly string[];
  /** `refused`: what was to be put into force cannot be. `unavailable`: it could be, but not now. */
  readonly kind: 'refused' | 'unavailable';

  constructor(kind: 'refused' | 'unavailable', faults: readonly string[]) {
    super(faults.join('; '));
    this.kind = kind;
    this.faults = faults;
  }

  /** What loading and preparing may throw, as one; anything else is none of the operator's. */
  static of(error: unknown): ReloadError | undefined {
    if (error instanceof ReloadError) return error;
    if (!(error instanceof Error)) return undefined;
    if (EXPECTED.has(error.name)) return new ReloadError('refused', faultsOf(error));
    return undefined;
  }
}

const EXPECTED: ReadonlySet<string> = new Set(['OptionsError', 'ConfigError', 'HooksError', 'ListenError', 'UsageError']);

function faultsOf(error: Error): readonly string[] {
  const faults: unknown = Reflect.get(error, 'faults');
  return Array.isArray(faults) ? faults.map((fault: string | Fault) => (typeof fault === 'string' ? fault : faultText(fault))) : [error.message];
}
