// `pagecast store ls|verify|rm DIR`: what is kept on disk, whether it is whole, and away with it. Exit codes: 0 done, 1 it
// could not be done, or something is damaged, 2 it was not asked for properly.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { BodyIds } from '../../cache/store/disk/body-ids.ts';
import { fileBytesOf } from '../../cache/store/disk/checksums.ts';
import { isFault } from '../../cache/store/disk/faults.ts';
import { readMarker } from '../../cache/store/disk/folder.ts';
import { StoreLayout } from '../../cache/store/disk/layout.ts';
import { ReadOnlyStore } from '../../cache/store/disk/read-only.ts';
import { DiskStore } from '../../cache/store/disk/store.ts';
import { StoreError } from '../../cache/store/disk/store-error.ts';
import type { Purge } from '../../cache/store/messages.ts';
import type { StoredBody, StoredObject } from '../../cache/store/object.ts';
import { UsageError } from './flags.ts';

export interface StoreCommandOptions {
  /** Progress is shown. */
  readonly terminal: boolean;
  readonly nowMs: number;
  /** Resolves when more may come. */
  readonly write: (text: string) => Promise<void>;
  readonly writeError: (text: string) => void;
}

const USAGE = `Usage:
  pagecast store ls DIR [--json]     what is stored, an object a line: size, age in seconds, variants, URL, tags
  pagecast store verify DIR          reads everything, and tells what is damaged
  pagecast store rm DIR URL          removes what is stored of a URL, written as ls shows it
  pagecast store rm DIR --prefix URL, --tag TAG or --all
`;

type Verb = 'ls' | 'verify' | 'rm';
const VERBS: readonly string[] = ['ls', 'verify', 'rm'] satisfies readonly Verb[];

interface Asked {
  readonly verb: Verb;
  readonly folder: string;
  readonly json: boolean;
  readonly purge: Purge | undefined;
}

/** Of this process: its output, its terminal. The exit code. @throws UsageError */
export async function storeCommand(argv: readonly string[]): Promise<number> {
  // Whoever reads may have had enough: `pagecast store ls DIR | head`.
  process.stdout.on('error', () => process.exit(0));
  return runStore(argv, {
    terminal: process.stderr.isTTY,
    nowMs: Date.now(),
    write: (text) => new Promise((done) => void process.stdout.write(text, () => done())),
    writeError: (text) => void process.stderr.write(text),
  });
}

/** The exit code. @throws UsageError */
export async function runStore(argv: readonly string[], options: StoreCommandOptions): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) {
    await options.write(USAGE);
    return 0;
  }
  const asked = parsed(argv);
  try {
    switch (asked.verb) {
      case 'ls': return await list(asked, options);
      case 'verify': return await verify(asked, options);
      case 'rm': return await remove(asked, options);
    }
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    options.writeError(`pagecast store: ${printable(error.message)}\n`);
    return 1;
  }
}

function parsed(argv: readonly string[]): Asked {
  const { values, positionals } = flagsOf(argv);
  const [verb, folder, key, ...others] = positionals;
  if (verb === undefined) throw new UsageError(`pagecast store: ls, verify or rm?\n${USAGE}`);
  if (!isVerb(verb)) throw new UsageError(`pagecast store knows no "${verb}"\n${USAGE}`);
  if (folder === undefined) throw new UsageError(`pagecast store ${verb}: of which folder?\n${USAGE}`);
  if (values.json && verb !== 'ls') throw new UsageError('--json is a flag of `pagecast store ls`');
  const purges: Purge[] = [
    ...(key === undefined ? [] : [{ by: 'key', key } as const]),
    ...(values.prefix === undefined ? [] : [{ by: 'prefix', prefix: values.prefix } as const]),
    ...(values.tag === undefined ? [] : [{ by: 'tag', tag: values.tag } as const]),
    ...(values.all ? [{ by: 'everything' } as const] : []),
  ];
  if (verb !== 'rm' && purges.length > 0) throw new UsageError(`pagecast store ${verb} takes a folder, and nothing else`);
  if (verb === 'rm' && (purges.length !== 1 || others.length > 0)) throw new UsageError(`pagecast store rm: one of URL, --prefix, --tag and --all\n${USAGE}`);
  if (values.prefix === '' || values.tag === '' || key === '') throw new UsageError('pagecast store rm: nothing is named by ""; --all removes everything');
  return { verb, folder, json: values.json, purge: purges[0] };
}

