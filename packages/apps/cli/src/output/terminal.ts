import { styleText } from 'node:util'
import type { Host, Output } from '../host.ts'

/** How the output looks. */
export interface TerminalOptions {
  /** One JSON document on standard output, and nothing else there. */
  readonly json: boolean
  readonly color: boolean
}

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

const clearLine = '\r\u001b[2K'

/**
 * The two outputs of a command: results go to standard output, everything about the work to standard error. Where standard
 * error is a terminal, its last line may be a status that is drawn again and again.
 */
export class Terminal {
  readonly json: boolean
  /** Standard error is a terminal that can draw a status. */
  readonly interactive: boolean
  readonly columns: number
  readonly #stdout: Output
  readonly #stderr: Output
  readonly #color: boolean
  #status = ''

  constructor({ stdout, stderr }: Pick<Host, 'stdout' | 'stderr'>, { json, color }: TerminalOptions) {
    this.#stdout = stdout
    this.#stderr = stderr
    this.json = json
    this.#color = color
    this.interactive = stderr.isTTY === true && !json
    this.columns = stderr.columns ?? 80
  }

  style(style: Style, text: string): string {
    return this.#color ? styleText(style, text, { validateStream: false }) : text
  }

  /** A line for people on standard output; nothing with `--json`. */
  print(text = ''): void {
    if (!this.json) this.#above(this.#stdout, `${text}\n`)
  }

  /** Data on standard output: compact with `--json`, indented otherwise. */
  data(value: unknown): void {
    this.#above(this.#stdout, `${JSON.stringify(value ?? null, undefined, this.json ? undefined : 2)}\n`)
  }

  /** A line about the work on standard error. */
  note(text: string): void {
    this.#above(this.#stderr, `${text}\n`)
  }

  /** Draws the status line again; an empty text takes it away. Nothing where standard error is no terminal. */
  status(text: string): void {
    if (!this.interactive || text === this.#status) return
    this.#status = text
    this.#stderr.write(`${clearLine}${text}`)
  }

  #above(output: Output, text: string): void {
    if (this.#status === '') {
      output.write(text)
      return
    }
    this.#stderr.write(clearLine)
    output.write(text)
    this.#stderr.write(this.#status)
  }
}

/** Are colours wanted? `--no-color`, `NO_COLOR` (https://no-color.org) and `TERM=dumb` say no. */
export function wantsColor({ stdout, env }: Pick<Host, 'stdout' | 'env'>, noColor: boolean): boolean {
  if (noColor || (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb') return false
  return stdout.isTTY === true
}
