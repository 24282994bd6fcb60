// Carries a plan out on a response of node:http, node:https or node:http2: the same status, fields and bytes as the burst engine sends. What
// Node says of the connection (Date, Connection, chunks) is Node's.
import { ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import type { Socket } from 'node:net';
import { reasonPhrase, type FieldList } from '../../http/response.ts';
import { SPAN_ARENA, SPAN_BYTES, SPAN_GROWING, UNTIL_END, type Plan, type Span } from '../plan.ts';
import { piecesOf, type PlanBody } from '../plan-body.ts';
import { carried } from './bridge.ts';
import { Carrier, type Lent } from './carrier.ts';
import { isIntercepted } from './response-head.ts';
import { isPlain, lend, whileTaken } from './sockets.ts';
import { inTurn } from './turns.ts';
import { breakOff, Writer } from './writing.ts';

export type Response = ServerResponse | Http2ServerResponse;

/** Under this it is cheaper to copy than to wait for the socket's turn. */
const SENDFILE_BYTES_MIN = 64 << 10;

/** The head as Node keeps it, until the body begins. What was set before stays, unless the plan says otherwise; Vary is added to. */
export function setHead(response: Response, { status, fields, close }: Plan): void {
  response.statusCode = status;
  const isHttp1 = response instanceof ServerResponse;
  if (isHttp1) {
    response.statusMessage = reasonPhrase(status);
    if (close) response.setHeader('Connection', 'close');
  }
  for (const { name, values } of grouped(fields)) {
    response.setHeader(name, name.toLowerCase() === 'vary' ? varied(response.getHeader('vary'), values) : values.length === 1 ? values[0]! : values);
  }
}

export interface GroupedField {
  readonly name: string;
  readonly values: string[];
}

/** Lines of one field together, in the order of their first. */
export function grouped(fields: FieldList): Iterable<GroupedField> {
  const byName = new Map<string, GroupedField>();
  for (const [name, value] of fields) {
    const known = byName.get(name.toLowerCase());
    if (known) known.values.push(value);
    else byName.set(name.toLowerCase(), { name, values: [value] });
  }
  return byName.values();
}

/** RFC 9110 §12.5.5: whoever has chosen by a field before has still chosen by it. */
export function varied(before: number | string | readonly string[] | undefined, values: readonly string[]): string {
  const members = [before ?? [], values].flat().flatMap((value) => String(value).split(',')).map((name) => name.trim()).filter((name) => name !== '');
  const seen = new Set<string>();
  return members.filter((name) => !seen.has(name.toLowerCase()) && seen.add(name.toLowerCase())).join(', ');
}

/**
 * Head and body. Resolves when Node, or the kernel, has all of it.
 * @throws what has ended it: the response is broken off, and never looks complete.
 */
export async function respond(response: Response, plan: Plan, body: PlanBody): Promise<void> {
  setHead(response, plan);
  if (plan.framing === 'none') return void response.end();
  const whole = body.whole();
  if (whole) return void response.end(whole);
  try {
    if (plan.source) await write(response, body.pieces());
    else await sendSpans(response, plan);
    response.end();
  } catch (error) {
    breakOff(response);
    throw error;
  }
}

async function write(response: Response, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const writer = new Writer(response);
  for await (const piece of pieces) await writer.write(piece);
}

/** What is large leaves by the engine, where the socket is plain. @throws CarriageError, and what has ended the response */
export async function sendSpans(response: Response, plan: Plan): Promise<void> {
  const socket = response instanceof ServerResponse && !isIntercepted(response) ? response.socket : undefined;
  for (const span of plan.spans) {
    const lent = plan.framing === 'length' && isLarge(span) && isPlain(socket) ? lend(socket) : undefined;
    if (lent) await sendDirectly(response as ServerResponse, socket as Socket, lent, span as Exclude<Span, { readonly kind: 0 }>);
    else await write(response, piecesOf(span, carried));
  }
}

function isLarge(span: Span): boolean {
  return span.kind !== SPAN_BYTES && span.kind !== SPAN_ARENA && span.length >= SENDFILE_BYTES_MIN && !(span.kind === SPAN_GROWING && span.length >= UNTIL_END);
}

/** By the engine, on the socket of the response. */
async function sendDirectly(response: ServerResponse, socket: Socket, lent: Lent, span: Exclude<Span, { readonly kind: 0 }>): Promise<void> {
  response.flushHeaders();
  response.strictContentLength = false; // Node counts what it writes itself
  let failure: unknown;
  await inTurn(socket, async () => {
    try {
      await whileTaken(socket, lent, Carrier.get().send(lent, span));
    } catch (error) {
      failure = error;
      socket.destroy();
    }
  });
  if (failure !== undefined) throw failure as Error;
}
