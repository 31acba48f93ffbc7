import type { LeaseOwner } from './lease-view.js';

/** What a port is wanted for. */
export interface LeaseRequest {
  readonly preferred: number;
  readonly owner: LeaseOwner;
  /** Launch token: whoever knows it may bind and release the lease. */
  readonly token: string;
  /** True when a browser will open it: ports that browsers refuse are skipped. */
  readonly http: boolean;
  /** Ports not to try again, after a bind conflict. */
  readonly avoid?: ReadonlySet<number>;
  /** This port or nothing; it is remembered under the preferred one. */
  readonly exact?: number;
}
