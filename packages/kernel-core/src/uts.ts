/** What uname(2) says: struct new_utsname, six names of 65 bytes. */
import { bytes, defineStruct } from '@kexec/phys-mem';

const name = bytes(65);
/** @see include/uapi/linux/utsname.h struct new_utsname */
export const new_utsname = defineStruct('new_utsname', {
  sysname: name,
  nodename: name,
  release: name,
  version: name,
  machine: name,
  domainname: name,
});

/** The six names as text. */
export interface Uts {
  readonly sysname: string;
  readonly nodename: string;
  readonly release: string;
  readonly version: string;
  readonly machine: string;
  readonly domainname: string;
}

/** The bytes that uname(2) copies to its caller. */
export function encodeUts(uts: Uts): Uint8Array {
  const encode = (text: string) => Uint8Array.from(text.slice(0, 64), (char) => char.charCodeAt(0));
  return new_utsname.encode({
    sysname: encode(uts.sysname),
    nodename: encode(uts.nodename),
    release: encode(uts.release),
    version: encode(uts.version),
    machine: encode(uts.machine),
    domainname: encode(uts.domainname),
  });
}
