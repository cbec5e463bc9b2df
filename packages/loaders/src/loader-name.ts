/** What the loader calls itself to the kernels that ask. */

/** EBN_BOOTLOADER_NAME. */
export const LOADER_NAME = 'kexec';
/** EBN_BOOTLOADER_VERSION: the package's. */
export const LOADER_VERSION = '0.0.0';
