// What the compiler says of a config, the schema says, too.
import t from 'tap';
import { faultsOf } from '../../server/config/faults.ts';
import { configSchema } from '../../server/config/schema.ts';
import { mistyped, typed } from './typed-configs.ts';

t.test('taken', (t) => {
  for (const source of typed) t.same(faultsOf(configSchema, typeof source === 'function' ? source({ env: { STAGE: 'test' } }) : source), []);
  t.equal(typed.length, 4);
  t.end();
});

t.test('not taken', (t) => {
  for (const source of mistyped) t.equal(faultsOf(configSchema, source).length, 1, JSON.stringify(source));
  t.ok(mistyped.length >= 7);
  t.end();
});
