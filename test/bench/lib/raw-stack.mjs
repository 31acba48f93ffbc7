// A shell script that does by hand what a start does: the very commands, environments and data directories of a running
// environment, as wide, waiting for the same readiness; and one that ends them again.
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Reads the launches of a running environment and writes `start.sh` and `stop.sh` into `directory`; with `scratch` also `cold.sh`, which
 * makes a cluster there with initdb, runs the server on it and gives it the role and the database that the backend asks for.
 */
export function writeRawStack({ runtime, store, directory, healthUrl, frontendPort, scratch }) {
  const parents = readdirSync(join(runtime, 'engine')).map((scope) => join(runtime, 'engine', scope, 'launches'));
  const stores = readdirSync(store).map((scope) => join(store, scope, 'launches'));
  const launches = [...parents, ...stores].flatMap((parent) => namesIn(parent).map((name) => readLaunch(join(parent, name))));
  const byName = (pattern) => {
    const found = launches.find(({ record }) => pattern.test(record.name));
    if (found === undefined) throw new Error(`nothing named ${pattern} runs`);
    return found;
  };
  const parts = { postgres: byName(/^postgres/), redis: byName(/^redis/), frontend: byName(/Frontend$/), backend: byName(/Backend$/) };
  const run = (name) => toBackground(name, parts[name], directory);
  const script = ({ before = [], postgres = parts.postgres, ready = [] } = {}) => [
    '#!/bin/bash',
    'set -eu',
    ...socketDirectory(parts.postgres),
    `rm -f ${['postgres', 'redis', 'frontend', 'backend'].map((name) => quote(join(directory, `${name}.log`))).join(' ')}`,
    run('redis'),
    run('frontend'),
    ...before,
    toBackground('postgres', postgres, directory),
    until(`grep -q 'ready to accept connections' ${quote(join(directory, 'postgres.log'))}`),
    ...ready,
    until(`grep -qi 'ready to accept connections' ${quote(join(directory, 'redis.log'))}`),
    run('backend'),
    until(`curl -fso /dev/null ${quote(healthUrl)}`),
    until(`(: </dev/tcp/localhost/${frontendPort}) 2>/dev/null`),
    '',
  ].join('\n');
  const stop = [
    '#!/bin/bash',
    `cd ${quote(directory)}`,
    '# What a script that was cut short never started has no pid file.',
    '# What has only just begun has no session yet: it is reached by its pid.',
    'end() { [ ! -e "$2.pid" ] || { pid=$(cat "$2.pid"); kill "-$1" -- "${3-}$pid" || kill "-$1" "$pid"; }; }',
    'runs() { [ -e "$1.pid" ] && { pid=$(cat "$1.pid"); pgrep -s "$pid" >/dev/null || kill -0 "$pid"; }; }',
    'gone() { while runs "$1"; do sleep 0.005; done; rm -f "$1.pid"; }',
    'end TERM backend -; end TERM frontend -',
    'gone backend; gone frontend',
    'end INT postgres; end TERM redis',
    'gone postgres; gone redis',
    '',
  ].join('\n');
  const write = (name, text) => {
    writeFileSync(join(directory, name), text);
    chmodSync(join(directory, name), 0o755);
  };
  write('start.sh', script());
  if (scratch !== undefined) write('cold.sh', script(coldSteps(parts, scratch)));
  write('stop.sh', stop);
  return parts;
}

/** Ends what the scripts of `directory` started, however far they came: by `stop.sh` within `timeoutMs`, then by force. */
export function endRawStack(directory, timeoutMs = 20_000) {
  spawnSync(join(directory, 'stop.sh'), { stdio: 'ignore', timeout: timeoutMs });
  for (const name of namesIn(directory).filter((one) => one.endsWith('.pid'))) {
    const pid = Number(readFileSync(join(directory, name), 'utf8'));
    for (const target of [-pid, pid]) {
      try {
        process.kill(target, 'SIGKILL');
      } catch {
        // It has ended, or has no session yet.
      }
    }
    rmSync(join(directory, name), { force: true });
  }
}

/** What a script adds for an empty machine: initdb as the servers' user, the server on that cluster, and psql for the role and the database. */
function coldSteps({ postgres, backend }, scratch) {
  const { record } = postgres;
  const data = join(scratch, 'data');
  const url = new URL(backend.environ.find((word) => word.startsWith('DATABASE_URL=')).slice('DATABASE_URL='.length));
  const { username: role, password } = url;
  const database = url.pathname.slice(1);
  const initdb = [join(record.command[0], '../initdb'), '--pgdata', data, '--username', 'admin', '--auth', 'trust', '--encoding', 'UTF8', '--locale-provider', 'builtin', '--locale', 'C.UTF-8'];
  const psql = ['psql', '-q', '-h', '127.0.0.1', '-p', url.port, '-U', 'admin', 'postgres', '-c', `CREATE ROLE "${role}" LOGIN CREATEDB PASSWORD '${password}'`, '-c', `CREATE DATABASE "${database}" OWNER "${role}"`];
  return {
    before: [`${[...asUser(record), ...initdb].map(quote).join(' ')} >/dev/null`],
    postgres: { ...postgres, record: { ...record, command: record.command.map((word, index) => (record.command[index - 1] === '-D' ? data : word)) } },
    ready: [psql.map(quote).join(' ')],
  };
}

function asUser({ user }) {
  return user === undefined ? [] : ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'];
}

function readLaunch(directory) {
  const record = JSON.parse(readFileSync(join(directory, 'launch.json'), 'utf8'));
  const child = /^child \d+ (\d+)/m.exec(readFileSync(join(directory, 'journal'), 'utf8'))?.[1];
  const environ = child === undefined ? [] : readFileSync(`/proc/${child}/environ`, 'utf8').split('\0').filter((word) => word.includes('=') && !word.startsWith('ENVCTL_LAUNCH_TOKEN='));
  return { record, environ };
}

function toBackground(name, { record, environ }, directory) {
  const command = ['setsid', ...asUser(record), 'env', '-i', ...environ, ...record.command].map(quote).join(' ');
  return `(cd ${quote(record.cwd)} && exec ${command}) </dev/null >${quote(join(directory, `${name}.log`))} 2>&1 & echo $! >${quote(join(directory, `${name}.pid`))}`;
}

/** `stop-all` removes the directory of the server's socket. */
function socketDirectory({ record }) {
  const at = record.command.findIndex((word) => word === '-k');
  const path = at === -1 ? record.command.map((word) => /unix_socket_directories=(.+)$/.exec(word)?.[1]).find(Boolean) : record.command[at + 1];
  if (path === undefined) return [];
  return [`mkdir -p ${quote(path)}`, ...(record.user === undefined ? [] : [`chown ${record.user.uid}:${record.user.gid} ${quote(path)}`])];
}

function until(condition) {
  return `until ${condition}; do sleep 0.005; done`;
}

function namesIn(directory) {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function quote(word) {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
