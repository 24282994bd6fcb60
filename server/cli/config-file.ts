// Which config file a command line means, loaded.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig, type LoadedConfig } from '../config/load.ts';
import { UsageError, type Arguments } from './flags.ts';

const NAMES = ['ts', 'mts', 'js', 'mjs', 'json'].map((extension) => `pagecast.config.${extension}`);

/** undefined: none. @throws UsageError where there are two. */
export function configFileOf({ values, positionals }: Arguments, folder: string): string | undefined {
  const given = values.get('config')?.[0];
  if (given !== undefined) return given;
  // Who names what is to be served does not mean what happens to lie here.
  return positionals.length > 0 || values.has('root') || values.has('proxy') ? undefined : foundIn(folder);
}

/** The config file of a folder; undefined: it has none. @throws UsageError where it has two. */
export function foundIn(folder: string): string | undefined {
  const found = NAMES.map((name) => join(folder, name)).filter((path) => existsSync(path));
  if (found.length > 1) throw new UsageError(`there are ${found.join(' and ')}: -c FILE says which of them is meant`);
  return found[0];
}

/** @throws UsageError, ConfigError */
export async function configOf(args: Arguments, folder: string): Promise<LoadedConfig | undefined> {
  const file = configFileOf(args, folder);
  return file === undefined ? undefined : loadConfig(file);
}
