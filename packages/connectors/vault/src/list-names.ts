import { ConnectorError } from '@casare/core'
import type { HttpContext } from '@casare/http'
import { nothingThere } from './errors.ts'
import type { KeyValueEngine, VaultClient } from './vault-client.ts'

/** Names directly below a folder (`''`: the mount), in order; folders end with a slash. Nothing there is no error. */
export async function listNames(
  client: VaultClient,
  { mount, version }: KeyValueEngine,
  folder: string,
  context: HttpContext,
): Promise<string[]> {
  const path = version === 1 ? '/v1/{mount}/{folder}' : '/v1/{mount}/metadata/{folder}'
  try {
    // The verb LIST does not pass every proxy; this does, and means the same.
    const { data } = await client.request({ path, values: { mount, folder }, query: { list: 'true' } }, context)
    const keys = data?.['keys']
    return Array.isArray(keys) ? keys.map(String).sort(inOrder) : []
  } catch (error) {
    // An empty folder is a 404 without a word; of a mount that is not there Vault says so.
    if (ConnectorError.is(error, 'not_found') && error.vendorCode === nothingThere) return []
    throw error
  }
}

/** By UTF-16 code units, as texts are compared everywhere here. */
function inOrder(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
