import { UsageError } from '../usage-error.ts'

/** A place of a transfer, as it stands on the command line, taken apart. */
export type Place =
  | { readonly kind: 'local'; readonly path: string }
  | { readonly kind: 'web'; readonly url: URL }
  | {
      readonly kind: 'bucket'
      readonly scheme: string
      readonly connector: string
      readonly bucket: string
      /** A key; one that ends with a slash, or none, means all below it. */
      readonly key: string
    }

/** Schemes of object stores and their connectors. */
export const storeConnectors: Readonly<Record<string, string>> = {
  s3: 'aws-s3',
  azure: 'azure-blob',
  gs: 'gcs',
}

/**
 * `s3://bucket/key`, `azure://container/`, `gs://bucket/prefix/`, `https://…`, `file:///path` or a path. A key stands as it
 * is: nothing of it is decoded.
 * @throws {UsageError}
 */
export function parsePlace(text: string): Place {
  const [, scheme, rest = ''] = /^([A-Za-z][A-Za-z0-9+.-]+):\/\/(.*)$/s.exec(text) ?? []
  if (scheme === undefined) return { kind: 'local', path: text }
  const name = scheme.toLowerCase()
  if (name === 'file') return { kind: 'local', path: decodeURIComponent(new URL(text).pathname) }
  if (name === 'http' || name === 'https') {
    if (!URL.canParse(text)) throw new UsageError(`"${text}" is no valid address.`)
    return { kind: 'web', url: new URL(text) }
  }
  const connector = Object.hasOwn(storeConnectors, name) ? storeConnectors[name] : undefined
  if (connector === undefined) {
    const known = [...Object.keys(storeConnectors), 'https', 'file'].map((one) => `${one}://`).join(', ')
    throw new UsageError(`"${text}": there is no ${name}:// here. Known are ${known}, and plain paths.`)
  }
  const slash = rest.indexOf('/')
  const bucket = slash < 0 ? rest : rest.slice(0, slash)
  if (bucket === '') throw new UsageError(`"${text}" names no bucket: write ${name}://BUCKET/KEY.`)
  return { kind: 'bucket', scheme: name, connector, bucket, key: slash < 0 ? '' : rest.slice(slash + 1) }
}

/** Does it mean all that is below it? */
export function isPrefix(key: string): boolean {
  return key === '' || key.endsWith('/')
}
