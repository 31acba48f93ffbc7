import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ServiceRecord } from '../../dist/state/index.js';
import { followLogs } from '../../dist/state-actions/logs.js';

describe('followLogs', () => {
  it('ends quietly where the directory of the logs is gone', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'envctl-test-logs-'));
    rmSync(directory, { recursive: true });
    const told: unknown[] = [];
    const service = { name: 'Main Backend', status: 'running', log_path: join(directory, 'backend.log') } as ServiceRecord;
    const never = new AbortController().signal;
    await followLogs([service], { tail: 5, follow: true, durationSeconds: null, stripColour: true, signal: never, onTail: ({ reason }) => told.push(reason), onLine: (_service, line) => told.push(line) });
    expect(told).to.deep.equal(['missing']);
  });
});
