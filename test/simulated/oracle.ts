// Whether what a client heard is true: complete answers in order, each with the bytes, length and tag of one version
// that was there at some moment from shortly before its request to its end; or cut off where it shows, with a reason.
import { loopLimits } from '../../server/limits.ts';
import { CHANGE_SEEN_MS } from '../../server/static/lookup.ts';
import type { Asked, Client } from './client.ts';
import { hashedTag, type History, type Version } from './history.ts';
import type { Profile } from './profile.ts';
import type { Response } from './response.ts';
import { ROOT } from './site.ts';

/** What a source gives, chunk by chunk. */
export interface Truth {
  readonly history: History;
  readonly source: Buffer;
  readonly profile: Profile;
  /** Whether answers were cut off because their file had changed. */
  readonly prevented: () => boolean;
  /** Strong tags seen so far, and what they stand for; shared by all clients of a storm. */
  readonly tags: Map<string, Buffer>;
}

/** How a fault begins that is bytes of two versions, or of none. */
export const TORN = 'torn';

const NOT_FOUND_PAGE = '/404.html';
const NOT_FOUND_TEXT = 'Not Found\n';

/** What is wrong with an answer; undefined: nothing. */
export function faultOf(truth: Truth, client: Client, index: number, response: Response): string | undefined {
  const asked = client.asked[index];
  const { status, fields } = response;
  if (!asked) return 'an answer to no request';
  if (status === 408) return client.tookMs(index) >= loopLimits.headTimeoutMs ? undefined : '408 for a request that came in time';
  const saidMs = client.saidMs(index);
  if (asked.subject === 'malformed') return status === asked.status ? undefined : `${status} instead of ${asked.status}`;
  if (saidMs === undefined) return 'an answer before its request was complete';
  if (fields.get('connection') !== 'close' && asked.last) return 'a last answer that does not say so';
  if (asked.subject === 'fixed') return status === asked.status ? undefined : `${status} instead of ${asked.status}`;
  if (asked.subject === 'failing') return 'a source that failed, and looks complete';
  if (asked.subject === 'source') return status === 200 && response.body.equals(truth.source) ? undefined : `${status}, a source's body of ${response.body.length} bytes`;
  return new FileAnswer(truth, asked, saidMs - CHANGE_SEEN_MS, client.heardMs(response.end < 0 ? Infinity : response.end), response).fault();
}

/** Whether the beginning of an answer that was cut off is true as far as it goes. */
export function partialFaultOf(truth: Truth, client: Client, index: number, response: Response): string | undefined {
  const asked = client.asked[index];
  const saidMs = client.saidMs(index);
  if (!asked || saidMs === undefined) return 'the beginning of an answer to no request';
  if (response.status !== 200 || asked.subject !== 'file') return undefined;
  const versions = truth.history.within(ROOT + asked.path, saidMs - CHANGE_SEEN_MS, Infinity);
  const { body } = response;
  // A reset does not take back what is torn and was sent of it.
  if (client.end === 'reset' && (truth.prevented() || isUnnoticed(truth.profile))) return undefined;
  return versions.some(({ content }) => content?.subarray(0, body.length).equals(body)) ? undefined : `the first ${body.length} bytes are of no version`;
}

/** Without a lease nobody knows of writers: what stands still for a while is taken for a version. */
function isUnnoticed({ faults, options: { protect } }: Profile): boolean {
  return protect === 'copy' || protect === 'verify' || faults.has('leaseDenied') || faults.has('leaseUnsupported');
}

class FileAnswer {
  readonly #truth: Truth;
  readonly #asked: Asked;
  readonly #fromMs: number;
  readonly #toMs: number;
  readonly #response: Response;

  constructor(truth: Truth, asked: Asked, fromMs: number, toMs: number, response: Response) {
    this.#truth = truth;
    this.#asked = asked;
    this.#fromMs = fromMs;
    this.#toMs = toMs;
    this.#response = response;
  }

