import { closeSync, readdirSync, readFileSync } from 'node:fs';

const closeOnExec = 0o2000000;

/**
 * Closes what this process inherited above stderr. Node opens everything close-on-exec, so a descriptor
 * without that flag came from the parent and would live on in every child: a pipe of a terminal, a lock of
 * a build tool. Called once at boot, before anything is opened. Returns the numbers it closed.
 */
export function closeInheritedDescriptors(options: { readonly procRoot?: string } = {}): readonly number[] {
  const procRoot = options.procRoot ?? '/proc';
  let names: string[];
  try {
    names = readdirSync(`${procRoot}/self/fd`);
  } catch {
    return [];
  }
  return names.map(Number).filter((descriptor) => descriptor > 2 && isInherited(procRoot, descriptor) && close(descriptor));
}

function isInherited(procRoot: string, descriptor: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`${procRoot}/self/fdinfo/${descriptor}`, 'utf8'))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & closeOnExec) === 0;
  } catch {
    return false;
  }
}

function close(descriptor: number): boolean {
  try {
    closeSync(descriptor);
    return true;
  } catch {
    return false;
  }
}
