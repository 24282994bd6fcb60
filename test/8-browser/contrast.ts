// How well the text of a page can be told from what is behind it (WCAG 2.2, 1.4.3): 4.5 to 1, and 3 to 1 where it is large.
import type { Page } from 'playwright-core';

export interface Contrasts {
  /** How many elements with text of their own were looked at. */
  readonly texts: number;
  readonly faults: readonly string[];
}

const LOOK = `(() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const luminance = (colour) => {
    const [r, g, b] = channels(colour).map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if ((channels(colour)[3] ?? 1) > 0) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const seen = [...document.body.querySelectorAll('*')].filter((element) => element.checkVisibility() && [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== ''));
  const faults = seen.flatMap((element) => {
    const { color, fontSize, fontWeight } = getComputedStyle(element);
    const [light, dark] = [luminance(color), luminance(behind(element))].sort((one, other) => other - one);
    const ratio = (light + 0.05) / (dark + 0.05);
    const isLarge = parseFloat(fontSize) >= 24 || (parseFloat(fontSize) >= 18.66 && Number(fontWeight) >= 700);
    return ratio >= (isLarge ? 3 : 4.5) ? [] : [element.tagName + '.' + element.className + ' "' + element.textContent.trim().slice(0, 30) + '": ' + ratio.toFixed(2)];
  });
  return { texts: seen.length, faults };
})()`;

export function contrastFaults(page: Page): Promise<Contrasts> {
  return page.evaluate<Contrasts>(LOOK);
}
