/** Services of a project: how they are found, what environment they get, when they are ready, what they log. */
export { detectServices, missingCommandError, startCommandKey, toDetectionError, type DetectionInput, type ServiceDetection } from './detection.js';
export { createDetectionFiles, type DetectionFiles } from './detection-files.js';
export type { DetectionRule, RuleMatch } from './detection-rules.js';
export { detectionRules } from './rules/index.js';
export { declaredSecretNames } from './caller-credentials.js';
export { commandOnPort, substitutePort, type DetectionEvidence, type DetectionProblem, type ServiceCommand, type ServiceName } from './service-command.js';
export { forwardedVariables, type ForwardedSettings } from './forwarded-variables.js';
export { fillEnvLines, sortEnvLines, toEnvSources, type EnvSources, type SkippedLine } from './section-variables.js';
export { ownVariableNames, serviceEnvironment, type EnvironmentAudience, type ServiceEnvironmentInput } from './service-environment.js';
export { waitServiceReady, type ServiceReadiness, type ServiceReadyRequest, type WaitedLaunch } from './readiness.js';
export { createWaitedLaunch } from './waited-launch.js';
export { firstPauseMs, nextPauseMs } from './poll-pause.js';
export { createLaunchListeners, type LaunchListeners } from './launch-listeners.js';
export { probeHealth, type HealthAnswer } from './health-probe.js';
export { diagnoseLog, type LogDiagnosis } from './log-diagnosis.js';
export { readTail, tailLines, type LogTail } from './tail-lines.js';
export { followLines, type FollowFrom } from './follow-lines.js';
export { watchDirectory, type Changes } from './watch-directory.js';
