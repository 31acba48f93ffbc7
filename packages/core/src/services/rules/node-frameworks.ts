/**
 * Development servers that a package script runs, by the program that is called. Data only: how the port and
 * the loopback address reach each of them.
 */
export interface NodeFramework {
  readonly id: string;
  readonly name: string;
  readonly inRoot: 'backend' | 'frontend';
  /** The program, as it stands in `node_modules/.bin`. */
  readonly programs: readonly string[];
  /** Words after the program that start a development server; an empty one stands for none. */
  readonly starts: readonly string[];
  /** Where any other word is a file or a directory that is served: the words that are none. */
  readonly otherWords?: readonly string[];
  /** An option without which the program serves nothing. */
  readonly servesBy?: string;
  /** Packages of which the application must have one. */
  readonly dependsOn?: readonly string[];
  /** Arguments that are put after those of the script. Without any, the port is in PORT alone. */
  readonly args: readonly string[];
  /** Options of the script that `args` say otherwise. */
  readonly overrides: readonly string[];
  /** True when the last of two contradicting options counts, so that `args` may follow the script's own. */
  readonly lastOptionWins: boolean;
  readonly env?: Readonly<Record<string, string>>;
  /** True when the application has code of its own on the server, which may use the dependencies. */
  readonly serverCode: boolean;
  /** True for what stands beside applications: documents, stories, files. It is the application only where the package starts no server; in a workspace only by a usual name. */
  readonly beside?: true;
}

const portAndHost = { args: ['--port', '{port}', '--host', '127.0.0.1'], overrides: ['--port', '-p', '--host', '-H'] } as const;
const strictPort = { args: ['--port', '{port}', '--strictPort', '--host', '127.0.0.1'], overrides: ['--port', '-p', '--host', '--strictPort'] } as const;
const vite = {
  inRoot: 'frontend',
  programs: ['vite', 'vite.js'],
  starts: ['', 'dev', 'serve'],
  args: ['--port', '{port}', '--strictPort', '--host', '127.0.0.1'],
  overrides: ['--port', '--host', '--strictPort'],
  otherWords: ['build', 'optimize', 'preview'],
  lastOptionWins: true,
} as const;
const webpack = { inRoot: 'frontend', ...portAndHost, lastOptionWins: false, serverCode: false } as const;
const storybook = { name: 'Storybook', inRoot: 'frontend', args: ['--port', '{port}', '--host', '127.0.0.1', '--ci'], overrides: ['--port', '-p', '--host', '-h'], lastOptionWins: true, serverCode: false, beside: true } as const;

