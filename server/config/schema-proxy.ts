// The schema of origins, of what stands before them, and of what is stored of their answers.
import { statSync } from 'node:fs';
import { authorityPort, AUTHORITY_MALFORMED } from '../../http/authority.ts';
import { latin1Bytes } from '../../http/latin1.ts';
import { isToken } from '../../http/list-members.ts';
import { hiddenProtocols } from '../../http/upgrade.ts';
import { HOOK_KINDS, type ProxyHooks } from '../proxy/hook-api.ts';
import { hooksFault } from '../proxy/hook-module.ts';
import { originAddress } from '../proxy/origin/address.ts';
import { addresses } from './schema-server.ts';
import { amount, any, choice, flag, group, judged, list, oneOf, related, text, whole } from './schema-terms.ts';

const HOUR_MS = 3_600_000;
const MIB = 1 << 20;
const SECONDS_MAX = 2 ** 31;
const ORIGINS_MAX = 256;
const NAMES_MAX = 256;

const NAME_CHARACTERS_MAX = 64;
const URLS = 'http://host:port, https://host or unix:/path';
const url = judged(text(URLS), (given) => {
  const address = originAddress(given);
  return typeof address === 'string' ? `${JSON.stringify(given)}: ${address}` : undefined;
});

const origin = oneOf(`${URLS}, or { url, weight, name }`, [url, group({ url, weight: whole(1, 1_000).optional(), name: text('a name').optional() })]);

const urls = related(list(origin, `a list of 1 to ${ORIGINS_MAX} URLs`, ORIGINS_MAX, 1), (given) => {
  if (!Array.isArray(given)) return [];
  const members = (given as readonly unknown[]).map((one) => (typeof one === 'object' && one !== null ? (one as Readonly<Record<string, unknown>>) : { url: one }));
  const url = repeated(members.map((one) => one['url']));
  const name = repeated(members.map((one) => one['name']));
  return [
    ...(url === undefined ? [] : [[[], `${JSON.stringify(url)} is given twice; give it a weight`] as const]),
    ...(name === undefined ? [] : [[[], `two origins have the name ${JSON.stringify(name)}`] as const]),
  ];
});

const certificate = text('certificates in PEM', /-----BEGIN /);

const tls = group({
  ca: oneOf('certificates in PEM', [certificate, list(certificate, 'certificates in PEM', NAMES_MAX)]).optional(),
  servername: text('a host name', /^[\w.-]{1,253}$/).optional(),
  rejectUnauthorized: flag().optional(),
});

const health = related(group({
  failuresMax: whole(1, 1_000).optional(),
  backoffMs: whole(1, HOUR_MS).optional(),
  backoffMsMax: whole(1, HOUR_MS).optional(),
  active: group({
    path: text('a path such as "/health"', /^\/[\x21-\x7e]*$/),
    intervalMs: whole(10, HOUR_MS).optional(),
    timeoutMs: whole(1, HOUR_MS).optional(),
    expectStatus: whole(200, 599).optional(),
  }).optional(),
}), ({ backoffMs = 1_000, backoffMsMax = 30_000 }) => (backoffMs > backoffMsMax ? [[['backoffMs'], `must not exceed backoffMsMax (${backoffMsMax})`]] : []));

export const originsShape = {
  urls,
  balance: choice(['round-robin', 'least-connections']).optional(),
  connectionsMax: whole(1, 65_535).optional(),
  queueMax: whole(0, 1_000_000).optional(),
  queueTimeoutMs: whole(1, HOUR_MS).optional(),
  connectTimeoutMs: whole(1, HOUR_MS).optional(),
  headTimeoutMs: whole(1, HOUR_MS).optional(),
  bodyTimeoutMs: whole(1, HOUR_MS).optional(),
  keepAliveMs: whole(1, HOUR_MS).optional(),
  connectionLifetimeMs: whole(1, 24 * HOUR_MS).optional(),
  headBytesMax: whole(1_024, 1_048_576).optional(),
  retriesMax: whole(0, 10).optional(),
  tls: tls.optional(),
  health: health.optional(),
} as const;

export const originsSchema = group(originsShape);

