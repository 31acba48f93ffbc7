import { appendFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { scanLogIssues } from '../../dist/services/index.js';
import { createIssueScanner, type LogIssue } from '../../dist/services/log-issues.js';
import { withDirectory } from './support.js';

type Found = Pick<LogIssue, 'rule' | 'line' | 'headline' | 'excerpt'>;

function scan(text: string): readonly Found[] {
  const found: Found[] = [];
  const scanner = createIssueScanner((issue) => found.push(issue));
  text.split('\n').forEach(scanner.push);
  scanner.end();
  return found;
}

describe('the rules of log issues', () => {
  const rows: readonly (readonly [title: string, text: string, rule: string, headline: string, lines: number])[] = [
    ['a Python traceback', 'INFO: start\nTraceback (most recent call last):\n  File "app.py", line 3, in <module>\n    run()\nValueError: bad value\nINFO: next', 'python.traceback', 'ValueError: bad value', 4],
    ['chained Python tracebacks', 'Traceback (most recent call last):\n  File "a.py", line 1, in f\nKeyError: \'x\'\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File "a.py", line 2, in g\nRuntimeError: no x', 'python.traceback', "KeyError: 'x'", 3],
    ['a group of Python exceptions', '  + Exception Group Traceback (most recent call last):\n  |   File "a.py", line 1, in <module>\n  | ExceptionGroup: many (2 sub-exceptions)\n  +-+---------------- 1 ----------------\n    | ValueError: a\n    +------------------------------------\nINFO: next', 'python.traceback', '| ExceptionGroup: many (2 sub-exceptions)', 6],
    ['a Python file that cannot be read', '  File "/app/main.py", line 1\n    foo(\n       ^\nSyntaxError: \'(\' was never closed\nnext', 'python.traceback', "SyntaxError: '(' was never closed", 4],
    ['a Python exception with another alphabet', 'Traceback (most recent call last):\n  File "a.py", line 1, in f\nÄError: no\nnext', 'python.traceback', 'ÄError: no', 3],
    ['a Node file that cannot be read', 'file:///app/bad.mjs:1\nlet a = ;\n        ^\n\nSyntaxError: Unexpected token \';\'\n    at compile (node:internal/x:1:2)\n\nNode.js v20.20.2\nnext', 'node.unhandled', "SyntaxError: Unexpected token ';'", 8],
    ['what Node was rejected with that is no error', 'node:internal/process/promises:389\n      new UnhandledPromiseRejection(reason);\n      ^\n\nUnhandledPromiseRejection: The promise rejected with the reason "no".\n    at f (node:internal/process/promises:389:7) {\n  code: \'ERR_UNHANDLED_REJECTION\'\n}\n\nNode.js v20.20.2\nnext', 'node.unhandled', 'UnhandledPromiseRejection: The promise rejected with the reason "no".', 10],
    ['a Node error that was printed after words', 'could not connect: RangeError: no\n    at connect (/app/db.js:3:7)\nGET / 200', 'node.error', 'could not connect: RangeError: no', 2],
    ['a Node error with what caused it', 'Error: x\n    at f (/a.js:1:2) {\n  [cause]: AggregateError: y\n      at g (/a.js:3:4) {\n    [errors]: [ [Error], [Error] ]\n  }\n}\nnext', 'node.error', 'Error: x', 7],
    ['a panic of a Go server that goes on', '2026/11/22 17:05:03 http: panic serving 127.0.0.1:4242: no\ngoroutine 34 [running]:\nnet/http.(*conn).serve.func1()\n\t/usr/local/go/src/net/http/server.go:1947 +0xbe\nnext', 'go.panic', '2026/11/22 17:05:03 http: panic serving 127.0.0.1:4242: no', 4],
    ['an exception that Rails logs', "NoMethodError (undefined method `name' for nil:NilClass):\n  \napp/controllers/items_controller.rb:5:in `index'\nStarted GET", 'ruby.exception', "NoMethodError (undefined method `name' for nil:NilClass):", 3],
    ['an uncaught Node error', '/app/server.js:3\nthrow new TypeError("nope");\n^\n\nTypeError: nope\n    at Object.<anonymous> (/app/server.js:3:7)\n    at Module._compile (node:internal/modules/cjs/loader:1234:14)\n\nNode.js v20.19.0\nafter', 'node.unhandled', 'TypeError: nope', 9],
    ['a Node error that was printed', 'Error: listen failed\n    at Server.listen (node:net:1:2)\n  code: \'EACCES\',\nGET / 200', 'node.error', 'Error: listen failed', 3],
    ['a Go panic', 'panic: runtime error: index out of range [3] with length 2\n\ngoroutine 1 [running]:\nmain.main()\n\t/app/main.go:9 +0x1d\nexit status 2\nlistening', 'go.panic', 'panic: runtime error: index out of range [3] with length 2', 6],
    ['a Rust panic', "thread 'main' panicked at src/main.rs:4:5:\nindex out of bounds: the len is 2\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\nlistening", 'rust.panic', 'index out of bounds: the len is 2', 3],
    ['a Rust panic without a note',"thread 'worker-1' panicked at src/main.rs:4:5:\nno\nlistening\nlistening", 'rust.panic', 'no', 2],
    ['a Java exception', 'Exception in thread "main" java.lang.IllegalStateException: no\n\tat app.Main.run(Main.java:3)\nCaused by: java.io.IOException: disk\n\t... 3 more\nStarted', 'java.exception', 'Exception in thread "main" java.lang.IllegalStateException: no', 4],
    ['a Ruby exception', "app.rb:3:in `run': undefined method (NoMethodError)\n\tfrom app.rb:9:in `<main>'\nok", 'ruby.exception', "app.rb:3:in `run': undefined method (NoMethodError)", 2],
    ['a level', '2026-11-22 17:05:03,250 ERROR app: it broke\nINFO fine', 'level.error', '2026-11-22 17:05:03,250 ERROR app: it broke', 1],
    ['a level with an error of no stack', 'ERROR could not start: DatabaseError: x\nINFO fine', 'level.error', 'ERROR could not start: DatabaseError: x', 1],
    ['a level in brackets', '[2026-11-22] [CRITICAL] worker died\n', 'level.error', '[2026-11-22] [CRITICAL] worker died', 1],
    ['logfmt', 'time=1 level=error msg="no"', 'level.error', 'time=1 level=error msg="no"', 1],
    ['a JSON line of pino', '{"level":50,"msg":"no"}', 'json.error', '{"level":50,"msg":"no"}', 1],
    ['a JSON line with a word', '{"severity":"ERROR","message":"no"}', 'json.error', '{"severity":"ERROR","message":"no"}', 1],
    ['a killed process', 'Killed', 'system.killed', 'Killed', 1],
    ['a taken port', 'OSError: [Errno 98] address already in use', 'node.error', 'OSError: [Errno 98] address already in use', 1],
  ];
  for (const [title, text, rule, headline, lines] of rows) {
    it(`find ${title}`, () => {
      const [first] = scan(text);
      expect(first).to.deep.include({ rule, headline });
      expect(first?.excerpt).to.have.lengthOf(lines);
      expect(text.split('\n')[(first?.line ?? 0) - 1]).to.equal(first?.excerpt[0]);
    });
  }

  for (const line of ['0 errors found', 'GET /error 200', 'ErrorBoundary mounted', 'errors: none', 'INFO no error here', '{"level":30,"msg":"error page shown"}', 'compiled with 0 ERRORS', 'error handling is on', 'at 12:00 all is well', 'INFO handled ValidationError: no name', 'caught Error: no\nGET / 200', 'caught Error: no']) {
    it(`find nothing in: ${line}`, () => expect(scan(line)).to.deep.equal([]));
  }
});

describe('what Python logs with its traceback', () => {
  it('is told as what was logged and as what happened, nothing of it as an error of Node', () => {
    const found = scan('ERROR:root:failed to do\nTraceback (most recent call last):\n  File "a.py", line 4, in <module>\n    1/0\nZeroDivisionError: division by zero\nINFO next');
    expect(found.map(({ rule, headline }) => [rule, headline])).to.deep.equal([['level.error', 'ERROR:root:failed to do'], ['python.traceback', 'ZeroDivisionError: division by zero']]);
  });
});

describe('an enormous line', () => {
  it('is judged by its beginning, in no time that grows with it', () => {
    const long = 'a.'.repeat(2_000_000);
    const found = scan(`panic: no\n${long}\n${long}(\nERROR ${long}`);
    expect(found.map(({ rule }) => rule)).to.deep.equal(['go.panic', 'level.error']);
  });
});

describe('scanLogIssues', () => {
  it('reads all files of a log, tells the same error once and where last, takes secrets out before it cuts', async () => {
    await withDirectory(async (directory) => {
      const log = path.join(directory, 'log');
      await writeFile(`${log}.1`, 'ERROR request 17 failed\nERROR only once\n');
      await writeFile(log, `fine\n${'x'.repeat(100_000)}\n\u001b[31mERROR\u001b[0m request 18 failed\nERROR ${'y'.repeat(390)}the-secret\n`);
      const { issues, left_out } = await scanLogIssues(log, (text) => text.replaceAll('the-secret', '<redacted>'));
      expect(issues.map(({ file, line, count, headline }) => [file, line, count, headline.slice(0, 24)])).to.deep.equal([
        [`${log}.1`, 2, 1, 'ERROR only once'],
        [log, 3, 2, 'ERROR request 18 failed'],
        [log, 4, 1, `ERROR ${'y'.repeat(18)}`],
      ]);
      expect(JSON.stringify(issues)).not.to.contain('the-s');
      expect(left_out).to.equal(0);
    });
  });

  it('keeps the newest of many, in bounded memory', async () => {
    await withDirectory(async (directory) => {
      const log = path.join(directory, 'log');
      const word = (index: number): string => [...String(index)].map((digit) => 'abcdefghij'[Number(digit)]).join('');
      for (let from = 0; from < 50_000; from += 10_000) await appendFile(log, Array.from({ length: 10_000 }, (_, index) => `ERROR ${word(from + index)}\n`).join(''));
      const { issues, left_out } = await scanLogIssues(log, (text) => text);
      expect(issues).to.have.lengthOf(20);
      expect(issues.at(-1)).to.include({ headline: `ERROR ${word(49_999)}`, line: 50_000 });
      expect(left_out).to.equal(49_980);
    });
  });

  it('has none where there is no log', async () => {
    expect(await scanLogIssues('/nonexistent/log', (text) => text)).to.deep.equal({ issues: [], left_out: 0 });
  });
});
