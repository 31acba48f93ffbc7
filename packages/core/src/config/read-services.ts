import type { EdgeCondition, Mode } from '../contract/index.js';
import type { ConfigDirectories, ModeProfile, Toggle } from './model.js';
import { serviceKey } from './service-keys.js';
import { standardServices } from './service-names.js';
import type { ServiceKind, ServiceNeed, ServiceOptions } from './service-options.js';
import { parseDuration, parseExitCodes, parseNeeds, parseStopSignal, type WrittenNeed } from './service-values.js';

export interface ServiceInputs {
  readonly mode: Mode;
  readonly profile: Pick<ModeProfile, 'backend' | 'frontend'>;
  readonly directories: ConfigDirectories;
  /** Names of the additional services, in order. */
  readonly additional: readonly string[];
  /** A key's value; the default where the value is not valid. */
  readonly read: (key: string) => string | number | boolean | undefined;
  /** Whether the user set it, in the environment or the file. */
  readonly isSet: (key: string) => boolean;
}

const defaultPortBase = 10_000;
const portStep = 100;

/** Every service of a mode, switched on or not: backend, frontend, then the additional ones as they are listed. */
export function readServices(inputs: ServiceInputs): readonly ServiceOptions[] {
  const names = [...standardServices, ...inputs.additional];
  const kinds = new Map<string, ServiceKind>(names.map((name) => [name, kindOf(inputs, name)]));
  return names.map((name) => readService(inputs, name, kinds));
}

function readService(inputs: ServiceInputs, name: string, kinds: ReadonlyMap<string, ServiceKind>): ServiceOptions {
  const read = (option: string) => inputs.read(serviceKey(name, option));
  const text = (option: string): string | undefined => textOf(read(option));
  const kind = kinds.get(name)!;
  return {
    slug: name,
    kind,
    ...(isStandard(name) ? readStandard(inputs, name) : readAdditional(inputs, name, kind)),
    dependsOn: (parseNeeds(text('DEPENDS_ON') ?? '') ?? []).map((need) => toNeed(need, kinds)),
    publicUrl: text('PUBLIC_URL'),
    readyLog: text('READY_LOG'),
    readyCommand: text('READY_CMD'),
    critical: read('CRITICAL') !== false,
    stopSignal: parseStopSignal(text('STOP_SIGNAL') ?? '') ?? 'SIGTERM',
    stopTimeoutMs: parseDuration(text('STOP_TIMEOUT') ?? '') ?? 10_000,
    restart: { when: (text('RESTART') ?? 'no') as ServiceOptions['restart']['when'], max: Number(read('RESTART_MAX')), backoffMs: parseDuration(text('RESTART_BACKOFF') ?? '') ?? 1000 },
    successExitCodes: parseExitCodes(text('SUCCESS_EXIT_CODES') ?? '') ?? [0],
    startOrder: Number(read('START_ORDER')),
  };
}

type OlderOptions = Pick<ServiceOptions, 'enabled' | 'directory' | 'directoryIsSet' | 'startCommand' | 'testCommand' | 'portBase' | 'healthUrl' | 'readyTimeoutMs' | 'readyTimeoutIsSet'>;

/** Backend and frontend have keys of their own for these. */
function readStandard({ profile, directories, read, isSet }: ServiceInputs, name: 'backend' | 'frontend'): OlderOptions {
  const upper = name.toUpperCase();
  return {
    enabled: profile[name],
    directory: directories[name],
    directoryIsSet: isSet(`${upper}_DIR`),
    startCommand: textOf(read(`ENVCTL_${upper}_START_CMD`)),
    testCommand: undefined,
    portBase: Number(read(`${upper}_PORT_BASE`)),
    healthUrl: textOf(read(`ENVCTL_${upper}_HEALTH_URL`)),
    readyTimeoutMs: parseDuration(textOf(read('ENVCTL_SERVICE_LISTENER_TIMEOUT')) ?? textOf(read(`ENVCTL_${upper}_READY_TIMEOUT`)) ?? '') ?? 60_000,
    readyTimeoutIsSet: read('ENVCTL_SERVICE_LISTENER_TIMEOUT') !== undefined || isSet(`ENVCTL_${upper}_READY_TIMEOUT`),
  };
}

function readAdditional(inputs: ServiceInputs, name: string, kind: ServiceKind): OlderOptions {
  const read = (option: string) => inputs.read(serviceKey(name, option));
  const fallbackPort = defaultPortBase + portStep * inputs.additional.indexOf(name);
  const general = inputs.read('ENVCTL_SERVICE_LISTENER_TIMEOUT');
  const fallbackMs = kind === 'job' ? 600_000 : (parseDuration(textOf(general) ?? '') ?? 60_000);
  return {
    enabled: enabledOf(inputs, name),
    directory: textOf(read('DIR')) ?? name,
    directoryIsSet: textOf(read('DIR')) !== undefined,
    startCommand: textOf(read('START_CMD')),
    testCommand: textOf(read('TEST_CMD')),
    portBase: kind === 'server' ? Number(read('PORT_BASE') ?? fallbackPort) : undefined,
    healthUrl: textOf(read('HEALTH_URL')),
    readyTimeoutMs: parseDuration(textOf(read('READY_TIMEOUT')) ?? '') ?? fallbackMs,
    readyTimeoutIsSet: general !== undefined || textOf(read('READY_TIMEOUT')) !== undefined,
  };
}

function enabledOf({ mode, read, isSet }: ServiceInputs, name: string): Toggle {
  const [ofMode, general] = [serviceKey(name, `${mode.toUpperCase()}_ENABLE`), serviceKey(name, 'ENABLE')];
  const key = read(ofMode) === undefined ? general : ofMode;
  return { enabled: read(key) !== false, explicit: isSet(key) };
}

function kindOf({ mode, read }: ServiceInputs, name: string): ServiceKind {
  if (name === 'backend') return read(`${mode.toUpperCase()}_BACKEND_EXPECT_LISTENER`) === false ? 'worker' : 'server';
  if (name === 'frontend') return 'server';
  const kind = read(serviceKey(name, 'KIND')) as ServiceKind | undefined;
  return kind ?? (read(serviceKey(name, 'EXPECT_LISTENER')) === false ? 'worker' : 'server');
}

/** What is waited for without saying so: the end of a job, of everything else that it is ready. */
function toNeed({ name, condition, optional, restart }: WrittenNeed, kinds: ReadonlyMap<string, ServiceKind>): ServiceNeed {
  const meant: EdgeCondition = kinds.get(name) === 'job' ? 'completed' : 'ready';
  return { name, condition: condition ?? meant, optional, restart };
}

function isStandard(name: string): name is 'backend' | 'frontend' {
  return standardServices.some((standard) => standard === name);
}

function textOf(value: string | number | boolean | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : String(value);
}
