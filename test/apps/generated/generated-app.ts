import type { World } from '../world.js';

/** A project as a public generator makes it, and the files that make it use a database and a cache. */
export interface GeneratedApp {
  readonly id: string;
  /** The package that makes it. */
  readonly generator: string;
  /** The service that answers. */
  readonly service: 'backend' | 'frontend';
  /** The rule that has to find it. */
  readonly rule: string;
  /** Variables of the generator, of installations and of envctl; made once per world. */
  readonly env?: (directory: string) => Promise<Readonly<Record<string, string>>>;
  /** Makes the project in `world.repository` and installs its packages, and the clients without noting them; returns the generator's version. */
  generate(world: World): Promise<string>;
  /** Files that are added to it; it must have none of them. */
  readonly files: Readonly<Record<string, string>>;
  /** Answers `{row, key, project}` from Postgres and Redis. */
  readonly stores: string;
  /** A page of the project itself, and what is in it. */
  readonly page: { readonly path: string; readonly has: string };
  /** False where the application chooses its address itself, and chooses all of them. */
  readonly loopbackOnly: boolean;
}

export const withStores = 'MAIN_POSTGRES_ENABLE=true\nMAIN_REDIS_ENABLE=true\n';
