/** The forms in which a connector's name appears. */
export interface ConnectorNames {
  /** `aws-s3`: folder, package, file names. */
  readonly kebab: string
  /** `awsS3`: the export. */
  readonly camel: string
  /** `AwsS3`: beginning of type names. */
  readonly pascal: string
  /** `Aws S3`: for people. */
  readonly title: string
}

/** The name that the template carries in place of a real one. */
export const templateNames: ConnectorNames = connectorNames('sample-vendor')

/**
 * The forms of a connector's name.
 *
 * @param title for people. Default: the words of the name, capitalised
 * @throws when it is not lower-case words joined by hyphens, or its export would be a word that JavaScript reserves
 */
export function connectorNames(name: string, title?: string): ConnectorNames {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) || name.length > 50)
    throw new Error(`"${name}" is no name for a connector: lower-case words joined by hyphens, such as "aws-s3".`)
  const words = name.split('-').map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)
  const pascal = words.join('')
  const camel = `${name.charAt(0)}${pascal.slice(1)}`
  if (isReserved(camel))
    throw new Error(`"${name}" is a word that JavaScript reserves; add one, such as "${name}-api".`)
  return { kebab: name, camel, pascal, title: title ?? words.join(' ') }
}

/** A text of the template with the names of the new connector. */
export function renamed(text: string, names: ConnectorNames): string {
  return text
    .replaceAll(templateNames.kebab, names.kebab)
    .replaceAll(templateNames.camel, names.camel)
    .replaceAll(templateNames.pascal, names.pascal)
    .replaceAll(templateNames.title, names.title.replaceAll(/['\\]/g, '’'))
}

function isReserved(identifier: string): boolean {
  try {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- parsed, not run; the name is letters and digits
    new Function(`'use strict'; async () => { const ${identifier} = 1 }`)
    return false
  } catch {
    return true
  }
}
