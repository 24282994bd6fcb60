// deploy/kubernetes: each object has the fields that its kind wants, and they agree with each other, with the command line, with the
// routes of the control plane, and with the metrics.
import t from 'tap';
import { parse, parseAllDocuments } from 'yaml';
import { flagFault } from './flag-names.ts';
import { nameFault } from './metric-names.ts';
import { textOf } from './places.ts';

type Labels = Readonly<Record<string, string>>;
interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}
interface Container {
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly resources: Readonly<Record<'requests' | 'limits', { readonly cpu: string; readonly memory: string }>>;
  readonly startupProbe: Probe;
  readonly readinessProbe: Probe;
  readonly livenessProbe: Probe;
  readonly securityContext: unknown;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}
interface PodSpec {
  readonly containers: readonly [Container];
  readonly volumes: readonly { readonly name: string }[];
  readonly securityContext: unknown;
  readonly serviceAccountName: string;
  readonly terminationGracePeriodSeconds: number;
}
interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Labels };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** Kinds and the versions of the API in which they are stable (Kubernetes 1.25 and later). */
const VERSIONS: Readonly<Record<string, string>> = {
  ServiceAccount: 'v1', Deployment: 'apps/v1', Service: 'v1', PodDisruptionBudget: 'policy/v1', HorizontalPodAutoscaler: 'autoscaling/v2', NetworkPolicy: 'networking.k8s.io/v1',
};
const documents = parseAllDocuments(textOf('deploy/kubernetes/pagecast.yaml'));
const manifests = documents.map((document) => document.toJS() as Manifest);
const specOf = (kind: string): Manifest['spec'] => manifests.find((manifest) => manifest.kind === kind)!.spec;
const deployment = specOf('Deployment') as unknown as { readonly selector: { readonly matchLabels: Labels }; readonly template: { readonly metadata: { readonly labels: Labels }; readonly spec: PodSpec } };
const pod = deployment.template.spec;
const [container] = pod.containers;
const environment = Object.fromEntries(container.env.map(({ name, value }) => [name, value]));
const ports = new Map(container.ports.map(({ name, containerPort }) => [name, containerPort]));

t.test('one object of each kind, in the version that is stable', (t) => {
  for (const { errors, warnings } of documents) t.same([...errors, ...warnings], []);
  t.same(manifests.map(({ kind }) => kind), Object.keys(VERSIONS));
  for (const { kind, apiVersion, metadata } of manifests) {
    t.equal(apiVersion, VERSIONS[kind], kind);
    t.match(metadata, { name: /^[a-z][a-z0-9-]{0,62}$/, labels: { 'app.kubernetes.io/name': 'pagecast' } }, kind);
  }
  t.end();
});

t.test('whoever selects pods selects these', (t) => {
  const { labels } = deployment.template.metadata;
  const selectors = [
    deployment.selector.matchLabels, specOf('Service')['selector'], (specOf('PodDisruptionBudget')['selector'] as { readonly matchLabels: Labels }).matchLabels,
    (specOf('NetworkPolicy')['podSelector'] as { readonly matchLabels: Labels }).matchLabels,
  ] as readonly Labels[];
  for (const selector of selectors) t.match(labels, selector);
  t.match(specOf('HorizontalPodAutoscaler')['scaleTargetRef'], { apiVersion: 'apps/v1', kind: 'Deployment', name: 'pagecast' });
  t.ok(manifests.some(({ kind, metadata }) => kind === 'ServiceAccount' && metadata.name === pod.serviceAccountName));
  t.end();
});

t.test('the container may nothing', (t) => {
  t.match(pod.securityContext, { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } });
  t.same(container.securityContext, { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, privileged: false, capabilities: { drop: ['ALL'] } });
  t.match(container.resources, { requests: { cpu: /./, memory: /./ }, limits: { cpu: /./, memory: container.resources.requests.memory } }, 'memory that is not there is not promised');
  t.same(container.volumeMounts.map(({ name }) => name), pod.volumes.map(({ name }) => name));
  t.end();
});

t.test('flags, variables and ports are those that there are', (t) => {
  t.same(flagFault(container.args, environment), []);
  t.equal(environment['PAGECAST_CONTROL'], `0.0.0.0:${ports.get('control')!}`);
  t.equal(ports.get('http'), 8080, 'the default');
  t.ok(container.volumeMounts.some(({ mountPath }) => environment['PAGECAST_CONTROL_TOKEN_FILE']!.startsWith(`${mountPath}/`)));
  t.ok(container.volumeMounts.some(({ mountPath }) => environment['PAGECAST_STORE'] === mountPath));
  const named = (specOf('Service')['ports'] as readonly { readonly targetPort: string }[]).map(({ targetPort }) => targetPort);
  for (const name of named) t.ok(ports.has(name), name);
  for (const { httpGet: { path, port } } of [container.startupProbe, container.readinessProbe, container.livenessProbe]) {
    t.equal(port, 'control');
    t.ok(textOf('server/control/routes-health.ts').includes(`'${path}'`), path);
  }
  t.end();
});

t.test('the end fits into what is granted for it', (t) => {
  const delay = Number(environment['PAGECAST_SHUTDOWN_DELAY']);
  t.ok(delay > 0, 'load balancers have time to hear of it');
  t.ok(delay + Number(environment['PAGECAST_GRACE_PERIOD']) < pod.terminationGracePeriodSeconds);
  t.end();
});

t.test('it is scaled by a metric that the adapter makes of ours', (t) => {
  const metrics = specOf('HorizontalPodAutoscaler')['metrics'] as readonly { readonly type: string; readonly pods?: { readonly metric: { readonly name: string } } }[];
  const wanted = metrics.flatMap(({ pods }) => pods?.metric.name ?? []);
  t.equal(wanted.length, 1);
  const adapter = parse(textOf('deploy/prometheus/adapter.yaml')) as readonly { readonly name: { readonly matches: string; readonly as: string } }[];
  const rule = adapter.find(({ name }) => name.as === wanted[0]);
  t.ok(rule, wanted[0]!);
  t.equal(nameFault(rule!.name.matches.replaceAll(/[\^$]/g, '')), undefined);
  t.end();
});
