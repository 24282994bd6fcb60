// Freshness through the whole proxy.
import t from 'tap';
import { throughCases } from './through.ts';
import { freshnessCases } from './through-freshness-cases.ts';

t.test('freshness', (t) => throughCases(t, freshnessCases, 180));
