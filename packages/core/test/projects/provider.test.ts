import { expect } from 'chai';
import { isEnvctlError, type ProjectFacts } from '../../dist/contract/index.js';
import { createMainProvider, discoverProjects, toSlug } from '../../dist/projects/index.js';

const project = (name: string, root: string): ProjectFacts => ({ name, root, slug: toSlug(name) });
const discover = (projects: readonly ProjectFacts[]): Promise<unknown> =>
  discoverProjects({
    mode: 'trees',
    repositoryRoot: '/repo',
    providers: [createMainProvider(), { mode: 'trees', projects: () => Promise.resolve(projects) }],
    signal: new AbortController().signal,
  }).catch((error: unknown) => (isEnvctlError(error) ? { code: error.code, message: error.message } : error));

describe('discoverProjects', () => {
  it('gives the projects of the mode', async () => {
    const projects = [project('a-1', '/trees/a/1'), project('a-2', '/trees/a/2')];
    expect(await discover(projects)).to.deep.equal(projects);
  });

  for (const [what, left, right] of [
    ['names that differ in case only', 'Login-1', 'login-1'],
    ['names of one slug, which would share locks, launches and databases', 'log_in-1', 'log-in-1'],
  ] as const) {
    it(`refuses ${what}, and names both`, async () => {
      const answer = (await discover([project(left, '/trees/left'), project(right, '/trees/right')])) as { code: string; message: string };
      expect(answer.code).to.equal('ENVCTL_E_PROJECTS_DUPLICATE');
      expect(answer.message).to.include('/trees/left').and.include('/trees/right');
    });
  }

  it('says which package brings the projects of a mode nobody provides', async () => {
    const error: unknown = await discoverProjects({ mode: 'trees', repositoryRoot: '/repo', providers: [], signal: new AbortController().signal }).catch((thrown: unknown) => thrown);
    expect(isEnvctlError(error) && error.code).to.equal('ENVCTL_E_PROJECTS_NONE');
    expect(await discover([])).to.include({ code: 'ENVCTL_E_PROJECTS_NONE' });
  });
});