  fault(): string | undefined {
    const { status } = this.#response;
    if (status === 404) return this.#missingFault();
    if (status === 503) return this.#unavailableFault();
    if (status === 500) return this.#truth.profile.faults.has('readFailed') ? undefined : '500 though nothing fails';
    const versions = this.#versions(this.#asked.path);
    if (versions.length === 0) return `${status} for what was not there`;
    return versions.some(({ content }) => this.#matches(content!)) ? this.#tagFault() : this.#told(this.#asked.path, (content) => this.#matches(content));
  }

  #versions(path: string): Version[] {
    const { history, profile } = this.#truth;
    return history.within(ROOT + path, this.#fromMs, this.#toMs, isUnnoticed(profile)).filter(({ content }) => content !== undefined);
  }

  #missingFault(): string | undefined {
    const { history } = this.#truth;
    if (!history.within(ROOT + this.#asked.path, this.#fromMs, this.#toMs).some(({ content }) => content === undefined)) return '404 for what was there';
    if (this.#asked.method === 'HEAD') return undefined;
    const { body } = this.#response;
    if (body.equals(Buffer.from(NOT_FOUND_TEXT))) return undefined;
    return this.#versions(NOT_FOUND_PAGE).some(({ content }) => content!.equals(body)) ? undefined : this.#told(NOT_FOUND_PAGE, (content) => content.equals(body));
  }

  /** Of a version at the wrong time, or of none. */
  #told(path: string, matches: (content: Buffer) => boolean): string {
    const { status, body } = this.#response;
    const when = `from ${this.#fromMs} to ${this.#toMs}`;
    const version = this.#truth.history.ever(ROOT + path).find(({ content }) => content !== undefined && matches(content));
    if (!version) return `${TORN}: ${status} with ${body.length} bytes, of no version`;
    return `${status} with ${body.length} bytes, ${when}, of ${version.partial ? 'what was half written' : 'a version'} from ${version.fromMs} to ${version.untilMs}`;
  }

  #unavailableFault(): string | undefined {
    const { faults, options, rewrites } = this.#truth.profile;
    // It never stands still: somebody opens it while it is loaded, or replaces it whenever it is looked at.
    if (rewrites || isUnnoticed(this.#truth.profile)) return undefined;
    if (faults.has('poolFull') || faults.has('openNoDescriptor') || faults.has('openRaced')) return undefined;
    return (options.features?.descriptorsMax ?? Infinity) < 1000 ? undefined : '503 though nothing is short';
  }

  #matches(content: Buffer): boolean {
    const { status, fields, body } = this.#response;
    const { method, range, ifNoneMatch } = this.#asked;
    if (status === 304) return ifNoneMatch !== undefined && fields.get('etag') === ifNoneMatch && (!this.#isHashed(content) || hashedTag(content) === ifNoneMatch);
    if (status === 416) return range.every(([start]) => start >= content.length) && fields.get('content-range') === `bytes */${content.length}`;
    if (!this.#hasItsTag(content)) return false;
    if (method === 'HEAD') return status === 200 && fields.get('content-length') === String(content.length);
    if (status === 200) return body.equals(content);
    return status === 206 && range.length > 0 && this.#isPartial(content);
  }

  #isPartial(content: Buffer): boolean {
    const { fields, body } = this.#response;
    const type = fields.get('content-type') ?? '';
    const boundary = /^multipart\/byteranges; boundary="?([^"]+)"?$/.exec(type)?.[1];
    if (boundary === undefined) return isSlice(content, fields.get('content-range') ?? '', body);
    const parts = body.toString('latin1').split(`--${boundary}`);
    if (parts.shift()?.trim() !== '' || parts.pop()?.trim() !== '--') return false;
    return parts.every((part) => {
      const [head = '', ...rest] = part.split('\r\n\r\n');
      const told = /^content-range: (.*)$/im.exec(head)?.[1]?.trim() ?? '';
      return isSlice(content, told, Buffer.from(rest.join('\r\n\r\n').slice(0, -2), 'latin1'));
    });
  }

  #isHashed(content: Buffer): boolean {
    return content.length <= this.#truth.profile.options.hashBytesMax;
  }

  #hasItsTag(content: Buffer): boolean {
    const tag = this.#response.fields.get('etag');
    return tag !== undefined && (!this.#isHashed(content) || tag === hashedTag(content));
  }

  /** A strong tag stands for one content for ever. */
  #tagFault(): string | undefined {
    const { status, fields, body } = this.#response;
    const tag = fields.get('etag');
    if (status !== 200 || this.#asked.method !== 'GET' || tag === undefined || tag.startsWith('W/')) return undefined;
    const known = this.#truth.tags.get(tag);
    this.#truth.tags.set(tag, known ?? Buffer.from(body));
    return known === undefined || known.equals(body) ? undefined : `the strong tag ${tag} for two contents`;
  }
}

function isSlice(content: Buffer, contentRange: string, body: Buffer): boolean {
  const told = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(contentRange);
  if (!told || Number(told[3]) !== content.length) return false;
  return content.subarray(Number(told[1]), Number(told[2]) + 1).equals(body);
}
