// The schema of what a site is and who may see it.
import { BasicAuth } from '../access/basic-auth.ts';
import { fieldFault } from '../answer-fields.ts';
import { folderFault } from './folders.ts';
import { addresses } from './schema-server.ts';
import { amount, choice, flag, group, judged, list, named, oneOf, text, whole } from './schema-terms.ts';

const MAX_AGE_S_MAX = 10 * 365 * 86_400;
const USERS_MAX = 10_000;
const LINES_MAX = 100;

export const linesSchema = oneOf('text, or a list of texts', [text('text', /^[^]*$/), list(text('text', /^[^]*$/), `a list of at most ${LINES_MAX} texts`, LINES_MAX)]);

/** Fields of answers, by name. */
export const fieldsSchema = judged(named(linesSchema, 'an object of fields by name'), (fields) => {
  const faults = Object.entries(fields).flatMap(([name, given]) => (typeof given === 'string' ? [given] : given).map((value) => fieldFault(name, value)));
  return faults.find((fault) => fault !== undefined);
});

const path = text('a path such as "/health"', /^\/[\x21-\x7e]*$/);

export const fileShape = {
  spa: oneOf('a file below the root such as "index.html", or true or false', [flag(), text('a file below the root such as "index.html"', /^(?!.*(?:^|\/)\.\.(?:\/|$))[^\0?#]+$/)]).optional(),
  cleanUrls: choice(['serve', 'redirect', 'off']).optional(),
  listing: flag().optional(),
  precompressed: flag().optional(),
  compress: flag().optional(),
  maxAgeS: whole(0, MAX_AGE_S_MAX).optional(),
  immutable: flag().optional(),
  rules: flag().optional(),
} as const;

export const answerShape = {
  headers: fieldsSchema.optional(),
  cors: flag().optional(),
  securityHeaders: flag().optional(),
} as const;

export const siteShape = {
  ...fileShape,
  ...answerShape,
  virtualHosts: flag().optional(),
  health: path.optional(),
  about: path.optional(),
} as const;

export const siteSchema = group(siteShape);

const rateShape = { perSecond: amount(0.001, 1_000_000), burst: whole(1, 1_000_000).optional() } as const;
const fieldName = judged(text('the name of a field'), (name) => (/^[!#$%&'*+.^`|~\w-]{1,256}$/.test(name) ? undefined : `${JSON.stringify(name)} is no field name`));

export const rateLimitSchema = group({ ...rateShape, by: oneOf('"address" or { header: … }', [choice(['address']), group({ header: fieldName })]).optional() });

export const accessSchema = group({
  users: judged(list(text('name:password', /^[^]*$/), `a list of at most ${USERS_MAX}, each as name:password`, USERS_MAX), (users) => realmFault(users, 'pagecast')).optional(),
  realm: judged(text('visible ASCII characters'), (realm) => realmFault([], realm)).optional(),
  allow: addresses().optional(),
  deny: addresses().optional(),
  rateLimit: group(rateShape).optional(),
});

function realmFault(users: readonly string[], realm: string): string | undefined {
  try {
    new BasicAuth(users, realm); // it throws what is wrong
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What of files a site and a route have alike. */
export const rootShape = {
  index: text('a file name', /^(?!\.{1,2}$)[^/\0]+$/).optional(),
  root: judged(text('the path of a folder'), folderFault).optional(),
  dotfiles: flag().optional(),
  symlinks: choice(['inside', 'none'], 'nothing outside the root is ever served').optional(),
  protect: choice(['auto', 'sealed', 'lease', 'copy', 'verify', 'off']).optional(),
} as const;
