/** The light door of the room: the few values the fast door needs. */
export { readBootstrapConfig, type BootstrapConfig } from './bootstrap-config.js';
