/**
 * Who a process is, for as long as the machine is up and after: a pid alone is reused, a pid with its
 * start time in one boot and one pid namespace is not.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/<pid>/stat, in clock ticks since boot, as decimal digits. */
  readonly startTicks: string;
  /** /proc/sys/kernel/random/boot_id. */
  readonly bootId: string;
  /** Inode of the pid namespace: `pid:[4026531836]`. */
  readonly pidNamespace: string;
}
