import { expect } from 'chai';
import { detect, itFinds } from './detect.js';

const server = 'package main\n\nimport "net/http"\n\nfunc main() { http.ListenAndServe(":8080", nil) }\n';
const tool = 'package main\n\nfunc main() { println("x") }\n';
const cargo = (more = '', dependencies = 'axum = "0.8"') => `[package]\nname = "shop"\nversion = "0.1.0"\n${more}\n[dependencies]\n${dependencies}\n`;
const application = "module Shop\n  class Application < Rails::Application\n  end\nend\n";

describe('rule for Go', () => {
  itFinds([
    ['a server in the root', { 'go.mod': 'module example.org/shop\n', 'main.go': server }, { backend: 'go run .' }, 'go'],
    ['a framework that listens', { 'go.mod': 'module shop\nrequire github.com/gin-gonic/gin v1\n', 'main.go': tool }, { backend: 'go run .' }],
    ['any program in the directory of the backend', { 'backend/go.mod': 'module shop\n', 'backend/main.go': tool }, { backend: 'go run .' }],
    ['the only program below cmd', { 'go.mod': 'module shop\n', 'cmd/start/main.go': server }, { backend: 'go run ./cmd/start' }],
    ['the server among programs below cmd', { 'go.mod': 'module shop\n', 'cmd/admin/main.go': tool, 'cmd/server/main.go': server }, { backend: 'go run ./cmd/server' }],
    ['the program of the name of the module', { 'go.mod': 'module example.org/shop\n', 'cmd/admin/main.go': tool, 'cmd/shop/main.go': server }, { backend: 'go run ./cmd/shop' }],
    ['not a tool in the root', { 'go.mod': 'module shop\n', 'main.go': tool }, {}],
    ['not a library', { 'go.mod': 'module shop\n', 'shop.go': 'package shop\n' }, {}],
    ['not a test', { 'go.mod': 'module shop\n', 'main_test.go': server }, {}],
    ['not one of several programs', { 'go.mod': 'module shop\n', 'cmd/a/main.go': server, 'cmd/b/main.go': server }, {}],
    ['not after a script that starts a server', { 'go.mod': 'module shop\n', 'main.go': server, 'package.json': '{"scripts":{"dev":"node server.js"}}' }, { backend: 'npm run dev' }],
  ]);
});

describe('rule for Rust', () => {
  itFinds([
    ['a server in the root', { 'Cargo.toml': cargo(), 'src/main.rs': 'fn main() {}' }, { backend: 'cargo run' }, 'rust'],
    ['Rocket, by its own variable', { 'backend/Cargo.toml': cargo('', 'rocket = "0.5"'), 'backend/src/main.rs': '' }, { backend: 'ROCKET_PORT=4000 cargo run' }],
    ['the server among programs', { 'Cargo.toml': cargo(), 'src/bin/migrate.rs': '', 'src/bin/server.rs': '' }, { backend: 'cargo run --bin server' }],
    ['a program that the manifest names', { 'Cargo.toml': cargo('[[bin]]\nname = "api"\npath = "api.rs"\n[[bin]]\nname = "x"\npath = "x.rs"') }, { backend: 'cargo run --bin api' }],
    ['the default of several', { 'Cargo.toml': cargo('default-run = "shop"'), 'src/main.rs': '', 'src/bin/x.rs': '' }, { backend: 'cargo run' }],
    ['not a tool in the root', { 'Cargo.toml': cargo('', 'clap = "4"'), 'src/main.rs': 'fn main() {}' }, {}],
    ['not a library', { 'Cargo.toml': cargo(), 'src/lib.rs': '' }, {}],
    ['not one of several programs', { 'Cargo.toml': cargo(), 'src/bin/a.rs': '', 'src/bin/b.rs': '' }, {}],
    ['not a workspace without a package', { 'Cargo.toml': '[workspace]\nmembers = ["a"]\n' }, {}],
  ]);
});

describe('rule for Rails', () => {
  itFinds([
    ['its own program', { 'config/application.rb': application, 'bin/rails*': '' }, { backend: 'bin/rails server -b 127.0.0.1 -p 4000' }, 'rails'],
    ['by bundler', { 'config/application.rb': application, Gemfile: 'gem "rails", "~> 8.0"\n' }, { backend: 'bundle exec rails server -b 127.0.0.1 -p 4000' }],
    ['before a script for its assets and a Procfile', { 'config/application.rb': application, 'bin/rails*': '', 'package.json': '{"scripts":{"dev":"node x"}}', 'Procfile.dev': 'web: bin/rails server\n' }, { backend: 'bin/rails server -b 127.0.0.1 -p 4000' }],
    ['not another Ruby program', { 'config/application.rb': 'x = 1\n', Gemfile: 'gem "sinatra"\n' }, {}],
    ['not an engine', { 'lib/shop/engine.rb': 'Rails::Engine', Gemfile: 'gem "rails"\n' }, {}],
  ]);
});

describe('rules for Go, Rust and Rails', () => {
  const rows: readonly [string, Readonly<Record<string, string>>][] = [
    ['go', { 'go.mod': 'module shop\n', 'main.go': server }],
    ['cargo', { 'Cargo.toml': cargo(), 'src/main.rs': '' }],
    ['ruby', { 'config/application.rb': application, 'bin/rails*': '' }],
  ];
  for (const [program, files] of rows) {
    it(`tell that ${program} is not there`, async () => {
      const found = await detect(files, { searchPath: '/nowhere' });
      expect(found.problems.map(({ reasonCode, message }) => [reasonCode, message.includes(` ${program},`)])).to.deep.equal([['missing_command_executable', true]]);
    });
  }
});
