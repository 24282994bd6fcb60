import t from 'tap';
import * as characters from '../../http/characters.ts';
import { latin1Bytes } from '../../http/latin1.ts';
import { refusals } from '../../http/refusal.ts';

function membersOf(table: Uint8Array): string {
  return Array.from(table, (member, byte) => (member === 1 ? String.fromCharCode(byte) : '')).join('');
}

t.test('classes, spelled out', (t) => {
  const alphanumerics = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  const sorted = (text: string): string => Array.from(text).sort().join('');
  const obsText = String.fromCharCode(...Array.from({ length: 128 }, (_, k) => k + 128));
  const marks = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';
  t.equal(membersOf(characters.tokenCharacters), sorted(`!#$%&'*+-.^_\`|~${alphanumerics}`));
  t.equal(membersOf(characters.fieldValueCharacters), sorted(`\t ${marks}${alphanumerics}${obsText}`));
  t.equal(membersOf(characters.targetCharacters), sorted(`${marks.replace('#', '')}${alphanumerics}`));
  t.equal(membersOf(characters.targetPathCharacters), sorted(`${marks.replace('#', '').replace('?', '')}${alphanumerics}`));
  t.equal(membersOf(characters.registeredNameCharacters), sorted(`-._~!$&'()*+;=${alphanumerics}`));
  t.equal(membersOf(characters.entityTagCharacters), sorted(`${marks.replace('"', '')}${alphanumerics}${obsText}`));
  for (const table of Object.values(characters)) if (table instanceof Uint8Array) t.equal(table.length, 256);
  t.end();
});

t.test('digits', (t) => {
  for (let byte = 0; byte < 256; byte++) {
    const text = String.fromCharCode(byte);
    const hex = '0123456789abcdef'.indexOf(text.toLowerCase());
    if (characters.hexValues[byte] !== (hex < 0 ? characters.NO_DIGIT : hex)) t.fail(`hex ${byte}`);
    if (characters.digitValues[byte] !== (hex < 0 || hex > 9 ? characters.NO_DIGIT : hex)) t.fail(`decimal ${byte}`);
  }
  t.pass('all looked at');
  t.end();
});

t.test('letter case', (t) => {
  const wrong = Array.from(characters.lowerCase).filter((lower, byte) => {
    const text = String.fromCharCode(byte);
    return String.fromCharCode(lower) !== (/[A-Z]/.test(text) ? text.toLowerCase() : text);
  });
  t.same(wrong, []);
  const bytes = latin1Bytes('xAz-Z@x');
  t.equal(characters.equalsIgnoringCase(bytes, 1, 6, 'az-z@'), true);
  t.equal(characters.equalsIgnoringCase(bytes, 1, 5, 'az-z@'), false, 'shorter');
  t.equal(characters.equalsIgnoringCase(bytes, 1, 7, 'az-z@'), false, 'longer');
  t.equal(characters.equalsIgnoringCase(bytes, 1, 6, 'bz-z@'), false, 'the first');
  t.equal(characters.equalsIgnoringCase(bytes, 1, 6, 'az-z`'), false, 'the last: not every byte has a case');
  t.end();
});

t.test('refusals are told apart', (t) => {
  t.equal(new Set(refusals.map(({ name }) => name)).size, refusals.length);
  for (const { name, status, text } of refusals.slice(1)) t.ok(status >= 400 && status < 600 && text.endsWith('.'), name);
  t.end();
});
