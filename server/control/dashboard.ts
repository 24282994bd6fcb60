// The page for operators: a closed list of files, read when the control plane is first asked for anything. It has nothing to hide, as it
// has no data: a browser cannot send a token with a link.
//
// What draws is plain HTML, CSS and JavaScript, as it is in the sources; what computes is shared with `pagecast top`, and compiled with it.
import { readFileSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';

const PACKAGE = new URL('../../../', import.meta.url);
const PLAIN = new URL('server/control/dashboard/', PACKAGE);
const COMPILED = new URL('dashboard/', import.meta.url);

const HTML = 'text/html; charset=utf-8';
const SCRIPT = 'text/javascript; charset=utf-8';

const scripts = ['main', 'stream', 'asking', 'chart', 'charts', 'elements', 'panels', 'feed', 'forms'];
const sharedScripts = ['figures', 'history', 'units', 'server-sent'];

const page: readonly (readonly [path: string, type: string, file: URL])[] = [
  ['/', HTML, new URL('index.html', PLAIN)],
  ['/index.html', HTML, new URL('index.html', PLAIN)],
  ['/style.css', 'text/css; charset=utf-8', new URL('style.css', PLAIN)],
  ['/mark.svg', 'image/svg+xml', new URL('public/mark.svg', PACKAGE)],
  ...scripts.map((name) => [`/${name}.js`, SCRIPT, new URL(`${name}.js`, PLAIN)] as const),
  ...sharedScripts.map((name) => [`/${name}.js`, SCRIPT, new URL(`${name}.js`, COMPILED)] as const),
];

/** Everything from here, and nothing from elsewhere. */
const POLICY = "default-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** @throws where a file is missing */
export function dashboardRoutes(app: FastifyInstance): void {
  for (const [path, type, file] of page) {
    const bytes = readFileSync(file);
    app.get(path, { config: { isOpen: true }, schema: { hide: true } }, (_, reply) => reply.header('content-security-policy', POLICY).type(type).send(bytes));
  }
}
