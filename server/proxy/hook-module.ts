// The module of hooks: found, loaded, looked at. A worker without the policy that it was told to have does not start.
import { statSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { ProxyHooks } from './hook-api.ts';

/** The module cannot be used; the message names it. */
export class HooksError extends Error {
  override readonly name = 'HooksError';
}

const KINDS = ['request', 'key', 'response'];
const EXTENSIONS = ['.js', '.mjs', '.cjs', '.ts', '.mts'];
const TYPED = new Set(['.ts', '.mts']);

/** The file's absolute path. @param given a path from the current folder, or a `file:` URL; anything in JavaScript. */
export function hooksFile(given: unknown, faults: string[]): string | undefined {
  if (given === undefined) return undefined;
  const file = pathOf(given);
  const fault = file === undefined ? `must be the path of a module, not ${given instanceof URL ? given.href : JSON.stringify(given)}` : faultOf(file);
  if (fault !== undefined) faults.push(`proxy.hooks${file === undefined ? ' ' : ': '}${fault}`);
  return fault === undefined ? file : undefined;
}

function pathOf(given: unknown): string | undefined {
  if (given instanceof URL || (typeof given === 'string' && given.startsWith('file:'))) {
    const url = URL.canParse(String(given)) ? new URL(given) : undefined;
    return url?.protocol === 'file:' && url.host === '' ? fileURLToPath(url) : undefined;
  }
  return typeof given === 'string' && given !== '' && !given.includes('\0') ? resolve(given) : undefined;
}

function faultOf(file: string): string | undefined {
  const extension = extname(file);
  if (!EXTENSIONS.includes(extension)) return `${file} must end in ${EXTENSIONS.join(', ')}`;
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) return `there is no file ${file}`;
  if (TYPED.has(extension) && !stripsTypes()) return `${file}: this Node.js (${process.version}) does not run TypeScript; 22.18 and later do, or compile it to .js`;
  return undefined;
}

function stripsTypes(): boolean {
  return Boolean(Reflect.get(process.features, 'typescript'));
}

/** @throws HooksError */
export async function loadHooks(file: string): Promise<ProxyHooks> {
  let loaded: { readonly default?: unknown };
  try {
    loaded = (await import(pathToFileURL(file).href)) as { readonly default?: unknown };
  } catch (error) {
    throw new HooksError(`the hooks in ${file} cannot be loaded: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`);
  }
  if (!('default' in loaded)) throw new HooksError(`the hooks in ${file} have no default export: it must be defineHooks({ … })`);
  const hooks = loaded.default;
  if (typeof hooks !== 'object' || hooks === null) throw new HooksError(`the default export of ${file} must be an object of hooks, not ${hooks === null ? 'null' : typeof hooks}`);
  for (const [name, hook] of Object.entries(hooks)) {
    if (!KINDS.includes(name)) throw new HooksError(`${file} exports an unknown hook "${name}": there are ${KINDS.join(', ')}`);
    if (hook !== undefined && typeof hook !== 'function') throw new HooksError(`the hook "${name}" of ${file} must be a function, not ${hook === null ? 'null' : typeof hook}`);
  }
  return hooks;
}
