import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ConfigModel, LoadConfigOptions } from '../../dist/config/index.js';
import { loadConfig } from '../../dist/config/index.js';
import type { DependencyDeclaration } from '../../dist/index.js';

export const postgres: DependencyDeclaration = {
  id: 'postgres',
  displayName: 'PostgreSQL',
  order: 10,
  resources: [{ name: 'primary', portKey: 'db', configKey: 'DB_PORT', defaultPort: 5432 }],
  enableKeys: { main: ['MAIN_POSTGRES_ENABLE', 'POSTGRES_MAIN_ENABLE'], trees: ['TREES_POSTGRES_ENABLE'] },
  defaultEnabled: { main: false, trees: false },
  conflicts: ['supabase'],
  variables: [{ name: 'DATABASE_URL', secret: true }, { name: 'DB_HOST' }, { name: 'DB_PASSWORD', secret: true }],
};

export const redis: DependencyDeclaration = {
  id: 'redis',
  displayName: 'Redis',
  order: 20,
  resources: [{ name: 'primary', portKey: 'redis', configKey: 'REDIS_PORT', defaultPort: 6379 }],
  enableKeys: { main: ['MAIN_REDIS_ENABLE', 'REDIS_MAIN_ENABLE', 'REDIS_ENABLE'], trees: ['TREES_REDIS_ENABLE', 'REDIS_ENABLE'] },
  defaultEnabled: { main: false, trees: false },
  variables: [{ name: 'REDIS_URL', secret: true }, { name: 'REDIS_PORT' }],
};

export const supabase: DependencyDeclaration = {
  id: 'supabase',
  displayName: 'Supabase',
  order: 30,
  resources: [{ name: 'db', portKey: 'db', configKey: 'DB_PORT', defaultPort: 5432 }],
  enableKeys: { main: ['MAIN_SUPABASE_ENABLE', 'SUPABASE_MAIN_ENABLE'], trees: ['TREES_SUPABASE_ENABLE'] },
  defaultEnabled: { main: false, trees: false },
  conflicts: ['postgres'],
  variables: [{ name: 'DATABASE_URL', secret: true }, { name: 'SUPABASE_URL' }, { name: 'SUPABASE_ANON_KEY' }, { name: 'SUPABASE_SERVICE_ROLE_KEY', secret: true }],
};

export const n8n: DependencyDeclaration = {
  id: 'n8n',
  displayName: 'n8n',
  order: 40,
  resources: [{ name: 'primary', portKey: 'n8n', configKey: 'N8N_PORT_BASE', defaultPort: 5678 }],
  enableKeys: { main: ['MAIN_N8N_ENABLE', 'N8N_MAIN_ENABLE', 'N8N_ENABLE'], trees: ['TREES_N8N_ENABLE', 'N8N_ENABLE'] },
  defaultEnabled: { main: false, trees: false },
};

/** A temporary repository root, removed after each test of the enclosing suite. */
export function useRepository(): { readonly root: string; write(name: string, content: string | Uint8Array): string } {
  let root = '';
  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'envctl-test-config-'));
  });
  afterEach(() => {
    rmSync(root, { recursive: true, force: true });
  });
  return {
    get root() {
      return root;
    },
    write(name, content) {
      const file = path.join(root, name);
      writeFileSync(file, content);
      return file;
    },
  };
}

export function load(repositoryRoot: string, options: Partial<LoadConfigOptions> = {}): ConfigModel {
  return loadConfig({ env: { HOME: '/home/tester' }, isRoot: false, dependencies: [postgres, redis], ...options, repositoryRoot });
}
