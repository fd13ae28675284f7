import { realpathSync } from 'node:fs'
import { isAbsolute, relative, resolve } from 'node:path'
import { ConnectorError, invalidInput } from '../errors/connector-error.ts'
import { fromEnv } from './from-env.ts'
import { fromFile } from './from-file.ts'
import type { SecretReference } from './reference.ts'
import type { Secret } from './secret.ts'

/** Resolves the references of one provider. */
export type SecretProvider = (reference: SecretReference) => Secret | Promise<Secret>

/** Providers by the name that stands in the reference. */
export type SecretProviders = Readonly<Record<string, SecretProvider>>

/**
 * The providers that need nothing else: `secret://env/NAME` and `secret://file/PATH`.
 * @param options.folders the only folders that `secret://file/` may read below; none by default. Links are resolved first.
 * @param options.base the folder that relative paths start from.
 */
export function basicSecretProviders(
  options: { readonly folders?: readonly string[] | undefined; readonly base?: string | undefined } = {},
): SecretProviders {
  const { folders = [], base = '.' } = options
  return {
    env: ({ path }) => fromEnv(path),
    file: ({ path, text }) =>
      fromFile(
        allowedFile(
          resolve(base, path),
          folders.map((folder) => resolve(base, folder)),
          text,
        ),
      ),
  }
}

function allowedFile(path: string, folders: readonly string[], text: string): string {
  if (folders.length === 0)
    throw invalidInput(`${text}: no folder is declared for secret files. List it under secretFolders.`)
  const real = realOrUndefined(path)
  if (real === undefined) throw new ConnectorError({ code: 'not_found', message: `${text}: there is no such file.` })
  for (const folder of folders) {
    const inside = relative(realOrUndefined(folder) ?? folder, real)
    if (inside !== '' && !inside.startsWith('..') && !isAbsolute(inside)) return real
  }
  throw new ConnectorError({
    code: 'permission_denied',
    message: `${text}: the file is not below a declared folder (${folders.join(', ')}).`,
  })
}

function realOrUndefined(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}
