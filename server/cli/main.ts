#!/usr/bin/env node
// The pagecast command. Exit codes: 0 done, 1 it could not be done, 2 it was not asked for properly.
import { explainWords, OF_EXPLAIN } from './asking.ts';
import { helpText, parseArguments, UsageError } from './flags.ts';
import { VERSION } from '../version.ts';
import { settingsOf } from './settings.ts';

async function main(): Promise<void> {
  if (process.argv[2] === 'store') {
    const { storeCommand } = await import('./store.ts');
    process.exitCode = await storeCommand(process.argv.slice(3));
    return;
  }
  const words = process.argv.slice(2);
  const args = parseArguments(words[0] === 'explain' ? explainWords(words) : words, process.env);
  if (args.values.has('help')) return void process.stdout.write(helpText(VERSION));
  if (args.values.has('version')) return void process.stdout.write(`${VERSION}\n`);
  const terminal = process.stdout.isTTY && process.env['NODE_ENV'] !== 'production';
  if (args.positionals[0] === 'doctor') {
    const { runDoctor } = await import('../doctor/print.ts');
    process.exitCode = await runDoctor(args.positionals[1] ?? '.', {
      json: args.values.has('json'), colour: process.stdout.isTTY && !process.env['NO_COLOR'], write: (text) => void process.stdout.write(text),
      writeError: (text) => void process.stderr.write(text),
    });
    return;
  }
  if (args.positionals[0] === 'explain') {
    const { explain } = await import('./explain.ts');
    const { isTTY } = process.stdout;
    await explain(args, { json: args.values.has('json') || !isTTY, colour: isTTY && !process.env['NO_COLOR'], write: (text) => void process.stdout.write(text) });
    return;
  }
  if (args.values.has('json')) throw new UsageError('--json is a flag of `pagecast doctor` and `pagecast explain`');
  for (const name of OF_EXPLAIN) if (args.values.has(name)) throw new UsageError(`--${name} is a flag of \`pagecast explain\``);
  const settings = settingsOf(args, terminal);
  // Loaded now: a mistake on the command line is answered also where the addon cannot run.
  const { serve } = await import('./serve.ts');
  await serve(settings, terminal);
}

const USAGE_ERRORS = new Set(['UsageError', 'OptionsError', 'UnsupportedPlatformError', 'HooksError']);

main().catch((error: unknown) => {
  const fault = error instanceof Error ? error : new Error(String(error));
  const expected = USAGE_ERRORS.has(fault.name) || fault.name === 'ListenError';
  process.stderr.write(`pagecast: ${expected ? fault.message : (fault.stack ?? fault.message)}\n`);
  // A bad address is bad usage; one that cannot be had is not.
  process.exit(USAGE_ERRORS.has(fault.name) ? 2 : 1);
});
