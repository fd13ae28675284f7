import { awsLambda, type AwsLambda, type Target } from '@casare/testing'

/** A Lambda with a function that answers with its event, and settings of a connection to it. */
export interface World extends Target {
  readonly lambda: AwsLambda
}

/** Starts one of a test's own; `echo` answers with its event, `pieces` yields that of an array. */
export async function startWorld(): Promise<World> {
  const lambda = await awsLambda()
  lambda.put('echo', (event) => event)
  lambda.put('pieces', async function* (event) {
    for (const piece of Array.isArray(event) ? event : []) yield String(piece)
  })
  return {
    lambda,
    address: { host: '127.0.0.1', port: lambda.port },
    config: {
      region: lambda.region,
      endpoint: lambda.url,
      credentials: { kind: 'static', ...lambda.identity },
    },
    close: () => lambda.close(),
  }
}

/** The settings of a connection, at another address. */
export const at = (
  { config }: Target,
  { host, port, secure }: { readonly host: string; readonly port: number; readonly secure: boolean },
) => ({
  ...config,
  endpoint: `${secure ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
})
