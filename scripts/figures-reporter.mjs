/** Prints the figures that tests noted (noteFigures() of x86-cpu), a line for each title, when the run has ended. */

export class FiguresReporter {
  /** @param {readonly import('vitest/node').TestModule[]} modules */
  onTestRunEnd(modules) {
    /** @type {Map<string, Map<string, number>>} */
    const lines = new Map();
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        for (const [title, figures] of Object.entries(figuresOf(test))) {
          const line = lines.get(title) ?? new Map();
          lines.set(title, line);
          for (const [name, number] of Object.entries(figures))
            line.set(name, (line.get(name) ?? 0) + number);
        }
      }
    }
    if (lines.size === 0) return;
    const width = Math.max(...[...lines.keys()].map((title) => title.length));
    console.log('\n Figures');
    for (const title of [...lines.keys()].sort()) {
      const numbers = [...(lines.get(title) ?? [])];
      const text = numbers.map(([name, number]) => `${number.toLocaleString('en')} ${name}`).join(', ');
      console.log(`   ${title.padEnd(width)}  ${text}`);
    }
  }
}

/**
 * @param {import('vitest/node').TestCase} test
 * @returns {Record<string, Record<string, number>>} what noteFigures() left in the test's meta data
 */
function figuresOf(test) {
  const meta = test.meta();
  return 'figures' in meta ? /** @type {Record<string, Record<string, number>>} */ (meta.figures) : {};
}
