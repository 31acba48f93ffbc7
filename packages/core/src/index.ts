/** The public entry of @envctl/core: the contract a plugin is written against. */
export * from './contract/index.js';
