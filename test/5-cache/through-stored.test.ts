// What is stored, through the whole proxy: validated, asked for with conditions and in ranges, used stale. What one worker has stored another one answers with.
import t from 'tap';
import { throughCases } from './through.ts';
import { rangeCases, staleCases, storedCases } from './through-stored-cases.ts';

t.test('validation, conditions, HEAD', (t) => throughCases(t, storedCases, 50, { workers: 2 }));
t.test('ranges', (t) => throughCases(t, rangeCases, 20));
t.test('stale', (t) => throughCases(t, staleCases, 25));
