/** Somewhere to write to. */
export interface Output {
  write(text: string): unknown
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
}

/** What the command line touches of the world around it; another program brings its own. */
export interface Host {
  readonly stdout: Output
  readonly stderr: Output
  readonly stdin: AsyncIterable<Uint8Array | string>
  readonly env: Readonly<Record<string, string | undefined>>
  /** The working folder. */
  readonly folder: string
  /** How the commands that are shown call this program. */
  readonly program: string
  /** Told of SIGINT and SIGTERM; the function returned ends that. */
  onSignal(handler: (name: 'SIGINT' | 'SIGTERM') => void): () => void
  /** Ends the process at once. */
  exit(code: number): void
}

/** The process itself as the host. `CASARE_PROGRAM` names the program in the commands it shows; default `casare`. */
export function processHost(): Host {
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin as AsyncIterable<Uint8Array>,
    env: process.env,
    folder: process.cwd(),
    program: process.env['CASARE_PROGRAM'] ?? 'casare',
    onSignal(handler) {
      const interrupt = (): void => handler('SIGINT')
      const terminate = (): void => handler('SIGTERM')
      process.on('SIGINT', interrupt).on('SIGTERM', terminate)
      return () => void process.off('SIGINT', interrupt).off('SIGTERM', terminate)
    },
    exit: (code) => process.exit(code),
  }
}
