import { expect } from 'chai';
import { toTerminalFacts } from '../../dist/boot/terminal-facts.js';

const terminal = { stdin: true, stdout: true, stderr: true, columns: 80 };
const pipe = { ...terminal, stdout: false };
type Env = Readonly<Record<string, string>>;

describe('toTerminalFacts', () => {
  const colours: readonly (readonly [env: Env, inTerminal: boolean, inPipe: boolean])[] = [
    [{}, true, false],
    [{ NO_COLOR: '1' }, false, false],
    [{ NO_COLOR: '' }, true, false],
    [{ TERM: 'dumb' }, false, false],
    [{ CLICOLOR: '0' }, false, false],
    [{ CLICOLOR: '1' }, true, false],
    [{ CLICOLOR_FORCE: '1' }, true, true],
    [{ CLICOLOR_FORCE: '0' }, true, false],
    [{ FORCE_COLOR: '1' }, true, true],
    [{ FORCE_COLOR: 'true', NO_COLOR: '1' }, true, true],
    [{ FORCE_COLOR: '0' }, false, false],
    [{ FORCE_COLOR: '' }, true, false],
    [{ ENVCTL_UI_COLOR_MODE: 'off', FORCE_COLOR: '1' }, false, false],
    [{ ENVCTL_UI_COLOR: 'on', NO_COLOR: '1' }, true, true],
    [{ ENVCTL_UI_COLOR_MODE: 'auto', NO_COLOR: '1' }, false, false],
  ];
  for (const [env, inTerminal, inPipe] of colours) {
    it(`colours with ${JSON.stringify(env)}: terminal ${inTerminal}, pipe ${inPipe}`, () => {
      expect(toTerminalFacts(env, terminal).colour).to.deep.equal({ stdout: inTerminal, stderr: inTerminal });
      expect(toTerminalFacts(env, pipe).colour).to.deep.equal({ stdout: inPipe, stderr: inTerminal });
    });
  }

  const redraws: readonly (readonly [env: Env, expected: boolean])[] = [
    [{}, true],
    [{ CI: 'true' }, false],
    [{ CI: '' }, true],
    [{ TERM: 'dumb' }, false],
    [{ ENVCTL_UI_SPINNER_MODE: 'off' }, false],
    [{ ENVCTL_UI_SPINNER_MODE: 'on', CI: '1' }, true],
  ];
  for (const [env, expected] of redraws) {
    it(`redraws with ${JSON.stringify(env)}: ${expected}`, () => {
      expect(toTerminalFacts(env, terminal).redraws).to.equal(expected);
      expect(toTerminalFacts(env, { ...terminal, stderr: false }).redraws).to.equal(false);
    });
  }

  for (const [env, expected] of [[{}, false], [{ BATCH: '' }, false], [{ BATCH: '0' }, false], [{ BATCH: 'yes' }, true], [{ ENVCTL_FORCE_BATCH: 'TRUE' }, true]] as readonly (readonly [Env, boolean])[]) {
    it(`asks nobody with ${JSON.stringify(env)}: ${expected}`, () => expect(toTerminalFacts(env, terminal).batch).to.equal(expected));
  }
});
