import type { Redactor, RequestLogLine } from '@casare/core'
import type { Options, ValuesOf } from '../arguments/options.ts'
import type { ExitCode } from '../exit-codes.ts'
import type { Host } from '../host.ts'
import type { Terminal } from '../output/terminal.ts'

/** What a command gets to work with. */
export interface Invocation<Values> {
  readonly values: Values
  readonly positionals: readonly string[]
  readonly terminal: Terminal
  readonly host: Host
  /** Knows every secret that was resolved; errors go through it. */
  readonly redactor: Redactor
  /** The request log, where `--log` asks for one. */
  readonly log: ((line: RequestLogLine) => void) | undefined
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal
}

/** A command, ready to be run. */
export interface Command {
  /** One or two words: `run`, `dlq list`. */
  readonly name: string
  readonly summary: string
  /** What stands behind the name: `FLOW...`. */
  readonly takes: string
  readonly options: Options
  /** Further paragraphs of the help. */
  readonly details?: string | undefined
  /** Command lines without the program's name, each one right as it stands. */
  readonly examples: readonly string[]
  /** Whether it is written into the audit log, and as done to what. */
  readonly audit?: ((positionals: readonly string[]) => string) | undefined
  readonly run: (invocation: Invocation<Readonly<Record<string, unknown>>>) => Promise<ExitCode>
}

/** Defines a command; the types of its values come from its options. */
export function defineCommand<const O extends Options>(command: {
  readonly name: string
  readonly summary: string
  readonly takes: string
  readonly options: O
  readonly details?: string | undefined
  readonly examples: readonly string[]
  readonly audit?: ((positionals: readonly string[]) => string) | undefined
  readonly run: (invocation: Invocation<ValuesOf<O>>) => Promise<ExitCode>
}): Command {
  return command as unknown as Command
}
