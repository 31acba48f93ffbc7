import { expect } from 'chai';
import fc from 'fast-check';
import { selectProjects, selectServices, type ServiceSelectors } from '../../dist/projects/selection.js';

const projects = ['Main', 'auth-1', 'auth-2'].map((name) => ({ name, root: `/w/${name}`, slug: name.toLowerCase() }));
const services = projects.flatMap(({ name }) => ['backend', 'frontend'].map((type) => ({ name: `${name} ${type === 'backend' ? 'Backend' : 'Frontend'}`, project: name, type })));

describe('selectProjects', () => {
  it('takes all without names, and names in any case', () => {
    expect(selectProjects(projects, [])).to.equal(projects);
    expect(selectProjects(projects, ['AUTH-2', 'main']).map(({ name }) => name)).to.deep.equal(['Main', 'auth-2']);
  });

  it('an unknown name is an error that lists what exists', () => {
    expect(() => selectProjects(projects, ['main', 'auth'])).to.throw('No matching targets found for: auth').with.property('code', 'ENVCTL_E_TARGET_UNKNOWN');
  });
});

describe('selectServices', () => {
  const table: readonly (readonly [string, Partial<ServiceSelectors>, readonly string[]])[] = [
    ['a service by its full name', { services: ['auth-1 BACKEND'] }, ['auth-1 Backend']],
    ['a type of all projects', { words: ['backend'] }, ['Main Backend', 'auth-1 Backend', 'auth-2 Backend']],
    ['a type within a project', { projects: ['auth-1'], words: ['frontend'] }, ['auth-1 Frontend']],
    ['a project as a word', { words: ['Main'] }, ['Main Backend', 'Main Frontend']],
    ['a project and a service as words', { words: ['Main', 'auth-2 frontend'] }, ['Main Backend', 'Main Frontend', 'auth-2 Frontend']],
  ];
  for (const [title, selectors, expected] of table) {
    it(title, () => expect(selectServices(services, { projects: [], services: [], ...selectors }).map(({ name }) => name)).to.deep.equal(expected));
  }

  it('a word without a name is no target: it must not come to mean everything', () => {
    for (const word of ['', ',']) expect(() => selectServices(services, { projects: [], services: [], words: [word] })).to.throw('No matching targets');
  });

  it('a service that is not in the project is an error that lists what is', () => {
    expect(() => selectServices(services, { projects: ['auth-1'], services: ['Main Backend'] })).to.throw('No matching targets found for: Main Backend').with.nested.property('data.known').deep.equal(['auth-1 Backend', 'auth-1 Frontend']);
  });

  it('knows a project without services when it is told of it, and widens nothing for it', () => {
    expect(selectServices(services, { projects: [], services: [], words: ['bare'] }, { projects: ['bare'] })).to.deep.equal([]);
    expect(() => selectServices(services, { projects: ['bare'], services: [] })).to.throw('bare');
  });

  it('property: every selected service was named; a word that names nothing is an error', () => {
    const word = fc.oneof(fc.constantFrom('Main', 'auth-1', 'backend', 'auth-2 Frontend'), fc.stringMatching(/^[a-z0-9-]{1,8}$/));
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 3 }), (words) => {
        const names = words.map((one) => one.toLowerCase());
        const isNamed = (service: (typeof services)[number]) => [service.name, service.project, service.type].some((known) => names.includes(known.toLowerCase()));
        const isKnown = (name: string) => services.some((service) => [service.name, service.project, service.type].some((known) => known.toLowerCase() === name));
        if (!names.every(isKnown)) expect(() => selectServices(services, { projects: [], services: [], words })).to.throw('No matching targets');
        else expect(selectServices(services, { projects: [], services: [], words }).every(isNamed)).to.equal(true);
      }),
    );
  });
});
