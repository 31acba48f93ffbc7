import { expect } from 'chai';
import { createMachine, nothing, requireNamespaces, type Machine } from './machine.js';
import { createRepository, nodeServer, serviceConfig } from './repository.js';

describe('services side by side', function () {
  this.timeout(120_000);
  let machine: Machine;
  before(async function () {
    await requireNamespaces(this);
    machine = await createMachine('neighbours');
  });
  after(() => machine?.close());

  const answer = async (port: number): Promise<string> => machine.sh(`python3 -c 'import urllib.request as r; print(r.urlopen("http://127.0.0.1:${port}/", timeout=10).read().decode())'`);
  const portOf = (document: unknown, type: string): number => {
    const { projects } = document as { projects: { services: { type: string; url: string }[] }[] };
    return Number(new URL(projects[0]!.services.find((service) => service.type === type)!.url).port);
  };

  it('leaves nothing when the backend fails beside a healthy frontend', async () => {
    const repository = await createRepository(machine, {
      'backend/app.js': `setTimeout(() => { console.error('cannot go on'); process.exit(3); }, 300);`,
      'frontend/app.js': nodeServer,
      '.envctl': serviceConfig({ backend: 'node app.js', frontend: 'node app.js' }),
    }, 'failing');
    const { code, stdout, stderr } = await repository.envctl('start', '--headless');
    expect(code, stdout).to.equal(1);
    expect(stderr).to.match(/Main Backend exited with code 3/);
    expect(stderr).to.include('cannot go on');
    expect(await machine.census()).to.deep.equal(nothing);
    expect((await repository.envctl('show-state')).code).to.equal(1);
  });

  it('keeps what ran before when a later start of the other service fails', async () => {
    const repository = await createRepository(machine, {
      'backend/app.js': nodeServer,
      'frontend/app.js': `process.exit(4)`,
      '.envctl': serviceConfig({ backend: 'node app.js', frontend: 'node app.js' }),
    }, 'second');
    const port = portOf(await repository.json('start', 'backend', '--headless'), 'backend');
    const pid = await answer(port);
    expect((await repository.envctl('start', '--headless')).code).to.equal(1);
    expect(await answer(port)).to.equal(pid);
    expect(await repository.json('health')).to.include({ healthy: true });
    expect((await repository.envctl('stop-all')).code).to.equal(0);
    expect(await machine.census()).to.deep.equal(nothing);
  });

  for (const command of ['stop-all', 'blast-all']) {
    it(`${command} in one repository leaves another that wants the same ports untouched`, async () => {
      const files = { 'backend/app.js': nodeServer, 'frontend/app.js': nodeServer, '.envctl': serviceConfig({ backend: 'node app.js', frontend: 'node app.js' }) };
      const [left, right] = await Promise.all([createRepository(machine, files, `left-${command}`), createRepository(machine, files, `right-${command}`)]);
      const [first, second] = await Promise.all([left.json('start', '--headless'), right.json('start', '--headless')]);
      const ports = [first, second].map((document) => [portOf(document, 'backend'), portOf(document, 'frontend')]);
      expect(new Set(ports.flat()).size).to.equal(4);
      const before = await Promise.all(ports[1]!.map(answer));

      expect((await left.envctl(command)).code).to.equal(0);
      expect(await Promise.all(ports[1]!.map(answer))).to.deep.equal(before);
      expect(await right.json('health')).to.include({ healthy: true });
      const after = await machine.census();
      expect(after.listeners).to.have.members(ports[1]!);
      expect(after.leases).to.have.members(ports[1]!);

      expect((await right.envctl(command)).code).to.equal(0);
      expect(await machine.census()).to.deep.equal(nothing);
    });
  }
});
