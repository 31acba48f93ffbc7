export { createRedisDependency } from './definition.js';
