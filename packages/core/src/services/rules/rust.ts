import path from 'node:path';
import { findProgram } from '../../processes/read-only.js';
import type { AppDirectory, DetectionRule, RuleMatch } from '../detection-rules.js';
import { chooseProgram } from './choose-program.js';
import { missingProgram } from './missing-program.js';

export const rustRule: DetectionRule = {
  id: 'rust',
  services: ['backend'],
  inRoot: 'backend',
  about: {
    name: 'Rust',
    evidence: '`Cargo.toml` of a package with one program (of several: `default-run`, `server`, `api`, `web`, `backend`, or the name of the package); in the root only with a sign of a server',
    command: '`cargo run`, with `--bin <name>` where there are several',
    port: 'variable `PORT`, for Rocket `ROCKET_PORT` too',
  },
  match: matchRust,
};

function matchRust(app: AppDirectory): RuleMatch | undefined {
  const manifest = path.join(app.directory, 'Cargo.toml');
  const text = app.files.readText(manifest);
  const packageName = /^\s*name\s*=\s*"([^"]+)"/m.exec(sectionOf(text ?? '', 'package'))?.[1];
  if (text === undefined || packageName === undefined) return undefined;
  const programs = findPrograms(app, text, packageName);
  const hasDefault = /^\s*default-run\s*=/m.test(sectionOf(text, 'package'));
  const chosen = chooseProgram(programs, packageName);
  if (chosen === undefined) return undefined;
  const isRocket = /^\s*rocket\s*[=.]|\[dependencies\.rocket\]/m.test(text);
  if (app.isRoot && !isServer(`${text}\n${app.files.readText(chosen.file) ?? ''}`)) return undefined;
  return {
    command: {
      type: 'backend',
      command: ['cargo', 'run', ...(programs.length === 1 || hasDefault ? [] : ['--bin', chosen.name])],
      cwd: app.directory,
      portMode: 'env',
      env: isRocket ? { ROCKET_PORT: '{port}', ROCKET_ADDRESS: '127.0.0.1' } : {},
      source: 'autodetected',
      rule: 'rust',
      serverCode: true,
      compiles: true,
    },
    evidence: [
      { path: manifest, text: `package ${packageName}` },
      { path: chosen.file, text: `program ${chosen.name}` },
    ],
    problems: findProgram('cargo', { cwd: app.directory, path: app.searchPath }).found ? [] : [missingProgram(app, 'cargo')],
  };
}

/** What cargo would find by itself, and what the manifest adds. */
function findPrograms(app: AppDirectory, manifest: string, packageName: string): readonly { readonly name: string; readonly file: string }[] {
  const source = (name: string): string => path.join(app.directory, 'src', name);
  const declared = [...manifest.matchAll(/^\s*\[\[bin\]\]([^[]*)/gm)].map(([, section]) => {
    const value = (key: string): string | undefined => new RegExp(`^\\s*${key}\\s*=\\s*"([^"]+)"`, 'm').exec(section!)?.[1];
    const name = value('name') ?? packageName;
    const file = value('path');
    return { name, file: file === undefined ? (name === packageName ? source('main.rs') : source(`bin/${name}.rs`)) : path.join(app.directory, file) };
  });
  const found = [
    ...(app.files.isFile(source('main.rs')) ? [{ name: packageName, file: source('main.rs') }] : []),
    ...app.files.list(source('bin')).flatMap((name) => {
      if (name.endsWith('.rs')) return [{ name: name.slice(0, -3), file: source(`bin/${name}`) }];
      return app.files.isFile(source(`bin/${name}/main.rs`)) ? [{ name, file: source(`bin/${name}/main.rs`) }] : [];
    }),
  ];
  return [...declared, ...found.filter(({ file }) => !declared.some((other) => other.file === file))];
}

/** The text between `[name]` and the next section. */
function sectionOf(manifest: string, name: string): string {
  return new RegExp(`^\\s*\\[${name}\\]([^[]*)`, 'm').exec(manifest)?.[1] ?? '';
}

function isServer(text: string): boolean {
  return /\b(?:axum|actix-web|rocket|warp|hyper|poem|salvo|tide|tonic|ntex|tiny_http)\b\s*[=.\]]|TcpListener|"PORT"/.test(text);
}
