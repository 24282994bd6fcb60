// `pagecast explain URL`: what would be answered, and why. Nothing listens, no origin is asked.
import { resolveOptions } from '../options.ts';
import { requestOf, responseOf } from './asking.ts';
import type { Explained, Facts } from './explained.ts';
import { UsageError, type Arguments } from './flags.ts';
import { settingsOf } from './settings.ts';

const DESCRIPTORS = 1024;

export interface ExplainOutput {
  readonly json: boolean;
  readonly colour: boolean;
  readonly write: (text: string) => void;
}

/** @throws UsageError, OptionsError, HooksError */
export async function explain(args: Arguments, { json, colour, write }: ExplainOutput): Promise<void> {
  const request = requestOf(args);
  const response = responseOf(args);
  const { options } = settingsOf({ values: args.values, positionals: [] }, false);
  const resolved = resolveOptions(options, DESCRIPTORS);
  if (!resolved.proxy && response) throw new UsageError('--response and --status are what an origin would say: --proxy is missing');
  let explained: Explained;
  if (resolved.proxy) {
    const { explainProxy } = await import('./explain-proxy.ts');
    explained = await explainProxy(request, response, resolved, resolved.proxy);
  } else {
    const { explainSite } = await import('./explain-site.ts');
    explained = await explainSite(request, resolved);
  }
  write(json ? `${JSON.stringify(explained, undefined, 2)}\n` : layOut(explained, colour));
}

function layOut(explained: Explained, colour: boolean): string {
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
