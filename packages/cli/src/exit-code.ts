/** Exit codes: what a script learns from a run without reading its output. */

/** @see CLI reference, "Exit codes" */
export const EXIT = {
  OK: 0,
  /** An expectation failed; for `--status`: an image is loaded, as kexec(8) has it. */
  EXPECTATION: 1,
  USAGE: 2,
  LOAD_REFUSED: 3,
  UNKNOWN_IMAGE: 4,
  GUEST_FAULT: 5,
  IO: 6,
  INTERNAL: 70,
  TIMEOUT: 124,
  /** 128 and the signal's number. */
  SIGHUP: 129,
  SIGINT: 130,
  /** The reader of the serial line has gone away. */
  SIGPIPE: 141,
  SIGTERM: 143,
} as const;
