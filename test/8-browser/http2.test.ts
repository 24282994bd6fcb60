// A page over HTTP/2, in a browser.
import t from 'tap';
import { serveSecure, skip } from '../5-tls/serving.ts';
import { browserObstacle, closeBrowser, open } from './browser.ts';

t.teardown(closeBrowser);

t.test('a page and what it asks for', { skip: browserObstacle || skip }, async (t) => {
  const scripts = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`${i}.js`, `window.sum = (window.sum ?? 0) + ${i};`]));
  const page = `<!doctype html><link rel="icon" href="data:,"><title>many</title>${Object.keys(scripts).map((name) => `<script src="${name}"></script>`).join('')}`;
  const { place } = await serveSecure(t, {}, { root: t.testdir({ 'index.html': page, ...scripts }) });
  const opened = await open(t, { ignoreHTTPSErrors: true });
  await opened.page.goto(`https://127.0.0.1:${place.port}/`, { waitUntil: 'load' });
  t.equal(await opened.page.evaluate('window.sum'), 780);
  const spoken = await opened.page.evaluate('[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].map((one) => one.nextHopProtocol)');
  t.strictSame(spoken, Array.from({ length: 41 }, () => 'h2'));
  t.strictSame(opened.troubles, []);
});
