/** Which tests are a package's: its own, and those of test/ that need a host's programs or a whole machine to look at it. */

/** @type {Readonly<Record<string, readonly string[]>>} */
const BESIDE = {
  kexec: [
    'test/kexec-load.test.ts',
    'test/kernel-kexec.test.ts',
    'test/kexec-files.test.ts',
    'test/crash-load.test.ts',
    'test/preserve-context.test.ts',
    'test/historic-load.test.ts',
    'test/historic-jump.test.ts',
    'test/historic-defects.test.ts',
    'test/historic-relocation.test.ts',
  ],
  loaders: ['test/decompress.test.ts', 'test/image-types.test.ts', 'test/real-mode.test.ts'],
};

/** @param {string} name @returns {string[]} patterns of paths, from the root of the repository */
export function testsOf(name) {
  return [`packages/${name}/src/**/*.test.ts`, ...(BESIDE[name] ?? [])];
}
