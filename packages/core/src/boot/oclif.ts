/** What of oclif is loaded at the last moment. Named here, not at the import(): a bundle keeps only the default of a CommonJS package asked for so. */
export { Config, Plugin } from '@oclif/core/config';
export { loadHelpClass } from '@oclif/core/help';
export { settings } from '@oclif/core/settings';
