/** The last line of a CI run: `N passed, N failed, N skipped`, from vitest's JSON report and the counts of the other gates. */
import { existsSync, readFileSync } from 'node:fs';

const [reportPath = '', gatesPassed = '0', gatesFailed = '0'] = process.argv.slice(2);
const tests = testCounts();

console.log(`\ngates: ${gatesPassed} passed, ${gatesFailed} failed; tests: ${inWords(tests)}`);
const passed = tests.passed + Number(gatesPassed);
const failed = tests.failed + Number(gatesFailed);
if (failed > 0) process.exitCode = 1;
console.log(inWords({ passed, failed, skipped: tests.skipped }));

/** A run that left no report ran no test; the failed gate already says so. */
function testCounts() {
  if (!existsSync(reportPath)) return { passed: 0, failed: 0, skipped: 0 };
  const report = JSON.parse(readFileSync(reportPath, 'utf8'));
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** @param {{ passed: number, failed: number, skipped: number }} counts */
function inWords({ passed: p, failed: f, skipped: s }) {
  return `${p} passed, ${f} failed, ${s} skipped`;
}
