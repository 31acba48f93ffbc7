// A shell script that does by hand what a start does: the very commands, environments and data directories of a running
// environment, as wide, waiting for the same readiness; and one that ends them again.
import { chmodSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Reads the launches of a running environment and writes `start.sh`, `cold.sh` and `stop.sh` into `directory`. */
export function writeRawStack({ runtime, store, directory, healthUrl, frontendPort, initdb }) {
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
  const script = (before) => [
    '#!/bin/bash',
    'set -eu',
    ...socketDirectory(parts.postgres),
    `rm -f ${['postgres', 'redis', 'frontend', 'backend'].map((name) => quote(join(directory, `${name}.log`))).join(' ')}`,
    run('redis'),
    run('frontend'),
    ...before,
    run('postgres'),
    until(`grep -q 'ready to accept connections' ${quote(join(directory, 'postgres.log'))}`),
    until(`grep -qi 'ready to accept connections' ${quote(join(directory, 'redis.log'))}`),
    run('backend'),
    until(`curl -fso /dev/null ${quote(healthUrl)}`),
    until(`(: </dev/tcp/localhost/${frontendPort}) 2>/dev/null`),
    '',
  ].join('\n');
  const stop = [
    '#!/bin/bash',
    ...[['TERM', ['backend', 'frontend']], ['INT', ['postgres']], ['TERM', ['redis']]].flatMap(([signal, names]) => names.map((name) => `kill -${signal} -- -$(cat ${quote(join(directory, `${name}.pid`))})`)).slice(0, 2),
    gone(directory, ['backend', 'frontend']),
    `kill -INT $(cat ${quote(join(directory, 'postgres.pid'))})`,
    `kill -TERM $(cat ${quote(join(directory, 'redis.pid'))})`,
    gone(directory, ['postgres', 'redis']),
    '',
  ].join('\n');
  const write = (name, text) => {
    writeFileSync(join(directory, name), text);
    chmodSync(join(directory, name), 0o755);
  };
  write('start.sh', script([]));
  if (initdb !== undefined) write('cold.sh', script([initdb]));
  write('stop.sh', stop);
  return parts;
}

function readLaunch(directory) {
  const record = JSON.parse(readFileSync(join(directory, 'launch.json'), 'utf8'));
  const child = /^child \d+ (\d+)/m.exec(readFileSync(join(directory, 'journal'), 'utf8'))?.[1];
  const environ = child === undefined ? [] : readFileSync(`/proc/${child}/environ`, 'utf8').split('\0').filter((word) => word.includes('=') && !word.startsWith('ENVCTL_LAUNCH_TOKEN='));
  return { record, environ };
}

function toBackground(name, { record, environ }, directory) {
  const user = record.user === undefined ? [] : ['setpriv', `--reuid=${record.user.uid}`, `--regid=${record.user.gid}`, '--clear-groups'];
  const command = ['setsid', ...user, 'env', '-i', ...environ, ...record.command].map(quote).join(' ');
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

function gone(directory, names) {
  return names.map((name) => `while pgrep -s $(cat ${quote(join(directory, `${name}.pid`))}) >/dev/null; do sleep 0.005; done`).join('\n');
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
