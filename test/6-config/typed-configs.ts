// Configs that an editor takes, and such as it does not: what the compiler says of them is a test, too.
import { defineConfig, type ConfigSource } from '../../server/index.ts';

export const typed: readonly ConfigSource[] = [
  defineConfig({ root: '.', spa: true, headers: { 'X-A': ['a', 'b'] } }),
  defineConfig({ routes: [{ path: '/a/*', handle: (request) => new Response(new URL(request.url).pathname) }, { handle: () => Promise.resolve(Response.json({})) }] }),
  defineConfig({ sites: [{ hosts: ['a'], proxy: { urls: ['http://h'], hooks: { request: ({ path }) => (path === '/' ? { bypass: true } : undefined), response: (response) => void (response.ttlS = 1) } } }] }),
  defineConfig(({ env }) => ({ ...(env['STAGE'] === 'test' && { workers: 1 }), accessLog: 'json' })),
];

export const mistyped: readonly ConfigSource[] = [
  // @ts-expect-error a name that is mistyped
  defineConfig({ rot: '.' }),
  // @ts-expect-error the same in a site
  defineConfig({ sites: [{ host: ['a'] }] }),
  // @ts-expect-error the same in a route
  defineConfig({ routes: [{ pth: '/', respond: {} }] }),
  // @ts-expect-error a word that there is not
  defineConfig({ symlinks: 'all' }),
  // @ts-expect-error a number as text
  defineConfig({ workers: '2' }),
  // @ts-expect-error a redirect to nowhere
  defineConfig({ routes: [{ redirect: {} }] }),
  // @ts-expect-error a matcher that is none
  defineConfig({ routes: [{ requestHeaders: { a: false }, respond: {} }] }),
];
