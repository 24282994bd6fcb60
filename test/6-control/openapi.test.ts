// The OpenAPI document: each route is in it, each schema is one, and answers are what it says.
import t from 'tap';
import { z } from 'zod';
import { controlled, put } from './controlling.ts';

const ROUTES: Readonly<Record<string, readonly string[]>> = {
  '/livez': ['get'], '/readyz': ['get'], '/startupz': ['get'], '/metrics': ['get'],
  '/api/v1/status': ['get'], '/api/v1/config': ['get'], '/api/v1/objects': ['delete', 'get'], '/api/v1/objects/lookup': ['get'], '/api/v1/purge': ['post'], '/api/v1/explain': ['post'],
  '/api/v1/reload': ['post'], '/api/v1/upgrade': ['post'], '/api/v1/drain': ['post'], '/api/v1/log-level': ['get', 'put'], '/api/v1/events': ['get'], '/api/v1/openapi.json': ['get'],
};

type Schema = Parameters<typeof z.fromJSONSchema>[0];
interface Media { readonly schema: Schema }
interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly security?: readonly object[];
  readonly parameters?: readonly { readonly in: string; readonly name: string; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Readonly<Record<string, Media>> }>>;
}
interface Document {
  readonly openapi: string;
  readonly info: Readonly<Record<string, string>>;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly securitySchemes?: object };
  readonly security: readonly object[];
}

t.test('the document', async (t) => {
  const { control } = await controlled(t, { root: t.testdir({}) });
  const { status, json } = await put(control, '/api/v1/openapi.json');
  t.equal(status, 200);
  const document = json as unknown as Document;
  t.match(document, { openapi: '3.1.0', info: { title: /\w/, version: /^\d/ } });
  t.strictSame(Object.fromEntries(Object.entries(document.paths).map(([path, item]) => [path, Object.keys(item).sort()])), ROUTES);
  const ids = new Set<string>();
  let schemas = 0;
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      const name = `${method} ${path}`;
      t.match(operation, { operationId: /^\w+$/, summary: /\w/ }, name);
      t.notOk(ids.has(operation.operationId), `${operation.operationId} is there once`);
      ids.add(operation.operationId);
      t.ok(Object.keys(operation.responses).some((code) => /^2\d\d$/.test(code)), `${name} can be done`);
      t.ok(operation.responses['default']?.content?.['application/problem+json'], `${name} can be a problem`);
      const media = [operation.requestBody?.content ?? {}, ...Object.values(operation.responses).map(({ content = {} }) => content)].flatMap((content) => Object.values(content));
      for (const schema of [...media.map((one) => one.schema), ...(operation.parameters ?? []).map((one) => one.schema)]) {
        ++schemas;
        t.doesNotThrow(() => z.fromJSONSchema(schema), `${name}: ${JSON.stringify(schema).slice(0, 60)}`);
      }
      for (const parameter of operation.parameters ?? []) t.match(parameter, { in: 'query', name: /^\w+$/ }, name);
    }
  }
  t.ok(schemas >= 40, `${schemas} schemas were looked at`);
  t.match(document.paths['/api/v1/objects']!['get']!.parameters!.find(({ name }) => name === 'limit')!.schema, { type: 'integer', minimum: 1, maximum: 1000 });
});

t.test('answers are what it says', async (t) => {
  const { control } = await controlled(t, { root: t.testdir({}) }, { log: { level: 'info', info: () => undefined } });
  const { paths } = (await put(control, '/api/v1/openapi.json')).json as unknown as Document;
  const questions: readonly (readonly [path: string, method: string, code: string, content?: object])[] = [
    ['/api/v1/status', 'get', '200'], ['/api/v1/config', 'get', '200'], ['/api/v1/objects', 'get', '200'], ['/api/v1/log-level', 'get', '200'],
    ['/api/v1/log-level', 'put', '200', { level: 'warn' }], ['/api/v1/purge', 'post', '200', { tag: 'x' }], ['/api/v1/explain', 'post', '200', { url: '/' }],
    ['/api/v1/reload', 'post', '200', {}], ['/api/v1/objects/lookup', 'get', 'default'], ['/api/v1/purge', 'post', 'default', { tag: 1 }], ['/api/v1/drain', 'post', '202', {}],
  ];
  for (const [path, method, code, content] of questions) {
    const { status, json, fields, text } = await put(control, path, { method: method.toUpperCase(), ...(content && { content }) });
    t.ok(code === 'default' ? status >= 400 : String(status) === code, `${method} ${path}: ${status}`);
    const media = paths[path]![method]!.responses[code]!.content!;
    const schema = media[fields.get('content-type')!.split(';')[0]!]?.schema;
    if (!schema) return void t.fail(`${method} ${path}: ${String(fields.get('content-type'))} is none of ${Object.keys(media).join()}`);
    const { success, error } = z.fromJSONSchema(schema).safeParse(json);
    t.ok(success, `${method} ${path}: ${String(error?.message)} in ${text.slice(0, 200)}`);
  }
});

t.test('a token is told of, where there is one', async (t) => {
  const { control } = await controlled(t, { root: t.testdir({}), control: { listen: '127.0.0.1:0', token: 'correcthorse' } });
  const document = (await put(control, '/api/v1/openapi.json', { lines: ['Host: localhost', 'Authorization: Bearer correcthorse'] })).json as unknown as Document;
  t.match(document, { security: [{ token: [] }], components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } } });
  t.strictSame(document.paths['/livez']!['get']!.security, []);
});
