/** Rows of floating-point arithmetic, comparison and conversion: PS, PD, SS and SD by mandatory prefix. */
import { EXACT } from '../semantics/sse/float-arithmetic.js';
import * as float from '../semantics/sse/float-instruction.js';
import type { HostOperation } from '../semantics/sse/host-arithmetic.js';
import type { SystemSemantics } from '../semantics/system-machine.js';
import { byPrefix } from './choice.js';
import type { Choice, Entry } from './insn.js';
import { SSE, SSE2, systemInsn } from './insn.js';

/** An operation's four rows. */
function four(name: string, semantics: (type: float.FloatType) => SystemSemantics): Choice {
  return byPrefix(
    systemInsn(`${name}PS Vps,Wps`, semantics('ps'), SSE),
    systemInsn(`${name}PD Vpd,Wpd`, semantics('pd'), SSE2),
    systemInsn(`${name}SS Vss,Wss`, semantics('ss'), SSE),
    systemInsn(`${name}SD Vsd,Wsd`, semantics('sd'), SSE2),
  );
}

function arithmeticRows(name: string, host: HostOperation): Choice {
  return four(name, (type) => float.arithmetic(EXACT[host], type, host));
}

/** Part of the two-byte opcode map. */
export const SSE_FLOAT_ROWS: Readonly<Record<number, Entry>> = {
  42: byPrefix(
    systemInsn('CVTPI2PS Vps,Qpi', float.convertFromInteger('ps', 2), SSE),
    systemInsn('CVTPI2PD Vpd,Qpi', float.convertFromInteger('pd', 2), SSE2),
    systemInsn('CVTSI2SS Vss,Ed', float.convertFromInteger('ss', 1), SSE),
    systemInsn('CVTSI2SD Vsd,Ed', float.convertFromInteger('sd', 1), SSE2),
  ),
  44: byPrefix(
    systemInsn('CVTTPS2PI Ppi,Wq', float.convertToInteger('ps', 2, 'truncates'), SSE),
    systemInsn('CVTTPD2PI Ppi,Wpd', float.convertToInteger('pd', 2, 'truncates'), SSE2),
    systemInsn('CVTTSS2SI Gd,Wss', float.convertToInteger('ss', 1, 'truncates'), SSE),
    systemInsn('CVTTSD2SI Gd,Wsd', float.convertToInteger('sd', 1, 'truncates'), SSE2),
  ),
  45: byPrefix(
    systemInsn('CVTPS2PI Ppi,Wq', float.convertToInteger('ps', 2, 'rounds'), SSE),
    systemInsn('CVTPD2PI Ppi,Wpd', float.convertToInteger('pd', 2, 'rounds'), SSE2),
    systemInsn('CVTSS2SI Gd,Wss', float.convertToInteger('ss', 1, 'rounds'), SSE),
    systemInsn('CVTSD2SI Gd,Wsd', float.convertToInteger('sd', 1, 'rounds'), SSE2),
  ),
  46: byPrefix(
    systemInsn('UCOMISS Vss,Wss', float.compareToFlags('ss', 'quiet'), SSE),
    systemInsn('UCOMISD Vsd,Wsd', float.compareToFlags('sd', 'quiet'), SSE2),
  ),
  47: byPrefix(
    systemInsn('COMISS Vss,Wss', float.compareToFlags('ss', 'signalling'), SSE),
    systemInsn('COMISD Vsd,Wsd', float.compareToFlags('sd', 'signalling'), SSE2),
  ),
  81: arithmeticRows('SQRT', 'sqrt'),
  82: byPrefix(
    systemInsn('RSQRTPS Vps,Wps', float.rsqrtps, SSE),
    undefined,
    systemInsn('RSQRTSS Vss,Wss', float.rsqrtss, SSE),
  ),
  83: byPrefix(
    systemInsn('RCPPS Vps,Wps', float.rcpps, SSE),
    undefined,
    systemInsn('RCPSS Vss,Wss', float.rcpss, SSE),
  ),
  88: arithmeticRows('ADD', 'add'),
  89: arithmeticRows('MUL', 'mul'),
  90: byPrefix(
    systemInsn('CVTPS2PD Vpd,Wq', float.convertFormat('ps', 'pd'), SSE2),
    systemInsn('CVTPD2PS Vps,Wpd', float.convertFormat('pd', 'ps'), SSE2),
    systemInsn('CVTSS2SD Vsd,Wss', float.convertFormat('ss', 'sd'), SSE2),
    systemInsn('CVTSD2SS Vss,Wsd', float.convertFormat('sd', 'ss'), SSE2),
  ),
  91: byPrefix(
    systemInsn('CVTDQ2PS Vps,Wdq', float.convertFromInteger('ps', 4), SSE2),
    systemInsn('CVTPS2DQ Vdq,Wps', float.convertToInteger('ps', 4, 'rounds'), SSE2),
    systemInsn('CVTTPS2DQ Vdq,Wps', float.convertToInteger('ps', 4, 'truncates'), SSE2),
  ),
  92: arithmeticRows('SUB', 'sub'),
  93: four('MIN', (type) => float.extreme('less', type)),
  94: arithmeticRows('DIV', 'div'),
  95: four('MAX', (type) => float.extreme('greater', type)),
  194: byPrefix(
    systemInsn('CMPPS Vps,Wps,Ib', float.comparison('ps'), SSE),
    systemInsn('CMPPD Vpd,Wpd,Ib', float.comparison('pd'), SSE2),
    systemInsn('CMPSS Vss,Wss,Ib', float.comparison('ss'), SSE),
    systemInsn('CMPSD Vsd,Wsd,Ib', float.comparison('sd'), SSE2),
  ),
  230: byPrefix(
    undefined,
    systemInsn('CVTTPD2DQ Vdq,Wpd', float.convertToInteger('pd', 2, 'truncates'), SSE2),
    systemInsn('CVTDQ2PD Vpd,Wq', float.convertFromInteger('pd', 2), SSE2),
    systemInsn('CVTPD2DQ Vdq,Wpd', float.convertToInteger('pd', 2, 'rounds'), SSE2),
  ),
};
