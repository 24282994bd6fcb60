// What went wrong, as RFC 9457 has it. Types of our own would be pages to look up, and there are none: "about:blank", with the phrase of
// the status as title (§4.2.1), and the rest in words.
import { STATUS_CODES } from 'node:http';
import type { FieldList } from '../../http/response.ts';

export const PROBLEM_TYPE = 'application/problem+json';

export interface ProblemDetail {
  /** A place in the content (RFC 6901, as a fragment), or undefined for the query. */
  readonly pointer?: string;
  /** A name in the query. */
  readonly parameter?: string;
  readonly detail: string;
}

export interface ProblemBody {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly errors?: readonly ProblemDetail[];
}

/** To be thrown by whatever answers a request. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly statusCode: number;
  readonly fields: FieldList;
  readonly errors: readonly ProblemDetail[];

  /** @param statusCode 400 to 599. @param detail for whoever asked: nothing that is secret. */
  constructor(statusCode: number, detail: string, { fields = [], errors = [] }: { readonly fields?: FieldList; readonly errors?: readonly ProblemDetail[] } = {}) {
    super(detail);
    this.statusCode = statusCode;
    this.fields = fields;
    this.errors = errors;
  }
}

export function problemBody(status: number, detail: string, errors: readonly ProblemDetail[] = []): ProblemBody {
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Unknown', status, detail, ...(errors.length > 0 && { errors }) };
}
