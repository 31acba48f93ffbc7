export { mendOfRetiredOption, packageOfAbsentCommand, packageOfAbsentOption } from './absent-words.js';
export { completeRoute, type CompleteRoute, type RouteDefaults } from './complete-route.js';
export { nearestWord } from './nearest.js';
export { normaliseArgv, type CommandLine, type NormaliseOptions } from './normalise-argv.js';
export { routeOfLine } from './route-of-line.js';
export type { Route } from './route.js';
export { createRoutingTables, type CommandEntry, type FlagEntry, type ResolvedFlag, type RoutedCommand, type RoutingClash, type RoutingTables } from './tables.js';
export { booleanOfWord, modeKeys, modeOfToken, splitAssignment } from './words.js';
