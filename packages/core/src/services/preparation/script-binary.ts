import path from 'node:path';

export interface ScriptBinary {
  /** Its name in node_modules/.bin. */
  readonly name: string;
  /** Names of packages that bring it. */
  readonly packages: readonly string[];
}

/** Binaries whose package has another name. */
const packagesOf: Readonly<Record<string, readonly string[]>> = {
  nest: ['@nestjs/cli'],
  'svelte-kit': ['@sveltejs/kit'],
  remix: ['@remix-run/dev'],
  'remix-serve': ['@remix-run/serve'],
  'react-router': ['@react-router/dev'],
  'react-scripts': ['react-scripts'],
  tsc: ['typescript'],
  ng: ['@angular/cli'],
  webpack: ['webpack-cli', 'webpack'],
  'vue-cli-service': ['@vue/cli-service'],
  nuxi: ['nuxi', 'nuxt'],
  fastify: ['fastify-cli'],
  rspack: ['@rspack/cli'],
  rsbuild: ['@rsbuild/core'],
  parcel: ['parcel', 'parcel-bundler'],
  ember: ['ember-cli'],
  quasar: ['@quasar/app-vite', '@quasar/app-webpack', '@quasar/app', '@quasar/cli'],
  max: ['@umijs/max'],
  docusaurus: ['@docusaurus/core'],
  eleventy: ['@11ty/eleventy'],
  craco: ['@craco/craco'],
};

const managers: ReadonlySet<string> = new Set(['npm', 'pnpm', 'yarn', 'bun']);

/** The binary of an installed package that a start command runs, by itself or through a script; undefined when it cannot be told. */
export function scriptBinary(command: readonly string[], scripts: Readonly<Record<string, unknown>>): ScriptBinary | undefined {
  const [program = '', ...rest] = command;
  if (/(?:^|\/)node_modules\/\.bin\//.test(program)) return toBinary(path.basename(program));
  if (!managers.has(path.basename(program))) return undefined;
  const script = scripts[rest[0] === 'run' ? (rest[1] ?? '') : (rest[0] ?? '')];
  return typeof script === 'string' ? firstProgram(script) : undefined;
}

/** The last command of a script is the one that stays; what stands before its program are settings and launchers. */
function firstProgram(script: string): ScriptBinary | undefined {
  const words = script.split(/&&|\|\||[;|&]/).at(-1)!.trim().split(/\s+/);
  const at = words.findIndex((word) => !/^(?:cross-env|npx|bunx|exec|env|[A-Za-z_]\w*=\S*)$/.test(word));
  const word = words[at] ?? '';
  return /^[a-z][\w.-]*$/i.test(word) ? toBinary(word) : undefined;
}

function toBinary(name: string): ScriptBinary {
  return { name, packages: packagesOf[name] ?? [name] };
}
