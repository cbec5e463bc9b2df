/** Who may import whom: the arrows of ARCHITECTURE.md, for the whole graph and for types too. */

/** Package → the packages it may import. cli, bench and test stand above and are below in `rules`. */
const ARROWS = {
  'phys-mem': [],
  'x86-cpu': ['phys-mem'],
  pc: ['phys-mem', 'x86-cpu'],
  'kernel-core': ['phys-mem', 'x86-cpu'],
  kexec: ['phys-mem', 'x86-cpu', 'kernel-core'],
  loaders: ['phys-mem'],
  machine: ['phys-mem', 'x86-cpu', 'pc', 'kernel-core', 'kexec', 'loaders'],
  cli: ['machine', 'loaders'],
};

/** Files that package.json exports beside index.ts. */
const SUBPATHS = ['^packages/x86-cpu/src/(asm|disasm)[.]ts$'];

/** Programs that run on any machine, and what runs them: for tests of machines. */
const CONFORMANCE = '^packages/x86-cpu/src/testing/(conformance/|figures[.]ts$)';

const CORE = `^packages/(?!cli/)[^/]+/src/`;
const TEST = '[.]test[.]ts$|/testing/';

const arrows = Object.entries(ARROWS).map(([name, allowed]) => ({
  name: `arrows-of-${name}`,
  comment: `${name} may import ${allowed.join(', ') || 'no other package'}.`,
  severity: 'error',
  from: { path: `^packages/${name}/` },
  to: { path: '^packages/', pathNot: [name, ...allowed].map((to) => `^packages/${to}/`) },
}));

export default {
  forbidden: [
    ...arrows,
    {
      name: 'no-cycles',
      comment:
        'Two files that need each other to run are one idea, or three. Types alone may refer to each other.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-inner-paths',
      comment: 'A package is what its index.ts and its subpaths export; everything else is its own affair.',
      severity: 'error',
      from: { path: '^packages/([^/]+)/|^(guests|bench)/' },
      to: {
        path: '^packages/([^/]+)/src/',
        pathNot: ['^packages/$1/', '^packages/[^/]+/src/index[.]ts$', ...SUBPATHS],
      },
    },
    {
      name: 'no-inner-paths-in-test',
      comment:
        'What crosses packages is tested from outside, but with the programs that show what a CPU must do.',
      severity: 'error',
      from: { path: '^test/' },
      to: {
        path: '^packages/([^/]+)/src/',
        pathNot: ['^packages/[^/]+/src/index[.]ts$', ...SUBPATHS, CONFORMANCE],
      },
    },
    {
      name: 'guests-know-the-assembler-alone',
      comment: 'A guest is assembly text; it runs on any machine, so it may know none.',
      severity: 'error',
      from: { path: '^guests/src/', pathNot: TEST },
      to: { path: '^packages/', pathNot: '^packages/x86-cpu/' },
    },
    {
      name: 'no-one-imports-a-guest',
      comment:
        'Guests are cargo: the command line carries them, tests and benches run them, the machine knows none.',
      severity: 'error',
      from: { path: '^packages/(?!cli/)', pathNot: TEST },
      to: { path: '^guests/' },
    },
    {
      name: 'generic-kexec-knows-no-architecture',
      comment: 'Only what wires kexec up, and the engine of 2002, which never was generic, know i386.',
      severity: 'error',
      from: {
        path: '^packages/kexec/src/',
        pathNot: ['^packages/kexec/src/(arch|historic)/', '/(install-kexec|index)[.]ts$', TEST],
      },
      to: { path: '^packages/kexec/src/arch/' },
    },
    {
      name: 'core-without-ambient-authority',
      comment: 'Core packages run in a browser and touch nothing they were not given.',
      severity: 'error',
      from: { path: CORE, pathNot: TEST },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'core-without-dependencies',
      comment: 'Core packages have no run-time dependencies but each other.',
      severity: 'error',
      from: { path: CORE, pathNot: TEST },
      to: { path: 'node_modules' },
    },
    {
      name: 'not-resolvable',
      comment: 'An import that cannot be resolved is hidden from every other rule.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-test-imported',
      comment: 'Nothing but a test may import a test.',
      severity: 'error',
      from: { pathNot: '[.]test[.]ts$' },
      to: { path: '[.]test[.]ts$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|[.]tsc|[.]cache|[.]astro)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'default'] },
  },
};
