import type { Mode } from '../contract/index.js';
import type { Route } from './route.js';

/** What the configuration completes of a route. */
export interface Completion {
  readonly mode: Mode;
  /** The mode the words asked for; undefined when the configuration chose: any recorded run will do then. */
  readonly modeAsked: Mode | undefined;
}

/** A route that the configuration has completed: nothing about the target is left open. */
export type CompleteRoute = Route & Completion;

/** What the configuration adds to a route. */
export interface RouteDefaults {
  /** `ENVCTL_DEFAULT_MODE`, from the environment before the file. */
  readonly defaultMode: Mode;
}

/** The second step of routing, after the configuration: pure, and completing a complete route changes nothing. */
export function completeRoute<R extends Pick<Route, 'mode'>>(route: R | (R & Completion), defaults: RouteDefaults): R & Completion {
  if ('modeAsked' in route) return route;
  return { ...route, mode: route.mode ?? defaults.defaultMode, modeAsked: route.mode };
}
