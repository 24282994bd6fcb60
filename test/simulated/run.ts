// A case on a simulated kernel, from an empty site to a clean end.
import type { Test } from 'tap';
import { Site, type SiteOptions } from './site.ts';

/** Whatever the case does, everything must be given back behind it. */
export async function run(t: Test, options: SiteOptions, act: (site: Site) => Promise<void>): Promise<void> {
  const site = new Site(options);
  try {
    await act(site);
    t.same(await site.finish(), [], 'nothing leaked, nothing done that must not be');
  } finally {
    site.dispose();
  }
}
