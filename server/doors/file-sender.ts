// Files as answers of Fastify: which site answers, what is changed of its answer by options, and how it is handed to reply.send().
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { FieldList } from '../../http/response.ts';
import type { Plan } from '../plan.ts';
import { refusalPlans } from '../refusals.ts';
import { NOTHING_HERE } from '../static/nothing.ts';
import { PlanBody } from '../plan-body.ts';
import { carried } from './bridge.ts';
import { Door } from './door.ts';
import { seconds, type FastifyOptions, type PluginOptions, type SendOptions } from './fastify-options.ts';
import { headOf } from './head.ts';
import { rebased } from './mount.ts';
import { addressOf, isSecure, tellFailure } from './node.ts';
import { PlanStream } from './plan-stream.ts';
import { grouped, varied } from './response.ts';

/** Roots that are only named when something is sent from them, and are kept open. */
export const ROOTS_MAX = 64;
/** What a request brings is Fastify's. */
const OF_CONTENT = new Set(['content-length', 'transfer-encoding', 'expect']);
const OF_RANGES = new Set(['range', 'if-range']);
const CONDITIONS = new Set(['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since', 'if-range', 'range']);

interface Asked {
  readonly door: Door;
  readonly root: string;
  readonly plan: Plan;
}

export class FileSender {
  readonly #options: FastifyOptions;
  readonly #resolved: PluginOptions;
  /** By root, in order. */
  readonly #sites: readonly (readonly [root: string, door: Door])[];
  /** Of sendFile(): by root, the one that was used last at the end. Their rules are none of a route's. */
  readonly #roots = new Map<string, Door>();
  readonly #log: FastifyInstance['log'];

  constructor(app: FastifyInstance, options: FastifyOptions, resolved: PluginOptions) {
    this.#options = options;
    this.#resolved = resolved;
    this.#log = app.log;
    const { serve = true, fallthrough = true } = options;
    this.#sites = serve ? resolved.roots.map((root, i) => [root, this.#site(root, fallthrough || i + 1 < resolved.roots.length, {})]) : [];
  }

  close(): void {
    for (const [, door] of this.#sites) door.close();
    for (const door of this.#roots.values()) door.close();
    this.#roots.clear();
  }

  /** @param mount what of the path is the route's. */
  async answer(request: FastifyRequest, reply: FastifyReply, mount: string): Promise<FastifyReply> {
    const rest = (request.raw.url ?? '').slice(mount.length);
    const target = rest.startsWith('/') ? rest : `/${rest}`;
    if (rest.split('?')[0] === '' && mount !== '') return reply.redirect(`${mount}/${rest}`, 301);
    const found = await this.#ask(this.#sites, request, reply, target, this.#resolved.send);
    return this.#give(found && { ...found, plan: rebased(found.plan, { base: mount }, request.method === 'HEAD') }, reply, target, this.#resolved.send);
  }

  /** @param name of a file below the root; without a root, of any. */
  async send(reply: FastifyReply, name: string, given: string | URL | undefined, options: SendOptions): Promise<void> {
    const own = given === undefined ? this.#resolved.roots : [typeof given === 'string' ? given : fileURLToPath(given)];
    const [roots, file] = own.length > 0 || !name.startsWith('/') ? [own, name] : [[dirname(name)], basename(name)];
    const target = `/${file.replace(/^(?:\.?\/)+/, '').split('/').map(encodeURIComponent).join('/')}`;
    const send = { ...this.#resolved.send, ...options };
    const found = await this.#ask(roots.map((root) => [root, this.#rootOf(root)] as const), reply.request, reply, target, send);
    await this.#give(found, reply, target, send);
  }

  async #ask(doors: readonly (readonly [root: string, door: Door])[], request: FastifyRequest, reply: FastifyReply, target: string, send: SendOptions): Promise<Asked | undefined> {
    const { allowedPath } = this.#options;
    for (const [root, door] of doors) {
      if (allowedPath && !allowedPath(decoded(target), root, request)) continue;
      let plan = await this.#askOne(door, request, reply, target, send);
      if (this.#options.redirect !== true && leadsToSlash(plan, target)) plan = await this.#askOne(door, request, reply, withSlash(target), send);
      if (plan !== NOTHING_HERE) return { door, root, plan };
    }
    return undefined;
  }

  #askOne(door: Door, request: FastifyRequest, reply: FastifyReply, target: string, { acceptRanges = true }: SendOptions): Plan | Promise<Plan> {
    const { raw } = request;
    const isOther = reply.statusCode !== 200; // what is sent in the place of something else is sent whole
    const left = (name: string): boolean => OF_CONTENT.has(name) || (!acceptRanges && OF_RANGES.has(name)) || (isOther && CONDITIONS.has(name));
    const fields: string[] = [];
    for (let i = 0; i + 1 < raw.rawHeaders.length; i += 2) if (!left(raw.rawHeaders[i]!.toLowerCase())) fields.push(raw.rawHeaders[i]!, raw.rawHeaders[i + 1]!);
    const isHead = raw.method === 'HEAD';
    const head = headOf({ method: isHead ? 'HEAD' : 'GET', target, versionMinor: raw.httpVersion === '1.0' ? 0 : 1, fields, secure: isSecure(raw) });
    if (typeof head === 'number') return isHead ? refusalPlans[head]!.withoutBody() : refusalPlans[head]!;
    return door.ask(head, { address: addressOf(raw) }, { body: undefined, interim: () => undefined, whenGone: (listener) => void reply.raw.once('close', listener) });
  }

  async #give(found: Asked | undefined, reply: FastifyReply, target: string, send: SendOptions): Promise<FastifyReply> {
    if (!found) return this.#nothing(reply, target);
    const { door, root, plan } = found;
    const body = new PlanBody(plan, carried);
    let path: string;
    try {
      path = await this.#tellFile(plan, join(root, decoded(target)), send);
    } catch (error) {
      body.close();
      throw error;
    }
    if (reply.statusCode === 200) reply.code(plan.status);
    for (const { name, values } of grouped(fieldsOf(plan, send))) {
      reply.header(name, name.toLowerCase() === 'vary' ? varied(reply.getHeader('vary'), values) : values.length === 1 ? values[0]! : values);
    }
    const { setHeaders } = this.#options;
    if (setHeaders && isOfFile(plan)) setHeaders(reply, path, await stat(path));
    if (plan.framing === 'none') {
      body.close();
      // Of a GET route's own HEAD, Fastify would say the length of what it is given: of a stream it says none.
      return reply.request.raw.method === 'HEAD' ? reply.send(Readable.from([])) : reply.send();
    }
    const whole = body.whole();
    if (whole) {
      body.close();
      return reply.send(whole);
    }
    const stream = new PlanStream(plan, body, path, (error) => tellFailure(door, target, error));
    reply.raw.once('close', () => stream.destroy()); // a hook may have sent something else
    return reply.send(stream);
  }

  /** What is not there is Fastify's, and what must not be seen is said so where that is wanted. */
  #nothing(reply: FastifyReply, target: string): FastifyReply {
    if (this.#options.dotfiles !== 'deny' || !/\/\.[^./]/.test(decoded(target))) {
      reply.callNotFound();
      return reply;
    }
    return reply.code(403).send(Object.assign(new Error('The request path is not allowed'), { code: 'FST_STATIC_FORBIDDEN_PATH', statusCode: 403 }));
  }

