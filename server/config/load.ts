// Loads a config file: a module whose default export is a config, or JSON. Nothing is kept: each call loads anew, and what it gives is all
// that workers need.
import { readFileSync, realpathSync } from 'node:fs';
import { dirname, extname, resolve } from 'node:path';
import { anchored } from './anchor.ts';
import type { ConfigContext } from './config.ts';
import { jsonFault } from './json-text.ts';
import { Linker, ModuleError, type Exports } from './linker.ts';
import type { ModuleSnapshot } from './module-snapshot.ts';

/** The file cannot be used; the message names it, on one line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** A config that is a module, as main has read it: plain data, with which every worker makes the same config. */
export interface ConfigModule {
  readonly snapshot: ModuleSnapshot;
  readonly context: ConfigContext;
}

export interface LoadedConfig {
  /** Absolute path. */
  readonly file: string;
  /** As the file says it, not checked; paths in it are absolute. */
  readonly config: unknown;
  /** undefined: JSON, in which there are no functions. */
  readonly module: ConfigModule | undefined;
}

const MODULES = new Set(['.ts', '.mts', '.js', '.mjs', '.cjs']);
/** For all that a config waits for. */
const WITHIN_MS = 30_000;

/** @throws ConfigError */
export async function loadConfig(path: string, env: Readonly<Record<string, string | undefined>> = process.env): Promise<LoadedConfig> {
  const file = foundAt(resolve(path));
  if (extname(file) === '.json') return { file, config: anchored(jsonIn(file), dirname(file)), module: undefined };
  if (!MODULES.has(extname(file))) throw new ConfigError(`${file} must end in ${[...MODULES].join(', ')} or .json`);
  // jiti is large, and of no use to who has no config.
  const { snapshotOf } = await import('./module-compiler.ts');
  const module: ConfigModule = { snapshot: snapshotOf(file), context: { env: { ...env } } };
  return { file, config: anchored(await runConfig(module), dirname(file)), module };
}

/** The config that a module gives. @throws ConfigError */
export async function runConfig({ snapshot, context }: ConfigModule): Promise<unknown> {
  const file = snapshot.entry;
  let given = defaultOf(await inTime(new Linker(snapshot).run(), snapshot), file);
  if (typeof given === 'function') {
    try {
      given = (given as (context: ConfigContext) => unknown)(context);
    } catch (error) {
      throw thrown(error, snapshot);
    }
  }
  if (isPromise(given)) throw new ConfigError(`${file}: the config is a promise: wait for it in the file, as in "export default await …"`);
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw new ConfigError(`${file}: the default export must be a config, an object, not ${given === null ? 'null' : Array.isArray(given) ? 'a list' : typeof given}`);
  return given;
}

function foundAt(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new ConfigError(code === 'ENOENT' ? `there is no file ${path}` : `${path} cannot be read (${code ?? String(error)})`);
  }
}

function jsonIn(file: string): unknown {
  const text = textOf(file);
  const fault = jsonFault(text);
  if (fault) throw new ConfigError(`${file}:${fault.line}:${fault.column}: ${fault.message}`);
  return JSON.parse(text) as unknown;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/^\ufeff/, '');
  } catch (error) {
    throw new ConfigError(`${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
  }
}

function defaultOf(exports: Exports, file: string): unknown {
  const isModule = exports['__esModule'] === true;
  if (isModule ? 'default' in exports : Object.keys(exports).length > 0) return isModule ? exports['default'] : exports;
  throw new ConfigError(`${file} has no default export: write "export default defineConfig({ … })"`);
}

async function inTime(running: Promise<Exports>, snapshot: ModuleSnapshot): Promise<Exports> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ModuleError(`${snapshot.entry} has not come to its end within ${WITHIN_MS / 1000} s`)), WITHIN_MS);
  });
  try {
    return await Promise.race([running, late]);
  } catch (error) {
    throw thrown(error, snapshot);
  } finally {
    clearTimeout(timer);
  }
}

/** With the place in the file, as far as it is known. */
export function thrown(error: unknown, { entry, modules }: ModuleSnapshot): ConfigError {
  if (error instanceof ModuleError || error instanceof ConfigError) return new ConfigError(oneLine(error.message));
  if (!(error instanceof Error)) return new ConfigError(`${entry} throws ${oneLine(String(error))}`);
  const files = new Set([...modules.values()].map(({ file }) => file));
  const frame = [...(error.stack ?? '').matchAll(/(\/[^\n()]*?):(\d+):(\d+)/g)].find(([, file]) => files.has(file!));
  return new ConfigError(`${frame ? frame[0] : entry}: ${error.name}: ${oneLine(error.message)}`);
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ');
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
