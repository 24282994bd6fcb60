// Entries of the stream that purges go through, field by field:
//
//   node <16 digits> sequence <n> kind joined                     an entry to go on from
//   node … sequence … kind joined config <16 digits> generation <n> reload 0|1 host <name>     the same, and what config the node runs
//   node … sequence … kind joined left 1                          the node ends
//   node … sequence … kind lost                                   some were lost: everything is to be purged
//   node … sequence … kind purge effect gone|stale by key|tag|prefix|everything name <text>
//
// Node and sequence tell an entry from all others, whatever its id: one that came twice is known by them. What is not understood
// (a later version has written it, or somebody else) may have been a purge of anything, and counts as one of everything.
import type { Purge } from '../../cache/store/messages.ts';
import type { ConfigTold } from './configs.ts';

/** What an entry says. */
export type Told =
  | { readonly kind: 'joined' | 'left' | 'lost' | 'unknown' }
  /** Versions that know nothing of configs see an entry of one that joined. */
  | { readonly kind: 'config'; readonly config: ConfigTold }
  | { readonly kind: 'purge'; readonly purge: Purge; readonly soft: boolean };

/** A place in the stream. */
export interface Place {
  /** As Redis has it: `milliseconds-number`. */
  readonly id: string;
  /** Who wrote what is there; empty where it does not say. */
  readonly node: string;
  readonly sequence: number;
}

export interface Entry extends Place {
  readonly told: Told;
}

const HOST_LENGTH_MAX = 255;
const ID = /^(\d{1,20})-(\d{1,20})$/;

/** Names and values, in turn. */
export function fieldsOf(node: string, sequence: number, told: Told): readonly string[] {
  const head = ['node', node, 'sequence', String(sequence), 'kind', told.kind === 'config' || told.kind === 'left' ? 'joined' : told.kind];
  if (told.kind === 'left') return [...head, 'left', '1'];
  if (told.kind === 'config') {
    const { hash, generation, isReload, host } = told.config;
    return [...head, 'config', hash, 'generation', String(generation), 'reload', isReload ? '1' : '0', 'host', host];
  }
  if (told.kind !== 'purge') return head;
  return [...head, 'effect', told.soft ? 'stale' : 'gone', 'by', told.purge.by, 'name', nameOf(told.purge)];
}

/** Of a purge of everything: empty. */
export function nameOf(purge: Purge): string {
  switch (purge.by) {
    case 'key': return purge.key;
    case 'tag': return purge.tag;
    case 'prefix': return purge.prefix;
    case 'everything': return '';
  }
}

/** @param fields names and values in turn, as they came. */
export function entryOf(id: string, fields: readonly string[]): Entry {
  const values = new Map<string, string>();
  for (let i = 0; i + 1 < fields.length; i += 2) values.set(fields[i]!, fields[i + 1]!);
  const sequence = /^\d{1,15}$/.test(values.get('sequence') ?? '') ? Number(values.get('sequence')) : -1;
  return { id, node: values.get('node') ?? '', sequence, told: toldBy(values) };
}

function toldBy(values: ReadonlyMap<string, string>): Told {
  const kind = values.get('kind');
  if (kind === 'lost') return { kind };
  if (kind === 'joined') return values.has('left') ? { kind: 'left' } : (configBy(values) ?? { kind });
  const purge = kind === 'purge' ? purgeBy(values.get('by'), values.get('name')) : undefined;
  const effect = values.get('effect');
  return purge && (effect === 'gone' || effect === 'stale') ? { kind: 'purge', purge, soft: effect === 'stale' } : { kind: 'unknown' };
}

function configBy(values: ReadonlyMap<string, string>): Told | undefined {
  const [hash = '', generation = '', host = ''] = ['config', 'generation', 'host'].map((name) => values.get(name));
  if (!/^[0-9a-f]{16}$/.test(hash) || !/^\d{1,15}$/.test(generation) || host.length > HOST_LENGTH_MAX) return undefined;
  return { kind: 'config', config: { hash, generation: Number(generation), isReload: values.get('reload') === '1', host } };
}

function purgeBy(by: string | undefined, name: string | undefined): Purge | undefined {
  if (by === 'everything') return { by };
  if (name === undefined) return undefined;
  if (by === 'key') return { by, key: name };
  if (by === 'tag') return { by, tag: name };
  return by === 'prefix' ? { by, prefix: name } : undefined;
}

export function isId(text: string): boolean {
  return ID.test(text);
}

/** Whether an id comes before another. */
export function isBefore(id: string, other: string): boolean {
  const [one, two] = [partsOf(id), partsOf(other)];
  return one[0] < two[0] || (one[0] === two[0] && one[1] < two[1]);
}

/** When it was given, by the clock of Redis; milliseconds since 1970. */
export function timeOf(id: string): number {
  return Number(partsOf(id)[0]);
}

function partsOf(id: string): readonly [bigint, bigint] {
  const [, time, number] = ID.exec(id) ?? [];
  if (time === undefined) throw new Error(`${JSON.stringify(id)} is no id of a stream`);
  return [BigInt(time), BigInt(number!)];
}
