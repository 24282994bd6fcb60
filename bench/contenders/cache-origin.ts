/**
 * The origin behind every cache: `cache-origin.js HOST PORT ROOT`, node:http. Files by path, storable for an hour; `/herd/*`
 * slowly; `/tagged/*` and `/plain/*` with a tag and without. It keeps a record of what was asked for, and tells it under `/-`.
 */
import { createHash } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import { fixtureBytes } from '../fixtures.ts';
import {
  HERD_BYTES,
  HERD_BYTES_PER_SECOND,
  isHerdTarget,
  isPlainTarget,
  isTaggedTarget,
  monotonicMs,
  PLAIN_RECORD,
  recordAsked,
  TAG,
  TAGGED_BYTES,
  TAGGED_RECORD,
  type OriginRecord,
} from '../cache-site.ts';
import { holdFiles, readArguments } from './files.ts';

/** A thousand clients get each piece: few and large enough for one process to read them all, small beside the whole. */
const PIECE_EVERY_MS = 50;
const STORABLE = { 'Cache-Control': 'max-age=3600' };
const NOTHING: OriginRecord = { requests: 0, firstBodyByteMs: 0, lastBodyByteMs: 0 };

const { host, port, root } = readArguments();
const files = holdFiles(root);
const tagged = fixtureBytes({ target: TAGGED_RECORD, bytes: TAGGED_BYTES });
const records = new Map<string, OriginRecord>();

function note(name: string, change: Partial<OriginRecord>): void {
  records.set(name, { ...(records.get(name) ?? NOTHING), ...change });
}

function etagOf(target: string): string {
  return `"${createHash('sha256').update(target).digest('base64url').slice(0, 22)}"`;
}

function sendSlowly(target: string, response: ServerResponse): void {
  const body = fixtureBytes({ target, bytes: HERD_BYTES });
  response.writeHead(200, { ...STORABLE, ETag: etagOf(target), 'Content-Type': 'application/octet-stream', 'Content-Length': body.length });
  response.flushHeaders();
  const begun = monotonicMs();
  let sent = 0;
  const pieces = setInterval(() => {
    const now = monotonicMs();
    const due = Math.min(body.length, Math.floor(((now - begun) * HERD_BYTES_PER_SECOND) / 1000));
    if (sent === 0) note(target, { firstBodyByteMs: now });
    if (due === body.length) {
      note(target, { lastBodyByteMs: now });
      clearInterval(pieces);
      response.end(body.subarray(sent));
      return;
    }
    response.write(body.subarray(sent, due));
    sent = due;
  }, PIECE_EVERY_MS);
  response.on('close', () => clearInterval(pieces));
}

createServer((request, response) => {
  const target = request.url ?? '';
  const asked = recordAsked(target);
  if (asked !== null) {
    const text = JSON.stringify(records.get(asked) ?? NOTHING);
    response.writeHead(200, { 'Cache-Control': 'no-store', 'Content-Length': text.length }).end(text);
    return;
  }
  const name = isTaggedTarget(target) ? TAGGED_RECORD : isPlainTarget(target) ? PLAIN_RECORD : target;
  note(name, { requests: (records.get(name) ?? NOTHING).requests + 1 });
  const file = files.get(target);
  if (isHerdTarget(target)) sendSlowly(target, response);
  else if (isTaggedTarget(target) || isPlainTarget(target)) {
    const tag = isTaggedTarget(target) ? { 'Cache-Tag': TAG } : {};
    response.writeHead(200, { ...STORABLE, ...tag, ETag: etagOf(target), 'Content-Length': tagged.length }).end(tagged);
  } else if (file === undefined) response.writeHead(404, { 'Content-Length': 0 }).end();
  else response.writeHead(200, { ...file.fields, ...STORABLE, 'Content-Length': file.body.length }).end(file.body);
}).listen(port, host);
