// Attributes that spans of both kinds have, by OpenTelemetry's conventions for HTTP.
import type { Attribute } from './otlp.ts';

/** Others are many, and a client's choice: names of spans must be few. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', 'QUERY']);
/** Parameters that are credentials by the conventions. */
const SECRET = /(^|[?&])(AWSAccessKeyId|Signature|sig|X-Goog-Signature|X-Amz-(?:Credential|Security-Token|Signature))=[^&]*/g;

export function methodAttributes(method: string): readonly Attribute[] {
  return METHODS.has(method) ? [['http.request.method', method]] : [['http.request.method', '_OTHER'], ['http.request.method_original', method]];
}

/** @param route of which there are few; undefined: it is not known. */
export function spanName(method: string, route?: string): string {
  const known = METHODS.has(method) ? method : 'HTTP';
  return route === undefined ? known : `${known} ${route}`;
}

/** A path or query without what signs it. */
export function withoutSecrets(text: string): string {
  return text.replaceAll(SECRET, '$1$2=REDACTED');
}

/** @param authority host and port, as in Host; '' where there is none. */
export function authorityAttributes(authority: string): readonly Attribute[] {
  const match = /^(\[[^\]]*\]|[^:]+)(?::(\d{1,5}))?$/.exec(authority);
  if (!match) return [];
  const address = ['server.address', match[1]!.replaceAll(/[[\]]/g, '')] as const;
  return match[2] === undefined ? [address] : [address, ['server.port', Number(match[2])]];
}