  /** @returns where the file is. */
  async #tellFile(plan: Plan, path: string, { onFile }: SendOptions): Promise<string> {
    if (!isOfFile(plan)) return path;
    const file = path.endsWith('/') ? join(path, this.#resolved.site.index ?? 'index.html') : path;
    if (onFile) await onFile(file, await stat(file));
    return file;
  }

  #rootOf(root: string): Door {
    const known = this.#roots.get(root);
    const door = known ?? this.#site(root, true, { rules: false });
    this.#roots.delete(root);
    this.#roots.set(root, door);
    if (this.#roots.size > ROOTS_MAX) {
      const [oldest, least] = this.#roots.entries().next().value!;
      this.#roots.delete(oldest);
      least.close();
    }
    return door;
  }

  #site(root: string, yields: boolean, { rules }: { readonly rules?: false }): Door {
    const { site, hasIndex } = this.#resolved;
    const onReport = site.onReport ?? (({ message, facts }): void => this.#log.warn(facts, message));
    return new Door({ ...site, ...(rules === false && { rules }), root, onReport }, yields, hasIndex);
  }
}

/** Of a file, rather than of an error or of somewhere else. */
function isOfFile({ status, fields }: Plan): boolean {
  return (status === 200 || status === 206 || status === 304) && fields.some(([name]) => /^(?:etag|last-modified)$/i.test(name));
}

function fieldsOf(plan: Plan, { acceptRanges, contentType, cacheControl, etag, lastModified, maxAge, immutable = false }: SendOptions): FieldList {
  const { fields, close } = plan;
  const left = new Set<string>();
  if (acceptRanges === false) left.add('accept-ranges');
  if (contentType === false) left.add('content-type');
  if (cacheControl === false || maxAge !== undefined) left.add('cache-control');
  if (etag === false) left.add('etag');
  if (lastModified === false) left.add('last-modified');
  const kept = fields.filter(([name]) => !left.has(name.toLowerCase()));
  const cached = cacheControl !== false && maxAge !== undefined && isOfFile(plan);
  const age: FieldList = cached ? [['Cache-Control', `public, max-age=${seconds(maxAge)}${immutable ? ', immutable' : ''}`]] : [];
  return [...kept, ...age, ...(close ? [['Connection', 'close'] as const] : [])];
}

function decoded(target: string): string {
  const query = target.indexOf('?');
  const path = query < 0 ? target : target.slice(0, query);
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function withSlash(target: string): string {
  const query = target.indexOf('?');
  return query < 0 ? `${target}/` : `${target.slice(0, query)}/${target.slice(query)}`;
}

/** A folder, which was asked for without its slash. */
function leadsToSlash({ status, fields }: Plan, target: string): boolean {
  return status === 301 && fields.some(([name, value]) => name === 'Location' && value === withSlash(target));
}
