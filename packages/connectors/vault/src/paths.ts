import { invalidInput } from '@casare/core'

/** A path below a mount: no slash at its ends, no empty part, no part that climbs, and possible as UTF-8. */
export function isPath(text: string): boolean {
  return text.isWellFormed() && text.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
}

/**
 * A path of Vault's API out of its template: `/v1/{mount}/data/{path}`. Slashes in a value lead further down; everything
 * else of it is encoded.
 */
export function pathOf(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\/?\{([a-z]+)\}/gi, (whole, name: string) => {
    const value = values[name] ?? ''
    if (value === '') return ''
    if (!isPath(value)) throw invalidInput(`${name} must be a path like team/app: no empty part, no "." and no "..".`)
    const encoded = value.split('/').map(encodeURIComponent).join('/')
    return whole.startsWith('/') ? `/${encoded}` : encoded
  })
}
