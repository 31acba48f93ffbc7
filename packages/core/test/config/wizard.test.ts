import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { cancelled, changeConfig, type ConfigPrompts, ensureConfigFile, type LoadConfigOptions } from '../../dist/config/index.js';
import { postgres, redis, useRepository } from './fixtures.js';

/** Answers in order; `undefined` takes the suggestion. */
function scripted(answers: readonly unknown[]): { readonly prompts: ConfigPrompts; readonly asked: string[]; readonly shown: string[] } {
  const asked: string[] = [];
  const shown: string[] = [];
  const left = [...answers];
  const next = (message: string, initial: unknown): never => {
    asked.push(message);
    const answer = left.shift();
    return (answer === undefined ? initial : answer) as never;
  };
  return {
    asked,
    shown,
    prompts: {
      intro: (text) => shown.push(text),
      outro: (text) => shown.push(text),
      note: (text) => shown.push(text),
      select: async ({ message, initial }) => next(message, initial),
      multiselect: async ({ message, initial }) => next(message, initial),
      confirm: async ({ message, initial }) => next(message, initial),
      text: async ({ message, initial, check }) => {
        const answer: string | typeof cancelled = next(message, initial);
        if (answer === cancelled) return answer;
        const wrong = check(answer);
        return wrong === undefined ? answer : Promise.reject(new Error(wrong));
      },
    },
  };
}

