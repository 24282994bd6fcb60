// What clients get of answers, through the whole proxy: fields, bodies, interim answers.
import t from 'tap';
import { throughCases } from './through.ts';
import { bodyCases, fieldCases } from './through-fields-cases.ts';

t.test('fields', (t) => throughCases(t, fieldCases, 35));
t.test('bodies', (t) => throughCases(t, bodyCases, 35));
