import { reads, schema, stream } from '@casare/core'
import type { HttpContext } from '@casare/http'
import { z } from 'zod'
import { engine, engineOf } from '../key-values.ts'
import { listNames } from '../list-names.ts'
import { folder } from '../folder-schema.ts'
import type { KeyValueEngine, VaultClient } from '../vault-client.ts'

const defaultPageSize = 100

/** Paths of secrets. */
export const secrets = stream({
  description: 'Paths of all secrets below a folder, without their values.',
  read: reads({
    description: 'Reads the paths of all secrets below a folder, folders within it included, in order.',
    input: schema(() => z.strictObject({ path: folder(), ...engine() })),
    record: schema(() => z.object({ path: z.string().describe('Path of the secret below the mount.') })),
    cursor: schema(() => z.strictObject({ after: z.string().describe('Path of the last secret.') })),
    errors: ['not_found'],
    identify: ({ path }) => ({ id: path }),
    async *pages(client: VaultClient, input, context) {
      const { cursor, maxRecords = defaultPageSize } = context
      let after = cursor?.after ?? ''
      let records: { path: string }[] = []
      const prefix = input.path === '' ? '' : `${input.path}/`
      for await (const path of walk(client, engineOf(client, input), prefix, after, context)) {
        records.push({ path })
        if (records.length < maxRecords) continue
        after = path
        yield { records, cursor: { after } }
        records = []
      }
      yield { records, cursor: { after: records.at(-1)?.path ?? after }, last: true }
    },
  }),
})

/** Folders are entered where their name has its place in the order, so that all paths come in order. */
async function* walk(
  client: VaultClient,
  engine: KeyValueEngine,
  prefix: string,
  after: string,
  context: HttpContext,
): AsyncIterable<string> {
  for (const name of await listNames(client, engine, prefix.replace(/\/$/, ''), context)) {
    const path = prefix + name
    if (name.endsWith('/')) {
      // Unless all of it lies before the place to go on from.
      if (path > after || after.startsWith(path)) yield* walk(client, engine, path, after, context)
    } else if (path > after) yield path
  }
}
