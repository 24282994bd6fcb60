// Hosts of sites, as a config writes them.
import { hostName } from '../access/hosts.ts';
import { asciiHost } from '../rules/host.ts';

const WILDCARD = '*.';

/** Lower case and in ASCII, as ResolvedSiteConfig has it; or what is wrong with it. */
export function hostOf(text: string): string | { readonly fault: string } {
  if (/^https?:\/\//i.test(text)) return { fault: `a host has no scheme: ${JSON.stringify(text)}` };
  if (text === '*') return { fault: 'a site without hosts is for all that no other site has' };
  const isBelow = text.startsWith(WILDCARD);
  const rest = isBelow ? text.slice(WILDCARD.length) : text;
  if (rest.includes('*')) return { fault: `a star stands for the first labels alone, as in "*.example.com": ${JSON.stringify(text)}` };
  if (/^[^:]*:\d*$|\]:\d*$/.test(rest)) return { fault: `a host has no port: ${JSON.stringify(text)}` };
  const literal = rest.startsWith('[');
  const ascii = literal ? rest : asciiHost(rest);
  const name = ascii === undefined ? undefined : hostName(ascii);
  if (name === undefined || (literal && isBelow)) return { fault: `${JSON.stringify(text)} is no host` };
  return isBelow ? `${WILDCARD}${name}` : name;
}
