/** The door of the room, light as the fast door needs it. */
export { type Candidate, completeLine, type Completion } from './complete-line.js';
export { createLiveNames } from './live-names.js';
export { completionScript, completionShells, type CompletionShell } from './shell-scripts.js';
