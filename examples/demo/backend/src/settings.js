/** What the application needs to know, from its environment; throws one message that names all that is missing. */
export function readSettings(env) {
  const missing = ['PORT', 'DATABASE_URL', 'REDIS_URL'].filter((name) => !env[name]);
  if (missing.length > 0) throw new Error(`Set ${missing.join(', ')}, or run this under envctl.`);
  return {
    port: Number(env.PORT),
    databaseUrl: env.DATABASE_URL,
    redisUrl: env.REDIS_URL,
    project: env.ENVCTL_PROJECT_NAME ?? 'local',
  };
}
