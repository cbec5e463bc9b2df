/** Where a debugger connects: `--gdb`, as QEMU's -gdb has it. */
import { InvalidArgumentError } from 'commander';

/** A TCP port of this machine, or a Unix socket. */
export type GdbPlace = { readonly host: string; readonly port: number } | { readonly path: string };

/** QEMU's, as -s has it. */
export const DEFAULT_GDB_PLACE: GdbPlace = { host: '127.0.0.1', port: 1234 };

/** `1234`, `tcp::1234`, `tcp:HOST:1234` or `unix:PATH`; port 0 takes one that is free. */
export function parseGdbPlace(text: string): GdbPlace {
  const path = /^unix:(.+)$/.exec(text)?.[1];
  if (path !== undefined) return { path };
  const [, host = '', digits = ''] = /^(?:tcp:([^:]*):)?(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === '' || port > 0xffff) {
    throw new InvalidArgumentError(
      'Write a port, tcp::PORT, tcp:HOST:PORT or unix:PATH; --gdb alone, which is tcp::1234, stands behind FILE.',
    );
  }
  return { host: host || DEFAULT_LISTEN_HOST, port };
}

/** Nobody but this machine may connect, unless a host is given. */
const DEFAULT_LISTEN_HOST = '127.0.0.1';

/** What is typed in GDB to connect there. */
export function describeGdbPlace(place: GdbPlace): string {
  return 'path' in place ? place.path : `${place.host}:${place.port}`;
}
