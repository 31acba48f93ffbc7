import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runOrThrow } from '../../packaging/run.js';
import type { World } from '../world.js';
import { withStores, type GeneratedApp } from './generated-app.js';

const readStores = (connect: string): string => `
cache = redis.Redis.from_url(os.environ["REDIS_URL"])


def use_stores():
    with ${connect} as connection:
        connection.execute("create table if not exists visits (id serial primary key)")
        connection.execute("insert into visits default values")
        visits = connection.execute("select count(*) from visits").fetchone()[0]
    cache.set("visits", visits)
    return {"row": visits, "key": int(cache.get("visits")), "project": os.environ["ENVCTL_PROJECT_NAME"]}
`;
const imports = 'import os\n\nimport psycopg\nimport redis\n';
const storesModule = `${imports}${readStores('psycopg.connect(os.environ["DATABASE_URL"])')}`;

/** Settings of its own for one environment, as Django projects have them. */
export const djangoApp: GeneratedApp = {
  id: 'django',
  generator: 'django',
  service: 'backend',
  rule: 'django',
  async generate(world) {
    await mkdir(world.repository);
    await createEnvironment(world, 'django', 'psycopg[binary]', 'redis');
    await runOrThrow(`${world.repository}/.venv/bin/django-admin`, ['startproject', 'mysite', world.repository], { cwd: world.directory });
    return versionOf(world, 'django');
  },
  files: {
    '.envctl': `${withStores}\n# >>> envctl backend launch env >>>\nDJANGO_SETTINGS_MODULE=mysite.local\n# <<< envctl backend launch env <<<\n`,
    'mysite/local.py': `import os
from urllib.parse import urlparse

from .settings import *  # noqa: F403

_url = urlparse(os.environ["DATABASE_URL"])
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _url.path[1:],
        "USER": _url.username,
        "PASSWORD": _url.password,
        "HOST": _url.hostname,
        "PORT": _url.port,
    }
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": os.environ["REDIS_URL"]}}
ROOT_URLCONF = "mysite.local_urls"
`,
    'mysite/local_urls.py': `import os

from django.core.cache import cache
from django.db import connection
from django.http import JsonResponse
from django.urls import path

from .urls import urlpatterns


def stores(request):
    with connection.cursor() as cursor:
        cursor.execute("create table if not exists visits (id serial primary key)")
        cursor.execute("insert into visits default values")
        cursor.execute("select count(*) from visits")
        visits = cursor.fetchone()[0]
    cache.set("visits", visits)
    return JsonResponse({"row": visits, "key": cache.get("visits"), "project": os.environ["ENVCTL_PROJECT_NAME"]})


urlpatterns = [*urlpatterns, path("stores", stores)]
`,
  },
  stores: '/stores',
  page: { path: '/admin/login/', has: 'Django administration' },
  loopbackOnly: true,
};

/** Flask has no generator; what its documentation builds comes with its source. */
export const flaskApp: GeneratedApp = {
  id: 'flask',
  generator: 'flask (examples/tutorial)',
  service: 'backend',
  rule: 'flask',
  async generate(world) {
    const inWorld = { cwd: world.directory };
    await mkdir(path.join(world.directory, 'source'));
    await runOrThrow('python3', ['-m', 'pip', 'download', '--quiet', '--no-deps', '--no-binary', 'flask', '--dest', 'source', 'flask'], inWorld);
    await runOrThrow('sh', ['-c', 'tar -xzf source/flask-*.tar.gz -C source --strip-components=1'], inWorld);
    await rename(path.join(world.directory, 'source/examples/tutorial'), world.repository);
    await createEnvironment(world, 'flask', 'psycopg[binary]', 'redis');
    return versionOf(world, 'flask');
  },
  files: {
    '.envctl': withStores,
    'stores.py': storesModule,
    'wsgi.py': 'from flaskr import create_app\n\nfrom stores import use_stores\n\napp = create_app()\napp.add_url_rule("/stores", view_func=use_stores)\n',
  },
  stores: '/stores',
  page: { path: '/hello', has: 'Hello, World!' },
  loopbackOnly: true,
};

export const fastapiApp: GeneratedApp = {
  id: 'fastapi',
  generator: 'fastapi-new',
  service: 'backend',
  rule: 'asgi-module',
  // The generator drives uv, which is looked for on PATH; both are Python packages.
  async env(directory) {
    const tools = path.join(directory, 'tools');
    await runOrThrow('python3', ['-m', 'venv', tools], { cwd: directory });
    await runOrThrow(`${tools}/bin/pip`, ['install', '--quiet', 'fastapi-new', 'uv'], { cwd: directory });
    return { PATH: `${tools}/bin:${process.env['PATH']}` };
  },
  async generate(world) {
    await runOrThrow('fastapi-new', [path.basename(world.repository)], { cwd: world.directory, env: world.env });
    await runOrThrow('uv', ['pip', 'install', '--quiet', 'psycopg[binary]', 'redis'], { cwd: world.repository, env: world.env });
    const { stdout } = await runOrThrow(`${world.directory}/tools/bin/pip`, ['show', 'fastapi-new'], { cwd: world.directory });
    return /^Version: (.+)$/m.exec(stdout)![1]!;
  },
  files: {
    '.envctl': withStores,
    'stores.py': storesModule,
    'app/main.py': 'from main import app\nfrom stores import use_stores\n\napp.add_api_route("/stores", use_stores)\n',
  },
  stores: '/stores',
  page: { path: '/', has: 'Hello World' },
  loopbackOnly: true,
};

/** A server that nothing but its Procfile knows how to start, and only with the programs of its environment. */
export const procfileApp: GeneratedApp = {
  id: 'procfile',
  generator: 'gunicorn',
  service: 'backend',
  rule: 'procfile',
  async generate(world) {
    await mkdir(path.join(world.repository, 'web'), { recursive: true });
    const write = (name: string, text: string): Promise<void> => writeFile(path.join(world.repository, name), text);
    await write('Procfile', 'web: gunicorn --bind "127.0.0.1:${PORT:-5000}" "web.serve:build()"\nrelease: python -m web.migrate\n');
    await write('web/serve.py', 'import glob\n\nfrom flask import Flask\n\n\ndef build():\n    app = Flask(__name__)\n    app.add_url_rule("/hello", view_func=lambda: "Hello, World!")\n    for name in glob.glob("web/routes/*.py"):\n        exec(open(name).read(), {"app": app})\n    return app\n');
    await createEnvironment(world, 'flask', 'gunicorn', 'psycopg[binary]', 'redis');
    return versionOf(world, 'gunicorn');
  },
  files: { '.envctl': withStores, 'web/routes/stores.py': `${storesModule}\n\napp.add_url_rule("/stores", view_func=use_stores)\n` },
  stores: '/stores',
  page: { path: '/hello', has: 'Hello, World!' },
  loopbackOnly: true,
};

async function createEnvironment(world: World, ...packages: readonly string[]): Promise<void> {
  await runOrThrow('python3', ['-m', 'venv', '.venv'], { cwd: world.repository });
  await runOrThrow('.venv/bin/pip', ['install', '--quiet', ...packages], { cwd: world.repository });
}

async function versionOf(world: World, name: string): Promise<string> {
  const { stdout } = await runOrThrow('.venv/bin/pip', ['show', name], { cwd: world.repository });
  return /^Version: (.+)$/m.exec(stdout)![1]!;
}
