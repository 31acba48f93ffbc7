import type { DependencyDeclaration } from '../contract/index.js';
import { hasUrlPassword, secretNameStrength } from '../events/read-only.js';

/** Names by which bundlers hand a variable to the browser: who sets one means it to be seen. */
const publicName = /^(?:VITE|PUBLIC|NEXT_PUBLIC|NUXT_PUBLIC|EXPO_PUBLIC|REACT_APP|VUE_APP|NG_APP|GATSBY)_/;
/** `AUTH_URL`, `SSH_AUTH_SOCK`, `DBUS_SESSION_BUS_ADDRESS` say where something is, the others which desktop runs. */
const placeName = /_(?:URL|URI|DOMAIN|ENDPOINT|ORIGIN|ADDRESS|SOCK|SOCKET)$|^(?:DESKTOP_SESSION|SESSION_MANAGER|KDE_FULL_SESSION)$|^XDG_/;
const proxyName = /^(?:https?|all)_proxy$/i;

/**
 * Names of the variables in the caller's environment that may carry a credential: those in `declared`, those whose
 * name says so, and those with the password of a URL in their value. A proxy is needed to reach anything at all.
 */
export function callerCredentials(environment: Readonly<Record<string, string | undefined>>, declared: Iterable<string>): string[] {
  const known = new Set(declared);
  return Object.keys(environment).filter((name) => known.has(name) || isSecretName(name) || (hasUrlPassword(environment[name] ?? '') && !proxyName.test(name)));
}

/** Names of the variables that manifests declare as secret, whether or not the dependency is switched on. */
export function declaredSecretNames(declarations: readonly Pick<DependencyDeclaration, 'variables'>[]): string[] {
  return declarations.flatMap(({ variables = [] }) => variables.filter(({ secret }) => secret === true).map(({ name }) => name));
}

function isSecretName(name: string): boolean {
  if (publicName.test(name)) return false;
  const strength = secretNameStrength(name);
  return strength === 'strong' || (strength === 'weak' && !placeName.test(name));
}
