// What is asked and answered, once for types, checks and the OpenAPI document.
import { z } from 'zod';
import { logLevels } from '../log/level.ts';
import { squeezes } from '../memory-pressure.ts';

export const LIMIT_MAX = 1000;
const LIMIT_DEFAULT = 100;
const URL_CHARACTERS_MAX = 16_384;
const TAG_CHARACTERS_MAX = 256;
const METHOD_CHARACTERS_MAX = 64;
const FIELDS_MAX = 100;
const FIELD_NAME_CHARACTERS_MAX = 256;
const FIELD_CHARACTERS_MAX = 8192;

const text = (charactersMax: number): z.ZodString => z.string().min(1).max(charactersMax).regex(/^[^\x00-\x1f\x7f]*$/, 'control characters are not allowed');
/** RFC 9110 §5.6.2 */
const token = (charactersMax: number): z.ZodString => z.string().max(charactersMax).regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'it is no token');
const url = text(URL_CHARACTERS_MAX).describe('An absolute URL, http or https: what is stored of both is the same');
const key = text(URL_CHARACTERS_MAX).describe('A key as the list shows it, where a hook makes keys that are no URLs');
const tag = text(TAG_CHARACTERS_MAX).describe('A tag of Cache-Tag or Surrogate-Key');
const prefix = text(URL_CHARACTERS_MAX).describe('What URLs begin with, such as https://example.com/blog/');

export const problem = z.object({
  type: z.literal('about:blank'),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  errors: z.array(z.object({ pointer: z.string().optional(), parameter: z.string().optional(), detail: z.string() })).optional(),
}).describe('RFC 9457');

const phase = z.enum(['starting', 'ready', 'draining']);
const workers = z.object({ configured: z.int(), ready: z.int(), replaced: z.int(), hung: z.int().describe('of those that were replaced: they gave no sign of life any more') });
const counts = z.record(z.string(), z.number());

export const status = z.object({
  version: z.string(),
  pid: z.int(),
  startedAt: z.iso.datetime(),
  uptimeS: z.int(),
  phase,
  draining: z.boolean(),
  workers,
  memory: z.object({
    share: z.number().describe('of the bounds of arena, private memory and store, what is used'), cause: z.enum(squeezes).optional().describe('why it is less than all'),
    sealedBytes: z.number().describe('ours: the kernel cannot take it back'),
    cgroup: z.object({ usedBytes: z.number(), pageCacheBytes: z.number().describe('of what is used: the kernel takes it back'), limitBytes: z.number().optional(), stallPercent: z.number() }).optional(),
  }),
  listeners: z.array(z.string()),
  sites: z.array(z.object({ hosts: z.array(z.string()), root: z.string().optional(), origins: z.array(z.string()).optional() })),
  store: counts.optional(),
  cluster: z.object({
    connected: z.boolean(), lastId: z.string().optional().describe('up to where the stream of purges was read'),
    lagMs: z.number().describe('since it was last known that no purge was missing'), queued: z.number().describe('purges that wait for Redis'),
    node: z.string(), config: z.string().describe('what tells the config in force from others'),
    nodes: z.array(z.object({ node: z.string(), host: z.string(), config: z.string(), generation: z.int(), toldAt: z.iso.datetime() })).describe('the others'),
  }).optional(),
});

export const config = z.record(z.string(), z.unknown()).describe('The options in force; secrets are masked');

const state = z.enum(['fresh', 'stale', 'invalid']).describe('invalid: to be validated before it is used, whatever its age');
const summary = { key: z.string(), state, bytes: z.int(), variants: z.int(), ageS: z.int(), ttlS: z.int(), tags: z.array(z.string()) };

export const objectsQuery = z.strictObject({
  prefix: prefix.optional(),
  tag: tag.optional(),
  cursor: z.string().regex(/^[0-9]{1,9}$/, 'it is not one that was given out').optional().describe('What the page before gave as next'),
  limit: z.string().regex(/^[1-9][0-9]{0,3}$/).transform(Number).refine((value) => value <= LIMIT_MAX, `at most ${LIMIT_MAX}`).default(LIMIT_DEFAULT).meta({ type: 'integer', minimum: 1, maximum: LIMIT_MAX, description: `How many at most; ${LIMIT_DEFAULT} unless told` }),
});
export const objects = z.object({ objects: z.array(z.object(summary)), next: z.string().optional().describe('Absent: that was all') });

export const objectQuery = z.strictObject({ url: url.optional(), key: key.optional() }).refine(oneOf, 'one of url and key is wanted');
export const object = z.object({
  ...summary,
  variants: z.array(z.object({
    id: z.number(), status: z.int(), state, bytes: z.int(), ageS: z.int(), ttlS: z.int(), freshnessFrom: z.string(), mustRevalidate: z.boolean(),
    selectedBy: z.record(z.string(), z.string()), tags: z.array(z.string()), fields: z.array(z.string()),
  })),
});

export const purgeBody = z.strictObject({
  url: url.optional(), key: key.optional(), tag: tag.optional(), prefix: prefix.optional(), everything: z.literal(true).optional(),
  soft: z.boolean().default(false).describe('What is found is kept, stale from now on'),
}).refine(({ soft: _, ...which }) => oneOf(which), 'one of url, key, tag, prefix and everything is wanted');
export const purged = z.object({ purged: z.int().describe('Objects that were found'), soft: z.boolean() });

export const explainBody = z.strictObject({
  url: text(URL_CHARACTERS_MAX).describe('A URL, or a path'),
  method: token(METHOD_CHARACTERS_MAX).default('GET'),
  headers: z.record(token(FIELD_NAME_CHARACTERS_MAX), z.string().max(FIELD_CHARACTERS_MAX)).default({})
    .refine((headers) => Object.keys(headers).length <= FIELDS_MAX, `at most ${FIELDS_MAX} fields`),
});
export const explained = z.record(z.string(), z.unknown()).describe('Sections of facts: what would be answered, and why');

export const emptyBody = z.strictObject({}).nullish();
export const accepted = z.object({ draining: z.literal(true) });
export const upgraded = z.object({ pid: z.int() });
export const reloaded = z.record(z.string(), z.unknown());
export const logLevel = z.strictObject({ level: z.enum(logLevels) });
export const openApi = z.record(z.string(), z.unknown());

function oneOf(which: Readonly<Record<string, unknown>>): boolean {
  return Object.values(which).filter((value) => value !== undefined).length === 1;
}
