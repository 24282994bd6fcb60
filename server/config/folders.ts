// Folders that a config names, looked at when it is checked.
import { accessSync, constants, statSync } from 'node:fs';

/** Why it cannot be served; undefined: it can. */
export function folderFault(path: string): string | undefined {
  return faultOf(path, constants.R_OK | constants.X_OK, 'read');
}

/** Why nothing can be written there. */
export function writableFault(path: string): string | undefined {
  return faultOf(path, constants.W_OK | constants.X_OK, 'written');
}

function faultOf(path: string, mode: number, done: string): string | undefined {
  try {
    if (!statSync(path).isDirectory()) return `${path} is not a folder`;
    accessSync(path, mode);
    return undefined;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return code === 'ENOENT' ? `the folder ${path} does not exist` : `the folder ${path} cannot be ${done} (${code ?? String(error)})`;
  }
}
