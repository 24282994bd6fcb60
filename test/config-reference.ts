// docs/CONFIG.md, made of what there is already: members and what they may be from the schema, meanings and defaults from the docstrings of the
// types, flags and variables from the table of the command line.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import type { z } from 'zod';
import { policyDefaults } from '../cache/policy/options.ts';
import { flags, variableOf, type Flag } from '../server/cli/flags.ts';
import { configSchema } from '../server/config/schema.ts';
import { wants } from '../server/config/schema-terms.ts';
import { loopLimits } from '../server/limits.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SOURCES = [
  'server/options.ts', 'server/limits.ts', 'server/config/config.ts', 'server/site-options.ts', 'server/proxy-options.ts', 'server/proxy/origin/options.ts',
  'server/proxy/query.ts', 'server/tls/options.ts', 'server/control/options.ts', 'cache/policy/options.ts',
];

interface Section {
  readonly title: string;
  readonly intro: string;
  /** Where its members stand, with `[]` for the members of a list. */
  readonly at: string;
  /** Interfaces with their docstrings; members of a literal type are `Interface.member`. */
  readonly types: readonly string[];
  readonly only?: (name: string) => boolean;
}

const OF_A_SITE = new Set([
  'root', 'index', 'dotfiles', 'symlinks', 'protect', 'spa', 'cleanUrls', 'listing', 'precompressed', 'compress', 'maxAgeS', 'immutable', 'rules', 'headers', 'cors', 'securityHeaders', 'virtualHosts', 'health',
  'about', 'proxy', 'cache', 'access', 'rateLimit', 'routes',
]);

const sections: readonly Section[] = [
  { title: 'The server', at: '', types: ['ServerOptions', 'ServerMembers'], only: (name) => !OF_A_SITE.has(name), intro: 'At the top of a config.' },
  { title: 'tls', at: 'tls', types: ['TlsOptions'], intro: 'TLS on all places of `listen`; [decision 15](decisions/0015-tls.md).' },
  { title: 'tls.certificates[]', at: 'tls.certificates[]', types: ['CertificateOptions'], intro: 'A certificate with its key. They are read anew when they change.' },
  { title: 'tls.hsts', at: 'tls.hsts', types: ['HstsOptions'], intro: 'Strict-Transport-Security, on every answer over TLS.' },
  { title: 'limits', at: 'limits', types: ['LoopLimits'], intro: 'Bounds of connections and requests.' },
  { title: 'files', at: 'files', types: ['FileLimits'], intro: 'Bounds of what a worker keeps open.' },
  { title: 'arena', at: 'arena', types: ['ArenaLimits'], intro: 'Copies of hot small files.' },
  { title: 'guard', at: 'guard', types: ['GuardLimits'], intro: 'What keeps the bytes of an answer of one version; [decision 7](decisions/0007-never-a-torn-byte.md).' },
  { title: 'control', at: 'control', types: ['ControlOptions'], intro: 'Where operators ask and steer a running server. Text for short is `listen`.' },
  { title: 'store', at: 'store', types: ['StoreOptions'], intro: 'Responses on disk. Text for short is `dir`.' },
  { title: 'cluster', at: 'cluster', types: ['ClusterOptions'], intro: 'Purges that reach several machines.' },
  { title: 'cluster.tls', at: 'cluster.tls', types: ['ClusterTls'], intro: 'How machines and Redis know each other; [CLUSTER.md](CLUSTER.md).' },
  { title: 'tracing', at: 'tracing', types: ['TracingOptions'], intro: 'Spans of requests for a collector of OpenTelemetry; [OPERATIONS.md](OPERATIONS.md#traces) has what they say.' },
  { title: 'A site', at: '', types: ['SiteMembers', 'SiteOptions', 'FileOptions'], only: (name) => OF_A_SITE.has(name), intro: 'At the top of a config, where there is one site; in each of `sites`, where there are several. What then stands at the top is what each of them has unless it says otherwise: fields by name, rules of `cache` and `access` one by one.' },
  { title: 'sites[]', at: 'sites[]', types: ['SiteConfig'], only: (name) => !OF_A_SITE.has(name), intro: 'The members of a site, and its names.' },
  { title: 'routes[]', at: 'routes[]', types: ['RouteConfig', 'SiteOptions', 'FileOptions'], intro: 'What some requests get in place of the site, in order. `root`, `proxy`, `redirect`, `respond` and `handle`: exactly one of them. What a route does not say is as the site has it.' },
  { title: 'routes[].redirect', at: 'routes[].redirect', types: ['RedirectConfig'], intro: 'Somewhere else to go.' },
  { title: 'routes[].respond', at: 'routes[].respond', types: ['RespondConfig'], intro: 'An answer that is always the same.' },
  { title: 'access', at: 'access', types: ['AccessOptions'], intro: 'Who may ask: first by address, then by how often, then by name and password.' },
  { title: 'access.rateLimit', at: 'access.rateLimit', types: ['AccessOptions.rateLimit'], intro: 'Of one address.' },
  { title: 'rateLimit', at: 'rateLimit', types: ['RateLimitConfig'], intro: 'A token bucket for each client, one account for all workers. What is over it is answered 429.' },
  { title: 'proxy', at: 'proxy', types: ['ProxyOptions', 'OriginsOptions'], intro: 'Origins; text, or a list, for short is `urls`.' },
  { title: 'proxy.urls[]', at: 'proxy.urls[]', types: ['OriginsOptions.urls'], intro: 'An origin with more than a URL.' },
  { title: 'proxy.tls', at: 'proxy.tls', types: ['OriginsOptions.tls'], intro: 'Of origins at https.' },
  { title: 'proxy.health', at: 'proxy.health', types: ['OriginsOptions.health'], intro: 'When an origin is left out.' },
  { title: 'proxy.health.active', at: 'proxy.health.active', types: ['OriginsOptions.health.active'], intro: 'Asking origins whether they are well.' },
  { title: 'cache', at: 'cache', types: ['CacheOptions', 'CacheRules', 'PolicyOptions'], intro: 'What is stored of what origins answer; [CACHE.md](CACHE.md). Bytes and `aloneMs` are of the server, and stand at the top of a config alone.' },
  { title: 'cache.query', at: 'cache.query', types: ['QueryOptions'], intro: 'What of a query is no part of the key.' },
];