function flagsOf(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv], allowPositionals: true,
      options: { json: { type: 'boolean', default: false }, prefix: { type: 'string' }, tag: { type: 'string' }, all: { type: 'boolean', default: false } },
    });
  } catch (error) {
    throw new UsageError(`pagecast store: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function isVerb(text: string): text is Verb {
  return VERBS.includes(text);
}

async function list({ folder, json }: Asked, options: StoreCommandOptions): Promise<number> {
  const store = await ReadOnlyStore.open(folder);
  if (store.isForgotten) options.writeError('pagecast store: the log of purges is missing or damaged: what is stored will be forgotten at the next start\n');
  let refused = 0;
  for await (const { seen } of store.heads()) {
    if (typeof seen !== 'string') await options.write(json ? jsonLine(seen, options.nowMs) : textLine(seen, options.nowMs));
    else if (isFault(seen)) refused += 1;
  }
  if (refused > 0) options.writeError(`pagecast store: ${refused} heads could not be read\n`);
  return refused > 0 ? 1 : 0;
}

interface Listed {
  readonly object: StoredObject;
  readonly fileBytes: number;
}

function jsonLine({ object, fileBytes }: Listed, nowMs: number): string {
  const { key, variants } = object;
  const invalid = variants.every((variant) => variant.invalid);
  return `${JSON.stringify({ key, variants: variants.length, bytes: bytesOf(object, fileBytes), ageS: ageOf(object, nowMs), tags: tagsOf(object), invalid })}\n`;
}

function textLine({ object, fileBytes }: Listed, nowMs: number): string {
  const tags = tagsOf(object);
  const columns = [sizeText(bytesOf(object, fileBytes)).padStart(9), String(ageOf(object, nowMs)).padStart(9), String(object.variants.length).padStart(3)];
  return `${columns.join(' ')} ${printable(object.key)}${tags.length > 0 ? ` [${printable(tags.join(', '))}]` : ''}\n`;
}

/** As files: the head, and each body once. */
function bytesOf(object: StoredObject, headBytes: number): number {
  return bodiesOf(object).reduce((sum, { bytes }) => sum + fileBytesOf(bytes), headBytes);
}

function bodiesOf({ variants }: StoredObject): readonly StoredBody[] {
  return [...new Map(variants.flatMap(({ bodies }) => bodies.map((body) => [body.record, body]))).values()];
}

/** Of the newest response, in whole seconds (RFC 9111 §4.2.3). */
function ageOf({ variants }: StoredObject, nowMs: number): number {
  const ages = variants.map(({ responseMs, freshness }) => freshness.initialAgeMs + Math.max(0, nowMs - responseMs));
  return Math.floor(Math.min(...ages) / 1000);
}

function tagsOf({ variants }: StoredObject): readonly string[] {
  return [...new Set(variants.flatMap(({ tags }) => tags))];
}

async function verify({ folder }: Asked, options: StoreCommandOptions): Promise<number> {
  const store = await ReadOnlyStore.open(folder);
  const named = new BodyIds();
  const sums = { objects: 0, bytes: 0, damaged: 0 };
  let told = 0;
  const tell = async (text: string): Promise<void> => {
    sums.damaged += 1;
    await options.write(`damaged: ${printable(text)}\n`);
  };
  if (store.isForgotten) await tell('the log of purges: what is stored will be forgotten at the next start');
  for await (const { name, seen, done } of store.heads()) {
    if (options.terminal && done >= told + 0.05) options.writeError(`${Math.round((told = done) * 100)} %, ${sums.objects} objects, ${sizeText(sums.bytes)}\n`);
    if (seen === 'purged') continue;
    if (typeof seen === 'string') {
      await tell(`head ${name}${isFault(seen) ? ` cannot be read: ${seen}` : ''}`);
      continue;
    }
    sums.objects += 1;
    for (const body of bodiesOf(seen.object)) {
      named.add(body.record);
      sums.bytes += body.bytes;
      const fault = await bodyFault(store, body);
      if (fault !== undefined && (await stillNames(store, name, body))) await tell(`${seen.object.key}: body ${body.record} ${fault}`);
    }
  }
  let unnamed = 0;
  for await (const id of store.bodies()) if (!named.has(id)) unnamed += 1;
  const litter = unnamed > 0 ? `; ${unnamed} bodies that no head names, to be removed after the next start` : '';
  await options.write(`${sums.objects} objects, ${sizeText(sums.bytes)}: ${sums.damaged === 0 ? 'all whole' : `${sums.damaged} damaged`}${litter}\n`);
  return sums.damaged === 0 ? 0 : 1;
}

async function bodyFault(store: ReadOnlyStore, body: StoredBody): Promise<string | undefined> {
  const opened = await store.openBody(body);
  if (typeof opened === 'string') return isFault(opened) ? `cannot be read: ${opened}` : `is ${opened}`;
  try {
    for (let block = 0; block < opened.blocks; ++block) if (!(await opened.verify(block))) return `is damaged at MiB ${block}`;
  } finally {
    await opened.close();
  }
  return undefined;
}

/** Whoever has the store may have replaced it meanwhile. */
async function stillNames(store: ReadOnlyStore, name: string, { record }: StoredBody): Promise<boolean> {
  const seen = await store.look(name);
  return typeof seen !== 'string' && bodiesOf(seen.object).some((body) => body.record === record);
}

async function removeOne(store: DiskStore, key: string, object: StoredObject | undefined, options: StoreCommandOptions): Promise<number> {
  await store.evict(key);
  for (const { record } of object ? bodiesOf(object) : []) await store.removeBody(record);
  await options.write(object ? '1 object removed\n' : `nothing was stored of ${printable(key)}: URLs are as \`pagecast store ls\` shows them\n`);
  return 0;
}

async function remove({ folder, purge }: Asked, options: StoreCommandOptions): Promise<number> {
  // What is no store is not to become one.
  await readMarker(new StoreLayout(resolve(folder)));
  const store = await DiskStore.open(folder);
  try {
    const found = purge!.by === 'key' ? await store.lookup(purge!.key) : undefined;
    const fault = await store.purge(purge!, 'gone').synced;
    if (fault !== undefined) throw new StoreError(`cannot write to ${store.folder}: ${fault}`);
    if (purge!.by === 'key') return await removeOne(store, purge!.key, typeof found === 'string' ? undefined : found?.object, options);
    const scan = store.scan();
    let step = await scan.next();
    while (step.done !== true) step = await scan.next();
    const { complete, purged } = step.value;
    await options.write(`${purged} ${purged === 1 ? 'object' : 'objects'} removed\n`);
    if (!complete) options.writeError('pagecast store: not everything could be looked at: what is left is removed after the next start, and not used\n');
    return complete ? 0 : 1;
  } finally {
    await store.close();
  }
}

function sizeText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const unit = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${unit === 0 ? bytes : (bytes / 2 ** (10 * unit)).toFixed(1)} ${units[unit]!}`;
}

/** A URL comes from whoever asked for it: no terminal is to obey it. */
function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
