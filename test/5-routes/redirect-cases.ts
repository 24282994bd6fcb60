// Routes that lead elsewhere: where from, where to, and what Location says.

export interface RedirectCase {
  readonly path?: string;
  readonly to: string;
  readonly ask: string;
  /** undefined: the route is not for it, because a client that followed would be back. */
  readonly location: string | undefined;
}

export const redirectCases: readonly RedirectCase[] = [
  { path: '/old', to: '/new', ask: '/old', location: '/new' },
  { path: '/old', to: '/new', ask: '/old/', location: '/new' },
  { path: '/old', to: '/new', ask: '/old?a=1&b', location: '/new?a=1&b' },
  { path: '/old', to: '/new?c=2', ask: '/old?a=1', location: '/new?c=2' },
  { path: '/old', to: '/new#part', ask: '/old?a', location: '/new?a#part' },
  { path: '/old', to: 'https://elsewhere.example/x', ask: '/old', location: 'https://elsewhere.example/x' },
  { path: '/old', to: 'https://elsewhere.example', ask: '/old?q', location: 'https://elsewhere.example/?q' },
  { path: '/blog/*', to: '/articles/:splat', ask: '/blog/2020/a', location: '/articles/2020/a' },
  { path: '/blog/*', to: '/articles/:splat', ask: '/blog/2020/', location: '/articles/2020/' },
  { path: '/blog/*', to: '/articles/:splat', ask: '/blog', location: '/articles/' },
  { path: '/blog/*', to: '/articles/:splat', ask: '/blog/', location: '/articles/' },
  { path: '/blog/*', to: '/articles/:splat', ask: '/blog/a%2Fb%20c', location: '/articles/a%2Fb%20c' },
  { path: '/blog/*', to: '/:splat', ask: '/blog//evil.example/x', location: '/evil.example/x' },
  { path: '/blog/*', to: '/:splat', ask: '/blog/%5C%5Cevil.example', location: '/%5C%5Cevil.example' },
  { path: '/blog/*', to: '/:splat', ask: '/blog/\\evil.example', location: '/%5Cevil.example' },
  { path: '/blog/*', to: '/s?q=:splat', ask: '/blog/a&b=c', location: '/s?q=a%26b=c' },
  { path: '/blog/*', to: 'https://elsewhere.example/:splat', ask: '/blog/@evil.example', location: 'https://elsewhere.example/@evil.example' },
  { to: 'https://elsewhere.example/:splat', ask: '/a/b?c', location: 'https://elsewhere.example/a/b?c' },
  { to: 'https://elsewhere.example/:splat', ask: '/', location: 'https://elsewhere.example/' },
  { path: '/about', to: '/about/', ask: '/about', location: undefined },
  { path: '/about', to: '/about/', ask: '/about/', location: undefined },
  { path: '/all/*', to: '/all/:splat', ask: '/all/x', location: undefined },
  { to: '/home', ask: '/home?a', location: undefined },
  { to: '/home', ask: '/else', location: '/home' },
  { to: 'http://localhost/:splat', ask: '/a', location: undefined },
  { to: 'https://localhost/:splat', ask: '/a', location: 'https://localhost/a' },
];
