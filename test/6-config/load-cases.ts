// Config files that cannot be used, as data: name, text, and what is said. FILE is the path of the file, FOLDER that of its folder.

export interface BadFile {
  readonly name: string;
  readonly text: string;
  /** Behind it nothing more is said. */
  readonly says: RegExp;
}

const ts = (text: string, says: RegExp): BadFile => ({ name: 'pagecast.config.ts', text, says });
const json = (text: string, says: RegExp): BadFile => ({ name: 'pagecast.config.json', text, says });

export const badFiles: readonly BadFile[] = [
  // What cannot be read as a module.
  ts('export default {\n  root: ,\n};\n', /^FILE:2:\d+: Unexpected token/),
  ts('export default {', /^FILE:1:\d+: Unexpected token/),
  ts('const a = 1;\nconst a = 2;\nexport default {};', /^FILE:2:\d+: .*'a' has already been declared/),
  ts('export default { root: "./dist" ', /^FILE:1:\d+: Unexpected token/),
  { name: 'pagecast.config.mjs', text: 'export default {]', says: /^FILE:1:\d+: Unexpected token/ },
  { name: 'pagecast.config.js', text: 'module.exports = {,}', says: /^FILE:1:\d+: Unexpected token/ },
  // What throws.
  ts('\n\nthrow new RangeError("no");\nexport default {};', /^FILE:3:\d+: RangeError: no$/),
  ts('const a: any = undefined;\n\nexport default { root: a.b.c };', /^FILE:3:\d+: TypeError: Cannot read properties of undefined \(reading 'b'\)$/),
  ts('export default {\n  root: nowhere,\n};', /^FILE:2:\d+: ReferenceError: nowhere is not defined$/),
  ts('throw "a string";\nexport default {};', /^FILE throws a string$/),
  ts('throw undefined;\nexport default {};', /^FILE throws undefined$/),
  ts('throw new Error("two\\nlines");\nexport default {};', /^FILE:1:\d+: Error: two lines$/),
  ts('await Promise.reject(new Error("late"));\nexport default {};', /^FILE:1:\d+: Error: late$/),
  ts('export default () => {\n  throw new Error("in it");\n};', /^FILE:2:\d+: Error: in it$/),
  // What it imports.
  ts('import "./missing.ts";\nexport default {};', /^FILE: there is no "\.\/missing\.ts"/),
  ts('import x from "no-such-package-at-all";\nexport default { root: x };', /^FILE: there is no "no-such-package-at-all"/),
  ts('const name = "./other.ts";\nawait import(name);\nexport default {};', /^FILE: there is no "\.\/other\.ts", or it is not named by plain text/),
  ts('import "./broken.ts";\nexport default {};', /^FOLDER\/broken\.ts:2:\d+: Unexpected token/),
  ts('import "./throwing.ts";\nexport default {};', /^FOLDER\/throwing\.ts:3:\d+: Error: at the third line$/),
  ts('import data from "./broken.json";\nexport default data;', /^FOLDER\/broken\.json: .*JSON/),
  // What it exports.
  ts('export const config = {};', /^FILE has no default export: write "export default defineConfig/),
  ts('', /^FILE has no default export/),
  ts('// nothing\n', /^FILE has no default export/),
  ts('export default Promise.resolve({});', /^FILE: the config is a promise: wait for it/),
  ts('export default async () => ({});', /^FILE: the config is a promise/),
  ts('export default null;', /^FILE: the default export must be a config, an object, not null$/),
  ts('export default [];', /^FILE: the default export must be .*, not a list$/),
  ts('export default "dist";', /^FILE: the default export must be .*, not string$/),
  ts('export default () => undefined;', /^FILE: the default export must be .*, not undefined$/),
  // JSON, with the place.
  json('{ "root": "." // here\n}', /^FILE:1:15: JSON has no comments; a pagecast\.config\.ts has$/),
  json('/* here */ {}', /^FILE:1:1: JSON has no comments/),
  json('{\n  "root": ".",\n}', /^FILE:3:1: nothing follows the comma before this }$/),
  json('{ "listen": [80, ] }', /^FILE:1:18: nothing follows the comma before this \]$/),
  json("{ 'root': '.' }", /^FILE:1:3: JSON has no single quotes$/),
  json('{ root: "." }', /^FILE:1:3: JSON has no "root"$/),
  json('{ "root": undefined }', /^FILE:1:11: JSON has no "undefined"$/),
  json('{ "workers": 0x10 }', /^FILE:1:15: JSON has no "x10"$/),
  json('{ "workers": 01 }', /^FILE:1:15: a comma or } is wanted here$/),
  json('{ "workers": NaN }', /^FILE:1:14: JSON has no "NaN"$/),
  json('{ "root" "." }', /^FILE:1:10: a colon is wanted here$/),
  json('{ "root": "." "index": "a" }', /^FILE:1:15: a comma or } is wanted here$/),
  json('{ "root": ".', /^FILE:1:11: this text does not end on its line/),
  json('{ "root": "a\nb" }', /^FILE:1:11: this text does not end on its line/),
  json('{ "root": "\\x" }', /^FILE:1:11: this text .* or has an escape that JSON does not have$/),
  json('{ "workers": 1, "workers": 2 }', /^FILE:1:17: "workers" stands twice in one object$/),
  json('{ "a": { "b": 1, "\\u0062": 2 } }', /^FILE:1:18: "b" stands twice in one object$/),
  json('', /^FILE:1:1: it ends where a value is wanted$/),
  json('{', /^FILE:1:2: it ends where a name in double quotes, or } is wanted$/),
  json('{}}', /^FILE:1:3: nothing more is wanted here$/),
  json('{} {}', /^FILE:1:4: nothing more is wanted here$/),
  json('[}', /^FILE:1:2: a value or \] is wanted here$/),
  json('{ "a": 1 ]', /^FILE:1:10: a comma or } is wanted here$/),
  json('{ "a":, }', /^FILE:1:7: a value is wanted here$/),
  // What is no config file.
  { name: 'pagecast.config.yaml', text: 'root: .', says: /^FILE must end in \.ts, \.mts, \.js, \.mjs, \.cjs or \.json$/ },
];
