import type { FlowProgress } from '@casare/flow'
import { count, seconds } from './format.ts'
import type { Terminal } from './terminal.ts'

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const barWidth = 20
const drawMs = 100
const lineMs = 3_000

/**
 * Progress of one flow on standard error: on a terminal a bar that moves with the records (a stream does not tell how many
 * there will be), elsewhere a line every three seconds; nothing with `--json`.
 */
export class ProgressView {
  readonly #terminal: Terminal
  readonly #flow: string
  readonly #startedAt = performance.now()
  readonly #timer: NodeJS.Timeout | undefined
  #progress: FlowProgress | undefined
  #shown: FlowProgress | undefined
  #tick = 0
  #stopping = false

  constructor(terminal: Terminal, flow: string) {
    this.#terminal = terminal
    this.#flow = flow
    if (terminal.json) return
    this.#timer = setInterval(() => this.#show(), terminal.interactive ? drawMs : lineMs)
    this.#timer.unref()
  }

  update(progress: FlowProgress): void {
    this.#progress = progress
  }

  stopping(): void {
    this.#stopping = true
  }

  /** Takes the bar away and says how it ended, where there was any progress. */
  end(outcome: string): void {
    clearInterval(this.#timer)
    if (this.#terminal.json) return
    this.#terminal.status('')
    if (this.#progress !== undefined) this.#terminal.note(this.#text(outcome))
  }

  #show(): void {
    this.#tick += 1
    if (this.#terminal.interactive) this.#terminal.status(this.#bar())
    else if (this.#progress !== this.#shown) this.#terminal.note(this.#text())
    this.#shown = this.#progress
  }

  #bar(): string {
    const position = this.#tick % (2 * barWidth)
    const head = position < barWidth ? position : 2 * barWidth - 1 - position
    const bar = Array.from({ length: barWidth }, (_, index) => (Math.abs(index - head) <= 2 ? '━' : '─')).join('')
    const frame = frames[this.#tick % frames.length] ?? ''
    const text = `${frame} ${bar} ${this.#text(this.#stopping ? 'stopping' : undefined)}`
    return text.length < this.#terminal.columns ? text : text.slice(0, this.#terminal.columns - 1)
  }

  #text(outcome?: string): string {
    const { read = 0, written = 0, skipped = 0, retried = 0, deadLettered = 0 } = this.#progress ?? {}
    const elapsedMs = performance.now() - this.#startedAt
    const parts = [
      `${count(read)} read`,
      `${count(written)} written`,
      ...(skipped > 0 ? [`${count(skipped)} skipped`] : []),
      ...(retried > 0 ? [`${count(retried)} retried`] : []),
      ...(deadLettered > 0 ? [`${count(deadLettered)} dead-lettered`] : []),
      `${count(Math.round((read * 1000) / Math.max(elapsedMs, 1)))}/s`,
      `${seconds(elapsedMs)} s`,
    ]
    return `${this.#flow}: ${outcome === undefined ? '' : `${outcome}, `}${parts.join(', ')}`
  }
}
