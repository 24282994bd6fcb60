// What a site has of what stands beside `sites`, and a route of its site.
import type { AccessOptions } from '../site-options.ts';
import type { FieldsByName } from '../answer-fields.ts';
import type { RouteConfig, SiteMembers } from './config.ts';

/** What is of one place alone. */
type Own = 'root' | 'proxy' | 'routes';

/** Without what is undefined: that is as good as absent. */
export function given<T extends object>(options: T | undefined): Partial<T> {
  return Object.fromEntries(Object.entries(options ?? {}).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** The members of a site, or of a route, with those of what it is in where it says nothing: fields by name, rules of caching and of access one by one. */
export function inherited(outer: Omit<SiteMembers, Own>, inner: SiteMembers): SiteMembers;
export function inherited(outer: Omit<SiteMembers, Own>, inner: RouteConfig): RouteConfig;
export function inherited(outer: SiteMembers, inner: SiteMembers | RouteConfig): SiteMembers | RouteConfig {
  const { root, proxy, routes, ...rest } = outer;
  return {
    ...rest,
    ...given(inner),
    ...(outer.headers && { headers: mergedFields(outer.headers, inner.headers ?? {}) }),
    ...(outer.cache && { cache: { ...outer.cache, ...given(inner.cache) } }),
    ...(outer.access && { access: { ...outer.access, ...given<AccessOptions>(inner.access) } }),
  };
}

/** Names are compared without regard to case (RFC 9110 §5.1). */
function mergedFields(outer: FieldsByName, inner: FieldsByName): FieldsByName {
  const names = new Set(Object.keys(inner).map((name) => name.toLowerCase()));
  return { ...Object.fromEntries(Object.entries(outer).filter(([name]) => !names.has(name.toLowerCase()))), ...inner };
}
