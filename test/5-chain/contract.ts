// What whoever stands at the front of a chain gets from it, whoever is in between: the same representation, or the part of it that was asked for.
import type { Test } from 'tap';
import { gunzipSync } from 'node:zlib';
import { ask, Client, requestText, type Place, type Reply } from '../client.ts';
import { MODIFIED, resources, type Resource } from './resources.ts';
import { contractCases, type Clause } from './contract-cases.ts';

/** What a chain makes of ranges: parts, or parts or the whole, as it comes (RFC 9110 §14.2: a server may ignore Range). */
export type Ranges = 'parts' | 'either';

export interface Chain {
  readonly place: Place;
  readonly ranges: Ranges;
  /** Clauses that its links do not keep, whatever is behind them: these answers are not looked at. */
  readonly bends: readonly string[];
}

/** The validators of a resource as the chain gives them. */
type Tags = ReadonlyMap<string, string>;

/** Three times: each question on a connection of its own, again, and all of them on one connection, from several clients at once. */
export async function keepsContract(t: Test, { place, ranges, bends }: Chain): Promise<void> {
  const tags = await tagsOf(place);
  const faults: string[] = [];
  const judge = (round: string, clause: Clause, reply: Reply): void => {
    if (bends.includes(clause.clause)) return;
    for (const fault of faultsOf(clause, reply, ranges, tags)) faults.push(`${round}: ${clause.clause}: ${fault}`);
  };
  for (const round of ['first', 'again']) {
    for (const clause of contractCases) {
      const reply = await ask(place, clause.target, askedOf(clause, tags)).catch((error: unknown) => String(error));
      if (typeof reply === 'string') faults.push(`${round}: ${clause.clause}: ${reply}`);
      else judge(round, clause, reply);
    }
  }
  await Promise.all(['one', 'two'].map(async (who) => {
    const client = await Client.open(place);
    const kept = contractCases.filter(({ clause }) => !bends.includes(clause)); // Varnish ends the connection behind such an answer
    await client.send(kept.map((clause) => requestText(clause.target, askedOf(clause, tags))).join(''));
    for (const clause of kept) judge(`pipelined, client ${who}`, clause, await client.reply(clause.method ?? 'GET'));
    client.finish();
    await client.nothingMore();
  })).catch((error: unknown) => faults.push(`pipelined: ${String(error)}`));
  t.strictSame(faults, [], 'the contract');
}

async function tagsOf(place: Place): Promise<Tags> {
  const found = await Promise.all(Object.keys(resources).map(async (path) => [path, (await ask(place, path, { method: 'HEAD' })).fields.get('etag') ?? ''] as const));
  return new Map(found);
}

function askedOf({ method, target, fields = {} }: Clause, tags: Tags): { readonly method: string; readonly fields: Readonly<Record<string, string>> } {
  const filled = Object.entries(fields).map(([name, value]) => [name, value.replace('{etag}', tags.get(target)!).replace('{modified}', MODIFIED.toUTCString())]);
  return { method: method ?? 'GET', fields: Object.fromEntries(filled) as Record<string, string> };
}

function faultsOf(clause: Clause, reply: Reply, ranges: Ranges, tags: Tags): string[] {
  const faults: string[] = [];
  const same = (what: string, found: unknown, wanted: unknown): void => {
    if (found !== wanted) faults.push(`${what}: ${String(found)}, not ${String(wanted)}`);
  };
  const { parts = [] } = clause;
  const isIgnored = ranges === 'either' && reply.status === 200 && (parts.length > 0 || clause.status === 416);
  const status = isIgnored ? 200 : (clause.status ?? (parts.length > 0 ? 206 : 200));
  same('status', reply.status, status);
  const resource = (resources as Readonly<Record<string, Resource>>)[clause.target];
  if (faults.length > 0 || !resource) return faults;
  const { bytes, type } = resource;
  if (status === 416) same('Content-Range', reply.fields.get('content-range'), `bytes */${bytes.length}`);
  else if (clause.coding === undefined) same('ETag', reply.fields.get('etag'), tags.get(clause.target));
  else same('Content-Encoding', reply.fields.get('content-encoding'), clause.coding);
  if (status === 304) same('body', reply.body.length, 0);
  if (status === 200) {
    same('type', reply.fields.get('content-type'), type);
    const body = clause.coding === 'gzip' && clause.method !== 'HEAD' ? gunzipSync(reply.body) : reply.body;
    if (clause.method === 'HEAD') same('body', body.length, 0);
    else if (!body.equals(bytes)) faults.push(`body: ${body.length} other bytes`);
    if (clause.coding === undefined) same('length', Number(reply.fields.get('content-length') ?? bytes.length), bytes.length);
  }
  if (status === 206) faults.push(...partFaults(reply, parts, bytes));
  return faults;
}

/** RFC 9110 §14.4 of one, §14.6 of several. */
function partFaults({ fields, body }: Reply, parts: readonly (readonly [number, number])[], bytes: Buffer): string[] {
  const wanted = parts.map(([from, to]) => ({ range: `bytes ${from}-${to}/${bytes.length}`, content: bytes.subarray(from, to + 1) }));
  const boundary = /^multipart\/byteranges; *boundary="?([^"]+)"?$/.exec(fields.get('content-type') ?? '')?.[1];
  const found = boundary === undefined ? [{ range: fields.get('content-range'), content: body }] : partsIn(body, boundary);
  if (found.length !== wanted.length) return [`${found.length} parts, not ${wanted.length}`];
  return wanted.flatMap(({ range, content }, i) => {
    const part = found[i]!;
    return [...(part.range === range ? [] : [`${String(part.range)}, not ${range}`]), ...(part.content.equals(content) ? [] : [`other bytes in ${range}`])];
  });
}

function partsIn(body: Buffer, boundary: string): { readonly range: string | undefined; readonly content: Buffer }[] {
  const found = [];
  const delimiter = `\r\n--${boundary}`;
  const text = `\r\n${body.toString('latin1')}`;
  for (const piece of text.slice(text.indexOf(delimiter) + delimiter.length, text.lastIndexOf(`${delimiter}--`)).split(delimiter)) {
    const headEnd = piece.indexOf('\r\n\r\n');
    found.push({ range: /^content-range: *(.+)$/im.exec(piece.slice(0, headEnd))?.[1]?.trim(), content: Buffer.from(piece.slice(headEnd + 4), 'latin1') });
  }
  return found;
}
