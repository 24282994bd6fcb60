// Which route answers: paths, methods and fields, in order; and paths that are spelled to get around a route.
import type { RouteConfig } from '../../server/config/config.ts';

/** Each answers with its name. */
const named = (name: string, match: Pick<RouteConfig, 'path' | 'method' | 'requestHeaders'>): RouteConfig => ({ ...match, respond: { body: name, headers: { 'X-Route': name } } });

export const routes: readonly RouteConfig[] = [
  named('beta', { path: '/app/*', requestHeaders: { 'X-Beta': '1' } }),
  named('bot', { requestHeaders: { 'User-Agent': /bot\b/i } }),
  named('keyed', { path: '/keyed', requestHeaders: { 'X-Key': true, 'X-Kind': 'a, b' } }),
  named('post', { path: '/app/*', method: 'POST' }),
  named('writing', { path: '/app/data', method: ['PUT', 'delete'] }),
  named('admin', { path: '/admin/*' }),
  named('app', { path: '/app/*', method: 'GET' }),
  named('exact', { path: '/exact' }),
  named('first', { path: '/twice' }),
  named('second', { path: '/twice' }),
  named('deep', { path: '/a/b/c/*' }),
  named('coffee', { path: '/café/*' }),
  named('slash', { path: '/with%2Fslash' }),
  named('special', { path: '/wiki/Special:Search' }),
  named('root', { path: '/' }),
];

export interface RouteCase {
  readonly ask: string;
  readonly fields?: Readonly<Record<string, string>>;
  /** undefined: none, 404. */
  readonly route: string | undefined;
  readonly status?: number;
}

export const routeCases: readonly RouteCase[] = [
  { ask: 'GET /', route: 'root' },
  { ask: 'GET /?a=/admin/', route: 'root' },
  { ask: 'GET /exact', route: 'exact' },
  { ask: 'GET /exact/', route: 'exact' },
  { ask: 'GET /exact?x', route: 'exact' },
  { ask: 'GET /exact/more', route: undefined },
  { ask: 'GET /exactly', route: undefined },
  { ask: 'GET /Exact', route: undefined },
  { ask: 'GET /twice', route: 'first' },
  { ask: 'GET /app', route: 'app' },
  { ask: 'GET /app/', route: 'app' },
  { ask: 'GET /app/x/y/z', route: 'app' },
  { ask: 'GET /application', route: undefined },
  { ask: 'HEAD /app/x', route: 'app' },
  { ask: 'POST /app/x', route: 'post' },
  { ask: 'POST /app/data', route: 'post' },
  { ask: 'PUT /app/data', route: 'writing' },
  { ask: 'DELETE /app/data', route: 'writing' },
  { ask: 'PUT /app/other', route: undefined, status: 405 },
  { ask: 'PATCH /app/data', route: undefined, status: 405 },
  { ask: 'OPTIONS /app/data', route: undefined, status: 204 },
  { ask: 'GET /app/x', fields: { 'X-Beta': '1' }, route: 'beta' },
  { ask: 'POST /app/x', fields: { 'x-beta': '1' }, route: 'beta' },
  { ask: 'GET /app/x', fields: { 'X-Beta': '12' }, route: 'app' },
  { ask: 'GET /app/x', fields: { 'X-Beta': '' }, route: 'app' },
  { ask: 'GET /nowhere', fields: { 'User-Agent': 'some BOT/1.0' }, route: 'bot' },
  { ask: 'GET /nowhere', fields: { 'User-Agent': 'robotics' }, route: undefined },
  { ask: 'GET /keyed', fields: { 'X-Key': '', 'X-Kind': 'a, b' }, route: 'keyed' },
  { ask: 'GET /keyed', fields: { 'X-Kind': 'a, b' }, route: undefined },
  { ask: 'GET /keyed', fields: { 'X-Key': 'k', 'X-Kind': 'a,b' }, route: undefined },
  { ask: 'GET /a/b/c/d', route: 'deep' },
  { ask: 'GET /a/b', route: undefined },
  { ask: 'GET /caf%C3%A9/menu', route: 'coffee' },
  { ask: 'GET /caf%c3%a9', route: 'coffee' },
  { ask: 'GET /cafe%CC%81', route: undefined },
  { ask: 'GET /wiki/Special:Search', route: 'special' },
  { ask: 'GET /wiki/Special%3ASearch', route: 'special' },
  { ask: 'OPTIONS *', route: undefined, status: 204 },
  { ask: 'GET http://localhost/app/x', route: 'app' },
  { ask: 'GET http://localhost', route: 'root' },
];

/** Paths that some server behind may read as one below /admin, or that are one. None of them may be let in by another route. */
export const bypassPaths: readonly string[] = [
  '/admin', '/admin/', '/admin/x', '//admin/x', '///admin', '/admin//x', '/%61dmin/x', '/%61%64%6d%69%6e', '/admi%6E/x', '/./admin/x', '/.//admin', '/%2e/admin/x',
  '/public/../admin/x', '/public/%2e%2e/admin/x', '/public/%2E%2E/admin', '/public/.%2e/admin', '/public/..%2fadmin/x', '/public/..%2Fadmin', '/public%2f..%2fadmin/x',
  '/public/..%5cadmin/x', '/public/..\\admin/x', '/public\\..\\admin\\x', '/..;/admin/x', '/public/..;/admin/x', '/public/..;a=b/admin/x', '/admin;x=1/y', '/admin;/y', '/;/admin/y',
  '/%2fadmin/x', '/%5cadmin/x', '\\admin\\x', '/public/a/../../admin/x', '/public/./../admin/./x', '/..//admin', '/../admin', '/public/%2e%2e%2f%2e%2e%2fadmin', '/x/..%2f..%2f..%2fadmin',
  'http://localhost/admin/x', 'http://localhost//admin/x', 'http://localhost/public/../admin/x', '/admin?x', '/admin%2fx', '/admin%2Fx', '/admin%5cx',
].map((path) => (path.startsWith('\\') ? `/${path}` : path));

/** Odd paths that every reading leaves where they are. */
export const harmlessPaths: readonly (readonly [path: string, route: string])[] = [
  ['/public/a%2Fb', 'public'], ['/public/a;v=1/b', 'public'], ['/public/../public/x', 'public'], ['/public/%41', 'public'], ['/public/a..b', 'public'],
  ['/public/...', 'public'], ['/public/.hidden', 'public'], ['/public/%25%32%66', 'public'], ['/public/a%5Cb', 'public'], ['/public//x', 'public'], ['/public/%zz', 'public'],
  ['/public/x%00y', 'public'], ['/%70ublic/a', 'public'], ['/administration', 'rest'], ['/a%64min2', 'rest'], ['/%2e%2e%2e/x', 'rest'],
];
