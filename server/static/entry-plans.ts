// What an entry keeps of the plans that were made of it: by what the rules change, and by content coding.
import type { Entry } from '../../cache/entries.ts';
import type { Representation } from '../../cache/representation.ts';
import { selectedOf, type Selected } from '../answers.ts';
import { isCompressible, siblingsOf, type Chosen, type Siblings } from './codings.ts';
import type { FieldChanges, SiteFields } from './fields.ts';
import { contentType } from './types.ts';

export interface EntryPlans {
  readonly type: string;
  /** Undefined: there is one coding of it for everybody. */
  readonly siblings: Siblings | undefined;
  readonly made: Made[];
}

interface Made {
  readonly by: FieldChanges;
  readonly selected: Map<string, Selected>;
}

/** A file may be answered under a few sets of rules (as itself, as the shell of others); more are not kept. */
const MADE_MAX = 8;

/** @param rawPath that led to the entry. */
export function plansOf(entry: Entry<EntryPlans>, rawPath: string, negotiates: boolean): EntryPlans {
  if (entry.plans) return entry.plans;
  const type = contentType(entry.path);
  const siblings = negotiates && isCompressible(type) ? siblingsOf(pathOfFile(rawPath, entry.path)) : undefined;
  return (entry.plans = { type, siblings, made: [] });
}

export function selectedIn({ made, type, siblings }: EntryPlans, path: string, { coding, representation }: Chosen, by: FieldChanges, fields: SiteFields): Selected {
  let one = made.find((candidate) => candidate.by === by);
  if (!one) {
    if (made.length >= MADE_MAX) made.length = 0;
    made.push((one = { by, selected: new Map() }));
  }
  let selected = one.selected.get(coding);
  if (selected === undefined || !isSame(selected.representation, representation)) {
    selected = selectedOf(representation, fields.of({ representation, path, type, coding, negotiated: siblings !== undefined }, by));
    one.selected.set(coding, selected);
  }
  return selected;
}

/** A sibling is looked at anew each time, and may be another version by now. A record's number is given again, with its tag it is one version's. */
export function isSame(a: Representation, b: Representation): boolean {
  return a.file === b.file && a.validators.etag === b.validators.etag && a.inArena === b.inArena;
}

/** A folder's index has its siblings beside it, not beside the folder. */
function pathOfFile(rawPath: string, path: string): string {
  return rawPath.endsWith('/') ? rawPath + path.slice(path.lastIndexOf('/') + 1) : rawPath;
}
