import { defineExtension } from '@envctl/core';
import { createPostgresDependency } from './definition.js';

export default defineExtension({
  activate(ctx) {
    ctx.dependency('postgres', createPostgresDependency);
  },
});
