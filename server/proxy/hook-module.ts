// The module of hooks: found, loaded, looked at. A worker without the policy that it was told to have does not start.
import { statSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Linker, type Exports } from '../config/linker.ts';
import { thrown } from '../config/load.ts';
import type { ModuleSnapshot } from '../config/module-snapshot.ts';
import { HOOK_KINDS, type ProxyHooks } from './hook-api.ts';

/** The module cannot be used; the message names it. */
export class HooksError extends Error {
  override readonly name = 'HooksError';
}

const EXTENSIONS = ['.js', '.mjs', '.cjs', '.ts', '.mts'];

/** What is wrong with the path of a module from the current folder, or its `file:` URL; undefined: nothing. */
export function hooksFault(given: string | URL): string | undefined {
  const file = pathOf(given);
  if (file === undefined) return `must be the path of a module, not ${given instanceof URL ? given.href : JSON.stringify(given)}`;
  if (!EXTENSIONS.includes(extname(file))) return `${file} must end in ${EXTENSIONS.join(', ')}`;
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true ? undefined : `there is no file ${file}`;
}

/** Its absolute path; undefined: it is none. */
export function hooksFile(given: string | URL): string | undefined {
  return pathOf(given);
}

function pathOf(given: string | URL): string | undefined {
  if (given instanceof URL || given.startsWith('file:')) {
    const url = URL.canParse(String(given)) ? new URL(given) : undefined;
    return url?.protocol === 'file:' && url.host === '' ? fileURLToPath(url) : undefined;
  }
  return given !== '' && !given.includes('\0') ? resolve(given) : undefined;
}

/** @param snapshot the module as it was read; undefined: as it is now. @throws HooksError */
export async function loadHooks(file: string, snapshot?: ModuleSnapshot): Promise<ProxyHooks> {
  const taken = snapshot ?? (await import('../config/module-compiler.ts')).snapshotOf(file);
  let exports: Exports;
  try {
    exports = await new Linker(taken).run();
  } catch (error) {
    throw new HooksError(`the hooks in ${file} cannot be loaded: ${thrown(error, taken).message}`);
  }
  const isModule = exports['__esModule'] === true;
  if (isModule && !('default' in exports)) throw new HooksError(`the hooks in ${file} have no default export: it must be defineHooks({ … })`);
  return checkedHooks(isModule ? exports['default'] : exports, file);
}

/** @param where they stand, for the message. @throws HooksError */
export function checkedHooks(hooks: unknown, where: string): ProxyHooks {
  if (typeof hooks !== 'object' || hooks === null) throw new HooksError(`the default export of ${where} must be an object of hooks, not ${hooks === null ? 'null' : typeof hooks}`);
  for (const [name, hook] of Object.entries(hooks)) {
    if (!HOOK_KINDS.includes(name)) throw new HooksError(`${where} exports an unknown hook "${name}": there are ${HOOK_KINDS.join(', ')}`);
    if (hook !== undefined && typeof hook !== 'function') throw new HooksError(`the hook "${name}" of ${where} must be a function, not ${hook === null ? 'null' : typeof hook}`);
  }
  return hooks;
}
