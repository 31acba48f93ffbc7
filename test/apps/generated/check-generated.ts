import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { commitApplication, createWorld, fetchJson, gitStatus, processesIn, type World } from '../world.js';
import type { GeneratedApp } from './generated-app.js';

/** Generates the project, starts it unedited, uses it and stops it; throws where anything is not as it should be. Returns the generator's version. */
export async function checkGenerated(app: GeneratedApp): Promise<string> {
  const { world, version } = await generate(app);
  try {
    const before = await gitStatus(world);
    await checkStarted(app, world, 1);
    expect(await gitStatus(world), 'the checkout while it runs').to.equal(before);
    await world.stopAll();
    expect(processesIn(world.directory), 'processes that are left').to.deep.equal([]);
    expect(await gitStatus(world), 'the checkout').to.equal(before);

    await checkStarted(app, world, 2);
    await world.stopAll();
    return version;
  } finally {
    await world.close();
  }
}

async function generate(app: GeneratedApp): Promise<{ readonly world: World; readonly version: string }> {
  const world = await createWorld(`${app.id}-app`, app.env);
  try {
    const version = await app.generate(world);
    await commitApplication(world, app.files);
    return { world, version };
  } catch (error) {
    await world.close();
    throw error;
  }
}

/** @param row how many rows there are when the route has written one more */
async function checkStarted(app: GeneratedApp, world: World, row: number): Promise<void> {
  const explained = await world.envctl('explain-startup', '--headless', '--json');
  const plan = JSON.parse(explained.stdout) as { projects: readonly { services: readonly { type: string; command: { rule: string } }[] }[] };
  expect(plan.projects[0]?.services.find(({ type }) => type === app.service)?.command.rule, explained.stderr).to.equal(app.rule);
  const url = (await world.start())[app.service];
  if (url === undefined) throw new Error(`there is no ${app.service}`);
  expect(await fetchJson(`${url}${app.stores}`)).to.deep.equal({ row, key: row, project: 'Main' });
  const page = await fetch(`${url}${app.page.path}`, { signal: AbortSignal.timeout(60_000) });
  expect(await page.text(), `${url}${app.page.path}`).to.include(app.page.has);
  if (app.loopbackOnly) expect(addressesOn(Number(new URL(url).port)), 'addresses it listens on').to.deep.equal(['0100007F']);
}

/** Local addresses of listening sockets on the port, as the kernel writes them. */
function addressesOn(port: number): readonly string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/net/${table}`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((cells) => cells[3] === '0A' && cells[1]?.endsWith(`:${hex}`) === true)
      .map((cells) => cells[1]!.split(':')[0]!),
  );
}
