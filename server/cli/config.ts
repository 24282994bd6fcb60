// `pagecast check [FILE]`: what is wrong with a config, all of it. `pagecast config`: every option that counts, and who has said so.
import { readFileSync } from 'node:fs';
import { effectiveMembers, type EffectiveMember } from '../config/effective.ts';
import { faultsOf, faultText } from '../config/faults.ts';
import { functionsIn, functionsOf, modulesOf } from '../config/functions.ts';
import { ConfigError, loadConfig, type LoadedConfig } from '../config/load.ts';
import { configSchema } from '../config/schema.ts';
import { masked } from '../control/masked.ts';
import { OptionsError, resolveOptions, type ResolvedOptions, type ServerOptions } from '../options.ts';
import { HooksError } from '../proxy/hook-module.ts';
import { configOf, foundIn } from './config-file.ts';
import { UsageError, type Arguments } from './flags.ts';
import { settingsOf } from './settings.ts';

export interface ConfigOutput {
  readonly json: boolean;
  readonly colour: boolean;
  readonly terminal: boolean;
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
}

/** The exit code: 0 it is good, 2 it is not. @throws UsageError, ConfigError */
export async function checkCommand({ positionals, values }: Arguments, output: ConfigOutput): Promise<number> {
  const [, given, ...more] = positionals;
  if (more.length > 0) throw new UsageError(`one config is checked at a time: "${more[0]!}" is too much`);
  const file = given ?? values.get('config')?.[0] ?? foundIn('.');
  if (file === undefined) throw new UsageError('there is no pagecast.config.ts here, nor .mts, .js, .mjs or .json: pagecast check FILE');
  const loaded = await loadConfig(file);
  const faults = await faultsIn(loaded);
  if (typeof faults === 'object' && 'length' in faults) {
    for (const fault of faults) output.writeError(`${file}: ${fault}\n`);
    output.writeError(`${faults.length} ${faults.length === 1 ? 'error' : 'errors'}\n`);
    return 2;
  }
  output.write(`ok: ${file}: ${summary(faults)}\n`);
  return 0;
}

/** What is wrong; or, if nothing is, what it comes to. */
async function faultsIn({ config, module }: LoadedConfig): Promise<readonly string[] | ResolvedOptions> {
  const faults = faultsOf(configSchema, config).map(faultText);
  if (faults.length > 0) return faults;
  try {
    const resolved = resolveOptions(config as ServerOptions, descriptors());
    await functionsOf(resolved, await modulesOf(resolved, module));
    return resolved;
  } catch (error) {
    if (error instanceof OptionsError) return error.faults.map(faultText);
    if (error instanceof HooksError || error instanceof ConfigError) return [error.message];
    throw error;
  }
}

function summary(options: ResolvedOptions): string {
  const { sites, proxy, filesFirst, root } = options;
  const routes = sites.reduce((sum, site) => sum + site.routes.length, 0);
  const functions = functionsIn(options).length;
  const origins = proxy?.origins.origins.map(({ address }) => address.url).join(', ');
  const what = sites.length > 0 ? counted(sites.length, 'site') : origins === undefined ? root : filesFirst ? `${root}, then ${origins}` : origins;
  return [what, ...(routes > 0 ? [counted(routes, 'route')] : []), ...(functions > 0 ? [counted(functions, 'function')] : [])].join(', ');
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** @throws UsageError, ConfigError, OptionsError */
export async function configCommand(args: Arguments, output: ConfigOutput): Promise<void> {
  const [, ...more] = args.positionals;
  const asked = { ...args, positionals: more };
  const { layers, options } = settingsOf(asked, output.terminal, await configOf(asked, '.'));
  const members = effectiveMembers(layers, resolveOptions(options, descriptors()), masked);
  output.write(output.json ? `${JSON.stringify(members.map(({ path, value, source }) => ({ path, value, source: source.name })), undefined, 2)}\n` : laidOut(members, output.colour));
}

function laidOut(members: readonly EffectiveMember[], colour: boolean): string {
  const dim = (text: string): string => (colour ? `\x1b[2m${text}\x1b[0m` : text);
  const rows = members.map(({ path, value, source }) => [path, JSON.stringify(value), source.name] as const);
  const widths = [0, 1].map((i) => Math.min(60, Math.max(...rows.map((row) => row[i]!.length))));
  return rows.map(([path, value, source]) => `${path.padEnd(widths[0]!)}  ${printable(value).padEnd(widths[1]!)}  ${dim(source)}\n`).join('');
}

/** No value is to steer a terminal: JSON leaves DEL and the C1 controls as they are. */
function printable(json: string): string {
  return json.replaceAll(/[\x7f-\x9f]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);
}

/** What the server may have once it has raised its limit (setrlimit(2)). */
function descriptors(): number {
  const limit = /^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  return limit === undefined ? 1024 : Number(limit);
}
