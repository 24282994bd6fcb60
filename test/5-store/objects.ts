// Objects to be stored, stores in folders of their own, and what becomes of them.
import { mkdtempSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { isFault } from '../../cache/store/disk/faults.ts';
import type { ScannedObject, ScanOptions, ScanSummary } from '../../cache/store/disk/scan.ts';
import { DiskStore, type DiskStoreOptions } from '../../cache/store/disk/store.ts';
import type { StoredBody, StoredObject, Variant } from '../../cache/store/object.ts';

export const FRESHNESS: Variant['freshness'] = {
  lifetimeMs: 60_000, source: 'max-age', initialAgeMs: 1500, noCache: false, noCacheNames: ['set-cookie'], mustRevalidate: true,
  staleWhileRevalidateMs: 1, staleIfErrorMs: 2, immutable: false,
};

export function variant(members: Partial<Variant> = {}): Variant {
  return {
    id: 1, status: 200, fields: [['Content-Type', 'text/plain'], ['X-Bytes', 'caf\u00e9 \u0080\u00ff "\\']], requestMs: 1_700_000_000_000, responseMs: 1_700_000_000_250,
    freshness: FRESHNESS, varyNames: ['accept'], varyValues: ['text/*'], bytes: 0, bodies: [], tags: ['news'], invalid: false, ...members,
  };
}

export function object(key: string, ...variants: readonly Variant[]): StoredObject {
  return { key, variants: variants.length > 0 ? variants : [variant()] };
}

/** Removed with the test. */
export function storeFolder(t: Test, below = tmpdir()): string {
  const folder = mkdtempSync(join(below, 'pagecast-store-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'store');
}

export async function openStore(t: Test, folder: string, options: DiskStoreOptions = {}): Promise<DiskStore> {
  const store = await DiskStore.open(folder, options);
  let open = true;
  const close = store.close.bind(store);
  store.close = async () => {
    if (open) await close();
    open = false;
  };
  t.teardown(() => store.close());
  return store;
}

/** @throws Error where the disk refuses */
export function certain<T>(outcome: T): Exclude<T, string> {
  if (typeof outcome === 'string') throw new Error(outcome);
  return outcome as Exclude<T, string>;
}

export async function storeBody(store: DiskStore, bytes: Uint8Array): Promise<StoredBody> {
  const file = certain(await store.begin());
  for (let at = 0; at < bytes.length; at += 300_000) certain((await file.append(bytes.subarray(at, at + 300_000))) ?? {});
  const { id } = certain(await file.finish());
  return { record: id, offset: 0, bytes: bytes.length };
}

/** Which blocks of a body are as they were stored, or why it is no body. */
export async function verdicts(store: DiskStore, body: StoredBody): Promise<readonly boolean[] | string> {
  const file = await store.openBody(body);
  if (typeof file === 'string') return file;
  const blocks: boolean[] = [];
  for (let block = 0; block < file.blocks; ++block) blocks.push(await file.verify(block));
  await file.close();
  return blocks;
}

export interface Scanned {
  readonly objects: readonly ScannedObject[];
  readonly summary: ScanSummary;
}

export async function scanned(store: DiskStore, options: ScanOptions = {}): Promise<Scanned> {
  const objects: ScannedObject[] = [];
  const scan = store.scan(options);
  for (;;) {
    const step = await scan.next();
    if (step.done === true) return { objects, summary: step.value };
    objects.push(step.value);
  }
}

/** What lookup() finds; undefined: a miss. */
export async function found(store: DiskStore, key: string): Promise<StoredObject | undefined> {
  const outcome = await store.lookup(key);
  if (isFault(outcome)) throw new Error(outcome);
  return outcome === 'damaged' ? undefined : outcome?.object;
}

/** Files below a folder, by their path in it. */
export async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)).sort();
}
