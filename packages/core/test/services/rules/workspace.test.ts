import { expect } from 'chai';
import { missingCommandError } from '../../../dist/services/index.js';
import { commandsOf, detect, itFinds, packageJson } from './detect.js';

const root = (...workspaces: readonly string[]) => packageJson({ dev: 'turbo dev' }, [], { workspaces });
const next = packageJson({ dev: 'next dev' }, ['next']);
const express = packageJson({ dev: 'node server.js' }, ['express']);
const library = packageJson({ dev: 'node watch.js' });
const nextCommand = 'npm run dev -- -p 4000 -H 127.0.0.1';

describe('applications of a workspace', () => {
  itFinds([
    ['a frontend and a backend', { 'package.json': root('apps/*'), 'apps/shop/package.json': next, 'apps/jobs/package.json': express }, { backend: 'npm run dev', frontend: nextCommand }],
    ['those that pnpm declares', { 'package.json': packageJson({ dev: 'turbo dev' }, [], { packageManager: 'pnpm@10.0.0' }), 'pnpm-workspace.yaml': 'packages:\n  - "apps/*"\n', 'apps/shop/package.json': next, 'bin/pnpm*': '' }, { frontend: 'pnpm run dev -p 4000 -H 127.0.0.1' }],
    ['beside libraries with a development script', { 'package.json': root('packages/*', 'apps/*'), 'packages/ui/package.json': library, 'apps/web/package.json': next }, { frontend: nextCommand }],
    ['beside stories and documents, of the root and of packages', { 'package.json': packageJson({ dev: 'turbo dev', serve: 'vitepress dev docs' }, [], { workspaces: ['packages/*', 'apps/*'] }), 'packages/ui/package.json': packageJson({ dev: 'storybook dev' }), 'apps/docs/package.json': packageJson({ start: 'docusaurus start' }), 'apps/shop/package.json': next }, { frontend: nextCommand }],
    ['documents by the usual name of a frontend', { 'package.json': root('*'), 'site/package.json': packageJson({ start: 'docusaurus start' }) }, { frontend: 'npm run start -- --port 4000 --host 127.0.0.1 --no-open' }],
    ['a plain script in a package with the name of a backend', { 'package.json': root('apps/*'), 'apps/api/package.json': library }, { backend: 'npm run dev' }],
    ['below a deep pattern', { 'package.json': root('products/**'), 'products/shop/web/package.json': next }, { frontend: nextCommand }],
    ['not in packages that are not members', { 'package.json': root('apps/*', '!apps/old'), 'apps/old/package.json': next, 'examples/a/package.json': next }, {}],
    ['not after an application in the root', { 'package.json': packageJson({ dev: 'vite' }, [], { workspaces: ['apps/*'] }), 'apps/web/package.json': next }, { frontend: 'npm run dev -- --port 4000 --strictPort --host 127.0.0.1' }],
    ['not where the service has a directory of its own', { 'package.json': root('apps/*'), 'apps/web/package.json': next, 'frontend/index.html': '' }, {}],
    ['not without a workspace', { 'package.json': packageJson({ dev: 'turbo dev' }), 'apps/web/package.json': next }, {}],
  ]);

  it('one of several by its usual name, with a note of the others', async () => {
    const found = await detect({ 'package.json': root('apps/*'), 'apps/web/package.json': next, 'apps/docs/package.json': next });
    expect(found.frontend?.cwd).to.equal(`${found.root}/apps/web`);
    expect(found.notes).to.include('The workspace has other applications that may be the frontend: apps/docs. To take one: envctl config --set FRONTEND_DIR=apps/docs');
    expect(found.frontend?.evidence?.at(-1)).to.deep.equal({ path: `${found.root}/package.json`, text: 'workspace package apps/web' });
  });

  it('none of several without one, with a note that says which there are', async () => {
    const found = await detect({ 'package.json': root('apps/*'), 'apps/a/package.json': next, 'apps/b/package.json': next });
    expect(commandsOf(found)).to.deep.equal({});
    expect(found.notes).to.include('The workspace has several applications that may be the frontend: apps/a, apps/b. Say which: envctl config --set FRONTEND_DIR=apps/a');
    const error = missingCommandError('frontend', { projectRoot: found.root, directories: { backend: 'backend', frontend: 'frontend' }, notes: found.notes });
    expect(error.hints[0]).to.match(/apps\/a, apps\/b\. Say which: envctl config --set FRONTEND_DIR=apps\/a$/);
  });

  it('with packages that are hoisted into the root', async () => {
    const files = { 'package.json': root('apps/*'), 'apps/web/package.json': next };
    expect((await detect({ ...files, 'node_modules/.bin/next*': '' })).problems).to.deep.equal([]);
    const missing = await detect({ ...files, 'package-lock.json': '{}' });
    expect(missing.problems.map(({ reasonCode, hints }) => [reasonCode, ...hints])).to.deep.equal([['node_modules_missing', `cd ${missing.root} && npm ci`]]);
  });
});
