// Answers of the origin that name a file in place of a body: `X-Accel-Redirect: /path`, below a protected root, or
// `X-Sendfile: /root/path`. The origin says who may have it; the file is sent as any file of ours is, with ranges and conditions.
//
// What nginx keeps of the origin's answer is kept, and what says nothing of the bytes besides: CORS, policies, cookies. What
// describes them (length, validators, coding) is the file's. A success becomes the file's own answer (200, 206, 304, 412, 416);
// any other status stays, over the whole file. Such an answer is never stored: the origin is asked each time who may have it.
import {
  FIELD_IF_MATCH, FIELD_IF_MODIFIED_SINCE, FIELD_IF_NONE_MATCH, FIELD_IF_RANGE, FIELD_IF_UNMODIFIED_SINCE, FIELD_RANGE, knownFieldNames,
  METHOD_GET, METHOD_HEAD, RequestHead,
} from '../../http/head.ts';
import { latin1Bytes } from '../../http/latin1.ts';
import { reasonPhrase, type FieldList } from '../../http/response.ts';
import type { Conversation, Exchange } from '../exchange.ts';
import type { ResolvedOptions } from '../options.ts';
import { Plan } from '../plan.ts';
import type { Answers } from './answered.ts';
import type { Asked } from './asked.ts';
import { hookFailedPlan } from './hooks.ts';
import type { OriginAnswer, OriginHead } from './origin-answer.ts';
import { failurePlan, hasBody, responseFields } from './passing.ts';
import type { Told } from './status.ts';

const NAMING = /^x-(?:accel-redirect|sendfile)$/i;
/** Of the file, not of what the origin has sent; and what is between an origin and its proxy. */
const OF_THE_FILE = /^(?:accept-ranges|age|content-(?:digest|encoding|md5|range)|date|digest|etag|last-modified|repr-digest|x-accel-.*|x-sendfile)$/i;
const CONDITIONS = [FIELD_IF_MATCH, FIELD_IF_NONE_MATCH, FIELD_IF_MODIFIED_SINCE, FIELD_IF_UNMODIFIED_SINCE, FIELD_IF_RANGE, FIELD_RANGE];
/** What a file is answered with; of the rest those that are no fault of the path. */
const ANSWERS = new Set([200, 206, 304, 412, 416]);
const FAULTS = new Set([403, 500, 503]);
const LIMITS = { headBytesMax: 1 << 18, targetBytesMax: 1 << 16, fieldsMax: CONDITIONS.length + 1 };
/** A file has nothing to say before it is sent. */
const UNHEARD: Conversation = { body: undefined, interim: () => undefined, whenGone: () => undefined };
const NOBODY = { data: () => undefined, end: () => undefined, failed: () => undefined };

export class Sendfile {
  readonly #files: Exchange;
  /** Bytes as latin1, with its slash. */
  readonly #root: string;
  readonly #answers: Answers;

  /** @param files makes answers of what is below `root`, an absolute path. */
  constructor(files: Exchange, root: string, answers: Answers) {
    this.#files = files;
    this.#root = Buffer.from(root.endsWith('/') ? root : `${root}/`, 'utf8').toString('latin1');
    this.#answers = answers;
  }

  /** Whether an answer is for plan(). */
  names({ fields }: OriginHead): boolean {
    return fields.some(([name]) => NAMING.test(name));
  }

  /** The file that `received` names, in its place; 404 where there is none. */
  async plan(asked: Asked, received: OriginHead, answer: OriginAnswer, cacheStatus: Told): Promise<Plan> {
    const { request } = asked;
    if (hasBody(received)) answer.cancel('a file is sent in its place');
    else answer.take(NOBODY);
    const head = this.#answers.passed(asked, received);
    if (!head) return hookFailedPlan(request);
    const isOurs = head.status < 300 || head.status === 304;
    const path = this.#pathOf(received.fields);
    const wanted = path === undefined ? undefined : requestOf(request, path, isOurs);
    const nowMs = Date.now();
    const file = wanted && (this.#files.known(wanted, nowMs, asked.peer) ?? (await this.#files.find(wanted, nowMs, asked.peer, UNHEARD)));
    if (!file || !ANSWERS.has(file.status)) {
      const status = file && FAULTS.has(file.status) ? file.status : 404;
      return failurePlan(request, { status, text: reasonPhrase(status) }, cacheStatus);
    }
    return merged(file, isOurs ? file.status : head.status, responseFields(head), cacheStatus);
  }

  /** A raw path and query, of what came first; undefined: it is no file of ours. */
  #pathOf(fields: FieldList): string | undefined {
    const accel = fields.find(([name]) => /^x-accel-redirect$/i.test(name))?.[1];
    if (accel !== undefined) return accel.startsWith('/') ? accel.replaceAll(/[^\x21-\x7e]|#/g, percentEncoded) : undefined;
    const path = fields.find(([name]) => NAMING.test(name))?.[1] ?? '';
    return path.startsWith(this.#root) ? `/${path.slice(this.#root.length).replaceAll(/[^\x21-\x7e]|[#%?]/g, percentEncoded)}` : undefined;
  }
}

/** The options of a site of such files: what is asked for is there, or it is not. */
export function sendfileOptions(options: ResolvedOptions, root: string): ResolvedOptions {
  return {
    ...options,
    root,
    filesFirst: false,
    site: {
      shell: undefined, cleanUrls: 'off', listing: false, precompressed: false, compress: false, maxAgeS: undefined, immutable: false, headers: [],
      cors: false, securityHeaders: false, rules: false, virtualHosts: false, health: undefined, about: undefined,
    },
  };
}

/** The question for the file. @param conditional under the client's conditions, and for the part that it asked for; else for the whole. */
function requestOf(request: RequestHead, path: string, conditional: boolean): RequestHead | undefined {
  const isHead = request.method === METHOD_HEAD;
  const lines = [`${isHead ? 'HEAD' : 'GET'} ${path} HTTP/1.1`, 'Host: sendfile'];
  if (conditional && (isHead || request.method === METHOD_GET)) {
    for (const id of CONDITIONS) {
      const value = request.field(id);
      if (value !== undefined) lines.push(`${knownFieldNames[id]!}: ${value}`);
    }
  }
  const bytes = new Uint8Array(latin1Bytes(`${lines.join('\r\n')}\r\n\r\n`));
  const wanted = new RequestHead(LIMITS);
  return wanted.parse(bytes, 0, bytes.length) === bytes.length ? wanted : undefined;
}

function merged(file: Plan, status: number, received: FieldList, { field, result }: Told): Plan {
  const isFile = file.status === 200 || (file.status === 206 && !file.fields.some(([name, value]) => /^content-type$/i.test(name) && value.startsWith('multipart/')));
  const kept = received.filter(([name]) => !OF_THE_FILE.test(name) && (isFile || !/^content-(?!security|disposition)/i.test(name)));
  const names = new Set(kept.map(([name]) => name.toLowerCase()));
  const fields: FieldList = [...file.fields.filter(([name]) => !names.has(name.toLowerCase())), ...kept, ['Cache-Status', field]];
  return new Plan(status, fields, file.spans, file.framing, { close: file.close, result, ...(file.source && { source: file.source }) });
}

function percentEncoded(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}
