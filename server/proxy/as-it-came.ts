// A stored response as the client is told it whose question has brought it.
import { messageFields } from '../../cache/policy/storing.ts';
import type { Variant } from '../../cache/store/object.ts';
import type { OriginHead } from './origin-answer.ts';
import { responseFields } from './passing.ts';

/** With what is said to nobody else (RFC 9111 §5.2.2.4, §5.2.2.7) and its cookies. */
export function asItCame(variant: Variant, head: OriginHead): Variant {
  const there = new Set(variant.fields.map(([name]) => name.toLowerCase()));
  const others = responseFields(head).filter(([name]) => !there.has(name.toLowerCase()) && !messageFields.has(name.toLowerCase()) && !/^content-encoding$/i.test(name));
  return others.length === 0 ? variant : { ...variant, fields: [...variant.fields, ...others] };
}
