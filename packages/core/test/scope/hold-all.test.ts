import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createGenerationLock, type GenerationLock } from '../../dist/fs/index.js';
import { selfIdentity } from '../../dist/processes/index.js';
import { holdAll } from '../../dist/scope/index.js';

describe('holdAll', () => {
  const directory = mkdtempSync(join(tmpdir(), 'envctl-test-hold-'));
  let onWait: (purpose: string) => void = () => undefined;
  const lock = (name: string): GenerationLock => createGenerationLock({ directory, name, identity: selfIdentity(), isAlive: () => true, onWait: ({ purpose }) => onWait(purpose) });
  const options = { purpose: 'test', timeoutMs: 10_000 };
  after(() => rmSync(directory, { recursive: true, force: true }));

  it('holds every lock once, in the order of their names, while the work runs', async () => {
    const order: string[] = [];
    const watched = (name: string): GenerationLock => ({ path: name, hold: (purpose, hold, work) => lock(name).hold(purpose, hold, () => (order.push(name), work())) });
    expect(await holdAll({ lock: watched }, ['b', 'a', 'b'], options, () => Promise.resolve(7))).to.equal(7);
    expect(order).to.deep.equal(['a', 'b']);
  });

  it('holds project locks before instance locks, as a bring-up takes them', async () => {
    const order: string[] = [];
    const watched = (name: string): GenerationLock => ({ path: name, hold: (purpose, hold, work) => lock(name).hold(purpose, hold, () => (order.push(name), work())) });
    await holdAll({ lock: watched }, ['instance-b', 'project-main', 'instance-a', 'project-a1', 'project-a-1'], options, () => Promise.resolve());
    expect(order).to.deep.equal(['project-a-1', 'project-a1', 'project-main', 'instance-a', 'instance-b']);
  });

  it('two that want the same locks in another order never wait for each other, nor run at once', async () => {
    let inside = 0;
    const work = async () => {
      inside += 1;
      await new Promise((resolve) => setImmediate(resolve));
      expect(inside).to.equal(1);
      inside -= 1;
    };
    await Promise.all([['x', 'y'], ['y', 'x'], ['x', 'y', 'z']].map((names) => holdAll({ lock }, names, options, work)));
  });

  it('tells for what it waits, and gives everything back after a failure', async () => {
    let free: () => void = () => undefined;
    let held: Promise<void> = Promise.resolve();
    await new Promise<void>((inside) => {
      held = holdAll({ lock }, ['slow'], { ...options, purpose: 'a long start' }, () => new Promise<void>((resolve) => {
        free = resolve;
        inside();
      }));
    });
    const told = new Promise<string>((resolve) => (onWait = resolve));
    const second = holdAll({ lock }, ['slow'], options, () => Promise.reject(new Error('broken')));
    expect(await told).to.equal('a long start');
    free();
    await held;
    expect(await second.catch((error: unknown) => (error as Error).message)).to.equal('broken');
    expect(await holdAll({ lock }, ['slow'], options, () => Promise.resolve('free'))).to.equal('free');
  });
});
