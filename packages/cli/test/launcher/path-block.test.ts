import { expect } from 'chai';
import fc from 'fast-check';
import { blockBegin, blockEnd, findPathBlock, toPathBlock, withPathBlock, withoutPathBlock } from '../../dist/launcher/path-block.js';

const block = toPathBlock('/opt/tools/bin', '/home/ada');
const other = toPathBlock('/elsewhere/bin', '/home/ada');
/** Lines of a shell file, with every kind of line end and without markers. */
const anyText = fc.array(fc.oneof(fc.constantFrom('', '# rc', 'export PATH="/x:$PATH"', 'alias é=1', '\r'), fc.string()), { maxLength: 8 }).map((lines) => lines.join('\n')).filter((text) => !text.includes('envctl PATH'));

describe('the PATH block', () => {
  it('names the directory, below home by $HOME', () => {
    expect(toPathBlock('/home/ada/.npm/bin', '/home/ada')).to.deep.equal([blockBegin, 'export PATH="$HOME/.npm/bin:$PATH"', blockEnd]);
    expect(block[1]).to.equal('export PATH="/opt/tools/bin:$PATH"');
    expect(toPathBlock('/opt/a"b$c`d\\e', '/')[1]).to.equal('export PATH="/opt/a\\"b\\$c\\`d\\\\e:$PATH"');
  });

  it('refuses a directory that cannot stand in a PATH', () => {
    for (const directory of ['/a:b', '/a\nb']) expect(() => toPathBlock(directory, '/home/ada')).to.throw('cannot stand in a PATH');
  });

  it('stands behind a blank line, in an empty file alone, behind a text without a last newline directly', () => {
    expect(withPathBlock('a\n', block, 'rc')).to.equal(`a\n\n${block.join('\n')}\n`);
    expect(withPathBlock('', block, 'rc')).to.equal(`${block.join('\n')}\n`);
    expect(withPathBlock('a', block, 'rc')).to.equal(`a\n${block.join('\n')}\n`);
  });

  it('twice changes nothing', () => {
    fc.assert(fc.property(anyText, (text) => {
      const once = withPathBlock(text, block, 'rc');
      expect(withPathBlock(once, block, 'rc')).to.equal(once);
      expect(findPathBlock(once, 'rc')).to.deep.equal(block);
    }));
  });

  it('removed gives the text back', () => {
    fc.assert(fc.property(anyText, (text) => {
      expect(withoutPathBlock(withPathBlock(text, block, 'rc'), 'rc')).to.equal(text);
    }), { examples: [['a'], ['a\r\nb'], ['a\n  '], ['a\r\n\r'], ['\r']] });
  });

  it('removed before what was written behind it leaves that a line of its own', () => {
    expect(withoutPathBlock(`${withPathBlock('a', block, 'rc')}b\n`, 'rc')).to.equal('a\nb\n');
  });

  it('is refreshed in its place, every other byte as it was', () => {
    fc.assert(fc.property(anyText, anyText, (before, after) => {
      const text = `${before}\n${other.join('\n')}\n${after}`;
      expect(withPathBlock(text, block, 'rc')).to.equal(`${before}\n${block.join('\n')}\n${after}`);
    }));
  });

  it('becomes one where there were two', () => {
    const text = `a\n\n${other.join('\n')}\nb\n\n${other.join('\n')}\nc\n`;
    expect(withPathBlock(text, block, 'rc')).to.equal(`a\n\n${block.join('\n')}\nb\nc\n`);
    expect(withoutPathBlock(text, 'rc')).to.equal('a\nb\nc\n');
  });

  for (const [name, lines] of [
    ['an end is missing', ['a', blockBegin, 'export PATH', 'b']],
    ['a begin is missing', ['a', blockEnd, 'b']],
    ['a second begins before the first ends', [blockBegin, 'x', blockBegin, 'y', blockEnd]],
  ] as const) {
    it(`is refused where ${name}`, () => {
      for (const act of [() => withPathBlock(lines.join('\n'), block, 'rc'), () => withoutPathBlock(lines.join('\n'), 'rc')]) expect(act).to.throw('is not whole');
    });
  }
});
