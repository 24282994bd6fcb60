// Why something was not tried.
import { errorName, isError } from '../check.ts';
import type { MountFacts } from '../facts.ts';

/** Why there is no unnamed file of ours to try things on. */
export function noFileOfOurs({ probe: { unnamedFile } }: MountFacts): string {
  if (unnamedFile === null || unnamedFile === 0) return 'not probed';
  if (isError(unnamedFile, 'EACCES', 'EPERM')) return 'not probed: the directory is not writable';
  if (isError(unnamedFile, 'EROFS')) return 'not probed: the mount is read-only';
  if (isError(unnamedFile, 'EOPNOTSUPP', 'EISDIR', 'ENOENT')) return 'not probed: the mount has no unnamed files (O_TMPFILE)';
  return `not probed: no file could be made (${errorName(unnamedFile)})`;
}
