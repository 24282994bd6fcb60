// Where a handler is mounted below a path: Express and Connect take the path away before they call it, and a Location must have it again.
import type { FieldList } from '../../http/response.ts';
import { canonicalDirectoryLocation, canonicalLocation } from '../../http/path.ts';
import { textPlan, type Plan } from '../plan.ts';
import { NOTHING_HERE } from '../static/nothing.ts';

export interface Mount {
  /** What is asked below it. */
  readonly target: string;
  /** What stands before it: '' or '/docs'. */
  readonly base: string;
  /** The mount itself was asked for, without the slash that makes relative links lead below it. */
  readonly redirect: Plan | undefined;
}

interface Mounted {
  readonly url?: string | undefined;
  readonly originalUrl?: string;
  /** Of Express: '' where nothing was taken away, and whatever path there is now is somebody's choice. */
  readonly baseUrl?: string;
}

export function mountOf({ url = '', originalUrl = url, baseUrl }: Mounted): Mount {
  if (originalUrl === url) return { target: url, base: '', redirect: undefined };
  const path = pathOf(url);
  const whole = pathOf(originalUrl);
  if (path === '/' && !whole.endsWith('/') && baseUrl !== '') {
    const location = canonicalDirectoryLocation(whole, queryOf(originalUrl));
    return { target: url, base: '', redirect: movedTo(location, 301, []) };
  }
  // Else somebody has made another path of it, which says nothing about where it stands.
  return { target: url, base: whole.endsWith(path) ? whole.slice(0, whole.length - path.length) : '', redirect: undefined };
}

/** What is told whoever asks below a mount: of the mount itself, if there is anything, to come again with a slash. */
export function led(plan: Plan, mount: Mount, isHead: boolean): Plan {
  if (!mount.redirect || plan === NOTHING_HERE) return rebased(plan, mount, isHead);
  return isHead ? mount.redirect.withoutBody() : mount.redirect;
}

/** The same answer, where its Location is a path of the site. */
export function rebased(plan: Plan, { base }: Pick<Mount, 'base'>, isHead: boolean): Plan {
  const location = base === '' ? undefined : plan.fields.find(([name]) => name === 'Location')?.[1];
  if (location === undefined || !location.startsWith('/') || location.startsWith('//')) return plan;
  const others = plan.fields.filter(([name]) => !/^(?:location|content-length|content-type|x-content-type-options)$/i.test(name));
  // Slashes at its beginning would name another host.
  const moved = movedTo(canonicalLocation(base, '') + location, plan.status, others);
  return isHead ? moved.withoutBody() : moved;
}

function movedTo(location: string, status: number, fields: FieldList): Plan {
  return textPlan(status, [['Location', location], ...fields], `Moved to ${location}\n`);
}

/** RFC 9112 §3.2.2: a target may begin with scheme and host, which stay where they are when a path is taken away behind them. */
const ORIGIN = /^https?:\/\/[^/?]*/i;

function pathOf(url: string): string {
  const path = url.slice(0, url.length - queryOf(url).length).replace(ORIGIN, '');
  return path === '' ? '/' : path;
}

/** With its question mark. */
function queryOf(url: string): string {
  const query = url.indexOf('?');
  return query < 0 ? '' : url.slice(query);
}
