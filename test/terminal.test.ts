/** The command in a terminal and in a pipe: what it leaves behind when either goes away. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createElf } from '@kexec/guests';
import { afterAll, describe, expect, test } from 'vitest';

const bundle = fileURLToPath(new URL('../packages/cli/dist/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'kexec-terminal-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const hasScript = spawnSync('script', ['--version']).status === 0;
if (!hasScript) console.warn('SKIPPED: script(1) is not there; Debian has it in bsdutils');

function guest(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, createElf(text));
  return path;
}

const environment = (path: string) => ({
  ...process.env,
  NODE: process.execPath,
  BUNDLE: bundle,
  GUEST: path,
  // The shell that script(1) starts.
  SHELL: '/bin/sh',
});

const SILENT = 'silent: jmp silent';
const ENDLESS = `
  mov edx, 0x3f8
again:
  mov al, 'y'
  out dx, al
  mov al, 10
  out dx, al
  jmp again
`;

/** Starts the command in the terminal, waits until it is raw, sends the signal, and compares the settings. */
const SESSION = `
exec 3<&0
before=$(stty -g <&3)
"$NODE" "$BUNDLE" "$GUEST" <&3 &
pid=$!
tries=600
while [ "$before" = "$(stty -g <&3)" ] && [ $tries -gt 0 ]; do sleep 0.1; tries=$((tries - 1)); done
[ $tries -gt 0 ] && echo "is raw"
kill -"$SIGNAL" $pid
wait $pid
echo "code $?"
[ "$before" = "$(stty -g <&3)" ] && echo "is restored"
`;

describe.skipIf(!hasScript)('a terminal', () => {
  test.each([
    ['HUP', 129],
    ['INT', 130],
    ['TERM', 143],
  ])('is restored on SIG%s, and the exit code is %i', async (SIGNAL, code) => {
    // Its input stays open: an end would be the terminal's.
    const session = spawn('script', ['-qfec', SESSION, '/dev/null'], {
      env: { ...environment(guest('silent', SILENT)), SIGNAL },
    });
    let text = '';
    session.stdout.on('data', (chunk) => {
      text += String(chunk);
    });
    await once(session, 'close');
    expect(text).toContain('is raw');
    expect(text).toContain(`code ${code}`);
    expect(text).toContain('is restored');
  });
});

describe('a pipe', () => {
  test('whose reader goes away ends a guest that would print for ever, without a word', () => {
    const { stdout, stderr } = spawnSync(
      'bash',
      ['-c', '"$NODE" "$BUNDLE" "$GUEST" | head -n 5000 | tail -n 1; echo "code $PIPESTATUS"'],
      { env: environment(guest('endless', ENDLESS)), encoding: 'latin1' },
    );
    expect([stdout, stderr]).toEqual(['y\ncode 141\n', '']);
  });
});
