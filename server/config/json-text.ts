/**
 * What is wrong with JSON, and where (RFC 8259): a config is written by hand, and JSON.parse() does not always tell the place. Names that
 * stand twice in one object are a fault here: the first would be lost without a word (§4).
 */
export interface JsonFault {
  /** From 1. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

const token = /[ \t\n\r]*(?:("(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)|([[\]{},:]))/y;

type Expected = 'value' | 'value or ]' | 'name' | 'name or }' | 'colon' | 'comma' | 'end';

interface Open {
  readonly close: ']' | '}';
  readonly names: Set<string>;
}

/** undefined: nothing is wrong. */
export function jsonFault(text: string): JsonFault | undefined {
  const reader = new JsonReader(text);
  return reader.fault();
}

class JsonReader {
  readonly #text: string;
  readonly #open: Open[] = [];
  #expected: Expected = 'value';
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  fault(): JsonFault | undefined {
    for (;;) {
      token.lastIndex = this.#at;
      const found = token.exec(this.#text);
      if (!found) return this.#atEnd();
      const [whole, string, scalar, mark] = found;
      const start = this.#at + whole.length - (string ?? scalar ?? mark)!.length;
      this.#at += whole.length;
      const message = string !== undefined ? this.#string(string) : scalar !== undefined ? this.#value() : this.#mark(mark!);
      if (message !== undefined) return this.#faultAt(start, message);
    }
  }

  #atEnd(): JsonFault | undefined {
    const rest = /[^ \t\n\r]/g;
    rest.lastIndex = this.#at;
    const found = rest.exec(this.#text);
    if (!found) return this.#expected === 'end' ? undefined : this.#faultAt(this.#text.length, `it ends where ${this.#wanted()} is wanted`);
    const { index } = found;
    return this.#faultAt(index, unread(this.#text.slice(index, index + 24)));
  }

  #string(text: string): string | undefined {
    if (this.#expected !== 'name' && this.#expected !== 'name or }') return this.#value();
    const name = JSON.parse(text) as string;
    const { names } = this.#open.at(-1)!;
    if (names.has(name)) return `${JSON.stringify(name)} stands twice in one object`;
    names.add(name);
    this.#expected = 'colon';
    return undefined;
  }

  #value(): string | undefined {
    if (this.#expected !== 'value' && this.#expected !== 'value or ]') return `${this.#wanted()} is wanted here`;
    this.#expected = this.#open.length === 0 ? 'end' : 'comma';
    return undefined;
  }

  #mark(mark: string): string | undefined {
    if (mark === '{' || mark === '[') {
      const fault = this.#value();
      this.#open.push({ close: mark === '{' ? '}' : ']', names: new Set() });
      this.#expected = mark === '{' ? 'name or }' : 'value or ]';
      return fault;
    }
    if (mark === ':' && this.#expected === 'colon') return this.#next('value');
    const inner = this.#open.at(-1);
    if (mark === ',' && this.#expected === 'comma') return this.#next(inner?.close === '}' ? 'name' : 'value');
    const mayClose = this.#expected === 'comma' || this.#expected === `${inner?.close === '}' ? 'name' : 'value'} or ${mark}`;
    if (inner?.close === mark && mayClose) {
      this.#open.pop();
      return this.#next(this.#open.length === 0 ? 'end' : 'comma');
    }
    return (this.#expected === 'name' || this.#expected === 'value') && inner?.close === mark ? `nothing follows the comma before this ${mark}` : `${this.#wanted()} is wanted here`;
  }

  #next(expected: Expected): string | undefined {
    this.#expected = expected;
    return undefined;
  }

  #wanted(): string {
    const close = this.#open.at(-1)?.close;
    return { value: 'a value', 'value or ]': 'a value or ]', name: 'a name in double quotes', 'name or }': 'a name in double quotes, or }', colon: 'a colon', comma: `a comma or ${close ?? ''}`, end: 'nothing more' }[this.#expected];
  }

  #faultAt(index: number, message: string): JsonFault {
    const lines = this.#text.slice(0, index).split('\n');
    return { line: lines.length, column: lines.at(-1)!.length + 1, message };
  }
}

function unread(text: string): string {
  if (/^\/[/*]/.test(text)) return 'JSON has no comments; a pagecast.config.ts has';
  if (text.startsWith("'")) return 'JSON has no single quotes';
  if (text.startsWith('"')) return 'this text does not end on its line, or has an escape that JSON does not have';
  return `JSON has no ${JSON.stringify(/^(?:[\w$.+-]+|.)/su.exec(text)?.[0] ?? text)}`;
}
