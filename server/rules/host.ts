/** Names of hosts, as rules write them and as requests bring them. */
import { domainToASCII } from 'node:url';

/** domainToASCII() takes more than names, and cuts where a URL parser would. */
const writable = /^[a-z0-9._\-\u0080-\uffff]+$/i;
const ascii = /^[a-z0-9._-]+$/;

/** Lower case, in ASCII (RFC 5891); undefined: not a name. */
export function asciiHost(text: string): string | undefined {
  const lower = text.toLowerCase();
  if (ascii.test(lower)) return lower;
  const name = writable.test(text) ? domainToASCII(text) : '';
  return ascii.test(name) ? name : undefined;
}

/** The value of Host in lower case, without a port and the root's dot. */
export function hostName(host: string | undefined): string | undefined {
  return host?.replace(/:\d*$/, '').replace(/\.$/, '').toLowerCase();
}
