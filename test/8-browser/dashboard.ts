// The page for operators before a real server, for tests.
import type { Page } from 'playwright-core';
import type { Test } from 'tap';
import { controlled, origin, type Controlled } from '../6-control/controlling.ts';
import { open, urlOf, type Opened } from './browser.ts';

export const WITHIN = { timeout: 20_000 };

export interface Watched extends Opened, Controlled {
  readonly url: string;
}

export async function watched(t: Test, server: Controlled, options: Parameters<typeof open>[1] = {}): Promise<Watched> {
  const url = urlOf(server.control);
  const opened = await open(t, options);
  await opened.page.goto(url);
  return { ...server, ...opened, url };
}

/** A server with a cache, in front of an origin. */
export async function caching(t: Test): Promise<Controlled> {
  const from = await origin(t, (request, response) => {
    response.statusCode = request.url === '/missing' ? 404 : 200;
    response.setHeader('Cache-Control', request.url === '/missing' ? 'no-store' : 'max-age=3600').setHeader('Cache-Tag', 'x').end('twelve bytes');
  });
  return controlled(t, { proxy: { urls: [from] } });
}

export async function says(page: Page, selector: string, text: string | RegExp): Promise<void> {
  await page.locator(selector, { hasText: text }).first().waitFor(WITHIN);
}

/** The second cell of a panel's row. */
export function fact(page: Page, panel: string, name: string): Promise<string> {
  return page.locator(`#panel-${panel} tr`, { has: page.getByRole('rowheader', { name, exact: true }) }).locator('td').first().innerText();
}

export function live(page: Page): Promise<void> {
  return says(page, '#link', /^live$/);
}
