import { expect } from 'chai';
import { installSignals, type SignalHost } from '../../dist/boot/signals.js';

describe('installSignals', () => {
  it('ends at once while nobody has taken over', () => {
    const { receive, said } = install();
    receive();
    expect(said).to.deep.equal(['the end']);
  });

  it('tells of the undoing, and of what a second signal leaves', () => {
    const { receive, said, undertake } = install();
    undertake();
    undertake('ends');
    receive();
    receive();
    expect(said).to.deep.equal([
      'Cancelling and undoing; press Ctrl-C again to stop at once.',
      'Stopped before the undoing was finished. To stop what is left, run: envctl stop-all',
      'killed by SIGINT',
    ]);
  });

  it('tells that a stop is finished, and of what a second signal leaves', () => {
    const { receive, said, undertake } = install();
    undertake('finishes');
    receive();
    receive();
    expect(said).to.deep.equal([
      'Cancelling; what is being stopped is stopped first. Press Ctrl-C again to end at once.',
      'Ended before the stop was finished. To stop what is left, run: envctl stop-all',
      'killed by SIGINT',
    ]);
  });

  it('says nothing where a command just ends', () => {
    const { receive, said, undertake, signal } = install();
    undertake('ends');
    receive();
    expect([said, signal.aborted]).to.deep.equal([[], true]);
    receive();
    expect(said).to.deep.equal(['killed by SIGINT']);
  });
});

function install() {
  const said: string[] = [];
  const listeners = new Set<() => void>();
  const host: SignalHost = {
    pid: 1,
    on: (event, listener) => event === 'SIGINT' && listeners.add(listener),
    off: (_event, listener) => listeners.delete(listener),
    kill: (_pid, signal) => said.push(`killed by ${signal}`),
  };
  const cancellation = installSignals(host, (line) => said.push(line), () => void said.push('the end'));
  return { ...cancellation, said, receive: () => [...listeners].forEach((listener) => listener()) };
}
