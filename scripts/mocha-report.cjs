// A mocha reporter: the spec output for people, and for scripts/run-suite.mjs one JSON line per event in the file
// ENVCTL_TEST_REPORT names, written as it happens: a suite that crashes or hangs has told what it passed and where it was.
// The reason of a skip stands in the title of the test or hook that skipped, after 'skipped: '
// (`this.test.title += ' skipped: no Docker engine answers'; this.skip()`).
const fs = require('node:fs');
const Mocha = require('mocha');

const { EVENT_HOOK_BEGIN, EVENT_HOOK_END, EVENT_RUN_END, EVENT_TEST_BEGIN, EVENT_TEST_FAIL, EVENT_TEST_PASS, EVENT_TEST_PENDING } =
  Mocha.Runner.constants;

/** How long a process may live after its last test; what holds it open is a defect of the suite. */
const farewellMs = 60_000;

module.exports = class MochaReport extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const path = process.env.ENVCTL_TEST_REPORT;
    if (!path) return;
    const tell = (event) => fs.appendFileSync(path, `${JSON.stringify(event)}\n`);
    const hookReasons = new Map();
    runner.on(EVENT_TEST_BEGIN, (test) => tell({ event: 'begin', title: test.fullTitle() }));
    runner.on(EVENT_HOOK_BEGIN, (hook) => tell({ event: 'begin', title: hook.fullTitle() }));
    runner.on(EVENT_TEST_PASS, (test) => tell({ event: 'pass', title: test.fullTitle(), ms: test.duration }));
    runner.on(EVENT_TEST_FAIL, (test, error) => {
      tell({ event: 'fail', title: test.fullTitle(), message: String(error && (error.stack || error.message || error)) });
    });
    runner.on(EVENT_HOOK_END, (hook) => {
      const reason = reasonIn(hook.title);
      if (reason !== undefined && hook.parent) hookReasons.set(hook.parent, reason);
    });
    runner.on(EVENT_TEST_PENDING, (test) => {
      tell({ event: 'skip', title: test.fullTitle(), reason: reasonOf(test, hookReasons) });
    });
    runner.on(EVENT_RUN_END, () => {
      tell({ event: 'end' });
      setTimeout(() => {
        tell({ event: 'held', by: process.getActiveResourcesInfo() });
        process.exit(1);
      }, farewellMs).unref();
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
