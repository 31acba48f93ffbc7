/** Contract versions this core speaks, lowest and highest. A plugin that shares none is inactive. */
export const supportedApiVersions = { min: 1, max: 1 } as const;
