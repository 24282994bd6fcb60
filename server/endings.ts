// How answers end: what is told of it to the log, to spans, to metrics and to the operator.
import { layout } from '../native/index.ts';
import type { Connection } from './connection.ts';
import type { AccessRecord, Incomplete } from './log/record.ts';
import type { RequestMetrics } from './metrics/request-metrics.ts';
import { NO_ANSWER, type Unsent } from './outbox.ts';
import type { Records } from './records.ts';
import type { Report } from './report.ts';

const { reasons } = layout;

export class Endings {
  readonly #records: Records | undefined;
  readonly #metrics: RequestMetrics;
  readonly #report: Report;

  constructor(records: Records | undefined, metrics: RequestMetrics, report: Report) {
    this.#records = records;
    this.#metrics = metrics;
    this.#report = report;
  }

  /** The kernel has all of a command that was not sent at once. */
  sent({ record, cacheResult, begunMs }: Unsent): void {
    if (cacheResult !== NO_ANSWER) this.#metrics.sentLater(cacheResult, begunMs);
    if (record) this.#records?.write(record, '');
  }

  brokenOff(record: AccessRecord | undefined, how: Exclude<Incomplete, ''>): void {
    this.#metrics.brokenOff(how);
    if (record) this.#records?.write(record, how);
  }

  /** A connection is closed, for one of layout.reasons or an errno; `stalled`: because its peer took nothing. */
  closed(connection: Connection, reason: number, stalled: boolean): void {
    const shortened = reason === reasons.FILE_SHORTENED;
    const changed = reason === reasons.FILE_CHANGED;
    const how: Exclude<Incomplete, ''> = reason === reasons.BODY_BROKEN ? 'bodyBroken' : shortened ? 'fileShortened' : changed ? 'fileChanged' : stalled ? 'stalled' : 'aborted';
    if (connection.unsent.length > 0) connection.brokenBy = how;
    for (const { record, cacheResult } of connection.unsent) if (cacheResult !== NO_ANSWER) this.brokenOff(record, how);
    if (shortened) this.#report('fileShortened', 'a file ended before its answer did: connection reset', { target: connection.unsent[0]?.record?.target ?? '' });
    if (changed) this.#report('tornPrevented', 'a file changed in mid-answer: connection reset', { target: connection.unsent[0]?.record?.target ?? '' });
  }
}
