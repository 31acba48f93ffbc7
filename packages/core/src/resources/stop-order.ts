import { releaseProcesses, type AcquireContext, type Releasable, type ReleaseReport } from './acquirer.js';

/** A service as a state records it: what it waited for when it came up. */
export interface RecordedNeeds {
  readonly project: string | null;
  readonly type: string;
  readonly launch_directory: string | null;
  readonly depends_on: readonly string[];
}

/** Groups of what may end at the same time: dependents end before what they depend on. */
export function toStopOrder<T>(items: readonly T[], needsOf: (item: T) => readonly T[]): readonly (readonly T[])[] {
  const groups: (readonly T[])[] = [];
  let left = [...items];
  while (left.length > 0) {
    const needed = new Set(left.flatMap((item) => needsOf(item).filter((other) => other !== item)));
    const free = left.filter((item) => !needed.has(item));
    // A record that says otherwise than it can have been keeps nothing running.
    const group = free.length === 0 ? left : free;
    groups.push(group);
    left = left.filter((item) => !group.includes(item));
  }
  return groups;
}

/** As {@link releaseProcesses}, group after group. What cannot be stopped holds up nothing else. */
export async function releaseInOrder<T extends Releasable>(context: AcquireContext, launches: readonly T[], needsOf: (launch: T) => readonly T[], options: Parameters<typeof releaseProcesses>[2]): Promise<ReleaseReport> {
  const reports: ReleaseReport['reports'][number][] = [];
  for (const group of toStopOrder(launches, needsOf)) reports.push(...(await releaseProcesses(context, group, options)).reports);
  return { reports, incomplete: reports.filter((report) => !report.stopped) };
}

/** What each of `launches` waited for among them, by what is recorded of the services. */
export function recordedNeeds<T extends { readonly directory: string }>(launches: readonly T[], services: readonly RecordedNeeds[]): (launch: T) => readonly T[] {
  const byDirectory = new Map(services.map((service) => [service.launch_directory, service]));
  return (launch) => {
    const service = byDirectory.get(launch.directory);
    if (service === undefined) return [];
    const needed = services.filter(({ project, type }) => project === service.project && service.depends_on.includes(type)).map(({ launch_directory: directory }) => directory);
    return launches.filter(({ directory }) => needed.includes(directory));
  };
}
