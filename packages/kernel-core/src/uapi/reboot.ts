/** reboot(2): its magic numbers and commands. */

/** @see include/uapi/linux/reboot.h */
export const LINUX_REBOOT_MAGIC1 = 0xfee1_dead;
export const LINUX_REBOOT_MAGIC2 = 672274793;
export const LINUX_REBOOT_MAGIC2A = 85072278;
export const LINUX_REBOOT_MAGIC2B = 369367448;
export const LINUX_REBOOT_MAGIC2C = 537993216;

export const LINUX_REBOOT_CMD_RESTART = 0x0123_4567;
export const LINUX_REBOOT_CMD_HALT = 0xcdef_0123;
export const LINUX_REBOOT_CMD_CAD_ON = 0x89ab_cdef;
export const LINUX_REBOOT_CMD_CAD_OFF = 0x0000_0000;
export const LINUX_REBOOT_CMD_POWER_OFF = 0x4321_fedc;
export const LINUX_REBOOT_CMD_RESTART2 = 0xa1b2_c3d4;
export const LINUX_REBOOT_CMD_SW_SUSPEND = 0xd000_fce2;
export const LINUX_REBOOT_CMD_KEXEC = 0x4558_4543;

/** What a reboot notifier is told. @see include/linux/reboot.h */
export const SYS_RESTART = 0x0001;
export const SYS_HALT = 0x0002;
export const SYS_POWER_OFF = 0x0003;
