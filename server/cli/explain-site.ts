// What a folder's site would answer, and which of its rules and files decide it: asked of a site as every worker has one, without a
// socket before it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { native } from '../../native/index.ts';
import type { RequestHead } from '../../http/head.ts';
import type { FieldList } from '../../http/response.ts';
import { assemble, type Assembly } from '../assemble.ts';
import { hostName } from '../access/hosts.ts';
import type { ResolvedOptions } from '../options.ts';
import type { Plan } from '../plan.ts';
import { parseHeaders } from '../rules/headers.ts';
import { linesOf, ProblemList } from '../rules/lines.ts';
import { parseRedirects, type Match } from '../rules/redirects.ts';
import { NOTHING_HERE } from '../static/nothing.ts';
import { HEADERS_FILE, REDIRECTS_FILE } from '../static/site-rules.ts';
import { headOf } from './asking.ts';
import { healthFacts, type Explained, type Facts } from './explained.ts';

/** Where the site tells of a file; not a path that anybody asks for. */
const ABOUT = '/.well-known/pagecast-explain';
const PEER = { address: '127.0.0.1' };

type StaticSite = NonNullable<Assembly['site']>;

/** Undefined: the folder has nothing for it, and origins are asked. */
export async function explainSite(request: RequestHead, options: ResolvedOptions): Promise<Explained | undefined> {
  const reports: string[] = [];
  const { loop, site, engine } = assemble({
    EngineClass: native.Engine, options: { ...options, site: { ...options.site, about: ABOUT } }, report: (_, message) => reports.push(message), log: undefined, onDrained: () => undefined,
  });
  if (!site) throw new Error('there is no site in the place of a proxy');
  const failed = engine.start(() => loop.tick());
  if (failed < 0) throw new Error(`the engine cannot be started: ${failed}`);
  try {
    const plan = await planOf(site, request);
    if (plan === NOTHING_HERE) return undefined;
    const file = await fileOf(site, request);
    const url = `${request.scheme}://${request.authority}${request.path}${request.query}`;
    const of = { method: request.methodText, url, route: 'static', root: options.root, ...(options.filesFirst && { origins: 'not asked: the folder has an answer' }) };
    return {
      request: of,
      ...healthFacts(request, options),
      answer: { status: plan.status, file: file === undefined ? null : utf8(file), ...(await keptFacts(site, request, file)), fields: plan.fields.map(([name, value]) => `${name}: ${utf8(value)}`) },
      ...(options.site.rules && { rules: rulesFor(request, options, plan, file) }),
      ...(reports.length > 0 && { problems: { told: reports } }),
    };
  } finally {
    await setImmediate(); // records that are let go are let go in the next turn
    engine.stop();
  }
}

async function planOf({ exchange }: StaticSite, request: RequestHead): Promise<Plan> {
  const nowMs = Date.now();
  return exchange.known(request, nowMs, PEER) ?? (await exchange.find(request, nowMs, PEER, { body: undefined, interim: () => undefined, whenGone: () => undefined }));
}

/** The file whose bytes would be sent, below the root: of a GET, without conditions and as it is. Bytes as latin1. */
async function fileOf(site: StaticSite, request: RequestHead): Promise<string | undefined> {
  const selecting: FieldList = ['Accept', 'Sec-Fetch-Mode', 'Sec-Fetch-Dest'].flatMap((name) => {
    const value = request.fieldNamed(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  const plain = headOf('GET', request.path + request.query, [['Host', request.authority], ['Accept-Encoding', 'identity'], ...selecting], request.path);
  const span = (await planOf(site, plain)).spans.find((one) => 'file' in one);
  return span && 'file' in span ? site.lookup.entries.pathOf(span.file) : undefined;
}

/** How its bytes are kept and sent, and in which coding for this client. */
async function keptFacts(site: StaticSite, request: RequestHead, file: string | undefined): Promise<Facts> {
  if (file === undefined) return {};
  const path = `/${file.replaceAll(/[^\w./~-]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`)}`;
  const coding = request.fieldNamed('accept-encoding');
  const asked = headOf('GET', `${ABOUT}?path=${path}`, [['Host', request.authority], ...(coding === undefined ? [] : [['Accept-Encoding', coding] as const])], path);
  const span = (await planOf(site, asked)).spans[0];
  if (span === undefined || !('data' in span)) return {};
  const { sentBy, protection, cause, bytes, coding: chosen, etag } = JSON.parse(Buffer.from(span.data).toString('latin1')) as Readonly<Record<string, string | number | null>>;
  const facts = { sentBy, protection, cause, bytes, coding: chosen, etag };
  return Object.fromEntries(Object.entries(facts).filter((fact): fact is [string, string | number | null] => fact[1] !== undefined));
}

function rulesFor(request: RequestHead, options: ResolvedOptions, plan: Plan, file: string | undefined): Facts {
  const folder = options.site.virtualHosts ? join(options.root, hostName(request.authority) ?? '') : options.root;
  return { redirect: redirectFor(request, textOf(join(folder, REDIRECTS_FILE)), plan, file), headers: headersFor(request, textOf(join(folder, HEADERS_FILE))) };
}

function redirectFor({ path, query, authority }: RequestHead, text: string, plan: Plan, file: string | undefined): string | null {
  const match = parseRedirects(text, REDIRECTS_FILE).rules.match({ path, query, host: authority });
  if (!match) return null;
  const line = text.split('\n')[match.line - 1]!.trim();
  return `${REDIRECTS_FILE}:${match.line}: ${line}${decides(match, plan, file) ? '' : ' (gives way to a file)'}`;
}

/** A rule that is not forced gives way to a file. */
function decides(match: Match, plan: Plan, file: string | undefined): boolean {
  if (match.forced) return true;
  if (match.kind === 'redirect') return plan.status === match.status && plan.fields.some(([name, value]) => name === 'Location' && value === match.location);
  return match.status === 200 ? file === undefined || `/${file}`.startsWith(decodeURI(match.path)) : plan.status === match.status;
}

/** Lines of the paths whose fields apply, in order. */
function headersFor({ path, authority }: RequestHead, text: string): readonly string[] {
  const blocks: { readonly number: number; readonly lines: string[] }[] = [];
  for (const { number, text: line } of linesOf(text, new ProblemList(HEADERS_FILE))) {
    if (line.startsWith('/') || /^[^\s:]+:\/\//.test(line)) blocks.push({ number, lines: [line] });
    else blocks.at(-1)?.lines.push(`  ${line}`);
  }
  return blocks.flatMap(({ number, lines }) => {
    const changes = parseHeaders(lines.join('\n'), HEADERS_FILE).rules.fieldsFor(path, authority);
    const told = changes.map((change) => ('detach' in change ? `! ${change.detach}` : `${change.name}: ${change.value}`));
    return told.length === 0 ? [] : [`${HEADERS_FILE}:${number}: ${lines[0]!}  ${told.join('; ')}`];
  });
}

/** Where there is none, there are no rules. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function utf8(text: string): string {
  return Buffer.from(text, 'latin1').toString('utf8');
}
