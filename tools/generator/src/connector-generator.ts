import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readJson, type Tree } from '@nx/devkit'
import { format, resolveConfig } from 'prettier'
import { connectorNames, renamed } from './connector-names.ts'

/** Options of `nx g connector`. */
export interface ConnectorOptions {
  readonly name: string
  readonly title?: string | undefined
}

interface Manifest {
  readonly version: string
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

const template = join(import.meta.dirname, '..', 'template')

/**
 * `nx g connector NAME`: writes packages/connectors/NAME from the template. Its vendor is a folder of notes, so that all of
 * it runs; the author replaces it file by file.
 *
 * @returns what Nx runs once the files are there: npm links the package, and the pages of documentation are written
 * @throws when the name will not do or is taken
 */
export async function connectorGenerator(tree: Tree, options: ConnectorOptions): Promise<() => void> {
  const names = connectorNames(options.name, options.title)
  const folder = `packages/connectors/${names.kebab}`
  for (const layer of tree.children('packages'))
    if (tree.exists(`packages/${layer}/${names.kebab}/package.json`))
      throw new Error(`@casare/${names.kebab} is there already: packages/${layer}/${names.kebab}.`)

  for (const path of globSync('**/*.*', { cwd: template })) {
    const source = join(template, path)
    const text = renamed(readFileSync(source, 'utf8'), names)
    const own = path === 'package.json' ? withVersions(text, tree) : text
    // A longer name may break a line elsewhere.
    tree.write(
      join(folder, renamed(path, names)),
      await format(own, { ...(await resolveConfig(source)), filepath: source }),
    )
  }
  return () => finish(tree.root, folder)
}

/** The package.json with today's versions of what it depends on. */
function withVersions(text: string, tree: Tree): string {
  const manifest = JSON.parse(text) as Manifest
  const dependencies = Object.keys(manifest.dependencies).map((name) => [name, `^${currentVersion(tree, name)}`])
  return JSON.stringify({ ...manifest, dependencies: Object.fromEntries(dependencies) as unknown })
}

/** The version of a sibling, or of what the repository itself uses. */
function currentVersion(tree: Tree, name: string): string {
  const [, short = ''] = /^@casare\/(.+)$/.exec(name) ?? []
  const version =
    short === ''
      ? readJson<Manifest>(tree, 'package.json').devDependencies[name]
      : readJson<Manifest>(tree, `packages/platform/${short}/package.json`).version
  if (version === undefined) throw new Error(`The template depends on ${name}, which the repository does not have.`)
  return version
}

function finish(root: string, folder: string): void {
  for (const line of ['npm install --no-audit --no-fund', 'npm run --silent docs']) {
    const [program = '', ...programArguments] = line.split(' ')
    const { status } = spawnSync(program, programArguments, {
      cwd: root,
      stdio: 'inherit',
      shell: process.platform === 'win32',
    })
    if (status !== 0) throw new Error(`"${line}" failed. The files are in ${folder}.`)
  }
  process.stdout.write(`
${folder} is a connector that works. Make it yours:
  src/config.ts      what a connection needs; mark secrets with secret()
  src/client.ts      the vendor's client, imported when it is opened, its own retries off
  src/errors.ts      the vendor's errors and our codes
  src/operations/    one file each; src/streams/ likewise
  package.json       the vendor's SDK as a dependency, casare.peer as what the tests run against
Try it: npm test -- ${folder}
`)
}
