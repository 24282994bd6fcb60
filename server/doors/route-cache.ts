// A cache for routes of Fastify that ask for it: `config: { cache: true }`. What the handler has answered is stored as a shared cache may
// store it (Cache-Control decides), and used before the handler is asked again.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Cache } from './cache.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answers are stored in, and come from, the `cache` of the plugin. */
    cache?: boolean;
  }
}

/** Streams are passed on: what they give is nobody's to hold. */
export function cacheRoutes(app: FastifyInstance, cache: Cache): void {
  const begunMs = new WeakMap<FastifyRequest, number>();
  app.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.config.cache !== true) return;
    const { response } = cache.get(requestOf(request));
    if (!response) return void begunMs.set(request, Date.now());
    reply.code(response.status);
    for (const [name, value] of response.headers) reply.header(name, value);
    return reply.send(Buffer.from(await response.arrayBuffer()));
  });
  app.addHook('onSend', async (request, reply, payload) => {
    const requestMs = begunMs.get(request);
    if (requestMs === undefined || (typeof payload !== 'string' && !Buffer.isBuffer(payload))) return payload;
    const bytes = Buffer.from(payload);
    const isEmpty = reply.statusCode === 204 || reply.statusCode === 205 || reply.statusCode === 304;
    const { response } = cache.put(requestOf(request), new Response(isEmpty ? null : bytes, { status: reply.statusCode, headers: headersOf(reply.getHeaders()) }), requestMs);
    await response.arrayBuffer(); // it is stored at its end
    reply.header('cache-status', response.headers.get('cache-status'));
    return payload;
  });
}

function requestOf(request: FastifyRequest): Request {
  const headers = headersOf(request.headers);
  return new Request(`${request.protocol}://${request.host}${request.raw.url ?? '/'}`, { method: request.method, headers });
}

function headersOf(fields: Readonly<Record<string, number | string | readonly string[] | undefined>>): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(fields)) for (const one of [value ?? []].flat()) headers.append(name, String(one));
  return headers;
}
