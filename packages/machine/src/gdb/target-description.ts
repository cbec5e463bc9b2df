/** The registers that GDB is told of: their order in `g` packets, and the target description that says so. */
import type { Pc } from '@kexec/pc';
import { registerBytes } from '@kexec/x86-cpu';

type Cpu = Pc['cpu'];

/** A register of the description. */
interface Row {
  readonly name: string;
  readonly bits: 32 | 80 | 128;
  readonly type: string;
  readonly group?: string;
}

const word = (name: string, type = 'int32', group?: string): Row => {
  return { name, bits: 32, type, ...(group === undefined ? {} : { group }) };
};
const words = (names: string, type?: string, group?: string) =>
  names.split(' ').map((name) => word(name, type, group));
const EIGHT = [0, 1, 2, 3, 4, 5, 6, 7];

/*
 * GDB manual, "i386 Features": org.gnu.gdb.i386.core has these, in this order; org.gnu.gdb.i386.sse has XMM0-XMM7
 * and MXCSR. GDB knows both without being told, so that a client that reads no description is given these two.
 */
const CORE: readonly Row[] = [
  ...words('eax ecx edx ebx'),
  ...words('esp ebp', 'data_ptr'),
  ...words('esi edi'),
  word('eip', 'code_ptr'),
  word('eflags', 'i386_eflags'),
  ...words('cs ss ds es fs gs'),
  ...EIGHT.map((i): Row => ({ name: `st${i}`, bits: 80, type: 'i387_ext' })),
  ...words('fctrl fstat ftag fiseg fioff foseg fooff fop', 'int', 'float'),
];
const SSE: readonly Row[] = [
  ...EIGHT.map((i): Row => ({ name: `xmm${i}`, bits: 128, type: 'vec128' })),
  word('mxcsr', 'i386_mxcsr', 'vector'),
];
const SYSTEM: readonly Row[] = [
  word('cr0', 'i386_cr0', 'system'),
  ...words('cr2 cr3', 'data_ptr', 'system'),
  word('cr4', 'i386_cr4', 'system'),
  ...words('cs_base ss_base ds_base es_base fs_base gs_base', 'uint32', 'system'),
  ...words('gdtr_base gdtr_limit idtr_base idtr_limit ldtr tr cpl', 'uint32', 'system'),
  ...words('dr0 dr1 dr2 dr3 dr6 dr7', 'uint32', 'system'),
];

/** In the order of register numbers. */
const REGISTERS: readonly Row[] = [...CORE, ...SSE, ...SYSTEM];
const KNOWN_UNDESCRIBED = CORE.length + SSE.length;

/** Numbers of the registers that every stop tells of. */
export const EXPEDITED: readonly number[] = ['esp', 'ebp', 'eip'].map((name) =>
  REGISTERS.findIndex((row) => row.name === name),
);

/** How many registers a `g` packet has; fewer when the client has not read the description. */
export function registerCount(isDescribed: boolean): number {
  return isDescribed ? REGISTERS.length : KNOWN_UNDESCRIBED;
}

/** Bytes of a register, by its number; undefined when there is none. */
export function registerSize(number: number): number | undefined {
  const row = REGISTERS[number];
  return row && row.bits / 8;
}

/**
 * A register by its number. GDB reads code, and places breakpoints, at $pc: so it is given the linear address of the
 * instruction, which is the CS base and EIP.
 */
export function readRegister(cpu: Cpu, number: number): Uint8Array | undefined {
  const row = REGISTERS[number];
  if (!row) return undefined;
  if (row.name !== 'eip') return registerBytes(row.name)?.get(cpu);
  const pc = new Uint8Array(4);
  new DataView(pc.buffer).setUint32(0, cpu.getSegment(CS_INDEX).base + cpu.eip, true);
  return pc;
}

