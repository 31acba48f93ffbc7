import { expect } from 'chai';
import { commandsOf, detect, itFinds } from './detect.js';

const manage = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'mysite.settings')\n";
const flask = 'from flask import Flask\napp = Flask(__name__)\n';
const flaskFactory = 'from flask import Flask\ndef create_app(config=None):\n    app = Flask(__name__)\n    return app\n';
const fastapi = 'from fastapi import FastAPI\napp = FastAPI()\n';
const runserver = 'python3 manage.py runserver 127.0.0.1:4000';
const run = (reference: string) => `python3 -m flask --app ${reference} run --host 127.0.0.1 --port 4000`;
const uvicorn = (reference: string, more = '') => `python3 -m uvicorn ${reference} --host 127.0.0.1 --port 4000${more}`;
const virtual = (where: string, ...modules: readonly string[]) => ({ [`${where}/bin/python*`]: '', ...Object.fromEntries(modules.map((name) => [`${where}/lib/python3.12/site-packages/${name}/`, ''])) });

describe('rules for Python', () => {
  describe('Django', () => {
    itFinds([
      ['in the root', { 'manage.py': manage, 'mysite/settings.py': '' }, { backend: runserver }, 'django'],
      ['in the directory of the backend', { 'backend/manage.py': manage }, { backend: runserver }, 'django'],
      ['one directory below', { 'mysite/manage.py': manage }, { backend: runserver }, 'django'],
      ['before an ASGI application beside it', { 'manage.py': manage, 'main.py': fastapi }, { backend: runserver }],
      ['beside a frontend in the root', { 'manage.py': manage, 'package.json': '{"scripts":{"dev":"vite"}}' }, { backend: runserver, frontend: 'npm run dev -- --port 4000 --strictPort --host 127.0.0.1' }],
      ['not in a manage.py of something else', { 'manage.py': 'print("x")\n' }, {}],
      ['not when there are two below', { 'a/manage.py': manage, 'b/manage.py': manage }, {}],
    ]);

    it('of several is a question, with the command that answers it', async () => {
      const { notes } = await detect({ 'a/manage.py': manage, 'b/manage.py': manage });
      expect(notes[0]).to.equal('Several directories have a manage.py: a, b. Say which is the backend: envctl config --set BACKEND_DIR=a');
    });

    it('runs where its manage.py is', async () => {
      const found = await detect({ 'mysite/manage.py': manage });
      expect(found.backend?.cwd).to.equal(`${found.root}/mysite`);
    });
  });

  describe('Flask', () => {
    itFinds([
      ['in app.py', { 'app.py': flask }, { backend: run('app:app') }, 'flask'],
      ['under another name', { 'wsgi.py': 'import flask\nserver: flask.Flask = flask.Flask("x")\n' }, { backend: run('wsgi:server') }],
      ['by a factory', { 'main.py': flaskFactory }, { backend: run('main:create_app') }],
      ['by a factory that returns it at once', { 'app.py': 'from flask import Flask\n\ndef create_app():\n    return Flask(__name__)\n' }, { backend: run('app:create_app') }],
      ['by a factory of a package', { 'shop/__init__.py': flaskFactory, 'tests/__init__.py': flaskFactory }, { backend: run('shop:create_app') }],
      ['by a factory of a package below src', { 'src/shop/__init__.py': flaskFactory }, { backend: run('shop:create_app') }],
      ['that is made from a factory elsewhere', { 'wsgi.py': 'from shop import create_app\napplication = create_app()\n' }, { backend: run('wsgi:application') }],
      ['that .flaskenv names', { '.flaskenv': 'FLASK_DEBUG=1\nexport FLASK_APP="shop.web:make()"\n', 'app.py': flask }, { backend: run('shop.web:make()') }],
      ['not by a factory that needs arguments', { 'shop/__init__.py': 'from flask import Flask\ndef create_app(config):\n    app = Flask("x")\n' }, {}],
      ['not when two packages have one', { 'a/__init__.py': flask, 'b/__init__.py': flask }, {}],
      ['not in a file that only mentions it', { 'app.py': '# Flask(__name__)\nprint("flask")\n' }, {}],
    ]);

    it('below src is on the path of Python', async () => {
      const found = await detect({ 'src/shop/__init__.py': flaskFactory });
      expect(found.backend?.env['PYTHONPATH']).to.equal(`${found.root}/src`);
    });
  });

  describe('ASGI', () => {
    const made = 'from shop import create_app\n\napp = create_app()\n';
    const factory = 'from fastapi import FastAPI\ndef create_app(debug: bool = False) -> FastAPI:\n    app = FastAPI()\n    return app\n';
    itFinds([
      ['in app.py', { 'app.py': fastapi }, { backend: uvicorn('app:app') }, 'asgi-module'],
      ['that is made from a factory elsewhere', { 'run.py': made, 'shop/__init__.py': factory }, { backend: uvicorn('run:app') }],
      ['the same, of a package that hands it on', { 'run.py': made, 'shop/__init__.py': 'from .factory import create_app\n', 'shop/factory.py': factory, 'requirements.txt': 'fastapi\nuvicorn\n' }, { backend: uvicorn('run:app') }],
      ['by a factory of a package', { 'shop/__init__.py': factory }, { backend: uvicorn('shop:create_app', ' --factory') }],
      ['by a factory', { 'app/main.py': factory }, { backend: uvicorn('app.main:create_app', ' --factory') }],
      ['in the only package', { 'shop/__init__.py': '', 'shop/main.py': fastapi }, { backend: uvicorn('shop.main:app') }],
      ['in the only package below src', { 'src/shop/__init__.py': '', 'src/shop/main.py': factory }, { backend: uvicorn('shop.main:create_app', ' --factory --app-dir src') }],
      ['before Flask', { 'main.py': fastapi, 'app.py': flask }, { backend: uvicorn('main:app') }],
      ['not in a package that only names it', { 'pyproject.toml': 'dependencies = ["fastapi"]', 'shop/__init__.py': '', 'shop/main.py': 'from x import app\n' }, {}],
    ]);
  });

  describe('the interpreter', () => {
    itFinds([
      ['is that of a virtual environment', { 'manage.py': manage, ...virtual('.venv', 'django') }, { backend: 'ROOT/.venv/bin/python manage.py runserver 127.0.0.1:4000' }],
      ['is what Poetry runs where the lock file is its own', { 'manage.py': manage, 'poetry.lock': '', 'bin/poetry*': '' }, { backend: 'poetry run python manage.py runserver 127.0.0.1:4000' }],
      ['is what Pipenv runs where the lock file is its own', { 'app.py': flask, 'Pipfile.lock': '', 'bin/pipenv*': '' }, { backend: 'pipenv run python -m flask --app app:app run --host 127.0.0.1 --port 4000' }],
      ['is the one on PATH where Poetry is not', { 'manage.py': manage, 'poetry.lock': '' }, { backend: runserver }],
    ]);

    it('is missed with the command that installs it', async () => {
      const found = await detect({ 'manage.py': manage, 'system/apt-get*': '' }, { searchPath: '/nowhere' });
      expect(found.problems.map(({ reasonCode }) => reasonCode)).to.deep.equal(['missing_command_executable']);
      expect(commandsOf(found)).to.deep.equal({ backend: runserver });
    });
  });

  describe('modules that are not installed', () => {
    const rows: readonly [string, Readonly<Record<string, string>>, string][] = [
      ['Django from requirements.txt', { 'manage.py': manage, 'requirements.txt': 'django\n', ...virtual('venv') }, 'cd ROOT && ROOT/venv/bin/python -m pip install -r requirements.txt'],
      ['Flask without any list', { 'app.py': flask, ...virtual('.venv') }, 'cd ROOT && ROOT/.venv/bin/python -m pip install flask'],
      ['uvicorn of a uv project that was never synchronised', { 'main.py': fastapi, 'uv.lock': '' }, 'cd ROOT && uv sync'],
      ['Django of a Poetry project', { 'manage.py': manage, 'poetry.lock': '', ...virtual('.venv') }, 'cd ROOT && poetry install'],
    ];
    for (const [title, files, hint] of rows) {
      it(title, async () => {
        const found = await detect(files);
        expect(found.problems.map(({ reasonCode, hints }) => [reasonCode, ...hints])).to.deep.equal([['python_module_missing', hint.replaceAll('ROOT', found.root)]]);
      });
    }
  });
});
