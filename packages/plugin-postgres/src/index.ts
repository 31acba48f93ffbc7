export { createPostgresDependency } from './definition.js';
