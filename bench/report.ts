/** What a mode of the bench gives back to main, and how it talks: results on stdout, progress on stderr. */
import type { Section } from './document.ts';

export interface Report {
  readonly passed: boolean;
  /** Null: nothing that is worth a document. */
  readonly section: Section | null;
}

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
