import type { TransferProgress } from '@casare/transfer'
import { count } from '../output/format.ts'
import type { Terminal } from '../output/terminal.ts'

const barWidth = 24
const lineMs = 3_000

/** Progress of a transfer on standard error: a bar on a terminal, elsewhere a line every three seconds; nothing with `--json`. */
export class TransferView {
  readonly #terminal: Terminal
  #lastLine = 0

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  update(progress: TransferProgress): void {
    if (this.#terminal.json) return
    if (this.#terminal.interactive) {
      this.#terminal.status(`${bar(progress)} ${text(progress)}`.slice(0, this.#terminal.columns - 1))
    } else if (performance.now() - this.#lastLine > lineMs) {
      this.#lastLine = performance.now()
      this.#terminal.note(text(progress))
    }
  }

  end(): void {
    this.#terminal.status('')
  }
}

function bar({ bytesToMove, bytesMoved, bytesResumed }: TransferProgress): string {
  const share = bytesToMove === 0 ? 0 : Math.min(1, (bytesMoved + bytesResumed) / bytesToMove)
  const full = Math.round(share * barWidth)
  return `${'━'.repeat(full)}${'─'.repeat(barWidth - full)} ${String(Math.floor(share * 100)).padStart(3)} %`
}

function text(progress: TransferProgress): string {
  const { found, listed, moved, skipped, failed, bytesMoved, bytesResumed, bytesToMove, bytesPerSecond, remainingMs } =
    progress
  return [
    `${count(moved + skipped + failed)} of ${count(found)}${listed ? '' : '+'}`,
    `${size(bytesMoved + bytesResumed)} of ${size(bytesToMove)}`,
    `${size(bytesPerSecond)}/s`,
    ...(remainingMs === undefined ? [] : [`${duration(remainingMs)} left`]),
    ...(failed > 0 ? [`${count(failed)} failed`] : []),
  ].join(', ')
}

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** `1.5 GiB` */
export function size(bytes: number): string {
  let value = bytes
  let unit = 0
  for (; value >= 1_024 && unit < units.length - 1; unit += 1) value /= 1_024
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit] ?? ''}`
}

/** `2 min 5 s` */
function duration(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1_000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`
}
