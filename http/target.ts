/**
 * The four forms of a request target, RFC 9112 §3.2, judged once the whole request line is there.
 *
 *   origin-form    = absolute-path [ "?" query ]            every method but CONNECT
 *   absolute-form  = ( "http" / "https" ) "://" authority path-abempty [ "?" query ]
 *   authority-form = uri-host ":" port                      CONNECT only
 *   asterisk-form  = "*"                                    OPTIONS only
 *
 * Percent-encoding is not looked at: a target is bytes until path.ts makes a file name of its path.
 */
import { AUTHORITY_MALFORMED, authorityPort } from './authority.ts';
import { ASTERISK, equalsIgnoringCase, QUESTION_MARK, SLASH } from './characters.ts';

export const TARGET_ORIGIN = 1;
export const TARGET_ABSOLUTE = 2;
export const TARGET_AUTHORITY = 3;
export const TARGET_ASTERISK = 4;

/** What the request line knows when it asks; pathStart is the target's first byte, pathEnd its first '?' or its end. */
export interface Target {
  targetForm: number;
  targetEnd: number;
  pathStart: number;
  pathEnd: number;
  hasQuery: boolean;
  authorityStart: number;
  authorityEnd: number;
}

/** Sets the form, and moves the path behind an authority. false: not a target for this method (RFC 9112 §3.2). */
export function classifyTarget(target: Target, bytes: Uint8Array, isConnect: boolean, isOptions: boolean): boolean {
  const first = bytes[target.pathStart]!;
  if (isConnect) return authorityForm(target, bytes);
  if (first === SLASH) {
    target.targetForm = TARGET_ORIGIN;
    return true;
  }
  if (first === ASTERISK && target.targetEnd - target.pathStart === 1) {
    target.targetForm = TARGET_ASTERISK;
    return isOptions;
  }
  return absoluteForm(target, bytes);
}

/** The port must be there: "a server MUST reject a CONNECT request that targets an empty or invalid port" (RFC 9110 §9.3.6). */
function authorityForm(target: Target, bytes: Uint8Array): boolean {
  const port = authorityPort(bytes, target.pathStart, target.targetEnd);
  target.targetForm = TARGET_AUTHORITY;
  target.authorityStart = target.pathStart;
  target.authorityEnd = target.targetEnd;
  target.pathStart = target.targetEnd;
  return port > 0;
}

function absoluteForm(target: Target, bytes: Uint8Array): boolean {
  const start = schemeEnd(bytes, target.pathStart, target.pathEnd);
  if (start === 0) return false;
  let end = start;
  while (end < target.pathEnd && bytes[end] !== SLASH && bytes[end] !== QUESTION_MARK) end++;
  target.targetForm = TARGET_ABSOLUTE;
  target.authorityStart = start;
  target.authorityEnd = end;
  target.pathStart = end;
  return authorityPort(bytes, start, end) !== AUTHORITY_MALFORMED;
}

/** The offset behind "http://" or "https://", 0 where neither is there. */
function schemeEnd(bytes: Uint8Array, start: number, end: number): number {
  for (const scheme of ['http://', 'https://']) {
    const after = start + scheme.length;
    if (after <= end && equalsIgnoringCase(bytes, start, after, scheme)) return after;
  }
  return 0;
}
