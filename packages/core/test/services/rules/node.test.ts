import { expect } from 'chai';
import { detectionRules } from '../../../dist/services/index.js';
import { nodeFrameworks } from '../../../dist/services/rules/node-frameworks.js';
import { commandsOf, detect, itFinds, packageJson } from './detect.js';

const options = '--port 4000 --host 127.0.0.1';

describe('rules for Node', () => {
  describe('a framework in the root', () => {
    itFinds([
      ['Next', { 'package.json': packageJson({ dev: 'next dev --turbopack', start: 'next start' }) }, { frontend: 'npm run dev -- -p 4000 -H 127.0.0.1' }, 'next'],
      ['Nuxt', { 'package.json': packageJson({ dev: 'nuxt dev' }) }, { frontend: `npm run dev -- ${options}` }, 'nuxt'],
      ['Nuxt by nuxi', { 'package.json': packageJson({ dev: 'nuxi dev' }) }, { frontend: `npm run dev -- ${options}` }, 'nuxt'],
      ['SvelteKit', { 'package.json': packageJson({ dev: 'vite dev' }, ['@sveltejs/kit', 'vite']) }, { frontend: 'npm run dev -- --port 4000 --strictPort --host 127.0.0.1' }, 'sveltekit'],
      ['Astro', { 'package.json': packageJson({ dev: 'astro dev' }) }, { frontend: `npm run dev -- ${options}` }, 'astro'],
      ['Remix with Vite', { 'package.json': packageJson({ dev: 'remix vite:dev' }) }, { frontend: `npm run dev -- --port 4000 --strictPort --host 127.0.0.1` }, 'remix'],
      ['Remix without Vite, by PORT', { 'package.json': packageJson({ dev: 'remix dev' }) }, { frontend: 'npm run dev' }, 'remix-classic'],
      ['React Router', { 'package.json': packageJson({ dev: 'react-router dev' }) }, { frontend: `npm run dev -- --port 4000 --strictPort --host 127.0.0.1` }, 'react-router'],
      ['Angular, by its start script', { 'package.json': packageJson({ ng: 'ng', start: 'ng serve' }) }, { frontend: `npm run start -- ${options}` }, 'angular'],
      ['Create React App, by PORT', { 'package.json': packageJson({ start: 'react-scripts start' }) }, { frontend: 'npm run start' }, 'create-react-app'],
      ['Vue CLI', { 'package.json': packageJson({ serve: 'vue-cli-service serve' }) }, { frontend: `npm run serve -- ${options}` }, 'vue-cli'],
      ['Vite', { 'package.json': packageJson({ dev: 'vite --open' }) }, { frontend: 'npm run dev -- --port 4000 --strictPort --host 127.0.0.1' }, 'vite'],
      ['Create React App by Craco', { 'package.json': packageJson({ start: 'craco start' }) }, { frontend: 'npm run start' }, 'create-react-app'],
      ['Webpack', { 'package.json': packageJson({ dev: 'webpack serve --mode development', build: 'webpack' }) }, { frontend: `npm run dev -- ${options}` }, 'webpack'],
      ['Webpack by the program of its server', { 'package.json': packageJson({ start: 'webpack-dev-server --config webpack.dev.js' }) }, { frontend: `npm run start -- ${options}` }, 'webpack-dev-server'],
      ['Rspack', { 'package.json': packageJson({ dev: 'rspack serve' }) }, { frontend: `npm run dev -- ${options}` }, 'rspack'],
      ['Rsbuild', { 'package.json': packageJson({ dev: 'rsbuild dev --open' }) }, { frontend: `npm run dev -- ${options}` }, 'rsbuild'],
      ['Gatsby', { 'package.json': packageJson({ develop: 'gatsby develop', start: 'npm run develop' }) }, { frontend: `npm run develop -- ${options}` }, 'gatsby'],
      ['Parcel with an entry', { 'package.json': packageJson({ start: 'parcel src/index.html -p 1234' }) }, { frontend: `npm run start -- ${options}` }, 'parcel'],
      ['Parcel by its word', { 'package.json': packageJson({ dev: 'parcel serve web/*.html' }) }, { frontend: `npm run dev -- ${options}` }, 'parcel'],
      ['Ember', { 'package.json': packageJson({ start: 'ember serve' }) }, { frontend: `npm run start -- ${options}` }, 'ember'],
      ['Quasar', { 'package.json': packageJson({ dev: 'quasar dev' }) }, { frontend: 'npm run dev -- --port 4000 --hostname 127.0.0.1' }, 'quasar'],
      ['Umi, by PORT', { 'package.json': packageJson({ dev: 'max dev' }) }, { frontend: 'npm run dev' }, 'umi'],
      ['Docusaurus', { 'package.json': packageJson({ docusaurus: 'docusaurus', start: 'docusaurus start' }) }, { frontend: `npm run start -- ${options} --no-open` }, 'docusaurus'],
      ['VitePress', { 'package.json': packageJson({ dev: 'vitepress dev docs' }) }, { frontend: 'npm run dev -- --port 4000 --strictPort --host 127.0.0.1' }, 'vitepress'],
      ['VitePress with a directory alone', { 'package.json': packageJson({ dev: 'vitepress docs' }) }, { frontend: 'npm run dev -- --port 4000 --strictPort --host 127.0.0.1' }, 'vitepress'],
      ['VuePress', { 'package.json': packageJson({ dev: 'vuepress dev docs' }) }, { frontend: `npm run dev -- ${options}` }, 'vuepress'],
      ['Eleventy', { 'package.json': packageJson({ start: 'npx @11ty/eleventy --serve --quiet' }) }, { frontend: 'npm run start -- --port 4000' }, 'eleventy'],
      ['Storybook', { 'package.json': packageJson({ dev: 'storybook dev -p 6006' }) }, { frontend: `npm run dev -- ${options} --ci` }, 'storybook'],
      ['Storybook of old', { 'package.json': packageJson({ start: 'start-storybook -p 6006' }) }, { frontend: `npm run start -- ${options} --ci` }, 'start-storybook'],
      ['files by http-server', { 'package.json': packageJson({ start: 'http-server public -c-1' }) }, { frontend: 'npm run start -- -p 4000 -a 127.0.0.1' }, 'http-server'],
      ['files by live-server', { 'package.json': packageJson({ start: 'live-server --port=8080 src' }) }, { frontend: 'npm run start -- --port=4000 --host=127.0.0.1 --no-browser' }, 'live-server'],
      ['Nest, watching, by PORT', { 'package.json': packageJson({ start: 'nest start', 'start:dev': 'nest start --watch' }) }, { backend: 'npm run start:dev' }, 'nest'],
      ['Fastify by its CLI', { 'package.json': packageJson({ dev: 'fastify start -w app.js' }) }, { backend: 'npm run dev -- --port 4000 --address 127.0.0.1' }, 'fastify'],
      ['Express', { 'package.json': packageJson({ start: 'node ./bin/www' }, ['express']) }, { backend: 'npm run start' }, 'package-script'],
    ]);
  });

  describe('a script', () => {
    const next = (dev: string, more: Readonly<Record<string, string>> = {}) => ({ 'package.json': packageJson({ dev, ...more }) });
    const started = { frontend: 'npm run dev -- -p 4000 -H 127.0.0.1' };
    itFinds([
      ['with variables before the program', next("NODE_OPTIONS='--inspect --trace' next dev"), started],
      ['with cross-env', next('cross-env NODE_ENV=development A=1 next dev'), started],
      ['with npx', next('npx --yes next dev'), started],
      ['that calls the program by its path', next('node ./node_modules/.bin/next dev'), started],
      ['with steps before it', next('tsc -b && (exit 0); next dev'), started],
      ['whose port is overruled', next('next dev -p 3001'), started],
      ['that a shell fills in', next('next dev -p ${PORT:-3000}'), started],
      ['that runs another script', next('npm run dev:web', { 'dev:web': 'next dev' }), { frontend: 'npm run dev:web -- -p 4000 -H 127.0.0.1' }],
      ['with a program before it that brings variables', next('dotenv -e .env.local -- next dev --turbo'), started],
      ['with one that has options of its own', next('env-cmd -f .env next dev'), started],
      ['with one in the cloud', next('doppler run --project a -- next dev'), started],
      ['with a package manager before the program', next('pnpm exec next dev'), started],
      ['with another one, and its options', next('bun --bun run next dev'), started],
      ['with a package manager that needs no word', next('yarn next dev'), started],
      ['that ends with another script, by PORT alone', next('node migrate.js && npm run web', { web: 'next dev' }), { frontend: 'npm run dev' }],
      ['of a server that Bun runs', next('bun --hot src/index.ts'), { backend: 'npm run dev' }],
      ['of one server and what helps it', next('concurrently -k "tsc -w" "nodemon dist/index.js"'), { backend: 'npm run dev' }],
      ['of a framework in quotes', { 'frontend/package.json': packageJson({ dev: 'echo "vite && next dev"; vite' }) }, { frontend: 'npm run dev -- --port 4000 --strictPort --host 127.0.0.1' }],
      ['that says its port to a program that would take both', next('astro dev --port 3000 --host --verbose'), { frontend: `./node_modules/.bin/astro dev --verbose ${options}` }],
      ['the same, with a step before it, by PORT alone', next('tsc && astro dev --port=3000'), { frontend: 'npm run dev' }],
      ['in which more comes after the server, by PORT alone', next('next dev & tsc -w'), { frontend: 'npm run dev' }],
    ]);

    it('that leaves no place for the port is told of', async () => {
      expect((await detect(next('vite & tsc -w'))).notes.join('\n')).to.match(/the script dev leaves no place for --port after vite; Vite gets its port in PORT alone. To give it the option: envctl config --set ENVCTL_FRONTEND_START_CMD='npx vite --port {port} --strictPort --host 127.0.0.1'/);
    });

    const several = "starts other programs, and envctl starts each by itself. The";
    const vite = "ENVCTL_FRONTEND_START_CMD='npm run client -- --port {port} --strictPort --host 127.0.0.1'";
    const rows: readonly (readonly [dev: string, files: Readonly<Record<string, string>>, notes: readonly string[]])[] = [
      ['concurrently -n a,b "vite" "tsx watch server.ts"', {}, ["backend: envctl config --set ENVCTL_BACKEND_START_CMD='npx tsx watch server.ts'", "frontend: envctl config --set ENVCTL_FRONTEND_START_CMD='npx vite --port {port} --strictPort --host 127.0.0.1'"]],
      ['run-p client server', {}, ["backend: envctl config --set ENVCTL_BACKEND_START_CMD='npm run server'", `frontend: envctl config --set ${vite}`]],
      ['concurrently "npm:client" "npm run server"', {}, ["backend: envctl config --set ENVCTL_BACKEND_START_CMD='npm run server'", `frontend: envctl config --set ${vite}`]],
      ['npm-run-all --parallel cl*', {}, [`frontend: envctl config --set ${vite}`]],
      ['concurrently "npm start --prefix ui" "cd srv && npm start"', { 'ui/package.json': packageJson({ start: 'react-scripts start' }), 'srv/package.json': packageJson({ start: 'node a.js' }) }, ['backend: envctl config --set BACKEND_DIR=srv', 'frontend: envctl config --set FRONTEND_DIR=ui']],
    ];
    for (const [dev, files, notes] of rows) {
      it(`that starts several is told with the command for each: ${dev}`, async () => {
        const found = await detect({ ...next(dev, { client: 'vite', server: 'node server.js' }), ...files });
        expect(commandsOf(found)).to.deep.equal({});
        expect(found.notes.filter((note) => note.includes(several)).map((note) => note.split(`${several} `)[1])).to.deep.equal(notes);
      });
    }

    it('that a tool of many packages runs is told where it knows no application', async () => {
      const { notes } = await detect(next('nx serve shop'));
      expect(notes).to.have.lengthOf(2);
      expect(notes[1]).to.match(/the script dev \(nx serve shop\) starts other programs.* Say how the frontend is started: envctl config --set ENVCTL_FRONTEND_START_CMD='<command>'$/);
    });

    it('that calls a program without the package manager calls the one that is installed', async () => {
      const found = await detect({ 'web/package.json': packageJson({ dev: 'astro dev --port 3000' }), 'node_modules/.bin/astro*': '' }, { directories: { backend: 'backend', frontend: 'web' } });
      expect(commandsOf(found)).to.deep.equal({ frontend: `ROOT/node_modules/.bin/astro dev ${options}` });
    });
  });

  describe('is not taken for a server', () => {
    itFinds([
      ['a library that compiles', { 'package.json': packageJson({ dev: 'tsc --watch' }) }, {}],
      ['a library that is bundled, but its start script is', { 'package.json': packageJson({ dev: 'tsup --watch', start: 'node dist/server.js' }) }, { backend: 'npm run start' }],
      ['a desktop application', { 'package.json': packageJson({ start: 'electron .' }) }, {}],
      ['Next without its development server', { 'package.json': packageJson({ build: 'next build' }, ['next']) }, {}],
      ['a package of the name of a framework', { 'package.json': packageJson({ dev: 'node next.js' }, ['next']) }, { backend: 'npm run dev' }, 'package-script'],
      ['a build of Webpack', { 'package.json': packageJson({ dev: 'webpack --watch', start: 'node server.js' }) }, { backend: 'npm run start' }, 'package-script'],
      ['a build of Parcel', { 'package.json': packageJson({ dev: 'parcel watch src/index.html' }) }, {}],
      ['a build of Eleventy', { 'package.json': packageJson({ dev: 'eleventy --watch' }) }, {}],
      ['a build of Nuxt', { 'package.json': packageJson({ dev: 'nuxt build && node .output/server' }) }, { backend: 'npm run dev' }, 'package-script'],
      ['scripts that are no object', { 'package.json': '{"scripts": ["dev"]}' }, {}],
    ]);
  });

  describe('precedence', () => {
    const vite = packageJson({ dev: 'vite' });
    itFinds([
      ['the own directory of a service before the root', { 'package.json': packageJson({ dev: 'next dev' }), 'frontend/package.json': vite }, { frontend: 'npm run dev -- --port 4000 --strictPort --host 127.0.0.1' }],
      ['a tool of the frontend in its own directory, beside a backend in its own', { 'frontend/package.json': packageJson({ dev: 'webpack serve' }), 'backend/package.json': packageJson({ dev: 'node a' }) }, { backend: 'npm run dev', frontend: `npm run dev -- ${options}` }, 'webpack'],
      ['a framework in the root is the frontend of a backend with a directory', { 'package.json': packageJson({ dev: 'next dev' }), 'backend/package.json': packageJson({ start: 'node a' }) }, { backend: 'npm run start', frontend: 'npm run dev -- -p 4000 -H 127.0.0.1' }],
      ['SvelteKit before Vite', { 'package.json': packageJson({ dev: 'vite' }, ['@sveltejs/kit']) }, { frontend: 'npm run dev -- --port 4000 --strictPort --host 127.0.0.1' }, 'sveltekit'],
      ['a development script before a start script', { 'package.json': packageJson({ start: 'astro dev', dev: 'astro dev' }) }, { frontend: `npm run dev -- ${options}` }],
      ['a server before the documents, stories or files beside it', { 'package.json': packageJson({ dev: 'tsx watch server.ts', serve: 'vitepress dev docs', start: 'storybook dev' }) }, { backend: 'npm run dev' }, 'package-script'],
      ['an application before the stories beside it', { 'package.json': packageJson({ start: 'storybook dev', dev: 'webpack serve' }) }, { frontend: `npm run dev -- ${options}` }, 'webpack'],
      ['a framework before any other script', { 'package.json': packageJson({ dev: 'node scripts/all.js', start: 'ng serve' }) }, { frontend: `npm run start -- ${options}` }, 'angular'],
    ]);

    it('one directory for both services is one service', async () => {
      const directories = { backend: 'web', frontend: 'web' };
      expect(commandsOf(await detect({ 'web/package.json': vite }, { directories }))).to.have.all.keys('frontend');
      expect(commandsOf(await detect({ 'web/package.json': packageJson({ dev: 'nest start' }) }, { directories }))).to.have.all.keys('backend');
    });
  });

  describe('the package manager', () => {
    const dev = { dev: 'next dev' };
    itFinds([
      ['that packageManager names', { 'package.json': packageJson(dev, [], { packageManager: 'pnpm@9.1.0+sha' }), 'package-lock.json': '{}', 'bin/pnpm*': '' }, { frontend: 'pnpm run dev -p 4000 -H 127.0.0.1' }],
      ['that packageManager of the root names', { 'package.json': packageJson({}, [], { packageManager: 'yarn@4.0.0' }), 'frontend/package.json': packageJson(dev), 'bin/yarn*': '' }, { frontend: 'yarn run dev -p 4000 -H 127.0.0.1' }],
      ['of the nearest lock file before packageManager of the root', { 'package.json': packageJson({}, [], { packageManager: 'yarn@4.0.0' }), 'frontend/package.json': packageJson(dev), 'frontend/bun.lock': '', 'bin/yarn*': '', 'bin/bun*': '' }, { frontend: 'bun run dev -p 4000 -H 127.0.0.1' }],
    ]);

    it('that is not there is a note, npm that is not there is a problem', async () => {
      const found = await detect({ 'package.json': packageJson(dev, [], { packageManager: 'pnpm@9.1.0' }) });
      expect(found.notes.join('\n')).to.match(/packageManager is for pnpm, which is not on PATH; npm is used instead/);
      const without = await detect({ 'package.json': packageJson(dev) }, { searchPath: '/nowhere' });
      expect(without.problems.map(({ code, reasonCode }) => [code, reasonCode])).to.deep.equal([['ENVCTL_E_SERVICE_COMMAND_NOT_FOUND', 'missing_command_executable']]);
      expect(without.problems[0]?.message).to.match(/started by npm, which is not on PATH/);
    });
  });

  it('name the program that is not installed', async () => {
    for (const { id, programs, starts, servesBy = '' } of nodeFrameworks.filter(({ dependsOn }) => dependsOn === undefined)) {
      const found = await detect({ 'frontend/package.json': packageJson({ dev: `${programs[0]} ${starts[0]} ${servesBy}` }, ['x']), 'frontend/node_modules/': '' });
      expect([id, ...found.problems.map(({ reasonCode }) => reasonCode)]).to.deep.equal([id, `${programs[0]}_binary_missing`]);
      expect(found.problems[0]?.hints).to.deep.equal([`cd ${found.root}/frontend && npm install`]);
    }
  });

  it('say which frontends are known to have code on the server: no script of unknown kind is', async () => {
    const serverCode = async (dev: string, ...dependencies: readonly string[]) => (await detect({ 'frontend/package.json': packageJson({ dev }, dependencies) })).frontend?.serverCode === true;
    for (const dev of ['next dev', 'nuxt dev', 'astro dev', 'remix vite:dev', 'react-router dev']) expect(await serverCode(dev), dev).to.equal(true);
    for (const dev of ['vite', 'ng serve', 'react-scripts start', 'vue-cli-service serve', 'parcel index.html', 'webpack serve', 'node server.js']) expect(await serverCode(dev), dev).to.equal(false);
    expect(await serverCode('vite dev', '@sveltejs/kit')).to.equal(true);
  });

  it('bind loopback wherever they take an address', () => {
    expect(nodeFrameworks.filter(({ args }) => args.length > 0 && !args.some((word) => word.includes('127.0.0.1'))).map(({ id }) => id)).to.deep.equal(['eleventy']);
  });

  it('have ids that are used once', () => {
    const ids = detectionRules.map(({ id }) => id);
    expect(new Set(ids).size).to.equal(ids.length);
  });
});