/** Where a docstring does not tell it. */
const defaults: Readonly<Record<string, object>> = { limits: loopLimits, cache: policyDefaults };

const HEAD = `# Config

A config is the default export of \`pagecast.config.ts\` (or .mts, .js, .mjs), or what a \`pagecast.config.json\` has. \`pagecast\` looks for one in the
current folder where neither a folder nor an origin is named; \`-c FILE\` names one. Paths in it are from the folder that it is in.

    import { defineConfig } from 'pagecast';

    export default defineConfig({
      listen: ['0.0.0.0:80'],
      headers: { 'X-Content-Type-Options': 'nosniff' },
      sites: [
        {
          hosts: ['example.com', 'www.example.com'],
          root: './dist',
          routes: [
            { path: '/api/*', proxy: { urls: ['http://127.0.0.1:3000'] }, cache: { ttlS: 60 } },
            { path: '/old/*', redirect: { to: '/new/:splat', status: 301 } },
            { path: '/time', handle: () => new Response(new Date().toISOString()) },
          ],
        },
        { routes: [{ respond: { status: 404, body: 'no such site\\n' } }] },
      ],
    });

Flags count before the environment, the environment before the file, the file before defaults, member by member. A flag sets the member
that its row names, and so does its variable. \`pagecast config\` prints every member that counts, and who has said it; \`pagecast check\`
tells everything that is wrong, and ends with 2.

Main reads the file, and every local module that it imports by a plain text, once. Workers run what main has read, also those that are started
later: all of them have the same policy, whatever becomes of the files. What comes from \`node_modules\`, and what a config reads by itself, is read
by each. A default export may be a function: it is given \`{ env }\`, and returns the config. It must give the same config each time.

This page is made from the schema: \`node -e "import('./dist/test/config-reference.js').then((page) => page.write())"\`.
`;

export function configReference(): string {
  const docs = docstrings();
  return `${HEAD}${sections.map((section) => tableOf(section, docs)).join('')}`;
}

/** @returns where. */
export function write(): string {
  const file = `${ROOT}docs/CONFIG.md`;
  writeFileSync(file, configReference());
  return file;
}

