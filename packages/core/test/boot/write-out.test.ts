import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';

const module = new URL('../../dist/boot/write-out.js', import.meta.url).href;
const length = 3_000_000;

describe('writeOut', () => {
  it('gives a reader that is slow, and whose pipe does not wait, everything', async () => {
    const writer = `
      const { writeOut } = await import(${JSON.stringify(module)});
      writeOut('stdout', 'a'.repeat(${length}) + 'z');
    `;
    const script = [
      'import fcntl, os, subprocess, sys, time',
      'reading, writing = os.pipe()',
      'os.set_blocking(writing, False)',
      'writer = subprocess.Popen(sys.argv[1:], stdout=writing)',
      'os.close(writing)',
      'text = b""',
      'while True:',
      '    piece = os.read(reading, 65536)',
      '    if not piece: break',
      '    text += piece',
      'print(len(text), text[-2:].decode(), writer.wait())',
    ].join('\n');
    expect(await outputOf('python3', ['-c', script, process.execPath, '--input-type=module', '-e', writer])).to.equal(`${length + 1} az 0\n`);
  });

  it('takes a reader that is gone for the end', async () => {
    const writer = `
      const { writeOut } = await import(${JSON.stringify(module)});
      process.stdin.on('end', () => { writeOut('stdout', 'a'.repeat(${length})); writeOut('stderr', 'done'); }).resume();
    `;
    const child = spawn(process.execPath, ['--input-type=module', '-e', writer], { stdio: ['pipe', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let told = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => { told += text; });
    await once(child.stdout, 'close');
    child.stdin.end();
    const [code] = (await once(child, 'close')) as [number];
    expect({ code, told }).to.deep.equal({ code: 0, told: 'done' });
  });
});

async function outputOf(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => { text += piece; });
  await once(child, 'close');
  return text;
}
