import { expect } from 'chai';
import { diagnoseLog } from '../../dist/services/index.js';

const asIs = (text: string) => text;

describe('diagnoseLog', () => {
  const conflicts = [
    'Error: listen EADDRINUSE: address already in use :::3000',
    'Port 3000 is already in use',
    '\u001b[31mError: Port 5173 is already in use\u001b[39m',
    "ERROR:    [Errno 98] error while attempting to bind on address ('127.0.0.1', 8000): address already in use",
  ];
  for (const line of conflicts) {
    it(`knows a taken port: ${line.replaceAll('\u001b', '')}`, () => {
      expect(diagnoseLog(['starting', line, '    at Server.listen (node:net:1)', 'Node.js v20.20.2'], asIs).reason).to.equal('bind_conflict');
    });
  }

  const crashes: readonly [string, readonly string[], string, readonly string[]][] = [
    ['a Python module that is missing', ['Traceback (most recent call last):', '  File "main.py", line 1', "ModuleNotFoundError: No module named 'fastapi'"], "ModuleNotFoundError: No module named 'fastapi'", ['python3 -m pip install fastapi']],
    ['uvicorn itself missing', ['/usr/bin/python3: No module named uvicorn'], '/usr/bin/python3: No module named uvicorn', ['python3 -m pip install uvicorn']],
    ['Django missing, as manage.py says it', ['Traceback (most recent call last):', "ImportError: Couldn't import Django. Are you sure it's installed?"], "ImportError: Couldn't import Django. Are you sure it's installed?", ['python3 -m venv .venv && .venv/bin/python -m pip install django']],
    ['a Node package that is missing', ["Error: Cannot find module 'express'", 'Require stack:', '    at x', 'Node.js v20.20.2'], "Error: Cannot find module 'express'", ['npm install express']],
    ['the error before the package manager’s own', ['TypeError: boom', '    at main (a.js:1)', 'npm error code 1', 'npm error path /x'], 'TypeError: boom', []],
    ['where a mistake in Python source is', ['Traceback (most recent call last):', '  File "/app/manage.py", line 22, in <module>', '    main()', '  File "/app/site/settings.py", line 7', '    DEBUG = = True', '            ^', 'SyntaxError: invalid syntax'], 'SyntaxError: invalid syntax (/app/site/settings.py:7)', []],
    ['the mistake before the advice to ask for help', ["Unknown command: 'runsrver'. Did you mean runserver?", "Type 'manage.py help' for usage."], "Unknown command: 'runsrver'. Did you mean runserver?", []],
    ['the last line when none tells of an error', ['one', 'two', ''], 'two', []],
  ];
  for (const [title, lines, line, hints] of crashes) {
    it(`shows ${title}`, () => {
      expect(diagnoseLog(lines, asIs)).to.deep.equal({ reason: 'crash', line, hints });
    });
  }

  it('cuts a long line at 240 characters and has none for an empty log', () => {
    expect(diagnoseLog([`Error: ${'x'.repeat(500)}`], asIs).line).to.have.length(240);
    expect(diagnoseLog([], asIs)).to.deep.equal({ reason: 'crash', line: undefined, hints: [] });
  });

  it('takes secrets out before it cuts a line to size', () => {
    const secret = '0123456789abcdef0123456789abcdef';
    for (let filler = 180; filler < 240; filler += 1) {
      const { line } = diagnoseLog([`Error: ${'x'.repeat(filler)} ${secret} refused`], (text) => text.replaceAll(secret, '[REDACTED]'));
      expect(line).to.not.contain(secret.slice(0, 4));
    }
  });
});
