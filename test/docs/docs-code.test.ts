/** The programs on the pages compile against the packages, and the commands on them are commands that there are. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { type CodeBlock, codeBlocks, pages } from './pages.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const here = fileURLToPath(new URL('..', import.meta.url));
const blocks = pages().flatMap(codeBlocks);
const inLanguage = (...languages: readonly string[]) =>
  blocks.filter(({ language }) => languages.includes(language));
const place = ({ page, line }: CodeBlock) => `${page}:${line}`;

describe('TypeScript', () => {
  const programs = inLanguage('ts', 'js');
  const errors = compile(programs);

  test('is there, and the compiler reads it', () => {
    expect(programs.length).toBeGreaterThan(0);
    expect(
      compile([{ page: 'none', line: 1, language: 'ts', code: 'const wrong: string = 1;' }]),
    ).not.toEqual([]);
  });

  test.each(programs.map(place))('%s', (at) => {
    expect(errors.filter((error) => error.startsWith(`${at} `))).toEqual([]);
  });
});

/** Every message, with the place of the block that it is about. */
function compile(programs: readonly CodeBlock[]): string[] {
  // A block is a module in the folder where all packages resolve; nothing is written there.
  const files = new Map(programs.map((block, i) => [`${here}docs-block-${i}.ts`, block]));
  const { config } = ts.readConfigFile(`${root}tsconfig.base.json`, (path) => readFileSync(path, 'utf8'));
  const { options } = ts.convertCompilerOptionsFromJson(
    { ...config.compilerOptions, lib: ['ES2023', 'DOM'], types: ['node'], noEmit: true, declaration: false },
    here,
  );
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile } = host;
  host.fileExists = (path) => files.has(path) || fileExists.call(host, path);
  host.readFile = (path) => {
    const code = files.get(path)?.code;
    return code === undefined ? readFile.call(host, path) : `${code}\nexport {};\n`;
  };
  const program = ts.createProgram([...files.keys()], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
    const block = file && files.get(file.fileName);
    const line = file ? file.getLineAndCharacterOfPosition(start).line + 1 : 0;
    const text = ts.flattenDiagnosticMessageText(messageText, '\n');
    return block ? `${place(block)} line ${line}: ${text}` : `${file?.fileName}: ${text}`;
  });
}

describe('a command', () => {
  // Console blocks are really run, and need no look here.
  const lines = inLanguage('sh').flatMap((block) =>
    block.code
      .replace(/\\\n\s*/g, '')
      .split('\n')
      .map((line) => ({ at: place(block), line: line.replace(/\s+#.*$/, '') })),
  );
  const kexecLines = lines.filter(({ line }) => /\bkexec\b/.test(line));
  const { scripts } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };

  test.each(kexecLines)('$at: options of kexec: $line', ({ line }) => {
    const [, verb] =
      /\bkexec\s+(debug|demo|explain|inspect|plan|support|test|trace|map|extract|doctor|completion)\b/.exec(
        line,
      ) ?? [];
    const help = `${helpOf('')}${verb === undefined ? '' : helpOf(verb)}`;
    const own = line.slice(line.search(/\bkexec\b/)).replace(/[|;>&].*$/, '');
    for (const [option = ''] of own.matchAll(/(?<= )--?[a-z][a-z-]*/g)) {
      // Short options may stand together: -le.
      const names = /^-[a-z]{2,}$/.test(option)
        ? [...option.slice(1)].map((letter) => `-${letter}`)
        : [option];
      for (const name of names) expect(help).toMatch(new RegExp(`(^|[ ,])${name}(?![a-z-])`, 'm'));
    }
  });

  test.each(lines.filter(({ line }) => /\bpnpm(@\S+)? /.test(line)))('$at: pnpm: $line', ({ line }) => {
    const [, script] = /\bpnpm(?:@\S+)?(?: -s)?(?: --filter \S+)? ([a-z:-]+)/.exec(line) ?? [];
    expect([...Object.keys(scripts), 'install', 'exec', 'build']).toContain(script);
  });

  test.each(lines.filter(({ line }) => /\bscripts\//.test(line)))('$at: script: $line', ({ line }) => {
    const [script] = /scripts\/[\w.-]+/.exec(line) ?? [];
    expect(existsSync(`${root}${script}`)).toBe(true);
  });
});

const helps = new Map<string, string>();

function helpOf(verb: string): string {
  const known = helps.get(verb);
  if (known !== undefined) return known;
  const args = [...(verb === '' ? [] : [verb]), '--help'];
  const { stdout } = spawnSync(process.execPath, [`${root}packages/cli/dist/main.js`, ...args], {
    encoding: 'utf8',
  });
  helps.set(verb, stdout);
  return stdout;
}
