// The request that `pagecast explain` is about, and the response that it may be given: from words to what a server would have parsed.
import { RequestHead } from '../../http/head.ts';
import { refusals } from '../../http/refusal.ts';
import type { FieldList } from '../../http/response.ts';
import { UsageError, type Arguments, type FlagName } from './flags.ts';
import { whole } from './values.ts';

/** Flags that are of use to `explain` alone. */
export const OF_EXPLAIN = ['request', 'method', 'response', 'status'] as const satisfies readonly FlagName[];

const URL_PARTS = /^https?:\/\/([^/?#]*)([^?#]*)(\?[^#]*)?(?:#.*)?$/i;
const PATH_PARTS = /^()(\/[^?#]*)(\?[^#]*)?(?:#.*)?$/;

export interface GivenResponse {
  readonly status: number;
  readonly fields: FieldList;
}

/** -H is a field of the request here, as it is for curl; elsewhere it is the host to listen on. */
export function explainWords(argv: readonly string[]): string[] {
  return argv.map((word) => (word === '-H' ? '--request' : /^-H./.test(word) ? `--request=${word.slice(2)}` : word));
}

/** @throws UsageError */
export function requestOf({ values, positionals }: Arguments): RequestHead {
  const [url, ...more] = positionals.slice(1);
  if (url === undefined) throw new UsageError('explain needs a URL: pagecast explain http://localhost/path');
  if (more.length > 0) throw new UsageError(`one URL is explained at a time: "${more[0]!}" is too much; the folder is given as --root`);
  return requestFor(url, values.get('method')?.[0] ?? 'GET', (values.get('request') ?? []).map((line) => fieldOf(line, '-H')));
}

/** @param fields as bytes. @throws UsageError */
export function requestFor(url: string, method: string, fields: FieldList): RequestHead {
  const parts = URL_PARTS.exec(url) ?? PATH_PARTS.exec(url);
  if (!parts) throw new UsageError(`"${url}" is no URL: it must begin with http://, https:// or a slash`);
  const [, authority = '', path = '', query = ''] = parts;
  const host = fields.some(([name]) => name.toLowerCase() === 'host') ? [] : [['Host', authority === '' ? 'localhost' : bytesOf(authority)] as const];
  const target = `${bytesOf(path) || '/'}${bytesOf(query)}`;
  if (/[^\x21-\x7e]/.test(target)) throw new UsageError(`"${url}" must be percent-encoded`);
  return headOf(method, target, [...host, ...fields], url);
}

/** Undefined: none is given. @throws UsageError */
export function responseOf({ values }: Arguments): GivenResponse | undefined {
  const lines = values.get('response');
  const status = whole('status', values.get('status')?.[0], 200, 599);
  if (lines === undefined && status === undefined) return undefined;
  return { status: status ?? 200, fields: (lines ?? []).map((line) => fieldOf(line, '--response')) };
}

/** A head as it would have come. @throws UsageError */
export function headOf(method: string, target: string, fields: FieldList, url: string): RequestHead {
  const text = `${method} ${target} HTTP/1.1\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
  const bytes = new Uint8Array(Buffer.from(text, 'latin1'));
  const head = new RequestHead();
  const end = head.parse(bytes, 0, bytes.length);
  if (end === bytes.length) return head;
  throw new UsageError(`a server would refuse ${method} ${url}: ${end < 0 ? refusals[-end]!.text : 'its head does not end'}`);
}

/** @param flag what the line was given as, for the message. @throws UsageError */
export function fieldOf(line: string, flag: string): readonly [name: string, value: string] {
  const colon = line.indexOf(':');
  const name = line.slice(0, colon).trim();
  const value = bytesOf(line.slice(colon + 1).trim());
  if (colon < 1 || !/^[!#$%&'*+.^`|~\w-]+$/.test(name)) throw new UsageError(`${flag} must be a name, a colon and a value such as 'Accept: text/html', not "${line}"`);
  if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) throw new UsageError(`${flag} has a control character in the value of ${name}`);
  return [name, value];
}

/** What the terminal has as characters goes as UTF-8. */
function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
