/** `pnpm kexec …`: the command line from the sources, bundled anew when they changed, run in this very process. */
import { pathToFileURL } from 'node:url';
import { bundleIfStale, bundlePath } from './bundle-cli.mjs';

await bundleIfStale();
// pnpm runs scripts in the project's folder; paths on the command line are the caller's.
process.chdir(process.env.INIT_CWD ?? '.');
// No child process: terminal, signals and the exit code are the command's own.
process.argv[1] = bundlePath;
await import(pathToFileURL(bundlePath).href);
