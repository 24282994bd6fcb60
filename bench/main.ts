/** Entry of `npm run bench`: reads the options, runs one of the tables, merges its section into the document. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { runCache } from './cache.ts';
import { mergeDocument, type Section } from './document.ts';
import { DoorsTable } from './doors.ts';
import { runOffload } from './offload.ts';
import { runOperations } from './operations/run.ts';
import { readOptions, USAGE, UsageError, type Options } from './options.ts';
import { runPairs } from './pairs.ts';
import { Scope } from './processes.ts';
import { runQuick } from './quick.ts';
import type { Report } from './report.ts';
import { runStore } from './store.ts';
import { runTable } from './table.ts';
import { TlsTable } from './tls.ts';

const MODES: Record<Options['mode'], (scope: Scope, options: Options) => Promise<Report>> = {
  table: runTable,
  cache: runCache,
  store: runStore,
  tls: (scope, options) => runPairs(new TlsTable(), scope, options),
  doors: (scope, options) => runPairs(new DoorsTable(), scope, options),
  operations: runOperations,
  quick: runQuick,
  offload: runOffload,
};

function writeDocument(path: string, section: Section): void {
  const existing = existsSync(path) ? readFileSync(path, 'utf8') : null;
  writeFileSync(path, mergeDocument(existing, section));
  process.stdout.write(`wrote the section "${section.title}" of ${path}\n`);
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  const scope = new Scope();
  const { passed, section } = await MODES[options.mode](scope, options);
  if (section !== null) writeDocument(options.output, section);
  scope.close();
  return passed ? 0 : 1;
}

try {
  process.exit(await main());
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`bench: ${error.message}\n${USAGE}`);
  process.exit(2);
}
