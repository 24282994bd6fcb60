// Sums of what the workers count, asked of all who are there. One that dies meanwhile answers no more: what is there is the answer.
import type { Counts } from './messages.ts';

/** Counters that Engine.census() gives. */
const OF_THE_PROCESS = new Set([
  'files', 'arenaBytes', 'leases', 'privateBytes', 'snapshotBytes', 'leasesTaken', 'leasesRefused', 'leaseBreaks', 'leaseRescans', 'snapshots',
  'snapshotsRefused', 'privateCopies', 'privateCopiesRefused', 'writersDelayed', 'writersDelayedMs', 'writerDelayMaxMs', 'writersForced', 'writersUnanswered',
]);

interface Question {
  readonly sum: Record<string, number>;
  waiting: number;
  readonly done: (counts: Counts) => void;
}

export class Counting {
  readonly #questions = new Map<number, Question>();
  #lastTicket = 0;

  /** @param main what main itself has counted. @param waiting workers that are asked. @param ask asks them all, under this ticket: add(). */
  begin(main: Counts, waiting: number, ask: (ticket: number) => void): Promise<Counts> {
    if (waiting === 0) return Promise.resolve({});
    const ticket = ++this.#lastTicket;
    return new Promise((done) => {
      this.#questions.set(ticket, { sum: { ...main }, waiting, done });
      ask(ticket);
    });
  }

  add(ticket: number, counts: Counts): void {
    const question = this.#questions.get(ticket);
    if (!question) return;
    for (const [name, count] of Object.entries(counts)) {
      // What belongs to the process is the same in every worker's account.
      question.sum[name] = OF_THE_PROCESS.has(name) ? count : (question.sum[name] ?? 0) + count;
    }
    if (--question.waiting > 0) return;
    this.#questions.delete(ticket);
    question.done(question.sum);
  }

  /** A worker has died. */
  settle(): void {
    for (const [ticket, { sum, done }] of this.#questions) {
      this.#questions.delete(ticket);
      done(sum);
    }
  }
}
