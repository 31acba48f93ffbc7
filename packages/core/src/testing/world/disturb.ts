import type { DependencyDefinition, DependencyOutcome, StartContext } from '../../contract/index.js';
import type { Disturbance, PluginTrace, WorldEvent } from './types.js';

export interface Observer {
  readonly trace: PluginTrace;
  readonly outcomes: (DependencyOutcome | 'rejected')[];
  readonly acquired: string[];
  readonly onEvent: (event: WorldEvent) => void;
}

export function createObserver(onEvent: (event: WorldEvent) => void): Observer {
  const outcomes: (DependencyOutcome | 'rejected')[] = [];
  const acquired: string[] = [];
  return { trace: { outcomes, acquired }, outcomes, acquired, onEvent };
}

/** `definition` with its start context watched and disturbed. The context beneath is the one that ships. */
export function disturb(definition: DependencyDefinition, disturbance: Disturbance, observer: Observer): DependencyDefinition {
  const start: DependencyDefinition['start'] = async (ctx) => {
    try {
      const outcome = await definition.start(disturbContext(ctx, disturbance, observer));
      observer.outcomes.push(outcome);
      return outcome;
    } catch (error) {
      observer.outcomes.push('rejected');
      throw error;
    }
  };
  // A definition may be an instance of a class: its other methods stay where they are.
  return Object.assign(Object.create(definition) as DependencyDefinition, { start });
}

function disturbContext(ctx: StartContext, disturbance: Disturbance, observer: Observer): StartContext {
  const at = disturbance.at ?? ((): void => undefined);
  const step = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    at(`ctx.${name}.before`);
    const result = await work();
    at(`ctx.${name}.after`);
    return result;
  };
  const acquire = <T>(name: string, what: string, work: () => Promise<T>): Promise<T> => {
    observer.acquired.push(`${name} ${what}`);
    return step(name, work);
  };
  return {
    ...ctx,
    events: {
      emit: (event, fields = {}) => {
        observer.onEvent({ event, fields });
        ctx.events.emit(event, fields);
      },
    },
    secrets: {
      get: (name) => step('secrets.get', () => ctx.secrets.get(name)),
      ensure: (name) => step('secrets.ensure', () => ctx.secrets.ensure(name)),
      set: (name, value) => step('secrets.set', () => ctx.secrets.set(name, value)),
    },
    launch: (request) =>
      acquire('launch', request.name, async () => {
        if (observer.acquired.filter((entry) => entry.startsWith('launch ')).length === 1) await disturbance.beforeLaunch?.(ctx.instance.ports);
        return await ctx.launch(disturbLaunch(request, disturbance));
      }),
    task: (request) => acquire('task', request.name, () => ctx.task(request)),
    directory: (name, build, options) => acquire('directory', name, () => ctx.directory(name, build, options)),
    logical: (request, make) => acquire('logical', `${request.kind} ${request.name}`, () => ctx.logical(request, make)),
    container: (request) => acquire('container', request.name, () => ctx.container(request)),
    until: (attempt, options) =>
      step('until', () => {
        if (disturbance.exhausted === true) return ctx.until(() => Promise.resolve(undefined), { ...options, timeoutMs: 0 });
        return ctx.until(() => {
          at('ctx.until.attempt');
          return attempt();
        }, options);
      }),
  };
}

function disturbLaunch(request: Parameters<StartContext['launch']>[0], { launch }: Disturbance): typeof request {
  if (launch === 'refuse') return { ...request, command: ['/nonexistent/envctl-conformance-program'] };
  if (launch === 'exit') return { ...request, command: ['/bin/sh', '-c', 'echo it will not work; exit 3'] };
  return request;
}
