// Paths of routes, as a config writes them: `/exact`, or `/below/*`.
import { canonical, encodeWritten } from '../rules/percent.ts';
import type { ResolvedPathMatch } from './resolved.ts';

/** Of a path in which nothing is wrong. */
export function pathMatchOf(text: string): ResolvedPathMatch {
  const isPrefix = text.endsWith('/*');
  const path = canonical(encodeWritten(isPrefix ? text.slice(0, -2) : text)).text;
  return isPrefix ? { kind: 'prefix', path: path.replace(/\/$/, '') } : { kind: 'exact', path: path === '' ? '/' : path };
}

export function pathFault(text: string): string | undefined {
  if (!text.startsWith('/')) return `a path begins with a slash: ${JSON.stringify(text)}`;
  if (/[?#]/.test(text)) return `only a path is matched, and no "?" or "#": ${JSON.stringify(text)}`;
  if (text.slice(0, text.endsWith('/*') ? -2 : undefined).includes('*')) return `a star stands behind the last slash, as in "/api/*": ${JSON.stringify(text)}`;
  if (/(?:^|\/)\.{1,2}(?:\/|$)/.test(text)) return `no request has "." or ".." in its path: ${JSON.stringify(text)}`;
  if (/[\0-\x1f\x7f]/.test(text)) return `a path has no control characters: ${JSON.stringify(text)}`;
  return undefined;
}
