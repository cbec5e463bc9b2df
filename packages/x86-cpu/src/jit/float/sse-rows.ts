/** The SSE and SSE2 rows that have a fast way, by their text. */
import type { FastSemantics } from './float-insn.js';
import * as sse from './sse-insns.js';

type Rows = Record<string, FastSemantics>;

/** Rows on both register widths of a format. */
function scalar(name: string, operation: Parameters<typeof sse.scalarDouble>[0]): Rows {
  return {
    [`${name}SD Vsd,Wsd`]: sse.scalarDouble(operation),
    [`${name}SS Vss,Wss`]: sse.scalarSingle(operation),
  };
}

function bitwise(name: string, operation: Parameters<typeof sse.bitwise>[0]): Rows {
  return {
    [`${name}PS Vps,Wps`]: sse.bitwise(operation),
    [`${name}PD Vpd,Wpd`]: sse.bitwise(operation),
    [`P${name} Vdq,Wdq`]: sse.bitwise(operation),
  };
}

export const SSE_FAST: Readonly<Rows> = {
  ...scalar('ADD', sse.ADD),
  ...scalar('SUB', sse.SUB),
  ...scalar('MUL', sse.MUL),
  ...scalar('DIV', sse.DIV),
  ...scalar('SQRT', sse.SQRT),
  ...bitwise('AND', 'v128.and'),
  ...bitwise('ANDN', 'v128.andnot'),
  ...bitwise('OR', 'v128.or'),
  ...bitwise('XOR', 'v128.xor'),
  'MOVAPS Vps,Wps': sse.move128(true),
  'MOVAPD Vpd,Wpd': sse.move128(true),
  'MOVAPS Wps,Vps': sse.move128(true),
  'MOVAPD Wpd,Vpd': sse.move128(true),
  'MOVDQA Vdq,Wdq': sse.move128(true),
  'MOVDQA Wdq,Vdq': sse.move128(true),
  'MOVNTPS Mps,Vps': sse.move128(true),
  'MOVNTPD Mpd,Vpd': sse.move128(true),
  'MOVNTDQ Mdq,Vdq': sse.move128(true),
  'MOVUPS Vps,Wps': sse.move128(false),
  'MOVUPD Vpd,Wpd': sse.move128(false),
  'MOVUPS Wps,Vps': sse.move128(false),
  'MOVUPD Wpd,Vpd': sse.move128(false),
  'MOVDQU Vdq,Wdq': sse.move128(false),
  'MOVDQU Wdq,Vdq': sse.move128(false),
  'MOVSS Vss,Wss': sse.moveScalar(32),
  'MOVSD Vsd,Wsd': sse.moveScalar(64),
  'MOVSS Wss,Vss': sse.moveMerged(32),
  'MOVSD Wsd,Vsd': sse.moveMerged(64),
  'MOVLPS Vq,Mq': sse.moveMerged(64),
  'MOVLPD Vq,Mq': sse.moveMerged(64),
  'MOVLPS Mq,Vq': sse.moveMerged(64),
  'MOVLPD Mq,Vq': sse.moveMerged(64),
  'MOVHLPS Vq,Uq': sse.moveMerged(64, 8, 0),
  'MOVLHPS Vq,Uq': sse.moveMerged(64, 0, 8),
  'MOVHPS Vq,Mq': sse.moveMerged(64, 0, 8),
  'MOVHPD Vq,Mq': sse.moveMerged(64, 0, 8),
  'MOVHPS Mq,Vq': sse.moveMerged(64, 8, 0),
  'MOVHPD Mq,Vq': sse.moveMerged(64, 8, 0),
  'MOVD Vd,Ed': sse.moveExtended(32),
  'MOVD Ed,Vd': sse.moveExtended(32),
  'MOVQ Vq,Wq': sse.moveExtended(64),
  'MOVQ Wq,Vq': sse.moveExtended(64),
  'COMISS Vss,Wss': sse.compareToFlags(true),
  'UCOMISS Vss,Wss': sse.compareToFlags(true),
  'COMISD Vsd,Wsd': sse.compareToFlags(false),
  'UCOMISD Vsd,Wsd': sse.compareToFlags(false),
  'MINSS Vss,Wss': sse.extreme('f64.lt', true),
  'MINSD Vsd,Wsd': sse.extreme('f64.lt', false),
  'MAXSS Vss,Wss': sse.extreme('f64.gt', true),
  'MAXSD Vsd,Wsd': sse.extreme('f64.gt', false),
  'CVTSI2SD Vsd,Ed': sse.integerToDouble,
  'CVTSS2SD Vsd,Wss': sse.singleToDouble,
  'CVTSD2SS Vss,Wsd': sse.doubleToSingle,
  'CVTTSS2SI Gd,Wss': sse.toInteger(true, true),
  'CVTTSD2SI Gd,Wsd': sse.toInteger(true, false),
  'CVTSS2SI Gd,Wss': sse.toInteger(false, true),
  'CVTSD2SI Gd,Wsd': sse.toInteger(false, false),
};
