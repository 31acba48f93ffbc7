/** Child process of the hammer tests: takes leases as it is told and reports them. */
import { createLeaseTable } from '../../dist/ports/index.js';
import { isAlive, self } from './process-identity.js';

interface Order {
  readonly directory: string;
  readonly from: number;
  readonly count: number;
  readonly name: string;
  readonly sameOwner: boolean;
  readonly exact: boolean;
}

process.once('message', (order: Order) => {
  void work(order).then((ports) => process.send?.(ports));
});
// Stays alive, and so keeps its leases, until its parent says so.
process.on('disconnect', () => undefined);
process.send?.('ready');

async function work(order: Order): Promise<readonly number[]> {
  const table = createLeaseTable({ directory: order.directory, self: self(), isAlive, now: Date.now });
  const ports: number[] = [];
  for (let index = 0; index < order.count; index += 1) {
    const owner = { scopeId: 'repo-1', project: order.sameOwner ? 'Main' : order.name, service: `service-${index}`, repositoryRoot: '/r' };
    const preferred = order.exact ? order.from + index : order.from;
    try {
      ports.push((await table.acquire({ preferred, owner, token: `${order.name}-${index}`, http: true, ...(order.exact && { exact: preferred }) })).port);
    } catch (error) {
      if (!order.exact) throw error;
    }
  }
  return ports;
}
