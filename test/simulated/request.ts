// Requests as text.

export function request(method: string, target: string, fields: readonly string[] = [], version = '1.1'): string {
  return [`${method} ${target} HTTP/${version}`, 'Host: x', ...fields, '', ''].join('\r\n');
}

export const get = (target: string, ...fields: string[]): string => request('GET', target, fields);
