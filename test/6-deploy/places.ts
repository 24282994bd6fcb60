// Where things are, and which programs there are.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The repository, with a slash at its end. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** A file of the repository. */
export function textOf(path: string): string {
  return readFileSync(`${ROOT}${path}`, 'utf8');
}

/** Why a test that needs these programs is skipped; false: they are there. */
export function without(...programs: readonly string[]): string | false {
  const missing = programs.filter((program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).error !== undefined);
  return missing.length > 0 && `not installed: ${missing.join(', ')}`;
}

export interface Said {
  readonly status: number | null;
  /** Both streams. */
  readonly text: string;
}

export function run(program: string, words: readonly string[], options: { readonly cwd?: string; readonly input?: string } = {}): Said {
  const { status, stdout, stderr, error } = spawnSync(program, words, { encoding: 'utf8', timeout: 60_000, ...options });
  if (error) throw error;
  return { status, text: `${stdout}${stderr}` };
}
