/** Env files of a project: which one a service gets, what is in it, and what of it must not be told. */
export { parseEnvFile, type EnvFileVariable } from './parse-env-file.js';
export { planEnvFile, readEnvFile, type EnvFileInput, type EnvFilePlan } from './plan-env-file.js';
export { recordedSecretValues, secretValues } from './secret-values.js';
