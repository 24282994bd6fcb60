/**
 * A site in Fastify, in the place of @fastify/static: `pagecast/fastify`.
 *
 *     app.register(pagecast, { root: '/srv/public', prefix: '/public/' });
 *     app.get('/report', (request, reply) => reply.sendFile('report.pdf'));
 *
 * Answers go through reply.send(): hooks see them, and the logger has its line.
 */
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod, RouteOptions } from 'fastify';
import { attachment } from './content-disposition.ts';
import { FileSender, ROOTS_MAX } from './file-sender.ts';
import { cacheRoutes } from './route-cache.ts';
import { pluginOptions, sendOptions, type FastifyOptions, type SendOptions } from './fastify-options.ts';

export { OptionsError } from '../options.ts';
export type { DoorReport } from './door.ts';
export type { FastifyOptions, SendOptions } from './fastify-options.ts';
export { ROOTS_MAX };

declare module 'fastify' {
  interface FastifyReply {
    /** Answers with a file below a root: by default that of the plugin. The name is that of a file, not of a URL. */
    sendFile(name: string, root?: string | WithRoot, options?: WithRoot): FastifyReply;
    /** The same, to be saved under a name: by default its own. */
    download(path: string, name?: string | WithRoot, options?: WithRoot): FastifyReply;
  }
}

type WithRoot = SendOptions & { readonly root?: string | URL };

/** @throws OptionsError naming every fault. */
export async function pagecast(app: FastifyInstance, options: FastifyOptions): Promise<void> {
  const resolved = pluginOptions(options);
  const sender = new FileSender(app, options, resolved);
  app.addHook('onClose', (_, done) => {
    sender.close();
    done();
  });
  if (options.decorateReply !== false) decorate(app, sender);
  if (options.cache) cacheRoutes(app, options.cache);
  if (options.serve !== false) route(app, sender, options, resolved.roots);
  return Promise.resolve();
}

/** Routes and decorations are for whoever registers it: what fastify-plugin does. */
Object.assign(pagecast, { [Symbol.for('skip-override')]: true, [Symbol.for('fastify.display-name')]: 'pagecast', [Symbol.for('plugin-meta')]: { fastify: '5.x', name: 'pagecast' } });

export default pagecast;

function decorate(app: FastifyInstance, sender: FileSender): void {
  app.decorateReply('sendFile', function (this: FastifyReply, name: string, root?: string | WithRoot, options?: WithRoot) {
    const given = typeof root === 'object' ? root : (options ?? {});
    sender.send(this, name, typeof root === 'string' ? root : given.root, sendOptions(given)).catch((error: unknown) => void this.send(error));
    return this;
  });
  app.decorateReply('download', function (this: FastifyReply, path: string, name?: string | WithRoot, options?: WithRoot) {
    const given = typeof name === 'object' ? name : (options ?? {});
    this.header('content-disposition', attachment(typeof name === 'string' ? name : path));
    sender.send(this, path, given.root, sendOptions(given)).catch((error: unknown) => void this.send(error));
    return this;
  });
}

function route(app: FastifyInstance, sender: FileSender, options: FastifyOptions, roots: readonly string[]): void {
  const { prefix: given = '/', prefixAvoidTrailingSlash = false, wildcard = true, redirect = false, constraints, logLevel, schemaHide = true } = options;
  const prefix = prefixAvoidTrailingSlash || given.endsWith('/') ? given : `${given}/`;
  const settings: Pick<RouteOptions, 'constraints' | 'logLevel' | 'schema'> = { ...(constraints && { constraints }), ...(logLevel && { logLevel }), schema: { hide: schemaHide } };
  const add = (below: string, url = prefix + below): unknown => {
    const handler: RouteHandlerMethod = (request, reply) => sender.answer(request, reply, mountIn(request, below));
    return app.route({ ...settings, method: ['GET', 'HEAD'], url, handler });
  };
  const addPrefix = (): void => {
    if (redirect && prefix !== given) add('', given);
  };
  if (wildcard) {
    add('*');
    addPrefix();
    return;
  }
  const files = new Set(roots.flatMap((root) => [...filesIn(root, options)]));
  const index = options.index === false ? undefined : `/${[options.index ?? 'index.html'].flat()[0]!}`;
  const folders = [...files].filter((file) => index !== undefined && `/${file}`.endsWith(index)).map((file) => file.slice(0, file.length + 1 - index!.length));
  for (const file of files) add(routeOf(file));
  for (const folder of folders) {
    add(routeOf(folder));
    if (folder === '') addPrefix();
    else if (redirect) add(routeOf(folder.slice(0, -1)));
  }
}

function* filesIn(root: string, { dotfiles = 'ignore' }: FastifyOptions): Generator<string> {
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const path = relative(root, join(entry.parentPath, entry.name));
    // No route can be told to have a star in it.
    if (!entry.isDirectory() && !path.includes('*') && (dotfiles === 'allow' || dotfiles === true || !/(?:^|\/)\.(?!well-known\/)/.test(path))) yield path;
  }
}

/** Names of files are no patterns of routes. */
function routeOf(path: string): string {
  return path.replaceAll(':', '::');
}

/**
 * What of a request's path is the route's, and not the site's: as many segments as the route has before what is `below` it, for parameters
 * may stand for anything.
 */
function mountIn(request: FastifyRequest, below: string): string {
  const { url = '/' } = request.raw;
  const path = url.slice(0, url.includes('?') ? url.indexOf('?') : undefined);
  const pattern = request.routeOptions.config.url;
  const base = below === '' && !pattern.endsWith('/') ? `${pattern}/` : pattern.slice(0, pattern.length - below.length);
  let end = -1;
  for (let slashes = base.split('/').length - 1; slashes > 0; --slashes) {
    end = path.indexOf('/', end + 1);
    if (end < 0) return path;
  }
  return path.slice(0, end + base.length - base.lastIndexOf('/') - 1);
}
