/** What the command ends with. */
export const exitCodes = {
  /** Done. */
  ok: 0,
  /** A system, the network, a file or a record was in the way. */
  failure: 1,
  /** The command line, a flow, `casare.yaml` or an input is wrong: nothing helps but changing it. */
  badInput: 2,
  /** Stopped by Ctrl-C or SIGTERM, with all that was on its way written and checkpointed. */
  stopped: 3,
  /** `run --fail-on-dead-letters`: everything was read, and some records were put aside. */
  deadLetters: 4,
  /** Ended at once by a second Ctrl-C; the next run goes on from the last checkpoint. */
  interrupted: 130,
  /** Ended at once by a second SIGTERM. */
  terminated: 143,
} as const

/** One of the exit codes. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]
