// A real browser for tests: Debian's Chromium, one for each file of tests, and pages that note whatever goes wrong on them.
import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import type { Test } from 'tap';
import type { Place } from '../client.ts';

const CHROMIUM = '/usr/bin/chromium';

export const browserObstacle = existsSync(CHROMIUM) ? false : `needs ${CHROMIUM}`;

export interface Opened {
  readonly page: Page;
  /** Console errors, exceptions, failed requests and answers of 400 and above. */
  readonly troubles: string[];
  /** URLs that were asked for. */
  readonly asked: string[];
}

let launched: Promise<Browser> | undefined;

/** A page in a context of its own, closed with its test. The browser ends with the last test of the file. */
export async function open(t: Test, options: BrowserContextOptions = {}): Promise<Opened> {
  launched ??= chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  const context = await (await launched).newContext(options);
  t.teardown(() => context.close());
  const page = await context.newPage();
  const troubles: string[] = [];
  const asked: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') troubles.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => troubles.push(`exception: ${error.message}`));
  page.on('request', (request) => asked.push(request.url()));
  page.on('requestfailed', (request) => troubles.push(`failed: ${request.url()}`));
  page.on('response', (response) => {
    if (response.status() >= 400) troubles.push(`${response.status()}: ${response.url()}`);
  });
  return { page, troubles, asked };
}

/** For the root test of a file. */
export async function closeBrowser(): Promise<void> {
  await (await launched)?.close();
}

export function urlOf({ host, port }: Place, path = '/'): string {
  return `http://${host}:${port}${path}`;
}

/** A computed style of the first element that a selector finds. */
export async function styleOf(page: Page, selector: string, property: string): Promise<string> {
  return page.evaluate(`getComputedStyle(document.querySelector(${JSON.stringify(selector)})).getPropertyValue(${JSON.stringify(property)})`);
}

/** Whether the page is wider than the window. */
export async function overflows(page: Page): Promise<boolean> {
  return page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth');
}
