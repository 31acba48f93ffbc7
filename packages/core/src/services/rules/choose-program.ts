const usualNames: readonly string[] = ['server', 'api', 'web', 'backend'];

/** The only one; of several the one with the usual name of a server, or with the name of its package. */
export function chooseProgram<T extends { readonly name: string }>(programs: readonly T[], packageName: string): T | undefined {
  if (programs.length === 1) return programs[0];
  return [...usualNames, packageName].map((name) => programs.find((program) => program.name === name)).find((program) => program !== undefined);
}
