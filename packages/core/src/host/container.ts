/* The only file that knows the container library. Explicit tokens, values and cached factories; nothing is injected by decorators. */
import 'reflect-metadata';
import { container as libraryRoot, instanceCachingFactory, type DependencyContainer } from 'tsyringe';
import { EnvctlError, type Token } from '../contract/index.js';

export interface ServiceContainer {
  value<T>(token: Token<T>, value: T): void;
  /** `make` runs once, at the first resolve. */
  factory<T>(token: Token<T>, make: (container: ServiceContainer) => T): void;
  has(token: Token<unknown>): boolean;
  /** @throws EnvctlError ENVCTL_E_PLUGIN_TOKEN when nothing was registered for the token, here or above. */
  resolve<T>(token: Token<T>): T;
  /** Sees what is registered here; what it registers is not seen here. */
  child(): ServiceContainer;
}

/** A root of its own: two roots in one process share nothing. */
export function createContainer(): ServiceContainer {
  return wrap(libraryRoot.createChildContainer());
}

function wrap(library: DependencyContainer): ServiceContainer {
  const wrapped: ServiceContainer = {
    value: (token, value) => void library.register(token, { useValue: value }),
    factory: (token, make) => void library.register(token, { useFactory: instanceCachingFactory(() => make(wrapped)) }),
    has: (token) => library.isRegistered(token, true),
    resolve: <T>(token: Token<T>): T => {
      if (!library.isRegistered(token, true)) {
        throw new EnvctlError('ENVCTL_E_PLUGIN_TOKEN', `Nothing is registered for ${String(token.description)}.`, { kind: 'extension', data: { token: token.description } });
      }
      return library.resolve<T>(token);
    },
    child: () => wrap(library.createChildContainer()),
  };
  return wrapped;
}
