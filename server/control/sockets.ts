// Where the unix socket of a control plane is that nobody named: $XDG_RUNTIME_DIR/pagecast or /run/pagecast, one file for each server.
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

const NAME = 'pagecast';
const OWNER_ONLY = 0o700;

/** The first that can be had is taken. */
function folders(environment: NodeJS.ProcessEnv): readonly string[] {
  const ofUser = environment['XDG_RUNTIME_DIR'];
  return [...(ofUser !== undefined && isAbsolute(ofUser) ? [ofUser] : []), '/run'].map((folder) => join(folder, NAME));
}

/** Paths for the socket of a server, in the order in which they are to be tried; their folders are there. */
export function socketPaths(name: string, environment: NodeJS.ProcessEnv): readonly string[] {
  return folders(environment).filter(isThere).map((folder) => join(folder, `${name}.sock`));
}

/** All that a server may listen on, or may have listened on, by folder. */
export function foundSockets(environment: NodeJS.ProcessEnv): readonly (readonly string[])[] {
  return folders(environment).map((folder) => namesIn(folder).filter((name) => name.endsWith('.sock')).map((name) => join(folder, name)));
}

function isThere(folder: string): boolean {
  try {
    mkdirSync(folder, { mode: OWNER_ONLY });
    return true;
  } catch {
    return statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return []; // not there, or not ours to look at
  }
}
