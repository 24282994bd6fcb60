// Requests through the whole proxy: what clients want, and what unsafe methods do.
import t from 'tap';
import { throughCases } from './through.ts';
import { invalidationCases, requestCases } from './through-request-cases.ts';

t.test('directives, authentication, methods', (t) => throughCases(t, requestCases, 60));
t.test('invalidation', (t) => throughCases(t, invalidationCases, 60, { workers: 2 }));
