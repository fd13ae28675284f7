import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Runs in the child: notes every module that is loaded, by import or by require. */
const program = `
import { registerHooks } from 'node:module'
const urls = []
registerHooks({ load(url, context, next) { urls.push(url); return next(url, context) } })
const [entry, name] = process.argv.slice(1)
const found = Object.values(await import(entry)).find((one) => typeof one === 'function' && one.connectorName === name)
const description = found?.describe().name
const packages = urls.map((url) => /.*\\/node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url)?.[1]).filter(Boolean)
console.log(JSON.stringify({ packages: [...new Set(packages)], description }))
`

/** The packages that importing a module and describing its connector loads, in a process of its own. */
export async function loadedByImport(
  entry: string,
  connectorName: string,
): Promise<{ packages: string[]; description: string | undefined }> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    // Connectors that are tested in their own repository run unbuilt.
    ['--conditions=@casare/source', '--no-warnings', '--input-type=module', '--eval', program, entry, connectorName],
    { timeout: 30_000 },
  )
  return JSON.parse(stdout) as { packages: string[]; description: string | undefined }
}
