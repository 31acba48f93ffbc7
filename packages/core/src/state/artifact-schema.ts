/* Schemas of what most commands only write: each is made when something is judged by it. */
import * as z from 'zod';
import type { DeepReadonly } from './deep-readonly.js';

const mode = z.enum(['main', 'trees']);

/** The way of one port from wish to use. */
const createPortPlan = () => z.looseObject({
  project: z.string(),
  /** Preferred port before reservation. */
  requested: z.int(),
  /** Port reserved now. */
  assigned: z.int(),
  /** Port in use, after rebinds and adoption. */
  final: z.int(),
  /** env, planner, retry, existing_container, adopt_existing, resume, preferred, remembered, walk */
  source: z.string(),
  /** Number of port changes. */
  retries: z.int(),
});

export const portsManifestSchema = z.lazy(() => z.looseObject({
  run_id: z.string(),
  mode,
  projects: z.array(z.looseObject({
    project: z.string(),
    root: z.string(),
    /** By port name: backend, frontend, db, redis, … */
    ports: z.record(z.string(), createPortPlan().omit({ project: true })),
  })),
}));

export const errorReportSchema = z.lazy(() => z.looseObject({
  run_id: z.string(),
  errors: z.array(z.string()),
  /** ISO 8601, UTC. */
  generated_at: z.string(),
}));

export const readinessReportSchema = z.lazy(() => z.looseObject({
  /** `not_applicable`: no readiness evaluator is installed. Never pending: it is written when it is known. */
  status: z.enum(['complete', 'not_applicable']),
  passed: z.boolean().nullable(),
  pending: z.literal(false),
  errors: z.array(z.string()),
  warnings: z.array(z.string()),
  summary: z.record(z.string(), z.int().nullable()),
}));

const url = z.string().nullable();
const port = z.int().nullable();

export const runtimeMapSchema = z.lazy(() => z.looseObject({
  schema_version: z.literal(1),
  backend_mode: z.literal('node'),
  run_id: z.string(),
  mode,
  projects: z.record(z.string(), z.looseObject({ backend_port: port, frontend_port: port })),
  port_to_service: z.record(z.string(), z.string()),
  service_to_actual_port: z.record(z.string(), port),
  service_to_url: z.record(z.string(), url),
  service_to_public_url: z.record(z.string(), url),
  service_to_health_url: z.record(z.string(), url),
  projection: z.record(z.string(), z.looseObject({
    backend_port: port,
    frontend_port: port,
    /** `http://localhost:<port>`, only while the service may answer. */
    backend_url: url,
    frontend_url: url,
    backend_status: z.string(),
    frontend_status: z.string(),
    /** Every service of the project by its slug. */
    services: z.record(z.string(), z.looseObject({ name: z.string(), port, url, public_url: url, health_url: url, status: z.string() })),
  })),
}));

export type PortPlan = DeepReadonly<z.infer<ReturnType<typeof createPortPlan>>>;
export type PortsManifest = DeepReadonly<z.infer<typeof portsManifestSchema>>;
export type ErrorReport = DeepReadonly<z.infer<typeof errorReportSchema>>;
export type ReadinessReport = DeepReadonly<z.infer<typeof readinessReportSchema>>;
export type RuntimeMap = DeepReadonly<z.infer<typeof runtimeMapSchema>>;
