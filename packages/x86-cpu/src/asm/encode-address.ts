/** ModRM, SIB and displacement of a memory operand, in every length that can say it. */
import type { NamedRegister } from '../isa/register-names.js';
import { DS, SS } from '../state/layout.js';
import { AssemblerError } from './assembler-error.js';
import type { Scope } from './expression.js';
import { evaluate, linearForm } from './expression.js';
import { fits, littleEndian } from './integer.js';
import type { SourceMemory } from './statement.js';

/** An effective address, its expression evaluated. Registers are numbers in ModRM order, or -1. */
export interface AddressValue {
  readonly addressSize: 16 | 32;
  readonly base: number;
  readonly index: number;
  readonly scale: 0 | 1 | 2 | 3;
  readonly displacement: bigint;
  /** Segment register that needs a prefix, or undefined when the default will do. */
  readonly override: number | undefined;
}

const SP = 4;
const BP = 5;
const NONE = -1;

/** Base and index, by ModRM.rm, of 16-bit addresses: BX+SI, BX+DI, BP+SI, BP+DI, SI, DI, BP, BX. */
const FORMS_16 = ['3,6', '3,7', '5,6', '5,7', '6', '7', '5', '3'];
const RM_BP_16 = 6;

/** Evaluates a memory operand. `usual` is the address size that holds when no register tells. */
export function addressValue(memory: SourceMemory, usual: 16 | 32, scope: Scope): AddressValue {
  const { registers, constant } = termsOf(memory, scope);
  const addressSize = addressSizeOf(
    registers.map((term) => term.register),
    memory.addressSize ?? usual,
    scope,
  );
  if (!fits(constant, addressSize)) {
    const message = `displacement 0x${constant.toString(16)} does not fit ${addressSize} bits`;
    throw new AssemblerError('OUT_OF_RANGE', message, scope.source, 'write [dword …] for a 32-bit address');
  }
  const shape = shapeOf(memory, registers, addressSize, scope);
  const defaultSegment = shape.base === SP || shape.base === BP ? SS : DS;
  const override = memory.segment === defaultSegment ? undefined : memory.segment;
  return { addressSize, ...shape, displacement: constant, override };
}

type Terms = readonly { readonly register: NamedRegister; readonly factor: bigint }[];
type Shape = Pick<AddressValue, 'base' | 'index' | 'scale'>;

function termsOf(
  memory: SourceMemory,
  scope: Scope,
): { readonly registers: Terms; readonly constant: bigint } {
  if (memory.registers === undefined) return linearForm(memory.address, scope);
  const { base, index, scale } = memory.registers;
  const terms = [
    ...(base ? [{ register: base, factor: 1n }] : []),
    ...(index ? [{ register: index, factor: 1n << BigInt(scale) }] : []),
  ];
  return { registers: terms, constant: evaluate(memory.address, scope) };
}

/** Where base and index are told apart in the text, they are what it says. */
function shapeOf(memory: SourceMemory, terms: Terms, addressSize: 16 | 32, scope: Scope): Shape {
  if (addressSize === 16) return shape16(terms, scope);
  if (memory.registers === undefined) return shape32(terms, scope);
  const { base, index, scale } = memory.registers;
  if (index?.index === SP) {
    throw new AssemblerError('OPERANDS', '%esp cannot be an index', scope.source, 'make it the base');
  }
  return { base: base?.index ?? NONE, index: index?.index ?? NONE, scale };
}

function addressSizeOf(registers: readonly NamedRegister[], usual: 16 | 32, scope: Scope): 16 | 32 {
  const sizes = new Set(registers.map((register) => (register.kind === 'general' ? register.size : 0)));
  if (sizes.size === 0) return usual;
  const [size] = sizes;
  if (sizes.size > 1 || (size !== 16 && size !== 32)) {
    throw new AssemblerError('OPERANDS', 'these registers form no address', scope.source);
  }
  return size;
}

function shape16(terms: Terms, scope: Scope): Shape {
  const indices = terms.map(({ register }) => register.index).sort((a, b) => a - b);
  const legal = terms.length === 0 || FORMS_16.includes(indices.join(','));
  if (!legal || terms.some(({ factor }) => factor !== 1n)) {
    throw new AssemblerError('OPERANDS', 'these registers form no 16-bit address', scope.source);
  }
  return { base: indices[0] ?? NONE, index: indices[1] ?? NONE, scale: 0 };
}

function shape32(terms: Terms, scope: Scope): Shape {
  const scaled = terms.filter(({ factor }) => factor !== 1n);
  const plain = terms.filter(({ factor }) => factor === 1n).map(({ register }) => register.index);
  const scales: readonly (bigint | undefined)[] = [1n, 2n, 4n, 8n];
  const scale = scaled.length === 0 ? 0 : scales.indexOf(scaled[0]?.factor);
  // The register with a factor is the index; of two without, the second, unless it is ESP.
  if (scaled.length === 0 && plain[1] === SP) plain.reverse();
  const [base = NONE, second = NONE] = plain;
  const index = scaled[0]?.register.index ?? second;
  if (
    terms.length > 2 ||
    scaled.length > 1 ||
    plain.length + scaled.length > 2 ||
    scale < 0 ||
    index === SP
  ) {
    throw new AssemblerError('OPERANDS', 'these registers form no 32-bit address', scope.source);
  }
  return { base, index, scale: scale as Shape['scale'] };
}

/** ModRM (with ModRM.reg = 0), SIB and displacement: the shortest first. */
export function encodeAddress(address: AddressValue): number[][] {
  return address.addressSize === 16 ? encodeAddress16(address) : encodeAddress32(address);
}

function encodeAddress16({ base, index, displacement }: AddressValue): number[][] {
  if (base === NONE) return [[0x06, ...littleEndian(displacement, 2)]];
  const rm = FORMS_16.indexOf(index === NONE ? `${base}` : `${base},${index}`);
  return withDisplacement([rm], rm === RM_BP_16, displacement, 16);
}

function encodeAddress32({ base, index, scale, displacement }: AddressValue): number[][] {
  if (base === NONE && index === NONE) return [[0x05, ...littleEndian(displacement, 4)]];
  if (index === NONE && base !== SP) return withDisplacement([base], base === BP, displacement, 32);
  const sib = (scale << 6) | ((index === NONE ? SP : index) << 3) | (base === NONE ? BP : base);
  if (base === NONE) return [[0x04, sib, ...littleEndian(displacement, 4)]];
  return withDisplacement([0x04, sib], base === BP, displacement, 32);
}

/** mod = 0, 1, 2: no displacement (which a bare (E)BP cannot do without), a byte, or a full one. */
function withDisplacement(
  [modrm = 0, ...sib]: readonly number[],
  needsDisplacement: boolean,
  displacement: bigint,
  size: 16 | 32,
): number[][] {
  const signed = BigInt.asIntN(size, displacement);
  const encodings = [[modrm | 0x80, ...sib, ...littleEndian(signed, size / 8)]];
  if (signed >= -128n && signed <= 127n)
    encodings.unshift([modrm | 0x40, ...sib, ...littleEndian(signed, 1)]);
  if (signed === 0n && !needsDisplacement) encodings.unshift([modrm, ...sib]);
  return encodings;
}
