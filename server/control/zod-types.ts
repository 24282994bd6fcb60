// Zod for Fastify: its schemas check what comes in, type what goes out, and are turned into JSON Schema (2020-12, that of OpenAPI 3.1).
import type { FastifySchema, FastifySchemaCompiler, FastifyTypeProvider } from 'fastify';
import { z } from 'zod';
import { Problem, PROBLEM_TYPE, type ProblemDetail } from './problem.ts';
import { problem } from './schemas.ts';

export interface ZodTypes extends FastifyTypeProvider {
  readonly validator: this['schema'] extends z.ZodType ? z.output<this['schema']> : unknown;
  readonly serializer: this['schema'] extends z.ZodType ? z.input<this['schema']> : unknown;
}

export const validatorCompiler: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => (data: unknown) => {
  const checked = schema.safeParse(data);
  if (checked.success) return { value: checked.data };
  const inQuery = httpPart === 'querystring';
  const errors = checked.error.issues.map(({ path, message }): ProblemDetail => {
    const names = path.map(String);
    return inQuery ? { ...(names.length > 0 && { parameter: names[0]! }), detail: message } : { pointer: `#${names.map((name) => `/${escaped(name)}`).join('')}`, detail: message };
  });
  return { error: new Problem(400, `the ${inQuery ? 'query' : 'content'} is not what is wanted: ${errors.map(({ detail }) => detail).join('; ')}`, { errors }) };
};

/** RFC 6901 §3 and §6. */
function escaped(name: string): string {
  return encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'));
}

/** As the OpenAPI document shows it: every operation can end in a problem. */
export function described(schema: FastifySchema): FastifySchema {
  const parts = Object.entries(schema).map(([part, value]: [string, unknown]) => [part, jsonSchema(value, 'input')] as const);
  return { ...Object.fromEntries(parts), response: { ...responses(schema.response ?? {}), default: answer(problem, PROBLEM_TYPE, 'A problem') } };
}

function responses(byStatus: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(byStatus).map(([code, value]: [string, unknown]) => [code, isSchema(value) ? answer(value, 'application/json', 'Done') : value]));
}

function answer(schema: z.ZodType, contentType: string, otherwise: string): object {
  return { description: schema.description ?? otherwise, content: { [contentType]: { schema: jsonSchema(schema, 'output') } } };
}

function jsonSchema(value: unknown, io: 'input' | 'output'): unknown {
  if (!isSchema(value)) return value;
  const schema: Record<string, unknown> = z.toJSONSchema(value, {
    io,
    override: ({ jsonSchema: found }) => {
      if (found.type !== 'integer') return;
      // What is text in a query is a number to whoever reads of it.
      delete found.pattern;
      // Of every number in JavaScript.
      if (found.minimum === Number.MIN_SAFE_INTEGER) delete found.minimum;
      if (found.maximum === Number.MAX_SAFE_INTEGER) delete found.maximum;
    },
  });
  delete schema['$schema'];
  return schema;
}

function isSchema(value: unknown): value is z.ZodType {
  return value instanceof z.ZodType;
}