/** @returns whether the register has that value now */
export function writeRegister(cpu: Cpu, number: number, bytes: Uint8Array): boolean {
  const row = REGISTERS[number];
  if (!row || bytes.length !== row.bits / 8) return false;
  const register = registerBytes(row.name);
  // What stays the same is not written: setting EIP ends a HLT.
  const now = readRegister(cpu, number);
  if (now?.every((byte, i) => byte === bytes[i])) return true;
  if (row.name !== 'eip') return register?.set(cpu, bytes) ?? false;
  const laddr = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  cpu.eip = (laddr - cpu.getSegment(CS_INDEX).base) >>> 0;
  return true;
}

const CS_INDEX = 1;

/** What `qXfer:features:read:target.xml` answers. */
export function targetDescription(): string {
  return `<?xml version="1.0"?>
<!DOCTYPE target SYSTEM "gdb-target.dtd">
<target version="1.0">
<architecture>i386</architecture>
<feature name="org.gnu.gdb.i386.core">
${flags('i386_eflags', EFLAGS_BITS)}
${registers(CORE)}
</feature>
<feature name="org.gnu.gdb.i386.sse">
${SSE_TYPES}
${registers(SSE)}
</feature>
<feature name="org.kexec.i386.system">
${flags('i386_cr0', CR0_BITS)}
${flags('i386_cr4', CR4_BITS)}
${registers(SYSTEM)}
</feature>
</target>
`;
}

type Bits = Readonly<Record<string, number>>;

/** SDM Vol. 1, 3.4.3 "EFLAGS Register". */
const EFLAGS_BITS: Bits = {
  ...{ CF: 0, '': 1, PF: 2, AF: 4, ZF: 6, SF: 7, TF: 8, IF: 9, DF: 10, OF: 11 },
  ...{ NT: 14, RF: 16, VM: 17, AC: 18, VIF: 19, VIP: 20, ID: 21 },
};
/** SDM Vol. 3A, 2.5 "Control Registers". */
const CR0_BITS: Bits = { PE: 0, MP: 1, EM: 2, TS: 3, ET: 4, NE: 5, WP: 16, AM: 18, NW: 29, CD: 30, PG: 31 };
const CR4_BITS: Bits = {
  ...{ VME: 0, PVI: 1, TSD: 2, DE: 3, PSE: 4, PAE: 5, MCE: 6, PGE: 7, PCE: 8 },
  ...{ OSFXSR: 9, OSXMMEXCPT: 10 },
};
/** SDM Vol. 1, 10.2.3 "MXCSR Control and Status Register". */
const MXCSR_BITS: Bits = {
  ...{ IE: 0, DE: 1, ZE: 2, OE: 3, UE: 4, PE: 5, DAZ: 6 },
  ...{ IM: 7, DM: 8, ZM: 9, OM: 10, UM: 11, PM: 12, FZ: 15 },
};

function flags(id: string, bits: Bits): string {
  const fields = Object.entries(bits).map(
    ([name, bit]) => `<field name="${name}" start="${bit}" end="${bit}"/>`,
  );
  return `<flags id="${id}" size="4">\n${fields.join('\n')}\n</flags>`;
}

const SSE_TYPES = `<vector id="v8bf16" type="bfloat16" count="8"/>
<vector id="v4f" type="ieee_single" count="4"/>
<vector id="v2d" type="ieee_double" count="2"/>
<vector id="v16i8" type="int8" count="16"/>
<vector id="v8i16" type="int16" count="8"/>
<vector id="v4i32" type="int32" count="4"/>
<vector id="v2i64" type="int64" count="2"/>
<union id="vec128">
<field name="v8_bfloat16" type="v8bf16"/>
<field name="v4_float" type="v4f"/>
<field name="v2_double" type="v2d"/>
<field name="v16_int8" type="v16i8"/>
<field name="v8_int16" type="v8i16"/>
<field name="v4_int32" type="v4i32"/>
<field name="v2_int64" type="v2i64"/>
<field name="uint128" type="uint128"/>
</union>
${flags('i386_mxcsr', MXCSR_BITS)}`;

function registers(rows: readonly Row[]): string {
  const lines = rows.map(({ name, bits, type, group }) => {
    const inGroup = group === undefined ? '' : ` group="${group}"`;
    return `<reg name="${name}" bitsize="${bits}" type="${type}"${inGroup}/>`;
  });
  return lines.join('\n');
}
