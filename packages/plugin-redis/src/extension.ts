import { defineExtension } from '@envctl/core';
import { createRedisDependency } from './definition.js';

export default defineExtension({
  activate(ctx) {
    ctx.dependency('redis', createRedisDependency);
  },
});
