import type { AnyConnector, CallContext, Secret, SecretProvider } from '@casare/core'

/** What of a connection this uses. */
interface Running {
  readonly $: {
    run(
      work: (client: unknown, context: CallContext) => Promise<Secret>,
      options: { readonly effect: 'read' },
    ): Promise<Secret>
  }
}

/** The provider of `secret://CONNECTION/PATH#FIELD`: looked up through the connection, with its retries and limits. */
export function connectionSecrets(connection: unknown, spec: AnyConnector['spec']): SecretProvider {
  const provider = spec.secretProvider as
    ((client: unknown, path: string, field: string | undefined, context: CallContext) => Promise<Secret>) | undefined
  return ({ path, field }) =>
    (connection as Running).$.run(
      (client, context) =>
        provider?.(client, path, field, context) ?? Promise.reject(new Error(`${spec.name} gives no secrets.`)),
      { effect: 'read' },
    )
}
