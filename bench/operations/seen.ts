/** What a load has seen, as rows; what failed is told with its reasons. */
import { reasonOf } from '../errors.ts';
import { say } from '../report.ts';
import { summarize } from '../statistics.ts';
import type { LoadReport } from './load-site.ts';
import { judgeOperation, type OperationJudged, type OperationRow } from './rows.ts';

export interface Unmeasured {
  readonly reason: string;
}

export function isUnmeasured(outcome: object): outcome is Unmeasured {
  return 'reason' in outcome;
}

/** What comes of it, or why nothing does. */
export async function attempted<T extends object>(work: () => Promise<T>): Promise<T | Unmeasured> {
  try {
    return await work();
  } catch (error) {
    return { reason: reasonOf(error) };
  }
}

/** A row of figures, the worst of which counts. */
export function judgedOf(row: OperationRow, figures: readonly number[] | Unmeasured): OperationJudged {
  return judgeOperation(row, isUnmeasured(figures) ? figures : summarize(figures));
}

export function judgedLoad(rows: Readonly<Record<'failed' | 'slowest', OperationRow>>, outcome: LoadReport | Unmeasured): OperationJudged[] {
  if (isUnmeasured(outcome)) return [judgeOperation(rows.failed, outcome), judgeOperation(rows.slowest, outcome)];
  const { answers, failed, reasons, slowestMs } = outcome;
  for (const reason of reasons) say(`failed: ${reason}`);
  return [judgeOperation(rows.failed, summarize([failed]), [`of ${answers + failed}`]), judgeOperation(rows.slowest, summarize([slowestMs]))];
}
