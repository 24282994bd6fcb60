// Numbers as people read them, with their units.

const THOUSANDS = ['', ' k', ' M', ' G', ' T'];
const KIBIS = [' B', ' KiB', ' MiB', ' GiB', ' TiB'];

/** @param value 0 or more. */
export function inCount(value: number): string {
  return scaled(value, 1000, THOUSANDS);
}

export function inBytes(bytes: number): string {
  return scaled(bytes, 1024, KIBIS);
}

export function inSeconds(seconds: number): string {
  if (seconds <= 0) return '0 s';
  if (seconds < 1e-3) return `${digits(seconds * 1e6)} µs`;
  return seconds < 1 ? `${digits(seconds * 1e3)} ms` : `${digits(seconds)} s`;
}

/** @param share 0 to 1. What is not all is not 100 %. */
export function inPercent(share: number): string {
  const percent = share * 100;
  const text = percent.toFixed(percent >= 99.95 || percent < 0.05 ? 0 : 1);
  return `${text === '100' && share < 1 ? '99.9' : text} %`;
}

/** How long something has lasted: the two largest units. */
export function inTime(seconds: number): string {
  const whole = Math.floor(seconds);
  const [days, hours, minutes] = [Math.floor(whole / 86_400), Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60];
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}

/** Bytes as latin1 (a URL as it came): what is no ASCII character is percent-encoded, and so is what is none to print. */
export function inAscii(text: string): string {
  return text.replaceAll(/[^\x21-\x7e]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

function scaled(value: number, base: number, units: readonly string[]): string {
  let scale = 0;
  let left = value;
  while (left >= base && scale < units.length - 1) {
    left /= base;
    scale += 1;
  }
  return `${digits(left)}${units[scale]!}`;
}

/** Three that count. */
function digits(value: number): string {
  if (value === 0 || value >= 100 || Number.isInteger(value)) return String(Math.round(value));
  return value < 0.01 ? value.toPrecision(1) : value.toFixed(value < 10 ? (value < 1 ? 2 : 1) : (value < 100 ? 1 : 0));
}
