/** Intel 82441FX (440FX): the host bridge at PCI 00:00.0, as configuration space shows it. */
import { type PamPiece, pamPieces } from './i440fx-pam.js';
import { type ConfigField, PciFunction } from './pci-function.js';

/** From the data sheet's "PCI Configuration Registers"; DRAM timing and the rest are plain storage. */
const CONFIG: readonly ConfigField[] = [
  { offset: 0x00, bytes: 2, value: 0x8086 }, //                         VID: Intel
  { offset: 0x02, bytes: 2, value: 0x1237 }, //                         DID: 82441FX
  { offset: 0x04, bytes: 2, value: 0x0006, writable: 0x0140 }, //       PCICMD: memory and bus master always on
  { offset: 0x06, bytes: 2, value: 0x0280 }, //                         PCISTS: medium DEVSEL, fast back-to-back
  { offset: 0x08, bytes: 1, value: 0x02 }, //                           RID
  { offset: 0x09, bytes: 1, value: 0x00 }, //                           CLASSC: programming interface
  { offset: 0x0a, bytes: 2, value: 0x0600 }, //                         CLASSC: host bridge
  { offset: 0x0d, bytes: 1, value: 0x00, writable: 0xf8 }, //           MLT
  { offset: 0x50, bytes: 2, value: 0x0000, writable: 0xffff }, //       PMCCFG
  // PAM0–PAM6: i440fx-pam.ts.
  { offset: 0x59, bytes: 1, value: 0x00, writable: 0x33 },
  { offset: 0x5a, bytes: 2, value: 0x0000, writable: 0x3333 },
  { offset: 0x5c, bytes: 4, value: 0x0000_0000, writable: 0x3333_3333 },
  { offset: 0x72, bytes: 1, value: 0x02, writable: 0x70 }, //           SMRAM
];

/** Makes the bridge. @param onPam - hears the attribute map whenever it may have changed */
export function createHostBridge(onPam?: (pieces: readonly PamPiece[]) => void): PciFunction {
  const bridge = new PciFunction(CONFIG);
  bridge.onChange = () => onPam?.(pamPieces(bridge.config));
  return bridge;
}