export const nodeFrameworks: readonly NodeFramework[] = [
  { id: 'next', name: 'Next.js', inRoot: 'frontend', programs: ['next'], starts: ['dev', ''], args: ['-p', '{port}', '-H', '127.0.0.1'], overrides: ['-p', '--port', '-H', '--hostname'], lastOptionWins: true, serverCode: true },
  { id: 'nuxt', name: 'Nuxt', inRoot: 'frontend', programs: ['nuxt', 'nuxi'], starts: ['dev'], ...portAndHost, lastOptionWins: true, serverCode: true },
  { ...vite, id: 'sveltekit', name: 'SvelteKit', dependsOn: ['@sveltejs/kit'], serverCode: true },
  { id: 'astro', name: 'Astro', inRoot: 'frontend', programs: ['astro'], starts: ['dev'], ...portAndHost, lastOptionWins: false, serverCode: true },
  { id: 'react-router', name: 'React Router', inRoot: 'frontend', programs: ['react-router'], starts: ['dev'], ...strictPort, lastOptionWins: false, serverCode: true },
  { id: 'remix', name: 'Remix', inRoot: 'frontend', programs: ['remix'], starts: ['vite:dev'], ...strictPort, lastOptionWins: false, serverCode: true },
  { id: 'remix-classic', name: 'Remix without Vite', inRoot: 'frontend', programs: ['remix'], starts: ['dev'], args: [], overrides: [], lastOptionWins: true, serverCode: true },
  { id: 'angular', name: 'Angular', inRoot: 'frontend', programs: ['ng'], starts: ['serve', 's', 'dev'], ...portAndHost, lastOptionWins: false, serverCode: false },
  // It ends with its standard input, which a service has none of, unless it believes to be in CI.
  { id: 'create-react-app', name: 'Create React App', inRoot: 'frontend', programs: ['react-scripts', 'craco', 'react-app-rewired'], starts: ['start'], args: [], overrides: [], lastOptionWins: true, env: { HOST: '127.0.0.1', BROWSER: 'none', CI: 'true' }, serverCode: false },
  { id: 'vue-cli', name: 'Vue CLI', inRoot: 'frontend', programs: ['vue-cli-service'], starts: ['serve'], ...portAndHost, lastOptionWins: false, serverCode: false },
  { ...vite, id: 'vite', name: 'Vite', serverCode: false },
  { ...webpack, id: 'webpack', name: 'Webpack', programs: ['webpack', 'webpack-cli'], starts: ['serve', 'server', 's'] },
  { ...webpack, id: 'webpack-dev-server', name: 'Webpack', programs: ['webpack-dev-server'], starts: [''], otherWords: [] },
  { ...webpack, id: 'rspack', name: 'Rspack', programs: ['rspack'], starts: ['dev', 'serve', 'server', 's'] },
  { ...webpack, id: 'rsbuild', name: 'Rsbuild', programs: ['rsbuild'], starts: ['dev', ''] },
  { id: 'gatsby', name: 'Gatsby', inRoot: 'frontend', programs: ['gatsby'], starts: ['develop'], ...portAndHost, lastOptionWins: false, serverCode: false },
  { id: 'parcel', name: 'Parcel', inRoot: 'frontend', programs: ['parcel'], starts: ['serve', ''], otherWords: ['build', 'help', 'watch'], ...portAndHost, lastOptionWins: true, serverCode: false },
  { id: 'ember', name: 'Ember', inRoot: 'frontend', programs: ['ember'], starts: ['serve', 'server', 's'], ...portAndHost, lastOptionWins: false, serverCode: false },
  { id: 'quasar', name: 'Quasar', inRoot: 'frontend', programs: ['quasar'], starts: ['dev'], args: ['--port', '{port}', '--hostname', '127.0.0.1'], overrides: ['--port', '-p', '--hostname', '-H'], lastOptionWins: false, serverCode: false },
  { id: 'umi', name: 'Umi', inRoot: 'frontend', programs: ['umi', 'max'], starts: ['dev'], args: [], overrides: [], lastOptionWins: true, env: { HOST: '127.0.0.1', BROWSER: 'none' }, serverCode: false },
  { id: 'docusaurus', name: 'Docusaurus', inRoot: 'frontend', programs: ['docusaurus'], starts: ['start'], args: [...portAndHost.args, '--no-open'], overrides: ['--port', '-p', '--host', '-h'], lastOptionWins: true, serverCode: false, beside: true },
  { id: 'vitepress', name: 'VitePress', inRoot: 'frontend', programs: ['vitepress'], starts: ['dev', ''], otherWords: ['build', 'init', 'preview', 'serve'], ...strictPort, lastOptionWins: false, serverCode: false, beside: true },
  { id: 'vuepress', name: 'VuePress', inRoot: 'frontend', programs: ['vuepress'], starts: ['dev'], ...portAndHost, lastOptionWins: false, serverCode: false, beside: true },
  // It takes no address.
  { id: 'eleventy', name: 'Eleventy', inRoot: 'frontend', programs: ['eleventy'], starts: [''], servesBy: '--serve', args: ['--port', '{port}'], overrides: ['--port'], lastOptionWins: false, serverCode: false, beside: true },
  { ...storybook, id: 'storybook', programs: ['storybook', 'sb'], starts: ['dev'] },
  { ...storybook, id: 'start-storybook', programs: ['start-storybook'], starts: [''] },
  { id: 'http-server', name: 'Files by http-server', inRoot: 'frontend', programs: ['http-server'], starts: [''], otherWords: [], args: ['-p', '{port}', '-a', '127.0.0.1'], overrides: ['-p', '--port', '-a'], lastOptionWins: false, serverCode: false, beside: true },
  // It takes a value only behind a `=`.
  { id: 'live-server', name: 'Files by live-server', inRoot: 'frontend', programs: ['live-server'], starts: [''], otherWords: [], args: ['--port={port}', '--host=127.0.0.1', '--no-browser'], overrides: ['--port', '--host'], lastOptionWins: true, serverCode: false, beside: true },
  { id: 'nest', name: 'Nest', inRoot: 'backend', programs: ['nest'], starts: ['start'], args: [], overrides: [], lastOptionWins: true, serverCode: true },
  { id: 'fastify', name: 'Fastify by its CLI', inRoot: 'backend', programs: ['fastify'], starts: ['start'], args: ['--port', '{port}', '--address', '127.0.0.1'], overrides: ['--port', '-p', '--address', '-a'], lastOptionWins: false, serverCode: true },
];
