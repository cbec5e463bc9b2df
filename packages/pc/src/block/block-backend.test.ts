/** Disks in memory, and changes over them. */
import { describe, expect, it } from 'vitest';
import { numberedBytes } from '../testing/ide-rig.js';
import { MemoryBlocks } from './block-backend.js';
import { OverlayBlocks } from './overlay-blocks.js';

function readAll(disk: { sectors: number; read(lba: number, bytes: Uint8Array): void }): Uint8Array {
  const bytes = new Uint8Array(disk.sectors * 512);
  disk.read(0, bytes);
  return bytes;
}

describe('A disk in memory', () => {
  it('has whole sectors', () => {
    expect(() => new MemoryBlocks(new Uint8Array(1000))).toThrow('1000 bytes');
    expect(() => new MemoryBlocks(new Uint8Array(0))).toThrow('0 bytes');
  });
});

describe('An overlay', () => {
  it('shows what was written to it, and leaves its base alone', () => {
    const base = numberedBytes(8);
    const overlay = new OverlayBlocks(new MemoryBlocks(base));
    overlay.write(2, new Uint8Array(1024).fill(0xee));
    const expected = numberedBytes(8).fill(0xee, 1024, 2048);
    expect(readAll(overlay)).toEqual(expected);
    expect(base).toEqual(numberedBytes(8));
    const part = new Uint8Array(1024);
    overlay.read(3, part);
    expect([part[0], part[511], part[512]]).toEqual([0xee, 0xee, 4]);
  });

  it('is saved as the sectors written, and later writes do not reach the saved state', () => {
    const overlay = new OverlayBlocks(new MemoryBlocks(numberedBytes(8)));
    overlay.write(5, new Uint8Array(512).fill(5));
    overlay.write(1, new Uint8Array(512).fill(1));
    const state = overlay.saveState();
    overlay.write(5, new Uint8Array(512));
    expect([state.sectors, state.written, state.bytes[0], state.bytes[512]]).toEqual([8, [1, 5], 1, 5]);
    const copy = new OverlayBlocks(new MemoryBlocks(numberedBytes(8)));
    copy.write(7, new Uint8Array(512));
    copy.loadState(state);
    expect(readAll(copy)).toEqual(numberedBytes(8).fill(1, 512, 1024).fill(5, 2560, 3072));
  });

  it('refuses the state of another disk, and a damaged one', () => {
    const state = new OverlayBlocks(new MemoryBlocks(new Uint8Array(512))).saveState();
    const other = new OverlayBlocks(new MemoryBlocks(new Uint8Array(1024)));
    expect(() => other.loadState(state)).toThrow('saved disk');
    expect(() => other.loadState({ sectors: 2, written: [2], bytes: new Uint8Array(512) })).toThrow();
    expect(() => other.loadState({ sectors: 2, written: [0], bytes: new Uint8Array(5) })).toThrow();
  });
});
