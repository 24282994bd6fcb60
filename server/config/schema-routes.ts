// The schema of routes, and of sites with their hosts.
import { isToken } from '../../http/list-members.ts';
import { fieldFault } from '../answer-fields.ts';
import { parseTarget } from '../rules/target.ts';
import type { Handler } from './config.ts';
import { hostOf } from './hosts.ts';
import { pathFault } from './paths.ts';
import { cacheRulesSchema, proxySchema } from './schema-proxy.ts';
import { accessSchema, answerShape, fileShape, linesSchema, rateLimitSchema, rootShape, siteShape } from './schema-site.ts';
import { any, group, judged, list, named, oneOf, related, text, type Misfit } from './schema-terms.ts';

const HOSTS_MAX = 1_000;
const ROUTES_MAX = 10_000;
const METHODS_MAX = 64;
const BODY_BYTES_MAX = 16 << 20;
const REDIRECTS = [301, 302, 303, 307, 308];

/** What a route answers with. */
const TARGETS = ['root', 'proxy', 'redirect', 'respond', 'handle'] as const;
/** What is of use beside `root`, and nowhere else. */
const OF_FILES = [...Object.keys(fileShape), 'index', 'dotfiles', 'symlinks', 'protect'];

const method = judged(text('a method such as "POST"'), (name) => (isToken(name) ? undefined : `${JSON.stringify(name)} is no method`));

const pattern = judged(any('a regular expression', (value) => value instanceof RegExp), ({ flags }) => (
  /[gy]/.test(flags) ? 'a regular expression with the flag g or y goes on from where it was, and matches every other time' : undefined
));

const requestHeaders = judged(
  named(oneOf('text, a regular expression or true', [text('text', /^[^]*$/), pattern, any('true', (value): value is true => value === true)]), 'an object of fields by name'),
  (fields) => {
    const wrong = Object.keys(fields).find((name) => !isToken(name));
    return wrong === undefined ? undefined : `${JSON.stringify(wrong)} is no field name`;
  },
);

const redirect = group({
  to: text('a path or a URL'),
  status: any('301, 302, 303, 307 or 308', (value): value is number => REDIRECTS.includes(value as number)).optional(),
});

const respond = group({
  status: any('a status from 200 to 599, and not 304', (value): value is number => Number.isInteger(value) && (value as number) >= 200 && (value as number) <= 599 && value !== 304).optional(),
  headers: judged(named(linesSchema, 'an object of fields by name'), (fields) => {
    const faults = Object.entries(fields).flatMap(([name, given]) => (typeof given === 'string' ? [given] : given).map((value) => (name.toLowerCase() === 'location' ? undefined : fieldFault(name, value))));
    return faults.find((fault) => fault !== undefined);
  }).optional(),
  body: oneOf('text or a Uint8Array', [text('text', /^[^]*$/), any('a Uint8Array', (value) => value instanceof Uint8Array)]).optional(),
});

const ofRequests = {
  access: accessSchema.optional(),
  rateLimit: rateLimitSchema.optional(),
  cache: cacheRulesSchema.optional(),
} as const;

export const routeSchema = related(group({
  path: judged(text('a path such as "/api/*"'), pathFault).optional(),
  method: oneOf('a method, or a list of them', [method, list(method, `a list of 1 to ${METHODS_MAX} methods`, METHODS_MAX, 1)]).optional(),
  requestHeaders: requestHeaders.optional(),
  ...rootShape,
  proxy: proxySchema.optional(),
  redirect: redirect.optional(),
  respond: respond.optional(),
  handle: any('a function', (value): value is Handler => typeof value === 'function').optional(),
  ...fileShape,
  ...answerShape,
  ...ofRequests,
}), (route) => [...targetMisfits(route), ...redirectMisfits(route), ...bodyMisfits(route)]);

type Route = Readonly<Record<string, unknown>>;

function targetMisfits(route: Route): Misfit[] {
  const given = TARGETS.filter((name) => route[name] !== undefined);
  if (given.length === 0) return [[[], `it answers with nothing: one of ${TARGETS.join(', ')} is missing`]];
  if (given.length > 1) return [[[], `it answers with ${given.join(' and ')}: one of them is too much`]];
  const useless = given[0] === 'root' ? [] : OF_FILES.filter((name) => route[name] !== undefined);
  const unstored = given[0] === 'proxy' || route['cache'] === undefined ? [] : ['cache'];
  return [
    ...useless.map((name): Misfit => [[name], 'it is about files, and of use beside root']),
    ...unstored.map((name): Misfit => [[name], 'it is about what origins answer, and of use beside proxy']),
  ];
}

function redirectMisfits({ path, redirect: given }: Route): Misfit[] {
  const to: unknown = typeof given === 'object' && given !== null ? Reflect.get(given, 'to') : undefined;
  if (typeof to !== 'string') return [];
  const names = typeof path !== 'string' || path.endsWith('*') ? ['splat'] : [];
  const target = parseTarget(to, new Set(names));
  return typeof target === 'string' ? [[['redirect', 'to'], target]] : [];
}

function bodyMisfits({ respond: given }: Route): Misfit[] {
  if (typeof given !== 'object' || given === null) return [];
  const { status, body } = given as Route;
  const bytes = typeof body === 'string' ? Buffer.byteLength(body) : body instanceof Uint8Array ? body.length : 0;
  if (bytes > BODY_BYTES_MAX) return [[['respond', 'body'], `it has ${bytes} bytes, of which there are at most ${BODY_BYTES_MAX}: serve it as a file`]];
  return status === 204 && bytes > 0 ? [[['respond', 'body'], 'an answer of status 204 has none (RFC 9110 §15.3.5)']] : [];
}

export const routesSchema = list(routeSchema, `a list of at most ${ROUTES_MAX} routes`, ROUTES_MAX);

/** Members of a site, wherever they stand. */
export const memberShape = {
  ...rootShape,
  ...siteShape,
  proxy: proxySchema.optional(),
  ...ofRequests,
  routes: routesSchema.optional(),
} as const;

const host = judged(text('a host such as "example.com"'), (name) => {
  const fault = hostOf(name);
  return typeof fault === 'string' ? undefined : fault.fault;
});

export const siteConfigSchema = related(group({ hosts: list(host, `a list of at most ${HOSTS_MAX} hosts`, HOSTS_MAX, 1).optional(), ...memberShape }), shellMisfits);

/** A shell answers whatever is no file. */
export function shellMisfits({ root, proxy, spa }: Route): Misfit[] {
  const leavesNothing = root !== undefined && proxy !== undefined && spa !== undefined && spa !== false;
  return leavesNothing ? [[['spa'], 'it answers whatever is no file, and would leave nothing to the origins: root and proxy together have no spa']] : [];
}

