// What is stored: to be looked at, purged, and explained.
import type { Purge } from '../../cache/store/messages.ts';
import type { ControlApp } from './app.ts';
import type { ControlBackend } from './backend.ts';
import { Problem } from './problem.ts';
import * as schemas from './schemas.ts';
import { summaryOf, variantsOf } from './stored-summary.ts';

const TAGS = ['cache'];

interface Named {
  readonly url?: string | undefined;
  readonly key?: string | undefined;
}

interface Purged extends Named {
  readonly tag?: string | undefined;
  readonly prefix?: string | undefined;
}

export function objectRoutes(app: ControlApp, backend: ControlBackend): void {
  app.get('/api/v1/objects', { schema: { operationId: 'listObjects', tags: TAGS, summary: 'What is stored, page by page, in no order', querystring: schemas.objectsQuery, response: { 200: schemas.objects } } }, async (request) => {
    const { prefix = '', tag, cursor = '0', limit } = request.query;
    const { objects, next } = await backend.objects({ prefix: prefixKey(prefix, backend.scheme), tag: tag === undefined ? undefined : bytesOf(tag) }, Number(cursor), limit);
    const nowMs = Date.now();
    return { objects: objects.map((object) => summaryOf(object, nowMs)), ...(next !== undefined && { next: String(next) }) };
  });

  app.get('/api/v1/objects/lookup', { schema: { operationId: 'lookUpObject', tags: TAGS, summary: 'What is stored of a URL', querystring: schemas.objectQuery, response: { 200: schemas.object } } }, async (request) => {
    const key = await keyOf(request.query, backend);
    const object = backend.object(key);
    if (!object) throw new Problem(404, `nothing is stored under ${key}`);
    const nowMs = Date.now();
    return { ...summaryOf(object, nowMs), variants: variantsOf(object, nowMs) };
  });

  app.delete('/api/v1/objects', { schema: { operationId: 'deleteObject', tags: TAGS, summary: 'Purge what is stored of a URL', querystring: schemas.objectQuery, response: { 200: schemas.purged } } }, async (request) => {
    const key = await keyOf(request.query, backend);
    const purged = await backend.purge({ by: 'key', key }, false);
    backend.log?.info('purged over the control plane', { event: 'purge', key, objects: purged, from: request.from });
    if (purged === 0) throw new Problem(404, `nothing is stored under ${key}`);
    return { purged, soft: false };
  });

  app.post('/api/v1/purge', { schema: { operationId: 'purge', tags: TAGS, summary: 'No later request is answered with what is purged', body: schemas.purgeBody, response: { 200: schemas.purged } } }, async (request) => {
    const { soft, ...which } = request.body;
    const purge = await purgeOf(which, backend);
    const purged = await backend.purge(purge, soft);
    backend.log?.info('purged over the control plane', { event: 'purge', ...purge, soft: String(soft), objects: purged, from: request.from });
    return { purged, soft };
  });

  app.post('/api/v1/explain', { schema: { operationId: 'explain', tags: TAGS, summary: 'What would be answered now, and why; nobody is asked', body: schemas.explainBody, response: { 200: schemas.explained } } }, async (request) => {
    const { url, method, headers } = request.body;
    return (await backend.explain({ url, method, fields: Object.entries(headers) })) as Record<string, unknown>;
  });
}

async function keyOf({ url, key }: Named, backend: ControlBackend): Promise<string> {
  return key ?? (await backend.keyOf(url!));
}

async function purgeOf({ tag, prefix, ...named }: Purged, backend: ControlBackend): Promise<Purge> {
  if (named.url !== undefined || named.key !== undefined) return { by: 'key', key: await keyOf(named, backend) };
  if (tag !== undefined) return { by: 'tag', tag: bytesOf(tag) };
  return prefix === undefined ? { by: 'everything' } : { by: 'prefix', prefix: prefixKey(prefix, backend.scheme) };
}

/** Keys have the scheme that requests come by, and the host in lower case without the default port (cache/key.ts). */
function prefixKey(prefix: string, ours: 'http' | 'https'): string {
  const [, scheme, authority, rest] = /^(https?):\/\/([^/?#]*)(.*)$/i.exec(prefix) ?? [];
  if (scheme === undefined) return prefix;
  const host = authority!.toLowerCase();
  const port = scheme.toLowerCase() === 'https' ? ':443' : ':80';
  return `${ours}://${rest !== '' && host.endsWith(port) ? host.slice(0, -port.length) : host}${rest!}`;
}

/** Tags are what fields say, byte by byte. */
function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
