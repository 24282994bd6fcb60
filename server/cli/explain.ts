// `pagecast explain URL`: what would be answered, and why. Nothing listens, no origin is asked.
import type { RequestHead } from '../../http/head.ts';
import { functionsOf, modulesOf, type Functions } from '../config/functions.ts';
import { isForFiles } from '../files-first.ts';
import { resolveOptions, type ResolvedOptions } from '../options.ts';
import { hasOrigins } from '../routes/scopes.ts';
import { requestOf, responseOf, type GivenResponse } from './asking.ts';
import type { Explained, Facts, See } from './explained.ts';
import type { ProxyCircumstances } from './explain-proxy.ts';
import { UsageError, type Arguments } from './flags.ts';
import { configOf } from './config-file.ts';
import { settingsOf } from './settings.ts';

const DESCRIPTORS = 1024;

export interface ExplainOutput {
  readonly json: boolean;
  readonly colour: boolean;
  readonly write: (text: string) => void;
}

/** @throws UsageError, OptionsError, ConfigError, HooksError */
export async function explain(args: Arguments, { json, colour, write }: ExplainOutput): Promise<void> {
  const request = requestOf(args);
  const response = responseOf(args);
  const asked = { ...args, positionals: [] };
  const { options, module } = settingsOf(asked, false, await configOf(asked, '.'));
  const resolved = resolveOptions(options, DESCRIPTORS);
  if (response && !hasOrigins(resolved)) throw new UsageError('--response and --status are what an origin would say: --proxy is missing');
  const explained = await explainedBy(request, response, resolved, { functions: await functionsOf(resolved, await modulesOf(resolved, module)) });
  write(json ? `${JSON.stringify(explained, undefined, 2)}\n` : layOut(explained, colour));
}

/** What is known besides of a server. */
export interface Known {
  /** What is stored, where a cache is running. */
  readonly see?: See | undefined;
  /** Those of the options. */
  readonly functions: Functions;
}

/** By the site and the route that it is for, where there are several. */
export async function explainedBy(request: RequestHead, response: GivenResponse | undefined, options: ResolvedOptions, known: Known): Promise<Explained> {
  request.scheme = options.tls ? 'https' : 'http';
  if (options.sites.length === 0) return explainedContent(request, response, options, known);
  const { routed } = await import('./explain-routes.ts');
  const { routing, content, answer } = routed(request, options)!;
  if (content) return { routing, ...(await explainedContent(request, response, content.options, { ...known, scope: content.scope })) };
  return { request: { method: request.methodText, url: `${request.scheme}://${request.authority}${request.path}${request.query}` }, routing, answer };
}

/** By the folder, where there is one and it has an answer; else by the cache before the origins. */
async function explainedContent(request: RequestHead, response: GivenResponse | undefined, options: ResolvedOptions, circumstances: ProxyCircumstances): Promise<Explained> {
  const { proxy, filesFirst } = options;
  const looked = proxy === undefined || (filesFirst && isForFiles(request, new Set(proxy.upgrades)));
  if (looked) {
    const { explainSite } = await import('./explain-site.ts');
    const explained = await explainSite(request, options);
    if (explained) return explained;
  }
  const { explainProxy } = await import('./explain-proxy.ts');
  return explainProxy(request, response, options, proxy!, { ...circumstances, folder: filesFirst ? (looked ? 'has nothing for it' : 'is not looked into for it') : undefined });
}

export function layOut(explained: Explained, colour: boolean): string {
  const bold = (text: string): string => (colour ? `\x1b[1m${text}\x1b[0m` : text);
  const dim = (text: string): string => (colour ? `\x1b[2m${text}\x1b[0m` : text);
  const sections = Object.entries(explained).map(([title, facts]) => {
    const rows = Object.entries(facts).flatMap(([name, value]) => linesOf(value).map((line, i) => `  ${dim((i === 0 ? wordsOf(name) : '').padEnd(24))} ${line}`));
    return `${bold(wordsOf(title))}\n${rows.join('\n')}\n`;
  });
  return sections.join('\n');
}

/** An empty list is nothing, and said so. */
function linesOf(value: Facts[string]): readonly string[] {
  if (typeof value === 'object' && value !== null) return value.length > 0 ? value.map(printable) : ['none'];
  return [value === null ? 'none' : typeof value === 'boolean' ? (value ? 'yes' : 'no') : printable(String(value))];
}

function wordsOf(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** Bytes of others must not steer the terminal. */
function printable(text: string): string {
  return text.replaceAll(/[\x00-\x1f\x7f-\x9f]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