describe('the configuration dialogue', () => {
  const repository = useRepository();
  const options = (): LoadConfigOptions => ({ repositoryRoot: repository.root, env: { HOME: '/home/tester' }, isRoot: false, dependencies: [postgres, redis] });
  const file = (): string => path.join(repository.root, '.envctl');
  const run = (script: ReturnType<typeof scripted>) => changeConfig(options(), { headless: false, set: [], prompts: async () => script.prompts });

  it('sets both modes up by presets', async () => {
    const script = scripted([undefined, 'trees', 'standard', 'disabled', true]);
    await run(script);
    expect(readFileSync(file(), 'utf8').split('\n').slice(1, -2)).to.deep.equal([
      'ENVCTL_DEFAULT_MODE=trees', '', 'MAIN_POSTGRES_ENABLE=true', 'MAIN_REDIS_ENABLE=true', '', 'TREES_STARTUP_ENABLE=false',
    ]);
    expect(script.asked).to.have.length(5);
  });

  it('opens the advanced way on an existing file and asks only for what is enabled', async () => {
    repository.write('.envctl', '# mine\nMAIN_REDIS_ENABLE=true\n');
    mkdirSync(path.join(repository.root, 'api'));
    const script = scripted([undefined, ['backend', 'redis'], ['backend'], 'api', '8100', '6400', true]);
    await run(script);
    expect(script.asked).to.have.length(7);
    const text = readFileSync(file(), 'utf8');
    expect(text.startsWith('# mine\nMAIN_REDIS_ENABLE=true\n')).to.equal(true);
    for (const line of ['BACKEND_DIR=api', 'BACKEND_PORT_BASE=8100', 'REDIS_PORT=6400', 'MAIN_FRONTEND_ENABLE=false', 'TREES_FRONTEND_ENABLE=false']) expect(text.split('\n')).to.include(line);
  });

  it('wants directories that exist', async () => {
    repository.write('.envctl', '');
    const error: unknown = await run(scripted([undefined, undefined, undefined, 'nowhere'])).then(() => undefined, (reason: unknown) => reason);
    expect(String(error)).to.include('There is no directory nowhere');
  });

  for (const [when, answers] of [['the first question', [cancelled]], ['the last question', ['simple', 'main', 'standard', 'standard', false]]] as const) {
    it(`saves nothing when it is cancelled at ${when}`, async () => {
      expect(await run(scripted(answers))).to.deep.equal({ saved: false, reason: 'cancelled', path: file() });
      expect(existsSync(file())).to.equal(false);
    });
  }

  it('is fatal when a command needs the file and the dialogue is cancelled, or nobody is there', async () => {
    const attempt = (headless: boolean): Promise<unknown> => ensureConfigFile(options(), { headless, prompts: async () => scripted([cancelled]).prompts }).then(() => undefined, (reason: unknown) => reason);
    expect(await attempt(false)).to.have.property('code', 'ENVCTL_E_CONFIG_MISSING');
    expect(await attempt(true)).to.have.property('message').that.matches(/^Missing repo-local \.envctl and no interactive TTY is available\./);
  });

  it('tells what became of a set-up and of a change', async () => {
    const told: string[] = [];
    const events = { emit: (event: string, { exists, saved_path: saved, reason }: Readonly<Record<string, unknown>> = {}) => void told.push([event, `exists=${String(exists)}`, ...[saved, reason].filter((value) => value !== undefined).map(String)].join(' ')) };
    const bootstrap = (answers: readonly unknown[], headless = false): Promise<unknown> => ensureConfigFile({ ...options(), events }, { headless, prompts: async () => scripted(answers).prompts }).catch(() => undefined);
    await bootstrap([], true);
    await bootstrap([cancelled]);
    await bootstrap([undefined, 'trees', 'standard', 'disabled', true]);
    await bootstrap([cancelled]);
    await changeConfig({ ...options(), events }, { headless: false, set: [], prompts: async () => scripted([cancelled]).prompts });
    await changeConfig({ ...options(), events }, { headless: true, set: ['DB_PORT=5600'], prompts: async () => Promise.reject(new Error('asked')) });
    await changeConfig({ ...options(), events }, { headless: true, set: ['DB_PORT=none'], prompts: async () => Promise.reject(new Error('asked')) }).catch(() => undefined);
    expect(told).to.deep.equal([
      'config.bootstrap.required exists=false nobody to ask',
      'config.bootstrap.required exists=false asked in the terminal',
      'config.bootstrap.cancelled exists=false cancelled',
      'config.bootstrap.required exists=false asked in the terminal',
      `config.bootstrap.saved exists=false ${file()}`,
      'config.command.open exists=true',
      'config.command.cancelled exists=true',
      'config.command.open exists=true',
      `config.command.saved exists=true ${file()}`,
      'config.command.open exists=true',
    ]);
  });

  it('refuses a headless call with nothing to save', async () => {
    const error: unknown = await changeConfig(options(), { headless: true, set: [], prompts: async () => Promise.reject(new Error('asked')) }).then(() => undefined, (reason: unknown) => reason);
    expect(error).to.have.property('code', 'ENVCTL_E_ARGV_INVALID');
  });

  it('saves a document and then the assignments', async () => {
    await changeConfig(options(), { headless: true, set: ['DB_PORT=5600', 'MAIN_POSTGRES_ENABLE=yes'], stdinJson: async () => '{"DB_PORT":5500,"BACKEND_PORT_BASE":8100}', prompts: async () => Promise.reject(new Error('asked')) });
    expect(readFileSync(file(), 'utf8')).to.include('BACKEND_PORT_BASE=8100\nDB_PORT=5600').and.include('MAIN_POSTGRES_ENABLE=true');
  });

  it('keeps its lines in a terminal that tells no width', async () => {
    const program = fileURLToPath(new URL('../../test/config/fixtures/dialogue.mjs', import.meta.url));
    // A new pty of Python has no size.
    const bare = spawn('python3', ['-c', 'import os,pty,sys\npid,fd=pty.fork()\nif pid==0: os.execvp(sys.argv[1],sys.argv[1:])\nprint(pid,flush=True)\nwhile True: os.write(1,os.read(fd,4096))', process.execPath, program, repository.root], { stdio: ['ignore', 'pipe', 'ignore'] });
    let shown = '';
    try {
      for await (const part of bare.stdout) {
        shown += String(part);
        if (shown.includes('disabled') || /H\s*o\s*w/.test(shown)) break;
      }
      expect(shown).to.include('How do you want to set it up?');
    } finally {
      const dialogue = /^(\d+)\r?\n/.exec(shown)?.[1];
      if (dialogue !== undefined) process.kill(Number(dialogue), 'SIGKILL');
      bare.kill('SIGKILL');
    }
  });

  it('works in a real terminal', async function () {
    this.timeout(60_000);
    const socket = path.join(repository.root, 'tmux');
    const program = fileURLToPath(new URL('../../test/config/fixtures/dialogue.mjs', import.meta.url));
    const tmux = (...words: string[]): string => execFileSync('tmux', ['-S', socket, ...words], { encoding: 'utf8' });
    const shows = async (text: string): Promise<void> => {
      for (let attempt = 0; attempt < 1500; attempt++) {
        if (tmux('capture-pane', '-p', '-t', 'wizard').includes(text)) return;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      throw new Error(`The terminal never showed ${text}.`);
    };
    tmux('-f', '/dev/null', 'new-session', '-d', '-s', 'wizard', '-x', '100', '-y', '40', process.execPath, program, repository.root);
    try {
      for (const [question, ...keys] of [
        ['How do you want to set it up?', 'Enter'],
        ['Which mode do commands mean', 'Down', 'Enter'],
        ['What runs in mode main?', 'Enter'],
        ['What runs in mode trees?', 'Down', 'Enter'],
        ['Save to', 'Enter'],
      ] as const) {
        await shows(question);
        tmux('send-keys', '-t', 'wizard', ...keys);
      }
      await shows('Saved');
    } finally {
      tmux('kill-server');
    }
    expect(readFileSync(file(), 'utf8').split('\n').slice(1, -2)).to.deep.equal(['ENVCTL_DEFAULT_MODE=trees', '', 'MAIN_REDIS_ENABLE=true']);
  });
});
