import { expect } from 'chai';
import { tellingLine } from '../../../dist/services/preparation/index.js';

const cases: readonly (readonly [what: string, lines: readonly string[], line: string | undefined])[] = [
  ['npm and peers', ['npm warn old', 'npm error code ERESOLVE', 'npm error ERESOLVE unable to resolve dependency tree', 'npm error', 'npm error Found: react@18.0.0', 'npm error A complete log of this run can be found in: /x'], 'npm error ERESOLVE unable to resolve dependency tree'],
  ['npm and the lock file', ['npm error code EUSAGE', 'npm error', 'npm error `npm ci` can only install packages when your package.json and package-lock.json are in sync.'], 'npm error `npm ci` can only install packages when your package.json and package-lock.json are in sync.'],
  ['npm and another Node', ['npm error code EBADENGINE', 'npm error engine Unsupported engine', 'npm error notsup Required: {"node":">=99"}', 'npm error notsup Actual:   {"npm":"11","node":"v20"}'], 'npm error notsup Required: {"node":">=99"}'],
  ['npm and a script', ['npm error code 1', 'npm error path /x', 'npm error command failed', 'npm error command sh -c exit 1', 'npm error gyp ERR! not ok'], 'npm error gyp ERR! not ok'],
  ['npm and an unknown package', ['npm error code E404', 'npm error 404 Not Found - GET somewhere/absent', 'npm error 404'], 'npm error 404 Not Found - GET somewhere/absent'],
  ['pnpm', ['Lockfile is up to date', '\u001b[41m ERR_PNPM_OUTDATED_LOCKFILE \u001b[0m Cannot install with "frozen-lockfile"'], 'ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with "frozen-lockfile"'],
  ['pnpm 12', ['Error: ERR_PNPM_OUTDATED_LOCKFILE', '', '  × installing dependencies', '  ╰─▶ Cannot install with "frozen-lockfile" because pnpm-lock.yaml is not up', '      to date with package.json.', '      ', '        Failure reason:', '  help: Regenerate the lockfile'], 'Cannot install with "frozen-lockfile" because pnpm-lock.yaml is not up to date with package.json.'],
  ['pnpm 12 and an unknown package', ['Error: ERR_PNPM_FETCH_404', '', '  × installing dependencies', '  ├─▶ Failed to resolve dependency tree: GET somewhere/', '  │   absent: Not Found - 404', '  ╰─▶ GET somewhere/absent: Not Found -', '      404', '  help: absent is not in the npm registry'], 'GET somewhere/absent: Not Found - 404'],
  ['yarn 4', ['➤ YN0000: · Yarn 4.18.1', '➤ YN0000: ┌ Resolution step', '➤ YN0035: │ absent@npm:1.0.0: Package not found', '➤ YN0035: │   Response Code: 404 (Not Found)', '➤ YN0000: └ Completed', '➤ YN0000: · Failed with errors in 0s 208ms'], 'absent@npm:1.0.0: Package not found'],
  ['yarn 4 and the lock file', ['➤ YN0028: │ +  resolution: "kind-of@npm:6.0.3"', '➤ YN0028: │ The lockfile would have been modified by this install, which is explicitly forbidden.', '➤ YN0000: └ Completed', '➤ YN0000: · Failed with errors in 0s 330ms'], 'The lockfile would have been modified by this install, which is explicitly forbidden.'],
  ['uv', ['  × No solution found when resolving dependencies:', '  ╰─▶ Because absent was not found in the package registry and your project depends', '      on absent, we can conclude that your requirements are unsatisfiable.'], 'Because absent was not found in the package registry and your project depends on absent, we can conclude that your requirements are unsatisfiable.'],
  ['pipenv', ['Pipfile.lock is out-of-date. Run $ pipenv lock to update.'], 'Pipfile.lock is out-of-date. Run $ pipenv lock to update.'],
  ['yarn', ['yarn install v1.22.22', 'error Your lockfile needs to be updated, but yarn was run with `--frozen-lockfile`.', 'info Visit'], 'error Your lockfile needs to be updated, but yarn was run with `--frozen-lockfile`.'],
  ['pip', ['ERROR: Could not find a version that satisfies the requirement absent', 'ERROR: No matching distribution found for absent', '[notice] A new release of pip'], 'ERROR: No matching distribution found for absent'],
  ['pip and another Python', ['ERROR: Ignored the following versions that require a different python version: 6.0 Requires-Python >=3.12', 'ERROR: Could not find a version that satisfies the requirement django==6.0 (from versions: 5.2)', 'ERROR: No matching distribution found for django==6.0'], 'ERROR: No matching distribution found for django==6.0'],
  ['npm and no lock file', ['npm error code EUSAGE', 'npm error', 'npm error The `npm ci` command can only install with an existing package-lock.json or', 'npm error npm-shrinkwrap.json with lockfileVersion >= 1. Run an install with npm@5 or', 'npm error later to generate a package-lock.json file, then try again.', 'npm error', 'npm error Clean install a project'], 'npm error The `npm ci` command can only install with an existing package-lock.json or npm-shrinkwrap.json with lockfileVersion >= 1. Run an install with npm@5 or later to generate a package-lock.json file, then try again.'],
  ['Python', ['Traceback (most recent call last):', '  File "setup.py", line 1', "ModuleNotFoundError: No module named 'numpy'"], "ModuleNotFoundError: No module named 'numpy'"],
  ['poetry', ['Installing', 'pyproject.toml changed significantly since poetry.lock was last generated. Run `poetry lock` to fix the lock file.'], 'pyproject.toml changed significantly since poetry.lock was last generated. Run `poetry lock` to fix the lock file.'],
  ['Debian without venv', ['The virtual environment was not created successfully because ensurepip is not available.', 'Failing command: x'], 'The virtual environment was not created successfully because ensurepip is not available.'],
  ['something else', ['one', '', 'two', ''], 'two'],
  ['nothing', ['', '  '], undefined],
];

describe('tellingLine', () => {
  for (const [what, lines, line] of cases) {
    it(`finds what ${what} means`, () => {
      expect(tellingLine(lines, (text) => text)).to.equal(line);
    });
  }

  it('takes secrets out of the whole line before it is cut to size', () => {
    const line = tellingLine([`ERROR: ${'x'.repeat(220)}hidden-value`], (text) => text.replace('hidden-value', '[redacted]'));
    expect(line).to.have.lengthOf(237);
    expect(line).not.to.include('hidden');
  });
});
