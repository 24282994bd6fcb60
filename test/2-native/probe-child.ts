// What a test runs in a process of its own: another user, another namespace, another set of interfaces.
//   probe DIR SAMPLE TIMES   probes so many times, and prints each outcome of the lease on SAMPLE, then the last probe
//   interfaces               prints the interfaces that are up, and the warnings about them
//   write FILE               opens FILE for writing again and again until it is stopped; prints a line before
import { closeSync, openSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { native } from '../../native/index.ts';
import type { MountProbe, Outcome } from '../../native/probes.ts';
import { gatherInterfaces } from '../../server/doctor/gather/interfaces.ts';
import { offloadWarnings } from '../../server/doctor/offloads.ts';

export interface Probed {
  readonly leases: readonly Outcome[];
  readonly last: MountProbe;
}

function probe(directory: string, sample: string, times: number): Probed {
  const leases: Outcome[] = [];
  let last = native.probeMount(directory, sample);
  for (let i = 0; i < times; ++i) {
    last = native.probeMount(directory, sample);
    leases.push(last.existing.lease);
  }
  return { leases, last };
}

function interfaces(): { readonly found: ReturnType<typeof gatherInterfaces>; readonly warnings: string[] } {
  const found = gatherInterfaces();
  return { found, warnings: typeof found === 'number' ? [] : offloadWarnings(found) };
}

async function write(path: string): Promise<void> {
  process.stdout.write('writing\n');
  process.on('SIGTERM', () => process.exit(0));
  for (;;) {
    closeSync(openSync(path, 'r+'));
    await turn();
  }
}

const [what, first = '', second = '', third = '1'] = process.argv.slice(2);
if (what === 'probe') process.stdout.write(JSON.stringify(probe(first, second, Number(third))));
else if (what === 'interfaces') process.stdout.write(JSON.stringify(interfaces()));
else if (what === 'write') await write(first);
