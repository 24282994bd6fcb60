// The access log of a simulated site, which holds every answer to account.
import { AccessLog } from '../../server/log/access.ts';
import type { AccessRecord, Incomplete } from '../../server/log/record.ts';

/** Every answer that was begun is logged once, however it ended. */
export class CountedLog extends AccessLog {
  readonly #unwritten = new Set<AccessRecord>();
  /** Answers begun. */
  records = 0;
  readonly faults: string[] = [];

  constructor() {
    super('json', () => undefined);
  }

  get unwritten(): number {
    return this.#unwritten.size;
  }

  override record(...given: Parameters<AccessLog['record']>): AccessRecord {
    this.records += 1;
    const record = super.record(...given);
    this.#unwritten.add(record);
    return record;
  }

  override write(record: AccessRecord, incomplete: Incomplete): void {
    if (!this.#unwritten.delete(record)) this.faults.push(`logged twice: ${record.target}`);
    super.write(record, incomplete);
  }
}
