import type { LambdaClient } from '@aws-sdk/client-lambda'
import { awsClientOptions } from '@casare/aws'
import type { CallContext, OpenContext } from '@casare/core'
import type { ParsedConfig } from './config.ts'

/** Makes the client; nothing is sent before the first call. */
export async function open(config: ParsedConfig, context: OpenContext): Promise<LambdaClient> {
  const { LambdaClient } = await import('@aws-sdk/client-lambda')
  return new LambdaClient(await awsClientOptions(config, context))
}

/** Ends all connections. */
export function close(client: LambdaClient): void {
  client.destroy()
}

/** Asks for the name of one function. */
export async function check(client: LambdaClient, { signal }: CallContext): Promise<void> {
  const { ListFunctionsCommand } = await import('@aws-sdk/client-lambda')
  await client.send(new ListFunctionsCommand({ MaxItems: 1 }), { abortSignal: signal })
}
