import { writeSync } from 'node:fs';

/**
 * Writes all there is for a standard stream by its descriptor, once: what Node makes of `process.stdout` is some of a fast command's milliseconds.
 * A reader that is gone is no error; one that is not ready is served by the stream. Throws what the system says.
 */
export function writeOut(stream: 'stdout' | 'stderr', text: string): void {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(stream === 'stdout' ? 1 : 2, rest));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE') return;
      if (code !== 'EAGAIN') throw error;
      process[stream].on('error', ignoreClosedPipe).write(rest);
      return;
    }
  }
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
