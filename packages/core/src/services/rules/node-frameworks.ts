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
}

const portAndHost = { args: ['--port', '{port}', '--host', '127.0.0.1'], overrides: ['--port', '-p', '--host', '-H'] } as const;
const strictPort = { args: ['--port', '{port}', '--strictPort', '--host', '127.0.0.1'], overrides: ['--port', '-p', '--host', '--strictPort'] } as const;
const vite = {
  inRoot: 'frontend',
  programs: ['vite', 'vite.js'],
  starts: ['', 'dev', 'serve'],
  args: ['--port', '{port}', '--strictPort', '--host', '127.0.0.1'],
  overrides: ['--port', '--host', '--strictPort'],
  lastOptionWins: true,
} as const;

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
  { id: 'create-react-app', name: 'Create React App', inRoot: 'frontend', programs: ['react-scripts'], starts: ['start'], args: [], overrides: [], lastOptionWins: true, env: { HOST: '127.0.0.1', BROWSER: 'none', CI: 'true' }, serverCode: false },
  { id: 'vue-cli', name: 'Vue CLI', inRoot: 'frontend', programs: ['vue-cli-service'], starts: ['serve'], ...portAndHost, lastOptionWins: false, serverCode: false },
  { ...vite, id: 'vite', name: 'Vite', serverCode: false },
  { id: 'nest', name: 'Nest', inRoot: 'backend', programs: ['nest'], starts: ['start'], args: [], overrides: [], lastOptionWins: true, serverCode: true },
  { id: 'fastify', name: 'Fastify by its CLI', inRoot: 'backend', programs: ['fastify'], starts: ['start'], args: ['--port', '{port}', '--address', '127.0.0.1'], overrides: ['--port', '-p', '--address', '-a'], lastOptionWins: false, serverCode: true },
];