function tableOf({ title, intro, at, types, only = () => true }: Section, docs: ReadonlyMap<string, string>): string {
  const rows = Object.entries(membersAt(at)).filter(([name]) => only(name)).map(([name, schema]) => {
    const doc = types.map((type) => docs.get(`${type}.${name}`)).find((text) => text !== undefined) ?? '';
    const [meaning, byDefault] = split(doc);
    const path = at === '' ? name : `${at}.${name}`;
    const known = defaults[at] && Reflect.get(defaults[at], name) as unknown;
    const cells = [`\`${name}\``, wantedOf(schema), meaning, byDefault === '' && known !== undefined ? shown(known) : byDefault, flagsOf(path)];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return `\n## ${title}\n\n${intro}\n\n| member | what it may be | what it does | default | flag, variable |\n|---|---|---|---|---|\n${rows.join('\n')}\n`;
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.map((item) => `\`${String(item)}\``).join(', ');
  return value === Number.POSITIVE_INFINITY ? 'none' : `\`${String(value)}\``;
}

/** What it does, and what is so where nothing is said. */
function split(doc: string): readonly [meaning: string, byDefault: string] {
  const found = /(?:^|\s)Default:? (.*?)(?:\.(?=\s|$)|$)/.exec(doc);
  if (!found) return [doc, /(`[^`]+`|\b\w+)(?=[^`]* \(default\b)(?![^`]*`[^`]*\(default\b)/.exec(doc)?.[1] ?? ''];
  const meaning = `${doc.slice(0, found.index)}${doc.slice(found.index + found[0].length)}`.trim();
  return [meaning, found[1]!];
}

function flagsOf(path: string): string {
  const found = (flags as readonly Flag[]).filter(({ name, sets }) => sets === path || (path === 'listen' && (name === 'host' || name === 'port')));
  return found.map((flag) => [`\`--${flag.name}\``, ...[variableOf(flag), ...(flag.env ?? [])].map((name) => `\`${name}\``)].join(', ')).join('; ');
}

function wantedOf(schema: z.core.$ZodType): string {
  return wants.get(inner(schema) as z.ZodType)?.type ?? '';
}

interface Definition {
  readonly type: string;
  readonly innerType?: z.core.$ZodType;
  readonly element?: z.core.$ZodType;
  readonly options?: readonly z.core.$ZodType[];
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>;
}

function definitionOf(schema: z.core.$ZodType): Definition {
  const definition: unknown = schema._zod.def;
  return definition as Definition;
}

function inner(schema: z.core.$ZodType): z.core.$ZodType {
  const { type, innerType } = definitionOf(schema);
  return type === 'optional' && innerType ? inner(innerType) : schema;
}

/** Of the object that stands there, or may. */
function membersAt(at: string): Readonly<Record<string, z.core.$ZodType>> {
  let schema: z.core.$ZodType = configSchema;
  for (const key of at === '' ? [] : at.split('.')) {
    schema = shapeOf(schema)[key.replace('[]', '')]!;
    if (key.endsWith('[]')) schema = elementOf(schema);
  }
  return shapeOf(schema);
}

function shapeOf(schema: z.core.$ZodType): Readonly<Record<string, z.core.$ZodType>> {
  const { shape, options = [] } = definitionOf(inner(schema));
  return shape ?? shapeOf(options.find((option) => definitionOf(option).type === 'object')!);
}

function elementOf(schema: z.core.$ZodType): z.core.$ZodType {
  return definitionOf(inner(schema)).element!;
}

/** Of the members of interfaces, by `Interface.member`. */
function docstrings(): Map<string, string> {
  const found = new Map<string, string>();
  for (const file of SOURCES) {
    const source = ts.createSourceFile(file, readFileSync(`${ROOT}${file}`, 'utf8'), ts.ScriptTarget.Latest, true);
    source.forEachChild((node) => {
      if (ts.isInterfaceDeclaration(node)) for (const member of node.members) gather(member, node.name.text, found);
    });
  }
  return found;
}

function gather(member: ts.Node, owner: string, found: Map<string, string>): void {
  if (!ts.isPropertySignature(member)) return;
  const name = `${owner}.${member.name.getText()}`;
  const text = ts.getJSDocCommentsAndTags(member).map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? '').join(' ').replaceAll(/\s+/g, ' ').trim();
  if (text !== '') found.set(name, text);
  const literals = (node: ts.Node): void => {
    if (ts.isTypeLiteralNode(node)) for (const inside of node.members) gather(inside, name, found);
    else node.forEachChild(literals);
  };
  if (member.type) literals(member.type);
}
