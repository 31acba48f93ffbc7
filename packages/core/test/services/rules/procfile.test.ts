import { expect } from 'chai';
import { readProcfile } from '../../../dist/services/rules/procfile.js';
import { detect, itFinds, packageJson } from './detect.js';

describe('rule for a Procfile', () => {
  itFinds([
    ['its web entry, through a shell', { Procfile: 'web: python3 server.py --port $PORT\n' }, { backend: 'sh -c python3 server.py --port $PORT' }, 'procfile'],
    ['Procfile.dev before Procfile', { Procfile: 'web: python3 a.py\n', 'Procfile.dev': 'web: python3 b.py\n' }, { backend: 'sh -c python3 b.py' }],
    ['Procfile where Procfile.dev has no web', { Procfile: 'web: python3 a.py\n', 'Procfile.dev': 'css: x\n' }, { backend: 'sh -c python3 a.py' }],
    ['programs of the virtual environment and of the packages', { 'backend/Procfile': 'web: gunicorn app\n', 'backend/.venv/bin/python*': '', 'backend/.venv/bin/gunicorn*': '', 'node_modules/.bin/': '' }, { backend: 'sh -c PATH=ROOT/backend/.venv/bin:ROOT/node_modules/.bin:$PATH; gunicorn app' }],
    ['before a script', { Procfile: 'web: python3 a.py\n', 'package.json': packageJson({ dev: 'node a.js' }) }, { backend: 'sh -c python3 a.py' }],
    ['after Django', { Procfile: 'web: gunicorn mysite.wsgi\n', 'manage.py': 'DJANGO_SETTINGS_MODULE' }, { backend: 'python3 manage.py runserver 127.0.0.1:4000' }],
    ['not of what a frontend is served with', { Procfile: 'web: npm start\n', 'package.json': packageJson({ dev: 'next dev', start: 'next start' }) }, { frontend: 'npm run dev -- -p 4000 -H 127.0.0.1' }],
    ['not of a program that a build would make', { Procfile: 'web: bin/shop\n', 'go.mod': 'module shop\n', 'main.go': 'package main\nfunc main() { http.ListenAndServe("", nil) }\n' }, { backend: 'go run .' }],
    ['not without web', { Procfile: 'worker: python3 a.py\n' }, {}],
  ]);

  describe('its other entries', () => {
    const files = { Procfile: 'web: python3 a.py\nworker: python3 jobs.py --all\nClock_2: beat --every "$SECONDS"\nrelease: python3 manage.py migrate\n', '.venv/bin/python*': '', '.venv/bin/beat*': '' };

    it('are named with the command that makes them services, but for what is done before a release', async () => {
      const found = await detect(files);
      expect(found.notes).to.include(
        `${found.root}/Procfile: not started: worker (python3 jobs.py --all), Clock_2 (beat --every "$SECONDS"). To have them too: envctl config` +
          ` --set ENVCTL_ADDITIONAL_SERVICES=worker,clock-2` +
          ` --set ENVCTL_SERVICE_WORKER_KIND=worker --set ENVCTL_SERVICE_WORKER_DIR=. --set 'ENVCTL_SERVICE_WORKER_START_CMD=python3 jobs.py --all'` +
          ` --set ENVCTL_SERVICE_CLOCK_2_KIND=worker --set ENVCTL_SERVICE_CLOCK_2_DIR=.` +
          ` --set 'ENVCTL_SERVICE_CLOCK_2_START_CMD=sh -c '\\''PATH="$PWD/.venv/bin:$PATH"; beat --every "$SECONDS"'\\'''`,
      );
    });

    it('are not named when they are services', async () => {
      const found = await detect(files, { additional: ['worker', 'mail'] });
      expect(found.notes.find((note) => note.includes('Procfile'))).to.match(/not started: Clock_2 .*ENVCTL_ADDITIONAL_SERVICES=worker,mail,clock-2 /);
      expect((await detect(files, { additional: ['worker', 'clock-2'] })).notes.join('\n')).not.to.include('Procfile');
    });
  });

  it('tells of a program that is not there', async () => {
    const found = await detect({ Procfile: 'web: env A=1 gunicorn app:app\n' });
    expect(found.problems.map(({ reasonCode }) => reasonCode)).to.deep.equal(['missing_command_executable']);
    expect(found.problems[0]?.message).to.match(/started by gunicorn,/);
  });

  it('reads entries and nothing else', () => {
    expect(readProcfile('# web: no\n web: no\nweb:   run a:b  \nbad name: x\nworker: y\r\nempty:\n')).to.deep.equal([
      { name: 'web', command: 'run a:b' },
      { name: 'worker', command: 'y' },
    ]);
  });
});
