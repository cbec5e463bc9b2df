/** Results of boot tests as text, TAP, JUnit, annotations of GitHub, and JSON. */
import pc from 'picocolors';
import type { BootOutcome } from './boot-outcome.js';

type Format = (outcomes: readonly BootOutcome[]) => string;

const lines = (...rows: readonly string[]) => rows.map((row) => `${row}\n`).join('');
const figures = ({ instructions, seconds }: BootOutcome) =>
  `${instructions} instructions, ${seconds.toFixed(3)} s of the guest's time`;
const isPassed = ({ status }: BootOutcome) => status === 'passed';

/** For people. */
const text: Format = (outcomes) => {
  const rows = outcomes.flatMap((outcome) => [
    `${isPassed(outcome) ? pc.green('ok') : pc.red(outcome.status)}  ${outcome.name}  ${figures(outcome)}`,
    ...(outcome.message === undefined ? [] : [`    ${outcome.message}`]),
    ...(outcome.folder === undefined
      ? []
      : [`    ${outcome.folder}: again with kexec --replay ${outcome.folder}/run.record`]),
  ]);
  const passed = outcomes.filter(isPassed).length;
  return lines(...rows, `${passed} passed, ${outcomes.length - passed} failed`);
};

/** @see Test Anything Protocol, version 14 */
const tap: Format = (outcomes) =>
  lines(
    'TAP version 14',
    `1..${outcomes.length}`,
    ...outcomes.flatMap((outcome, at) => [
      `${isPassed(outcome) ? 'ok' : 'not ok'} ${at + 1} - ${outcome.name.replace(/[\\#]/g, '\\$&')}`,
      ...(outcome.message === undefined
        ? []
        : [
            '  ---',
            `  status: ${outcome.status}`,
            `  message: ${JSON.stringify(outcome.message)}`,
            `  instructions: ${outcome.instructions}`,
            ...(outcome.folder === undefined ? [] : [`  folder: ${JSON.stringify(outcome.folder)}`]),
            '  ...',
          ]),
    ]),
  );

const XML_ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
};
/** Other control characters have no place in XML 1.0 at all. */
const xml = (value: string) =>
  value.replace(/[&<>"\n]/g, (letter) => XML_ESCAPES[letter] ?? '').replace(/[^\t\n\x20-\uffff]/g, '\ufffd');

/** @see the JUnit XML that CI servers read: testsuite, testcase, failure, error */
const junit: Format = (outcomes) => {
  const count = (status: BootOutcome['status']) =>
    outcomes.filter((outcome) => outcome.status === status).length;
  const seconds = outcomes.reduce((sum, outcome) => sum + outcome.seconds, 0);
  return lines(
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuite name="kexec" tests="${outcomes.length}" failures="${count('failed') + count('timeout')}" errors="${count('error')}" time="${seconds.toFixed(3)}">`,
    ...outcomes.map((outcome) => {
      const open = `  <testcase classname="kexec" name="${xml(outcome.name)}" time="${outcome.seconds.toFixed(3)}"`;
      if (outcome.message === undefined) return `${open}/>`;
      const element = outcome.status === 'error' ? 'error' : 'failure';
      return `${open}><${element} type="${outcome.status}" message="${xml(outcome.message)}"/></testcase>`;
    }),
    '</testsuite>',
  );
};

/** @see GitHub's workflow commands: what ends a message or a property is escaped */
const annotated = (value: string) =>
  value.replace(
    /[%\r\n]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
const property = (value: string) => annotated(value).replace(/:/g, '%3A').replace(/,/g, '%2C');

const github: Format = (outcomes) =>
  lines(
    ...outcomes.map((outcome) =>
      isPassed(outcome)
        ? `ok ${outcome.name}: ${figures(outcome)}`
        : `::error title=${property(`${outcome.name}: ${outcome.status}`)}::${annotated(outcome.message ?? '')}`,
    ),
  );

const json: Format = (outcomes) => lines(JSON.stringify({ schemaVersion: 1, boots: outcomes }));

/** One line a format. */
export const TEST_FORMATS = { text, tap, junit, github, json } as const;
export type TestFormat = keyof typeof TEST_FORMATS;
