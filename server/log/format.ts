// Access log lines, built by hand: a logging library costs 6 µs a line, this less than 0.5 µs.
//
// Invariant: nothing a client sends can end a line or reach a terminal as a control character.
import type { Trace } from '../tracing/trace.ts';
import type { AccessRecord, Incomplete } from './record.ts';

export type LogFormat = 'pretty' | 'json' | 'combined';

export type Formatter = (record: AccessRecord, incomplete: Incomplete, wallMs: number, durationMs: number) => string;

const UNSAFE = /[^\x20-\x7e]|["\\]/g;
const escaped = (text: string): string => (UNSAFE.test(text) ? text.replace(UNSAFE, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`) : text);

/** Nothing in it is to be escaped in JSON, or means anything to a terminal. */
const PLAIN = /^[ !#-[\]-~]*$/;
// JSON.stringify leaves DEL and the C1 controls (0x9b is CSI to a terminal) as they are.
const UNSAFE_IN_JSON = /[\x7f-\x9f]/;
function quoted(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  const json = JSON.stringify(text);
  return UNSAFE_IN_JSON.test(json) ? json.replace(/[\x7f-\x9f]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`) : json;
}

/** Most lines are of the millisecond of the line before. */
class Clock {
  #ms = Number.NaN;
  #text = '';

  /** As Date.prototype.toISOString(). */
  iso(ms: number): string {
    if (ms !== this.#ms) {
      this.#ms = ms;
      this.#text = new Date(ms).toISOString();
    }
    return this.#text;
  }
}

const clock = new Clock();
const HUNDREDTHS = Array.from({ length: 1000 }, (_, hundredths) => (hundredths / 100).toFixed(2));

/** With two digits behind the point. */
function milliseconds(ms: number): string {
  return HUNDREDTHS[Math.round(ms * 100)] ?? ms.toFixed(2);
}

export function formatJson(record: AccessRecord, incomplete: Incomplete, wallMs: number, durationMs: number): string {
  const { peer, protocol, client, method, target, status, bodyBytes, referrer, userAgent, version, trace } = record;
  return `{"time":"${clock.iso(wallMs)}","peer":"${peer}","method":${quoted(method)},"target":${quoted(target)}` +
    `,"version":"${version}","status":${status},"bytes":${bodyBytes},"ms":${milliseconds(durationMs)}` +
    (referrer ? `,"referrer":${quoted(referrer)}` : '') + (userAgent ? `,"agent":${quoted(userAgent)}` : '') +
    (protocol ? `,"tls":"${protocol}"` : '') + (client ? `,"client":${quoted(client)}` : '') +
    (incomplete ? `,"incomplete":"${incomplete}"` : '') + (trace ? ofTrace(trace) : '') + '}\n';
}

/** By the names that OpenTelemetry has for logs. */
function ofTrace({ traceId, spanId }: Trace): string {
  return (traceId ? `,"trace_id":"${traceId}"` : '') + (spanId ? `,"span_id":"${spanId}"` : '');
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (n: number): string => (n < 10 ? `0${n}` : String(n));

function combinedTime(wallMs: number): string {
  const at = new Date(wallMs);
  return `${two(at.getUTCDate())}/${MONTHS[at.getUTCMonth()]!}/${at.getUTCFullYear()}:${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())} +0000`;
}

export function formatCombined(record: AccessRecord, _incomplete: Incomplete, wallMs: number): string {
  const { peer, method, target, status, bodyBytes, referrer, userAgent, version } = record;
  const line = method ? `${escaped(method)} ${escaped(target)} HTTP/${version}` : '-';
  return `${peer || '-'} - - [${combinedTime(wallMs)}] "${line}" ${status} ${bodyBytes} "${escaped(referrer) || '-'}" "${escaped(userAgent) || '-'}"\n`;
}

const COLOURS: Record<number, string> = { 2: '\x1b[32m', 3: '\x1b[36m', 4: '\x1b[33m', 5: '\x1b[31m' };

export function formatPretty(record: AccessRecord, incomplete: Incomplete, wallMs: number, durationMs: number): string {
  const { method, target, status, bodyBytes } = record;
  const at = new Date(wallMs);
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  const colour = COLOURS[Math.floor(status / 100)] ?? '';
  const size = bodyBytes < 0 ? '' : `  ${prettyBytes(bodyBytes)}`;
  return `\x1b[2m${clock}\x1b[0m ${colour}${status}\x1b[0m ${escaped(method) || '(no request)'} ${escaped(target)}\x1b[2m${size}  ${durationMs.toFixed(1)} ms\x1b[0m` +
    `${incomplete ? `  \x1b[31m${incomplete}\x1b[0m` : ''}\n`;
}

export function prettyBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    ++unit;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]!}`;
}

export const formatters: Readonly<Record<LogFormat, Formatter>> = { pretty: formatPretty, json: formatJson, combined: formatCombined };
