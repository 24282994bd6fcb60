// `pagecast doctor [DIR] [--json]`.
import { resolve } from 'node:path';
import { directoryFault, gatherFacts } from './gather/gather.ts';
import { countStates, judge } from './judge.ts';
import { layOut } from './layout.ts';

export { gatherInterfaces } from './gather/interfaces.ts';
export { offloadWarnings, servingInterfaces } from './offloads.ts';

export interface DoctorOptions {
  readonly json: boolean;
  readonly colour: boolean;
  readonly write: (text: string) => void;
  /** For the one line where DIR cannot be looked into; `write` takes it otherwise. */
  readonly writeError?: (text: string) => void;
}

/** The exit code: 0, whatever is missing; 2 where `dir` is no directory that we may enter. */
export async function runDoctor(dir: string, { json, colour, write, writeError = write }: DoctorOptions): Promise<number> {
  const directory = resolve(dir);
  const fault = await directoryFault(directory);
  if (fault !== undefined) {
    writeError(`pagecast doctor: ${JSON.stringify(directory).slice(1, -1)} ${fault}\n`);
    return 2;
  }
  const facts = gatherFacts(directory);
  const rows = judge(facts);
  write(json ? `${JSON.stringify({ directory, counts: countStates(rows), rows, facts }, undefined, 2)}\n` : layOut(directory, rows, colour));
  return 0;
}
