import { expect } from 'chai';
import { toTerminalFacts } from '../../dist/boot/terminal-facts.js';
import { createProgress } from '../../dist/ui/index.js';
import { createLiveProgress } from '../../dist/ui/live-progress.js';
import { readScreen } from './screen.js';

/** The rows of a start at a width, with what others write in between. */
function tell(columns: number, colour = false): { readonly written: string; readonly rows: readonly string[] } {
  let written = '';
  let now = 0;
  let others: (text: string) => void = () => undefined;
  const progress = createLiveProgress({
    claim: (listener) => {
      others = listener;
      return { write: (text) => (written += text), release: () => (others = (text) => (written += text)) };
    },
    columns,
    screenLines: 24,
    colour,
    now: () => now,
  });
  progress.node('Main/postgres', 'waiting');
  progress.node('Main/redis', 'kept');
  progress.node('Main/backend', 'waiting', 'for postgres, redis');
  progress.node('Main/frontend', 'waiting');
  progress.node('Main/postgres', 'running');
  progress.node('Main/frontend', 'running');
  now = 1234;
  progress.node('Main/postgres', 'ready', 'started on port 5432');
  // What the terminal itself echoes.
  written += '^C\n\n';
  others('Cancelling and undoing; press Ctrl-C again to stop at once.\n');
  progress.node('Main/backend', 'skipped', 'given up');
  progress.node('Main/frontend', 'failed', 'Main Frontend exited with code 7; log_path: /a/long/path/that/no/terminal/shows/in/one/line.log');
  progress.node('Main/postgres', 'undone');
  progress.close();
  others('Error: the end\n');
  return { written, rows: readScreen(written, columns) };
}

describe('live progress', () => {
  it('draws one row per node, lines of others above them, at 100 columns', () => {
    expect(tell(100).rows).to.deep.equal([
      'Cancelling and undoing; press Ctrl-C again to stop at once.',
      '↺ Main/postgres              1.2s  started on port 5432',
      '✓ Main/redis               already running',
      '- Main/backend             not started given up',
      '✗ Main/frontend              1.2s  Main Frontend exited with code 7; log_path: /a/long/path/that/n…',
      'Error: the end',
    ]);
  });

  it('cuts rows that would wrap at 60 columns', () => {
    expect(tell(60).rows).to.deep.equal([
      'Cancelling and undoing; press Ctrl-C again to stop at once.',
      '↺ Main/postgres              1.2s  started on port 5432',
      '✓ Main/redis               already running',
      '- Main/backend             not started given up',
      '✗ Main/frontend              1.2s  Main Frontend exited wi…',
      'Error: the end',
    ]);
  });

  it('colours the glyphs only where colour is wanted', () => {
    expect(tell(100).written).to.not.match(/\u001B\[\d*m/);
    expect(tell(100, true).written).to.include('\u001B[31m✗\u001B[0m');
  });
});

describe('createProgress', () => {
  const say = (streams: { readonly stderr?: boolean }, env: Readonly<Record<string, string>> = {}, json = false): string => {
    let written = '';
    const write = (text: string) => void (written += text);
    const progress = createProgress({ stderr: write, claimStderr: () => ({ write, release: () => undefined }), terminal: toTerminalFacts({ NO_COLOR: '1', ...env }, { stdin: true, stdout: true, stderr: true, columns: 80, ...streams }), now: () => 0 }, { json, headless: false });
    progress.node('Main/backend', 'running');
    progress.node('Main/backend', 'ready', 'http://localhost:8000');
    progress.close();
    return written;
  };
  const plain = 'Main/backend: starting\nMain/backend: ready (http://localhost:8000)\n';

  it('redraws in a terminal', () => expect(say({})).to.include('\u001B8'));
  it('writes plain lines into a pipe', () => expect(say({ stderr: false })).to.equal(plain));
  it('writes plain lines with --json, in CI and in a dumb terminal', () => {
    expect(say({}, {}, true)).to.equal(plain);
    expect(say({}, { CI: 'true' })).to.equal(plain);
    expect(say({}, { TERM: 'dumb' })).to.equal(plain);
  });
});
