// Which response is selected, and by which directives, through the whole proxy.
import t from 'tap';
import { throughCases } from './through.ts';
import { selectionCases, targetedCases } from './through-selection-cases.ts';

t.test('Vary', (t) => throughCases(t, selectionCases, 45));
t.test('targeted fields', (t) => throughCases(t, targetedCases, 30));
