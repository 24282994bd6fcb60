/** The site in memory, as the contenders that hold files in Buffers have it: `PROGRAM HOST PORT ROOT [CERTIFICATE KEY]`. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

export interface HeldFile {
  readonly body: Buffer;
  /** As many as a file server sends, so that heads are of a size. */
  readonly fields: Readonly<Record<string, string>>;
}

export interface Arguments {
  readonly host: string;
  readonly port: number;
  readonly root: string;
}

export function readArguments(): Arguments {
  const [host = '', port = '', root = ''] = process.argv.slice(2);
  return { host, port: Number(port), root };
}

/** What follows the other arguments, where TLS is spoken: two paths. */
export function readCertificate(): { readonly cert: Buffer; readonly key: Buffer } {
  const [cert = '', key = ''] = process.argv.slice(5);
  return { cert: readFileSync(cert), key: readFileSync(key) };
}

function hold(path: string): HeldFile {
  const body = readFileSync(path);
  return {
    body,
    fields: {
      'Content-Type': path.endsWith('.png') ? 'image/png' : 'application/octet-stream',
      ETag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
      'Last-Modified': statSync(path).mtime.toUTCString(),
      'X-Content-Type-Options': 'nosniff',
    },
  };
}

/** Every file below `root`, by request target. */
export function holdFiles(root: string): ReadonlyMap<string, HeldFile> {
  const files = new Map<string, HeldFile>();
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(path.slice(root.length), hold(path));
  }
  return files;
}
