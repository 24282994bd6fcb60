// Parts of representations, through the whole proxy: what one worker has stored another one answers with.
import t from 'tap';
import { throughCases } from './through.ts';
import { largeCases, partCases } from './through-parts-cases.ts';

t.test('parts', (t) => throughCases(t, partCases, 80, { workers: 2 }));
t.test('parts of what is large', (t) => throughCases(t, largeCases, 6, { cache: { rangeFillBytesMax: 0 } }));
