#!/usr/bin/env node
// The pagecast command. Exit codes: 0 done, 1 it could not be done, 2 it was not asked for properly.
import { explainWords, OF_EXPLAIN } from './asking.ts';
import { CONTROL_VERBS, type ControlCommandOptions } from './control-verbs.ts';
import { helpText, parseArguments, UsageError } from './flags.ts';
import type { Settings } from './settings.ts';
import { tellFailure } from '../inheritance.ts';
import { VERSION } from '../version.ts';

async function main(): Promise<void> {
  if (process.argv[2] === 'store') {
    const { storeCommand } = await import('./store.ts');
    process.exitCode = await storeCommand(process.argv.slice(3));
    return;
  }
  const words = process.argv.slice(2);
  if (CONTROL_VERBS.has(words[0] ?? '')) {
    const { controlCommand } = await import('./control.ts');
    process.exitCode = await controlCommand(words, controlOutput());
    return;
  }
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
  if (args.positionals[0] === 'explain' && words.some((word) => /^--control(?:=|$)/.test(word))) {
    const { explainLive } = await import('./control.ts');
    process.exitCode = await explainLive(args, { ...controlOutput(), json: args.values.has('json') || !process.stdout.isTTY });
    return;
  }
  if (args.positionals[0] === 'explain') {
    const { explain } = await import('./explain.ts');
    const { isTTY } = process.stdout;
    await explain(args, { json: args.values.has('json') || !isTTY, colour: isTTY && !process.env['NO_COLOR'], write: (text) => void process.stdout.write(text) });
    return;
  }
  if (args.positionals[0] === 'check' || args.positionals[0] === 'config') {
    const { checkCommand, configCommand } = await import('./config.ts');
    const output = { ...controlOutput(), json: args.values.has('json'), terminal };
    if (args.positionals[0] === 'config') await configCommand(args, output);
    else process.exitCode = await checkCommand(args, output);
    return;
  }
  if (args.values.has('json')) throw new UsageError('--json is a flag of `pagecast doctor`, `explain` and `config`');
  for (const name of OF_EXPLAIN) if (args.values.has(name)) throw new UsageError(`--${name} is a flag of \`pagecast explain\``);
  // The schema of options takes its time, too.
  const [{ settingsOf }, { configFileOf }, { loadConfig }] = await Promise.all([import('./settings.ts'), import('./config-file.ts'), import('../config/load.ts')]);
  // Once: a reload is of this file, also when it is gone, and not of one that lies here by then.
  const file = configFileOf(args, '.');
  const read = async (): Promise<Settings> => settingsOf(args, terminal, file === undefined ? undefined : await loadConfig(file));
  const settings = await read();
  // Loaded now: a mistake on the command line is answered also where the addon cannot run.
  const { serve } = await import('./serve.ts');
  await serve(settings, terminal, read);
}

function controlOutput(): ControlCommandOptions {
  return {
    json: false, colour: process.stdout.isTTY && !process.env['NO_COLOR'], environment: process.env,
    write: (text) => void process.stdout.write(text), writeError: (text) => void process.stderr.write(text),
  };
}

const USAGE_ERRORS = new Set(['UsageError', 'OptionsError', 'ConfigError', 'UnsupportedPlatformError', 'HooksError']);

main().catch((error: unknown) => {
  const fault = error instanceof Error ? error : new Error(String(error));
  const expected = USAGE_ERRORS.has(fault.name) || fault.name === 'ListenError' || fault.name === 'StoreError';
  tellFailure(fault.message);
  process.stderr.write(`pagecast: ${expected ? fault.message : (fault.stack ?? fault.message)}\n`);
  // A bad address is bad usage; one that cannot be had is not.
  process.exit(USAGE_ERRORS.has(fault.name) ? 2 : 1);
});