const hooks = oneOf('the path of a module, or an object of hooks', [
  judged(text('the path of a module'), hooksFault),
  judged(any('the path of a module', (value) => value instanceof URL), hooksFault),
  judged(any('an object of hooks', isHooks), unknownHook),
]);

const upgrade = judged(text('a name such as "websocket"'), (name) => {
  if (!isToken(name)) return `${JSON.stringify(name)} is no name of a protocol`;
  return hiddenProtocols.has(name.toLowerCase()) ? `${name} cannot be allowed: requests within it would be nobody's to check` : undefined;
});

const proxyOptions = group({
  ...originsShape,
  name: judged(text('a token'), (name) => (isToken(name) && name.length <= NAME_CHARACTERS_MAX ? undefined : `it is no token of at most ${NAME_CHARACTERS_MAX} characters (RFC 9110 §5.6.2)`)).optional(),
  host: any('"keep" or a host such as app.internal:3000', isHost).optional(),
  trusted: addresses().optional(),
  purgers: addresses().optional(),
  upgrades: list(upgrade, 'a list of names such as "websocket"', NAMES_MAX).optional(),
  sendfileRoot: judged(text('the path of a folder'), (path) => (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true ? undefined : `${path} is not a folder`)).optional(),
  hooks: hooks.optional(),
});

export const proxySchema = oneOf('a URL, a list of URLs or an object', [url, urls, proxyOptions]);

const names = (): ReturnType<typeof list<ReturnType<typeof text>>> => list(text('a name'), `a list of at most ${NAMES_MAX} names`, NAMES_MAX);

export const cacheRulesShape = {
  ttlS: amount(0, SECONDS_MAX).optional(),
  staleWhileRevalidateS: amount(0, SECONDS_MAX).optional(),
  staleIfErrorS: amount(0, SECONDS_MAX).optional(),
  tags: list(text('a tag of 1 to 256 visible characters', /^[\x21-\x7e]{1,256}$/), `a list of at most ${NAMES_MAX} tags`, NAMES_MAX).optional(),
  bypass: flag().optional(),
  query: group({ sort: flag().optional(), drop: names().optional(), keep: names().optional() }).optional(),
  targets: list(judged(text('the name of a field'), (name) => (isToken(name) ? undefined : `${JSON.stringify(name)} is no field name`)), `a list of at most ${NAMES_MAX} names`, NAMES_MAX).optional(),
  heuristicFraction: amount(0, 1).optional(),
  heuristicMaxS: amount(0, SECONDS_MAX).optional(),
  negativeTtlS: amount(0, SECONDS_MAX).optional(),
  staleWhenUnreachableS: amount(0, SECONDS_MAX).optional(),
  ageMaxS: amount(0, Number.POSITIVE_INFINITY).optional(),
  setCookie: choice(['strip', 'refuse', 'keep']).optional(),
  honourRequestReload: flag().optional(),
} as const;

export const cacheRulesSchema = group(cacheRulesShape);

export const cacheSchema = group({
  ...cacheRulesShape,
  bytesMax: whole(MIB, 2 ** 44).optional(),
  objectBytesMax: whole(1024, 2 ** 44).optional(),
  rangeFillBytesMax: whole(0, 2 ** 44).optional(),
  aloneMs: whole(0, HOUR_MS).optional(),
});

function isHost(value: unknown): value is string {
  if (typeof value !== 'string' || !/^[!-~]{1,1024}$/.test(value)) return false;
  const bytes = latin1Bytes(value);
  return authorityPort(bytes, 0, bytes.length) !== AUTHORITY_MALFORMED;
}

function isHooks(value: unknown): value is ProxyHooks {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof URL);
}

function unknownHook(hooks: ProxyHooks): string | undefined {
  for (const [name, hook] of Object.entries(hooks) as [string, unknown][]) {
    if (!HOOK_KINDS.includes(name)) return `there is no hook "${name}": there are ${HOOK_KINDS.join(', ')}`;
    if (hook !== undefined && typeof hook !== 'function') return `the hook "${name}" must be a function`;
  }
  return undefined;
}

function repeated(values: readonly unknown[]): string | undefined {
  return values.find((one, i): one is string => typeof one === 'string' && values.indexOf(one) < i);
}
