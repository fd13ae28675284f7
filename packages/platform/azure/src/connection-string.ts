import { invalidInput } from '@casare/core'

/** What a connection string names. */
export interface ConnectionString {
  readonly endpoint: string
  readonly account: string | undefined
  readonly accountKey: string | undefined
  readonly sas: string | undefined
}

/** The emulator's well-known account (https://learn.microsoft.com/azure/storage/common/storage-use-azurite#well-known-storage-account-and-key). */
const emulator = {
  account: 'devstoreaccount1',
  key: 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==',
  ports: { blob: 10_000, queue: 10_001 },
}

/**
 * Reads a connection string (https://learn.microsoft.com/azure/storage/common/storage-configure-connection-string).
 * @throws `invalid_input` where it names neither account nor endpoint; the text itself is never in the message.
 */
export function parseConnectionString(text: string, service: 'blob' | 'queue'): ConnectionString {
  const fields = new Map(
    text
      .split(';')
      .map((part) => part.trim())
      .filter((part) => part !== '')
      .map((part): [string, string] => {
        const at = part.indexOf('=')
        return [part.slice(0, Math.max(at, 0)).toLowerCase(), part.slice(at + 1)]
      }),
  )
  if (fields.get('usedevelopmentstorage') === 'true')
    return {
      endpoint: `http://127.0.0.1:${emulator.ports[service]}/${emulator.account}`,
      account: emulator.account,
      accountKey: emulator.key,
      sas: undefined,
    }
  const account = fields.get('accountname')
  const endpoint =
    fields.get(`${service}endpoint`) ??
    (account === undefined
      ? undefined
      : `${fields.get('defaultendpointsprotocol') ?? 'https'}://${account}.${service}.${fields.get('endpointsuffix') ?? 'core.windows.net'}`)
  if (endpoint === undefined || !URL.canParse(endpoint))
    throw invalidInput(
      `credentials.connectionString: it names no ${service} endpoint and no account. Copy it from "Access keys" of the storage account.`,
    )
  return {
    endpoint,
    account,
    accountKey: fields.get('accountkey'),
    sas: fields.get('sharedaccesssignature'),
  }
}
