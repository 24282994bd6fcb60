// Paths in a config file are meant from the folder that it is in, wherever the command is run.
import { resolve } from 'node:path';

/** Members that are paths, wherever in a config they stand. */
const PATHS = new Set(['root', 'sendfileRoot', 'snapshotDir', 'logFile', 'tokenFile', 'dir', 'cert', 'key', 'ocsp', 'clientCa']);
/** Below these there are names of the operator's, fields and the like, which are no members. */
const OPAQUE = new Set(['headers', 'requestHeaders', 'respond']);
/** Deeper than any config is: what is there is a fault, and the schema's to tell. */
const DEPTH_MAX = 8;

/** The same config with absolute paths; what is none is left as it is. */
export function anchored(config: unknown, folder: string, depth = 0): unknown {
  if (depth > DEPTH_MAX) return config;
  if (Array.isArray(config)) return config.map((item) => anchored(item, folder, depth + 1));
  if (!isPlain(config)) return config;
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [key, OPAQUE.has(key) ? value : memberOf(key, value, folder, depth)]));
}

function memberOf(key: string, value: unknown, folder: string, depth: number): unknown {
  if (typeof value !== 'string' || value === '') return anchored(value, folder, depth + 1);
  if (PATHS.has(key)) return value.includes('\0') ? value : resolve(folder, value);
  return key === 'hooks' && !value.startsWith('file:') && !value.includes('\0') ? resolve(folder, value) : value;
}

/** An object of members; functions, URLs and bytes are values. */
function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
