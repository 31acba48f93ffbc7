import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { loadConfig, saveConfig, toShowConfig } from '../../dist/config/index.js';
import { isWritableValue, parseConfigText, quoteWhereNeeded } from '../../dist/config/grammar.js';
import { joinBlock, splitAtBlock } from '../../dist/config/block-text.js';
import { isEnvctlError } from '../../dist/index.js';
import { readFileSync } from 'node:fs';
import { load, postgres, redis, useRepository } from './fixtures.js';

const begin = '# >>> envctl managed startup config >>>';
const end = '# <<< envctl managed startup config <<<';
const env = { HOME: '/home/tester' };
const foreignLine = fc.oneof(
  fc.constantFrom('', '  ', '# comment', '\t# tab', '# caf\u00e9', 'DB_NAME=app', 'export DB_HOST="db"', 'FRONTEND_PORT_BASE=9100', 'REDIS_ENABLE=true', 'MAIN_REDIS_ENABLE=false'),
  fc.constantFrom('N8N_PORT_BASE=1', '# >>> envctl backend launch env >>>\nA = "b"  \n\n# x\nC=${ENVCTL_SOURCE_REDIS_URL}\n# <<< envctl backend launch env <<<'),
  fc.string().map((text) => `# ${text.replace(/[\r\n]/g, ' ')}`),
);
const foreignText = fc.tuple(fc.array(foreignLine, { maxLength: 8 }), fc.constantFrom('\n', '\r\n'), fc.boolean()).map(([lines, eol, ended]) => lines.join(eol) + (ended && lines.length > 0 ? eol : ''));

describe('configuration text, whatever it is', () => {
  const repository = useRepository();
  const file = (): string => path.join(repository.root, '.envctl');

  it('is read without any error but ours', () => {
    const garbage = fc.oneof(
      fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
      fc.array(fc.oneof(fc.string(), fc.constantFrom(begin, end, 'BACKEND_PORT_BASE=', 'A=B', 'MAIN_REDIS_ENABLE=\u0000', '# >>> envctl x >>>', '# >>> envctl backend launch env >>>', '# <<< envctl backend launch env <<<', 'A=${ENVCTL_SOURCE_REDIS_URL}', 'B=${', '=', 'export =', '__proto__=1', 'constructor=2'))).map((lines) => Buffer.from(lines.join('\n'))),
    );
    fc.assert(
      fc.property(garbage, (content) => {
        writeFileSync(file(), content);
        try {
          JSON.stringify(toShowConfig(load(repository.root)));
        } catch (error) {
          if (!isEnvctlError(error)) throw error;
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is saved over by no garbage: either refused whole or every foreign byte kept', async () => {
    const content = fc.tuple(foreignText, fc.boolean(), foreignText, fc.constantFrom(8000, 8100, 9999));
    await fc.assert(
      fc.asyncProperty(content, async ([before, hasBlock, after, port]) => {
        const initial = hasBlock ? `${before}${before === '' || before.endsWith('\n') ? '' : '\n'}${begin}\nDB_USER=me\nBACKEND_PORT_BASE=8500\n${end}${after === '' ? '' : '\n'}${after}` : before;
        writeFileSync(file(), initial);
        const options = { repositoryRoot: repository.root, env, dependencies: [postgres, redis], assignments: [{ key: 'BACKEND_PORT_BASE', value: String(port) }] };
        await saveConfig(options);
        const saved = readFileSync(file(), 'utf8');
        const split = splitAtBlock(saved);
        if (hasBlock) {
          expect(saved.startsWith(initial.slice(0, initial.indexOf(begin)))).to.equal(true);
          expect(saved.endsWith(initial.slice(initial.indexOf(end) + end.length))).to.equal(true);
          expect(split.inner).to.include('DB_USER=me');
        } else {
          expect(saved.startsWith(initial)).to.equal(true);
          expect(saved.slice(initial.length).replace(/^[\r\n]+/, '').startsWith(begin)).to.equal(true);
        }
        expect(loadConfig(options).ports.backend).to.equal(port);
        expect((await saveConfig(options)).changed).to.equal(false);
        expect(readFileSync(file(), 'utf8')).to.equal(saved);
      }),
      { numRuns: 150 },
    );
  });

  it('comes back byte for byte when it is split and joined with its own block', () => {
    fc.assert(
      fc.property(foreignText, foreignText, (before, after) => {
        const text = `${before}${before === '' || before.endsWith('\n') ? '' : '\n'}${begin}\nX=1\n${end}\n${after}`;
        const split = splitAtBlock(text);
        expect(joinBlock({ ...split, eol: '\n' }, [begin, ...(split.inner ?? []), end])).to.equal(text);
      }),
    );
  });

  it('gives back every value that may be written', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.constantFrom('"', "'", '""', `"'`, ' x ', '# x', 'a=b', '"a"')), (value) => {
        if (!isWritableValue(value)) {
          expect(value).to.match(/[\r\n\0]/);
          return;
        }
        expect(parseConfigText(`KEY=${quoteWhereNeeded(value)}`).entries).to.deep.equal([{ key: 'KEY', value, line: 1, managed: false }]);
      }),
      { numRuns: 500 },
    );
  });
});
