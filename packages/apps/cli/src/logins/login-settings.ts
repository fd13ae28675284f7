import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { ConnectorError, invalidInput, isPlainObject, nearest } from '@casare/core'
import type { StorePlace } from '../project/secret-store.ts'

/** Where logins are described, below the working folder: no secret is in it. */
export const loginsFile = '.casare/logins.json'

/** At which authorization server, and as which client, somebody has logged in. */
export interface LoginSettings {
  readonly issuer: string
  readonly clientId: string
  /** A reference; the client's secret itself is never written here. */
  readonly clientSecret?: string | undefined
  readonly scope?: string | undefined
}

/** All logins by name. @throws `invalid_input` for a damaged file. */
export async function readLogins({ folder }: StorePlace): Promise<Readonly<Record<string, LoginSettings>>> {
  let text: string
  try {
    text = await readFile(resolve(folder, loginsFile), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw error
  }
  try {
    const data: unknown = JSON.parse(text)
    if (isPlainObject(data)) return data as Record<string, LoginSettings>
  } catch {
    // Said below.
  }
  throw invalidInput(`${loginsFile} is damaged. Put it aside and log in again.`)
}

/** The settings of a login. @throws `not_found`, with the nearest names. */
export async function loginNamed(place: StorePlace, name: string): Promise<LoginSettings> {
  const logins = await readLogins(place)
  const found = Object.hasOwn(logins, name) ? logins[name] : undefined
  if (found === undefined)
    throw new ConnectorError({
      code: 'not_found',
      message: `There is no login "${name}".${nearest(name, Object.keys(logins))} To log in: casare auth login ${name} --issuer URL --client-id ID`,
    })
  return found
}

/** Keeps the settings of a login, or with `undefined` forgets them. */
export async function keepLogin(place: StorePlace, name: string, settings: LoginSettings | undefined): Promise<void> {
  const { withLock, writeWhole } = await import('@casare/secrets')
  const path = resolve(place.folder, loginsFile)
  await withLock(path, async () => {
    const { [name]: _before, ...others } = await readLogins(place)
    const next = settings === undefined ? others : { ...others, [name]: settings }
    await writeWhole(path, `${JSON.stringify(next, null, 2)}\n`, { replace: true })
  })
}
