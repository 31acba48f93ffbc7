// A mocha reporter: the spec output for people, and one JSON summary for scripts/run-tests.mjs in the file
// ENVCTL_TEST_REPORT names. The reason of a skip stands in the title of the test or hook that skipped, after
// 'skipped: ' (`this.test.title += ' skipped: no Docker engine answers'; this.skip()`).
const fs = require('node:fs');
const Mocha = require('mocha');

const { EVENT_HOOK_END, EVENT_RUN_END, EVENT_TEST_FAIL, EVENT_TEST_PASS, EVENT_TEST_PENDING } = Mocha.Runner.constants;

module.exports = class MochaReport extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const report = { passed: 0, failed: [], skipped: [] };
    const hookReasons = new Map();
    runner.on(EVENT_TEST_PASS, () => {
      report.passed += 1;
    });
    runner.on(EVENT_TEST_FAIL, (test, error) => {
      report.failed.push({ title: test.fullTitle(), message: String(error && (error.stack || error.message || error)) });
    });
    runner.on(EVENT_HOOK_END, (hook) => {
      const reason = reasonIn(hook.title);
      if (reason !== undefined && hook.parent) hookReasons.set(hook.parent, reason);
    });
    runner.on(EVENT_TEST_PENDING, (test) => {
      report.skipped.push({ title: test.fullTitle(), reason: reasonOf(test, hookReasons) });
    });
    runner.on(EVENT_RUN_END, () => {
      const path = process.env.ENVCTL_TEST_REPORT;
      if (path) fs.writeFileSync(path, JSON.stringify(report));
    });
  }
};

function reasonOf(test, hookReasons) {
  const own = reasonIn(test.title);
  if (own !== undefined) return own;
  for (let suite = test.parent; suite; suite = suite.parent) {
    const hooks = suite._beforeAll.concat(suite._beforeEach);
    const reason = hookReasons.get(suite) ?? reasonIn(suite.title) ?? hooks.map((hook) => reasonIn(hook.title)).find(Boolean);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function reasonIn(title) {
  const at = title.lastIndexOf('skipped: ');
  return at === -1 ? undefined : title.slice(at + 'skipped: '.length);
}
