export { packageOfAbsentCommand } from './absent-commands.js';
export { nearestWord } from './nearest.js';
export { normaliseArgv, type CommandLine, type NormaliseOptions } from './normalise-argv.js';
export { routeOfLine } from './route-of-line.js';
export type { Route } from './route.js';
export { createRoutingTables, type CommandEntry, type FlagEntry, type ResolvedFlag, type RoutedCommand, type RoutingClash, type RoutingTables } from './tables.js';
export { booleanOfWord, modeOfToken, splitAssignment } from './words.js';
