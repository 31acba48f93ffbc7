/** What the command line says to the services themselves; undefined says nothing. */
export interface ForwardedSettings {
  readonly logLevel?: string | undefined;
  readonly logProfile?: string | undefined;
  readonly backendLogLevel?: string | undefined;
  readonly backendLogProfile?: string | undefined;
  readonly frontendLogLevel?: string | undefined;
  readonly frontendLogProfile?: string | undefined;
  readonly fast?: boolean;
  readonly refreshCache?: boolean;
  readonly fresh?: boolean;
}

/** The variables by which services read them, as the original named them; each service gets those of its sibling too. */
export function forwardedVariables(settings: ForwardedSettings): Readonly<Record<string, string>> {
  const { logLevel, logProfile, backendLogLevel = logLevel, backendLogProfile = logProfile, frontendLogLevel = logLevel, frontendLogProfile = logProfile } = settings;
  const variables: readonly (readonly [string, string | undefined])[] = [
    ['LOG_LEVEL_OVERRIDE', logLevel],
    ['LOG_PROFILE_OVERRIDE', logProfile],
    ['BACKEND_LOG_LEVEL_OVERRIDE', backendLogLevel],
    ['BACKEND_LOG_PROFILE_OVERRIDE', backendLogProfile],
    ['FRONTEND_LOG_LEVEL_OVERRIDE', frontendLogLevel],
    ['FRONTEND_LOG_PROFILE_OVERRIDE', frontendLogProfile],
    ['RUN_SH_FAST_STARTUP', settings.fast === true ? 'true' : undefined],
    ['RUN_SH_REFRESH_CACHE', settings.refreshCache === true ? 'true' : undefined],
    ['AUTO_RESUME', settings.fresh === true ? 'false' : undefined],
  ];
  return Object.fromEntries(variables.filter((entry): entry is readonly [string, string] => entry[1] !== undefined));
}
