/** The I/O address space: 65,536 byte-wide ports, each claimed by at most one device. */
import { KexecError } from '@kexec/phys-mem';

/** Width of one port access in bytes. */
export type PortWidth = 1 | 2 | 4;

/** What a device offers to the bus: reads and writes by its own offset, never by port number. */
export interface PortDevice {
  read(offset: number, bytes: PortWidth): number;
  write(offset: number, value: number, bytes: PortWidth): void;
}

/** A run of ports given to a device. */
export interface PortClaim {
  readonly first: number;
  /** Inclusive. */
  readonly last: number;
  /** The device's offset at `first`; 0 when left out. */
  readonly offset?: number;
  /** True when the device takes 16- and 32-bit accesses whole; otherwise the bus splits them into bytes. */
  readonly wide?: boolean;
  readonly device: PortDevice;
}

/** Who answers at ports that no device claims, and may change its mind about which: the PCI bus. */
export interface RestOfPorts {
  /** @returns undefined when nobody answers */
  read(port: number, bytes: PortWidth): number | undefined;
  /** @returns whether somebody took it */
  write(port: number, value: number, bytes: PortWidth): boolean;
}

/** An access that no device answered. */
export interface UnclaimedAccess {
  readonly port: number;
  readonly direction: 'in' | 'out';
}

/** Who wants to know about accesses. */
export interface PortBusOptions {
  /** Called before each access reaches its device. */
  readonly onCycle?: (() => void) | undefined;
  /** Called once for each port and direction that nobody claims. */
  readonly onUnclaimed?: ((access: UnclaimedAccess) => void) | undefined;
}

const PORTS = 0x10000;
const ALL_ONES = { 1: 0xff, 2: 0xffff, 4: 0xffffffff } as const;

/** Carries `IN` and `OUT` to devices. Values are unsigned. */
export class PortBus {
  /** Asked for what no claim covers. */
  rest: RestOfPorts | undefined;
  private readonly claims: PortClaim[] = [];
  /** For each port, 1 + the index of its claim; 0 where nobody answers. */
  private readonly claimOfPort = new Uint8Array(PORTS);
  /** For each port, the directions already reported. */
  private readonly reported = new Uint8Array(PORTS);
  private readonly onCycle: (() => void) | undefined;
  private readonly onUnclaimed: ((access: UnclaimedAccess) => void) | undefined;

  constructor(options: PortBusOptions = {}) {
    this.onCycle = options.onCycle;
    this.onUnclaimed = options.onUnclaimed;
  }

  /** Gives ports to a device. @throws KexecError `PORT_CLAIMED` when one of them has an owner already */
  claim(claim: PortClaim): void {
    for (let port = claim.first; port <= claim.last; port++) {
      if (this.claimOfPort[port] === 0) continue;
      throw new KexecError('PORT_CLAIMED', `port 0x${port.toString(16)} has an owner already`, {
        details: { port },
        remedy: 'Move one of the two devices.',
      });
    }
    this.claims.push(claim);
    this.claimOfPort.fill(this.claims.length, claim.first, claim.last + 1);
  }

  inb(port: number): number {
    return this.read(port, 1);
  }

  inw(port: number): number {
    return this.read(port, 2);
  }

  inl(port: number): number {
    return this.read(port, 4);
  }

  outb(port: number, value: number): void {
    this.write(port, value, 1);
  }

  outw(port: number, value: number): void {
    this.write(port, value, 2);
  }

  outl(port: number, value: number): void {
    this.write(port, value, 4);
  }

  /** One bus access, as an `IN` of that width makes it. */
  read(port: number, bytes: PortWidth): number {
    this.onCycle?.();
    const claim = this.wholeClaim(port, bytes);
    if (claim) return (claim.device.read(offsetIn(claim, port), bytes) & ALL_ONES[bytes]) >>> 0;
    const whole = bytes > 1 && this.isFree(port, bytes) ? this.rest?.read(port, bytes) : undefined;
    if (whole !== undefined) return (whole & ALL_ONES[bytes]) >>> 0;
    let value = 0;
    for (let i = 0; i < bytes; i++) value |= this.readByte((port + i) & 0xffff) << (8 * i);
    return value >>> 0;
  }

  /** One bus access, as an `OUT` of that width makes it. */
  write(port: number, value: number, bytes: PortWidth): void {
    this.onCycle?.();
    const claim = this.wholeClaim(port, bytes);
    if (claim) {
      claim.device.write(offsetIn(claim, port), (value & ALL_ONES[bytes]) >>> 0, bytes);
      return;
    }
    const whole = (value & ALL_ONES[bytes]) >>> 0;
    if (bytes > 1 && this.isFree(port, bytes) && this.rest?.write(port, whole, bytes)) return;
    for (let i = 0; i < bytes; i++) this.writeByte((port + i) & 0xffff, (value >>> (8 * i)) & 0xff);
  }

  /** The claim that takes this access in one piece, if there is one. */
  private wholeClaim(port: number, bytes: PortWidth): PortClaim | undefined {
    const claim = this.claimAt(port);
    if (!claim) return undefined;
    if (bytes === 1) return claim;
    return claim.wide && port + bytes - 1 <= claim.last ? claim : undefined;
  }

  private isFree(port: number, bytes: number): boolean {
    for (let i = 0; i < bytes; i++) if (this.claimOfPort[port + i] !== 0) return false;
    return true;
  }

  private claimAt(port: number): PortClaim | undefined {
    return this.claims[(this.claimOfPort[port] ?? 0) - 1];
  }

  private readByte(port: number): number {
    const claim = this.claimAt(port);
    if (claim) return claim.device.read(offsetIn(claim, port), 1) & 0xff;
    const value = this.rest?.read(port, 1);
    if (value !== undefined) return value & 0xff;
    this.report(port, 'in');
    return ALL_ONES[1];
  }

  private writeByte(port: number, value: number): void {
    const claim = this.claimAt(port);
    if (claim) claim.device.write(offsetIn(claim, port), value, 1);
    else if (!this.rest?.write(port, value, 1)) this.report(port, 'out');
  }

  private report(port: number, direction: 'in' | 'out'): void {
    const mask = direction === 'in' ? 1 : 2;
    const reported = this.reported[port] ?? 0;
    if (reported & mask) return;
    this.reported[port] = reported | mask;
    this.onUnclaimed?.({ port, direction });
  }
}

function offsetIn(claim: PortClaim, port: number): number {
  return port - claim.first + (claim.offset ?? 0);
}
