/** The API of the example, running. */
export interface RunningServer {
  readonly url: string
  readonly clientSecret: string
  /** How many requests it has had. */
  readonly requests: number
  close(): Promise<void>
}

interface ServerOptions {
  readonly seed?: number | undefined
  readonly faults?: 'on' | 'off' | undefined
  readonly dataset?: '20k' | '200k' | undefined
}

/** Starts the example's API on a free port of loopback. By address: an example is no part of any package. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const address = new URL('../../../../../examples/airports-and-flights/server/start-server.ts', import.meta.url)
  const example = (await import(address.href)) as { startServer: typeof startServer }
  return example.startServer(options)
}
