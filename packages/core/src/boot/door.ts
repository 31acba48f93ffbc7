/** The fast door: what the distribution's bin loads first. */
export { runCli, type FrontDoorOptions } from './front-door.js';
export { hotCommands, type HotCommand, type HotContext, type HotResult } from './hot-commands.js';
