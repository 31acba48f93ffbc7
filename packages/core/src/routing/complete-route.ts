import type { Mode } from '../contract/index.js';
import type { Route } from './route.js';

/** A route that the configuration has completed: nothing about the target is left open. */
export interface CompleteRoute extends Route {
  readonly mode: Mode;
  /** The mode the words asked for; undefined when the configuration chose: any recorded run will do then. */
  readonly modeAsked: Mode | undefined;
}

/** What the configuration adds to a route. */
export interface RouteDefaults {
  /** `ENVCTL_DEFAULT_MODE`, from the environment before the file. */
  readonly defaultMode: Mode;
}

/** The second step of routing, after the configuration: pure, and completing a complete route changes nothing. */
export function completeRoute(route: Route | CompleteRoute, defaults: RouteDefaults): CompleteRoute {
  if ('modeAsked' in route) return route;
  return { ...route, mode: route.mode ?? defaults.defaultMode, modeAsked: route.mode };
}
