import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { documentedMetrics } from '../support/documents.ts';
import { environmentTable } from './environment-table.ts';
import { ROOT } from './workspaces.ts';

/** What can't be run here is at least held against the code: names of metrics, variables, programs; probes and limits. */
const read = (...path: string[]): string => readFileSync(join(ROOT, 'infra', ...path), 'utf8');
const SERVICES = ['gateway', 'order-command', 'reconciler', 'sync-worker'];
const NEEDS_KEY = ['reconciler', 'sync-worker'];

describe('observability', () => {
  /** A histogram is asked for by its parts. */
  const namesIn = (text: string): readonly string[] =>
    [...text.matchAll(/orderplane_\w+/g)].map(([name]) => name.replace(/(_seconds)_(bucket|count|sum)$/, '$1'));

  test.each(['alerts.yml', 'dashboard.json'])('%s asks for metrics that exist', async (file) => {
    const known = (await documentedMetrics()).map(({ metric }) => metric);
    const named = namesIn(read('observability', file));
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
  });

  test.each(['alerts.yml', 'dashboard.json'])('%s asks for labels that exist', async (file) => {
    const known = new Set((await documentedMetrics()).flatMap(({ labels }) => labels));
    const text = read('observability', file);
    const grouped = [...text.matchAll(/ by \(([^)]*)\)/g)].flatMap(([, labels = '']) => labels.split(/, */));
    const matched = [...text.matchAll(/orderplane_\w+\{([^}]*)\}/g)].flatMap(([, labels = '']) =>
      [...labels.matchAll(/(\w+)=/g)].map(([, label = '']) => label),
    );
    expect([...grouped, ...matched].filter((label) => label !== 'le' && !known.has(label))).toEqual([]);
  });

  test('every service is scraped', () => {
    const jobs = [...read('observability', 'prometheus.yml').matchAll(/job_name: (\S+)/g)].map(([, job]) => job);
    expect(jobs).toEqual(SERVICES);
  });

  test('the dashboard is one that Grafana can read', () => {
    const PanelSchema = z.object({
      id: z.number(),
      title: z.string().min(1),
      gridPos: z.object({ h: z.number(), w: z.number(), x: z.number(), y: z.number() }),
      targets: z.array(z.object({ refId: z.string(), expr: z.string().min(1) })).min(1),
    });
    const dashboard = z.object({ uid: z.string(), title: z.string(), panels: z.array(PanelSchema) });
    const { panels } = dashboard.parse(JSON.parse(read('observability', 'dashboard.json')));
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  });
});

const ProbeSchema = z.object({
  httpGet: z.object({ path: z.enum(['/healthz', '/readyz']), port: z.literal('health') }),
});
const VariableSchema = z.object({ name: z.string(), value: z.string().optional(), valueFrom: z.unknown().optional() });
const ContainerSchema = z.object({
  args: z.tuple([z.string()]),
  env: z.array(VariableSchema),
  resources: z.object({
    requests: z.object({ cpu: z.string(), memory: z.string() }),
    limits: z.object({ memory: z.string() }),
  }),
  securityContext: z.object({ runAsNonRoot: z.literal(true), allowPrivilegeEscalation: z.literal(false) }).loose(),
});
const DeploymentSchema = z.object({
  kind: z.literal('Deployment'),
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    template: z.object({
      spec: z.object({
        terminationGracePeriodSeconds: z.number().min(15),
        containers: z.tuple([
          ContainerSchema.extend({
            startupProbe: ProbeSchema,
            livenessProbe: ProbeSchema,
            readinessProbe: ProbeSchema,
          }),
        ]),
      }),
    }),
  }),
});

describe('kubernetes', () => {
  const { items } = z
    .object({ items: z.array(z.object({ kind: z.string() }).loose()) })
    .parse(JSON.parse(read('kubernetes', 'services.json')));
  const deployments = items.filter(({ kind }) => kind === 'Deployment').map((item) => DeploymentSchema.parse(item));

  test('every service has a deployment', () => {
    expect(deployments.map(({ metadata }) => metadata.name)).toEqual(SERVICES);
  });

  test.each(deployments.map((one) => [one.metadata.name, one] as const))('%s can start', (name, deployment) => {
    const [container] = deployment.spec.template.spec.containers;
    expect(existsSync(join(ROOT, container.args[0]))).toBe(true);
    expect(container.livenessProbe.httpGet.path).toBe('/healthz');
    expect(container.readinessProbe.httpGet.path).toBe('/readyz');
    const given = container.env.map((variable) => variable.name);
    const rows = environmentTable().filter(([, readers]) =>
      readers.split(', ').some((r) => r === name || r === 'services'),
    );
    const known = rows.map(([variable]) => variable.replaceAll('`', ''));
    const required = rows
      .filter(([, , fallback]) => fallback === 'required')
      .map(([variable]) => variable.slice(1, -1));
    expect(given.filter((variable) => !known.includes(variable))).toEqual([]);
    expect(required.filter((variable) => !given.includes(variable))).toEqual([]);
    expect(given.includes('ORDERPLANE_MASTER_KEY')).toBe(NEEDS_KEY.includes(name));
    // What is secret comes from the secret.
    const secrets = container.env.filter((variable) => /_URL$|_KEY$/.test(variable.name));
    expect(secrets.filter((variable) => variable.value !== undefined)).toEqual([]);
  });

  test('migrations are a job with what it needs', () => {
    const JobSchema = z.object({
      kind: z.literal('Job'),
      spec: z.object({ template: z.object({ spec: z.object({ containers: z.tuple([ContainerSchema]) }) }) }),
    });
    const [container] = JobSchema.parse(JSON.parse(read('kubernetes', 'migrate.json'))).spec.template.spec.containers;
    expect(existsSync(join(ROOT, container.args[0]))).toBe(true);
    expect(container.env.map(({ name }) => name)).toEqual(['DATABASE_URL']);
  });
});

test('compose and the image name programs and folders that exist', () => {
  const programs = [...read('docker', 'compose.yaml').matchAll(/command: \[((?:apps|packages)\/[^\]]+)\]/g)];
  expect(programs.length).toBe(SERVICES.length + 2);
  const copied = [...read('docker', 'Dockerfile').matchAll(/^COPY (?!--from)(.+) \S+$/gm)];
  const paths = [...programs, ...copied].flatMap(([, list = '']) => list.split(' '));
  expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});
