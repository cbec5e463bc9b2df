/** `pnpm write-demos`: our own kernels as files, demo.elf and demo.bzimage, for commands that want a FILE. */
import { runBundled } from './run-bundled.mjs';

await runBundled(`
  import { writeFileSync } from 'node:fs';
  import { createBzImageGuest, createElfGuest } from '@kexec/guests';
  writeFileSync('demo.elf', createElfGuest());
  writeFileSync('demo.bzimage', createBzImageGuest());
`);
