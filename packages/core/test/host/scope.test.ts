import { expect } from 'chai';
import { createToken, isEnvctlError } from '../../dist/contract/index.js';
import { createContainer, createScope } from '../../dist/host/index.js';

// The container library brings helpers that are global: they count as a leak when they come during a test.
await createContainer();

describe('createScope', () => {
  it('gives back in the reverse order, one after the other', async () => {
    const order: string[] = [];
    const scope = createScope();
    scope.add('first', async () => { await Promise.resolve(); order.push('first'); });
    scope.add('second', async () => { await new Promise(setImmediate); order.push('second'); });
    await scope.dispose();
    expect(order).to.deep.equal(['second', 'first']);
  });

  it('goes on after a failure and a hang, and names both', async () => {
    const order: string[] = [];
    const scope = createScope({ timeoutMs: 5000 });
    scope.add('last', () => order.push('last'));
    scope.add('thrower', () => { throw new Error('boom'); });
    scope.add('hanger', () => new Promise(() => undefined), { timeoutMs: 20 });
    const error: unknown = await scope.dispose().catch((reason: unknown) => reason);
    expect(isEnvctlError(error) && error.code).to.equal('ENVCTL_E_DISPOSE');
    expect((error as Error).message).to.include('hanger (did not end within 20 ms)').and.to.include('thrower (boom)');
    expect(((error as Error).cause as AggregateError).errors).to.have.length(2);
    expect(order).to.deep.equal(['last']);
  });

  it('disposes once', async () => {
    let count = 0;
    const scope = createScope();
    scope.add('one', () => { count += 1; });
    await Promise.all([scope.dispose(), scope.dispose()]);
    expect(count).to.equal(1);
  });

  it('refuses what comes after', async () => {
    const scope = createScope();
    await scope.dispose();
    expect(() => scope.add('late', () => undefined)).to.throw().with.property('code', 'ENVCTL_E_DISPOSE');
  });
});

describe('createContainer', () => {
  const token = createToken<{ readonly n: number }>('test-service');

  it('makes a factory value once, at the first resolve', async () => {
    let made = 0;
    const container = await createContainer();
    container.factory(token, () => ({ n: (made += 1) }));
    expect(made).to.equal(0);
    expect(container.resolve(token)).to.equal(container.resolve(token));
    expect(made).to.equal(1);
  });

  it('lets a child see its parent and not the other way round, nor a sibling', async () => {
    const root = await createContainer();
    const [child, sibling] = [root.child(), root.child()];
    root.value(createToken<string>('test-name'), 'root');
    child.value(token, { n: 1 });
    expect(child.resolve(createToken<string>('test-name'))).to.equal('root');
    expect([root.has(token), sibling.has(token)]).to.deep.equal([false, false]);
  });

  it('keeps two roots apart', async () => {
    const one = await createContainer();
    one.value(token, { n: 1 });
    expect((await createContainer()).has(token)).to.equal(false);
  });

  it('says which token nobody registered', async () => {
    const container = await createContainer();
    expect(() => container.resolve(token)).to.throw(/envctl\/test-service/).with.property('code', 'ENVCTL_E_PLUGIN_TOKEN');
  });
});
