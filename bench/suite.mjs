/** Builds what the Linux suite boots: the C programs by gcc -m32, in an initramfs with Debian's busybox. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { entries, packed } from '../scripts/build-initramfs.mjs';

const file = (path) => fileURLToPath(new URL(path, import.meta.url));
const fixtures = file('../.cache/fixtures');
const out = file('dist/suite');

/** Built twice: what `double` is made of decides. */
const FLOATING = new Set(['matmul', 'nbody', 'mandelbrot']);
const FLAGS = ['-m32', '-march=i686', '-O2', '-static'];
const SSE2 = ['-msse2', '-mfpmath=sse'];

/** Name, and the command in the guest; a result is the command's output. */
export const PROGRAMS = [
  ['sha256sum', 'sha256sum /tmp/data'],
  ['md5sum', 'md5sum /tmp/data'],
  ['gzip -9', 'gzip -9 -c /tmp/text | md5sum'],
  ['gunzip', 'gunzip -c /tmp/text.gz | md5sum'],
  ['shell loop', 'i=0; while [ $i -lt 150000 ]; do i=$((i + 1)); done; echo $i'],
  ['awk', 'awk \'BEGIN { for (i = 1; i < 500000; i++) s += 1 / (i * i); printf "%.12f\\n", s }\''],
  ['sort', 'sort -n /tmp/numbers | md5sum'],
  ['grep', "grep -c 'lazy [0-9]*7[0-9] l' /tmp/text"],
  ['fork+exec', 'i=0; while [ $i -lt 500 ]; do /bin/busybox true; i=$((i + 1)); done; echo $i'],
  ...['sieve', 'records', 'mix', 'sha1', 'fib', 'bytecode', 'indirect', 'qsort', 'arith64'].map((name) => [
    name,
    `/suite/${name}`,
  ]),
  ...[...FLOATING].flatMap((name) => [
    [`${name} x87`, `/suite/${name}`],
    [`${name} SSE2`, `/suite/${name}-sse2`],
  ]),
  ...['libc', 'rep', 'loop', 'sse'].map((way) => [`copy ${way}`, `/suite/copy ${way}`]),
  ['chase 16 KB', '/suite/chase 16'],
  ['chase 16 MB', '/suite/chase 16384'],
  ['int80', '/suite/syscalls int80'],
  ['vdso', '/suite/syscalls vdso'],
  ...['faults', 'forks', 'pipes', 'rewrite'].map((name) => [name, `/suite/${name}`]),
];

/** What programs read, and how it is made: each file before those made of it. */
const DATA = [
  [
    '/tmp/data',
    "yes 'the quick brown kernel jumps over the lazy page 0123456789' | head -c 25165824 > /tmp/data",
  ],
  [
    '/tmp/numbers',
    "awk 'BEGIN { for (i = 0; i < 120000; i++) { s = (s * 1103515 + 12345) % 2147483; print s } }' > /tmp/numbers",
  ],
  [
    '/tmp/text',
    'awk \'BEGIN { for (i = 0; i < 60000; i++) { s = (s * 1103515 + 12345) % 2147483; print "lazy " s " loader, " i } }\' > /tmp/text',
  ],
  ['/tmp/text.gz', 'gzip -c /tmp/text > /tmp/text.gz'],
];

/** Markers begin a line; what a program printed follows @end. */
function init(wanted) {
  const programs = PROGRAMS.filter(([name]) => wanted.length === 0 || wanted.includes(name));
  const commands = programs.map(([, command]) => command).join('\n');
  const data = DATA.filter(([path]) => commands.includes(path))
    .map(([, command]) => command)
    .join('\n');
  // A serial line is slow: the marks before must be through when the next one comes.
  const runs = programs.map(
    ([name, command]) => `sleep 0.1; echo "@begin ${name}"; out=$(${command} 2>&1); echo "@end ${name}=$out"`,
  );
  return `#!/bin/sh
mount -t proc proc /proc
mount -t devtmpfs devtmpfs /dev
/bin/busybox --install -s /bin
echo "@boot"
${data}
echo "@ready"
${runs.join('\n')}
echo "@done"
# What is on its way through the serial line would be lost.
sleep 1
poweroff -f
`;
}

/** @returns {{ kernel: string, initrd: string } | undefined} files; undefined when something is not there */
export function buildSuite(wanted = []) {
  const kernel = `${fixtures}/vmlinuz`;
  const busybox = `${fixtures}/busybox`;
  if (!existsSync(kernel) || !existsSync(busybox)) return undefined;
  mkdirSync(out, { recursive: true });
  const compile = (source, name, ...flags) =>
    execFileSync('gcc', [...FLAGS, ...flags, '-o', `${out}/${name}`, file(`programs/${source}.c`), '-lm'], {
      stdio: 'inherit',
    });
  const names = readdirSync(file('programs'))
    .filter((name) => name.endsWith('.c'))
    .map((name) => name.slice(0, -2));
  const binaries = [];
  for (const name of names) {
    compile(name, name);
    binaries.push(name);
    if (FLOATING.has(name)) {
      compile(name, `${name}-sse2`, ...SSE2);
      binaries.push(`${name}-sse2`);
    }
  }
  const members = [
    ...entries(readFileSync(busybox), init(wanted)),
    { path: 'suite', mode: 0o040755 },
    ...binaries.map((name) => ({
      path: `suite/${name}`,
      mode: 0o100755,
      bytes: readFileSync(`${out}/${name}`),
    })),
  ];
  const initrd = `${out}/initramfs.gz`;
  writeFileSync(initrd, packed(members, 1));
  return { kernel, initrd };
}
